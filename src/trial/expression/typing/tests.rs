//! Every finding of types with its place and words, and rules that pass.

use crate::kernel::number::Number;
use crate::trial::expression::place::Place;
use crate::trial::expression::reader;
use crate::trial::expression::typing::Type;
use crate::trial::expression::typing::check_value;
use crate::trial::expression::typing::compile;

fn findings(text: &str) -> Vec<(&'static str, usize, String)> {
    let found = compile(text, &Place).err().unwrap_or_default();
    found.into_iter().map(|finding| (finding.code, finding.at, finding.text)).collect()
}

fn only(text: &str) -> (&'static str, usize, String) {
    let mut all = findings(text);
    assert_eq!(all.len(), 1, "{text}: {all:?}");
    all.remove(0)
}

fn expect(code: &'static str, cases: &[(&str, usize, &str)]) {
    for (text, at, words) in cases {
        assert_eq!(only(text), (code, *at, (*words).to_owned()), "{text}");
    }
}

#[test]
fn sound_rules_pass() {
    for text in [
        "scr.phq9.total >= 10 and age >= 18",
        "age in 18..65",
        "scr.entry.drug and scr.entry.changed > today - 3m",
        "today - scr.entry.changed >= 90d",
        "abs(anchor.start - today) <= 2w",
        "today >= 2026-03-02",
        "today in 2026-03-02..anchor.start + 1y",
        "scr.entry.sex == 'f' or scr.entry.sex in ['m', 'x']",
        "scr.entry.sex != sex",
        "scr.bdi2[16] == '1a'",
        "scr.entry.note == 'a'",
        "last(w.phq9.total) <= pre.phq9.total / 2",
        "last(w.diary.mood) == 'bad' or lowest(w.diary.day) > today",
        "done(pre) and answered(scr.entry.note) and band(pre.phq9.total) == 'severe'",
        "at_least(2, age > 1, scr.entry.drug, not done(pre))",
        "min(scr.phq9.total, pre.phq9.total) in 10..24",
        "max(today, anchor.start) > scr.entry.changed",
        "number(w.phq9.total) >= 3",
        "scr.entry.drug == true and flag.well != false",
        "(age > 60) == scr.entry.drug",
        "post.phq9.total - pre.phq9.total <= -5",
        "use.modules >= 5",
        "this.phq9[9] >= 1",
        "2 * scr.phq9.total / 3 > 14.4",
    ] {
        assert_eq!(findings(text), vec![], "{text}");
    }
}

#[test]
fn types_that_do_not_compare_are_p204_at_the_test_with_a_guess_where_one_is_near() {
    expect(
        "P204",
        &[
            ("scr.entry.birth >= 18", 0, "scr.entry.birth is a date, 18 a number. Did you mean age >= 18?"),
            (
                "age > 1 and (18 <= scr.entry.birth)",
                13,
                "18 is a number, scr.entry.birth a date. Did you mean 18 <= age?",
            ),
            (
                "scr.entry.birth in 18..65",
                0,
                "scr.entry.birth is a date, 18 a number. Did you mean age in 18..65?",
            ),
            ("scr.entry.changed >= 18", 0, "scr.entry.changed is a date, 18 a number."),
            (
                "today >= '2026-03-02'",
                0,
                "today is a date, '2026-03-02' a text. Did you mean today >= 2026-03-02?",
            ),
            ("age == '18'", 0, "age is a number, '18' a text. Did you mean age == 18?"),
            (
                "scr.bdi2[16] == 0",
                0,
                "scr.bdi2[16] is a choice, 0 a number. Did you mean scr.bdi2[16] == '0'?",
            ),
            ("scr.bdi2[16] == 7", 0, "scr.bdi2[16] is a choice, 7 a number."),
            (
                "scr.entry.drug == 'yes'",
                0,
                "scr.entry.drug is yes or no, 'yes' a text. Did you mean scr.entry.drug?",
            ),
            (
                "scr.entry.drug != 1",
                0,
                "scr.entry.drug is yes or no, 1 a number. Did you mean not scr.entry.drug?",
            ),
            (
                "today - anchor.start > 90",
                0,
                "today - anchor.start is a count of days, 90 a number. Did you mean today - anchor.start > 90d?",
            ),
            ("scr.entry.sex == scr.entry.work", 0, "scr.entry.sex is a choice, scr.entry.work a choice."),
            ("scr.entry.sex == scr.entry.note", 0, "scr.entry.sex is a choice, scr.entry.note a text."),
            ("scr.entry.sex > 'f'", 0, "scr.entry.sex is a choice, > 'f' takes what has an order."),
            ("scr.entry.drug < true", 0, "scr.entry.drug is yes or no, < true takes what has an order."),
            (
                "scr.entry.note in 'a'..'b'",
                0,
                "scr.entry.note is a text, in 'a'..'b' takes what has an order.",
            ),
            (
                "scr.entry.note != 'a'",
                0,
                "scr.entry.note is a text, != is not for texts. Did you mean not scr.entry.note == 'a'?",
            ),
        ],
    );
}

