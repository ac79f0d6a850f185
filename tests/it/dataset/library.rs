//! A trial that asks every instrument that ships, answered at random (with a fixed seed) and scored by its key.

use std::collections::BTreeMap;

use equipoise::kernel::code::ParticipantCode;
use equipoise::kernel::entropy::SeededEntropy;
use equipoise::kernel::number::Number;
use equipoise::trial::dataset::naming;
use equipoise::trial::dataset::record::AssessmentRecord;
use equipoise::trial::dataset::record::ParticipantRecord;
use equipoise::trial::dataset::record::ResponseRecord;
use equipoise::trial::dataset::record::ScoreRecord;
use equipoise::trial::enrolment::state::ParticipantState;
use equipoise::trial::instrument::answer::Answer;
use equipoise::trial::instrument::answer::Code;
use equipoise::trial::instrument::definition::Answers;
use equipoise::trial::instrument::definition::Instrument;
use equipoise::trial::instrument::definition::Item;
use equipoise::trial::instrument::library::library;
use equipoise::trial::instrument::scoring;
use equipoise::trial::instrument::scoring::Context;
use equipoise::trial::instrument::scoring::Overrides;
use equipoise::trial::questionnaire::stored::ItemState;
use equipoise::trial::questionnaire::stored::StoredItem;
use equipoise::trial::role::Respondent;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::dataset::small;
use crate::dataset::small::People;
use crate::dataset::small::Trial;

/// The trial, and so many people of whom each answered everything once.
pub fn everything(people: usize) -> (Trial, People) {
    let measures: String =
        library().keys().map(|id| format!("  {{ use = \"{id}\", at = [\"pre\"] }},\n")).collect();
    let source = Trial::new().source;
    let source = source.replace(
        "  { use = \"gad2\", at = [\"pre\", \"w02\", \"post\"]",
        "  { use = \"gad2\", at = [\"post\"]",
    );
    let trial = Trial::of(&source.replace("measures = [\n", &format!("measures = [\n{measures}")));

    let entropy = SeededEntropy::new("everything");
    let mut codes: Vec<ParticipantCode> =
        (0..people).map(|_| ParticipantCode::draw("rowan", &entropy).unwrap()).collect();
    codes.sort();
    codes.dedup();
    let mut chance = ChaCha20Rng::seed_from_u64(1);
    let people = codes.iter().map(|code| {
        let responses = library().values().map(|instrument| answered(instrument, &mut chance)).collect();
        ParticipantRecord {
            assessments: vec![AssessmentRecord {
                responses,
                ..small::sent(small::assessment("pre"), Some("2026-02-09T10:00:00Z"))
            }],
            ..small::person(code.as_str(), "en", ParticipantState::Enrolling, "2026-02-01")
        }
    });
    (trial, People(people.collect()))
}

/// Instruments whose key counts regular blanks as 0, takes one answer of a group, or stretches answers: more than the
/// formula in the dictionary says in one line.
pub fn with_keys_of_their_own() -> Vec<&'static str> {
    let is_plain = |instrument: &Instrument| {
        let key = &instrument.key;
        key.skips.is_empty()
            && key.alternatives.is_empty()
            && key.rescale.is_empty()
            && instrument.items.iter().all(|item| item.shown.is_none())
    };
    library()
        .values()
        .filter(|instrument| !is_plain(instrument))
        .map(|instrument| instrument.id.as_str())
        .collect()
}

/// Random answers, one in twenty skipped.
fn answered(instrument: &Instrument, chance: &mut ChaCha20Rng) -> ResponseRecord {
    let answers: BTreeMap<String, Answer> = instrument
        .items
        .iter()
        .map(|item| {
            let answer = if chance.next_u32().is_multiple_of(20) {
                Answer::Unanswered
            } else {
                Answer::Code(code(item, chance))
            };
            (item.id.clone(), answer)
        })
        .collect();
    let context =
        Context { value_set: instrument.key.valuesets.keys().next().cloned(), ..Context::default() };
    let scored = scoring::score(instrument, &answers, &context, &Overrides::new()).unwrap();
    let scores = scored.scores.into_iter().map(|(id, result)| {
        let record = ScoreRecord {
            status: result.status,
            value: result.value,
            missing: i64::try_from(result.missing).unwrap(),
            band: result.band,
            rule_version: instrument.rule_version(instrument.score(&id).unwrap(), None),
        };
        (id, record)
    });
    let stored = answers.into_iter().map(|(item, answer)| {
        let stored = match &answer {
            Answer::Code(_) => StoredItem::answered(answer.to_json()),
            Answer::NotApplicable | Answer::Unanswered => StoredItem::without(ItemState::Skipped),
        };
        (item, stored)
    });
    ResponseRecord {
        answers: stored.collect(),
        scores: scores.collect(),
        ..small::response(&instrument.id, "2026-02-09T10:00:00Z", &[])
    }
}

fn code(item: &Item, chance: &mut ChaCha20Rng) -> Code {
    let draw = usize::try_from(chance.next_u32()).unwrap();
    match &item.answers {
        Answers::Choice { options, .. } => options[draw % options.len()].code.clone(),
        Answers::Number { min, max, step } => {
            let steps = max.minus(*min).and_then(|span| span.over(*step)).and_then(Number::whole).unwrap();
            let k = i64::try_from(draw).unwrap() % (steps + 1);
            Code::Number(min.plus(step.times(Number::from(k)).unwrap()).unwrap())
        }
    }
}

#[test]
fn columns_of_every_instrument_that_ships_are_sound_names() {
    for instrument in library().values() {
        let items = instrument.items.iter().map(|item| naming::item_part(&item.id));
        let scores = instrument.printed_scores().map(|score| score.column().to_owned());
        for part in items.chain(scores) {
            let name = naming::wide(Respondent::Assessor, &instrument.id, &part, "fu24m");
            assert!(naming::is_sound(&name), "{name}");
        }
    }
}
