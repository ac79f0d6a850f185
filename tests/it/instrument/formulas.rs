//! Every formula of the scoring key, on small instruments made for it; the values come from the papers' own rules.

use std::collections::BTreeMap;

use equipoise::kernel::number::Number;
use equipoise::trial::instrument::definition::Instrument;
use equipoise::trial::instrument::definition::MissingRule;
use equipoise::trial::instrument::scoring;
use equipoise::trial::instrument::scoring::Context;
use equipoise::trial::instrument::scoring::Overrides;
use equipoise::trial::instrument::scoring::ScoringError;
use serde_json::Value;
use serde_json::json;

use crate::instrument::Answers;
use crate::instrument::answers;
use crate::instrument::line;
use crate::instrument::same;
use crate::instrument::shipped;
use crate::instrument::tiny;
use crate::instrument::try_score;
use crate::instrument::with;

fn scores(instrument: &Instrument, answers: &Answers, ids: &[&str]) -> Vec<String> {
    let scored = try_score(instrument, answers).unwrap();
    ids.iter().map(|id| line(&scored, id)).collect()
}

fn check(instrument: &Instrument, answers: &Answers, id: &str, expected: &str) {
    assert_eq!(scores(instrument, answers, &[id]), [expected]);
}

const FOUR: &str = "[options]\nfour = [0, 1, 2, 3]\n";

fn items_of_four(key: &str) -> Instrument {
    tiny(&format!(
        "{FOUR}[key]\nitems = [{{ ids = \"1..4\", type = \"choice\", options = \"four\" }}]\n{key}"
    ))
}

#[test]
fn sum_mean_max_and_count_over_items() {
    let instrument = items_of_four(
        r#"scores = [
  { id = "sum", op = "sum", items = "1..4" },
  { id = "mean", op = "mean", items = "1..4" },
  { id = "max", op = "max", items = "1..4" },
  { id = "count", op = "count", items = "1..4", from = 2 },
]"#,
    );
    let ids = ["sum", "mean", "max", "count"];
    assert_eq!(
        scores(&instrument, &answers(json!({"1": 3, "2": 1, "3": 2, "4": 1})), &ids),
        ["scored 7 missing 0 -", "scored 7/4 missing 0 -", "scored 3 missing 0 -", "scored 2 missing 0 -"]
    );
    assert_eq!(
        scores(&instrument, &answers(json!({"1": 3, "2": 1, "3": 2})), &ids),
        vec!["not_scorable - missing 1 -"; 4]
    );
}

#[test]
fn the_same_formulas_over_scores_add_up_their_missing_answers() {
    let instrument = items_of_four(
        r#"scores = [
  { id = "a", op = "sum", items = "1 2", inner = true },
  { id = "b", op = "sum", items = "3 4", inner = true },
  { id = "sum", op = "sum", of = "a b" },
  { id = "mean", op = "mean", of = "a b" },
  { id = "max", op = "max", of = "a b" },
  { id = "count", op = "count", of = "a b", from = 3 },
]"#,
    );
    let ids = ["sum", "mean", "max", "count"];
    assert_eq!(
        scores(&instrument, &answers(json!({"1": 3, "2": 1, "3": 1, "4": 0})), &ids),
        ["scored 5 missing 0 -", "scored 5/2 missing 0 -", "scored 4 missing 0 -", "scored 1 missing 0 -"]
    );
    assert_eq!(scores(&instrument, &answers(json!({"1": 3})), &ids), vec!["not_scorable - missing 3 -"; 4]);
    let printed: Vec<String> =
        try_score(&instrument, &answers(json!({}))).unwrap().scores.into_iter().map(|(id, _)| id).collect();
    assert_eq!(printed, ids);
}

