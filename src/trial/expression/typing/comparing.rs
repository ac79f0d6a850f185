//! Types one test: a comparison, `in a..b` or `in […]`. One test has at most one finding, but for codes that are
//! no options: each is named at its place.

use crate::trial::expression::ast::Constant;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::ast::Relation;
use crate::trial::expression::ast::names;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::expression::finding::Span;
use crate::trial::expression::typing::Type;
use crate::trial::expression::typing::bounds;
use crate::trial::expression::typing::bounds::Bounds;
use crate::trial::expression::typing::checker::Checker;
use crate::trial::expression::typing::guessing;

/// How a test compares its first operand with the others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// By an operator.
    Relation(Relation),
    /// `in a..b`, or with `not`.
    Between(bool),
    /// `in […]`, or with `not`.
    OneOf(bool),
}

/// A test and its operands.
pub struct Test<'e> {
    /// How it compares.
    pub form: Form,
    /// What is compared.
    pub value: &'e Expr,
    /// What it is compared with.
    pub others: Vec<&'e Expr>,
    /// Where it stands.
    pub span: Span,
}

impl<'e> Test<'e> {
    /// The test that this part is, if it is one.
    pub fn of(expr: &'e Expr) -> Option<Self> {
        let (form, value, others) = match &expr.kind {
            ExprKind::Comparison(relation, left, right) => {
                (Form::Relation(*relation), left, vec![right.as_ref()])
            }
            ExprKind::Between(value, low, high, negated) => {
                (Form::Between(*negated), value, vec![low.as_ref(), high.as_ref()])
            }
            ExprKind::OneOf(value, options, negated) => {
                (Form::OneOf(*negated), value, options.iter().collect())
            }
            _ => return None,
        };
        Some(Self { form, value, others, span: expr.span })
    }

    /// What stands behind the first operand.
    pub fn tail(&self, others: &[String]) -> String {
        let not = |negated| if negated { "not in" } else { "in" };
        match self.form {
            Form::Relation(relation) => format!("{} {}", relation.as_str(), others.join("")),
            Form::Between(negated) => format!("{} {}", not(negated), others.join("..")),
            Form::OneOf(negated) => format!("{} [{}]", not(negated), others.join(", ")),
        }
    }

    /// The operands behind the first, as they are spelled.
    pub fn spelled_others(&self) -> Vec<String> {
        self.others.iter().map(ToString::to_string).collect()
    }

    fn orders(&self) -> bool {
        match self.form {
            Form::Relation(relation) => relation.orders(),
            Form::Between(_) => true,
            Form::OneOf(_) => false,
        }
    }
}

