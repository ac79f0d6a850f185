//! What holds of every rule: it prints as what reads back the same, it evaluates to something whatever the answers,
//! and a further answer never turns what was decided.

use proptest::collection::btree_map;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::trial::expression::ast::Constant;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::ast::Function;
use crate::trial::expression::ast::Operator;
use crate::trial::expression::ast::Relation;
use crate::trial::expression::ast::chained;
use crate::trial::expression::ast::joined;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::evaluation::value_of;
use crate::trial::expression::finding::Span;
use crate::trial::expression::place::Answers;
use crate::trial::expression::place::Place;
use crate::trial::expression::reader;
use crate::trial::expression::typing;

const NAMES: [&str; 9] =
    ["a", "b.c", "scr.phq9.total", "this.phq9[9]", "x.y[1f]", "flag.z", "age", "today", "sex"];

/// Which functions rules may call.
#[derive(Clone, Copy, PartialEq)]
enum Calls {
    All,
    /// Those whose result may not change once it is known.
    Steady,
}

fn part(kind: ExprKind) -> Expr {
    Expr::new(kind, Span::default())
}

fn name() -> impl Strategy<Value = Expr> {
    proptest::sample::select(NAMES.to_vec()).prop_map(|name| reader::read(name).unwrap())
}

fn constant() -> impl Strategy<Value = Constant> {
    prop_oneof![
        (0_i64..1_000_000, 0_u32..5).prop_map(|(digits, places)| {
            Constant::Number(Number::fraction(i128::from(digits), 10_i128.pow(places)).unwrap())
        }),
        Just(Constant::Number(Number::fraction(10_i128.pow(30) - 1, 1).unwrap())),
        prop_oneof![0_i64..4000, Just(i64::MAX)].prop_map(Constant::Days),
        prop_oneof![0_i64..50, Just(i64::MAX)].prop_map(Constant::Months),
        day().prop_map(Constant::Date),
        "[a-zå0-9 ]{0,4}".prop_map(Constant::Text),
        any::<bool>().prop_map(Constant::Truth),
    ]
}

fn day() -> impl Strategy<Value = Date> {
    (1900_i32..2100, 1_u32..366).prop_map(|(year, day)| Date::from_yo_opt(year, day).unwrap())
}

fn relation() -> impl Strategy<Value = Relation> {
    let signs = vec!["==", "!=", "<", "<=", ">", ">="];
    proptest::sample::select(signs).prop_map(|sign| Relation::parse(sign).unwrap())
}

fn chain(first: Expr, rest: Vec<(bool, Expr)>, is_product: bool) -> Expr {
    let operator = |plus: bool| match (is_product, plus) {
        (true, true) => Operator::Times,
        (true, false) => Operator::Over,
        (false, true) => Operator::Plus,
        (false, false) => Operator::Minus,
    };
    chained(first, rest.into_iter().map(|(plus, part)| (operator(plus), part)).collect())
}

fn rule(calls: Calls) -> impl Strategy<Value = Expr> {
    let leaf =
        prop_oneof![3 => name(), 2 => constant().prop_map(|constant| part(ExprKind::Constant(constant)))];
    leaf.prop_recursive(4, 40, 4, move |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            (inner.clone(), vec((any::<bool>(), inner.clone()), 1..3), any::<bool>())
                .prop_map(|(first, rest, is_product)| chain(first, rest, is_product)),
            (vec(inner.clone(), 2..4), any::<bool>()).prop_map(|(parts, is_all)| joined(is_all, parts)),
            boxed.clone().prop_map(|inside| part(ExprKind::Not(inside))),
            boxed.clone().prop_map(|inside| part(ExprKind::Negative(inside))),
            (relation(), boxed.clone(), boxed.clone())
                .prop_map(|(relation, left, right)| part(ExprKind::Comparison(relation, left, right))),
            (boxed.clone(), boxed.clone(), boxed.clone(), any::<bool>())
                .prop_map(|(value, low, high, negated)| part(ExprKind::Between(value, low, high, negated))),
            (
                boxed,
                vec(constant().prop_map(|constant| part(ExprKind::Constant(constant))), 1..4),
                any::<bool>()
            )
                .prop_map(|(value, options, negated)| part(ExprKind::OneOf(value, options, negated))),
            call(inner, calls),
        ]
    })
}

fn call(inner: impl Strategy<Value = Expr> + Clone + 'static, calls: Calls) -> impl Strategy<Value = Expr> {
    let functions = Function::ALL.map(|(function, _)| function);
    let steady = |function: &Function| match function {
        Function::Answered | Function::Last | Function::Lowest | Function::Highest | Function::Count => {
            calls == Calls::All
        }
        _ => true,
    };
    let functions: Vec<Function> = functions.into_iter().filter(steady).collect();
    (proptest::sample::select(functions), 0_i64..4, vec(inner, 1..4), name()).prop_map(
        |(function, count, mut parts, name)| {
            if function.takes_a_name() {
                parts = vec![name];
            } else if function == Function::Abs {
                parts.truncate(1);
            } else if function == Function::AtLeastMet {
                parts.insert(0, part(ExprKind::Constant(Constant::Number(Number::from(count)))));
            }
            part(ExprKind::Call(function, parts))
        },
    )
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (-30_i64..30, 1_i64..7).prop_map(|(numerator, denominator)| {
            Value::Number(Number::fraction(numerator.into(), denominator.into()).unwrap())
        }),
        1 => prop_oneof![Just(i128::MAX), Just(-i128::MAX)]
            .prop_map(|limit| Value::Number(Number::fraction(limit, 1).unwrap())),
        3 => any::<bool>().prop_map(Value::Truth),
        1 => prop_oneof![Just("f"), Just("m")].prop_map(|code| Value::Text(code.to_owned())),
        1 => day().prop_map(Value::Date),
        1 => prop_oneof![Just(Date::MAX), Just(Date::MIN)].prop_map(Value::Date),
        1 => prop_oneof![-400_i64..400, Just(i64::MAX), Just(i64::MIN)].prop_map(Value::Days),
        1 => prop_oneof![-40_i64..40, Just(i64::MAX), Just(i64::MIN)].prop_map(Value::Months),
    ]
}