#[test]
fn reversed_items_turn_about_the_middle_of_their_own_codes_and_a_score_may_differ_from_the_key() {
    // As in the SCS-SF: the total is keyed, the subscale is raw.
    let instrument = tiny(
        r#"[options]
five = [1, 2, 3, 4, 5]
[key]
items = [{ ids = "1..3", type = "choice", options = "five" }, { ids = "vas", type = "number", min = 0, max = 100 }]
reverse = "1 vas"
scores = [
  { id = "total", op = "mean", items = "1..3" },
  { id = "raw", op = "mean", items = "1", reverse = "" },
  { id = "other", op = "sum", items = "1..3", reverse = "2" },
  { id = "distance", op = "sum", items = "vas" },
]"#,
    );
    let sheet = answers(json!({"1": 5, "2": 4, "3": 3, "vas": 30}));
    assert_eq!(
        scores(&instrument, &sheet, &["total", "raw", "other", "distance"]),
        ["scored 8/3 missing 0 -", "scored 5 missing 0 -", "scored 10 missing 0 -", "scored 70 missing 0 -"]
    );
}

#[test]
fn weights_are_exact_fractions_also_where_an_answer_is_prorated() {
    let instrument = items_of_four(
        r#"scores = [
  { id = "total", op = "sum", items = "1..4", weights = [["2 3", "1/3"], ["4", 2]], missing = "prorate 1" },
  { id = "mean", op = "mean", items = "1..4", weights = [["4", 3]] },
]"#,
    );
    let sheet = answers(json!({"1": 1, "2": 1, "3": 1, "4": 3}));
    assert_eq!(scores(&instrument, &sheet, &["total"]), ["scored 23/3 missing 0 -"]);
    assert_eq!(scores(&instrument, &sheet, &["mean"]), ["scored 2 missing 0 -"]);
    // Without item 4: (1 + 1/3 + 1/3) over weights of 5/3 is a mean of 1, by the weights of all, 11/3.
    check(&instrument, &with(sheet, json!({"4": null})), "total", "prorated 11/3 missing 1 -");
}

#[test]
fn percent_items_are_stretched_before_they_are_summed() {
    // As in the CEQ: 1 + 8p / 100 brings 0 to 100 onto 1 to 9.
    let instrument = tiny(
        r#"[options]
nine = [1, 2, 3, 4, 5, 6, 7, 8, 9]
percent = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
[key]
items = [
  { ids = "1..3 5", type = "choice", options = "nine" },
  { ids = "4 6", type = "choice", options = "percent" },
]
rescale = [{ items = "4 6", times = "8/100", plus = 1 }]
scores = [
  { id = "credibility", op = "sum", items = "1..3" },
  { id = "expectancy", op = "sum", items = "4..6" },
]"#,
    );
    let sheet = |code: i64, percent: i64| with(same(1, 6, code), json!({"4": percent, "6": percent}));
    check(&instrument, &sheet(1, 0), "expectancy", "scored 3 missing 0 -");
    check(&instrument, &sheet(9, 100), "expectancy", "scored 27 missing 0 -");
    check(&instrument, &sheet(5, 30), "expectancy", "scored 59/5 missing 0 -");
    check(&instrument, &sheet(5, 30), "credibility", "scored 15 missing 0 -");
    let expectancy = instrument.score("expectancy").unwrap();
    assert_eq!(instrument.range_of(expectancy), Some((3.into(), 27.into())));
}

/// CORE-10 with its two positively worded items.
fn core_10() -> Instrument {
    tiny(
        r#"[options]
five = [0, 1, 2, 3, 4]
[key]
items = [{ ids = "1..10", type = "choice", options = "five" }]
reverse = "2 3"
scores = [
  { id = "total", op = "mean", items = "1..10", missing = "prorate 1" },
  { id = "total_clinical", op = "linear", of = "total", times = 10, bands = "severity" },
]
[bands]
severity = [[0, "healthy_or_low"], [11, "mild"], [15, "moderate"], [20, "moderate_severe"], [25, "severe"]]"#,
    )
}

