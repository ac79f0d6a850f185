//! The API description that is committed is the one that the program gives, and says enough of every operation.

use equipoise::http::operations::table::TABLE;
use serde_json::Value;

fn description() -> Value {
    serde_json::from_str(&equipoise::server::description().unwrap()).unwrap()
}

#[test]
fn the_committed_description_is_today_s() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    let today = equipoise::server::description().unwrap();
    assert!(
        committed == today,
        "openapi/openapi.json is out of date: equipoise openapi > openapi/openapi.json"
    );
}

#[test]
fn every_operation_has_summary_tag_security_and_problems() {
    let document = description();
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations += 1;
            let place = format!("{method} {path}");
            assert!(
                operation["summary"].as_str().is_some_and(|text| text.ends_with('.')),
                "{place}: no summary"
            );
            assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{place}: no tag");
            assert!(operation["security"].is_array(), "{place}: no security");
            if ["post", "put", "patch"].contains(&method.as_str()) {
                let content = operation["requestBody"]["content"].as_object();
                assert!(content.is_some_and(|types| !types.is_empty()), "{place}: no body is described");
            }
            for member in ["x-equipoise-action", "x-equipoise-audit", "x-equipoise-step"] {
                assert!(!operation[member].is_null(), "{place}: no {member}");
            }
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let is_problem = answer["content"]["application/problem+json"].is_object();
                assert_eq!(is_problem, status.as_str() >= "400", "{place}: {status}");
                assert!(
                    answer["description"].as_str().is_some_and(|text| !text.is_empty()),
                    "{place}: {status}"
                );
            }
        }
    }
    assert_eq!(operations, TABLE.len(), "a row of the table of operations stands for nothing");
}
