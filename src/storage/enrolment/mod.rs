//! What enrolment leaves behind: steps, verdicts, consents, anchors, holds.

mod anchor;
mod consent;

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::SiteId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::hold;
use crate::storage::schema::participant;
use crate::storage::schema::step;
use crate::storage::schema::verdict;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;

pub use crate::storage::enrolment::anchor::AnchorRecord;
pub use crate::storage::enrolment::anchor::insert_anchor;
pub use crate::storage::enrolment::anchor::list_anchors;
pub use crate::storage::enrolment::consent::ConsentRecord;
pub use crate::storage::enrolment::consent::insert_consent;
pub use crate::storage::enrolment::consent::list_consents;

/// What happened at a step of enrolment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StepRecord {
    /// The step's id in the protocol.
    pub step: String,
    /// `open`, `complete` or `failed`.
    pub state: String,
    /// When it opened.
    pub opened_at: Timestamp,
    /// When it was completed or failed.
    pub closed_at: Option<Timestamp>,
    /// What came out: `include`, `exclude`, `given`, `declined` …
    pub outcome: Option<String>,
    /// Why.
    pub reason_code: Option<String>,
    /// Who acted.
    pub acted_by: Option<String>,
    /// When it lapses; `None` once it is over, and where it never does.
    pub lapses_at: Option<Timestamp>,
}