#[test]
fn a_stretched_score_follows_the_score_it_comes_from() {
    let sheet = same(1, 10, 0);
    assert_eq!(
        scores(&core_10(), &sheet, &["total", "total_clinical"]),
        ["scored 4/5 missing 0 -", "scored 8 missing 0 healthy_or_low"]
    );
    // 4 + 4 from the reversed ones and 1 + 1 over nine answers: 10 x 10 / 9 = 11.1.
    let gap = with(sheet.clone(), json!({"1": 1, "4": 1, "10": null}));
    assert_eq!(
        scores(&core_10(), &gap, &["total", "total_clinical"]),
        ["prorated 10/9 missing 1 -", "prorated 100/9 missing 1 mild"]
    );
    let gaps = with(sheet, json!({"1": null, "10": null}));
    assert_eq!(
        scores(&core_10(), &gaps, &["total", "total_clinical"]),
        vec!["not_scorable - missing 2 -"; 2]
    );
}

#[test]
fn a_fraction_stretches_a_sum_to_percent() {
    // As in the WHODAS: 100 x total / 48.
    let instrument = tiny(
        r#"[options]
five = [0, 1, 2, 3, 4]
[key]
items = [
  { ids = "1..12", type = "choice", options = "five" },
  { ids = "H1 H2 H3", type = "number", min = 0, max = 30 },
]
scores = [
  { id = "total", op = "sum", items = "1..12", missing = "prorate 1" },
  { id = "percent", op = "linear", of = "total", times = "100/48" },
]"#,
    );
    check(&instrument, &same(1, 12, 4), "percent", "scored 100 missing 0 -");
    check(&instrument, &same(1, 12, 1), "percent", "scored 25 missing 0 -");
    check(&instrument, &same(1, 11, 1), "total", "prorated 12 missing 1 -");
    check(&instrument, &same(1, 10, 1), "percent", "not_scorable - missing 2 -");
    let days: Vec<&str> = instrument.items.iter().map(|item| item.id.as_str()).skip(12).collect();
    assert_eq!(days, ["H1", "H2", "H3"]);
    for days in [json!(31), json!(1.5), json!(-1)] {
        assert!(try_score(&instrument, &answers(json!({"H1": days}))).is_err());
    }
}

/// PCL-5: clusters, cut-off, and the diagnosis by rule.
fn pcl5() -> Instrument {
    tiny(
        r#"[options]
five = [0, 1, 2, 3, 4]
[key]
items = [{ ids = "1..20", type = "choice", options = "five" }]
scores = [
  { id = "total", op = "sum", items = "1..20", bands = "cutoff" },
  { id = "b", op = "count", items = "1..5", from = 2, inner = true },
  { id = "c", op = "count", items = "6 7", from = 2, inner = true },
  { id = "d", op = "count", items = "8..14", from = 2, inner = true },
  { id = "e", op = "count", items = "15..20", from = 2, inner = true },
  { id = "provisional_ptsd", op = "rule", rule = "score.b >= 1 and score.c >= 1 and score.d >= 2 and score.e >= 2" },
]
[bands]
cutoff = [[0, "below_cutoff"], [31, "above_cutoff"]]"#,
    )
}

#[test]
fn a_rule_is_1_or_0_and_needs_every_answer_that_it_is_about() {
    let met = with(same(1, 20, 0), json!({"1": 2, "7": 2, "8": 2, "14": 3, "15": 2, "20": 4}));
    check(&pcl5(), &met, "provisional_ptsd", "scored 1 missing 0 -");
    let one_of_d = with(met.clone(), json!({"14": 1}));
    check(&pcl5(), &one_of_d, "provisional_ptsd", "scored 0 missing 0 -");
    // It could no longer be met, and still: not without all twenty answers.
    let gap = with(one_of_d, json!({"1": 0, "20": null}));
    check(&pcl5(), &gap, "provisional_ptsd", "not_scorable - missing 1 -");
    check(&pcl5(), &answers(json!({})), "provisional_ptsd", "not_scorable - missing 20 -");
}

