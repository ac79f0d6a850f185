//! The key of an instrument file, put together, and what only the whole can tell.

use std::collections::BTreeMap;

use crate::trial::instrument::definition::Answers;
use crate::trial::instrument::definition::Band;
use crate::trial::instrument::definition::FlagItem;
use crate::trial::instrument::definition::Formula;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::definition::Key;
use crate::trial::instrument::definition::Linear;
use crate::trial::instrument::definition::Skip;
use crate::trial::instrument::definition::ValueSet;
use crate::trial::instrument::reading::report::Report;
use crate::trial::instrument::reading::scores::ScoreReader;
use crate::trial::instrument::reading::scores::linear;
use crate::trial::source::tree::Node;

/// Reads `[key]`. `ids` are the items of all rows, `items` those that could be read.
pub fn key(
    node: &Node,
    ids: &[String],
    items: &[Item],
    bands: BTreeMap<String, Vec<Band>>,
    valuesets: BTreeMap<String, ValueSet>,
    report: &mut Report<'_, '_>,
) -> Key {
    let reverse = node.get("reverse").map(|list| report.items(list, ids, "'reverse'")).unwrap_or_default();
    let rescale = rescale(node, ids, report);
    let mut alternatives = Vec::new();
    for group in rows(node, "alternatives") {
        alternatives.push(report.items(group, ids, "'alternatives'"));
    }
    let names = bands.keys().map(String::as_str).collect();
    let mut reader = ScoreReader { ids, items, bands: names, report, before: Vec::new() };
    let mut skips = Vec::new();
    for row in rows(node, "skips") {
        let items = row.get("items").map(|list| reader.report.items(list, ids, "'skips'"));
        let when = row.get("when").and_then(|when| reader.condition(when, "a skip"));
        skips.extend(when.zip(items).map(|(when, items)| Skip { when, items }));
    }
    let scores = reader.read(rows(node, "scores"));
    let flags = flags(node, ids, items, report);
    Key {
        reverse: reverse.into_iter().collect(),
        rescale,
        alternatives,
        skips,
        scores,
        flags,
        bands,
        valuesets,
    }
}

fn rows<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map(Node::items).unwrap_or_default()
}

fn rescale(node: &Node, ids: &[String], report: &mut Report<'_, '_>) -> BTreeMap<String, Linear> {
    let mut rescale = BTreeMap::new();
    for row in rows(node, "rescale") {
        let by = linear(row, report);
        let Some(list) = row.get("items") else { continue };
        for item in report.items(list, ids, "'rescale'") {
            if rescale.insert(item.clone(), by).is_some() {
                report.error("P007", list, format!("'{item}' twice."));
            }
        }
    }
    rescale
}

fn flags(node: &Node, ids: &[String], form: &[Item], report: &mut Report<'_, '_>) -> Vec<FlagItem> {
    let mut flags: Vec<FlagItem> = Vec::new();
    for row in rows(node, "flags") {
        let (from, urgent) = (report.number(row, "from"), report.number(row, "urgent"));
        let Some(list) = row.get("item") else { continue };
        let items = report.items(list, ids, "'flags'");
        let span = form.iter().find(|item| items.first() == Some(&item.id)).and_then(Item::span);
        for (key, limit) in [("from", from), ("urgent", urgent)] {
            if let (Some((least, most)), Some(limit), Some(node)) = (span, limit, row.get(key))
                && !(least < limit && limit <= most)
            {
                let (least, most) = (least.to_cell(), most.to_cell());
                report.error(
                    "P208",
                    node,
                    format!("The item is {least} to {most}: a flag lies above the least."),
                );
            }
        }
        match (items.as_slice(), from) {
            ([item], _) if flags.iter().any(|flag| flag.item == *item) => {
                report.error("P007", list, format!("'{item}' twice."));
            }
            ([item], Some(from)) => flags.push(FlagItem { item: item.clone(), from, urgent }),
            ([_, _, ..], _) => report.error("P006", list, "A flag has one item: write one row for each."),
            _ => {}
        }
    }
    flags
}

