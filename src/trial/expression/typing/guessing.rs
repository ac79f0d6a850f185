//! What somebody may have meant who compares things of two types.

use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::trial::expression::ast::Constant;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::ast::Operator;
use crate::trial::expression::ast::Relation;
use crate::trial::expression::typing::Scope;
use crate::trial::expression::typing::Type;
use crate::trial::expression::typing::comparing::Form;
use crate::trial::expression::typing::comparing::Test;

/// Both sides of a difference.
pub fn two_dates(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match &expr.kind {
        ExprKind::Arithmetic(later, rest) => match rest.as_slice() {
            [(Operator::Minus, earlier)] => Some((later, earlier)),
            _ => None,
        },
        _ => None,
    }
}

/// The whole test, spelled as it may have been meant.
pub fn guess(scope: &dyn Scope, test: &Test<'_>, value: &Type, other: &Expr, kind: &Type) -> Option<String> {
    if let Some(truth) = as_truth(test, value, other) {
        return Some(truth);
    }
    let spelled = |value: String, changed: Option<String>| {
        let others = test.others.iter().map(|part| match &changed {
            Some(changed) if std::ptr::eq(*part, other) => changed.clone(),
            _ => part.to_string(),
        });
        format!("{value} {}", test.tail(&others.collect::<Vec<String>>()))
    };
    if let Some(value) = replacement(scope, test.value, kind) {
        return Some(spelled(value, None));
    }
    let other = replacement(scope, other, value)?;
    Some(spelled(test.value.to_string(), Some(other)))
}

/// A part written so that it has the wanted type.
fn replacement(scope: &dyn Scope, part: &Expr, wanted: &Type) -> Option<String> {
    match (&part.kind, wanted) {
        (ExprKind::Name(name), _) => scope.instead(name, wanted),
        (ExprKind::Constant(Constant::Text(text)), Type::Number(..)) => {
            text.parse::<Number>().is_ok().then(|| text.clone())
        }
        (ExprKind::Constant(Constant::Text(text)), Type::Date) => {
            text.parse::<Date>().is_ok().then(|| text.clone())
        }
        (ExprKind::Constant(Constant::Number(number)), Type::Choice(codes)) => {
            let code = number.to_string();
            codes.contains(&code).then(|| format!("'{code}'"))
        }
        (ExprKind::Constant(Constant::Number(number)), Type::Days) if number.is_whole() => {
            Some(format!("{number}d"))
        }
        _ => None,
    }
}

/// `x == 'yes'` and `x == 1` mean `x`, where x is yes or no.
fn as_truth(test: &Test<'_>, value: &Type, other: &Expr) -> Option<String> {
    let Form::Relation(relation @ (Relation::Equal | Relation::Unequal)) = test.form else { return None };
    let ExprKind::Constant(constant) = &other.kind else { return None };
    let yes = match constant {
        Constant::Text(text) if text == "yes" || text == "true" => true,
        Constant::Text(text) if text == "no" || text == "false" => false,
        Constant::Number(number) if *number == Number::ONE => true,
        Constant::Number(number) if *number == Number::ZERO => false,
        _ => return None,
    };
    let meant = yes == (relation == Relation::Equal);
    (*value == Type::Truth)
        .then(|| if meant { test.value.to_string() } else { format!("not {}", test.value) })
}
