//! The dictionary, the code lists and the descriptor agree with the files.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use equipoise::trial::dataset::catalogue::Dataset;
use equipoise::trial::dataset::view::View;
use serde_json::Value;

use crate::dataset::shelf::packed;
use crate::dataset::small::People;
use crate::dataset::small::Trial;
use crate::dataset::small::blinded;
use crate::dataset::small::with_arms;
use crate::dataset::small::without_arms;

fn views() -> [View; 4] {
    [with_arms(), with_arms().with_free_text(), blinded(), without_arms()]
}

/// The rows of a file as column → cell.
fn rows(file: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(file.as_bytes()).deserialize().map(Result::unwrap).collect()
}

#[test]
fn every_column_has_one_entry_in_the_dictionary_and_every_entry_a_column() {
    for view in views() {
        let package = packed(&People::new(), view);
        let headers: Vec<(String, String)> = package
            .0
            .iter()
            .filter(|(path, _)| path.ends_with(".csv"))
            .flat_map(|(path, bytes)| {
                let dataset = path.trim_start_matches("data/").trim_end_matches(".csv").to_owned();
                let header = csv::Reader::from_reader(&bytes[..]).headers().unwrap().clone();
                header.iter().map(|name| (dataset.clone(), name.to_owned())).collect::<Vec<_>>()
            })
            .collect();
        let entries: Vec<(String, String)> = rows(package.text("dictionary.csv"))
            .into_iter()
            .map(|mut row| (row.remove("dataset").unwrap(), row.remove("column").unwrap()))
            .collect();
        assert_eq!(headers, entries);
        assert_eq!(entries.iter().collect::<BTreeSet<_>>().len(), entries.len());
    }
}

#[test]
fn every_code_list_that_the_dictionary_names_is_there() {
    for view in views() {
        let package = packed(&People::new(), view);
        let lists: BTreeSet<String> = rows(package.text("codelists.csv"))
            .into_iter()
            .map(|mut row| row.remove("list").unwrap())
            .collect();
        for row in rows(package.text("dictionary.csv")) {
            assert!(row["codes"].is_empty() || lists.contains(&row["codes"]), "{row:?}");
        }
    }
}

#[test]
fn the_dictionary_tells_words_formula_rule_source_and_what_is_sensitive() {
    let package = packed(&People::new(), with_arms());
    let dictionary = rows(package.text("dictionary.csv"));
    let wide = |column: &str| {
        dictionary
            .iter()
            .find(|row| row["dataset"] == "wide" && row["column"] == column)
            .unwrap_or_else(|| panic!("{column}"))
    };
    let item = wide("gad2_01_pre");
    assert_eq!(item["label"], "Feeling nervous, anxious, or on edge");
    assert_eq!(
        (&*item["type"], &*item["codes"], &*item["item_or_score"]),
        ("integer", "gad2.options.four", "1")
    );
    assert_eq!((&*item["occasion"], &*item["respondent"], &*item["sensitive"]), ("pre", "participant", "0"));
    let total = wide("gad2_total_w02");
    assert_eq!(total["formula"], "sum of items 1, 2; not scorable if an answer is missing");
    assert_eq!(total["source"], "Kroenke 2007, doi:10.7326/0003-4819-146-5-200703060-00004");
    assert_eq!(total["rule"].len(), 12);
    assert_eq!(wide("entry_hours_scr")["unit"], "h");
    assert_eq!(wide("entry_birth_scr")["sensitive"], "1");
    assert_eq!(wide("t_session_came_w01")["respondent"], "therapist");
    assert_eq!(wide("ticp_total_post")["instrument"], "tic_p");
}

#[test]
fn code_lists_have_the_words_of_each_language_of_the_study() {
    let package = packed(&People::new(), blinded());
    let lines: Vec<&str> = package.text("codelists.csv").lines().collect();
    for row in [
        "gad2.options.four,3,3,Nearly every day,en",
        "gad2.options.four,3,3,Nästan varje dag,sv",
        "gad2.items,1,,\"Feeling nervous, anxious, or on edge\",en",
        "gad2.bands.screen,positive,3,,",
        "options.sex,x,,\"Other, or \"\"none\"\"\",en",
        "factor.worry,high,,,",
        "arm_blind,A,,,",
        "criterion,risk,,excludes: Suicide risk,en",
        "missing_reason,refused,,the person said no to this one,en",
        "yesno,1,1,yes,en",
    ] {
        assert!(lines.contains(&row), "{row}");
    }
    assert!(!lines.iter().any(|row| row.starts_with("arm,")));
}

#[test]
fn words_that_a_team_holds_under_a_licence_of_its_own_stay_out() {
    let source = Trial::new().source.replace("gad2", "phq2");
    let mut trial = Trial::of(&source);
    let phq2 = trial.instruments.get_mut("phq2").unwrap();
    let words = phq2.wording["en"].items["1"].clone();
    let lists = |trial: &Trial| trial.csv(with_arms(), Dataset::Codelists, &People(Vec::new())).unwrap();
    assert!(lists(&trial).contains(&words));
    trial.instruments.get_mut("phq2").unwrap().licence = equipoise::trial::instrument::definition::Licence::B;
    assert!(!lists(&trial).contains(&words));
    let dictionary = trial.csv(with_arms(), Dataset::Dictionary, &People(Vec::new())).unwrap();
    assert!(!dictionary.contains(&words) && dictionary.contains("wide,phq2_01_pre,item 1,integer"));
}

#[test]
fn the_descriptor_holds_types_codes_ranges_keys_bytes_and_hashes() {
    let package = packed(&People::new(), with_arms());
    let descriptor: Value = serde_json::from_str(package.text("datapackage.json")).unwrap();
    assert_eq!(descriptor["profile"], "tabular-data-package");
    assert_eq!(descriptor["name"], "rowan");
    assert_eq!(descriptor["data_cut"], "2026-03-01T12:00:00Z");
    let resource = |name: &str| {
        let resources = descriptor["resources"].as_array().unwrap();
        resources.iter().find(|resource| resource["name"] == name).unwrap()
    };
    let field = |dataset: &str, name: &str| {
        let fields = resource(dataset)["schema"]["fields"].as_array().unwrap();
        fields.iter().find(|field| field["name"] == name).unwrap().clone()
    };
    assert_eq!(field("wide", "gad2_01_pre")["constraints"]["enum"], serde_json::json!([0, 1, 2, 3]));
    assert_eq!(
        field("wide", "gad2_total_pre")["constraints"],
        serde_json::json!({ "minimum": 0, "maximum": 6 })
    );
    assert_eq!(field("wide", "entry_sex_scr")["constraints"]["enum"], serde_json::json!(["f", "m", "x"]));
    assert_eq!(field("participants", "arm")["constraints"]["enum"], serde_json::json!(["ipdt", "wl"]));
    assert_eq!(field("assessments", "submitted_at")["type"], "datetime");
    assert_eq!(
        resource("items_long")["schema"]["primaryKey"],
        serde_json::json!(["participant_id", "episode", "occasion", "respondent", "instrument", "item"])
    );
    let (_, bytes) = package.0.iter().find(|(path, _)| path == "data/wide.csv").unwrap();
    assert_eq!(resource("wide")["bytes"], bytes.len());
    let hash = equipoise::kernel::digest::sha256_hex(bytes);
    assert_eq!(resource("wide")["hash"], format!("sha256:{hash}"));
}
