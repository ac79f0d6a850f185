//! Conditions inside an instrument: when an item is shown, when blanks are regular, a diagnosis by rule.
//! They may name `this[item]`, `score.x`, `age` and `sex`, and nothing else.

use std::collections::BTreeMap;

use crate::kernel::number::Number;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::Word;
use crate::trial::expression::ast::names;
use crate::trial::expression::evaluation;
pub use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::expression::reader;
use crate::trial::expression::typing;
use crate::trial::expression::typing::Scope;
use crate::trial::expression::typing::Type;
use crate::trial::instrument::answer::Code;
use crate::trial::instrument::scoring::Context;
use crate::trial::source::finding::did_you_mean;

/// A rule of an instrument file, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    expr: Expr,
    text: String,
}

/// What a condition is judged by.
pub struct Known<'a> {
    /// Item → code, of the answers that are there.
    pub codes: &'a BTreeMap<&'a str, Code>,
    /// Score → value, of those that could be computed.
    pub scores: &'a BTreeMap<&'a str, Number>,
    /// Age and sex.
    pub context: &'a Context,
}

/// The items and scores that a condition may name.
pub struct Names<'a> {
    /// Whose condition it is, in words: `item '5'`.
    pub place: String,
    /// Item → its type.
    pub items: Vec<(&'a str, Type)>,
    /// Items that come later on the form.
    pub later: Vec<&'a str>,
    /// Ids of the scores that stand before.
    pub scores: Vec<&'a str>,
}

impl Condition {
    /// Reads and checks a condition.
    pub fn read(text: &str, names: &Names<'_>) -> Result<Self, Vec<ExpressionFinding>> {
        let expr = reader::read(text).map_err(|finding| vec![finding])?;
        let findings = typing::check_rule(&expr, names);
        if findings.is_empty() { Ok(Self { text: expr.to_string(), expr }) } else { Err(findings) }
    }

    /// Its canonical spelling.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The items that it names.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        names(&self.expr).into_iter().filter_map(|name| name.item.as_ref()).map(|item| item.text.as_str())
    }

    /// The scores that it names.
    pub fn scores(&self) -> impl Iterator<Item = &str> {
        names(&self.expr).into_iter().filter_map(|name| match name.path().as_slice() {
            ["score", id] => Some(*id),
            _ => None,
        })
    }

    /// Whether it is met.
    pub fn judge(&self, known: &Known<'_>) -> Truth {
        evaluation::evaluate(&self.expr, known)
    }
}

impl Names<'_> {
    fn item(&self, word: &Word) -> Result<Type, ExpressionFinding> {
        let id = word.text.as_str();
        if let Some((_, kind)) = self.items.iter().find(|(item, _)| *item == id) {
            return Ok(kind.clone());
        }
        if self.later.contains(&id) {
            let text = format!("this[{id}] isn't known at {}.", self.place);
            return Err(ExpressionFinding::new("P206", word.span, text));
        }
        let guess = did_you_mean(id, self.items.iter().map(|(item, _)| *item));
        Err(ExpressionFinding::new("P205", word.span, format!("The form has no item '{id}'.{guess}")))
    }
}

impl Scope for Names<'_> {
    fn value(&self, name: &Name) -> Result<Type, ExpressionFinding> {
        match (name.path().as_slice(), &name.item) {
            (["this"], Some(item)) => self.item(item),
            (["score", id], None) if self.scores.contains(id) => Ok(Type::Number(None, None)),
            (["score", id], None) => {
                let span = name.words.last().map_or(name.span(), |word| word.span);
                let guess = did_you_mean(id, self.scores.iter().copied());
                let text = format!("There is no score '{id}' before {}.{guess}", self.place);
                Err(ExpressionFinding::new("P205", span, text))
            }
            (["age"], None) => Ok(Type::Number(Some(Number::ZERO), None)),
            (["sex"], None) => Ok(Type::Text),
            _ => {
                let text =
                    format!("An instrument has no '{name}': it knows this[item], score.x, age and sex.");
                Err(ExpressionFinding::new("P205", name.span(), text))
            }
        }
    }

    fn series(&self, name: &Name) -> Result<Type, ExpressionFinding> {
        Err(ExpressionFinding::new("P205", name.span(), "An instrument knows no series."))
    }

    fn occasion(&self, name: &Name) -> Result<(), ExpressionFinding> {
        Err(ExpressionFinding::new("P205", name.span(), "An instrument knows no occasion."))
    }

    fn bands(&self, name: &Name) -> Result<Vec<String>, ExpressionFinding> {
        Err(ExpressionFinding::new("P205", name.span(), "An instrument compares scores, not bands."))
    }
}

impl Values for Known<'_> {
    fn value(&self, name: &Name) -> Option<Value> {
        match (name.path().as_slice(), &name.item) {
            (["this"], Some(item)) => match self.codes.get(item.text.as_str())? {
                Code::Number(number) => Some(Value::Number(*number)),
                Code::Text(text) => Some(Value::Text(text.clone())),
            },
            (["score", id], None) => self.scores.get(id).copied().map(Value::Number),
            (["age"], None) => self.context.age.map(Value::Number),
            (["sex"], None) => self.context.sex.clone().map(Value::Text),
            _ => None,
        }
    }

    fn series(&self, _: &Name) -> Vec<Value> {
        Vec::new()
    }

    fn is_done(&self, _: &Name) -> bool {
        false
    }

    fn band(&self, _: &Name) -> Option<String> {
        None
    }
}
