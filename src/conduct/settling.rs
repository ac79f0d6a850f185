//! What the clock must write: the end of windows, alerts for safety items that were never answered, people who are through.
//! One idempotent verb under the name of the service. No state depends on it.

use serde_json::json;

use crate::conduct::act::Act;
use crate::conduct::answering;
use crate::conduct::record::Record;
use crate::kernel::Error;
use crate::storage::Tx;
use crate::storage::participant;
use crate::storage::participant::ParticipantState;
use crate::trial::audit::event::Event;
use crate::trial::schedule::state::AssessmentState;

/// Completes a randomized person whose assessments are all over; nothing where something is still to come.
pub fn complete(tx: &mut Tx<'_>, act: &Act<'_>, record: &Record<'_>) -> Result<Option<Event>, Error> {
    let person = &record.participant;
    let is_over = |state| {
        matches!(
            state,
            AssessmentState::Submitted
                | AssessmentState::Partial
                | AssessmentState::Missed
                | AssessmentState::Cancelled
        )
    };
    let all_over =
        record.assessments.iter().all(|assessment| is_over(answering::times(assessment).state(act.ctx.now)));
    if person.state != ParticipantState::Randomized || !all_over {
        return Ok(None);
    }
    let mut changed = person.clone();
    changed.state = ParticipantState::Completed;
    changed.completed_on = Some(record.today);
    participant::update(tx, &changed)?;
    let event = Event::of_participant("participant.completed", &person.study, &person.id, person.id.as_str())
        .plain("state", Some(json!(person.state)), Some(json!(changed.state)));
    Ok(Some(event))
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Settled {
    /// Alerts.
    pub alerts: usize,
}

/// TEMPORARY until merge.
pub fn settle(
    _: &crate::conduct::context::House,
    _: crate::kernel::time::Timestamp,
) -> Result<Settled, Error> {
    Ok(Settled::default())
}
