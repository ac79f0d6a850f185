//! Types of rules: what may be compared with what, and whether a test can be met at all.

use crate::kernel::number::Number;
use crate::trial::expression::ast::Constant;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::ast::Function;
use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::Operator;
use crate::trial::expression::ast::Relation;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::expression::finding::Span;

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
    fn words(&self) -> &'static str {
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

    fn is_like(&self, other: &Self) -> bool {
        let textual = |kind: &Self| matches!(kind, Self::Choice(_) | Self::Text);
        std::mem::discriminant(self) == std::mem::discriminant(other) || (textual(self) && textual(other))
    }
}

/// The names that a place knows. Whoever implements it says which part of a name is wrong, with a guess.
pub trait Scope {
    /// The type of a name: `pre.phq9.total`, `this.phq9[9]`, `age`.
    fn value(&self, name: &Name) -> Result<Type, ExpressionFinding>;
    /// The type of one value of a series: `w.phq9.total`.
    fn series(&self, name: &Name) -> Result<Type, ExpressionFinding>;
    /// Whether this is an occasion (the argument of `done`).
    fn occasion(&self, name: &Name) -> Result<(), ExpressionFinding>;
    /// The bands of a score (the argument of `band`).
    fn bands(&self, name: &Name) -> Result<Vec<String>, ExpressionFinding>;
}

/// Checks a rule that must be true or false. All findings in the order of the text.
pub fn check_rule(expr: &Expr, scope: &dyn Scope) -> Vec<ExpressionFinding> {
    let mut checker = Checker { scope, findings: Vec::new() };
    if let Some(kind) = checker.kind_of(expr) {
        checker.need_truth(expr, &kind);
    }
    checker.findings.sort_by_key(|finding| finding.at);
    checker.findings
}

/// Checks a value and gives its type.
pub fn check_value(expr: &Expr, scope: &dyn Scope) -> Result<Type, Vec<ExpressionFinding>> {
    let mut checker = Checker { scope, findings: Vec::new() };
    let kind = checker.kind_of(expr);
    match kind {
        Some(kind) if checker.findings.is_empty() => Ok(kind),
        _ => Err(checker.findings),
    }
}

struct Checker<'s> {
    scope: &'s dyn Scope,
    findings: Vec<ExpressionFinding>,
}

