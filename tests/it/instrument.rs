//! The library of instruments: its traps, its formulas, its files, its commands.

mod cli;
mod formulas;
mod library;
mod properties;
mod reading;
mod traps;

use std::collections::BTreeMap;

use equipoise::trial::instrument::answer::Answer;
use equipoise::trial::instrument::definition::Instrument;
use equipoise::trial::instrument::library::library as shipped;
use equipoise::trial::instrument::reading::instrument as read;
use equipoise::trial::instrument::scoring;
use equipoise::trial::instrument::scoring::Context;
use equipoise::trial::instrument::scoring::Overrides;
use equipoise::trial::instrument::scoring::ScoreValue;
use equipoise::trial::instrument::scoring::Scored;
use equipoise::trial::instrument::scoring::ScoringError;
use serde_json::Value;

type Answers = BTreeMap<String, Answer>;

/// Answers as JSON: `answers(json!({"1": 2, "2": null}))`.
fn answers(json: Value) -> Answers {
    let Value::Object(map) = json else { panic!("answers are an object") };
    map.iter().map(|(item, value)| (item.clone(), Answer::from_json(value).unwrap())).collect()
}

/// The same answer to the items from `first` to `last`.
fn same(first: u32, last: u32, value: impl Into<Value>) -> Answers {
    let value = Answer::from_json(&value.into()).unwrap();
    (first..=last).map(|item| (item.to_string(), value.clone())).collect()
}

/// Those answers with some replaced or added.
fn with(mut base: Answers, json: Value) -> Answers {
    base.extend(answers(json));
    base
}

fn try_score(instrument: &Instrument, answers: &Answers) -> Result<Scored, ScoringError> {
    scoring::score(instrument, answers, &Context::default(), &Overrides::new())
}

fn score(id: &str, answers: &Answers) -> Scored {
    try_score(&shipped()[id], answers).unwrap()
}

/// A score in one line: `prorated 72/5 missing 1 moderate`.
fn line(scored: &Scored, id: &str) -> String {
    let result = scored.score(id).unwrap_or_else(|| panic!("there is no score '{id}'"));
    let value = match &result.value {
        Some(ScoreValue::Number(number)) => number.to_string(),
        Some(ScoreValue::Text(text)) => text.clone(),
        None => "-".to_owned(),
    };
    let band = result.band.as_deref().unwrap_or("-");
    format!("{} {value} missing {} {band}", result.status, result.missing)
}

fn total(id: &str, answers: &Answers) -> String {
    line(&score(id, answers), "total")
}

/// The items that are named in the error of a response that is not taken.
fn refused(id: &str, answers: &Answers) -> Vec<String> {
    match try_score(&shipped()[id], answers) {
        Err(ScoringError::Answers(faults)) => faults.iter().map(|fault| fault.item().to_owned()).collect(),
        other => panic!("expected refused answers, got {other:?}"),
    }
}

fn flag(scored: &Scored, item: &str) -> &'static str {
    scored.flag(item).unwrap().as_str()
}

/// A small instrument from the part of its file that matters.
fn tiny(body: &str) -> Instrument {
    let head = "[instrument]\nid = \"tiny\"\ntitle = \"Tiny\"\nversion = \"1\"\nlicence = \"B\"\nbetter = \"lower\"\n";
    let (instrument, findings) = read("tiny.toml", &format!("{head}{body}"));
    let lines: Vec<String> = findings.iter().map(equipoise::trial::source::finding::Finding::line).collect();
    assert_eq!(lines, Vec::<String>::new());
    instrument.unwrap()
}
