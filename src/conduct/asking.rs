//! What an assessment asks of a person, when it takes answers, and whom it is for.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::conduct::act::Act;
use crate::conduct::record::Record;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::error::FieldError;
use crate::kernel::time::Timestamp;
use crate::storage::assessment::Assessment;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::reader;
use crate::trial::permission::caller::Span;
use crate::trial::questionnaire::stored::NoAnswer;
use crate::trial::role::Respondent;
use crate::trial::schedule::definition::Measure;
use crate::trial::schedule::occasions;
use crate::trial::schedule::occasions::Element;
use crate::trial::schedule::state::Times;

/// Item → answer: `null` is skipped, absent untouched.
pub type Answers = BTreeMap<String, Value>;

/// Refuses a word by which a list is narrowed and which the protocol does not know: an empty list would say that there is
/// nothing.
pub fn require_known<'w>(
    name: &str,
    word: &str,
    known: impl IntoIterator<Item = &'w str>,
) -> Result<(), Error> {
    if known.into_iter().any(|one| one == word) {
        return Ok(());
    }
    Err(Error::new(Kind::Malformed, "query.unknown_parameter")
        .detail(format!("The protocol has no such {name}. Its words stand in the protocol's file.")))
}

/// Item → why staff have no answer to it.
pub type Reasons = BTreeMap<String, NoAnswer>;

/// The times of an assessment.
pub fn times(assessment: &Assessment) -> Times {
    Times {
        opens_at: assessment.opens_at,
        closes_at: assessment.closes_at,
        late_at: assessment.late_at,
        first_answer_at: assessment.first_answer_at,
        submitted_at: assessment.submitted_at,
        cancelled_at: assessment.cancelled_at,
        reopened_until: assessment.reopened_until,
    }
}

/// Whether a measure's own condition says that it is not asked; undetermined hides nothing.
pub fn is_hidden(record: &Record<'_>, measure: &Measure) -> Result<bool, Error> {
    let Some(rule) = &measure.shown else { return Ok(false) };
    let expr = reader::read(rule).map_err(|_| Error::internal("a measure's condition can't be read"))?;
    Ok(evaluate(&expr, record) == Truth::NotMet)
}

/// What an assessment asks of a person, in order.
pub fn measures<'p>(record: &Record<'p>, assessment: &Assessment) -> Vec<&'p Measure> {
    let schedule = &record.plan.protocol.schedule;
    let arm = record.arm();
    let elements = occasions::elements(&schedule.occasions);
    let element = elements
        .iter()
        .find(|element| is_of(element, assessment) && (element.window.is_none() || element.is_for(arm)));
    element
        .map(|element| element.measures(&schedule.measures, arm, assessment.respondent))
        .unwrap_or_default()
}

/// Faults of answers, as one refusal.
pub fn refuse(faults: Vec<FieldError>) -> Result<(), Error> {
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid("answers.invalid").with_fields(faults)) }
}

/// Whether an assessment is within the participant's session. A session that ends with the draw is shown nothing that only
/// some arms have, though the draw come while it looks.
pub fn is_spanned(act: &Act<'_>, assessment: &Assessment) -> bool {
    let Some(span) = act.caller.span() else { return true };
    span.covers(Some(&assessment.id)) && !(*span == Span::UntilDraw && assessment.arm_bound)
}

/// Whether a respondent is the participant.
pub fn is_self(assessment: &Assessment) -> bool {
    assessment.respondent == Respondent::Participant
}

/// Whether an assessment is one of an occasion's.
pub fn is_of(element: &Element<'_>, known: &Assessment) -> bool {
    element.id == known.occasion && element.occasion.episode.as_deref().unwrap_or(MAIN) == known.episode
}

/// When an assessment was over for good: sent, cancelled, or past its late days and the grace of a draft.
pub fn over_at(record: &Record<'_>, assessment: &Assessment) -> Option<Timestamp> {
    let times = times(assessment);
    let grace = record.plan.protocol.schedule.grace_minutes;
    let ended = || times.ends_at().filter(|_| times.is_over(record.now, grace));
    assessment.cancelled_at.or(assessment.submitted_at).or_else(ended)
}

/// The episode of the first period.
pub const MAIN: &str = "main";
