//! Occasions of a person: their windows and what has become of them.

mod listing;

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::AssessmentId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::assessment;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;
use crate::trial::role::Respondent;

pub use crate::storage::assessment::listing::AssessmentFilter;
pub use crate::storage::assessment::listing::Listed;
pub use crate::storage::assessment::listing::list;

/// One participant at one occasion, by one respondent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assessment {
    /// The id.
    pub id: AssessmentId,
    /// The participant.
    pub participant: ParticipantId,
    /// The study.
    pub study: StudyId,
    /// The episode (`main` for the first period).
    pub episode: String,
    /// The occasion; `w03` for the third of a series.
    pub occasion: String,
    /// Its place in the protocol, from 1.
    pub occasion_no: i64,
    /// Who answers.
    pub respondent: Respondent,
    /// The anchor of its window; `None` where a step opens it.
    pub anchor: Option<String>,
    /// Whether only some arms have it: then blinded roles never see it.
    pub arm_bound: bool,
    /// The rater that it is assigned to.
    pub assigned_to: Option<AccountId>,
    /// The protocol version by which it was planned.
    pub protocol_version: i64,
    /// When it opens; `None` while its anchor is missing.
    pub opens_at: Option<Timestamp>,
    /// The planned day.
    pub due_on: Option<Date>,
    /// When its window ends.
    pub closes_at: Option<Timestamp>,
    /// When late answers end.
    pub late_at: Option<Timestamp>,
    /// When it was first looked at.
    pub first_seen_at: Option<Timestamp>,
    /// When the first answer was saved.
    pub first_answer_at: Option<Timestamp>,
    /// When it was sent.
    pub submitted_at: Option<Timestamp>,
    /// By whom.
    pub submitted_by: Option<String>,
    /// `in_window`, `late` or `outside`, once sent.
    pub window_class: Option<String>,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// Until when it is open again.
    pub reopened_until: Option<Timestamp>,
    /// When its end was written down (drafts kept, alerts for missing safety items raised).
    pub settled_at: Option<Timestamp>,
    /// The language in which it is answered.
    pub language: Option<String>,
    /// When its anchor takes the fallback date, if nobody records one before.
    pub wakes_at: Option<Timestamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = assessment)]
struct AssessmentRow {
    id: Txt<AssessmentId>,
    participant_id: Txt<ParticipantId>,
    study_id: Txt<StudyId>,
    episode: String,
    occasion: String,
    occasion_no: i64,
    respondent: Txt<Respondent>,
    anchor: Option<String>,
    arm_bound: bool,
    assigned_to: Option<Txt<AccountId>>,
    protocol_version: i64,
    opens_at: Option<Stamp>,
    due_on: Option<Date>,
    closes_at: Option<Stamp>,
    late_at: Option<Stamp>,
    first_seen_at: Option<Stamp>,
    first_answer_at: Option<Stamp>,
    submitted_at: Option<Stamp>,
    submitted_by: Option<String>,
    window_class: Option<String>,
    cancelled_at: Option<Stamp>,
    reopened_until: Option<Stamp>,
    settled_at: Option<Stamp>,
    language: Option<String>,
    wakes_at: Option<Stamp>,
}

impl From<AssessmentRow> for Assessment {
    fn from(row: AssessmentRow) -> Self {
        let instant = |stamp: Option<Stamp>| stamp.map(|stamp| stamp.0);
        Self {
            id: row.id.0,
            participant: row.participant_id.0,
            study: row.study_id.0,
            episode: row.episode,
            occasion: row.occasion,
            occasion_no: row.occasion_no,
            respondent: row.respondent.0,
            anchor: row.anchor,
            arm_bound: row.arm_bound,
            assigned_to: row.assigned_to.map(|id| id.0),
            protocol_version: row.protocol_version,
            opens_at: instant(row.opens_at),
            due_on: row.due_on,
            closes_at: instant(row.closes_at),
            late_at: instant(row.late_at),
            first_seen_at: instant(row.first_seen_at),
            first_answer_at: instant(row.first_answer_at),
            submitted_at: instant(row.submitted_at),
            submitted_by: row.submitted_by,
            window_class: row.window_class,
            cancelled_at: instant(row.cancelled_at),
            reopened_until: instant(row.reopened_until),
            settled_at: instant(row.settled_at),
            language: row.language,
            wakes_at: instant(row.wakes_at),
        }
    }
}