#[test]
fn a_rule_may_read_items_age_and_sex() {
    let instrument = items_of_four(
        r#"scores = [{ id = "risk", op = "rule", rule = "this[2] >= 2 and age >= 18 and sex == 'f'" }]"#,
    );
    let judge = |age: Option<i64>, sex: &str, sheet: Value| {
        let context = Context { age: age.map(Number::from), sex: Some(sex.to_owned()), ..Context::default() };
        let scored = scoring::score(&instrument, &answers(sheet), &context, &Overrides::new()).unwrap();
        line(&scored, "risk")
    };
    assert_eq!(judge(Some(18), "f", json!({"2": 2})), "scored 1 missing 0 -");
    assert_eq!(judge(Some(17), "f", json!({"2": 2})), "scored 0 missing 0 -");
    assert_eq!(judge(Some(30), "m", json!({"2": 3})), "scored 0 missing 0 -");
    assert_eq!(judge(None, "f", json!({"2": 3})), "not_scorable - missing 0 -");
    assert_eq!(judge(Some(30), "f", json!({"2": null})), "not_scorable - missing 1 -");
}

/// EQ-5D-5L with two value sets, checked in the literature against an R package.
fn eq5d5l() -> Instrument {
    tiny(
        r#"[options]
five = [1, 2, 3, 4, 5]
[key]
items = [
  { ids = "1..5", type = "choice", options = "five" },
  { ids = "vas", type = "number", min = 0, max = 100 },
]
scores = [
  { id = "profile", op = "digits", items = "1..5" },
  { id = "level_sum", op = "sum", items = "1..5" },
  { id = "index", op = "valueset", items = "1..5" },
  { id = "vas", op = "sum", items = "vas" },
]
[valueset.england]
constant = 1
"1" = [0, 0.058, 0.076, 0.207, 0.274]
"2" = [0, 0.050, 0.080, 0.164, 0.203]
"3" = [0, 0.050, 0.063, 0.162, 0.184]
"4" = [0, 0.063, 0.084, 0.276, 0.335]
"5" = [0, 0.078, 0.104, 0.285, 0.289]
[valueset.stated]
constant = 0.9
full = 0.975
"1" = [0, 0.1, 0.2, 0.3, 0.4]
"2" = [0, 0.1, 0.2, 0.3, 0.4]
"3" = [0, 0.1, 0.2, 0.3, 0.4]
"4" = [0, 0.1, 0.2, 0.3, 0.4]
"5" = [0, 0.1, 0.2, 0.3, "1/3"]"#,
    )
}

fn valued(set: Option<&str>, sheet: &Answers) -> Result<scoring::Scored, ScoringError> {
    let context = Context { value_set: set.map(str::to_owned), ..Context::default() };
    scoring::score(&eq5d5l(), sheet, &context, &Overrides::new())
}

#[test]
fn a_profile_is_a_text_of_digits_and_missing_with_any_of_them() {
    let sheet = answers(json!({"1": 2, "2": 1, "3": 3, "4": 4, "5": 1, "vas": 65}));
    let ids = ["profile", "level_sum", "vas"];
    assert_eq!(
        scores(&eq5d5l(), &sheet, &ids),
        ["scored 21341 missing 0 -", "scored 11 missing 0 -", "scored 65 missing 0 -"]
    );
    assert_eq!(
        scores(&eq5d5l(), &with(sheet, json!({"4": null})), &ids),
        ["not_scorable - missing 1 -", "not_scorable - missing 1 -", "scored 65 missing 0 -"]
    );
}

#[test]
fn an_index_needs_a_value_set_by_name_and_there_is_none_by_default() {
    let sheet = answers(json!({"1": 2, "2": 1, "3": 3, "4": 4, "5": 1, "vas": 65}));
    assert!(valued(None, &sheet).unwrap().score("index").is_none());
    // 1 - .058 - .063 - .276.
    assert_eq!(line(&valued(Some("england"), &sheet).unwrap(), "index"), "scored 603/1000 missing 0 -");
    let worst = same(1, 5, 5);
    assert_eq!(line(&valued(Some("england"), &worst).unwrap(), "index"), "scored -57/200 missing 0 -");
    assert_eq!(
        line(&valued(Some("england"), &same(1, 4, 1)).unwrap(), "index"),
        "not_scorable - missing 1 -"
    );
    assert!(matches!(valued(Some("sweden"), &sheet), Err(ScoringError::UnknownValueSet { .. })));
}