/// A value of the type that the small trial gives the name.
fn typed_value(name: &'static str) -> BoxedStrategy<Value> {
    match name {
        "scr.phq9.total" => (0_i64..28).prop_map(|total| Value::Number(Number::from(total))).boxed(),
        "this.phq9[9]" => (0_i64..4).prop_map(|code| Value::Number(Number::from(code))).boxed(),
        _ => value().boxed(),
    }
}

fn answers() -> impl Strategy<Value = Answers> {
    let names = || proptest::sample::select(NAMES.to_vec()).prop_map(str::to_owned);
    (
        btree_map(names(), value(), 0..9),
        btree_map(names(), vec(value(), 0..4), 0..5),
        vec(names(), 0..4),
        btree_map(names(), Just("severe".to_owned()), 0..4),
    )
        .prop_map(|(values, series, done, bands)| Answers { values, series, done, bands })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_rule_reads_back_from_its_canonical_spelling(rule in rule(Calls::All)) {
        let spelling = rule.to_string();
        prop_assume!(spelling.chars().count() <= reader::MAX_CHARACTERS);
        let again = reader::read(&spelling);
        prop_assert_eq!(again.as_ref(), Ok(&rule), "{}", &spelling);
        prop_assert_eq!(again.map(|again| again.to_string()), Ok(spelling));
    }

    #[test]
    fn a_rule_has_a_truth_whatever_the_answers(rule in rule(Calls::All), answers in answers()) {
        let truth = evaluate(&rule, &answers);
        let value = value_of(&rule, &answers);
        match truth {
            Truth::Met => prop_assert_eq!(value, Some(Value::Truth(true))),
            Truth::NotMet => prop_assert_eq!(value, Some(Value::Truth(false))),
            Truth::Undetermined => prop_assert!(!matches!(value, Some(Value::Truth(_)))),
        }
    }

    #[test]
    fn a_further_answer_never_turns_what_is_decided(
        rule in rule(Calls::Steady),
        answers in answers(),
        further in btree_map(proptest::sample::select(NAMES.to_vec()).prop_map(str::to_owned), value(), 0..9),
        bands in option::of(proptest::sample::select(NAMES.to_vec())),
    ) {
        let mut more = answers.clone();
        for (name, value) in further {
            more.values.entry(name).or_insert(value);
        }
        if let Some(name) = bands {
            more.bands.entry(name.to_owned()).or_insert_with(|| "mild".to_owned());
        }
        let (before, after) = (evaluate(&rule, &answers), evaluate(&rule, &more));
        prop_assert!(before == Truth::Undetermined || before == after, "{rule}: {before:?}, then {after:?}");
    }

    #[test]
    fn no_text_makes_the_reader_or_the_types_panic(
        text in prop_oneof![
            ".{0,60}",
            "[a-c0-9 .,'()<>=!+*/\\[\\]-]{0,60}",
            vec(proptest::sample::select(vec![
                "scr.phq9.total", "sex", "today", "age", "w.phq9.total", "'f'", "3", "3m", "2d", "2026-03-02", "(", ")",
                "[", "]", "..", ",", "and", "or", "not", "in", "==", "<", ">=", "+", "-", "*", "/", "last(", "abs(",
                "done(", "foo(", "at_least(2,", "true",
            ]), 0..20).prop_map(|words| words.join(" ")),
        ],
    ) {
        let length = text.chars().count();
        if let Err(findings) = typing::compile(&text, &Place) {
            prop_assert!(!findings.is_empty());
            for finding in findings {
                prop_assert!(finding.at <= length && finding.width >= 1);
                prop_assert!(finding.at + finding.width <= length + 1, "{finding:?}");
            }
        }
    }

    #[test]
    fn what_is_refused_as_always_or_never_met_is_so(
        relation in relation(),
        bound in -5_i64..35,
        scale in 1_i64..4,
        total in typed_value("scr.phq9.total"),
        item in typed_value("this.phq9[9]"),
    ) {
        let text = format!("scr.phq9.total - this.phq9[9] / {scale} {} {bound}", relation.as_str());
        let findings = typing::check_rule(&reader::read(&text).unwrap(), &Place);
        let answers = Answers::default().with("scr.phq9.total", total).with("this.phq9[9]", item);
        let truth = evaluate(&reader::read(&text).unwrap(), &answers);
        if let Some(finding) = findings.first() {
            let expected = if finding.text.ends_with("always met.") { Truth::Met } else { Truth::NotMet };
            prop_assert_eq!(truth, expected, "{}", &finding.text);
        }
    }
}
