//! A rule in its canonical spelling: one blank around operators, brackets only where they are needed.

use std::fmt;

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
        ExprKind::Arithmetic(Operator::Plus | Operator::Minus, ..) => Binding::Sum,
        ExprKind::Arithmetic(Operator::Times | Operator::Over, ..) => Binding::Product,
        ExprKind::Negative(_) => Binding::Signed,
        ExprKind::Constant(_) | ExprKind::Name(_) | ExprKind::Call(..) => Binding::Value,
    }
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
            ExprKind::Arithmetic(operator, left, right) => {
                let (own, behind) = match operator {
                    Operator::Plus | Operator::Minus => (Binding::Sum, Binding::Product),
                    Operator::Times | Operator::Over => (Binding::Product, Binding::Signed),
                };
                within(f, left, own)?;
                write!(f, " {} ", operator.as_str())?;
                within(f, right, behind)
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
            // Constants are written as decimals, which are exact here: no constant has another denominator.
            Self::Number(number) => f.write_str(&decimal(*number)),
            Self::Days(days) => write!(f, "{days}d"),
            Self::Months(months) => write!(f, "{months}m"),
            Self::Date(date) => write!(f, "{date}"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Truth(truth) => write!(f, "{truth}"),
        }
    }
}

fn decimal(number: crate::kernel::number::Number) -> String {
    let (numerator, denominator) = number.parts();
    let mut text = format!("{}", numerator / denominator);
    let mut rest = numerator % denominator;
    if rest != 0 {
        text.push('.');
    }
    while rest != 0 {
        rest *= 10;
        text.push_str(&format!("{}", rest / denominator));
        rest %= denominator;
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::trial::expression::reader::read;

    #[test]
    fn spelling_is_canonical_and_reads_back_as_the_same_rule() {
        for (written, canonical) in [
            ("a.b>=1 and c.d<2", "a.b >= 1 and c.d < 2"),
            ("((a.b))>(1)", "a.b > 1"),
            ("(a.b>1 or c.d) and e.f", "(a.b > 1 or c.d) and e.f"),
            ("a.b - (c.d - e.f)", "a.b - (c.d - e.f)"),
            ("(a.b - c.d) - e.f", "a.b - c.d - e.f"),
            ("a.b*(c.d+2)/14.40", "a.b * (c.d + 2) / 14.4"),
            ("not(a.b and c.d)", "not (a.b and c.d)"),
            ("x.y not in[1,-2]", "x.y not in [1, -2]"),
            ("today-a.b>=10w", "today - a.b >= 70d"),
            ("min(a.b,c.d) in 1..2y", "min(a.b, c.d) in 1..24m"),
            ("this.phq9[9] >= 1", "this.phq9[9] >= 1"),
        ] {
            let expr = read(written).unwrap();
            assert_eq!(expr.to_string(), canonical);
            assert_eq!(read(canonical).unwrap().to_string(), canonical);
        }
    }
}
