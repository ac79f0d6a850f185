//! What holds for every answer sheet of every instrument that ships.

use std::collections::BTreeMap;

use equipoise::kernel::number::Number;
use equipoise::trial::instrument::answer::Answer;
use equipoise::trial::instrument::answer::Code;
use equipoise::trial::instrument::definition::Answers as Takes;
use equipoise::trial::instrument::definition::Instrument;
use equipoise::trial::instrument::definition::Item;
use equipoise::trial::instrument::scoring::FlagState;
use equipoise::trial::instrument::scoring::Status;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::instrument::Answers;
use crate::instrument::shipped;
use crate::instrument::try_score;

/// Every code that an item takes, in the order of their values.
fn codes(item: &Item) -> Vec<Code> {
    match &item.answers {
        Takes::Choice { options, .. } => {
            let mut options = options.clone();
            options.sort_by_key(|option| option.value);
            options.into_iter().map(|option| option.code).collect()
        }
        Takes::Number { min, max, step } => {
            let series = std::iter::successors(Some(*min), |number| number.plus(*step));
            series.take_while(|number| number <= max).map(Code::Number).collect()
        }
    }
}

/// An instrument with answers of which some are blank, and some `na` where the form offers it.
fn sheet() -> impl Strategy<Value = (&'static Instrument, Answers)> {
    let all: Vec<&'static Instrument> = shipped().values().collect();
    proptest::sample::select(all).prop_flat_map(|instrument| {
        let picks = prop::collection::vec((0..12_u8, any::<Index>()), instrument.items.len());
        picks.prop_map(move |picks| {
            let answers = instrument.items.iter().zip(picks).filter_map(|(item, (kind, index))| {
                let answer = match kind {
                    0 => Answer::Unanswered,
                    1 => return None,
                    2 if item.na.is_some() => Answer::NotApplicable,
                    _ => Answer::Code(codes(item)[index.index(codes(item).len())].clone()),
                };
                Some((item.id.clone(), answer))
            });
            (instrument, answers.collect())
        })
    })
}

/// The same for complete answers.
fn complete_sheet() -> impl Strategy<Value = (&'static Instrument, Answers)> {
    sheet().prop_map(|(instrument, mut answers)| {
        for item in &instrument.items {
            let answer = answers.entry(item.id.clone()).or_insert(Answer::Unanswered);
            if !matches!(answer, Answer::Code(_)) {
                *answer = Answer::Code(codes(item)[0].clone());
            }
        }
        (instrument, answers)
    })
}

