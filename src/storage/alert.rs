//! Safety alerts and the log of what was done about them.

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::AlertId;
use crate::kernel::ids::AssessmentId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::SiteId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::alert;
use crate::storage::schema::alert_entry;
use crate::storage::schema::assessment;
use crate::storage::schema::participant;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;
use crate::trial::protocol::model::AlertLevel;

/// A safety event that an answer, or its absence, has raised.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Alert {
    /// The id.
    pub id: AlertId,
    /// The participant.
    pub participant: ParticipantId,
    /// The study.
    pub study: StudyId,
    /// The assessment.
    pub assessment: AssessmentId,
    /// The instrument.
    pub instrument: String,
    /// The rule of the protocol.
    pub rule: String,
    /// How soon it must be read.
    pub level: AlertLevel,
    /// `met` or `unanswered`.
    pub cause: String,
    /// `raised`, `claimed` or `closed`.
    pub state: String,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// By when it must be claimed.
    pub read_by_at: Timestamp,
    /// When it was claimed.
    pub claimed_at: Option<Timestamp>,
    /// By whom.
    pub claimed_by: Option<AccountId>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// When it is escalated, unless somebody claims or closes it before.
    pub escalates_at: Option<Timestamp>,
}

#[derive(Queryable)]
struct AlertRow {
    id: Txt<AlertId>,
    participant_id: Txt<ParticipantId>,
    study_id: Txt<StudyId>,
    assessment_id: Txt<AssessmentId>,
    instrument: String,
    rule: String,
    level: Txt<AlertLevel>,
    cause: String,
    state: String,
    raised_at: Stamp,
    read_by_at: Stamp,
    claimed_at: Option<Stamp>,
    claimed_by: Option<Txt<AccountId>>,
    closed_at: Option<Stamp>,
    escalates_at: Option<Stamp>,
}

impl From<AlertRow> for Alert {
    fn from(row: AlertRow) -> Self {
        Self {
            id: row.id.0,
            participant: row.participant_id.0,
            study: row.study_id.0,
            assessment: row.assessment_id.0,
            instrument: row.instrument,
            rule: row.rule,
            level: row.level.0,
            cause: row.cause,
            state: row.state,
            raised_at: row.raised_at.0,
            read_by_at: row.read_by_at.0,
            claimed_at: row.claimed_at.map(|stamp| stamp.0),
            claimed_by: row.claimed_by.map(|id| id.0),
            closed_at: row.closed_at.map(|stamp| stamp.0),
            escalates_at: row.escalates_at.map(|stamp| stamp.0),
        }
    }
}

