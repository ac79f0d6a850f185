//! What can't be written is refused, with the place and without a value.

use std::collections::BTreeMap;

use equipoise::trial::dataset::agenda::Agenda;
use equipoise::trial::dataset::agenda::Version;
use equipoise::trial::dataset::catalogue::Dataset;
use equipoise::trial::dataset::catalogue::Frame;
use equipoise::trial::dataset::fault::DatasetError;
use equipoise::trial::dataset::record::AssessmentRecord;
use equipoise::trial::questionnaire::stored::StoredItem;
use serde_json::json;

use crate::dataset::small::People;
use crate::dataset::small::Trial;
use crate::dataset::small::with_arms;

fn refusal(dataset: Dataset, change: impl FnOnce(&mut People)) -> String {
    let mut people = People::new();
    change(&mut people);
    Trial::new().csv(with_arms(), dataset, &people).unwrap_err().to_string()
}

fn at<'a>(people: &'a mut People, occasion: &str) -> &'a mut AssessmentRecord {
    people.0[0].assessments.iter_mut().find(|at| at.occasion == occasion).unwrap()
}

#[test]
fn people_out_of_order_or_twice_are_refused() {
    let expected = "participants must come sorted by code, each once";
    assert_eq!(refusal(Dataset::Participants, |people| people.0.reverse()), expected);
    assert_eq!(refusal(Dataset::Wide, |people| people.0[1] = people.0[0].clone()), expected);
}

#[test]
fn records_that_no_version_of_the_protocol_knows_are_refused_by_name() {
    for dataset in [Dataset::ItemsLong, Dataset::ScoresLong, Dataset::Wide] {
        let occasion = refusal(dataset, |people| at(people, "pre").occasion = "fu".to_owned());
        assert_eq!(
            occasion,
            "occasion 'fu by participant' is in the records and in no version of the protocol"
        );
        let measure =
            refusal(dataset, |people| at(people, "pre").responses[0].instrument = "phq9".to_owned());
        assert_eq!(measure, "measure 'phq9' is in the records and in no version of the protocol");
    }
    let item = refusal(Dataset::ItemsLong, |people| {
        let answers = &mut at(people, "pre").responses[0].answers;
        answers.insert("3".to_owned(), StoredItem::answered(json!(1)));
    });
    assert_eq!(item, "item 'gad2[3]' is in the records and in no version of the protocol");
    let step = refusal(Dataset::Screening, |people| people.0[0].steps[0].step = "call".to_owned());
    assert_eq!(step, "step 'call' is in the records and in no version of the protocol");
}

#[test]
fn an_answer_that_its_item_does_not_take_is_refused_and_not_shown() {
    for (occasion, item, value) in [
        ("pre", "1", json!(7)),
        ("pre", "1", json!(true)),
        ("scr", "sex", json!("secret")),
        ("scr", "helps", json!(["friend", "secret"])),
        ("scr", "hours", json!("secret")),
        ("scr", "drug", json!("secret")),
    ] {
        for dataset in [Dataset::ItemsLong, Dataset::Wide] {
            let refused = refusal(dataset, |people| {
                let answers = &mut at(people, occasion).responses[0].answers;
                answers.insert(item.to_owned(), StoredItem::answered(value.clone()));
            });
            assert!(
                refused.starts_with(&format!("item '{item}' of ")) && !refused.contains("secret"),
                "{refused}"
            );
        }
    }
}

#[test]
fn a_column_name_that_is_too_long_or_stands_twice_is_refused() {
    let refused = |from: &str, to: &str| {
        let trial = Trial::of(&Trial::new().source.replace(from, to));
        let agenda =
            Agenda::new(Version { n: 2, protocol: &trial.protocol }, &[], &trial.instruments).unwrap();
        Frame::new(agenda, with_arms()).err().map(|error| error.to_string()).unwrap()
    };
    assert_eq!(
        refused("id = \"hours\"", "id = \"hours_of_sleep_each_night\""),
        "column 'entry_hours_of_sleep_each_night_scr' has 35 characters, or others than a-z, 0-9 and _: 32 are allowed; \
         give the score a short name"
    );
    assert_eq!(
        refused("id = \"hours\"", "id = \"date\""),
        "two columns of 'wide' would be named 'entry_date_scr': rename the item or score"
    );
}

#[test]
fn a_measure_that_nobody_defines_is_refused() {
    let trial = Trial::new();
    let version = Version { n: 2, protocol: &trial.protocol };
    let error = Agenda::new(version, &[], &BTreeMap::new()).err().unwrap();
    assert!(matches!(error, DatasetError::Unplanned { what: "measure", name } if name == "gad2"));
}
