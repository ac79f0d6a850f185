//! Values that are there, and arithmetic with them. What has no result is missing, never a wrong value.

use std::cmp::Ordering;

use chrono::Days;
use chrono::Months;

use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::trial::expression::ast::Constant;
use crate::trial::expression::ast::Operator;

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

impl From<&Constant> for Value {
    fn from(constant: &Constant) -> Self {
        match constant {
            Constant::Number(number) => Self::Number(*number),
            Constant::Days(days) => Self::Days(*days),
            Constant::Months(months) => Self::Months(*months),
            Constant::Date(date) => Self::Date(*date),
            Constant::Text(text) => Self::Text(text.clone()),
            Constant::Truth(truth) => Self::Truth(*truth),
        }
    }
}

impl Value {
    /// Which of two values of one kind comes first; days and months have no order between them.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => Some(left.cmp(right)),
            (Self::Text(left), Self::Text(right)) => Some(left.cmp(right)),
            (Self::Truth(left), Self::Truth(right)) => Some(left.cmp(right)),
            (Self::Date(left), Self::Date(right)) => Some(left.cmp(right)),
            (Self::Days(left), Self::Days(right)) | (Self::Months(left), Self::Months(right)) => {
                Some(left.cmp(right))
            }
            _ => None,
        }
    }

    /// With the other sign.
    pub fn negated(&self) -> Option<Self> {
        match self {
            Self::Number(number) => Some(Self::Number(number.negated())),
            Self::Days(days) => days.checked_neg().map(Self::Days),
            Self::Months(months) => months.checked_neg().map(Self::Months),
            Self::Text(_) | Self::Truth(_) | Self::Date(_) => None,
        }
    }

    /// Without its sign.
    pub fn magnitude(&self) -> Option<Self> {
        match self {
            Self::Number(number) => Some(Self::Number(number.magnitude())),
            Self::Days(days) => days.checked_abs().map(Self::Days),
            Self::Months(months) => months.checked_abs().map(Self::Months),
            Self::Text(_) | Self::Truth(_) | Self::Date(_) => None,
        }
    }

    /// Sum, difference, product, quotient; `None` where there is none, or it is too large to be exact.
    pub fn joined(&self, operator: Operator, other: &Self) -> Option<Self> {
        match operator {
            Operator::Plus => self.plus(other),
            Operator::Minus => self.minus(other),
            Operator::Times | Operator::Over => {
                let (Self::Number(left), Self::Number(right)) = (self, other) else { return None };
                if operator == Operator::Times { left.times(*right) } else { left.over(*right) }
                    .map(Self::Number)
            }
        }
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left.plus(*right).map(Self::Number),
            (Self::Days(left), Self::Days(right)) => left.checked_add(*right).map(Self::Days),
            (Self::Months(left), Self::Months(right)) => left.checked_add(*right).map(Self::Months),
            (Self::Date(date), Self::Days(days)) | (Self::Days(days), Self::Date(date)) => {
                plus_days(*date, *days)
            }
            (Self::Date(date), Self::Months(months)) | (Self::Months(months), Self::Date(date)) => {
                plus_months(*date, *months)
            }
            _ => None,
        }
    }

    fn minus(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Date(later), Self::Date(earlier)) => {
                Some(Self::Days(later.signed_duration_since(*earlier).num_days()))
            }
            (_, Self::Date(_)) => None,
            _ => self.plus(&other.negated()?),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Value {
        Value::Date(text.parse().unwrap())
    }

    #[test]
    fn months_end_on_the_last_day_of_a_shorter_month() {
        for (from, months, to) in [
            ("2026-01-31", 1, "2026-02-28"),
            ("2024-01-31", 1, "2024-02-29"),
            ("2026-03-31", 1, "2026-04-30"),
            ("2026-12-31", 2, "2027-02-28"),
            ("2024-02-29", 12, "2025-02-28"),
            ("2024-02-29", 48, "2028-02-29"),
            ("2026-05-31", -3, "2026-02-28"),
            ("2026-01-15", -1, "2025-12-15"),
        ] {
            let moved = date(from).joined(Operator::Plus, &Value::Months(months));
            assert_eq!(moved, Some(date(to)), "{from} {months}m");
        }
    }

    #[test]
    fn days_cross_leap_days_and_years() {
        let days = |days| Value::Days(days);
        assert_eq!(date("2024-02-28").joined(Operator::Plus, &days(2)), Some(date("2024-03-01")));
        assert_eq!(date("2026-02-28").joined(Operator::Plus, &days(1)), Some(date("2026-03-01")));
        assert_eq!(date("2026-01-01").joined(Operator::Minus, &days(1)), Some(date("2025-12-31")));
        assert_eq!(date("2024-03-01").joined(Operator::Minus, &date("2024-02-01")), Some(days(29)));
        assert_eq!(date("2024-02-01").joined(Operator::Minus, &date("2024-03-01")), Some(days(-29)));
    }

    #[test]
    fn what_leaves_the_calendar_or_the_range_is_missing() {
        assert_eq!(date("2026-01-01").joined(Operator::Plus, &Value::Days(i64::MAX)), None);
        assert_eq!(date("2026-01-01").joined(Operator::Minus, &Value::Days(i64::MIN)), None);
        assert_eq!(date("2026-01-01").joined(Operator::Plus, &Value::Months(i64::MAX)), None);
        assert_eq!(Value::Days(i64::MAX).joined(Operator::Plus, &Value::Days(1)), None);
        assert_eq!(Value::Days(1).joined(Operator::Minus, &date("2026-01-01")), None);
        let one = Value::Number(Number::ONE);
        assert_eq!(one.joined(Operator::Over, &Value::Number(Number::ZERO)), None);
        assert_eq!(Value::Days(i64::MIN).magnitude(), None);
    }

    #[test]
    fn days_and_months_have_no_order() {
        assert_eq!(Value::Days(90).order(&Value::Months(3)), None);
        assert_eq!(Value::Days(0).order(&Value::Months(0)), None);
        assert_eq!(Value::Months(12).order(&Value::Months(3)), Some(Ordering::Greater));
    }
}
