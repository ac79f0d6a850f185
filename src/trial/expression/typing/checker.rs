//! Walks through a rule and types its parts. A part with a finding has no type, and nothing that would only follow
//! from it is reported.

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
use crate::trial::expression::typing::Scope;
use crate::trial::expression::typing::Type;
use crate::trial::expression::typing::bounds;
use crate::trial::expression::typing::comparing::Test;

/// Types the parts of one rule.
pub struct Checker<'s> {
    pub(super) scope: &'s dyn Scope,
    findings: Vec<ExpressionFinding>,
    /// The innermost test around the part at hand.
    test: Option<Span>,
}

impl<'s> Checker<'s> {
    /// A checker that has found nothing yet.
    pub fn new(scope: &'s dyn Scope) -> Self {
        Self { scope, findings: Vec::new(), test: None }
    }

    /// What was found, in the order of the text.
    pub fn findings(mut self) -> Vec<ExpressionFinding> {
        self.findings.sort_by_key(|finding| finding.at);
        self.findings
    }

    /// What is wrong with the names alone.
    pub fn names_of(expr: &Expr, scope: &'s dyn Scope) -> Vec<ExpressionFinding> {
        let mut checker = Self::new(scope);
        checker.look_up_all(expr);
        checker.findings()
    }

    fn look_up_all(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Constant(_) => {}
            ExprKind::Name(name) => {
                self.value_of(name);
            }
            ExprKind::Call(function, parts) => match parts.as_slice() {
                [Expr { kind: ExprKind::Name(name), .. }] if function.takes_a_name() => {
                    self.look_up(*function, name);
                }
                _ => parts.iter().for_each(|part| self.look_up_all(part)),
            },
            ExprKind::Negative(part) | ExprKind::Not(part) => self.look_up_all(part),
            ExprKind::All(parts) | ExprKind::Any(parts) => {
                parts.iter().for_each(|part| self.look_up_all(part));
            }
            ExprKind::Arithmetic(first, rest) => {
                self.look_up_all(first);
                rest.iter().for_each(|(_, part)| self.look_up_all(part));
            }
            ExprKind::Comparison(_, left, right) => {
                [left, right].into_iter().for_each(|part| self.look_up_all(part));
            }
            ExprKind::Between(value, low, high, _) => {
                [value, low, high].into_iter().for_each(|part| self.look_up_all(part));
            }
            ExprKind::OneOf(value, _, _) => self.look_up_all(value),
        }
    }

    pub(super) fn report(&mut self, code: &'static str, span: Span, text: String) {
        self.push(ExpressionFinding::new(code, span, text));
    }

    pub(super) fn push(&mut self, finding: ExpressionFinding) {
        self.findings.push(finding);
    }

    /// `sex == f`: an unknown name that is one of the codes it is compared with.
    pub(super) fn suggest_quotes(&mut self, part: &Expr, codes: &[String]) {
        let ExprKind::Name(name) = &part.kind else { return };
        let (span, code) = (name.span(), name.to_string());
        let unknown = |finding: &&mut ExpressionFinding| finding.code == "P205" && finding.at == span.start;
        if codes.contains(&code)
            && let Some(finding) = self.findings.iter_mut().find(unknown)
        {
            finding.mend = Some(format!("A code stands in quotation marks: '{code}'."));
        }
    }

    fn keep<T>(&mut self, result: Result<T, ExpressionFinding>) -> Option<T> {
        result.map_err(|finding| self.findings.push(finding)).ok()
    }

    fn value_of(&mut self, name: &Name) -> Option<Type> {
        let kind = self.scope.value(name);
        self.keep(kind)
    }

    /// The type of a part; `None` where something was found in it.
    pub fn kind_of(&mut self, expr: &Expr) -> Option<Type> {
        let around = self.test;
        if around.is_none() || expr.is_bracketed() {
            self.test = Some(expr.span);
        }
        let kind = self.kind_inside(expr);
        self.test = around;
        kind
    }

    /// The type of a part that stands where a test may stand.
    fn kind_apart(&mut self, expr: &Expr) -> Option<Type> {
        let around = self.test.take();
        let kind = self.kind_of(expr);
        self.test = around;
        kind
    }

    fn kind_inside(&mut self, expr: &Expr) -> Option<Type> {
        match &expr.kind {
            ExprKind::Constant(constant) => Some(kind_of_constant(constant)),
            ExprKind::Name(name) => self.value_of(name),
            ExprKind::Call(function, parts) => self.call(*function, parts, expr.span),
            ExprKind::Negative(part) => self.negative(part),
            ExprKind::Arithmetic(first, rest) => self.arithmetic(first, rest),
            ExprKind::Comparison(..) | ExprKind::Between(..) | ExprKind::OneOf(..) => {
                if let Some(test) = Test::of(expr) {
                    self.check_test(&test);
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

    /// Needs a part that is true or false.
    pub fn truth(&mut self, part: &Expr) {
        if let Some(kind) = self.kind_apart(part)
            && kind != Type::Truth
        {
            let text = format!("{part} is {}, a rule yes or no: compare it with something.", kind.words());
            self.report("P204", part.span, text);
        }
    }

    /// A mistake of types in the test around the part at hand.
    fn mistyped(&mut self, part: &Expr, text: String) {
        let span = self.test.unwrap_or(part.span);
        self.report("P204", span, text);
    }

    fn negative(&mut self, part: &Expr) -> Option<Type> {
        match self.kind_of(part)? {
            Type::Number(low, high) => {
                let (low, high) = bounds::negated((low, high));
                Some(Type::Number(low, high))
            }
            kind @ (Type::Days | Type::Months) => Some(kind),
            kind => {
                self.mistyped(part, format!("{part} is {}, '-' takes numbers.", kind.words()));
                None
            }
        }
    }

    fn arithmetic(&mut self, first: &Expr, rest: &[(Operator, Expr)]) -> Option<Type> {
        let first_kind = self.kind_of(first);
        // All parts are looked at, so that no mistake in one hides behind another.
        let kinds: Vec<Option<Type>> = rest.iter().map(|(_, part)| self.kind_of(part)).collect();
        let (mut left, mut kind) = (first, first_kind?);
        for ((operator, part), next) in rest.iter().zip(kinds) {
            let next = next?;
            let Some(joined) = joined(&kind, *operator, &next) else {
                let (before, after) = (kind.words(), next.words());
                let unit = match (&kind, &next) {
                    (Type::Date | Type::Days, Type::Number(..)) if is_whole(part) => {
                        format!(" Did you mean {part}d?")
                    }
                    _ => String::new(),
                };
                self.mistyped(first, format!("{left} is {before}, {part} {after}.{unit}"));
                return None;
            };
            (left, kind) = (part, joined);
        }
        Some(kind)
    }

    fn call(&mut self, function: Function, parts: &[Expr], span: Span) -> Option<Type> {
        match (function, parts) {
            (Function::Abs | Function::Min | Function::Max, _) => self.ordered(function, parts),
            (Function::AtLeastMet, [count, tests @ ..]) => {
                tests.iter().for_each(|test| self.truth(test));
                self.check_count(count, tests.len(), span);
                Some(Type::Truth)
            }
            (_, [Expr { kind: ExprKind::Name(name), .. }]) => self.look_up(function, name),
            _ => {
                let text = format!("Expected a name after '{}('.", function.as_str());
                self.report("P201", span, text);
                None
            }
        }
    }

    fn look_up(&mut self, function: Function, name: &Name) -> Option<Type> {
        let scope = self.scope;
        let kind = match function {
            Function::Done => scope.occasion(name).map(|()| Type::Truth),
            Function::Band => scope.bands(name).map(Type::Choice),
            Function::Count => scope.series(name).map(|_| Type::Number(Some(Number::ZERO), None)),
            Function::Last => scope.series(name),
            Function::Lowest | Function::Highest => {
                let kind = self.keep(scope.series(name))?;
                return self.need_order(function, &name.to_string(), name.span(), kind);
            }
            Function::Answered | Function::Abs | Function::Min | Function::Max | Function::AtLeastMet => {
                scope.value(name).map(|_| Type::Truth)
            }
        };
        self.keep(kind)
    }

    fn need_order(&mut self, function: Function, part: &str, span: Span, kind: Type) -> Option<Type> {
        if kind.is_ordered() && (function != Function::Abs || kind != Type::Date) {
            return Some(kind);
        }
        let wanted = if function == Function::Abs { "numbers" } else { "numbers or dates" };
        let text = format!("{part} is {}, '{}' takes {wanted}.", kind.words(), function.as_str());
        self.report("P204", span, text);
        None
    }

    /// `abs`, `min`, `max`: numbers, or one kind of what has an order.
    fn ordered(&mut self, function: Function, parts: &[Expr]) -> Option<Type> {
        let kinds: Vec<Option<Type>> = parts
            .iter()
            .map(|part| {
                let kind = self.kind_apart(part)?;
                self.need_order(function, &part.to_string(), part.span, kind)
            })
            .collect();
        let mut kinds = kinds.into_iter().zip(parts);
        let (first, first_part) = kinds.next()?;
        let mut kind = match (first?, function) {
            (Type::Number(low, high), Function::Abs) => number(bounds::magnitude((low, high))),
            (kind, _) => kind,
        };
        for (next, part) in kinds {
            kind = match (kind, next?) {
                (Type::Number(a, b), Type::Number(c, d)) if function == Function::Min => {
                    number(bounds::smaller((a, b), (c, d)))
                }
                (Type::Number(a, b), Type::Number(c, d)) => number(bounds::larger((a, b), (c, d))),
                (kind, next) if kind == next => kind,
                (kind, next) => {
                    let text = format!("{first_part} is {}, {part} {}.", kind.words(), next.words());
                    self.mistyped(part, text);
                    return None;
                }
            };
        }
        Some(kind)
    }

    /// Whether `at_least(n, …)` can be met and missed.
    fn check_count(&mut self, count: &Expr, tests: usize, span: Span) {
        let ExprKind::Constant(Constant::Number(needed)) = &count.kind else { return };
        let most = Number::from(i64::try_from(tests).unwrap_or(i64::MAX));
        let (met, needed) = ((Some(Number::ZERO), Some(most)), (Some(*needed), Some(*needed)));
        if let Some(always) = bounds::verdict(met, Relation::AtLeast, needed) {
            let verdict = if always { "always" } else { "never" };
            let text = format!("at_least is {}: >= {count} is {verdict} met.", bounds::words(met));
            self.report("P208", span, text);
        }
    }
}

fn number((low, high): bounds::Bounds) -> Type {
    Type::Number(low, high)
}

fn is_whole(part: &Expr) -> bool {
    matches!(&part.kind, ExprKind::Constant(Constant::Number(number)) if number.is_whole())
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

fn joined(left: &Type, operator: Operator, right: &Type) -> Option<Type> {
    match (operator, left, right) {
        (_, Type::Number(a, b), Type::Number(c, d)) => {
            Some(number(bounds::joined((*a, *b), operator, (*c, *d))))
        }
        (Operator::Plus | Operator::Minus, Type::Date, Type::Days | Type::Months) => Some(Type::Date),
        (Operator::Plus, Type::Days | Type::Months, Type::Date) => Some(Type::Date),
        (Operator::Minus, Type::Date, Type::Date) => Some(Type::Days),
        (Operator::Plus | Operator::Minus, Type::Days, Type::Days) => Some(Type::Days),
        (Operator::Plus | Operator::Minus, Type::Months, Type::Months) => Some(Type::Months),
        _ => None,
    }
}