proptest! {
    #[test]
    fn all_scores_and_flags_are_always_there_in_the_order_of_the_key((instrument, answers) in sheet()) {
        let scored = try_score(instrument, &answers).unwrap();
        let ids: Vec<&str> = scored.scores.iter().map(|(id, _)| id.as_str()).collect();
        let expected: Vec<&str> = instrument.printed_scores().map(|score| score.id.as_str()).collect();
        prop_assert_eq!(ids, expected);
        let flags: Vec<&str> = scored.flags.iter().map(|(item, _)| item.as_str()).collect();
        let expected: Vec<&str> = instrument.key.flags.iter().map(|flag| flag.item.as_str()).collect();
        prop_assert_eq!(flags, expected);
    }

    #[test]
    fn status_value_missing_and_band_agree((instrument, answers) in sheet()) {
        for (id, result) in try_score(instrument, &answers).unwrap().scores {
            let score = instrument.score(&id).unwrap();
            match result.status {
                Status::Scored => prop_assert!(result.value.is_some() && result.missing == 0),
                Status::Prorated => {
                    prop_assert!(result.value.is_some() && result.missing > 0);
                    prop_assert!(["phq9", "gad7"].contains(&instrument.id.as_str()));
                }
                Status::NotScorable => prop_assert!(result.value.is_none()),
            }
            prop_assert_eq!(result.band.is_some(), result.value.is_some() && score.bands.is_some());
            if let Some(value) = result.number() {
                let (low, high) = instrument.range_of(score).unwrap();
                prop_assert!(low <= value && value <= high, "{} {} {}", instrument.id, id, value);
            }
        }
    }

    #[test]
    fn a_blank_and_an_absent_answer_are_the_same((instrument, answers) in sheet()) {
        let given = answers.clone().into_iter().filter(|(_, answer)| *answer != Answer::Unanswered).collect();
        let mut blank: Answers =
            instrument.items.iter().map(|item| (item.id.clone(), Answer::Unanswered)).collect();
        blank.extend(answers);
        prop_assert_eq!(try_score(instrument, &given).unwrap(), try_score(instrument, &blank).unwrap());
    }

    #[test]
    fn safety_items_say_what_was_answered((instrument, answers) in sheet()) {
        let scored = try_score(instrument, &answers).unwrap();
        for flag in &instrument.key.flags {
            let value = match answers.get(&flag.item) {
                Some(Answer::Code(code)) => instrument.item(&flag.item).unwrap().value_of(code),
                _ => None,
            };
            let expected = match value {
                None => FlagState::Unanswered,
                Some(value) if value >= flag.from => FlagState::Flag,
                Some(_) => FlagState::Clear,
            };
            prop_assert_eq!(scored.flag(&flag.item), Some(expected));
        }
    }

    #[test]
    fn complete_answers_are_scored_and_a_worse_answer_never_lowers_a_total_that_only_adds(
        (instrument, answers) in complete_sheet(),
        place in any::<Index>(),
    ) {
        let before = try_score(instrument, &answers).unwrap();
        let item = &instrument.items[place.index(instrument.items.len())];
        let codes = codes(item);
        let Answer::Code(code) = &answers[&item.id] else { panic!("the sheet is complete") };
        let at = codes.iter().position(|known| known == code).unwrap();
        let Some(worse) = codes.get(at + 1) else { return Ok(()) };
        let mut changed = answers.clone();
        changed.insert(item.id.clone(), Answer::Code(worse.clone()));
        let after = try_score(instrument, &changed).unwrap();
        let products = instrument.id == "qoli";
        for ((id, before), (_, after)) in before.scores.iter().zip(&after.scores) {
            if products {
                continue;
            }
            prop_assert_eq!(before.status, Status::Scored);
            let (before, after) = (before.number().unwrap(), after.number().unwrap());
            if instrument.key.reverse.contains(&item.id) {
                prop_assert!(after <= before, "{} {}", instrument.id, id);
            } else {
                prop_assert!(after >= before, "{} {}", instrument.id, id);
            }
        }
    }

    #[test]
    fn a_code_that_is_not_on_the_form_is_refused_and_nothing_is_scored(
        (instrument, mut answers) in sheet(),
        place in any::<Index>(),
        wrong in -20..40_i64,
    ) {
        let item = &instrument.items[place.index(instrument.items.len())];
        let number = Number::from(wrong);
        prop_assume!(!instrument.is_option(&item.id, &Code::Number(number)));
        answers.insert(item.id.clone(), Answer::Code(Code::Number(number)));
        let error = try_score(instrument, &answers).unwrap_err().to_string();
        let named = format!("item {} of {}", item.id, instrument.id);
        prop_assert!(error.contains(&named), "{}", error);
    }

    #[test]
    fn sums_over_complete_answers_are_plain_sums((instrument, answers) in complete_sheet()) {
        prop_assume!(["phq9", "gad7", "bai", "madrs_s", "bdi2", "phq2", "gad2"].contains(&instrument.id.as_str()));
        let total = instrument.score("total").unwrap();
        let mut expected = 0;
        for item in instrument.items_of(total) {
            let Answer::Code(code) = &answers[item] else { panic!("the sheet is complete") };
            let digits: String = code.to_string().chars().filter(char::is_ascii_digit).collect();
            expected += digits.parse::<i64>().unwrap();
        }
        let value = try_score(instrument, &answers).unwrap().score("total").unwrap().number();
        prop_assert_eq!(value, Some(Number::from(expected)));
    }
}

#[test]
fn answers_read_back_as_they_are_written() {
    for instrument in shipped().values() {
        let all: BTreeMap<&str, Vec<Code>> =
            instrument.items.iter().map(|item| (item.id.as_str(), codes(item))).collect();
        for (item, code) in all.iter().flat_map(|(item, codes)| codes.iter().map(move |code| (item, code))) {
            let answer = Answer::Code(code.clone());
            assert_eq!(Answer::from_json(&answer.to_json()), Ok(answer), "{} {item}", instrument.id);
        }
    }
}
