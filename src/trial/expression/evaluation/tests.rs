//! Truth tables, functions, exact numbers and dates, against values worked out by hand.

use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Truth::Met as T;
use crate::trial::expression::evaluation::Truth::NotMet as F;
use crate::trial::expression::evaluation::Truth::Undetermined as U;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::evaluation::value_of;
use crate::trial::expression::place::Answers;
use crate::trial::expression::reader::read;

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn date(text: &str) -> Value {
    Value::Date(text.parse().unwrap())
}

fn truth(text: &str, values: &Answers) -> Truth {
    evaluate(&read(text).unwrap(), values)
}

fn value(text: &str, values: &Answers) -> Option<Value> {
    value_of(&read(text).unwrap(), values)
}

/// `t` is true, `f` false, `u` has no answer.
fn three() -> Answers {
    Answers::default().with("t", Value::Truth(true)).with("f", Value::Truth(false))
}

#[test]
fn and_or_and_not_follow_kleenes_tables() {
    let names = [("t", T), ("f", F), ("u", U)];
    let and = [[T, F, U], [F, F, F], [U, F, U]];
    let or = [[T, T, T], [T, F, U], [T, U, U]];
    for (row, (left, own)) in names.into_iter().enumerate() {
        for (column, (right, _)) in names.into_iter().enumerate() {
            assert_eq!(
                truth(&format!("{left} and {right}"), &three()),
                and[row][column],
                "{left} and {right}"
            );
            assert_eq!(truth(&format!("{left} or {right}"), &three()), or[row][column], "{left} or {right}");
        }
        assert_eq!(truth(left, &three()), own);
        assert_eq!(truth(&format!("not {left}"), &three()), [F, T, U][row], "not {left}");
    }
}

#[test]
fn longer_rows_of_tests_are_decided_by_the_deciding_one() {
    for (text, expected) in [
        ("u and u and f", F),
        ("f and u and t", F),
        ("t and t and u", U),
        ("u or f or t", T),
        ("u or f or f", U),
        ("not (u and f)", T),
        ("(u or t) and not f", T),
    ] {
        assert_eq!(truth(text, &three()), expected, "{text}");
    }
}

#[test]
fn a_test_with_a_missing_operand_is_undetermined() {
    let values = Answers::default().with("a", number("5")).with("s", Value::Text("f".into()));
    for text in [
        "x > 1",
        "1 > x",
        "x == x",
        "x != 1",
        "x in 1..2",
        "x not in 1..2",
        "a in x..3",
        "a in 9..x",
        "a in x..9",
        "a not in 9..x",
        "x in [1, 2]",
        "x not in [1, 2]",
        "a + x > 0",
        "0 * x == 0",
        "a / 0 > 1",
        "-x < 0",
        "abs(x) > 0",
        "min(a, x) < 9",
        "max(a, x) > 1",
        "band(a) == 'mild'",
        "last(w) > 1",
        "lowest(w) > 1",
        "highest(w) > 1",
        "x",
        "not x",
        "x == true",
        "x == 'f'",
    ] {
        assert_eq!(truth(text, &values), U, "{text}");
    }
}

#[test]
fn comparisons_hold_as_their_signs_say() {
    let values = Answers::default()
        .with("a", number("5"))
        .with("s", Value::Text("f".into()))
        .with("b", Value::Truth(false))
        .with("d", date("2026-03-02"));
    for (text, expected) in [
        ("a == 5", T),
        ("a != 5", F),
        ("a < 5", F),
        ("a <= 5", T),
        ("a > 5", F),
        ("a >= 5", T),
        ("a < 6", T),
        ("a >= 6", F),
        ("a in 5..6", T),
        ("a in 4..5", T),
        ("a in 6..9", F),
        ("a not in 6..9", T),
        ("a in 9..1", F),
        ("a in [1, 5]", T),
        ("a in [1, 2]", F),
        ("a not in [1, 5]", F),
        ("a in [-5]", F),
        ("-a in [-5]", T),
        ("s == 'f'", T),
        ("s != 'm'", T),
        ("s in ['m', 'x']", F),
        ("s not in ['m']", T),
        ("b == false", T),
        ("(a > 1) == b", F),
        ("d == 2026-03-02", T),
        ("d > 2026-03-01", T),
        ("d in 2026-03-02..2026-03-02", T),
        ("90d > 12w", T),
        ("12m == 1y", T),
        ("2w == 14d", T),
    ] {
        assert_eq!(truth(text, &values), expected, "{text}");
    }
}

#[test]
fn days_never_compare_with_months() {
    for text in ["90d == 3m", "90d < 3m", "3m in 1d..900d", "3m != 90d"] {
        assert_eq!(truth(text, &Answers::default()), U, "{text}");
    }
}

#[test]
fn numbers_are_exact() {
    let values = Answers::default()
        .with("prorated", number("72/5"))
        .with("third", number("1/3"))
        .with("total", number("13"));
    for (text, expected) in [
        ("prorated == 14.4", T),
        ("prorated > 14.4", F),
        ("third * 3 == 1", T),
        ("third + third + third == 1", T),
        ("0.1 + 0.2 == 0.3", T),
        ("10 / 3 * 3 == 10", T),
        ("total / 2 == 6.5", T),
        ("total <= 26 / 2", T),
        ("8 - 3 - 2 == 3", T),
        ("8 / 4 / 2 == 1", T),
        ("2 + 3 * 4 == 14", T),
        ("(2 + 3) * 4 == 20", T),
        ("-2 * -3 == 6", T),
        ("8 - (3 - 2) == 7", T),
    ] {
        assert_eq!(truth(text, &values), expected, "{text}");
    }
}

