//! Scores as they are stored beside the answers: computed once, at sending, by the rule in force.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::conduct::plan::Plan;
use crate::kernel::Error;
use crate::kernel::number::Number;
use crate::trial::instrument::answer::Answer;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::scoring;
use crate::trial::instrument::scoring::Context;
use crate::trial::instrument::scoring::Overrides;
use crate::trial::instrument::scoring::ScoreValue;
use crate::trial::instrument::scoring::Scored;
use crate::trial::questionnaire::stored::ItemState;
use crate::trial::questionnaire::stored::StoredAnswers;

/// One score as stored. Numbers are exact texts: `72/5`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StoredScore {
    /// `scored`, `prorated`, `not_scorable`.
    pub status: String,
    /// The exact number, or the profile.
    pub value: Option<String>,
    /// How many of the needed answers are missing.
    pub missing: i64,
    /// The band.
    pub band: Option<String>,
    /// The version of the rule.
    pub rule: String,
}

impl StoredScore {
    /// The number, if it is one.
    pub fn number(&self) -> Option<Number> {
        self.value.as_ref().and_then(|value| value.parse().ok())
    }
}

/// Score id → score.
pub type StoredScores = BTreeMap<String, StoredScore>;

/// Answers as the scoring key takes them.
pub fn answers_of(stored: &StoredAnswers) -> BTreeMap<String, Answer> {
    let answer = |state: ItemState, value: Option<&Value>| match state {
        ItemState::Answered => {
            value.and_then(|value| Answer::from_json(value).ok()).unwrap_or(Answer::Unanswered)
        }
        ItemState::NotApplicable => Answer::NotApplicable,
        ItemState::Skipped | ItemState::NotReached | ItemState::NotShown => Answer::Unanswered,
    };
    stored.iter().map(|(item, stored)| (item.clone(), answer(stored.state, stored.value.as_ref()))).collect()
}

/// The study's own missing rules for an instrument.
pub fn overrides(plan: &Plan, instrument: &str) -> Result<Overrides, Error> {
    let rules = plan.protocol.scoring.get(instrument).map(|scoring| &scoring.rules);
    let unreadable = |_| Error::internal("a missing rule of the protocol can't be read");
    let read = |(score, rule): (&String, &String)| Ok((score.clone(), rule.parse().map_err(unreadable)?));
    rules.into_iter().flatten().map(read).collect()
}

/// Scores one response.
pub fn score(
    plan: &Plan,
    instrument: &Instrument,
    stored: &StoredAnswers,
    context: &Context,
) -> Result<(StoredScores, Scored), Error> {
    let overrides = overrides(plan, &instrument.id)?;
    let scored = scoring::score(instrument, &answers_of(stored), context, &overrides)
        .map_err(|error| Error::invalid("answers.invalid").detail(error.to_string()))?;
    let stored = scored
        .scores
        .iter()
        .filter_map(|(id, result)| {
            let score = instrument.score(id)?;
            let value = result.value.as_ref().map(|value| match value {
                ScoreValue::Number(number) => number.to_string(),
                ScoreValue::Text(text) => text.clone(),
            });
            let stored = StoredScore {
                status: result.status.as_str().to_owned(),
                value,
                missing: i64::try_from(result.missing).unwrap_or(i64::MAX),
                band: result.band.clone(),
                rule: instrument.rule_version(score, overrides.get(id).copied()),
            };
            Some((id.clone(), stored))
        })
        .collect();
    Ok((stored, scored))
}
