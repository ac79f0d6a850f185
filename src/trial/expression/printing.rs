//! A rule in its canonical spelling: one blank around operators, brackets only where they are needed.

use std::fmt;

use crate::kernel::number::Number;
use crate::trial::expression::ast::Constant;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::ast::Operator;

/// How tightly a part binds; a looser part inside a tighter one stands in brackets.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Binding {
    Joined,
    Unit,
    Test,
    Sum,
    Product,
    Signed,
    Value,
}

fn binding(kind: &ExprKind) -> Binding {
    match kind {
        ExprKind::All(_) | ExprKind::Any(_) => Binding::Joined,
        ExprKind::Not(_) => Binding::Unit,
        ExprKind::Comparison(..) | ExprKind::Between(..) | ExprKind::OneOf(..) => Binding::Test,
        ExprKind::Arithmetic(_, rest) if is_product(rest) => Binding::Product,
        ExprKind::Arithmetic(..) => Binding::Sum,
        ExprKind::Negative(_) => Binding::Signed,
        ExprKind::Constant(_) | ExprKind::Name(_) | ExprKind::Call(..) => Binding::Value,
    }
}

fn is_product(rest: &[(Operator, Expr)]) -> bool {
    rest.iter().all(|(operator, _)| operator.is_product())
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Constant(constant) => write!(f, "{constant}"),
            ExprKind::Name(name) => write!(f, "{name}"),
            ExprKind::Call(function, parts) => {
                write!(f, "{}(", function.as_str())?;
                separated(f, parts, ", ", Binding::Joined)?;
                f.write_str(")")
            }
            ExprKind::Negative(part) => {
                f.write_str("-")?;
                within(f, part, Binding::Signed)
            }
            ExprKind::Arithmetic(first, rest) => {
                let operand = if is_product(rest) { Binding::Signed } else { Binding::Product };
                within(f, first, operand)?;
                rest.iter().try_for_each(|(operator, part)| {
                    write!(f, " {} ", operator.as_str())?;
                    within(f, part, operand)
                })
            }
            ExprKind::Comparison(relation, left, right) => {
                within(f, left, Binding::Sum)?;
                write!(f, " {} ", relation.as_str())?;
                within(f, right, Binding::Sum)
            }
            ExprKind::Between(value, low, high, negated) => {
                within(f, value, Binding::Sum)?;
                f.write_str(if *negated { " not in " } else { " in " })?;
                within(f, low, Binding::Sum)?;
                f.write_str("..")?;
                within(f, high, Binding::Sum)
            }
            ExprKind::OneOf(value, options, negated) => {
                within(f, value, Binding::Sum)?;
                f.write_str(if *negated { " not in [" } else { " in [" })?;
                separated(f, options, ", ", Binding::Signed)?;
                f.write_str("]")
            }
            ExprKind::Not(part) => {
                f.write_str("not ")?;
                within(f, part, Binding::Unit)
            }
            ExprKind::All(parts) => separated(f, parts, " and ", Binding::Unit),
            ExprKind::Any(parts) => separated(f, parts, " or ", Binding::Unit),
        }
    }
}

fn within(f: &mut fmt::Formatter<'_>, part: &Expr, least: Binding) -> fmt::Result {
    if binding(&part.kind) < least { write!(f, "({part})") } else { write!(f, "{part}") }
}

fn separated(f: &mut fmt::Formatter<'_>, parts: &[Expr], between: &str, least: Binding) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        within(f, part, least)?;
    }
    Ok(())
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => f.write_str(&spelled(*number)),
            Self::Days(days) => write!(f, "{days}d"),
            Self::Months(months) => write!(f, "{months}m"),
            Self::Date(date) => write!(f, "{date}"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Truth(truth) => write!(f, "{truth}"),
        }
    }
}

/// A number as a decimal, exactly; as a fraction where no decimal is exact (no constant of a text is such).
pub fn spelled(number: Number) -> String {
    let (_, denominator) = number.parts();
    let Some(decimals) = (0_u32..=18).find(|places| power_of_ten(*places) % denominator == 0) else {
        return number.to_string();
    };
    let scale = power_of_ten(decimals);
    let Some((scaled, _)) = Number::fraction(scale, 1).and_then(|ten| number.times(ten)).map(Number::parts)
    else {
        return number.to_string();
    };
    let sign = if scaled < 0 { "-" } else { "" };
    let (whole, rest) = (scaled.abs() / scale, scaled.abs() % scale);
    match usize::try_from(decimals) {
        Ok(places) if places > 0 => format!("{sign}{whole}.{rest:0places$}"),
        _ => format!("{sign}{whole}"),
    }
}

fn power_of_ten(places: u32) -> i128 {
    10_i128.saturating_pow(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::expression::reader::read;

    #[test]
    fn spelling_is_canonical_and_reads_back_as_the_same_rule() {
        for (written, canonical) in [
            ("a.b>=1 and c.d<2", "a.b >= 1 and c.d < 2"),
            ("((a.b))>(1)", "a.b > 1"),
            ("(a.b>1 or c.d) and e.f", "(a.b > 1 or c.d) and e.f"),
            ("(a.b and c.d) and (e.f)", "a.b and c.d and e.f"),
            ("a.b - (c.d - e.f)", "a.b - (c.d - e.f)"),
            ("(a.b - c.d) - e.f", "a.b - c.d - e.f"),
            ("(a.b * c.d) - e.f", "a.b * c.d - e.f"),
            ("(a.b - c.d) * e.f", "(a.b - c.d) * e.f"),
            ("a.b / (c.d / e.f)", "a.b / (c.d / e.f)"),
            ("a.b*(c.d+2)/14.40", "a.b * (c.d + 2) / 14.4"),
            ("a.b > 0.05", "a.b > 0.05"),
            ("-(a.b+1) > - - 2", "-(a.b + 1) > --2"),
            ("not(a.b and c.d)", "not (a.b and c.d)"),
            ("not not a.b", "not not a.b"),
            ("(a.b > 1) == true", "(a.b > 1) == true"),
            ("x.y not in[1,-2]", "x.y not in [1, -2]"),
            ("today-a.b>=10w", "today - a.b >= 70d"),
            ("min(a.b,c.d) in 1..2y", "min(a.b, c.d) in 1..24m"),
            ("this.phq9[9] >= 1", "this.phq9[9] >= 1"),
        ] {
            let expr = read(written).unwrap();
            assert_eq!(expr.to_string(), canonical);
            assert_eq!(read(canonical).unwrap(), expr);
        }
    }

    #[test]
    fn a_number_is_spelled_exactly() {
        for (text, spelling) in
            [("72/5", "14.4"), ("-1/8", "-0.125"), ("1/3", "1/3"), ("18", "18"), ("0", "0")]
        {
            assert_eq!(spelled(text.parse().unwrap()), spelling);
        }
        assert_eq!(spelled("0.000000000000000001".parse().unwrap()), "0.000000000000000001");
        let large = Number::fraction(i128::MAX, 2).unwrap();
        assert_eq!(spelled(large), large.to_string());
    }
}
