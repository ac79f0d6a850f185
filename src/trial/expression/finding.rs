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
}
