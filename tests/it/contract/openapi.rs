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

/// Every reference in a value.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = description();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}