impl Checker<'_> {
    fn find(&mut self, code: &'static str, span: Span, text: String) {
        self.findings.push(ExpressionFinding::new(code, span, text));
    }

    fn keep<T>(&mut self, result: Result<T, ExpressionFinding>) -> Option<T> {
        result.map_err(|finding| self.findings.push(finding)).ok()
    }

    /// The type of a part; `None` where something was found in it.
    fn kind_of(&mut self, expr: &Expr) -> Option<Type> {
        match &expr.kind {
            ExprKind::Constant(constant) => Some(kind_of_constant(constant)),
            ExprKind::Name(name) => {
                let kind = self.scope.value(name);
                self.keep(kind)
            }
            ExprKind::Call(function, parts) => self.call(*function, parts, expr.span),
            ExprKind::Negative(part) => match self.kind_of(part)? {
                Type::Number(low, high) => {
                    Some(Type::Number(high.map(Number::negated), low.map(Number::negated)))
                }
                kind @ (Type::Days | Type::Months) => Some(kind),
                other => {
                    self.find("P204", expr.span, format!("{part} is {}: it has no sign.", other.words()));
                    None
                }
            },
            ExprKind::Arithmetic(operator, left, right) => self.arithmetic(*operator, left, right, expr.span),
            ExprKind::Comparison(relation, left, right) => {
                self.comparison(*relation, left, right, expr.span);
                Some(Type::Truth)
            }
            ExprKind::Between(value, low, high, _) => {
                self.comparison(Relation::AtLeast, value, low, expr.span);
                self.comparison_quietly(Relation::AtMost, value, high, expr.span);
                Some(Type::Truth)
            }
            ExprKind::OneOf(value, options, _) => {
                for option in options {
                    self.comparison_quietly(Relation::Equal, value, option, expr.span);
                }
                Some(Type::Truth)
            }
            ExprKind::Not(part) => {
                self.truth(part);
                Some(Type::Truth)
            }
            ExprKind::All(parts) | ExprKind::Any(parts) => {
                parts.iter().for_each(|part| self.truth(part));
                Some(Type::Truth)
            }
        }
    }

    fn truth(&mut self, part: &Expr) {
        if let Some(kind) = self.kind_of(part) {
            self.need_truth(part, &kind);
        }
    }

    fn need_truth(&mut self, part: &Expr, kind: &Type) {
        if *kind != Type::Truth {
            let text =
                format!("{part} is {}, a rule is true or false: compare it with something.", kind.words());
            self.find("P204", part.span, text);
        }
    }

    fn call(&mut self, function: Function, parts: &[Expr], span: Span) -> Option<Type> {
        let one_name = || match parts {
            [Expr { kind: ExprKind::Name(name), .. }] => Some(name),
            _ => None,
        };
        match function {
            Function::Abs | Function::Min | Function::Max => self.numbers(function, parts, span),
            Function::AtLeastMet => self.at_least(parts, span),
            Function::Answered
            | Function::Done
            | Function::Band
            | Function::Last
            | Function::Lowest
            | Function::Highest
            | Function::Count => {
                let Some(name) = one_name() else {
                    let text = format!("Expected one name in the brackets of '{}'.", function.as_str());
                    self.find("P201", span, text);
                    return None;
                };
                let scope = self.scope;
                let kind = match function {
                    Function::Answered => scope.value(name).map(|_| Type::Truth),
                    Function::Done => scope.occasion(name).map(|()| Type::Truth),
                    Function::Band => scope.bands(name).map(Type::Choice),
                    Function::Count => scope.series(name).map(|_| Type::Number(Some(Number::ZERO), None)),
                    _ => scope.series(name),
                };
                self.keep(kind)
            }
        }
    }

    fn numbers(&mut self, function: Function, parts: &[Expr], span: Span) -> Option<Type> {
        let mut kinds = Vec::new();
        for part in parts {
            match self.kind_of(part)? {
                Type::Number(low, high) => kinds.push((low, high)),
                other => {
                    let text = format!("{part} is {}, '{}' takes numbers.", other.words(), function.as_str());
                    self.find("P204", part.span, text);
                    return None;
                }
            }
        }
        if function == Function::Abs && kinds.len() != 1 {
            self.find("P201", span, "Expected one number in the brackets of 'abs'.".to_owned());
            return None;
        }
        Some(Type::Number(None, None))
    }

    fn at_least(&mut self, parts: &[Expr], span: Span) -> Option<Type> {
        let (count, tests) = parts.split_first()?;
        let whole = matches!(&count.kind, ExprKind::Constant(Constant::Number(number)) if number.is_whole());
        if !whole || tests.is_empty() {
            self.find(
                "P201",
                span,
                "Expected a whole number, then tests, in the brackets of 'at_least'.".into(),
            );
            return None;
        }
        tests.iter().for_each(|test| self.truth(test));
        Some(Type::Truth)
    }

    fn arithmetic(&mut self, operator: Operator, left: &Expr, right: &Expr, span: Span) -> Option<Type> {
        let first = self.kind_of(left)?;
        let second = self.kind_of(right)?;
        let kind = match (operator, &first, &second) {
            (_, Type::Number(..), Type::Number(..)) => Some(Type::Number(None, None)),
            (Operator::Plus | Operator::Minus, Type::Date, Type::Days | Type::Months) => Some(Type::Date),
            (Operator::Plus, Type::Days | Type::Months, Type::Date) => Some(Type::Date),
            (Operator::Minus, Type::Date, Type::Date) => Some(Type::Days),
            (Operator::Plus | Operator::Minus, Type::Days, Type::Days) => Some(Type::Days),
            (Operator::Plus | Operator::Minus, Type::Months, Type::Months) => Some(Type::Months),
            _ => None,
        };
        if kind.is_none() {
            let text = format!(
                "{left} is {}, {right} {}: '{}' does not join them.",
                first.words(),
                second.words(),
                operator.as_str()
            );
            self.find("P204", span, text);
        }
        kind
    }

    fn comparison_quietly(&mut self, relation: Relation, left: &Expr, right: &Expr, span: Span) {
        // The left side was looked at before; what was found there is not said twice.
        let known = self.findings.len();
        self.comparison(relation, left, right, span);
        let duplicates: Vec<ExpressionFinding> = self.findings.drain(known..).collect();
        for finding in duplicates {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }

    fn comparison(&mut self, relation: Relation, left: &Expr, right: &Expr, span: Span) {
        let Some(first) = self.kind_of(left) else {
            self.kind_of(right);
            return;
        };
        let Some(second) = self.kind_of(right) else { return };
        if let Some(text) = days_with_months(relation, left, right, &first, &second) {
            return self.find("P213", span, text);
        }
        if !first.is_like(&second) {
            let text = unlike(relation, left, right, &first, &second);
            return self.find("P204", span, text);
        }
        match (&first, &second) {
            (Type::Choice(codes), _) => self.check_code(codes, left, right, relation, span),
            (_, Type::Choice(codes)) => self.check_code(codes, right, left, relation, span),
            (Type::Truth | Type::Text, _) if !matches!(relation, Relation::Equal | Relation::Unequal) => {
                let text = format!("{left} is {}: it equals something or does not.", first.words());
                self.find("P204", span, text);
            }
            (Type::Number(low, high), Type::Number(..)) => {
                self.check_range(relation, left, right, (*low, *high), span);
            }
            _ => {}
        }
    }

    fn check_code(&mut self, codes: &[String], choice: &Expr, other: &Expr, relation: Relation, span: Span) {
        if !matches!(relation, Relation::Equal | Relation::Unequal) {
            let text = format!("{choice} is a choice: it equals a code or does not.");
            return self.find("P204", span, text);
        }
        if let ExprKind::Constant(Constant::Text(code)) = &other.kind
            && !codes.contains(code)
        {
            let text = format!("'{code}' is no option of {choice}: {}.", codes.join(", "));
            self.find("P209", other.span, text);
        }
    }

    /// Whether a comparison of a bounded number with a constant is always or never met.
    fn check_range(
        &mut self,
        relation: Relation,
        left: &Expr,
        right: &Expr,
        (low, high): (Option<Number>, Option<Number>),
        span: Span,
    ) {
        let (ExprKind::Name(_), Some(low), Some(high)) = (&left.kind, low, high) else { return };
        let Some(bound) = constant_number(right) else { return };
        let at_low = relation.holds(low.cmp(&bound));
        let at_high = relation.holds(high.cmp(&bound));
        let inside = low <= bound && bound <= high;
        let verdict = match relation {
            Relation::Equal => (!inside).then_some("never"),
            Relation::Unequal => (!inside).then_some("always"),
            Relation::Below | Relation::AtMost | Relation::Above | Relation::AtLeast => {
                match (at_low, at_high) {
                    (true, true) => Some("always"),
                    (false, false) => Some("never"),
                    (true, false) | (false, true) => None,
                }
            }
        };
        if let Some(verdict) = verdict {
            let test = format!("{} {right}", relation.as_str());
            let text = format!("{left} is {} to {}: {test} is {verdict} met.", low.to_cell(), high.to_cell());
            self.find("P208", span, text);
        }
    }
}

