//! `equipoise instrument list | show | score`.

use assert_cmd::Command;
use serde_json::Value;
use serde_json::json;

fn equipoise(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("equipoise").unwrap();
    command.arg("instrument").args(arguments);
    command
}

fn printed(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

fn complaint(command: &mut Command) -> String {
    let assert = command.assert().code(1);
    assert!(assert.get_output().stdout.is_empty(), "nothing is printed beside an error");
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

fn json_of(command: &mut Command) -> Value {
    serde_json::from_str(&printed(command)).unwrap()
}

#[test]
fn the_list_names_items_scores_and_flags_of_every_instrument() {
    let list = json_of(&mut equipoise(&["list", "--format", "json"]));
    let list = list.as_array().unwrap();
    let ids: Vec<&str> = list.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    for id in [
        "audit",
        "bai",
        "bdi2",
        "gad2",
        "gad7",
        "gad_q_iv",
        "madrs_s",
        "phq2",
        "phq9",
        "pswq",
        "qids_a17_sr",
        "qoli",
    ] {
        assert!(ids.contains(&id), "{id}");
    }
    let phq9 = list.iter().find(|entry| entry["id"] == "phq9").unwrap();
    assert_eq!(phq9["items"], json!(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]));
    assert_eq!(phq9["scores"], json!(["total"]));
    assert_eq!(phq9["flags"], json!(["9"]));
    assert_eq!(phq9["languages"], json!(["de", "en", "sv"]));
    let text = printed(&mut equipoise(&["list"]));
    assert_eq!(text.lines().count(), list.len());
}

#[test]
fn one_instrument_is_shown_with_codes_bands_licence_and_column_prefix() {
    let text = printed(&mut equipoise(&["show", "qids_a17_sr"]));
    for part in
        ["0 to 27", "very_severe from 21", "qidsa17sr", "safety item 13: flagged from 2", "© UT Southwestern"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    let bdi2 = json_of(&mut equipoise(&["show", "bdi2", "--format", "json"]));
    assert_eq!(bdi2["items"][15]["options"][2], json!({"code": "1b", "value": 1}));
    assert_eq!(bdi2["scores"][0]["bands"][3], json!({"from": 29, "id": "severe"}));
    assert_eq!(bdi2["scores"][0]["range"], json!([0, 63]));
    assert_eq!(bdi2["flags"], json!([{"item": "9", "from": 1, "urgent": 2}]));
}

#[test]
fn a_response_is_scored_as_the_contract_writes_it() {
    let sheet = r#"{"answers": {"1": 1, "2": 1, "3": 1, "4": 1, "5": 1, "6": 0, "7": 0, "8": 0, "9": 0}}"#;
    let text = printed(equipoise(&["score", "phq9"]).write_stdin(sheet));
    assert_eq!(
        text,
        "{\"scores\":{\"total\":{\"status\":\"scored\",\"value\":5,\"missing\":0,\"band\":\"mild\"}},\"flags\":{\"9\":\"clear\"}}\n"
    );
}

#[test]
fn a_prorated_value_is_a_number_with_decimals_and_nothing_is_null() {
    let sheet =
        json!({"answers": {"1": 2, "2": 2, "3": 2, "4": 2, "5": 2, "6": 1, "7": 1, "8": 1, "9": null}});
    let scored = json_of(equipoise(&["score", "phq9"]).write_stdin(sheet.to_string()));
    assert_eq!(
        scored,
        json!({"scores": {"total": {"status": "prorated", "value": 14.625, "missing": 1, "band": "moderately_severe"}},
            "flags": {"9": "unanswered"}})
    );
    let empty = json_of(equipoise(&["score", "phq9"]).write_stdin(r#"{"answers": {}, "context": {}}"#));
    assert_eq!(
        empty,
        json!({"scores": {"total": {"status": "not_scorable", "value": null, "missing": 9, "band": null}},
            "flags": {"9": "unanswered"}})
    );
}

#[test]
fn one_object_a_line_gives_one_result_a_line_in_the_order_of_the_key() {
    let never = r#"{"answers": {"1": 0, "9": 0, "10": 0}}"#;
    let text = printed(equipoise(&["score", "audit"]).write_stdin(format!("{never}\n{never}\n")));
    assert_eq!(text.lines().count(), 2);
    for line in text.lines() {
        let places: Vec<usize> = ["total", "audit_c", "dependence", "problems", "flags"]
            .iter()
            .map(|id| line.find(id).unwrap())
            .collect();
        assert!(places.is_sorted(), "{line}");
    }
}

#[test]
fn an_invalid_code_is_exit_1_with_the_item_named_and_the_answer_not_repeated() {
    let error = complaint(equipoise(&["score", "phq9"]).write_stdin(r#"{"answers": {"7": 77}}"#));
    assert!(error.contains("item 7 of phq9") && error.contains("0, 1, 2, 3"), "{error}");
    assert!(!error.contains("77"), "{error}");
    for sheet in [r#"{"answers": {"7": true}}"#, r#"{"answers": {"7": "2"}}"#, r#"{"answers": {"7": "na"}}"#]
    {
        assert!(
            complaint(equipoise(&["score", "phq9"]).write_stdin(sheet)).contains("item 7 of phq9"),
            "{sheet}"
        );
    }
    let error = complaint(equipoise(&["score", "phq9"]).write_stdin(r#"{"answers": {"12": 1}}"#));
    assert!(error.contains("no item '12'"), "{error}");
}

#[test]
fn input_that_can_not_be_understood_is_refused_and_not_guessed() {
    for (sheet, part) in [
        ("", "nothing to score"),
        ("[]", "response 1"),
        ("{\"answers\": {\"1\": 0}", "response 1"),
        (r#"{"answer": {"1": 0}}"#, "answer"),
        (r#"{"answers": {"1": 0, "1": 3}}"#, "item 1 is answered twice"),
        (r#"{"answers": {}, "context": {"valueset": "england"}}"#, "valueset"),
        (r#"{"answers": {}, "context": {"value_set": "england"}}"#, "no value set 'england'"),
    ] {
        let error = complaint(equipoise(&["score", "phq9"]).write_stdin(sheet));
        assert!(error.contains(part), "{sheet}: {error}");
    }
}

#[test]
fn an_unknown_instrument_is_exit_1_with_the_nearest_one() {
    for arguments in [["show", "phq_9"], ["score", "phq_9"]] {
        assert!(complaint(&mut equipoise(&arguments)).contains("Did you mean 'phq9'?"));
    }
}
