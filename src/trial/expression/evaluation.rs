//! The value of a rule: met, not met, or undetermined. Total: nothing that a rule says can fail.

use chrono::Days;
use chrono::Months;

use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::trial::expression::ast::Constant;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::ast::Function;
use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::Operator;
use crate::trial::expression::ast::Relation;

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

/// A value that is there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// A number.
    Number(Number),
    /// A code or words.
    Text(String),
    /// True or false.
    Truth(bool),
    /// A civil date.
    Date(Date),
    /// Days.
    Days(i64),
    /// Months.
    Months(i64),
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
            let inside = all([
                compare(Relation::AtLeast, value, low, values),
                compare(Relation::AtMost, value, high, values),
            ]);
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
    let (Some(left), Some(right)) = (value_of(left, values), value_of(right, values)) else {
        return Truth::Undetermined;
    };
    let order = match (&left, &right) {
        (Value::Number(left), Value::Number(right)) => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Truth(left), Value::Truth(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Days(left), Value::Days(right)) | (Value::Months(left), Value::Months(right)) => {
            left.cmp(right)
        }
        // The typing of rules lets nothing else through.
        _ => return Truth::Undetermined,
    };
    relation.holds(order).into()
}

/// The value of a part; `None` where something that it needs is missing.
pub fn value_of(expr: &Expr, values: &dyn Values) -> Option<Value> {
    match &expr.kind {
        ExprKind::Constant(constant) => Some(match constant {
            Constant::Number(number) => Value::Number(*number),
            Constant::Days(days) => Value::Days(*days),
            Constant::Months(months) => Value::Months(*months),
            Constant::Date(date) => Value::Date(*date),
            Constant::Text(text) => Value::Text(text.clone()),
            Constant::Truth(truth) => Value::Truth(*truth),
        }),
        ExprKind::Name(name) => values.value(name),
        ExprKind::Negative(part) => match value_of(part, values)? {
            Value::Number(number) => Some(Value::Number(number.negated())),
            Value::Days(days) => days.checked_neg().map(Value::Days),
            Value::Months(months) => months.checked_neg().map(Value::Months),
            Value::Text(_) | Value::Truth(_) | Value::Date(_) => None,
        },
        ExprKind::Arithmetic(operator, left, right) => {
            arithmetic(*operator, value_of(left, values)?, value_of(right, values)?)
        }
        ExprKind::Call(function, parts) => call(*function, parts, values),
        ExprKind::Not(_)
        | ExprKind::All(_)
        | ExprKind::Any(_)
        | ExprKind::Comparison(..)
        | ExprKind::Between(..)
        | ExprKind::OneOf(..) => match evaluate(expr, values) {
            Truth::Met => Some(Value::Truth(true)),
            Truth::NotMet => Some(Value::Truth(false)),
            Truth::Undetermined => None,
        },
    }
}

fn arithmetic(operator: Operator, left: Value, right: Value) -> Option<Value> {
    match (operator, left, right) {
        (Operator::Plus, Value::Number(a), Value::Number(b)) => a.plus(b).map(Value::Number),
        (Operator::Minus, Value::Number(a), Value::Number(b)) => a.minus(b).map(Value::Number),
        (Operator::Times, Value::Number(a), Value::Number(b)) => a.times(b).map(Value::Number),
        (Operator::Over, Value::Number(a), Value::Number(b)) => a.over(b).map(Value::Number),
        (Operator::Plus, Value::Date(date), Value::Days(days))
        | (Operator::Plus, Value::Days(days), Value::Date(date)) => plus_days(date, days),
        (Operator::Minus, Value::Date(date), Value::Days(days)) => plus_days(date, days.checked_neg()?),
        (Operator::Plus, Value::Date(date), Value::Months(months))
        | (Operator::Plus, Value::Months(months), Value::Date(date)) => plus_months(date, months),
        (Operator::Minus, Value::Date(date), Value::Months(months)) => {
            plus_months(date, months.checked_neg()?)
        }
        (Operator::Minus, Value::Date(later), Value::Date(earlier)) => {
            Some(Value::Days((later - earlier).num_days()))
        }
        (Operator::Plus, Value::Days(a), Value::Days(b)) => a.checked_add(b).map(Value::Days),
        (Operator::Minus, Value::Days(a), Value::Days(b)) => a.checked_sub(b).map(Value::Days),
        (Operator::Plus, Value::Months(a), Value::Months(b)) => a.checked_add(b).map(Value::Months),
        (Operator::Minus, Value::Months(a), Value::Months(b)) => a.checked_sub(b).map(Value::Months),
        _ => None,
    }
}

fn plus_days(date: Date, days: i64) -> Option<Value> {
    let shift = Days::new(days.unsigned_abs());
    let moved = if days < 0 { date.checked_sub_days(shift) } else { date.checked_add_days(shift) };
    moved.map(Value::Date)
}

/// Calendar months; the last day of a shorter month where the day is not there.
fn plus_months(date: Date, months: i64) -> Option<Value> {
    let shift = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    let moved = if months < 0 { date.checked_sub_months(shift) } else { date.checked_add_months(shift) };
    moved.map(Value::Date)
}

fn call(function: Function, parts: &[Expr], values: &dyn Values) -> Option<Value> {
    let name = match parts {
        [Expr { kind: ExprKind::Name(name), .. }] => Some(name),
        _ => None,
    };
    let numbers = || -> Option<Vec<Number>> {
        parts
            .iter()
            .map(|part| match value_of(part, values) {
                Some(Value::Number(number)) => Some(number),
                Some(_) | None => None,
            })
            .collect()
    };
    let series = || -> Vec<Number> {
        let found = name.map(|name| values.series(name)).unwrap_or_default();
        found
            .into_iter()
            .filter_map(|value| if let Value::Number(number) = value { Some(number) } else { None })
            .collect()
    };
    match function {
        Function::Answered => Some(Value::Truth(name.and_then(|name| values.value(name)).is_some())),
        Function::Done => Some(Value::Truth(name.is_some_and(|name| values.is_done(name)))),
        Function::Band => name.and_then(|name| values.band(name)).map(Value::Text),
        Function::Abs => numbers()?.first().map(|number| Value::Number(number.magnitude())),
        Function::Min => numbers()?.into_iter().min().map(Value::Number),
        Function::Max => numbers()?.into_iter().max().map(Value::Number),
        Function::Last => series().last().copied().map(Value::Number),
        Function::Lowest => series().into_iter().min().map(Value::Number),
        Function::Highest => series().into_iter().max().map(Value::Number),
        Function::Count => {
            let count = name.map(|name| values.series(name).len()).unwrap_or_default();
            i64::try_from(count).ok().map(|count| Value::Number(Number::from(count)))
        }
        Function::AtLeastMet => match at_least(parts, values) {
            Truth::Met => Some(Value::Truth(true)),
            Truth::NotMet => Some(Value::Truth(false)),
            Truth::Undetermined => None,
        },
    }
}
