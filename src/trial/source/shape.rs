//! Holds a file against its tables of keys: unknown and missing keys, types, ids, words, units, rules' quotes.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::trial::schedule::span;
use crate::trial::source::at::opening;
use crate::trial::source::finding::Finding;
use crate::trial::source::finding::did_you_mean;
use crate::trial::source::finding::nearest;
use crate::trial::source::keys::Key;
use crate::trial::source::keys::Section;
use crate::trial::source::keys::Takes;
use crate::trial::source::tree::Entry;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::NodeKind;
use crate::trial::source::tree::Source;

/// Checks a table against a section. `row` is its number (from 1) where it is one of several.
pub fn check(node: &Node, section: &Section, row: Option<usize>, source: &Source<'_>) -> Vec<Finding> {
    let mut shape = Shape { source, findings: Vec::new() };
    shape.table(node, section, row);
    shape.findings
}

/// What a code looks like.
const CODE_RULE: &str = "small letters, digits and _, from a letter, at most 32";

struct Shape<'s> {
    source: &'s Source<'s>,
    findings: Vec<Finding>,
}

impl Shape<'_> {
    fn find(&mut self, code: &'static str, span: &Range<usize>, text: String, mend: Option<String>) {
        let finding = self.source.error(code, span, text);
        self.findings.push(Finding { mend, ..finding });
    }

    fn table(&mut self, node: &Node, section: &Section, row: Option<usize>) {
        let known = || section.keys.iter().map(|key| key.name);
        let mut meant = Vec::new();
        for entry in node.entries() {
            if let Some(key) = section.keys.iter().find(|key| key.name == entry.key) {
                self.value(key.name, &entry.value, &key.takes);
                continue;
            }
            let place = if section.name.is_empty() { "the file" } else { section.name };
            let guess = did_you_mean(&entry.key, known());
            let mend = nearest(&entry.key, known()).map_or_else(
                || "Take the line out.".to_owned(),
                |guess| {
                    meant.push(guess);
                    format!("Write '{guess}', or take the line out.")
                },
            );
            let text = format!("Unknown key '{}' in {place}.{guess}", entry.key);
            self.find("P002", &entry.key_span, text, Some(mend));
        }
        for key in section.keys.iter().filter(|key| key.required && !meant.contains(&key.name)) {
            if node.get(key.name).is_none() {
                let place = if section.name.is_empty() { "The file" } else { section.name };
                let row_words = row.map(|row| format!(" row {row}")).unwrap_or_default();
                let text = format!("{place}{row_words} has no '{}': {}.", key.name, key.takes.words());
                let target = if row.is_some() { "the row" } else { "the table" };
                let opening = opening(node, self.source.text);
                self.find("P005", &opening, text, Some(format!("Add {} = … to {target}.", key.name)));
            }
        }
    }

    fn wrong_type(&mut self, key: &str, node: &Node, takes: &Takes) {
        let text = match (takes, &node.kind) {
            (Takes::Whole(low, high), NodeKind::Integer(number)) => {
                format!("'{key}' takes a whole number from {low} to {high}, here is {number}.")
            }
            (Takes::Version | Takes::Name, NodeKind::Text(text)) => {
                format!("'{key}' takes {}, here is '{text}'.", takes.words())
            }
            _ => format!("'{key}' takes {}, here is {}.", takes.words(), node.words()),
        };
        self.find("P004", &node.span, text, None);
    }

    fn value(&mut self, key: &str, node: &Node, takes: &Takes) {
        match takes {
            Takes::List(item) => match &node.kind {
                NodeKind::List(items) => {
                    items.iter().for_each(|one| self.value(key, one, item));
                    if !matches!(item, Takes::Text | Takes::Rule) {
                        self.twice(items.iter());
                    }
                }
                _ => self.wrong_type(key, node, takes),
            },
            Takes::Rows(section) => match &node.kind {
                NodeKind::List(items) => {
                    for (item, row) in items.iter().zip(1..) {
                        match &item.kind {
                            NodeKind::Table(_) => self.table(item, section, Some(row)),
                            _ => self.wrong_type(key, item, takes),
                        }
                    }
                    let is_own_id = |key: &Key| key.name == "id" && matches!(key.takes, Takes::Code);
                    if section.keys.iter().any(is_own_id) {
                        self.twice(items.iter().filter_map(|row| row.get("id")));
                    }
                }
                _ => self.wrong_type(key, node, takes),
            },
            Takes::Table(section) => match &node.kind {
                NodeKind::Table(_) => self.table(node, section, None),
                _ => self.wrong_type(key, node, takes),
            },
            Takes::Keyed(section) => self.keyed(key, node, takes, |shape, entry| {
                shape.code_key(entry);
                match &entry.value.kind {
                    NodeKind::Table(_) => shape.table(&entry.value, section, None),
                    _ => shape.wrong_type(&entry.key, &entry.value, takes),
                }
            }),
            Takes::KeyedValues(item) => self.keyed(key, node, takes, |shape, entry| {
                if matches!(item, Takes::Choices) {
                    shape.code_key(entry);
                }
                shape.value(&entry.key, &entry.value, item);
            }),
            Takes::Choices => self.choices(key, node, takes),
            Takes::Own(_) => {}
            _ => self.scalar(key, node, takes),
        }
    }

    fn keyed(&mut self, key: &str, node: &Node, takes: &Takes, each: impl Fn(&mut Self, &Entry)) {
        if !matches!(node.kind, NodeKind::Table(_)) {
            return self.wrong_type(key, node, takes);
        }
        for entry in node.entries() {
            each(self, entry);
        }
    }

    fn code_key(&mut self, entry: &Entry) {
        if !is_code(&entry.key) {
            let text = format!("'{}' is no code: {CODE_RULE}.", entry.key);
            self.find("P006", &entry.key_span, text, None);
        }
    }

    fn choices(&mut self, key: &str, node: &Node, takes: &Takes) {
        let NodeKind::List(rows) = &node.kind else { return self.wrong_type(key, node, takes) };
        for row in rows {
            match row.items() {
                [code, label] if label.text().is_some() => self.scalar(key, code, &Takes::Code),
                _ => self.wrong_type(key, row, takes),
            }
        }
        self.twice(rows.iter().filter_map(|row| row.items().first()));
    }

    /// Each text that stands a second time, at its second place.
    fn twice<'n>(&mut self, nodes: impl Iterator<Item = &'n Node>) {
        let mut seen = BTreeSet::new();
        for node in nodes {
            if let Some(text) = node.text()
                && !seen.insert(text)
            {
                self.find("P007", &node.span, format!("'{text}' twice."), None);
            }
        }
    }

    fn scalar(&mut self, key: &str, node: &Node, takes: &Takes) {
        let fits = match (takes, &node.kind) {
            (Takes::Text | Takes::Reference, NodeKind::Text(_))
            | (Takes::Truth, NodeKind::Truth(_))
            | (Takes::Date, NodeKind::Date(_))
            | (Takes::Time, NodeKind::Time(_))
            | (Takes::Number, NodeKind::Integer(_) | NodeKind::Decimal(_)) => true,
            (Takes::Whole(low, high), NodeKind::Integer(number)) => (low..=high).contains(&number),
            (Takes::Version, NodeKind::Text(text)) => {
                !text.is_empty() && text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit())
            }
            (Takes::Code, NodeKind::Text(text)) => {
                return self.id(node, text, is_code(text), "code", CODE_RULE);
            }
            (Takes::OccasionId, NodeKind::Text(text)) => {
                let rule = "small letters and digits, at most 8";
                return self.id(node, text, is_occasion(text), "occasion id", rule);
            }
            (Takes::Name, NodeKind::Text(text)) => text.split('.').all(|part| !part.is_empty()),
            (Takes::Word(words, kind), NodeKind::Text(text)) => return self.word(node, text, words, kind),
            (Takes::Duration | Takes::Offset | Takes::Point, NodeKind::Text(text)) => {
                return self.span_of_time(key, node, text, takes);
            }
            (Takes::Rule, NodeKind::Text(_)) => return self.rule(node),
            _ => false,
        };
        if !fits {
            self.wrong_type(key, node, takes);
        }
    }

    fn id(&mut self, node: &Node, text: &str, fits: bool, kind: &str, rule: &str) {
        if !fits {
            self.find("P006", &node.span, format!("'{text}' is no {kind}: {rule}."), None);
        }
    }

    fn word(&mut self, node: &Node, text: &str, words: &[&str], kind: &str) {
        if !words.contains(&text) {
            let guess = did_you_mean(text, words.iter().copied());
            let mend = Some(format!("One of {}.", words.join(", ")));
            self.find("P010", &node.span, format!("'{text}' is no {kind}.{guess}"), mend);
        }
    }

    fn span_of_time(&mut self, key: &str, node: &Node, text: &str, takes: &Takes) {
        let digits = text.trim_start_matches('-');
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let units = if matches!(takes, Takes::Duration) { ["h", "d", "w"] } else { ["d", "w", "m"] };
            let [first, second, third] = units.map(|unit| format!("{text}{unit}"));
            let text = format!("'{text}' has no unit: write {first}, {second} or {third}.");
            return self.find("P015", &node.span, text, None);
        }
        let fits = match takes {
            Takes::Duration => span::hours_or_offset(text).is_some(),
            Takes::Point => span::point(text).is_some(),
            _ => span::offset(text).is_some(),
        };
        if !fits {
            let text = format!("'{key}' takes {}, here is '{text}'.", takes.words());
            self.find("P004", &node.span, text, None);
        }
    }

    /// A rule is a basic string on one line without escapes, so that its columns are the file's.
    fn rule(&mut self, node: &Node) {
        let written = self.source.text.get(node.span.clone()).unwrap_or_default();
        if !is_plain_rule(written) {
            let opening = node.span.start..node.span.start + 1;
            let mend = Some("Write it between double quotes on one line.".to_owned());
            self.find("P214", &opening, "A rule is one line without escapes.".to_owned(), mend);
        }
    }
}

/// Whether a rule is written as one basic string on one line without escapes.
pub fn is_plain_rule(written: &str) -> bool {
    written.starts_with('"') && !written.starts_with("\"\"\"") && !written.contains('\\')
}

/// Small letters, digits and underscores, from a letter, at most 32.
pub fn is_code(text: &str) -> bool {
    text.len() <= 32
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Small letters and digits, from a letter, at most 8.
pub fn is_occasion(text: &str) -> bool {
    is_code(text) && text.len() <= 8 && !text.contains('_')
}
