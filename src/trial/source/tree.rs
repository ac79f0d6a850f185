//! A TOML file as a tree in which everything knows its place.

use std::ops::Range;

use chrono::NaiveTime;
use toml::de::DeTable;
use toml::de::DeValue;

use crate::kernel::time::Date;
use crate::trial::source::at::is_inline;
use crate::trial::source::finding;
use crate::trial::source::finding::Finding;
use crate::trial::source::finding::Place;
use crate::trial::source::finding::Severity;

/// Lines of lists may have so many columns.
const MAX_COLUMNS: usize = 140;

/// A text with a name, and where its lines begin.
#[derive(Clone, Debug)]
pub struct Source<'t> {
    /// The file's name.
    pub file: &'t str,
    /// Its text.
    pub text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Source<'t> {
    /// Looks up the lines.
    pub fn new(file: &'t str, text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file, text, starts }
    }

    /// The place of a stretch of bytes.
    pub fn place(&self, span: &Range<usize>) -> Place {
        let number = self.starts.partition_point(|start| *start <= span.start).max(1);
        let start = self.starts.get(number - 1).copied().unwrap_or(0);
        let count = |range: Range<usize>| {
            let characters =
                self.text.get(range).map_or(0, |text| text.chars().take_while(|c| *c != '\n').count());
            u32::try_from(characters).unwrap_or(u32::MAX)
        };
        Place {
            line: u32::try_from(number).unwrap_or(u32::MAX),
            column: count(start..span.start) + 1,
            width: count(span.start..span.end.max(span.start)).max(1),
        }
    }

    /// An error at a stretch of bytes.
    pub fn error(&self, code: &'static str, span: &Range<usize>, text: impl Into<String>) -> Finding {
        Finding {
            file: self.file.to_owned(),
            place: self.place(span),
            code,
            severity: Severity::Error,
            text: text.into(),
            mend: None,
        }
    }
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its bytes: of a table its header or opening brace.
    pub span: Range<usize>,
    /// What it is.
    pub kind: NodeKind,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// A table, in the order of the file.
    Table(Vec<Entry>),
    /// A list.
    List(Vec<Node>),
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with decimals, as written.
    Decimal(String),
    /// `true` or `false`.
    Truth(bool),
    /// A date.
    Date(Date),
    /// A time of day.
    Time(NaiveTime),
    /// A date with a time, or anything else that no key takes.
    Other(String),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where it stands.
    pub key_span: Range<usize>,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The entries of a table; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            NodeKind::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            NodeKind::List(items) => items,
            _ => &[],
        }
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The text that it is.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number that it is.
    pub fn integer(&self) -> Option<i64> {
        match &self.kind {
            NodeKind::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// What it is, in words.
    pub fn words(&self) -> &'static str {
        match &self.kind {
            NodeKind::Table(_) => "a table",
            NodeKind::List(_) => "a list",
            NodeKind::Text(_) => "text",
            NodeKind::Integer(_) => "a whole number",
            NodeKind::Decimal(_) => "a number with decimals",
            NodeKind::Truth(_) => "true or false",
            NodeKind::Date(_) => "a date",
            NodeKind::Time(_) => "a time of day",
            NodeKind::Other(written) if written.contains(['-', ':']) => "another kind of date or time",
            NodeKind::Other(_) => "a number that is too large",
        }
    }
}

/// Reads a file. Syntax errors are P001; inline tables over several lines P003; long rows P011. With P001 nothing but P003
/// is told besides.
pub fn read(source: &Source<'_>) -> (Node, Vec<Finding>) {
    let (table, errors) = DeTable::parse_recoverable(source.text);
    let mut findings: Vec<Finding> = errors
        .iter()
        .map(|error| {
            let span = error.span().unwrap_or(0..0);
            let message = error.message().replace('\n', "; ");
            let (what, expected) = message.split_once(", expected ").unwrap_or((&message, ""));
            let finding = source.error("P001", &span, format!("Not TOML: {what}."));
            let mend = (!expected.is_empty()).then(|| format!("Expected {expected} there."));
            Finding { mend, ..finding }
        })
        .collect();
    // One broken line can make the parser stumble more than once; the first is the mistake.
    findings.dedup_by_key(|finding| finding.place.line);
    let root = Node { span: 0..0, kind: table_kind(table.get_ref(), source) };
    find_layout(&root, source, "", false, &mut findings);
    if finding::has_code(&findings, "P001") {
        findings.retain(|finding| matches!(finding.code, "P001" | "P003"));
    }
    (root, findings)
}

