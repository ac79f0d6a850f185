//! P305: where all rules of a factor compare one name, each of its values meets exactly one.

use std::collections::BTreeSet;

use crate::kernel::number::Number;
use crate::trial::expression::ast::Constant;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::names;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::typing::Scope;
use crate::trial::expression::typing::Type;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::rules::place::Place;
use crate::trial::protocol::checks::rules::scope::Names;
use crate::trial::protocol::checks::trial::Asked;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::model::FieldType;
use crate::trial::source::at::At;

/// One name with one value.
struct Only<'v> {
    name: &'v Name,
    value: Value,
}

impl Values for Only<'_> {
    fn value(&self, name: &Name) -> Option<Value> {
        (name == self.name).then(|| self.value.clone())
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

/// Where all rules compare one name, each of its values must meet exactly one rule.
pub fn prove_one_level(
    trial: &Trial<'_>,
    list: At<'_>,
    draw: usize,
    exprs: &[Expr],
    report: &mut Report<'_>,
) {
    let all: Vec<&Name> = exprs.iter().flat_map(names).collect();
    let Some(name) = all.first().copied().filter(|name| all.iter().all(|one| one == name)) else { return };
    let marks: Option<Vec<Vec<Number>>> = exprs.iter().map(constants).collect();
    let Some(marks) = marks.map(|marks| marks.concat().into_iter().collect::<BTreeSet<Number>>()) else {
        return;
    };
    let values = match (Names { trial, place: Place::Step(draw) }).value(name) {
        Ok(Type::Number(low, high)) => {
            numbers_to_try(&marks, low, high, is_whole(trial, name)).into_iter().map(Value::Number).collect()
        }
        Ok(Type::Choice(codes)) => codes.into_iter().map(Value::Text).collect(),
        Ok(Type::Truth) => vec![Value::Truth(true), Value::Truth(false)],
        _ => return,
    };
    for value in values {
        let shown = match &value {
            Value::Number(number) => number.to_cell(),
            Value::Text(code) => code.clone(),
            Value::Truth(true) => "yes".to_owned(),
            _ => "no".to_owned(),
        };
        let known = Only { name, value };
        let met = exprs.iter().filter(|expr| evaluate(expr, &known) == Truth::Met).count();
        if met != 1 {
            let levels = if met == 0 {
                "no level".to_owned()
            } else {
                format!("{met} levels").replace("2 levels", "two levels")
            };
            let text = format!("A {} of {shown} fits {levels}: use cuts.", last_word(&name.to_string()));
            return report.error("P305", &list.value(), text);
        }
    }
}

/// The last word of a dotted name.
pub fn last_word(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The ends, the constants, and a number between each two: rules of one number change nowhere else.
fn numbers_to_try(
    marks: &BTreeSet<Number>,
    low: Option<Number>,
    high: Option<Number>,
    whole: bool,
) -> Vec<Number> {
    let ends = marks.iter().copied().chain(low).chain(high);
    let marks: BTreeSet<Number> = ends.collect();
    let beside = marks.iter().flat_map(|mark| [mark.plus(Number::ONE), mark.minus(Number::ONE)]);
    let half = Number::fraction(1, 2);
    let middle = |(a, b): (&Number, &Number)| a.plus(*b)?.times(half?);
    let between = marks.iter().zip(marks.iter().skip(1)).map(middle);
    let tries: BTreeSet<Number> =
        marks.iter().copied().map(Some).chain(beside).chain(between).flatten().collect();
    let inside =
        |number: &Number| low.is_none_or(|low| low <= *number) && high.is_none_or(|high| *number <= high);
    tries.into_iter().filter(|number| inside(number) && (!whole || number.is_whole())).collect()
}

/// The constants with which a rule compares a bare name; `None` where it does anything else with it.
fn constants(expr: &Expr) -> Option<Vec<Number>> {
    let is_name = |expr: &Expr| matches!(expr.kind, ExprKind::Name(_));
    match &expr.kind {
        ExprKind::Name(_) => Some(Vec::new()),
        ExprKind::Not(part) => constants(part),
        ExprKind::All(parts) | ExprKind::Any(parts) => {
            parts.iter().map(constants).collect::<Option<Vec<_>>>().map(|all| all.concat())
        }
        ExprKind::Comparison(_, a, b) if is_name(a) => constant(b).map(Vec::from_iter),
        ExprKind::Comparison(_, a, b) if is_name(b) => constant(a).map(Vec::from_iter),
        ExprKind::Between(name, a, b, _) if is_name(name) => {
            Some(constant(a)?.into_iter().chain(constant(b)?).collect())
        }
        ExprKind::OneOf(name, options, _) if is_name(name) => options
            .iter()
            .map(constant)
            .collect::<Option<Vec<_>>>()
            .map(|all| all.into_iter().flatten().collect()),
        ExprKind::Constant(_)
        | ExprKind::Call(..)
        | ExprKind::Negative(_)
        | ExprKind::Arithmetic(..)
        | ExprKind::Comparison(..)
        | ExprKind::Between(..)
        | ExprKind::OneOf(..) => None,
    }
}

/// A constant: its number, or nothing of it where it is a code or truth.
fn constant(expr: &Expr) -> Option<Option<Number>> {
    match &expr.kind {
        ExprKind::Constant(Constant::Number(number)) => Some(Some(*number)),
        ExprKind::Constant(_) => Some(None),
        ExprKind::Negative(part) => constant(part).map(|number| number.map(Number::negated)),
        _ => None,
    }
}

/// Whether a number can only be whole: years of age, an answer with whole codes, a number asked in whole steps.
fn is_whole(trial: &Trial<'_>, name: &Name) -> bool {
    if name.path() == ["age"] || name.item.is_some() {
        return true;
    }
    let (Some(word), Some(field)) = (name.words.get(1), name.words.get(2)) else { return false };
    match trial.asked(&word.text) {
        Some(Asked::Form(form)) => form.items.iter().any(|item| {
            item.id == field.text
                && item.kind == FieldType::Number
                && item.step.is_some_and(Number::is_whole)
                && item.min.is_some_and(Number::is_whole)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::expression::reader;

    fn constants_of(text: &str) -> Option<BTreeSet<Number>> {
        constants(&reader::read(text).unwrap()).map(|marks| marks.into_iter().collect())
    }

    #[test]
    fn numbers_between_constants_are_tried_unless_only_whole_ones_exist() {
        let marks = [14, 15].map(Number::from).into_iter().collect();
        let tries = |whole| numbers_to_try(&marks, Some(Number::ZERO), Some(Number::from(27)), whole);
        let half = Number::fraction(29, 2).unwrap();
        assert!(tries(false).contains(&half));
        assert!(!tries(true).contains(&half));
        assert!(tries(true).iter().all(|number| number.is_whole()));
    }

    #[test]
    fn only_rules_that_compare_the_bare_name_are_proved() {
        let marks = |numbers: &[i64]| Some(numbers.iter().copied().map(Number::from).collect());
        assert_eq!(constants_of("x.y.z > -3 and not (x.y.z in 1..4 or 9 == x.y.z)"), marks(&[-3, 1, 4, 9]));
        assert_eq!(constants_of("x.y.z in ['a', 'b']"), marks(&[]));
        assert_eq!(constants_of("x.y.z + 1 > 3"), None);
        assert_eq!(constants_of("abs(x.y.z) > 3"), None);
    }
}
