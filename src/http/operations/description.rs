//! Completes the API description from the table of operations: headers, problems, and what an operation does and writes down.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use crate::http::idempotency;
use crate::http::operations::Key;
use crate::http::operations::Match;
use crate::http::operations::Operation;
use crate::http::operations::table;
use crate::http::problem;
use crate::http::problem_table;
use crate::kernel::Error;
use crate::trial::permission::action::Action;

/// The stage of the API that an operation belongs to.
const STEP: u8 = 1;

/// What every operation may be refused with.
const ALWAYS: &[&str] = &["not_found", "rate.limited", "internal", "unavailable", "query.unknown_parameter"];
/// What every operation for people who are signed in may.
const SIGNED_IN: &[&str] = &[
    "session.missing",
    "session.expired",
    "permission.denied",
    "permission.duty_missing",
    "permission.token_scope",
];
/// What every operation with a body may.
const WITH_BODY: &[&str] =
    &["request.malformed", "body.too_large", "content_type.unsupported", "body.invalid", "study.locked"];
/// What every list may.
const WITH_CURSOR: &[&str] = &["cursor.invalid"];
/// What every act with a retry key may.
const WITH_KEY: &[&str] =
    &["idempotency.key_malformed", "idempotency.key_reused", "idempotency.in_progress", "conflict"];
/// What every act on what the sender has read may.
const WITH_MATCH: &[&str] = &["precondition.missing", "precondition.failed", "conflict"];

/// The codes of all problems that an operation may answer with, as it stands in the description.
pub fn problems(operation: &Operation, described: &Value) -> BTreeSet<&'static str> {
    let has = |member: &str, name: &str| {
        let parameters = described[member].as_array();
        parameters.is_some_and(|all| all.iter().any(|parameter| parameter["name"] == name))
    };
    let is_public = operation.remit.actions == [Action::Public];
    let groups: [(bool, &'static [&'static str]); 7] = [
        (true, ALWAYS),
        (!is_public, SIGNED_IN),
        (described["requestBody"].is_object(), WITH_BODY),
        (has("parameters", "cursor"), WITH_CURSOR),
        (operation.key != Key::None, WITH_KEY),
        (operation.key == Key::Required, &["idempotency.key_missing"]),
        (operation.matching != Match::None, WITH_MATCH),
    ];
    let common = groups.into_iter().filter(|(applies, _)| *applies).flat_map(|(_, codes)| codes);
    common.chain(operation.refusals).copied().collect()
}

/// Completes every operation of a description (OpenAPI as JSON).
pub fn complete(document: &mut Value) -> Result<(), Error> {
    let unreadable = || Error::internal("the API description has no paths");
    let paths = document["paths"].as_object_mut().ok_or_else(unreadable)?;
    for described in
        paths.values_mut().filter_map(Value::as_object_mut).flat_map(|methods| methods.values_mut())
    {
        let id = described["operationId"].as_str().unwrap_or_default();
        complete_one(described, table::row(id)?)?;
    }
    Ok(())
}

fn complete_one(described: &mut Value, operation: &Operation) -> Result<(), Error> {
    let actions: Vec<&str> = operation.remit.actions.iter().map(|action| action.as_str()).collect();
    let problems = problems(operation, described);
    let members = described.as_object_mut().ok_or_else(|| Error::internal("an operation is no object"))?;
    members.insert("x-equipoise-action".to_owned(), json!(actions));
    members.insert("x-equipoise-audit".to_owned(), json!(operation.remit.events));
    members.insert("x-equipoise-step".to_owned(), json!(STEP));
    let headers = headers(operation);
    if !headers.is_empty() {
        let parameters = members.entry("parameters").or_insert_with(|| json!([]));
        parameters.as_array_mut().into_iter().for_each(|all| all.extend(headers.clone()));
    }
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in problems {
        let row = problem_table::row(code).ok_or_else(|| Error::internal(format!("{code} has no row")))?;
        by_status.entry(row.status).or_default().push(code);
    }
    let answers = members.entry("responses").or_insert_with(|| json!({}));
    for (status, codes) in by_status {
        answers.as_object_mut().and_then(|answers| answers.insert(status.to_string(), answer(&codes)));
    }
    Ok(())
}

fn answer(codes: &[&str]) -> Value {
    json!({
        "description": codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", "),
        "content": { problem::MEDIA_TYPE: { "schema": { "$ref": "#/components/schemas/ProblemBody" } } },
        "x-equipoise-codes": codes,
    })
}

fn headers(operation: &Operation) -> Vec<Value> {
    let header = |name: &str, is_required: bool, text: &str| json!({ "name": name, "in": "header", "required": is_required, "description": text, "schema": { "type": "string" } });
    let key = match operation.key {
        Key::None => None,
        Key::Optional => {
            Some("16 to 128 visible ASCII characters, new for each act. A retry with the same key acts once.")
        }
        Key::Required => Some("16 to 128 visible ASCII characters, new for each act."),
    };
    let known = match operation.matching {
        Match::None => None,
        Match::Present => Some("The ETag that was read, where there is something already."),
        Match::Required => Some("The ETag that was read."),
    };
    let key = key.map(|text| header(idempotency::HEADER, operation.key == Key::Required, text));
    let known = known.map(|text| header("If-Match", operation.matching == Match::Required, text));
    key.into_iter().chain(known).collect()
}