/// Stores a step; a record of the same step gives way.
pub fn store_step(
    tx: &mut Tx<'_>,
    study: &StudyId,
    participant: &ParticipantId,
    record: &StepRecord,
) -> Result<(), Error> {
    let of = step::participant_id.eq(participant.as_str()).and(step::step_id.eq(&record.step));
    let changed = diesel::update(step::table.filter(of))
        .set((
            step::state.eq(&record.state),
            step::closed_at.eq(record.closed_at.map(Timestamp::naive_utc)),
            step::outcome.eq(&record.outcome),
            step::reason_code.eq(&record.reason_code),
            step::acted_by.eq(&record.acted_by),
            step::lapses_at.eq(record.lapses_at.map(Timestamp::naive_utc)),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)?;
    if changed > 0 {
        return Ok(());
    }
    diesel::insert_into(step::table)
        .values((
            step::participant_id.eq(participant.as_str()),
            step::step_id.eq(&record.step),
            step::study_id.eq(study.as_str()),
            step::state.eq(&record.state),
            step::opened_at.eq(record.opened_at.naive_utc()),
            step::closed_at.eq(record.closed_at.map(Timestamp::naive_utc)),
            step::outcome.eq(&record.outcome),
            step::reason_code.eq(&record.reason_code),
            step::acted_by.eq(&record.acted_by),
            step::lapses_at.eq(record.lapses_at.map(Timestamp::naive_utc)),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The steps that a participant has begun.
pub fn list_steps(tx: &mut Tx<'_>, participant: &ParticipantId) -> Result<Vec<StepRecord>, Error> {
    type Row =
        (String, String, Stamp, Option<Stamp>, Option<String>, Option<String>, Option<String>, Option<Stamp>);
    let rows: Vec<Row> = step::table
        .filter(step::participant_id.eq(participant.as_str()))
        .order((step::opened_at, step::step_id))
        .select((
            step::step_id,
            step::state,
            step::opened_at,
            step::closed_at,
            step::outcome,
            step::reason_code,
            step::acted_by,
            step::lapses_at,
        ))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows
        .into_iter()
        .map(|(step, state, opened_at, closed_at, outcome, reason_code, acted_by, lapses_at)| StepRecord {
            step,
            state,
            opened_at: opened_at.0,
            closed_at: closed_at.map(|stamp| stamp.0),
            outcome,
            reason_code,
            acted_by,
            lapses_at: lapses_at.map(|stamp| stamp.0),
        })
        .collect())
}

/// What was judged of a criterion. Never changed; judged again, it gets the next number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerdictRecord {
    /// The criterion.
    pub criterion: String,
    /// The number, from 1.
    pub n: i64,
    /// The step.
    pub step: String,
    /// `rule` or `judged`.
    pub kind: String,
    /// `met`, `not_met` or `undetermined`: of the criterion as worded.
    pub outcome: String,
    /// The values that went in: canonical JSON.
    pub inputs: String,
    /// The day of the evidence.
    pub evidence_on: Date,
    /// The protocol version.
    pub protocol_version: i64,
    /// When.
    pub judged_at: Timestamp,
    /// By whom.
    pub judged_by: String,
    /// In which role.
    pub judged_by_role: String,
}

/// Stores a verdict.
pub fn insert_verdict(
    tx: &mut Tx<'_>,
    study: &StudyId,
    participant: &ParticipantId,
    new: &VerdictRecord,
) -> Result<(), Error> {
    diesel::insert_into(verdict::table)
        .values((
            verdict::participant_id.eq(participant.as_str()),
            verdict::criterion.eq(&new.criterion),
            verdict::n.eq(new.n),
            verdict::study_id.eq(study.as_str()),
            verdict::step_id.eq(&new.step),
            verdict::kind.eq(&new.kind),
            verdict::outcome.eq(&new.outcome),
            verdict::inputs.eq(&new.inputs),
            verdict::evidence_on.eq(new.evidence_on),
            verdict::protocol_version.eq(new.protocol_version),
            verdict::judged_at.eq(new.judged_at.naive_utc()),
            verdict::judged_by.eq(&new.judged_by),
            verdict::judged_by_role.eq(&new.judged_by_role),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

#[derive(Queryable)]
struct VerdictRow {
    _participant_id: String,
    criterion: String,
    n: i64,
    _study_id: String,
    step_id: String,
    kind: String,
    outcome: String,
    inputs: String,
    evidence_on: Date,
    protocol_version: i64,
    judged_at: Stamp,
    judged_by: String,
    judged_by_role: String,
}

/// All verdicts on a participant, by criterion and number.
pub fn list_verdicts(tx: &mut Tx<'_>, participant: &ParticipantId) -> Result<Vec<VerdictRecord>, Error> {
    let rows: Vec<VerdictRow> = verdict::table
        .filter(verdict::participant_id.eq(participant.as_str()))
        .order((verdict::criterion, verdict::n))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows
        .into_iter()
        .map(|row| VerdictRecord {
            criterion: row.criterion,
            n: row.n,
            step: row.step_id,
            kind: row.kind,
            outcome: row.outcome,
            inputs: row.inputs,
            evidence_on: row.evidence_on,
            protocol_version: row.protocol_version,
            judged_at: row.judged_at.0,
            judged_by: row.judged_by,
            judged_by_role: row.judged_by_role,
        })
        .collect())
}

/// Holds a participant back until a person has looked.
pub fn insert_hold(
    tx: &mut Tx<'_>,
    study: &StudyId,
    participant: &ParticipantId,
    kind: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let before: i64 = hold::table
        .filter(hold::participant_id.eq(participant.as_str()).and(hold::kind.eq(kind)))
        .count()
        .get_result(&mut *tx.connection)
        .map_err(failed)?;
    diesel::insert_into(hold::table)
        .values((
            hold::participant_id.eq(participant.as_str()),
            hold::kind.eq(kind),
            hold::n.eq(before + 1),
            hold::study_id.eq(study.as_str()),
            hold::raised_at.eq(now.naive_utc()),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The kinds of holds that are not resolved.
pub fn open_holds(tx: &mut Tx<'_>, participant: &ParticipantId) -> Result<Vec<String>, Error> {
    hold::table
        .filter(hold::participant_id.eq(participant.as_str()).and(hold::resolved_at.is_null()))
        .select(hold::kind)
        .order(hold::kind)
        .load(&mut *tx.connection)
        .map_err(failed)
}

/// The open holds of a study's people who are not excluded: person, site, kind.
pub fn list_open_holds(
    tx: &mut Tx<'_>,
    study: &StudyId,
) -> Result<Vec<(ParticipantId, SiteId, String)>, Error> {
    let rows: Vec<(Txt<ParticipantId>, Txt<SiteId>, String)> = hold::table
        .inner_join(participant::table.on(participant::id.eq(hold::participant_id)))
        .filter(hold::study_id.eq(study.as_str()).and(hold::resolved_at.is_null()))
        .filter(participant::state.ne("excluded"))
        .order((hold::participant_id, hold::kind))
        .select((participant::id, participant::site_id, hold::kind))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(|(person, site, kind)| (person.0, site.0, kind)).collect())
}
