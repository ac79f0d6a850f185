//! From an instrument file to the typed instrument, all findings in one run.

mod key;
pub mod sections;
mod words;

use std::collections::BTreeMap;

use crate::trial::instrument::definition::Better;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Layout;
use crate::trial::instrument::definition::Licence;
use crate::trial::instrument::wording::Overlay;
use crate::trial::role::Respondent;
use crate::trial::source::finding;
use crate::trial::source::finding::Finding;
use crate::trial::source::shape;
use crate::trial::source::tree;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::NodeKind;
use crate::trial::source::tree::Source;

use crate::kernel::number::Number;

/// Whether a file is an instrument file: its first table is `[instrument]`.
pub fn is_instrument(root: &Node) -> bool {
    root.entries().first().is_some_and(|entry| entry.key == "instrument")
}

/// Reads an instrument file. The instrument is there iff no finding is an error.
pub fn instrument(file: &str, text: &str) -> (Option<Instrument>, Vec<Finding>) {
    let source = Source::new(file, text);
    let (root, mut findings) = tree::read(&source);
    if !finding::has_errors(&findings) {
        findings.extend(shape::check(&root, &sections::FILE, None, &source));
    }
    let found = if finding::has_errors(&findings) { None } else { typed(&root, &source, &mut findings) };
    finding::sort(&mut findings);
    (found.filter(|_| !finding::has_errors(&findings)), findings)
}

/// Reads an overlay for an instrument of the library. `P603` where it was made for another key.
pub fn overlay(file: &str, text: &str, of: &Instrument) -> (Option<Overlay>, Vec<Finding>) {
    let source = Source::new(file, text);
    let (root, mut findings) = tree::read(&source);
    if !finding::has_errors(&findings) {
        findings.extend(shape::check(&root, &sections::OVERLAY, None, &source));
    }
    if finding::has_errors(&findings) {
        return (None, findings);
    }
    let made_for = root.get("overlay").and_then(|head| head.get("key_sha256"));
    if made_for.and_then(Node::text) != Some(of.key_sha256().as_str()) {
        let span = made_for.map(|node| node.span.clone()).unwrap_or_default();
        let finding = source.error("P603", &span, "The overlay was made for another key.");
        let mend = Some("Compare the wording with the new key, then write its key_sha256.".to_owned());
        return (None, vec![Finding { mend, ..finding }]);
    }
    let terms = root.get("overlay").map(words::terms);
    let wording = words::all(&root, of, terms.as_ref(), &source, &mut findings);
    (Some(Overlay { of: of.id.clone(), wording }), findings)
}

fn typed(root: &Node, source: &Source<'_>, findings: &mut Vec<Finding>) -> Option<Instrument> {
    let head = root.get("instrument")?;
    let text = |key: &str| head.get(key).and_then(Node::text).map(str::to_owned);
    let change = |key: &str| head.get("change").and_then(|change| change.get(key)).and_then(number_of);
    let options = key::options(root, source, findings);
    let bands = key::bands(root, source, findings);
    let key_node = root.get("key")?;
    let items = key::items(key_node, &options, source, findings);
    let key = key::key(key_node, &items, bands, key::valuesets(root), source, findings);
    let mut instrument = Instrument {
        id: text("id")?,
        title: text("title")?,
        version: text("version")?.parse().ok()?,
        licence: text("licence")?.parse::<Licence>().ok()?,
        notice: text("notice"),
        reference: text("reference"),
        recall: text("recall"),
        rater: text("rater").and_then(|word| word.parse().ok()).unwrap_or(Respondent::Participant),
        layout: text("layout").and_then(|word| word.parse().ok()).unwrap_or(Layout::Paged),
        better: text("better")?.parse::<Better>().ok()?,
        reliable_change: change("reliable"),
        clinical_change: change("clinical"),
        unverified: head.get("unverified").map(texts).unwrap_or_default(),
        loinc: keyed_texts(root, "loinc"),
        options,
        items,
        key,
        wording: BTreeMap::new(),
    };
    instrument.wording = words::all(root, &instrument, None, source, findings);
    Some(instrument)
}

fn number_of(node: &Node) -> Option<Number> {
    match &node.kind {
        NodeKind::Integer(whole) => Some(Number::from(*whole)),
        NodeKind::Decimal(written) | NodeKind::Text(written) => written.parse().ok(),
        _ => None,
    }
}

fn texts(list: &Node) -> Vec<String> {
    list.items().iter().filter_map(Node::text).map(str::to_owned).collect()
}

fn keyed_texts(root: &Node, key: &str) -> BTreeMap<String, String> {
    let entries = root.get(key).map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|entry| Some((entry.key.clone(), entry.value.text()?.to_owned()))).collect()
}
