//! The value of a rule: met, not met, or undetermined. Total: nothing that a rule says can fail.

use std::cmp::Ordering;

use crate::kernel::number::Number;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::ast::Function;
use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::Relation;
pub use crate::trial::expression::value::Value;

/// Whether a rule is met (Kleene's strong three-valued logic).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Truth {
    /// It is.
    Met,
    /// It is not.
    NotMet,
    /// Something that it needs is missing.
    Undetermined,
}

impl Truth {
    /// The word that verdicts hold.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not_met",
            Self::Undetermined => "undetermined",
        }
    }

    /// True or false; `None` while undetermined.
    pub fn known(self) -> Option<bool> {
        match self {
            Self::Met => Some(true),
            Self::NotMet => Some(false),
            Self::Undetermined => None,
        }
    }

    /// Turned round; undetermined stays so.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Met => Self::NotMet,
            Self::NotMet => Self::Met,
            Self::Undetermined => Self::Undetermined,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Met } else { Self::NotMet }
    }
}

/// The values that a place has. `None`: not asked yet, not answered, not applicable, hidden, or not scorable.
pub trait Values {
    /// The value of a name.
    fn value(&self, name: &Name) -> Option<Value>;
    /// The values of a series that are there, in order.
    fn series(&self, name: &Name) -> Vec<Value>;
    /// Whether the required measures of an occasion are sent.
    fn is_done(&self, name: &Name) -> bool;
    /// The band of a score.
    fn band(&self, name: &Name) -> Option<String>;
}

/// Whether a rule is met.
pub fn evaluate(expr: &Expr, values: &dyn Values) -> Truth {
    match &expr.kind {
        ExprKind::Not(part) => evaluate(part, values).negated(),
        ExprKind::All(parts) => all(parts.iter().map(|part| evaluate(part, values))),
        ExprKind::Any(parts) => all(parts.iter().map(|part| evaluate(part, values).negated())).negated(),
        ExprKind::Comparison(relation, left, right) => compare(*relation, left, right, values),
        ExprKind::Between(value, low, high, negated) => {
            let inside = between(value, low, high, values);
            if *negated { inside.negated() } else { inside }
        }
        ExprKind::OneOf(value, options, negated) => {
            let outside = all(options.iter().map(|option| compare(Relation::Unequal, value, option, values)));
            if *negated { outside } else { outside.negated() }
        }
        ExprKind::Call(Function::AtLeastMet, parts) => at_least(parts, values),
        ExprKind::Constant(_)
        | ExprKind::Name(_)
        | ExprKind::Call(..)
        | ExprKind::Negative(_)
        | ExprKind::Arithmetic(..) => match value_of(expr, values) {
            Some(Value::Truth(truth)) => truth.into(),
            Some(_) | None => Truth::Undetermined,
        },
    }
}

fn all(truths: impl IntoIterator<Item = Truth>) -> Truth {
    truths.into_iter().fold(Truth::Met, |so_far, next| match (so_far, next) {
        (Truth::NotMet, _) | (_, Truth::NotMet) => Truth::NotMet,
        (Truth::Undetermined, _) | (_, Truth::Undetermined) => Truth::Undetermined,
        (Truth::Met, Truth::Met) => Truth::Met,
    })
}

/// Met if so many are met, not met if so many can't be reached any more.
fn at_least(parts: &[Expr], values: &dyn Values) -> Truth {
    let Some((count, tests)) = parts.split_first() else { return Truth::Undetermined };
    let Some(Value::Number(needed)) = value_of(count, values) else { return Truth::Undetermined };
    let truths: Vec<Truth> = tests.iter().map(|test| evaluate(test, values)).collect();
    let count = |wanted: &[Truth]| {
        let found = truths.iter().filter(|truth| wanted.contains(truth)).count();
        Number::from(i64::try_from(found).unwrap_or(i64::MAX))
    };
    if count(&[Truth::Met]) >= needed {
        Truth::Met
    } else if count(&[Truth::Met, Truth::Undetermined]) < needed {
        Truth::NotMet
    } else {
        Truth::Undetermined
    }
}

fn compare(relation: Relation, left: &Expr, right: &Expr, values: &dyn Values) -> Truth {
    let order = || value_of(left, values)?.order(&value_of(right, values)?);
    order().map_or(Truth::Undetermined, |order| relation.holds(order).into())
}

/// Both ends included; undetermined if any of the three is missing, even where the other two would decide.
fn between(value: &Expr, low: &Expr, high: &Expr, values: &dyn Values) -> Truth {
    let orders = || {
        let value = value_of(value, values)?;
        Some((value.order(&value_of(low, values)?)?, value.order(&value_of(high, values)?)?))
    };
    orders().map_or(Truth::Undetermined, |(low, high)| (low.is_ge() && high.is_le()).into())
}

/// The value of a part; `None` where something that it needs is missing.
pub fn value_of(expr: &Expr, values: &dyn Values) -> Option<Value> {
    match &expr.kind {
        ExprKind::Constant(constant) => Some(constant.into()),
        ExprKind::Name(name) => values.value(name),
        ExprKind::Negative(part) => value_of(part, values)?.negated(),
        ExprKind::Arithmetic(first, rest) => {
            rest.iter().try_fold(value_of(first, values)?, |left, (operator, right)| {
                left.joined(*operator, &value_of(right, values)?)
            })
        }
        ExprKind::Call(function, parts) => call(*function, parts, values),
        ExprKind::Not(_)
        | ExprKind::All(_)
        | ExprKind::Any(_)
        | ExprKind::Comparison(..)
        | ExprKind::Between(..)
        | ExprKind::OneOf(..) => evaluate(expr, values).known().map(Value::Truth),
    }
}

fn call(function: Function, parts: &[Expr], values: &dyn Values) -> Option<Value> {
    let first = parts.first()?;
    let name = if let ExprKind::Name(name) = &first.kind { Some(name) } else { None };
    let all = || parts.iter().map(|part| value_of(part, values)).collect::<Option<Vec<Value>>>();
    match function {
        Function::Answered => Some(Value::Truth(value_of(first, values).is_some())),
        Function::Done => Some(Value::Truth(values.is_done(name?))),
        Function::Band => values.band(name?).map(Value::Text),
        Function::Abs => value_of(first, values)?.magnitude(),
        Function::Min => foremost(all()?, Ordering::is_lt),
        Function::Max => foremost(all()?, Ordering::is_gt),
        Function::Last => values.series(name?).pop(),
        Function::Lowest => foremost(values.series(name?), Ordering::is_lt),
        Function::Highest => foremost(values.series(name?), Ordering::is_gt),
        Function::Count => {
            let count = values.series(name?).len();
            i64::try_from(count).ok().map(|count| Value::Number(Number::from(count)))
        }
        Function::AtLeastMet => at_least(parts, values).known().map(Value::Truth),
    }
}

/// The value that comes before all others; none of none, and none of values without an order.
fn foremost(values: Vec<Value>, comes_first: fn(Ordering) -> bool) -> Option<Value> {
    let mut values = values.into_iter();
    let first = values.next()?;
    values.try_fold(first, |best, next| Some(if comes_first(next.order(&best)?) { next } else { best }))
}

#[cfg(test)]
mod tests;
