//! Where findings of one file are gathered, and the small values that all parts of it are made of.

use crate::kernel::number::Number;
use crate::trial::source::finding::Finding;
use crate::trial::source::finding::did_you_mean;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::NodeKind;
use crate::trial::source::tree::Source;

/// What was found in one file so far.
pub struct Report<'r, 's> {
    /// The file.
    pub source: &'r Source<'s>,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl Report<'_, '_> {
    /// An error at a value.
    pub fn error(&mut self, code: &'static str, at: &Node, text: impl Into<String>) {
        self.findings.push(self.source.error(code, &at.span, text));
    }

    /// A row or table lacks a key.
    pub fn lacks(&mut self, section: &str, row: &Node, key: &str, takes: &str) {
        let span = row.span.start..row.span.start + 1;
        let finding = self.source.error("P005", &span, format!("{section} has no '{key}': {takes}."));
        self.findings.push(Finding { mend: Some(format!("Add {key} = … to the row.")), ..finding });
    }

    /// A key stands where it has no meaning.
    pub fn has_no_meaning(&mut self, row: &Node, key: &str, beside: &str) {
        if let Some(entry) = row.entry(key) {
            let text = format!("'{key}' has no meaning with {beside}.");
            let finding = self.source.error("P002", &entry.key_span, text);
            self.findings.push(Finding { mend: Some("Take it out.".to_owned()), ..finding });
        }
    }

    /// A definition that is not there.
    pub fn unknown<'w>(&mut self, at: &Node, kind: &str, id: &str, known: impl IntoIterator<Item = &'w str>) {
        let guess = did_you_mean(id, known);
        self.error("P101", at, format!("No {kind} '{id}'.{guess}"));
    }

    /// The number of a key, with decimals or as a fraction in quotes; `None` where the key is not there.
    pub fn number(&mut self, row: &Node, key: &str) -> Option<Number> {
        let node = row.get(key)?;
        let number = number_of(node);
        if number.is_none() {
            let text = format!("'{key}' takes a number, or a fraction as \"1/3\", here is {}.", node.words());
            self.error("P004", node, text);
        }
        number
    }

    /// The ids of an item list, each once, each an item of the form. `place` says where: `score 'total'`.
    pub fn items(&mut self, node: &Node, known: &[String], place: &str) -> Vec<String> {
        let Some(ids) = self.ids(node) else { return Vec::new() };
        if let Some(unknown) = ids.iter().find(|id| !known.contains(id)) {
            self.error("P604", node, format!("Item {unknown} is in {place} and not in items."));
        }
        ids
    }

    /// The ids of an item list, each once.
    pub fn ids(&mut self, node: &Node) -> Option<Vec<String>> {
        // Another type is a finding of the table of keys.
        let text = node.text()?;
        let Some(ids) = expand(text) else {
            let text = format!("'{text}' is no list of items: write \"1..4 6 9\" or \"1f..24f\".");
            self.error("P006", node, text);
            return None;
        };
        let twice = ids.iter().enumerate().find(|(at, id)| ids.iter().take(*at).any(|before| before == *id));
        if let Some((_, id)) = twice {
            self.error("P007", node, format!("'{id}' twice."));
        }
        Some(ids)
    }
}

/// A number as written: whole, with decimals, or a fraction in quotes.
pub fn number_of(node: &Node) -> Option<Number> {
    match &node.kind {
        NodeKind::Integer(whole) => Some(Number::from(*whole)),
        NodeKind::Decimal(written) | NodeKind::Text(written) => written.parse().ok(),
        _ => None,
    }
}

/// The texts of a list.
pub fn texts(list: &Node) -> Vec<String> {
    list.items().iter().filter_map(Node::text).map(str::to_owned).collect()
}

/// `"1..4 6 9"` and `"1f..24f"`, written out; `None` where it is no list of items.
fn expand(list: &str) -> Option<Vec<String>> {
    let mut ids = Vec::new();
    for part in list.split_whitespace() {
        match part.split_once("..") {
            Some((first, last)) => ids.extend(range(first, last)?),
            None => ids.push(part.to_owned()),
        }
    }
    let is_id = |id: &String| {
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        plain && !id.starts_with('_') && id.len() <= 16
    };
    ids.iter().all(is_id).then_some(ids)
}

/// From one number to another with the same letter behind both.
fn range(first: &str, last: &str) -> Option<impl Iterator<Item = String>> {
    let letter = first.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
    let low: u32 = first.strip_suffix(letter.as_str())?.parse().ok()?;
    let high: u32 = last.strip_suffix(letter.as_str())?.parse().ok()?;
    let fits = low < high && high - low < 500;
    fits.then(|| (low..=high).map(move |number| format!("{number}{letter}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn item_lists_are_written_out() {
        let ids = |text: &str| expand(text).map(|ids| ids.join(" "));
        assert_eq!(ids("1..4 6 9").as_deref(), Some("1 2 3 4 6 9"));
        assert_eq!(ids("9f..11f H1 vas").as_deref(), Some("9f 10f 11f H1 vas"));
        assert_eq!(ids("").as_deref(), Some(""));
        for bad in ["4..1", "3..3", "1f..3a", "1f..3", "a..c", "1-4", "1,2", "1..", "..4", "1..999999", "ä"]
        {
            assert_eq!(ids(bad), None, "{bad}");
        }
    }
}
