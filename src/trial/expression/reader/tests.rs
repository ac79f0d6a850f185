//! The grammar: every production, every mistake at its place, limits on hostile input.

use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::finding::Span;
use crate::trial::expression::reader::RESERVED;
use crate::trial::expression::reader::draft;
use crate::trial::expression::reader::read;

fn findings(text: &str) -> Vec<(&'static str, usize, String)> {
    let draft = draft(text);
    let stop = draft.expr.err();
    draft.findings.into_iter().chain(stop).map(|finding| (finding.code, finding.at, finding.text)).collect()
}

fn only(text: &str) -> (&'static str, usize, String) {
    let mut all = findings(text);
    assert_eq!(all.len(), 1, "{text}: {all:?}");
    all.remove(0)
}

#[test]
fn every_production_reads() {
    for text in [
        "true",
        "flag.a",
        "not flag.a",
        "not not flag.a and flag.b",
        "a or b or c",
        "(a and b) or c",
        "a == 1 and a != 1 and a < 1 and a <= 1 and a > 1 and a >= 1",
        "a.b in 15..19",
        "a.b in b.c..c.d+1",
        "a.b not in 1.5..2.5",
        "x.y in ['a', 'b']",
        "x.y not in [1, -2, 3d, 2026-03-02, true]",
        "x.y in -3..-1",
        "this.phq9[9] >= 1",
        "this.lsas_sr[1f] in 1..3",
        "this.x[ 4_2 ] > 0",
        "scr.entry.changed > today - 3m",
        "scr.entry.birth <= 2008-03-02",
        "a.b * -2 / 3 - -c.d + 1 >= 14.4",
        "(a + 1) * (b - 1) > -(c)",
        "(a > 1) == (b > 1)",
        "at_least(2, a.b > 1, c.d, not e.f)",
        "min(a, b, 3) <= max(a, abs(b - c))",
        "last(w.x.y) > lowest(w.x.y) or highest(w.x.y) < number(w.x.y)",
        "done(post) and answered(post.x.y) and band(pre.x.y) == 'severe'",
        "a == 'Umeå, north'",
        "a\t==  1",
    ] {
        assert_eq!(findings(text), vec![], "{text}");
    }
}

#[test]
fn what_was_expected_is_said_at_its_place() {
    for (text, at, what) in [
        ("", 0, "Expected a value at the beginning."),
        ("scr.phq9.total >=", 17, "Expected a value after '>='."),
        ("a >= 1 and", 10, "Expected a value after 'and'."),
        ("not", 3, "Expected a value after 'not'."),
        ("a == not b", 5, "Expected a value after '=='."),
        ("and a", 0, "Expected a value at the beginning."),
        ("a b", 2, "Expected an operator or the end after 'a'."),
        ("a ? 1", 2, "Expected an operator or the end after 'a'."),
        ("a = 1", 2, "Expected an operator or the end (= is written ==) after 'a'."),
        ("a ≥ 1", 2, "Expected an operator or the end (≥ is written >=) after 'a'."),
        ("a > 1 && b", 6, "Expected an operator or the end (& is written and) after '1'."),
        ("a )", 2, "Expected an operator or the end after 'a'."),
        ("(a > 1", 6, "Expected ')' after '1'."),
        ("a. > 1", 3, "Expected a name after '.'."),
        ("a.and > 1", 2, "Expected a name after '.'."),
        ("a[] > 1", 2, "Expected a name after '['."),
        ("a[9 > 1", 4, "Expected ']' after '9'."),
        ("a in 5", 6, "Expected '..' after '5'."),
        ("a not 5", 2, "Expected an operator or the end after 'a'."),
        ("x in [1, y]", 9, "Expected a value after ','."),
        ("x in [1 2]", 8, "Expected ',' or ']' after '1'."),
        ("x in [--1]", 7, "Expected a value after '-'."),
        ("sex == 'f", 9, "Expected a closing ' after 'f'."),
        ("a > 3min", 5, "Expected an operator or a unit (d, w, m, y) after '3'."),
        ("d > 2026-02-30", 4, "Expected a date of the calendar after '>'."),
        ("d > 1.5w", 4, "Expected whole days, weeks, months or years after '>'."),
        ("abs() > 1", 4, "Expected a value after '('."),
        ("abs(1, 2) > 1", 5, "Expected ')' after '1'."),
        ("min(1 2) > 1", 6, "Expected ',' or ')' after '1'."),
        ("at_least(2)", 10, "Expected ',' after '2'."),
        ("at_least(x, a, b)", 9, "Expected a whole number after '('."),
        ("at_least(1.5, a, b)", 9, "Expected a whole number after '('."),
        ("answered(3)", 9, "Expected a name after '('."),
        ("last(a.b + 1) > 1", 9, "Expected ')' after 'b'."),
        ("a.b(1) > 1", 3, "Expected an operator or the end after 'b'."),
    ] {
        assert_eq!(only(text), ("P201", at, what.to_owned()), "{text}");
    }
}

#[test]
fn words_of_the_language_are_no_names() {
    for word in RESERVED {
        assert_eq!(read(&format!("a.{word} > 1")).unwrap_err().code, "P201", "{word}");
        assert_eq!(read(&format!("{word}.a > 1")).unwrap_err().code, "P201", "{word}");
    }
}

