//! Taking values out of a tree: the value, or its default.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::NaiveTime;

use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::trial::schedule::definition::Offset;
use crate::trial::schedule::definition::Point;
use crate::trial::schedule::span;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::NodeKind;

/// What stands where a table is missing.
pub static NOTHING: Node = Node { span: 0..0, kind: NodeKind::Table(Vec::new()) };

/// The table under a key; an empty one where it is missing.
pub fn table<'n>(node: &'n Node, key: &str) -> &'n Node {
    node.get(key).unwrap_or(&NOTHING)
}

/// Each entry of the keyed table under a key.
pub fn keyed<T>(node: &Node, key: &str, read: impl Fn(&Node) -> T) -> BTreeMap<String, T> {
    table(node, key).entries().iter().map(|entry| (entry.key.clone(), read(&entry.value))).collect()
}

/// Each row of the list under a key.
pub fn rows<T>(node: &Node, key: &str, read: impl Fn(&Node) -> T) -> Vec<T> {
    node.get(key).map(|list| list.items().iter().map(read).collect()).unwrap_or_default()
}

/// The text under a key.
pub fn maybe_text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::text).map(str::to_owned)
}

/// The text under a key; empty where it is missing.
pub fn text(node: &Node, key: &str) -> String {
    maybe_text(node, key).unwrap_or_default()
}

/// The texts of the list under a key.
pub fn maybe_texts(node: &Node, key: &str) -> Option<Vec<String>> {
    node.get(key).map(texts_of)
}

/// The texts of the list under a key; none where it is missing.
pub fn texts(node: &Node, key: &str) -> Vec<String> {
    maybe_texts(node, key).unwrap_or_default()
}

/// The texts of a list.
pub fn texts_of(list: &Node) -> Vec<String> {
    list.items().iter().map(|item| item.text().unwrap_or_default().to_owned()).collect()
}

/// A word of a fixed list under a key.
pub fn maybe_word<T: FromStr>(node: &Node, key: &str) -> Option<T> {
    node.get(key).and_then(Node::text).and_then(|text| text.parse().ok())
}

/// A word of a fixed list under a key, or this.
pub fn word<T: FromStr>(node: &Node, key: &str, default: T) -> T {
    maybe_word(node, key).unwrap_or(default)
}

/// The words of the list under a key.
pub fn word_list<T: FromStr>(node: &Node, key: &str) -> Vec<T> {
    node.get(key).map(words_of).unwrap_or_default()
}

fn words_of<T: FromStr>(list: &Node) -> Vec<T> {
    list.items().iter().filter_map(Node::text).filter_map(|text| text.parse().ok()).collect()
}

/// The whole number under a key.
pub fn maybe_whole(node: &Node, key: &str) -> Option<u32> {
    node.get(key).and_then(Node::integer).and_then(|number| u32::try_from(number).ok())
}

/// The whole number under a key, or this.
pub fn whole(node: &Node, key: &str, default: u32) -> u32 {
    maybe_whole(node, key).unwrap_or(default)
}

/// The truth under a key, or this.
pub fn truth(node: &Node, key: &str, default: bool) -> bool {
    match node.get(key).map(|node| &node.kind) {
        Some(NodeKind::Truth(truth)) => *truth,
        _ => default,
    }
}

/// The number that a node is.
pub fn number_of(node: &Node) -> Option<Number> {
    match &node.kind {
        NodeKind::Integer(whole) => Some(Number::from(*whole)),
        NodeKind::Decimal(written) => written.parse().ok(),
        _ => None,
    }
}

/// The number under a key.
pub fn maybe_number(node: &Node, key: &str) -> Option<Number> {
    node.get(key).and_then(number_of)
}

/// The date that a node is.
pub fn date_of(node: &Node) -> Option<Date> {
    match &node.kind {
        NodeKind::Date(date) => Some(*date),
        _ => None,
    }
}

/// The date under a key.
pub fn maybe_date(node: &Node, key: &str) -> Option<Date> {
    node.get(key).and_then(date_of)
}

/// The date under a key; the epoch where it is missing.
pub fn date(node: &Node, key: &str) -> Date {
    maybe_date(node, key).unwrap_or_default()
}

/// The time under a key, or this hour.
pub fn time(node: &Node, key: &str, default_hour: u32) -> NaiveTime {
    match node.get(key).map(|node| &node.kind) {
        Some(NodeKind::Time(time)) => *time,
        _ => hour(default_hour),
    }
}

/// The two times of the list under a key, or these hours.
pub fn times(node: &Node, key: &str, defaults: (u32, u32)) -> (NaiveTime, NaiveTime) {
    let found: Vec<NaiveTime> = node
        .get(key)
        .map(|list| {
            list.items()
                .iter()
                .filter_map(|item| if let NodeKind::Time(time) = item.kind { Some(time) } else { None })
                .collect()
        })
        .unwrap_or_default();
    match found.as_slice() {
        [from, to] => (*from, *to),
        _ => (hour(defaults.0), hour(defaults.1)),
    }
}

fn hour(hour: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN)
}

/// The offset under a key.
pub fn maybe_offset(node: &Node, key: &str) -> Option<Offset> {
    node.get(key).and_then(Node::text).and_then(span::offset)
}

/// The offset under a key; none where it is missing.
pub fn offset(node: &Node, key: &str) -> Offset {
    maybe_offset(node, key).unwrap_or_default()
}

/// The point under a key.
pub fn maybe_point(node: &Node, key: &str) -> Option<Point> {
    node.get(key).and_then(Node::text).and_then(span::point)
}

/// The point under a key; an empty base where it is missing.
pub fn point(node: &Node, key: &str) -> Point {
    maybe_point(node, key).unwrap_or(Point { base: String::new(), offset: Offset::default() })
}

/// The duration under a key in hours; days count 24.
pub fn maybe_hours(node: &Node, key: &str) -> Option<u32> {
    match node.get(key).and_then(Node::text).and_then(span::hours_or_offset)? {
        span::Duration::Hours(hours) => Some(hours),
        span::Duration::Civil(offset) => {
            let days =
                u32::try_from(offset.days).ok()?.checked_add(u32::try_from(offset.months).ok()? * 30)?;
            days.checked_mul(24)
        }
    }
}