#[test]
fn what_is_too_large_to_be_exact_is_missing() {
    let large = "99999999999999999999";
    let text = format!("{large} * {large}");
    assert_eq!(value(&text, &Answers::default()), None);
    assert_eq!(truth(&format!("{text} > 1 or true"), &Answers::default()), T);
    assert_eq!(truth(&format!("{text} > 1"), &Answers::default()), U);
}

#[test]
fn dates_move_by_days_and_by_calendar_months() {
    let values = Answers::default().with("today", date("2026-05-31")).with("x", date("2026-02-28"));
    for (text, expected) in [
        ("2026-01-31 + 1m == 2026-02-28", T),
        ("2024-01-31 + 1m == 2024-02-29", T),
        ("2024-02-29 + 1y == 2025-02-28", T),
        ("today - 3m == x", T),
        ("x >= today - 3m", T),
        ("x > today - 3m", F),
        ("today - x == 92d", T),
        ("x - today == -92d", T),
        ("today - x == -(x - today)", T),
        ("abs(x - today) == 92d", T),
        ("2w + x == 2026-03-14", T),
        ("x + 1m + 1d == 2026-03-29", T),
    ] {
        assert_eq!(truth(text, &values), expected, "{text}");
    }
}

#[test]
fn answered_is_never_undetermined() {
    let values = three();
    for (text, expected) in
        [("answered(t)", T), ("answered(f)", T), ("answered(u)", F), ("not answered(u)", T)]
    {
        assert_eq!(truth(text, &values), expected, "{text}");
    }
}

#[test]
fn at_least_is_met_by_so_many_and_not_met_once_out_of_reach() {
    for (text, expected) in [
        ("at_least(2, t, t, f)", T),
        ("at_least(2, t, u, t)", T),
        ("at_least(2, t, u, f)", U),
        ("at_least(2, t, f, f)", F),
        ("at_least(2, u, f, f)", F),
        ("at_least(2, u, u, f)", U),
        ("at_least(1, u, f)", U),
        ("at_least(1, u, t)", T),
        ("at_least(3, t, t, u)", U),
        ("at_least(1, f)", F),
    ] {
        assert_eq!(truth(text, &three()), expected, "{text}");
    }
}

#[test]
fn functions_of_a_series_look_at_what_is_there() {
    let mut values = Answers::default();
    values.series.insert("w.phq9.total".into(), vec![number("9"), number("72/5"), number("3")]);
    values.series.insert("w.diary.day".into(), vec![date("2026-03-09"), date("2026-03-02")]);
    values.series.insert("w.diary.mood".into(), vec![Value::Text("good".into()), Value::Text("bad".into())]);
    for (text, expected) in [
        ("last(w.phq9.total)", Some(number("3"))),
        ("lowest(w.phq9.total)", Some(number("3"))),
        ("highest(w.phq9.total)", Some(number("14.4"))),
        ("number(w.phq9.total)", Some(number("3"))),
        ("last(w.diary.day)", Some(date("2026-03-02"))),
        ("highest(w.diary.day)", Some(date("2026-03-09"))),
        ("last(w.diary.mood)", Some(Value::Text("bad".into()))),
        ("last(w.gad7.total)", None),
        ("lowest(w.gad7.total)", None),
        ("number(w.gad7.total)", Some(number("0"))),
    ] {
        assert_eq!(value(text, &values), expected, "{text}");
    }
}

#[test]
fn done_band_abs_min_and_max_give_what_they_say() {
    let mut values = Answers::default().with("a", number("-2.5")).with("b", number("7"));
    values.done.push("pre".into());
    values.bands.insert("pre.phq9.total".into(), "severe".into());
    for (text, expected) in [
        ("done(pre)", T),
        ("done(post)", F),
        ("band(pre.phq9.total) == 'severe'", T),
        ("band(pre.phq9.total) == 'mild'", F),
        ("abs(a) == 2.5", T),
        ("abs(b) == 7", T),
        ("min(b, a, 3) == -2.5", T),
        ("max(a, 3, b) == 7", T),
        ("min(2026-03-02, 2026-03-01) == 2026-03-01", T),
        ("max(3d, 1w) == 1w", T),
    ] {
        assert_eq!(truth(text, &values), expected, "{text}");
    }
}

#[test]
fn a_value_of_another_type_than_the_rule_was_checked_for_is_never_met_by_chance() {
    let values = Answers::default().with("a", Value::Text("5".into())).with("n", number("1"));
    for text in ["a >= 1", "a == 5", "a + 1 > 1", "n", "not n", "n and true", "abs(a) > 0", "min(a, 1) > 0"] {
        assert_eq!(truth(text, &values), U, "{text}");
    }
}

#[test]
fn verdicts_have_fixed_words() {
    let words = [T, F, U].map(Truth::as_str);
    assert_eq!(words, ["met", "not_met", "undetermined"]);
    assert_eq!([T, F, U].map(Truth::known), [Some(true), Some(false), None]);
}
