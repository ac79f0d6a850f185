//! A plain page of text: headings, lines, lists, tables with aligned columns.

/// A page that grows.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    /// The text of the page.
    pub fn into_text(self) -> String {
        self.0
    }

    /// A heading, underlined, with a blank line before it.
    pub fn heading(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.line(text);
        self.line(&"-".repeat(text.chars().count()));
    }

    /// A line.
    pub fn line(&mut self, text: &str) {
        self.0.push_str(text.trim_end());
        self.0.push('\n');
    }

    /// An item of a list.
    pub fn item(&mut self, text: &str) {
        self.line(&format!("  - {text}"));
    }

    /// A name and what it is, if it is anything.
    pub fn pair(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.line(&format!("{:<15}{value}", format!("{name}:")));
        }
    }

    /// Rows of cells under a head, each column as wide as its widest cell. Nothing without rows.
    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        if rows.is_empty() {
            return;
        }
        let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
        let width = |column: usize| {
            let cells = std::iter::once(&head).chain(rows).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let mut lines = vec![head.clone(), widths.iter().map(|width| "-".repeat(*width)).collect()];
        lines.extend(rows.iter().cloned());
        for cells in &lines {
            let padded: Vec<String> =
                cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            self.line(&format!("  {}", padded.join("  ")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut page = Page::default();
        page.table(&["a", "b"], &[vec!["Umeå".into(), "1".into()], vec!["x".into(), "22".into()]]);
        assert_eq!(page.into_text(), "  a     b\n  ----  --\n  Umeå  1\n  x     22\n");
    }
}