impl Checker<'_> {
    /// Types a test.
    pub fn check_test(&mut self, test: &Test<'_>) {
        let value = self.kind_of(test.value);
        let others: Vec<Option<Type>> = test.others.iter().map(|other| self.kind_of(other)).collect();
        if let Some(Type::Choice(codes)) = &value {
            test.others.iter().for_each(|other| self.suggest_quotes(other, codes));
        }
        let (Some(value), Some(others)) = (value, others.into_iter().collect::<Option<Vec<Type>>>()) else {
            return;
        };
        if let Some(finding) = self.mismatch(test, &value, &others) {
            self.push(finding);
        } else if !self.check_codes(test, &value, &others) {
            self.check_bounds(test, &value, &others);
        }
    }

    /// What makes the operands incomparable.
    fn mismatch(&mut self, test: &Test<'_>, value: &Type, others: &[Type]) -> Option<ExpressionFinding> {
        let text = |text: String| Some(ExpressionFinding::new("P204", test.span, text));
        for (other, kind) in test.others.iter().zip(others) {
            if matches!((value, kind), (Type::Days, Type::Months) | (Type::Months, Type::Days)) {
                let guess = self.days_and_months(test, value, others);
                let text = format!("Days don't compare with months: write {guess}.");
                return Some(ExpressionFinding::new("P213", test.span, text));
            }
            if !are_alike(test.value, value, other, kind) {
                let guess = guessing::guess(self.scope, test, value, other, kind);
                let guess = guess.map(|guess| format!(" Did you mean {guess}?")).unwrap_or_default();
                return text(format!(
                    "{} is {}, {other} {}.{guess}",
                    test.value,
                    value.words(),
                    kind.words()
                ));
            }
        }
        if test.orders() && !value.is_ordered() {
            let tail = test.tail(&test.spelled_others());
            return text(format!("{} is {}, {tail} takes what has an order.", test.value, value.words()));
        }
        let unequal = test.form == Form::Relation(Relation::Unequal);
        if unequal && *value == Type::Text && others.iter().all(|kind| *kind == Type::Text) {
            let others = test.spelled_others().join("");
            return text(format!(
                "{0} is a text, != is not for texts. Did you mean not {0} == {others}?",
                test.value
            ));
        }
        None
    }

    /// `today - x < 3m` can't be answered (how many days are three months?); `x > today - 3m` can.
    fn days_and_months(&mut self, test: &Test<'_>, value: &Type, others: &[Type]) -> String {
        let both = "both in days or both in months".to_owned();
        let (difference, months) = match (test.others.as_slice(), value) {
            ([other], Type::Months) => (*other, vec![test.value]),
            (months, _) => (test.value, months.to_vec()),
        };
        let all_months = *value == Type::Months || others.iter().all(|kind| *kind == Type::Months);
        let Some((later, earlier)) = guessing::two_dates(difference).filter(|_| all_months) else {
            return both;
        };
        if self.kind_of(later) != Some(Type::Date) {
            return both;
        }
        let bounds: Vec<String> = months.iter().map(|months| format!("{later} - {months}")).collect();
        match test.form {
            Form::Relation(relation) => {
                let relation = if *value == Type::Months { relation } else { relation.flipped() };
                format!("{earlier} {} {}", relation.as_str(), bounds.join(""))
            }
            Form::Between(_) => {
                let descending: Vec<String> = bounds.into_iter().rev().collect();
                format!("{earlier} {}", test.tail(&descending))
            }
            Form::OneOf(_) => format!("{earlier} {}", test.tail(&bounds)),
        }
    }

    /// Names each code that is no option; whether there was one.
    fn check_codes(&mut self, test: &Test<'_>, value: &Type, others: &[Type]) -> bool {
        let mut found = false;
        for (other, kind) in test.others.iter().zip(others) {
            let (choice, codes, constant) = match (value, kind) {
                (Type::Choice(codes), _) => (test.value, codes, *other),
                (_, Type::Choice(codes)) => (*other, codes, test.value),
                _ => continue,
            };
            if let ExprKind::Constant(Constant::Text(code)) = &constant.kind
                && !codes.contains(code)
            {
                let text = format!("'{code}' is no option of {choice}: {}.", codes.join(", "));
                self.report("P209", constant.span, text);
                found = true;
            }
        }
        found
    }

    /// Whether the test is always or never met.
    fn check_bounds(&mut self, test: &Test<'_>, value: &Type, others: &[Type]) {
        let Some(value) = numbers(value) else { return };
        let Some(others) = others.iter().map(numbers).collect::<Option<Vec<Bounds>>>() else { return };
        let verdict = match (test.form, others.as_slice()) {
            (Form::Relation(relation), [other]) => bounds::verdict(value, relation, *other),
            (Form::Between(negated), [low, high]) => {
                bounds::verdict_between(value, *low, *high).map(|met| met != negated)
            }
            (Form::OneOf(negated), options) => {
                bounds::verdict_one_of(value, options).map(|met| met != negated)
            }
            _ => None,
        };
        let Some(met) = verdict else { return };
        let verdict = if met { "always" } else { "never" };
        // A constant on the left changes sides: the message speaks of what has a name.
        let (name, range, tail) = match (test.form, test.others.as_slice(), others.as_slice()) {
            (Form::Relation(relation), [other], [range])
                if names(test.value).is_empty() && !names(other).is_empty() =>
            {
                (*other, *range, format!("{} {}", relation.flipped().as_str(), test.value))
            }
            _ => (test.value, value, test.tail(&test.spelled_others())),
        };
        let text = format!("{name} is {}: {tail} is {verdict} met.", bounds::words(range));
        self.report("P208", test.span, text);
    }
}

fn numbers(kind: &Type) -> Option<Bounds> {
    if let Type::Number(low, high) = kind { Some((*low, *high)) } else { None }
}

/// Whether two types compare: the same kind, a choice with a constant, or two choices with a code in common.
fn are_alike(left: &Expr, left_kind: &Type, right: &Expr, right_kind: &Type) -> bool {
    let is_constant = |expr: &Expr| matches!(expr.kind, ExprKind::Constant(_));
    match (left_kind, right_kind) {
        (Type::Choice(left), Type::Choice(right)) => left.iter().any(|code| right.contains(code)),
        (Type::Choice(_), Type::Text) => is_constant(right),
        (Type::Text, Type::Choice(_)) => is_constant(left),
        _ => std::mem::discriminant(left_kind) == std::mem::discriminant(right_kind),
    }
}
