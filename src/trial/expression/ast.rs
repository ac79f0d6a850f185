//! The parts of a rule, each with its place in the text.

use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::trial::expression::finding::Span;
pub use crate::trial::expression::function::Function;

/// A part of a rule.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, without the brackets around it.
    pub span: Span,
    /// Where it stands, with the brackets around it.
    pub outer: Span,
}

// Two parts are the same if they say the same, wherever they stand.
impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Expr {
    /// A part without brackets.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Self { kind, span, outer: span }
    }

    /// Whether brackets stand around it.
    pub fn is_bracketed(&self) -> bool {
        self.span != self.outer
    }
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
    /// A chain of one rank, from left to right: only `+ -`, or only `* /`. A chain is flat, so that the longest
    /// rule needs no deep stack.
    Arithmetic(Box<Expr>, Vec<(Operator, Expr)>),
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
    /// Whether it binds as `*` and `/` do.
    pub fn is_product(self) -> bool {
        matches!(self, Self::Times | Self::Over)
    }

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
    const ALL: [Self; 6] =
        [Self::Equal, Self::Unequal, Self::Below, Self::AtMost, Self::Above, Self::AtLeast];

    /// The comparison with this sign.
    pub fn parse(sign: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.as_str() == sign)
    }

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

    /// What it becomes when its two sides change places.
    #[must_use]
    pub fn flipped(self) -> Self {
        match self {
            Self::Equal | Self::Unequal => self,
            Self::Below => Self::Above,
            Self::AtMost => Self::AtLeast,
            Self::Above => Self::Below,
            Self::AtLeast => Self::AtMost,
        }
    }

    /// Whether it asks which side comes first.
    pub fn orders(self) -> bool {
        !matches!(self, Self::Equal | Self::Unequal)
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

/// One level of `and` or `or`: `(a and b) and c` is `a and b and c`.
pub fn joined(is_all: bool, parts: Vec<Expr>) -> Expr {
    let span = span_of(&parts);
    let flat = parts.into_iter().flat_map(|part| match part.kind {
        ExprKind::All(inner) if is_all => inner,
        ExprKind::Any(inner) if !is_all => inner,
        kind => vec![Expr { kind, ..part }],
    });
    let parts = flat.collect();
    Expr::new(if is_all { ExprKind::All(parts) } else { ExprKind::Any(parts) }, span)
}

/// One chain: `(a - b) + c` is `a - b + c`.
pub fn chained(first: Expr, rest: Vec<(Operator, Expr)>) -> Expr {
    let Some((rank, last)) = rest.last().map(|(operator, part)| (operator.is_product(), part.outer)) else {
        return first;
    };
    let span = first.outer.to(last);
    let (first, rest) = match first.kind {
        ExprKind::Arithmetic(inner, mut before)
            if before.iter().all(|(known, _)| known.is_product() == rank) =>
        {
            before.extend(rest);
            (inner, before)
        }
        kind => (Box::new(Expr { kind, ..first }), rest),
    };
    Expr::new(ExprKind::Arithmetic(first, rest), span)
}

/// From the first part to the last, with their brackets.
fn span_of(parts: &[Expr]) -> Span {
    let first = parts.first().map(|part| part.outer).unwrap_or_default();
    let last = parts.last().map(|part| part.outer).unwrap_or_default();
    first.to(last)
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
        ExprKind::Arithmetic(first, rest) => {
            gather(first, found);
            rest.iter().for_each(|(_, part)| gather(part, found));
        }
        ExprKind::Comparison(_, left, right) => {
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
