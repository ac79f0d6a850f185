//! Finding the place of a key, a value or a row in a tree. What is missing points at the row or table that lacks it.

use std::ops::Range;

use crate::trial::source::tree::Entry;
use crate::trial::source::tree::Node;
use crate::trial::source::tree::NodeKind;
use crate::trial::source::tree::Source;

/// A position in a tree: a node, or the nearest one above what is missing.
#[derive(Clone, Copy, Debug)]
pub struct At<'n> {
    text: &'n str,
    node: Option<&'n Node>,
    entry: Option<&'n Entry>,
    /// The nearest table or row that is there.
    holder: &'n Node,
}

impl<'n> At<'n> {
    /// The whole file.
    pub fn root(root: &'n Node, source: &'n Source<'_>) -> Self {
        Self { text: source.text, node: Some(root), entry: None, holder: root }
    }

    /// The value under a key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        let entry = self.node.and_then(|node| node.entry(key));
        self.moved(entry.map(|entry| &entry.value), entry)
    }

    /// The value under keys with dots between: `comparison.arms`.
    #[must_use]
    pub fn path(self, path: &str) -> Self {
        path.split('.').fold(self, |at, key| at.key(key))
    }

    /// The item of a list, from 0.
    #[must_use]
    pub fn item(self, index: usize) -> Self {
        self.moved(self.node.and_then(|node| node.items().get(index)), None)
    }

    fn moved(self, node: Option<&'n Node>, entry: Option<&'n Entry>) -> Self {
        let table = node.filter(|node| matches!(node.kind, NodeKind::Table(_)));
        Self { node, entry, holder: table.unwrap_or(self.holder), ..self }
    }

    /// The node, if it is there.
    pub fn node(self) -> Option<&'n Node> {
        self.node
    }

    /// Whether it is there.
    pub fn is_given(self) -> bool {
        self.node.is_some()
    }

    /// The text that it is.
    pub fn text(self) -> Option<&'n str> {
        self.node.and_then(Node::text)
    }

    /// How the value is written in the file.
    pub fn written(self) -> &'n str {
        self.node.and_then(|node| self.text.get(node.span.clone())).unwrap_or_default()
    }

    /// The entries of the table that it is.
    pub fn entries(self) -> impl Iterator<Item = (&'n str, Self)> {
        let entries = self.node.map(Node::entries).unwrap_or_default();
        entries.iter().map(move |entry| (entry.key.as_str(), self.moved(Some(&entry.value), Some(entry))))
    }

    /// The items of the list that it is.
    pub fn items(self) -> impl Iterator<Item = Self> {
        (0..self.node.map_or(0, |node| node.items().len())).map(move |index| self.item(index))
    }

    /// The place of a value; of a table or row its opening.
    pub fn value(self) -> Range<usize> {
        match self.node {
            Some(node) if !matches!(node.kind, NodeKind::Table(_)) => node.span.clone(),
            _ => self.opening(),
        }
    }

    /// The place of the key before the value.
    pub fn name(self) -> Range<usize> {
        self.entry.map_or_else(|| self.opening(), |entry| entry.key_span.clone())
    }

    /// The opening brace of a row, the header of a block or table.
    pub fn opening(self) -> Range<usize> {
        opening(self.holder, self.text)
    }

    /// The header of a table that has one, else the key before the inline table.
    pub fn heading(self) -> Range<usize> {
        let inline = self.node.is_some_and(|node| is_inline(node, self.text));
        if inline { self.name() } else { self.opening() }
    }
}

/// Whether a table is written in braces.
pub fn is_inline(node: &Node, text: &str) -> bool {
    matches!(node.kind, NodeKind::Table(_))
        && text.get(node.span.clone()).is_some_and(|text| text.starts_with('{'))
}

/// The opening brace of an inline table, the header of another.
pub fn opening(node: &Node, text: &str) -> Range<usize> {
    if is_inline(node, text) { node.span.start..node.span.start + 1 } else { node.span.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::source::tree;

    #[test]
    fn what_is_missing_points_at_the_row_or_table_that_lacks_it() {
        let source = Source::new("t.toml", "[a]\nrows = [\n  { x = 1 },\n]\n[[a.b]]\ny = \"é\"\n");
        let (root, _) = tree::read(&source);
        let place = |span: Range<usize>| {
            let place = source.place(&span);
            (place.line, place.column, place.width)
        };
        let at = At::root(&root, &source);
        let row = at.path("a.rows").item(0);
        assert_eq!(place(row.key("x").value()), (3, 9, 1));
        assert_eq!(place(row.key("x").name()), (3, 5, 1));
        assert_eq!(place(row.key("z").value()), (3, 3, 1));
        assert_eq!(place(row.key("z").name()), (3, 3, 1));
        assert_eq!(place(at.path("a.c").value()), (1, 1, 3));
        assert_eq!(place(at.path("a.b").item(0).key("y").value()), (6, 5, 3));
        assert_eq!(place(at.path("a.b").item(0).key("n").value()), (5, 1, 7));
        assert_eq!(place(at.path("q.r.s").value()), (1, 1, 1));
        assert_eq!(at.path("a.rows").items().count(), 1);
    }
}
