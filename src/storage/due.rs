//! Of whom the clock has something to write: one question, answered from indexes that hold nothing else.

use diesel::dsl::exists;
use diesel::dsl::not;
use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::alert;
use crate::storage::schema::assessment;
use crate::storage::schema::participant;
use crate::storage::schema::step;
use crate::storage::types::Txt;
use crate::trial::enrolment::state::ParticipantState;

/// The people of a study of whom the time has brought about something that is not written down yet, by id:
///
/// - the late days of an assessment are over, for one that was begun with its grace;
/// - an anchor that an assessment waits for has come to its fallback date without a record;
/// - a step of enrolment has lapsed;
/// - an alert was not taken, or not closed, in its time;
/// - nothing is open or to come after the draw any more, or nothing of what all arms have.
pub fn list_people(
    tx: &mut Tx<'_>,
    study: &StudyId,
    now: Timestamp,
    grace_minutes: u32,
) -> Result<Vec<ParticipantId>, Error> {
    let study = study.as_str();
    let without_grace = now.plus_seconds(-60 * i64::from(grace_minutes)).naive_utc();
    let now = now.naive_utc();
    let ended = assessment::table
        .filter(assessment::study_id.eq(study).and(assessment::late_at.le(now)))
        .filter(assessment::settled_at.is_null())
        .filter(assessment::submitted_at.is_null().and(assessment::cancelled_at.is_null()))
        .filter(assessment::first_answer_at.is_null().or(assessment::late_at.le(without_grace)))
        .filter(assessment::reopened_until.is_null().or(assessment::reopened_until.le(now)))
        .select(assessment::participant_id);
    let woken = assessment::table
        .filter(assessment::study_id.eq(study).and(assessment::wakes_at.le(now)))
        .filter(assessment::cancelled_at.is_null())
        .select(assessment::participant_id);
    let lapsed = step::table
        .filter(step::study_id.eq(study).and(step::lapses_at.le(now)))
        .select(step::participant_id);
    let unread = alert::table
        .filter(alert::study_id.eq(study).and(alert::escalates_at.le(now)))
        .select(alert::participant_id);
    let pending = || {
        assessment::table
            .filter(assessment::participant_id.eq(participant::id).and(assessment::settled_at.is_null()))
            .filter(assessment::submitted_at.is_null().and(assessment::cancelled_at.is_null()))
    };
    let common = pending().filter(assessment::arm_bound.eq(false));
    let enrolling = [ParticipantState::Registered, ParticipantState::Enrolling, ParticipantState::Ready];
    let drawn = [ParticipantState::Randomized, ParticipantState::Enrolled];
    let is_lapsed =
        participant::state.eq_any(enrolling.map(|state| state.as_str())).and(participant::id.eq_any(lapsed));
    let is_through = participant::state
        .eq_any(drawn.map(|state| state.as_str()))
        .and(not(exists(pending())).or(participant::common_over_on.is_null().and(not(exists(common)))));
    let is_due = participant::id
        .eq_any(ended)
        .or(participant::id.eq_any(woken))
        .or(participant::id.eq_any(unread))
        .or(is_lapsed)
        .or(is_through);
    let rows: Vec<Txt<ParticipantId>> = participant::table
        .filter(participant::study_id.eq(study).and(is_due))
        .order(participant::id)
        .select(participant::id)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}
