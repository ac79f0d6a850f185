//! Words for participants in the languages beside the first: `messages/<study>/<language>.toml` (P012, P013).

use std::collections::BTreeMap;
use std::ops::Range;

use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::texts;
use crate::trial::source::at::At;
use crate::trial::source::finding;
use crate::trial::source::finding::Finding;
use crate::trial::source::finding::nearest;
use crate::trial::source::tree;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::NodeKind;
use crate::trial::source::tree::Source;

/// The name of a language in English.
pub fn language_name(language: &str) -> &str {
    match language {
        "en" => "English",
        "sv" => "Swedish",
        "de" => "German",
        other => other,
    }
}

/// Checks the words of each further language.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let words = words_of(trial);
    let languages = trial.at.path("study.languages");
    for language in languages.items().skip(1) {
        let Some(code) = language.text() else { continue };
        let path = texts::translation_path(&trial.protocol.study.id, code);
        match trial.texts.get(&path) {
            Some(text) => {
                let findings = check_file(&words, code, &path, text, report);
                report.extend(findings);
            }
            None => {
                let text = format!("The study has no {} words ({path}).", language_name(code));
                report.error("P012", &language.value(), text);
            }
        }
    }
    check_stale_files(trial, languages, report);
}

/// Each text that participants read, by its path, with its place.
fn words_of(trial: &Trial<'_>) -> BTreeMap<String, Range<usize>> {
    let mut words = BTreeMap::new();
    let mut add = |path: String, at: At<'_>| {
        if at.text().is_some() {
            words.insert(path, at.value());
        }
    };
    for (name, form) in trial.at.key("form").entries() {
        add(format!("form.{name}"), form.key("title"));
        for item in form.key("items").items() {
            let id = item.key("id").text().unwrap_or_default();
            add(format!("form.{name}.{id}"), item.key("ask"));
            add(format!("form.{name}.{id}.unit"), item.key("unit"));
        }
    }
    for (name, list) in trial.at.key("options").entries() {
        for pair in list.items() {
            let code = pair.item(0).text().unwrap_or_default();
            add(format!("options.{name}.{code}"), pair.item(1));
        }
    }
    for (name, consent) in trial.at.key("consent").entries() {
        for item in consent.key("items").items() {
            let id = item.key("id").text().unwrap_or_default();
            add(format!("consent.{name}.{id}"), item.key("say"));
        }
    }
    words
}

/// Checks one file of words; what is missing is reported in the protocol, what is wrong in the file.
fn check_file(
    words: &BTreeMap<String, Range<usize>>,
    language: &str,
    path: &str,
    text: &str,
    report: &mut Report<'_>,
) -> Vec<Finding> {
    let source = Source::new(path, text);
    let (root, mut findings) = tree::read(&source);
    if finding::has_errors(&findings) {
        return findings;
    }
    check_review(&root, &source, &mut findings);
    for (word, span) in words {
        if root.get(word).is_none() {
            let text = format!("'{word}' has no {} words ({path}).", language_name(language));
            report.error_with("P012", span, text, format!("Add \"{word}\" = \"…\" to the file."));
        }
    }
    for entry in root.entries().iter().filter(|entry| entry.key != "review") {
        if !words.contains_key(&entry.key) {
            let text = format!("{path} has words for '{}', which isn't there.", entry.key);
            let mend = match nearest(&entry.key, words.keys().map(String::as_str)) {
                Some(guess) => format!("Take the line out, or write '{guess}'."),
                None => "Take the line out.".to_owned(),
            };
            findings.push(Finding { mend: Some(mend), ..source.error("P013", &entry.key_span, text) });
        } else if entry.value.text().is_none_or(|text| text.trim().is_empty()) {
            let text = format!("'{}' takes text, here is {}.", entry.key, entry.value.words());
            findings.push(source.error("P004", &entry.value.span, text));
        }
    }
    findings
}

/// `review = "unreviewed"`, or who has proof-read the file and when.
fn check_review(root: &Node, source: &Source<'_>, findings: &mut Vec<Finding>) {
    let takes = "\"unreviewed\" or { by = \"…\", on = 2026-03-02 }";
    let Some(review) = root.get("review") else {
        findings.push(source.error("P005", &(0..0), format!("The file has no 'review': {takes}.")));
        return;
    };
    let named = review.get("by").and_then(Node::text).is_some();
    let dated = matches!(review.get("on").map(|on| &on.kind), Some(NodeKind::Date(_)));
    if review.text() != Some("unreviewed") && !(named && dated && review.entries().len() == 2) {
        findings.push(source.error("P004", &review.span, format!("'review' takes {takes}.")));
    }
}

/// A file of words in a language that the study does not have, or has in the protocol itself.
fn check_stale_files(trial: &Trial<'_>, languages: At<'_>, report: &mut Report<'_>) {
    let folder = trial.folder();
    for path in trial.texts.keys() {
        let name = path.strip_prefix(&folder).and_then(|name| name.strip_suffix(".toml"));
        let Some(language) = name.filter(|name| !name.contains('/')) else { continue };
        if !languages.items().skip(1).any(|one| one.text() == Some(language)) {
            let text =
                format!("{path} has words for '{language}', which isn't a further language of the study.");
            let mend = Some("Take the file out.".to_owned());
            report.extend([Finding { mend, ..Source::new(path, "").error("P013", &(0..0), text) }]);
        }
    }
}