#[test]
fn and_with_or_needs_brackets_and_is_said_once() {
    let mixed = |text| {
        let (code, at, text) = only(text);
        assert_eq!((code, text.as_str()), ("P202", "'and' and 'or' are mixed: put brackets."));
        at
    };
    assert_eq!(mixed("age >= 18 and scr.phq9.total >= 10 or age >= 65"), 35);
    assert_eq!(mixed("a or b and c or d and e"), 7);
    assert_eq!(findings("a and (b or c)"), vec![]);
    assert_eq!(findings("(a and b or c) and (d or e and f)").len(), 2);
}

#[test]
fn a_chained_comparison_is_shown_as_the_range_that_it_means() {
    for (text, at, range) in [
        ("10 <= scr.phq9.total <= 24", 21, "scr.phq9.total in 10..24"),
        ("24 >= age >= 10", 10, "age in 10..24"),
        ("1 < (a + b) * 2 < 9", 16, "(a + b) * 2 in 1..9"),
        ("(1 + 1) <= a <= (b)", 13, "a in (1 + 1)..(b)"),
        ("1 == a != 3", 7, "a in 1..3"),
        ("1 < age in 15..19", 8, "age in 15..19"),
        ("age in 15..19 == true", 14, "age in 15..19"),
        ("1 < a not in [2, 3]", 6, "a in [2, 3]"),
        ("a in [2, 3] == true", 12, "a in [2, 3]"),
        ("1 < a < 2 < 3 < 4", 6, "a in 1..2"),
    ] {
        let text_of = format!("Two comparisons in a row: write {range}.");
        assert_eq!(only(text), ("P203", at, text_of), "{text}");
    }
    assert_eq!(read("1 <= a <= 2").unwrap_err().mend, None);
    assert_eq!(read("1 < a <= 2").unwrap_err().mend.as_deref(), Some("'..' includes both ends."));
}

#[test]
fn an_unknown_function_is_guessed() {
    let guess = |text| only(text).2;
    assert_eq!(
        only("age > 1 and answerd(a.b)"),
        ("P205", 12, "The rule language has no function 'answerd'. Did you mean 'answered'?".to_owned())
    );
    assert_eq!(guess("mean(a, b) > 1"), "The rule language has no function 'mean'.");
    assert!(guess("higest(a) > 1").ends_with("Did you mean 'highest'?"));
}

#[test]
fn reading_goes_on_behind_a_mistake_whose_meaning_is_plain() {
    let codes: Vec<&str> =
        findings("1 < a < 3 and b or foo(c) == ").into_iter().map(|found| found.0).collect();
    assert_eq!(codes, ["P203", "P202", "P205", "P201"]);
}

#[test]
fn limits_are_reached_exactly_and_stand_alone() {
    let over = |limit: &str| {
        let text = format!("Over {limit}: 2000 characters, depth 32 or 64 names.");
        ("P210", 0, text)
    };
    let brackets = |depth: usize| format!("{}age>9{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(findings(&brackets(32)), vec![]);
    assert_eq!(only(&brackets(33)), over("depth 32"));
    assert_eq!(findings(&format!("{}a", "not ".repeat(32))), vec![]);
    assert_eq!(only(&format!("{}a", "not ".repeat(33))), over("depth 32"));
    let calls = |depth: usize| format!("{}a{} > 1", "abs(".repeat(depth), ")".repeat(depth));
    assert_eq!(findings(&calls(32)), vec![]);
    assert_eq!(only(&calls(33)), over("depth 32"));
    assert_eq!(findings(&vec!["a"; 64].join("+")), vec![]);
    assert_eq!(only(&vec!["a"; 65].join("+")), over("64 names"));
    assert_eq!(findings(&format!("a == '{}'", "å".repeat(1993))), vec![]);
    assert_eq!(only(&format!("a == '{}'", "å".repeat(1994))), over("2000 characters"));
    assert_eq!(only(&format!("1 < 2 < 3 and {}", brackets(33))), over("depth 32"));
    assert_eq!(read(&brackets(33)).unwrap_err().mend.as_deref(), Some("Divide the rule."));
}

#[test]
fn hostile_texts_need_no_deep_stack() {
    for text in ["(", "-", "not ", "abs(", "x in [-", "a[", "1..", "1<", "'", "a.", "min(1,"] {
        assert!(!findings(&text.repeat(2000 / text.len())).is_empty(), "{text}");
    }
    for (text, last, spelling) in [
        ("1+", "1", "1 + "),
        ("1*", "1", "1 * "),
        ("true and ", "true", "true and "),
        ("true or ", "true", "true or "),
    ] {
        let times = 1990 / text.len();
        let rule = read(&(text.repeat(times) + last)).unwrap();
        assert_eq!(rule.to_string(), spelling.repeat(times) + last);
    }
}

#[test]
fn spans_are_characters_of_the_text() {
    let rule = read("a == 'å' and (scr.phq9[9]) > 1").unwrap();
    let ExprKind::All(parts) = &rule.kind else { panic!("{rule}") };
    assert_eq!(parts[1].span, Span { start: 13, end: 30 });
    let ExprKind::Comparison(_, left, _) = &parts[1].kind else { panic!("{rule}") };
    assert_eq!((left.span, left.outer), (Span { start: 14, end: 25 }, Span { start: 13, end: 26 }));
    let ExprKind::Name(name) = &left.kind else { panic!("{rule}") };
    assert_eq!(name.words[1].span, Span { start: 18, end: 22 });
    assert_eq!(name.item.as_ref().unwrap().span, Span { start: 23, end: 24 });
}