/// Plans an assessment.
pub fn insert(tx: &mut Tx<'_>, new: &Assessment) -> Result<(), Error> {
    diesel::insert_into(assessment::table)
        .values((
            assessment::id.eq(new.id.as_str()),
            assessment::participant_id.eq(new.participant.as_str()),
            assessment::study_id.eq(new.study.as_str()),
            assessment::episode.eq(&new.episode),
            assessment::occasion.eq(&new.occasion),
            assessment::occasion_no.eq(new.occasion_no),
            assessment::respondent.eq(new.respondent.as_str()),
            assessment::anchor.eq(&new.anchor),
            assessment::arm_bound.eq(new.arm_bound),
            assessment::assigned_to.eq(new.assigned_to.as_ref().map(AccountId::as_str)),
            assessment::protocol_version.eq(new.protocol_version),
            assessment::opens_at.eq(new.opens_at.map(Timestamp::naive_utc)),
            assessment::due_on.eq(new.due_on),
            assessment::closes_at.eq(new.closes_at.map(Timestamp::naive_utc)),
            assessment::late_at.eq(new.late_at.map(Timestamp::naive_utc)),
            assessment::wakes_at.eq(new.wakes_at.map(Timestamp::naive_utc)),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// Stores window and progress of an assessment.
pub fn update(tx: &mut Tx<'_>, changed: &Assessment) -> Result<(), Error> {
    let naive = |instant: Option<Timestamp>| instant.map(Timestamp::naive_utc);
    diesel::update(assessment::table.filter(assessment::id.eq(changed.id.as_str())))
        .set((
            assessment::assigned_to.eq(changed.assigned_to.as_ref().map(AccountId::as_str)),
            assessment::opens_at.eq(naive(changed.opens_at)),
            assessment::due_on.eq(changed.due_on),
            assessment::closes_at.eq(naive(changed.closes_at)),
            assessment::late_at.eq(naive(changed.late_at)),
            assessment::first_seen_at.eq(naive(changed.first_seen_at)),
            assessment::first_answer_at.eq(naive(changed.first_answer_at)),
            assessment::submitted_at.eq(naive(changed.submitted_at)),
            assessment::submitted_by.eq(&changed.submitted_by),
            assessment::window_class.eq(&changed.window_class),
            assessment::cancelled_at.eq(naive(changed.cancelled_at)),
            assessment::reopened_until.eq(naive(changed.reopened_until)),
            assessment::settled_at.eq(naive(changed.settled_at)),
            assessment::language.eq(&changed.language),
            assessment::wakes_at.eq(naive(changed.wakes_at)),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The assessment with this id.
pub fn find(tx: &mut Tx<'_>, id: &AssessmentId) -> Result<Option<Assessment>, Error> {
    let row: Option<AssessmentRow> = assessment::table
        .filter(assessment::id.eq(id.as_str()))
        .select(AssessmentRow::as_select())
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(Assessment::from))
}

/// All assessments of a participant in the order of the protocol.
pub fn list_of(tx: &mut Tx<'_>, participant: &ParticipantId) -> Result<Vec<Assessment>, Error> {
    let rows: Vec<AssessmentRow> = assessment::table
        .filter(assessment::participant_id.eq(participant.as_str()))
        .order((assessment::occasion_no, assessment::episode, assessment::respondent))
        .select(AssessmentRow::as_select())
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(Assessment::from).collect())
}

/// Whether an account is the rater of some assessment of a participant.
pub fn is_rater(tx: &mut Tx<'_>, participant: &ParticipantId, account: &AccountId) -> Result<bool, Error> {
    let found: i64 = assessment::table
        .filter(assessment::participant_id.eq(participant.as_str()))
        .filter(assessment::assigned_to.eq(account.as_str()))
        .count()
        .get_result(&mut *tx.connection)
        .map_err(failed)?;
    Ok(found > 0)
}

/// The latest opening, close or end of late answers at or before an instant; with `common_only`, of what all arms have.
pub fn latest_boundary(
    tx: &mut Tx<'_>,
    study: &StudyId,
    until: Timestamp,
    common_only: bool,
) -> Result<Option<Timestamp>, Error> {
    let mut latest: Option<Timestamp> = None;
    macro_rules! look {
        ($column:ident) => {{
            let found: Option<Option<Stamp>> = assessment::table
                .filter(assessment::study_id.eq(study.as_str()))
                .filter(assessment::$column.le(until.naive_utc()))
                .filter(assessment::arm_bound.eq_any([false, !common_only]))
                .order(assessment::$column.desc())
                .select(assessment::$column)
                .first(&mut *tx.connection)
                .optional()
                .map_err(failed)?;
            latest = latest.max(found.flatten().map(|stamp| stamp.0));
        }};
    }
    look!(opens_at);
    look!(closes_at);
    look!(late_at);
    Ok(latest)
}