#[test]
fn arithmetic_and_functions_take_their_types() {
    expect(
        "P204",
        &[
            ("age + today > 3", 0, "age is a number, today a date."),
            ("scr.entry.changed > today - 3", 0, "today is a date, 3 a number. Did you mean 3d?"),
            ("3d - today > 1d", 0, "3d is a count of days, today a date."),
            ("today + (3d + 1m) > today", 9, "3d is a count of days, 1m a count of months."),
            ("age > 1 and 2 * 3d > 1d", 12, "2 is a number, 3d a count of days."),
            ("-today > 1", 0, "today is a date, '-' takes numbers."),
            ("abs(today) > 1", 4, "today is a date, 'abs' takes numbers."),
            ("min(age, scr.entry.sex) > 1", 9, "scr.entry.sex is a choice, 'min' takes numbers or dates."),
            ("max(age, today) > 1", 0, "age is a number, today a date."),
            ("highest(w.diary.mood) > 1", 8, "w.diary.mood is a choice, 'highest' takes numbers or dates."),
            ("age", 0, "age is a number, a rule yes or no: compare it with something."),
            ("scr.entry.drug and age", 19, "age is a number, a rule yes or no: compare it with something."),
            ("not 'a'", 4, "'a' is a text, a rule yes or no: compare it with something."),
            (
                "at_least(1, age, scr.entry.drug)",
                12,
                "age is a number, a rule yes or no: compare it with something.",
            ),
        ],
    );
}

#[test]
fn a_test_that_is_always_or_never_met_is_p208_at_the_test() {
    expect(
        "P208",
        &[
            ("scr.phq9.total >= 30", 0, "scr.phq9.total is 0 to 27: >= 30 is never met."),
            ("scr.phq9.total >= 0", 0, "scr.phq9.total is 0 to 27: >= 0 is always met."),
            ("age > 1 and 28 > scr.phq9.total", 12, "scr.phq9.total is 0 to 27: < 28 is always met."),
            ("scr.phq9.total == 28", 0, "scr.phq9.total is 0 to 27: == 28 is never met."),
            ("scr.phq9.total != 28", 0, "scr.phq9.total is 0 to 27: != 28 is always met."),
            ("scr.phq9.total in 30..40", 0, "scr.phq9.total is 0 to 27: in 30..40 is never met."),
            ("scr.phq9.total not in 0..27", 0, "scr.phq9.total is 0 to 27: not in 0..27 is never met."),
            ("age in 65..18", 0, "age is 0 or more: in 65..18 is never met."),
            ("scr.phq9.total in [28, 29]", 0, "scr.phq9.total is 0 to 27: in [28, 29] is never met."),
            ("scr.entry.change >= -3", 0, "scr.entry.change is -3 to 3: >= -3 is always met."),
            ("scr.phq9.total / 2 > 13.5", 0, "scr.phq9.total / 2 is 0 to 13.5: > 13.5 is never met."),
            ("abs(scr.entry.change) > 3", 0, "abs(scr.entry.change) is 0 to 3: > 3 is never met."),
            ("min(scr.phq9.total, age) > 27", 0, "min(scr.phq9.total, age) is 0 to 27: > 27 is never met."),
            ("number(w.phq9.total) >= 0", 0, "number(w.phq9.total) is 0 or more: >= 0 is always met."),
            ("at_least(3, flag.well, done(pre))", 0, "at_least is 0 to 2: >= 3 is never met."),
            ("at_least(0, flag.well, done(pre))", 0, "at_least is 0 to 2: >= 0 is always met."),
        ],
    );
    for text in [
        "scr.phq9.total < 27",
        "scr.phq9.total >= 27",
        "scr.phq9.total in 10..30",
        "scr.phq9.total in [27, 28]",
        "age >= 200",
        "age / scr.phq9.total > 5",
        "post.phq9.total - pre.phq9.total >= 27",
    ] {
        assert_eq!(findings(text), vec![], "{text}");
    }
}

#[test]
fn a_code_that_is_no_option_is_p209_at_the_constant() {
    expect(
        "P209",
        &[
            ("scr.entry.sex == 'z'", 17, "'z' is no option of scr.entry.sex: f, m, x."),
            ("'z' != scr.entry.sex", 0, "'z' is no option of scr.entry.sex: f, m, x."),
            ("scr.entry.sex in ['f', 'z']", 23, "'z' is no option of scr.entry.sex: f, m, x."),
            (
                "band(pre.phq9.total) == 'mild'",
                24,
                "'mild' is no option of band(pre.phq9.total): minimal, severe.",
            ),
        ],
    );
    assert_eq!(findings("scr.entry.sex in ['y', 'z']").len(), 2);
}

