//! What is wrong with a rule, and where in its text.

/// One mistake. `at` and `width` count characters of the rule's text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExpressionFinding {
    /// The code of the catalogue.
    pub code: &'static str,
    /// The first character concerned.
    pub at: usize,
    /// How many characters.
    pub width: usize,
    /// What is wrong.
    pub text: String,
    /// What to write instead.
    pub mend: Option<String>,
}

/// A limit is about the rule as a whole.
const LIMIT: &str = "P210";

impl ExpressionFinding {
    /// A finding without a mend.
    pub fn new(code: &'static str, span: Span, text: impl Into<String>) -> Self {
        Self {
            code,
            at: span.start,
            width: span.end.saturating_sub(span.start).max(1),
            text: text.into(),
            mend: None,
        }
    }

    /// A rule that is over a limit.
    pub fn over(limit: &str) -> Self {
        let text = format!("Over {limit}: 2000 characters, depth 32 or 64 names.");
        Self { mend: Some("Divide the rule.".to_owned()), ..Self::new(LIMIT, Span::default(), text) }
    }

    /// The column in the file, where the rule's opening quote stands in column `quote`. What is about the rule as
    /// a whole points at the quote itself.
    pub fn column(&self, quote: usize) -> usize {
        if self.code == LIMIT { quote } else { quote.saturating_add(1).saturating_add(self.at) }
    }
}

/// A stretch of the rule's text, in characters: first, and behind the last.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Span {
    /// The first character.
    pub start: usize,
    /// Behind the last character.
    pub end: usize,
}

impl Span {
    /// From the start of this to the end of the other.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }

    /// The words that stand there.
    pub fn words(self, text: &[char]) -> String {
        text.iter().skip(self.start).take(self.end.saturating_sub(self.start)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_counts_from_the_opening_quote_and_a_limit_points_at_it() {
        let span = Span { start: 17, end: 17 };
        assert_eq!(ExpressionFinding::new("P201", span, "").column(50), 68);
        assert_eq!(ExpressionFinding::over("depth 32").column(50), 50);
    }
}
