//! What the clock must write: the end of windows, alerts for safety items that were never answered, people who are through.
//! One idempotent verb under the name of the service. No state depends on it.

use serde_json::json;

use crate::conduct::answering;
use crate::conduct::record::Record;
use crate::kernel::Error;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::assessment::Assessment;
use crate::storage::audit::ARM_OBJECT;
use crate::storage::participant;
use crate::storage::participant::ParticipantState;
use crate::trial::audit::event::Event;

/// When an assessment was over for good: sent, cancelled, or past its late days and the grace of a draft.
pub fn over_at(record: &Record<'_>, assessment: &Assessment) -> Option<Timestamp> {
    let times = answering::times(assessment);
    let grace = record.plan.protocol.schedule.grace_minutes;
    let ended = || times.ends_at().filter(|_| times.is_over(record.now, grace));
    assessment.cancelled_at.or(assessment.submitted_at).or_else(ended)
}

/// Completes a randomized person whose assessments are all over; nothing where something is still to come. That everything
/// is over which all arms have is written down apart: it is what those may know who may not know arms.
pub fn complete(tx: &mut Tx<'_>, record: &Record<'_>) -> Result<Vec<Event>, Error> {
    let person = &record.participant;
    if !matches!(person.state, ParticipantState::Randomized | ParticipantState::Enrolled) {
        return Ok(Vec::new());
    }
    let last_day = |counts: fn(&Assessment) -> bool| {
        let over: Option<Vec<Timestamp>> = record
            .assessments
            .iter()
            .filter(|one| counts(one))
            .map(|assessment| over_at(record, assessment))
            .collect();
        Some(over?.into_iter().max()?.date_in(record.zone))
    };
    let mut changed = person.clone();
    let mut events = Vec::new();
    changed.common_over_on = person.common_over_on.or_else(|| last_day(|one| !one.arm_bound));
    if let (None, Some(on)) = (person.common_over_on, changed.common_over_on) {
        let event = Event::of_participant("participant.over", &person.study, &person.id, person.id.as_str());
        events.push(event.set("common_over_on", on.to_string()));
    }
    if let Some(on) = last_day(|_| true) {
        changed.state = ParticipantState::Completed;
        changed.completed_on = Some(on);
        let object = format!("{}{ARM_OBJECT}state", person.id);
        let event = Event::of_participant("participant.completed", &person.study, &person.id, object)
            .plain("state", Some(json!(person.state)), Some(json!(changed.state)))
            .set("completed_on", on.to_string());
        events.push(event);
    }
    if !events.is_empty() {
        participant::update(tx, &changed)?;
    }
    Ok(events)
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