/// What needs the whole instrument: bands from the least value, value sets that fit, nothing without use.
pub fn check_whole(instrument: &Instrument, root: &Node, report: &mut Report<'_, '_>) {
    check_bands(instrument, root, report);
    check_valuesets(instrument, root, report);
    check_loinc(instrument, root, report);
    let lists = instrument.items.iter().filter_map(|item| match &item.answers {
        Answers::Choice { list, .. } => Some(list.as_str()),
        Answers::Number { .. } => None,
    });
    let bands = instrument.key.scores.iter().filter_map(|score| score.bands.as_deref());
    unused(root, "options", "Option list", &lists.collect::<Vec<_>>(), report);
    unused(root, "bands", "Bands", &bands.collect::<Vec<_>>(), report);
}

fn unused(root: &Node, table: &str, kind: &str, used: &[&str], report: &mut Report<'_, '_>) {
    for entry in root.get(table).map(Node::entries).unwrap_or_default() {
        if !used.contains(&entry.key.as_str()) {
            let text = format!("{kind} '{}' is never used.", entry.key);
            report.findings.push(report.source.error("P102", &entry.key_span, text));
        }
    }
}

fn check_bands(instrument: &Instrument, root: &Node, report: &mut Report<'_, '_>) {
    for score in &instrument.key.scores {
        let lowest = instrument.bands_of(score).first().map(|band| band.from);
        let least = instrument.range_of(score).map(|(low, _)| low);
        let limit = score.bands.as_ref().and_then(|name| root.get("bands")?.get(name)?.items().first());
        if let (Some(lowest), Some(least), Some(limit)) =
            (lowest, least, limit.and_then(|row| row.items().first()))
            && lowest != least
        {
            report.error("P605", limit, "Bands must ascend from the minimum.");
        }
    }
}

/// A set has one row for each item of the score that reads it, and one decrement for each option.
fn check_valuesets(instrument: &Instrument, root: &Node, report: &mut Report<'_, '_>) {
    let read = instrument.key.scores.iter().find_map(|score| match &score.formula {
        Formula::ValueSet(items) => Some(items),
        _ => None,
    });
    for entry in root.get("valueset").map(Node::entries).unwrap_or_default() {
        let Some(items) = read else {
            let text = format!("Value set '{}' is never used.", entry.key);
            report.findings.push(report.source.error("P102", &entry.key_span, text));
            continue;
        };
        for item in items.iter().filter(|item| entry.value.get(item).is_none()) {
            report.lacks(
                &format!("valueset.{}", entry.key),
                &entry.value,
                item,
                "decrements, one for each option",
            );
        }
        for row in entry.value.entries().iter().filter(|row| row.key != "constant" && row.key != "full") {
            if !items.contains(&row.key) {
                let text = format!("Item {} is in value set '{}' and not in the score.", row.key, entry.key);
                report.findings.push(report.source.error("P604", &row.key_span, text));
                continue;
            }
            let options = instrument.item(&row.key).map_or(0, |item| item.options().len());
            let given = row.value.items().len();
            if given != options {
                report.error("P004", &row.value, format!("{given} decrements for {options} options."));
            }
        }
    }
    if let (Some(_), true) = (read, instrument.key.valuesets.is_empty()) {
        report.error(
            "P005",
            root.get("key").unwrap_or(root),
            "There is no [valueset.…] for the score by value set.",
        );
    }
}

fn check_loinc(instrument: &Instrument, root: &Node, report: &mut Report<'_, '_>) {
    for entry in root.get("loinc").map(Node::entries).unwrap_or_default() {
        let key = entry.key.as_str();
        if key != "panel" && instrument.item(key).is_none() && instrument.score(key).is_none() {
            let text = format!("No score or item '{key}'.");
            report.findings.push(report.source.error("P101", &entry.key_span, text));
        }
    }
}
