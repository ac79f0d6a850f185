//! From an instrument file to the typed instrument, all findings in one run.

mod items;
mod key;
mod lists;
mod report;
mod scores;
pub mod sections;
mod words;

use std::collections::BTreeMap;

use crate::trial::instrument::definition::Better;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Layout;
use crate::trial::instrument::definition::Licence;
use crate::trial::instrument::reading::report::Report;
use crate::trial::instrument::reading::report::number_of;
use crate::trial::instrument::reading::report::texts;
use crate::trial::instrument::wording::Overlay;
use crate::trial::role::Respondent;
use crate::trial::source::finding;
use crate::trial::source::finding::Finding;
use crate::trial::source::finding::Severity;
use crate::trial::source::shape;
use crate::trial::source::tree;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::NodeKind;
use crate::trial::source::tree::Source;

/// Whether a file is an instrument file: its first table is `[instrument]`.
pub fn is_instrument(root: &Node) -> bool {
    root.entries().first().is_some_and(|entry| entry.key == "instrument")
}

/// Reads an instrument file. The instrument is there iff no finding is an error.
pub fn instrument(file: &str, text: &str) -> (Option<Instrument>, Vec<Finding>) {
    let source = Source::new(file, text);
    let (root, mut findings) = tree::read(&source);
    if findings.iter().any(|finding| finding.code == "P001") {
        return (None, findings);
    }
    findings.extend(shape::check(&root, &sections::FILE, None, &source));
    let mut report = Report { source: &source, findings: Vec::new() };
    let found = typed(&root, &mut report);
    add_without_echo(&mut findings, report.findings);
    finding::sort(&mut findings);
    (Some(found).filter(|_| !finding::has_errors(&findings)), findings)
}

/// Reads an overlay for an instrument of the library. `P603` where it was made for another key: then nothing
/// else of it is read.
pub fn overlay(file: &str, text: &str, of: &Instrument) -> (Option<Overlay>, Vec<Finding>) {
    let source = Source::new(file, text);
    let (root, mut findings) = tree::read(&source);
    if findings.iter().any(|finding| finding.code == "P001") {
        return (None, findings);
    }
    let head = root.get("overlay");
    let made_for = head.and_then(|head| head.get("key_sha256")).filter(|node| node.text().is_some());
    if let Some(node) = made_for.filter(|node| node.text() != Some(of.key_sha256().as_str())) {
        let finding = source.error("P603", &node.span, "The overlay was made for another key.");
        let mend = Some("Compare the wording with the new key, then write its key_sha256.".to_owned());
        return (None, vec![Finding { mend, ..finding }]);
    }
    findings.extend(shape::check(&root, &sections::OVERLAY, None, &source));
    let mut report = Report { source: &source, findings: Vec::new() };
    let wording = words::all(&root, of, head.and_then(words::terms).as_ref(), &mut report);
    add_without_echo(&mut findings, report.findings);
    finding::sort(&mut findings);
    let overlay = Overlay { of: of.id.clone(), wording };
    (Some(overlay).filter(|_| !finding::has_errors(&findings)), findings)
}

/// One mistake gives one finding: what only follows from a mistake of shape on the same line is left out.
fn add_without_echo(findings: &mut Vec<Finding>, more: Vec<Finding>) {
    let shaped: Vec<u32> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error && finding.code != "P003")
        .map(|finding| finding.place.line)
        .collect();
    findings.extend(more.into_iter().filter(|finding| !shaped.contains(&finding.place.line)));
}

/// What is missing or misspelt in the head is a finding already, and the file is not used then: whatever
/// stands in for it here is never seen, but the key is read and its mistakes come in the same run.
fn typed(root: &Node, report: &mut Report<'_, '_>) -> Instrument {
    let nothing = Node { span: 0..0, kind: NodeKind::Table(Vec::new()) };
    let head = root.get("instrument").unwrap_or(&nothing);
    let key_node = root.get("key").unwrap_or(&nothing);
    let text = |key: &str| head.get(key).and_then(Node::text).map(str::to_owned);
    let change = |key: &str| head.get("change").and_then(|change| change.get(key)).and_then(number_of);
    let options = lists::options(root, report);
    let bands = lists::bands(root, report);
    let valuesets = lists::valuesets(root, report);
    let ids = items::ids(key_node, report);
    let items = items::items(key_node, &options, report);
    let complete = items.len() == ids.len();
    let key = key::key(key_node, &ids, &items, bands, valuesets, report);
    let mut instrument = Instrument {
        id: text("id").unwrap_or_default(),
        title: text("title").unwrap_or_default(),
        version: text("version").and_then(|version| version.parse().ok()).unwrap_or(0),
        licence: text("licence").and_then(|word| word.parse().ok()).unwrap_or(Licence::B),
        notice: text("notice"),
        reference: text("reference"),
        recall: text("recall"),
        rater: text("rater").and_then(|word| word.parse().ok()).unwrap_or(Respondent::Participant),
        layout: text("layout").and_then(|word| word.parse().ok()).unwrap_or(Layout::Paged),
        better: text("better").and_then(|word| word.parse().ok()).unwrap_or(Better::Lower),
        reliable_change: change("reliable"),
        clinical_change: change("clinical"),
        unverified: head.get("unverified").map(texts).unwrap_or_default(),
        loinc: keyed_texts(root, "loinc"),
        options,
        items,
        key,
        wording: BTreeMap::new(),
    };
    if complete && report.findings.is_empty() {
        key::check_whole(&instrument, root, report);
        instrument.wording = words::all(root, &instrument, None, report);
    }
    instrument
}

fn keyed_texts(root: &Node, key: &str) -> BTreeMap<String, String> {
    let entries = root.get(key).map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|entry| Some((entry.key.clone(), entry.value.text()?.to_owned()))).collect()
}
