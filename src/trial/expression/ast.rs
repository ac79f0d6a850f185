//! The parts of a rule, each with its place in the text.

use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::trial::expression::finding::Span;

/// A part of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What a part of a rule is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Constant(Constant),
    /// A name: `pre.phq9.total`, `this.phq9[9]`.
    Name(Name),
    /// A function.
    Call(Function, Vec<Expr>),
    /// With the other sign.
    Negative(Box<Expr>),
    /// `+ - * /`.
    Arithmetic(Operator, Box<Expr>, Box<Expr>),
    /// `== != < <= > >=`.
    Comparison(Relation, Box<Expr>, Box<Expr>),
    /// `x in a..b`, both ends included; negated with `not in`.
    Between(Box<Expr>, Box<Expr>, Box<Expr>, bool),
    /// `x in [a, b]`; negated with `not in`.
    OneOf(Box<Expr>, Vec<Expr>, bool),
    /// `not`.
    Not(Box<Expr>),
    /// `and`.
    All(Vec<Expr>),
    /// `or`.
    Any(Vec<Expr>),
}

/// A constant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Constant {
    /// A number.
    Number(Number),
    /// Days (weeks are seven).
    Days(i64),
    /// Months (years are twelve).
    Months(i64),
    /// A date.
    Date(Date),
    /// A code or text.
    Text(String),
    /// `true` or `false`.
    Truth(bool),
}

/// A dotted name with its parts' places.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Name {
    /// The words.
    pub words: Vec<Word>,
    /// The item in brackets.
    pub item: Option<Word>,
}

/// A word of a name.
#[derive(Clone, Debug)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

// Two words are the same if their letters are, wherever they stand.
impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl Eq for Word {}
impl std::hash::Hash for Word {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}
impl Ord for Word {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}
impl PartialOrd for Word {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Name {
    /// The words without their places.
    pub fn path(&self) -> Vec<&str> {
        self.words.iter().map(|word| word.text.as_str()).collect()
    }

    /// Where the whole name stands.
    pub fn span(&self) -> Span {
        let first = self.words.first().map(|word| word.span).unwrap_or_default();
        let last = self.item.as_ref().or(self.words.last()).map(|word| word.span).unwrap_or_default();
        Span { start: first.start, end: last.end + usize::from(self.item.is_some()) }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path().join("."))?;
        self.item.as_ref().map_or(Ok(()), |item| write!(f, "[{}]", item.text))
    }
}

/// Sum, difference, product, quotient.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operator {
    /// `+`.
    Plus,
    /// `-`.
    Minus,
    /// `*`.
    Times,
    /// `/`.
    Over,
}

impl Operator {
    /// Its sign.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Over => "/",
        }
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Relation {
    /// `==`.
    Equal,
    /// `!=`.
    Unequal,
    /// `<`.
    Below,
    /// `<=`.
    AtMost,
    /// `>`.
    Above,
    /// `>=`.
    AtLeast,
}

impl Relation {
    /// Its sign.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        }
    }

    /// Whether two things that stand in this order fulfil it.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Below => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Above => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// The functions, all of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Function {
    /// Whether there is a value: never undetermined.
    Answered,
    /// Whether the required measures of an occasion are sent.
    Done,
    /// The band of a score.
    Band,
    /// Without its sign.
    Abs,
    /// The least.
    Min,
    /// The largest.
    Max,
    /// Whether so many are met.
    AtLeastMet,
    /// The latest value of a series.
    Last,
    /// The lowest value of a series.
    Lowest,
    /// The highest value of a series.
    Highest,
    /// How many values of a series are there.
    Count,
}

impl Function {
    /// All functions with their words.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Answered, "answered"),
        (Self::Done, "done"),
        (Self::Band, "band"),
        (Self::Abs, "abs"),
        (Self::Min, "min"),
        (Self::Max, "max"),
        (Self::AtLeastMet, "at_least"),
        (Self::Last, "last"),
        (Self::Lowest, "lowest"),
        (Self::Highest, "highest"),
        (Self::Count, "number"),
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(function, _)| *function == self).map_or("", |(_, word)| word)
    }

    /// The function with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(function, _)| *function)
    }
}

/// All names in a rule, in the order of the text.
pub fn names(expr: &Expr) -> Vec<&Name> {
    let mut found = Vec::new();
    gather(expr, &mut found);
    found
}

fn gather<'e>(expr: &'e Expr, found: &mut Vec<&'e Name>) {
    match &expr.kind {
        ExprKind::Constant(_) => {}
        ExprKind::Name(name) => found.push(name),
        ExprKind::Call(_, parts) | ExprKind::All(parts) | ExprKind::Any(parts) => {
            parts.iter().for_each(|part| gather(part, found));
        }
        ExprKind::Negative(part) | ExprKind::Not(part) => gather(part, found),
        ExprKind::Arithmetic(_, left, right) | ExprKind::Comparison(_, left, right) => {
            gather(left, found);
            gather(right, found);
        }
        ExprKind::Between(value, low, high, _) => {
            [value, low, high].into_iter().for_each(|part| gather(part, found));
        }
        ExprKind::OneOf(value, options, _) => {
            gather(value, found);
            options.iter().for_each(|part| gather(part, found));
        }
    }
}
