//! The words of an instrument, language by language.

use std::collections::BTreeMap;

use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::reading::report::Report;
use crate::trial::instrument::wording::Review;
use crate::trial::instrument::wording::Terms;
use crate::trial::instrument::wording::Wording;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::NodeKind;

/// The terms of an overlay; `None` where one of them is missing or misspelt.
pub fn terms(head: &Node) -> Option<Terms> {
    let text = |key: &str| head.get(key)?.text().map(str::to_owned);
    match head.get("obtained")?.kind {
        NodeKind::Date(obtained) => {
            Some(Terms { licence: text("licence")?, notice: text("notice")?, obtained })
        }
        _ => None,
    }
}

/// All languages of a file.
pub fn all(
    root: &Node,
    instrument: &Instrument,
    terms: Option<&Terms>,
    report: &mut Report<'_, '_>,
) -> BTreeMap<String, Wording> {
    let mut all = BTreeMap::new();
    for entry in root.get("wording").map(Node::entries).unwrap_or_default() {
        let language = entry.key.as_str();
        if !(matches!(language.len(), 2 | 3) && language.bytes().all(|byte| byte.is_ascii_lowercase())) {
            let text = format!("'{language}' is no language: two or three small letters.");
            report.findings.push(report.source.error("P006", &entry.key_span, text));
        }
        all.insert(language.to_owned(), one(&entry.value, instrument, terms, report));
    }
    all
}

fn one(node: &Node, instrument: &Instrument, terms: Option<&Terms>, report: &mut Report<'_, '_>) -> Wording {
    let mut wording = Wording {
        review: Review::Unreviewed,
        lead: None,
        items: BTreeMap::new(),
        options: BTreeMap::new(),
        terms: terms.cloned(),
    };
    if node.get("review").is_none() {
        report.error("P005", node, "wording has no 'review': \"unreviewed\" or { by, on }.");
    }
    for entry in node.entries() {
        let key = entry.key.as_str();
        if key == "review" {
            match review(&entry.value) {
                Some(review) => wording.review = review,
                None => {
                    let text = "'review' takes \"unreviewed\" or { by = \"…\", on = 2026-03-02 }.";
                    report.error("P004", &entry.value, text);
                }
            }
            continue;
        }
        let Some(text) = entry.value.text() else {
            let found = entry.value.words();
            let text = format!("'{key}' takes text, here is {found}.");
            report.error("P004", &entry.value, text);
            continue;
        };
        if key == "lead" {
            wording.lead = Some(text.to_owned());
        } else if instrument.item(key).is_some() {
            wording.items.insert(key.to_owned(), text.to_owned());
        } else if names_option(instrument, key) {
            wording.options.insert(key.to_owned(), text.to_owned());
        } else {
            let text = format!("{} has words for '{key}', which isn't there.", report.source.file);
            report.findings.push(report.source.error("P013", &entry.key_span, text));
        }
    }
    wording
}

fn names_option(instrument: &Instrument, key: &str) -> bool {
    key.split_once('.').is_some_and(|(list, code)| {
        let options = instrument.options.get(list);
        options.is_some_and(|options| options.iter().any(|option| option.code.to_string() == code))
    })
}

fn review(node: &Node) -> Option<Review> {
    if node.text() == Some("unreviewed") {
        return Some(Review::Unreviewed);
    }
    let by = node.get("by")?.text()?.to_owned();
    match node.get("on")?.kind {
        NodeKind::Date(on) => Some(Review::Reviewed { by, on }),
        _ => None,
    }
}