#[test]
fn a_value_set_may_give_the_best_state_another_value_than_its_constant() {
    assert_eq!(line(&valued(Some("stated"), &same(1, 5, 1)).unwrap(), "index"), "scored 39/40 missing 0 -");
    let one = with(same(1, 5, 1), json!({"2": 2}));
    assert_eq!(line(&valued(Some("stated"), &one).unwrap(), "index"), "scored 4/5 missing 0 -");
    // 0.9 - 1/3 = 0.5666… is rounded to three decimals.
    let third = with(same(1, 5, 1), json!({"5": 5}));
    assert_eq!(line(&valued(Some("stated"), &third).unwrap(), "index"), "scored 567/1000 missing 0 -");
}

#[test]
fn products_are_summed_and_a_weight_of_0_leaves_the_pair_out() {
    // As in the BBQ: importance times satisfaction over six areas, 0 to 96.
    let instrument = tiny(
        r#"[options]
five = [0, 1, 2, 3, 4]
[key]
items = [
  { ids = "1i..6i", type = "choice", options = "five" },
  { ids = "1s..6s", type = "choice", options = "five" },
]
scores = [{ id = "total", op = "product_sum", items = "1s..6s", with = "1i..6i" }]"#,
    );
    let sheet = |importance: i64, satisfaction: i64| {
        let pairs = (1..=6).flat_map(|area| {
            [(format!("{area}i"), json!(importance)), (format!("{area}s"), json!(satisfaction))]
        });
        answers(Value::Object(pairs.collect()))
    };
    check(&instrument, &sheet(4, 4), "total", "scored 96 missing 0 -");
    check(&instrument, &sheet(0, 4), "total", "scored 0 missing 0 -");
    check(&instrument, &with(sheet(2, 3), json!({"1i": 4, "6s": 0})), "total", "scored 36 missing 0 -");
    check(&instrument, &with(sheet(2, 3), json!({"1i": 0, "1s": null})), "total", "scored 30 missing 0 -");
    let gaps = with(sheet(2, 3), json!({"1i": null, "2s": null, "3i": null, "3s": null}));
    check(&instrument, &gaps, "total", "not_scorable - missing 3 -");
}

/// NEQ with three items: occurred, impact, attribution to treatment.
fn neq() -> Instrument {
    tiny(
        r##"[options]
no_yes = [0, 1]
five = [0, 1, 2, 3, 4]
[key]
items = [
  { ids = "1o..3o", type = "choice", options = "no_yes" },
  { ids = "1i..3i", type = "choice", options = "five", shown = "this[#o] == 1" },
  { ids = "1a..3a", type = "choice", options = "no_yes", shown = "this[#o] == 1" },
]
scores = [
  { id = "n_effects", op = "count", items = "1o..3o", from = 1, needs = "1i..3i 1a..3a" },
  { id = "n_effects_treatment", op = "count", items = "1a..3a", from = 1, needs = "1o..3o 1i..3i" },
  { id = "impact_sum", op = "product_sum", items = "1i..3i", with = "1o..3o", needs = "1a..3a" },
  { id = "impact_sum_treatment", op = "product_sum", items = "1i..3i", with = "1a..3a", needs = "1o..3o" },
]"##,
    )
}

const NEQ: [&str; 4] = ["n_effects", "n_effects_treatment", "impact_sum", "impact_sum_treatment"];

