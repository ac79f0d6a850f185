//! The items of the form, and the conditions under which they are shown.

use std::collections::BTreeMap;

use crate::kernel::number::Number;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::expression::typing::Type;
use crate::trial::instrument::answer::Code;
use crate::trial::instrument::condition::Condition;
use crate::trial::instrument::condition::Names;
use crate::trial::instrument::definition::Answers;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::definition::OptionCode;
use crate::trial::instrument::reading::lists::code_of;
use crate::trial::instrument::reading::report::Report;
use crate::trial::source::tree::Node;

/// The ids of all rows, also of rows that can't be used, so that naming them is no second mistake.
pub fn ids(key: &Node, report: &mut Report<'_, '_>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for node in key.get("items").map(Node::items).unwrap_or_default().iter().filter_map(|row| row.get("ids"))
    {
        for id in report.ids(node).unwrap_or_default() {
            if all.contains(&id) {
                report.error("P007", node, format!("'{id}' twice."));
            } else {
                all.push(id);
            }
        }
    }
    all
}

/// The items in the order of the form: by their numbers, several ratings of one in the order of the rows,
/// what has no number at the end.
pub fn items(
    key: &Node,
    options: &BTreeMap<String, Vec<OptionCode>>,
    report: &mut Report<'_, '_>,
) -> Vec<Item> {
    let mut read: Vec<(Item, Option<&Node>)> = Vec::new();
    for row in key.get("items").map(Node::items).unwrap_or_default() {
        let answers = answers(row, options, report);
        let na = report.number(row, "na");
        let ids =
            row.get("ids").and_then(|node| Report { source: report.source, findings: Vec::new() }.ids(node));
        for id in ids.unwrap_or_default() {
            if let Some(answers) = answers.clone() {
                read.push((Item { id, answers, na, shown: None }, row.get("shown")));
            }
        }
    }
    read.sort_by_key(|(item, _)| form_number(&item.id));
    let plain: Vec<Item> = read.iter().map(|(item, _)| item.clone()).collect();
    let mut items = Vec::new();
    for (at, (mut item, shown)) in read.into_iter().enumerate() {
        item.shown = shown.and_then(|node| self::shown(node, &plain, at, report));
        items.push(item);
    }
    items
}

fn form_number(id: &str) -> u32 {
    let digits: String = id.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(u32::MAX)
}

fn answers(
    row: &Node,
    options: &BTreeMap<String, Vec<OptionCode>>,
    report: &mut Report<'_, '_>,
) -> Option<Answers> {
    match row.get("type").and_then(Node::text)? {
        "number" => {
            for key in ["options", "unlabelled"] {
                report.has_no_meaning(row, key, "type \"number\"");
            }
            number(row, report)
        }
        "choice" => {
            for key in ["min", "max", "step"] {
                report.has_no_meaning(row, key, "type \"choice\"");
            }
            choice(row, options, report)
        }
        // Another word is a finding of the table of keys.
        _ => None,
    }
}

fn number(row: &Node, report: &mut Report<'_, '_>) -> Option<Answers> {
    for key in ["min", "max"] {
        if row.get(key).is_none() {
            report.lacks("key.items", row, key, "a number");
        }
    }
    let (min, max) = (report.number(row, "min"), report.number(row, "max"));
    let (min, max) = (min?, max?);
    let step = report.number(row, "step").unwrap_or(Number::ONE);
    let whole = || max.minus(min).and_then(|span| span.over(step)).is_some_and(Number::is_whole);
    if min >= max || step <= Number::ZERO || !whole() {
        report.error("P004", row, "'min', 'max' and 'step' give no series of numbers: 'max' is one of them.");
        return None;
    }
    Some(Answers::Number { min, max, step })
}

fn choice(
    row: &Node,
    options: &BTreeMap<String, Vec<OptionCode>>,
    report: &mut Report<'_, '_>,
) -> Option<Answers> {
    let Some(name) = row.get("options") else {
        report.lacks("key.items", row, "options", "the name of a list of options");
        return None;
    };
    let list = name.text()?.to_owned();
    let Some(found) = options.get(&list) else {
        report.unknown(name, "option list", &list, options.keys().map(String::as_str));
        return None;
    };
    let mut unlabelled = Vec::new();
    for node in row.get("unlabelled").map(Node::items).unwrap_or_default() {
        match code_of(node).filter(|code| found.iter().any(|option| option.code == *code)) {
            Some(code) => unlabelled.push(code),
            None => report.error("P101", node, format!("No such option in '{list}'.")),
        }
    }
    Some(Answers::Choice { list, options: found.clone(), unlabelled })
}

/// What a rule sees of an item: its number within the codes of the form, or its codes.
pub fn type_of(item: &Item) -> Type {
    let codes = item.options().iter().map(|option| &option.code);
    if codes.clone().any(|code| matches!(code, Code::Text(_))) {
        return Type::Choice(codes.map(ToString::to_string).collect());
    }
    let (min, max) = item.span().unzip();
    Type::Number(min, max)
}

/// The condition of one item: `#` is its number, and only items before it may be named.
fn shown(node: &Node, items: &[Item], at: usize, report: &mut Report<'_, '_>) -> Option<Condition> {
    let written = node.text()?;
    let (before, later) = items.split_at_checked(at)?;
    let id = items.get(at).map(|item| item.id.as_str()).unwrap_or_default();
    let number: String = id.chars().take_while(char::is_ascii_digit).collect();
    let names = Names {
        place: format!("item '{id}'"),
        items: before.iter().map(|item| (item.id.as_str(), type_of(item))).collect(),
        later: later.iter().map(|item| item.id.as_str()).collect(),
        scores: Vec::new(),
    };
    match Condition::read(&written.replace('#', &number), &names) {
        Ok(condition) => Some(condition),
        Err(found) => {
            let moved = found.into_iter().map(|finding| as_written(finding, written, number.len()));
            place(moved.collect(), node, report);
            None
        }
    }
}

/// Moves a finding from the rule with the number filled in to the rule with `#`.
fn as_written(finding: ExpressionFinding, written: &str, digits: usize) -> ExpressionFinding {
    let (mut filled, mut at) = (0, 0);
    for character in written.chars() {
        filled += if character == '#' { digits } else { 1 };
        if filled > finding.at {
            break;
        }
        at += 1;
    }
    ExpressionFinding { at, ..finding }
}

/// Puts findings of a rule to their place in the file: a rule stands between quotes on one line.
pub fn place(found: Vec<ExpressionFinding>, node: &Node, report: &mut Report<'_, '_>) {
    for finding in found {
        let mut placed = report.source.error(finding.code, &node.span, finding.text);
        placed.place.column += 1 + u32::try_from(finding.at).unwrap_or(0);
        placed.place.width = u32::try_from(finding.width).unwrap_or(1);
        placed.mend = finding.mend;
        // A row of many items has one rule: what is wrong with it is said once.
        let known = |other: &crate::trial::source::finding::Finding| {
            (other.place.line, other.place.column, other.code)
                == (placed.place.line, placed.place.column, placed.code)
        };
        if !report.findings.iter().any(known) {
            report.findings.push(placed);
        }
    }
}
