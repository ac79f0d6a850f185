//! What was done to a study's data and to whom, as far as a caller may know of it.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Timestamp;
use crate::storage::audit::asked;
use crate::storage::audit::reading::ARM_OBJECT;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::alert;
use crate::storage::schema::assessment;
use crate::storage::schema::audit_event;
use crate::storage::schema::response;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;

/// The instant of the latest act on a study's data and how many there were; looks, links and sessions do not count. With
/// `hidden`, acts on what only some arms have do not count either, nor on what it names (as in `EventFilter`).
pub fn data_acts(
    tx: &mut Tx<'_>,
    study: &StudyId,
    hidden: Option<&[String]>,
) -> Result<(Option<Timestamp>, i64), Error> {
    let hidden = Hidden::of(tx, study, hidden)?;
    let acts: Vec<(Stamp, String)> = audit_event::table
        .filter(audit_event::study_id.eq(study.as_str()).and(audit_event::chain.not_like("account:%")))
        .filter(audit_event::action.not_like("session.%").and(audit_event::action.not_like("link.%")))
        .select((audit_event::at, audit_event::object))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    let counted: Vec<Timestamp> =
        acts.iter().filter(|(_, object)| !hidden.holds(object)).map(|(at, _)| at.0).collect();
    Ok((counted.iter().max().copied(), i64::try_from(counted.len()).unwrap_or(i64::MAX)))
}

/// The people of a study of whom something was written since an instant; looks, links and sessions do not count, nor, with
/// `hidden`, acts on what only some arms have or it names.
pub fn list_touched(
    tx: &mut Tx<'_>,
    study: &StudyId,
    since: Timestamp,
    hidden: Option<&[String]>,
) -> Result<BTreeSet<ParticipantId>, Error> {
    let hidden = Hidden::of(tx, study, hidden)?;
    let acts: Vec<(Option<Txt<ParticipantId>>, String)> = audit_event::table
        .filter(audit_event::study_id.eq(study.as_str()).and(audit_event::chain.like("participant:%")))
        .filter(audit_event::action.not_like("session.%").and(audit_event::action.not_like("link.%")))
        .filter(audit_event::action.not_like("%.read").and(audit_event::at.ge(since.naive_utc())))
        .select((audit_event::participant_id, audit_event::object))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    let seen = acts.into_iter().filter(|(_, object)| !hidden.holds(object));
    Ok(seen.filter_map(|(person, _)| person.map(|id| id.0)).collect())
}

/// The objects whose acts are left out.
struct Hidden(Option<BTreeSet<String>>);

impl Hidden {
    fn of(tx: &mut Tx<'_>, study: &StudyId, hidden: Option<&[String]>) -> Result<Self, Error> {
        hidden.map(|hidden| arm_bound_objects(tx, study, hidden)).transpose().map(Self)
    }

    fn holds(&self, object: &str) -> bool {
        self.0.as_ref().is_some_and(|objects| object.contains(ARM_OBJECT) || objects.contains(object))
    }
}

/// Ids of assessments that only some arms have, of their responses and alerts.
fn arm_bound_objects(tx: &mut Tx<'_>, study: &StudyId, hidden: &[String]) -> Result<BTreeSet<String>, Error> {
    let here = assessment::study_id.eq(study.as_str()).and(assessment::arm_bound.eq(true));
    let assessments: Vec<String> =
        assessment::table.filter(here).select(assessment::id).load(&mut *tx.connection).map_err(failed)?;
    let responses: Vec<String> = response::table
        .inner_join(assessment::table.on(assessment::id.eq(response::assessment_id)))
        .filter(assessment::study_id.eq(study.as_str()))
        .filter(assessment::arm_bound.eq(true).or(asked!(response::instrument).eq_any(hidden)))
        .select(response::id)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    let alerts: Vec<String> = alert::table
        .inner_join(assessment::table.on(assessment::id.eq(alert::assessment_id)))
        .filter(assessment::study_id.eq(study.as_str()))
        .filter(assessment::arm_bound.eq(true).or(asked!(alert::instrument).eq_any(hidden)))
        .select(alert::id)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(assessments.into_iter().chain(responses).chain(alerts).collect())
}
