//! Types of rules: what may be compared with what, and whether a test can be met at all.

mod bounds;
mod checker;
mod comparing;
mod guessing;

use crate::kernel::number::Number;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::Name;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::expression::reader;
use crate::trial::expression::typing::checker::Checker;

/// What a part of a rule is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Type {
    /// A number, between these where known.
    Number(Option<Number>, Option<Number>),
    /// One of these codes.
    Choice(Vec<String>),
    /// True or false.
    Truth,
    /// A civil date.
    Date,
    /// A count of days.
    Days,
    /// A count of months.
    Months,
    /// Words; they only equal each other.
    Text,
}

impl Type {
    /// How messages call it.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Number(..) => "a number",
            Self::Choice(_) => "a choice",
            Self::Truth => "yes or no",
            Self::Date => "a date",
            Self::Days => "a count of days",
            Self::Months => "a count of months",
            Self::Text => "a text",
        }
    }

    /// Whether its values come one before the other.
    pub fn is_ordered(&self) -> bool {
        match self {
            Self::Number(..) | Self::Date | Self::Days | Self::Months => true,
            Self::Choice(_) | Self::Truth | Self::Text => false,
        }
    }
}

/// The names that a place knows. Whoever implements it says which part of a name is wrong, with a guess:
///
/// - P205 at the word that is unknown (`name.words` and `name.item` have their places),
/// - P206 at the whole name (`name.span()`) where it is not known yet at this place,
/// - P207 at the whole name where the place may not say it,
/// - P215 at the series' word where `value` is asked for a series: it has many values, not one,
/// - P608 at the word of an external measure that is asked for an item.
///
/// A finding's place counts characters of the rule's text, as the spans of names do.
pub trait Scope {
    /// The type of a name: `pre.phq9.total`, `this.phq9[9]`, `age`.
    fn value(&self, name: &Name) -> Result<Type, ExpressionFinding>;

    /// The type of one value of a series: `w.phq9.total`.
    fn series(&self, name: &Name) -> Result<Type, ExpressionFinding>;

    /// Whether this is an occasion (the argument of `done`).
    fn occasion(&self, name: &Name) -> Result<(), ExpressionFinding>;

    /// The bands of a score (the argument of `band`).
    fn bands(&self, name: &Name) -> Result<Vec<String>, ExpressionFinding>;

    /// A name that somebody may have meant who compares this one with something of the wanted type: `age` for the
    /// date of birth behind it, compared with a number. None by default.
    fn instead(&self, name: &Name, wanted: &Type) -> Option<String> {
        let _ = (name, wanted);
        None
    }
}

/// Reads and checks a rule that must be true or false. All findings, in the order of the text. A rule with a
/// mistake of grammar is not typed, but its names are looked up as far as it could be read.
pub fn compile(text: &str, scope: &dyn Scope) -> Result<Expr, Vec<ExpressionFinding>> {
    let reader::Draft { expr, mut findings } = reader::draft(text);
    match expr {
        Err(stop) => findings.push(stop),
        Ok(expr) if findings.is_empty() => {
            findings = check_rule(&expr, scope);
            if findings.is_empty() {
                return Ok(expr);
            }
        }
        Ok(expr) => findings.extend(Checker::names_of(&expr, scope)),
    }
    findings.sort_by_key(|finding| finding.at);
    Err(findings)
}

/// Checks a rule that must be true or false. All findings in the order of the text.
pub fn check_rule(expr: &Expr, scope: &dyn Scope) -> Vec<ExpressionFinding> {
    let mut checker = Checker::new(scope);
    checker.truth(expr);
    checker.findings()
}

/// Checks a value and gives its type.
pub fn check_value(expr: &Expr, scope: &dyn Scope) -> Result<Type, Vec<ExpressionFinding>> {
    let mut checker = Checker::new(scope);
    let kind = checker.kind_of(expr);
    let findings = checker.findings();
    match kind {
        Some(kind) if findings.is_empty() => Ok(kind),
        _ => Err(findings),
    }
}

#[cfg(test)]
mod tests;