fn kind_of_constant(constant: &Constant) -> Type {
    match constant {
        Constant::Number(number) => Type::Number(Some(*number), Some(*number)),
        Constant::Days(_) => Type::Days,
        Constant::Months(_) => Type::Months,
        Constant::Date(_) => Type::Date,
        Constant::Text(_) => Type::Text,
        Constant::Truth(_) => Type::Truth,
    }
}

fn constant_number(expr: &Expr) -> Option<Number> {
    match &expr.kind {
        ExprKind::Constant(Constant::Number(number)) => Some(*number),
        ExprKind::Negative(inside) => constant_number(inside).map(Number::negated),
        _ => None,
    }
}

fn flipped(relation: Relation) -> Relation {
    match relation {
        Relation::Equal => Relation::Equal,
        Relation::Unequal => Relation::Unequal,
        Relation::Below => Relation::Above,
        Relation::AtMost => Relation::AtLeast,
        Relation::Above => Relation::Below,
        Relation::AtLeast => Relation::AtMost,
    }
}

/// `today - x < 3m` can't be answered (how many days are three months?); `x > today - 3m` can.
fn days_with_months(
    relation: Relation,
    left: &Expr,
    right: &Expr,
    first: &Type,
    second: &Type,
) -> Option<String> {
    let (difference, months, relation) = match (first, second) {
        (Type::Days, Type::Months) => (left, right, relation),
        (Type::Months, Type::Days) => (right, left, flipped(relation)),
        _ => return None,
    };
    let guess = match &difference.kind {
        ExprKind::Arithmetic(Operator::Minus, later, earlier) => {
            format!("{earlier} {} {later} - {months}", flipped(relation).as_str())
        }
        _ => "both in days".to_owned(),
    };
    Some(format!("Days don't compare with months: write {guess}."))
}