#[test]
fn days_do_not_compare_with_months() {
    let say = |guess: &str| format!("Days don't compare with months: write {guess}.");
    for (text, at, guess) in [
        ("scr.entry.drug and today - scr.entry.changed < 3m", 19, "scr.entry.changed > today - 3m"),
        ("today - scr.entry.changed >= 3m", 0, "scr.entry.changed <= today - 3m"),
        ("3m <= today - scr.entry.changed", 0, "scr.entry.changed <= today - 3m"),
        ("today - scr.entry.changed in 3m..6m", 0, "scr.entry.changed in today - 6m..today - 3m"),
        ("today - scr.entry.changed not in 3m..6m", 0, "scr.entry.changed not in today - 6m..today - 3m"),
        ("90d == 3m", 0, "both in days or both in months"),
        ("today - scr.entry.changed in 30d..3m", 0, "both in days or both in months"),
        ("90d - 1d < 3m", 0, "both in days or both in months"),
    ] {
        assert_eq!(only(text), ("P213", at, say(guess)), "{text}");
    }
}

#[test]
fn findings_of_names_are_the_places_own_at_the_wrong_part() {
    for (text, code, at) in [
        ("age > 1 and scr.phq9.totl >= 10", "P205", 21),
        ("scrn.phq9.total >= 10", "P205", 0),
        ("late.phq9.total >= 10", "P206", 0),
        ("this.phq9[9] >= 1 and arm == 'wl'", "P207", 22),
        ("w.phq9.total <= pre.phq9.total / 2", "P215", 0),
        ("scr.ersq_9[1] > 0", "P608", 4),
        ("done(age)", "P205", 5),
        ("last(pre.phq9.total) > 1", "P205", 5),
        ("band(scr.entry.sex) == 'a'", "P205", 15),
        ("answered(x.y)", "P205", 9),
        ("x.y in 1..2", "P205", 0),
        ("x.y in ['a', 'b']", "P205", 0),
        ("x.y + 1 > 2", "P205", 0),
    ] {
        let found = only(text);
        assert_eq!((found.0, found.1), (code, at), "{text}");
    }
}

#[test]
fn one_mistake_gives_one_finding_and_two_give_two() {
    assert_eq!(findings("x.y > 1 or z.z > 1").len(), 2);
    assert_eq!(findings("x.y + today * z.z > 1").len(), 2);
    assert_eq!(findings("not (x.y > 1 and scr.entry.sex == 'z')").len(), 2);
    assert_eq!(findings("scr.phq9.total in 30..40").len(), 1);
    assert_eq!(findings("today in ['a', 1]").len(), 1);
}

#[test]
fn a_code_without_quotation_marks_is_mended() {
    let found = compile("sex == f", &Place).unwrap_err();
    assert_eq!((found[0].code, found[0].at), ("P205", 7));
    assert_eq!(found[0].mend.as_deref(), Some("A code stands in quotation marks: 'f'."));
    assert_eq!(compile("sex == g", &Place).unwrap_err()[0].mend, None);
}

#[test]
fn names_of_a_rule_with_a_mistake_of_grammar_are_looked_up_and_its_types_are_not() {
    let codes = |text| findings(text).into_iter().map(|found| (found.0, found.1)).collect::<Vec<_>>();
    assert_eq!(codes("scrn.phq9.total > 1 and age or scr.entry.sex == 'z'"), [("P205", 0), ("P202", 28)]);
    assert_eq!(codes("10 <= scrn.phq9.total <= age"), [("P205", 6), ("P203", 22)]);
    assert_eq!(codes("mean(x.y, age) > 1"), [("P205", 0), ("P205", 5)]);
    assert_eq!(
        codes("w.phq9.total > 1 and done(nie) or last(w.phq9.total) > 1"),
        [("P215", 0), ("P205", 26), ("P202", 31)]
    );
}

#[test]
fn a_value_has_its_type() {
    let kind = |text: &str| check_value(&reader::read(text).unwrap(), &Place);
    let number = |low: i64, high: i64| Type::Number(Some(Number::from(low)), Some(Number::from(high)));
    assert_eq!(kind("scr.phq9.total * 2 - 1"), Ok(number(-1, 53)));
    assert_eq!(kind("max(scr.phq9.total, 5)"), Ok(number(5, 27)));
    assert_eq!(kind("-scr.phq9.total"), Ok(number(-27, 0)));
    assert_eq!(kind("today - 3m"), Ok(Type::Date));
    assert_eq!(kind("today - anchor.start"), Ok(Type::Days));
    assert_eq!(kind("1y - 3m"), Ok(Type::Months));
    assert_eq!(kind("last(w.diary.day)"), Ok(Type::Date));
    assert_eq!(kind("x.y + 1").unwrap_err().len(), 1);
}
