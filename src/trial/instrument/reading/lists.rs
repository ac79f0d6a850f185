//! Lists that have a name and are used by it: options, bands, value sets.

use std::collections::BTreeMap;

use crate::kernel::number::Number;
use crate::trial::instrument::answer::Code;
use crate::trial::instrument::definition::Band;
use crate::trial::instrument::definition::OptionCode;
use crate::trial::instrument::definition::ValueSet;
use crate::trial::instrument::reading::report::Report;
use crate::trial::instrument::reading::report::number_of;
use crate::trial::source::shape::is_code;
use crate::trial::source::tree::Entry;
use crate::trial::source::tree::Node;

/// The lists of a table: each name with what is read from its value.
fn named<T>(root: &Node, table: &str, mut read: impl FnMut(&Entry) -> T) -> BTreeMap<String, T> {
    let entries = root.get(table).map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| (entry.key.clone(), read(entry))).collect()
}

/// `[options]`: codes that are numbers, or pairs of code and value.
pub fn options(root: &Node, report: &mut Report<'_, '_>) -> BTreeMap<String, Vec<OptionCode>> {
    named(root, "options", |entry| {
        if entry.value.items().is_empty() {
            wrong(report, &entry.value, &entry.key, "a list of codes, or of pairs of code and value");
        }
        let mut list: Vec<OptionCode> = Vec::new();
        for row in entry.value.items() {
            match option(row) {
                Some(option) if list.iter().any(|known| known.code == option.code) => {
                    report.error("P007", row, format!("'{}' twice.", option.code));
                }
                Some(option) => list.push(option),
                None => wrong(report, row, &entry.key, "numbers, or pairs of code and value"),
            }
        }
        list
    })
}

fn option(row: &Node) -> Option<OptionCode> {
    match row.items() {
        [code, value] => Some(OptionCode { code: code_of(code)?, value: number_of(value)? }),
        _ if row.text().is_some() => None,
        _ => number_of(row).map(|value| OptionCode { code: Code::Number(value), value }),
    }
}

/// A code in quotes stays a text, even if it is all digits.
pub fn code_of(node: &Node) -> Option<Code> {
    match node.text() {
        Some(text) => (!text.is_empty() && text != "na").then(|| Code::Text(text.to_owned())),
        None => number_of(node).map(Code::Number),
    }
}

/// `[bands]`: rows of lower limit and id, lowest first.
pub fn bands(root: &Node, report: &mut Report<'_, '_>) -> BTreeMap<String, Vec<Band>> {
    named(root, "bands", |entry| {
        if entry.value.items().is_empty() {
            wrong(report, &entry.value, &entry.key, "rows of lower limit and id");
        }
        let mut list: Vec<Band> = Vec::new();
        for row in entry.value.items() {
            let [limit, id] = row.items() else {
                wrong(report, row, &entry.key, "rows of lower limit and id");
                continue;
            };
            let (Some(from), Some(id_text)) = (number_of(limit), id.text()) else {
                wrong(report, row, &entry.key, "rows of lower limit and id");
                continue;
            };
            if !is_code(id_text) {
                report.error("P006", id, format!("'{id_text}' is no code: small letters, digits and _."));
            }
            if list.iter().any(|band| band.id == id_text) {
                report.error("P007", id, format!("'{id_text}' twice."));
            }
            if list.last().is_none_or(|last| last.from < from) {
                list.push(Band { from, id: id_text.to_owned() });
            } else {
                report.error("P605", limit, "Bands must ascend from the minimum.");
            }
        }
        list
    })
}

/// `[valueset.<id>]`: `constant`, `full` (the constant), and one row of decrements for each item.
pub fn valuesets(root: &Node, report: &mut Report<'_, '_>) -> BTreeMap<String, ValueSet> {
    named(root, "valueset", |entry| {
        let table = &entry.value;
        if table.get("constant").is_none() {
            report.lacks(&format!("valueset.{}", entry.key), table, "constant", "a number");
        }
        let constant = report.number(table, "constant").unwrap_or(Number::ONE);
        let full = report.number(table, "full").unwrap_or(constant);
        let mut decrements = BTreeMap::new();
        for row in table.entries().iter().filter(|row| row.key != "constant" && row.key != "full") {
            let numbers: Option<Vec<Number>> = row.value.items().iter().map(number_of).collect();
            match numbers.filter(|numbers| !numbers.is_empty()) {
                Some(numbers) => decrements.insert(row.key.clone(), numbers).map_or((), |_| ()),
                None => wrong(report, &row.value, &row.key, "a list of numbers, one for each option"),
            }
        }
        ValueSet { constant, full, decrements }
    })
}

fn wrong(report: &mut Report<'_, '_>, at: &Node, key: &str, takes: &str) {
    report.error("P004", at, format!("'{key}' takes {takes}, here is {}.", at.words()));
}