/// Raises an alert.
pub fn insert(tx: &mut Tx<'_>, new: &Alert) -> Result<(), Error> {
    diesel::insert_into(alert::table)
        .values((
            alert::id.eq(new.id.as_str()),
            alert::participant_id.eq(new.participant.as_str()),
            alert::study_id.eq(new.study.as_str()),
            alert::assessment_id.eq(new.assessment.as_str()),
            alert::instrument.eq(&new.instrument),
            alert::rule.eq(&new.rule),
            alert::level.eq(new.level.as_str()),
            alert::cause.eq(&new.cause),
            alert::state.eq(&new.state),
            alert::raised_at.eq(new.raised_at.naive_utc()),
            alert::read_by_at.eq(new.read_by_at.naive_utc()),
            alert::escalates_at.eq(new.escalates_at.map(Timestamp::naive_utc)),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// Stores who has claimed or closed an alert.
pub fn update(tx: &mut Tx<'_>, changed: &Alert) -> Result<(), Error> {
    diesel::update(alert::table.filter(alert::id.eq(changed.id.as_str())))
        .set((
            alert::state.eq(&changed.state),
            alert::claimed_at.eq(changed.claimed_at.map(Timestamp::naive_utc)),
            alert::claimed_by.eq(changed.claimed_by.as_ref().map(AccountId::as_str)),
            alert::closed_at.eq(changed.closed_at.map(Timestamp::naive_utc)),
            alert::escalates_at.eq(changed.escalates_at.map(Timestamp::naive_utc)),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The alert with this id.
pub fn find(tx: &mut Tx<'_>, id: &AlertId) -> Result<Option<Alert>, Error> {
    let row: Option<AlertRow> = alert::table
        .filter(alert::id.eq(id.as_str()))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(Alert::from))
}

/// The alerts of an assessment.
pub fn list_of_assessment(tx: &mut Tx<'_>, id: &AssessmentId) -> Result<Vec<Alert>, Error> {
    let rows: Vec<AlertRow> = alert::table
        .filter(alert::assessment_id.eq(id.as_str()))
        .order((alert::raised_at, alert::id))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(Alert::from).collect())
}

/// What a list of alerts is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct AlertFilter {
    /// The sites that may be seen; `None` for all.
    pub sites: Option<Vec<SiteId>>,
    /// The therapist whose caseload may be seen.
    pub caseload_of: Option<AccountId>,
    /// Only those of what all arms have.
    pub common_only: bool,
    /// With it: what is asked in some arms only at an occasion that all have, as `occasion/instrument`.
    pub hidden: Vec<String>,
    /// One state.
    pub state: Option<String>,
    /// Behind this instant and id, for pages.
    pub after: Option<(Timestamp, String)>,
}

/// Alerts of a study with the participant's code, oldest first, at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    study: &StudyId,
    filter: &AlertFilter,
    limit: i64,
) -> Result<Vec<(String, Alert)>, Error> {
    let mut query = alert::table
        .inner_join(participant::table.on(participant::id.eq(alert::participant_id)))
        .inner_join(assessment::table.on(assessment::id.eq(alert::assessment_id)))
        .filter(alert::study_id.eq(study.as_str()))
        .select((participant::code, alert::all_columns))
        .into_boxed();
    if let Some(sites) = &filter.sites {
        let sites: Vec<&str> = sites.iter().map(SiteId::as_str).collect();
        query = query.filter(participant::site_id.eq_any(sites));
    }
    if let Some(therapist) = &filter.caseload_of {
        query = query.filter(participant::therapist_id.eq(therapist.as_str()));
    }
    if filter.common_only {
        let asked = assessment::occasion.concat("/").concat(alert::instrument);
        query = query.filter(assessment::arm_bound.eq(false).and(asked.ne_all(&filter.hidden)));
    }
    if let Some(state) = &filter.state {
        query = query.filter(alert::state.eq(state));
    }
    if let Some((at, id)) = &filter.after {
        let at = at.naive_utc();
        query = query.filter(alert::raised_at.gt(at).or(alert::raised_at.eq(at).and(alert::id.gt(id))));
    }
    let rows: Vec<(String, AlertRow)> =
        query.order((alert::raised_at, alert::id)).limit(limit).load(&mut *tx.connection).map_err(failed)?;
    Ok(rows.into_iter().map(|(code, row)| (code, Alert::from(row))).collect())
}

/// A participant's alerts whose time has run out, the earliest first.
pub fn list_to_escalate(
    tx: &mut Tx<'_>,
    study: &StudyId,
    participant: &ParticipantId,
    now: Timestamp,
) -> Result<Vec<AlertId>, Error> {
    let rows: Vec<Txt<AlertId>> = alert::table
        .filter(alert::study_id.eq(study.as_str()).and(alert::escalates_at.le(now.naive_utc())))
        .filter(alert::participant_id.eq(participant.as_str()))
        .order((alert::escalates_at, alert::id))
        .select(alert::id)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(|id| id.0).collect())
}

/// One line of an alert's log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AlertEntry {
    /// Its number, from 1.
    pub n: i64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// `raised`, `claimed`, `released`, `contact`, `closed`, `reopened`, `escalated`.
    pub kind: String,
    /// What was recorded: canonical JSON.
    pub content: String,
}

/// Adds a line to an alert's log.
pub fn insert_entry(tx: &mut Tx<'_>, of: &Alert, new: &AlertEntry) -> Result<(), Error> {
    diesel::insert_into(alert_entry::table)
        .values((
            alert_entry::alert_id.eq(of.id.as_str()),
            alert_entry::n.eq(new.n),
            alert_entry::study_id.eq(of.study.as_str()),
            alert_entry::at.eq(new.at.naive_utc()),
            alert_entry::by_account.eq(&new.by),
            alert_entry::kind.eq(&new.kind),
            alert_entry::content.eq(&new.content),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The log of an alert.
pub fn list_entries(tx: &mut Tx<'_>, id: &AlertId) -> Result<Vec<AlertEntry>, Error> {
    let rows: Vec<(i64, Stamp, String, String, String)> = alert_entry::table
        .filter(alert_entry::alert_id.eq(id.as_str()))
        .order(alert_entry::n)
        .select((
            alert_entry::n,
            alert_entry::at,
            alert_entry::by_account,
            alert_entry::kind,
            alert_entry::content,
        ))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows
        .into_iter()
        .map(|(n, at, by, kind, content)| AlertEntry { n, at: at.0, by, kind, content })
        .collect())
}