#[test]
fn what_did_not_occur_is_not_asked_further_and_what_is_answered_nevertheless_is_ignored() {
    let sheet = answers(json!({"1o": 1, "1i": 3, "1a": 1, "2o": 1, "2i": 2, "2a": 0, "3o": 0}));
    let expected =
        ["scored 2 missing 0 -", "scored 1 missing 0 -", "scored 5 missing 0 -", "scored 3 missing 0 -"];
    assert_eq!(scores(&neq(), &sheet, &NEQ), expected);
    let ignored = with(sheet.clone(), json!({"3i": 4, "3a": 1}));
    assert_eq!(scores(&neq(), &ignored, &NEQ), expected);
    let hidden = scoring::hidden_items(&neq(), &sheet, &Context::default());
    assert_eq!(hidden.into_iter().collect::<Vec<_>>(), ["3a", "3i"]);
    // What is ignored must still be a code of the form.
    assert!(try_score(&neq(), &with(sheet, json!({"3i": 9}))).is_err());
    let none = answers(json!({"1o": 0, "2o": 0, "3o": 0}));
    assert_eq!(scores(&neq(), &none, &NEQ), vec!["scored 0 missing 0 -"; 4]);
}

#[test]
fn an_occurrence_or_its_impact_or_attribution_unanswered_counts_once_in_all_four_scores() {
    let whole = answers(json!({"1o": 1, "1i": 3, "1a": 1, "2o": 1, "2i": 2, "2a": 0, "3o": 0}));
    for gap in
        [json!({"1o": null}), json!({"1i": null}), json!({"1a": null}), json!({"1i": null, "1a": null})]
    {
        let sheet = with(whole.clone(), gap.clone());
        assert_eq!(scores(&neq(), &sheet, &NEQ), vec!["not_scorable - missing 1 -"; 4], "{gap}");
    }
    assert_eq!(scores(&neq(), &answers(json!({})), &NEQ), vec!["not_scorable - missing 3 -"; 4]);
    // An unanswered question hides no other.
    assert!(scoring::hidden_items(&neq(), &answers(json!({})), &Context::default()).is_empty());
}

/// PHQ-15: an item that does not concern everybody, up to three prorated.
fn phq15() -> Instrument {
    tiny(
        r#"[options]
three = [0, 1, 2]
[key]
items = [
  { ids = "1..3 5..15", type = "choice", options = "three" },
  { ids = "4", type = "choice", options = "three", na = 0 },
]
scores = [{ id = "total", op = "sum", items = "1..15", missing = "prorate 3", bands = "severity" }]
[bands]
severity = [[0, "minimal"], [5, "low"], [10, "medium"], [15, "high"]]"#,
    )
}

#[test]
fn not_applicable_counts_0_is_an_answer_and_is_not_missing() {
    check(&phq15(), &with(same(1, 15, 2), json!({"4": "na"})), "total", "scored 28 missing 0 high");
    // Thirteen 1s and the 0 of "na" over fourteen answers: 13 x 15 / 14.
    let gap = with(same(1, 15, 1), json!({"4": "na", "9": null}));
    check(&phq15(), &gap, "total", "prorated 195/14 missing 1 medium");
    check(&phq15(), &same(1, 12, 1), "total", "prorated 15 missing 3 high");
    check(&phq15(), &same(1, 11, 1), "total", "not_scorable - missing 4 -");
    assert!(try_score(&phq15(), &answers(json!({"5": "na"}))).is_err());
}

#[test]
fn not_applicable_counts_what_the_key_says_even_where_the_item_is_reversed() {
    let instrument = tiny(
        r#"[options]
three = [0, 1, 2]
[key]
items = [{ ids = "1 2", type = "choice", options = "three", na = 0 }]
reverse = "1 2"
scores = [{ id = "total", op = "sum", items = "1 2" }]"#,
    );
    check(&instrument, &answers(json!({"1": "na", "2": 0})), "total", "scored 2 missing 0 -");
}