fn node(value: &toml::Spanned<DeValue<'_>>, source: &Source<'_>) -> Node {
    let span = value.span();
    let kind = match value.get_ref() {
        DeValue::Table(table) => table_kind(table, source),
        DeValue::Array(items) => NodeKind::List(items.iter().map(|item| node(item, source)).collect()),
        DeValue::String(text) => NodeKind::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(whole) => NodeKind::Integer(whole),
            Err(_) => NodeKind::Other(number.as_str().to_owned()),
        },
        DeValue::Float(number) => NodeKind::Decimal(number.as_str().to_owned()),
        DeValue::Boolean(truth) => NodeKind::Truth(*truth),
        DeValue::Datetime(moment) => {
            let written = moment.to_string();
            // A time without seconds is TOML 1.1 and no time here.
            let whole = moment.time.is_none_or(|time| time.second.is_some());
            match (written.parse::<Date>(), written.parse::<NaiveTime>()) {
                (Ok(date), _) => NodeKind::Date(date),
                (_, Ok(time)) if whole => NodeKind::Time(time),
                _ => NodeKind::Other(written),
            }
        }
    };
    Node { span, kind }
}

fn table_kind(table: &DeTable<'_>, source: &Source<'_>) -> NodeKind {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: key.span(),
            value: node(value, source),
        })
        .collect();
    // The parser sorts by name; people read by place.
    entries.sort_by_key(|entry| entry.key_span.start);
    NodeKind::Table(entries)
}

/// Rows that other readers of TOML refuse or that nobody can read: inline tables over several lines (P003) or with a
/// comma behind the last key (P001), as only TOML 1.1 has them, and rows that are too long (P011).
fn find_layout(node: &Node, source: &Source<'_>, path: &str, is_row: bool, findings: &mut Vec<Finding>) {
    for entry in node.entries() {
        let path = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
        find_layout(&entry.value, source, &path, false, findings);
    }
    for item in node.items() {
        find_layout(item, source, path, true, findings);
    }
    if !is_inline(node, source.text) {
        return;
    }
    let between = between_values(node, source.text);
    if between.contains('\n') {
        let opening = node.span.start..node.span.start + 1;
        let text = "Inline table over several lines: write the list as [[…]] blocks.";
        let mend = Some(format!("Put the row on one line, or write [[{path}]]."));
        findings.push(Finding { mend, ..source.error("P003", &opening, text) });
        return;
    }
    if between.trim_end_matches('}').trim_end().ends_with(',') {
        let end = node.span.end.saturating_sub(1)..node.span.end;
        let text = "Not TOML: a comma behind the last key of an inline table.";
        findings.push(source.error("P001", &end, text));
    }
    if is_row {
        find_long_row(node, source, findings);
    }
}

/// The text of an inline table without its values: a line break in a list or text inside a value is none of its own.
fn between_values(node: &Node, text: &str) -> String {
    let mut from = node.span.start;
    let mut between = String::new();
    for entry in node.entries() {
        between.push_str(text.get(from..entry.value.span.start).unwrap_or_default());
        from = entry.value.span.end;
    }
    between.push_str(text.get(from..node.span.end).unwrap_or_default());
    between
}

/// A comment behind the row is not counted.
fn find_long_row(node: &Node, source: &Source<'_>, findings: &mut Vec<Finding>) {
    let end = source.place(&(node.span.end..node.span.end));
    let comma = usize::from(source.text.get(node.span.end..).is_some_and(|rest| rest.starts_with(',')));
    let columns = usize::try_from(end.column).unwrap_or(usize::MAX) - 1 + comma;
    if columns > MAX_COLUMNS {
        let place = Place { line: end.line, column: 141, width: 1 };
        let text = format!("Line of {columns} columns: write the list as blocks.");
        let finding = source.error("P011", &node.span, text);
        findings.push(Finding { place, severity: Severity::Warning, ..finding });
    }
}