fn unlike(relation: Relation, left: &Expr, right: &Expr, first: &Type, second: &Type) -> String {
    let guess = match (first, second) {
        (Type::Date, Type::Number(..)) => format!(" Did you mean age {} {right}?", relation.as_str()),
        (Type::Choice(_), Type::Number(..)) => format!(" Did you mean '{right}'?"),
        (Type::Days, Type::Number(..)) => format!(" Did you mean {right}d?"),
        _ => String::new(),
    };
    format!("{left} is {}, {right} {}.{guess}", first.words(), second.words())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::expression::reader::read;

    /// A small place: one questionnaire at two occasions and one weekly, a form, a date.
    struct Place;

    fn total() -> Type {
        Type::Number(Some(Number::ZERO), Some(Number::from(27)))
    }

    impl Scope for Place {
        fn value(&self, name: &Name) -> Result<Type, ExpressionFinding> {
            match name.to_string().as_str() {
                "pre.phq9.total" | "scr.phq9.total" => Ok(total()),
                "scr.entry.birth" | "scr.entry.changed" | "today" => Ok(Type::Date),
                "scr.entry.sex" => Ok(Type::Choice(vec!["f".into(), "m".into()])),
                "scr.entry.drug" => Ok(Type::Truth),
                "age" => Ok(Type::Number(Some(Number::ZERO), None)),
                "site" => Ok(Type::Text),
                _ => Err(ExpressionFinding::new("P205", name.span(), "unknown")),
            }
        }
        fn series(&self, name: &Name) -> Result<Type, ExpressionFinding> {
            if name.to_string() == "w.phq9.total" {
                Ok(total())
            } else {
                Err(ExpressionFinding::new("P205", name.span(), "unknown"))
            }
        }
        fn occasion(&self, name: &Name) -> Result<(), ExpressionFinding> {
            if name.to_string() == "pre" {
                Ok(())
            } else {
                Err(ExpressionFinding::new("P205", name.span(), "unknown"))
            }
        }
        fn bands(&self, _: &Name) -> Result<Vec<String>, ExpressionFinding> {
            Ok(vec!["minimal".into(), "severe".into()])
        }
    }

    fn findings(text: &str) -> Vec<(&'static str, usize, String)> {
        check_rule(&read(text).unwrap(), &Place)
            .into_iter()
            .map(|finding| (finding.code, finding.at, finding.text))
            .collect()
    }

    fn only(text: &str) -> (&'static str, usize, String) {
        let mut all = findings(text);
        assert_eq!(all.len(), 1, "{text}: {all:?}");
        all.remove(0)
    }

    #[test]
    fn sound_rules_pass() {
        for text in [
            "scr.phq9.total >= 10 and age >= 18",
            "scr.entry.drug and scr.entry.changed > today - 3m",
            "today - scr.entry.changed >= 90d",
            "scr.entry.sex == 'f' or scr.entry.sex in ['m']",
            "last(w.phq9.total) <= pre.phq9.total / 2",
            "done(pre) and answered(pre.phq9.total) and band(pre.phq9.total) == 'severe'",
            "at_least(2, age > 1, scr.entry.drug, not done(pre))",
            "pre.phq9.total in 10..24",
            "abs(pre.phq9.total - scr.phq9.total) < 5",
            "number(w.phq9.total) >= 3",
            "site == 'umea'",
            "scr.entry.drug == true",
        ] {
            assert_eq!(findings(text), vec![], "{text}");
        }
    }

    #[test]
    fn a_date_with_a_number_means_the_age() {
        let (code, at, text) = only("scr.entry.birth >= 18");
        assert_eq!((code, at), ("P204", 0));
        assert_eq!(text, "scr.entry.birth is a date, 18 a number. Did you mean age >= 18?");
    }

    #[test]
    fn what_is_always_or_never_met_is_said() {
        assert_eq!(only("scr.phq9.total >= 30").2, "scr.phq9.total is 0 to 27: >= 30 is never met.");
        assert_eq!(only("scr.phq9.total >= 0").2, "scr.phq9.total is 0 to 27: >= 0 is always met.");
        assert_eq!(only("scr.phq9.total == 28").0, "P208");
        assert_eq!(only("scr.phq9.total in 10..30").2, "scr.phq9.total is 0 to 27: <= 30 is always met.");
        assert_eq!(findings("scr.phq9.total < 27"), vec![]);
    }

    #[test]
    fn days_do_not_compare_with_months() {
        let (code, at, text) = only("scr.entry.drug and today - scr.entry.changed < 3m");
        assert_eq!((code, at), ("P213", 19));
        assert_eq!(text, "Days don't compare with months: write scr.entry.changed > today - 3m.");
    }

    #[test]
    fn a_code_outside_the_options_is_named_at_its_place() {
        let (code, at, text) = only("scr.entry.sex == 'z'");
        assert_eq!((code, at), ("P209", 17));
        assert_eq!(text, "'z' is no option of scr.entry.sex: f, m.");
        assert_eq!(only("scr.entry.sex in ['f', 'z']").1, 23);
    }

    #[test]
    fn a_rule_is_true_or_false_and_names_are_known_once() {
        assert_eq!(only("scr.phq9.total").0, "P204");
        assert_eq!(only("scr.phq9.total and scr.entry.drug").0, "P204");
        assert_eq!(only("x.y in 1..2").0, "P205");
        assert_eq!(findings("x.y > 1 or z.z > 1").len(), 2);
        assert_eq!(only("scr.entry.birth + 3 > today").0, "P204");
        assert_eq!(only("done(post)").0, "P205");
        assert_eq!(only("last(1) > 2").0, "P201");
    }
}