#[test]
fn a_band_is_looked_up_on_the_rounded_value_unless_the_key_says_exact() {
    // As in the CORE-OM: clinical from exactly 10.
    let instrument = items_of_four(
        r#"scores = [
  { id = "mean", op = "mean", items = "1..4", missing = "prorate 1", bands = "rounded" },
  { id = "exact", op = "mean", items = "1..4", missing = "prorate 1", bands = "exact", band_on = "exact" },
]
[bands]
rounded = [[0, "low"], [2, "high"]]
exact = [[0, "below"], [2, "from_2"]]"#,
    );
    let ids = ["mean", "exact"];
    let half = answers(json!({"1": 1, "2": 2, "3": 1, "4": 2}));
    assert_eq!(scores(&instrument, &half, &ids), ["scored 3/2 missing 0 high", "scored 3/2 missing 0 below"]);
    let two = same(1, 4, 2);
    assert_eq!(scores(&instrument, &two, &ids), ["scored 2 missing 0 high", "scored 2 missing 0 from_2"]);
    let third = answers(json!({"1": 1, "2": 2, "3": 1}));
    assert_eq!(
        scores(&instrument, &third, &ids),
        ["prorated 4/3 missing 1 low", "prorated 4/3 missing 1 below"]
    );
}

#[test]
fn a_study_may_set_its_own_missing_rule_and_the_rule_version_tells() {
    let phq9 = &shipped()["phq9"];
    let total = phq9.score("total").unwrap();
    let gap = same(1, 8, 1);
    let by = |rule: MissingRule| {
        let overrides = BTreeMap::from([("total".to_owned(), rule)]);
        line(&scoring::score(phq9, &gap, &Context::default(), &overrides).unwrap(), "total")
    };
    assert_eq!(by(MissingRule::Prorate(2)), "prorated 9 missing 1 mild");
    assert_eq!(by(MissingRule::Complete), "not_scorable - missing 1 -");
    assert_eq!(phq9.rule_version(total, None), phq9.rule_version(total, Some(MissingRule::Prorate(2))));
    assert_ne!(phq9.rule_version(total, None), phq9.rule_version(total, Some(MissingRule::Complete)));
    assert_eq!(phq9.rule_version(total, None).len(), 12);
    let pswq = &shipped()["pswq"];
    let overrides = BTreeMap::from([("total".to_owned(), MissingRule::Prorate(1))]);
    let scored = scoring::score(pswq, &same(1, 15, 5), &Context::default(), &overrides).unwrap();
    // Ten items of 5 and five reversed ones of 1 over fifteen answers: 55 x 16 / 15 - and not 55 x 80 / 75.
    assert_eq!(line(&scored, "total"), "prorated 176/3 missing 1 -");
}

#[test]
fn a_missing_rule_that_fits_no_score_is_refused() {
    let refuse = |instrument: &Instrument, score: &str, rule: MissingRule| {
        let overrides = BTreeMap::from([(score.to_owned(), rule)]);
        let result = scoring::score(instrument, &answers(json!({})), &Context::default(), &overrides);
        result.unwrap_err().to_string()
    };
    let prorate = MissingRule::Prorate(1);
    assert!(refuse(&shipped()["phq9"], "sum", prorate).contains("no score 'sum'"));
    assert!(refuse(&shipped()["phq9"], "total", MissingRule::Prorate(9)).contains("at most 8"));
    assert!(refuse(&shipped()["qids_a17_sr"], "total", prorate).contains("no missing rule"));
    assert!(refuse(&shipped()["qids_a17_sr"], "single", prorate).contains("no score"));
    assert!(refuse(&shipped()["qoli"], "total", MissingRule::Complete).contains("no missing rule"));
    assert!(refuse(&core_10(), "total_clinical", prorate).contains("no missing rule"));
}

#[test]
fn missing_rules_read_back_as_they_are_written() {
    for text in ["complete", "prorate 1", "prorate 12"] {
        assert_eq!(text.parse::<MissingRule>().map(|rule| rule.to_string()), Ok(text.to_owned()));
    }
    for text in ["", "prorate", "prorate 0", "prorate -1", "prorate 01", "Prorate 2", "complete "] {
        assert!(text.parse::<MissingRule>().is_err(), "{text}");
    }
}
