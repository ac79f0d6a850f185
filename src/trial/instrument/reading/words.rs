//! The words of an instrument, language by language.

use std::collections::BTreeMap;

use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::wording::Review;
use crate::trial::instrument::wording::Terms;
use crate::trial::instrument::wording::Wording;
use crate::trial::source::finding::Finding;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::NodeKind;
use crate::trial::source::tree::Source;

/// The terms of an overlay.
pub fn terms(head: &Node) -> Terms {
    let text = |key: &str| head.get(key).and_then(Node::text).unwrap_or_default().to_owned();
    let obtained = match head.get("obtained").map(|node| &node.kind) {
        Some(NodeKind::Date(date)) => *date,
        _ => crate::kernel::time::Date::default(),
    };
    Terms { licence: text("licence"), notice: text("notice"), obtained }
}

/// All languages of a file.
pub fn all(
    root: &Node,
    instrument: &Instrument,
    terms: Option<&Terms>,
    source: &Source<'_>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, Wording> {
    let entries = root.get("wording").map(Node::entries).unwrap_or_default();
    entries
        .iter()
        .map(|entry| (entry.key.clone(), one(&entry.value, instrument, terms, source, findings)))
        .collect()
}

fn one(
    node: &Node,
    instrument: &Instrument,
    terms: Option<&Terms>,
    source: &Source<'_>,
    findings: &mut Vec<Finding>,
) -> Wording {
    let mut wording = Wording {
        review: Review::Unreviewed,
        lead: None,
        items: BTreeMap::new(),
        options: BTreeMap::new(),
        terms: terms.cloned(),
    };
    if node.get("review").is_none() {
        findings.push(source.error(
            "P005",
            &node.span,
            "wording has no 'review': \"unreviewed\" or { by, on }.",
        ));
    }
    for entry in node.entries() {
        let key = entry.key.as_str();
        if key == "review" {
            match review(&entry.value) {
                Some(review) => wording.review = review,
                None => findings.push(source.error(
                    "P004",
                    &entry.value.span,
                    "'review' takes \"unreviewed\" or { by = \"…\", on = 2026-03-02 }.",
                )),
            }
            continue;
        }
        let Some(text) = entry.value.text() else {
            let found = entry.value.words();
            let text = format!("'{key}' takes text, here is {found}.");
            findings.push(source.error("P004", &entry.value.span, text));
            continue;
        };
        if key == "lead" {
            wording.lead = Some(text.to_owned());
        } else if instrument.item(key).is_some() {
            wording.items.insert(key.to_owned(), text.to_owned());
        } else if names_option(instrument, key) {
            wording.options.insert(key.to_owned(), text.to_owned());
        } else {
            let text = format!("'{key}' is no item and no option of this instrument.");
            findings.push(source.error("P013", &entry.key_span, text));
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
