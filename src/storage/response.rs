//! Responses and their versions. A version is one row and never changes.

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::ResponseId;
use crate::kernel::ids::SiteId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::assessment;
use crate::storage::schema::participant;
use crate::storage::schema::response;
use crate::storage::schema::response_version;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;

/// The answers to one instrument in one assessment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    /// The id.
    pub id: ResponseId,
    /// The assessment.
    pub assessment: AssessmentId,
    /// The participant.
    pub participant: ParticipantId,
    /// The study.
    pub study: StudyId,
    /// The instrument, form or external.
    pub instrument: String,
    /// Its version.
    pub instrument_version: String,
    /// `draft`, `submitted`, `partial` or `invalid`.
    pub state: String,
    /// The number of its latest stored version, drafts counted.
    pub n: i64,
    /// The number of its latest sent version; 0 while a draft.
    pub version: i64,
}

/// One stored version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResponseVersion {
    /// The response.
    pub response: ResponseId,
    /// Its number, drafts counted, from 1.
    pub n: i64,
    /// The number of the sent version; 0 for a draft, and for what was kept of one.
    pub version: i64,
    /// `draft`, `submitted`, `partial` or `corrected`.
    pub kind: String,
    /// Item → state and value: canonical JSON.
    pub answers: String,
    /// Score → status, value, missing, band, rule: canonical JSON; `{}` while a draft.
    pub scores: String,
    /// Item → salt of its digest: canonical JSON.
    pub salts: String,
    /// The language of the words that were shown.
    pub language: String,
    /// `self`, `on_behalf`, `paper`, `staff`, `import`, `system`.
    pub origin: String,
    /// When.
    pub saved_at: Timestamp,
    /// By whom.
    pub saved_by: String,
}

type ResponseRow =
    (Txt<ResponseId>, Txt<AssessmentId>, Txt<ParticipantId>, Txt<StudyId>, String, String, String, i64, i64);

fn response_of(row: ResponseRow) -> Response {
    let (id, assessment, participant, study, instrument, instrument_version, state, n, version) = row;
    Response {
        id: id.0,
        assessment: assessment.0,
        participant: participant.0,
        study: study.0,
        instrument,
        instrument_version,
        state,
        n,
        version,
    }
}

/// Begins a response.
pub fn insert(tx: &mut Tx<'_>, new: &Response) -> Result<(), Error> {
    diesel::insert_into(response::table)
        .values((
            response::id.eq(new.id.as_str()),
            response::assessment_id.eq(new.assessment.as_str()),
            response::participant_id.eq(new.participant.as_str()),
            response::study_id.eq(new.study.as_str()),
            response::instrument.eq(&new.instrument),
            response::instrument_version.eq(&new.instrument_version),
            response::state.eq(&new.state),
            response::n.eq(new.n),
            response::version.eq(new.version),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// Stores state and numbers of a response.
pub fn update(tx: &mut Tx<'_>, changed: &Response) -> Result<(), Error> {
    diesel::update(response::table.filter(response::id.eq(changed.id.as_str())))
        .set((
            response::state.eq(&changed.state),
            response::n.eq(changed.n),
            response::version.eq(changed.version),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// Adds a version.
pub fn insert_version(tx: &mut Tx<'_>, of: &Response, new: &ResponseVersion) -> Result<(), Error> {
    diesel::insert_into(response_version::table)
        .values((
            response_version::response_id.eq(new.response.as_str()),
            response_version::n.eq(new.n),
            response_version::version.eq(new.version),
            response_version::study_id.eq(of.study.as_str()),
            response_version::participant_id.eq(of.participant.as_str()),
            response_version::kind.eq(&new.kind),
            response_version::answers.eq(&new.answers),
            response_version::scores.eq(&new.scores),
            response_version::salts.eq(&new.salts),
            response_version::language.eq(&new.language),
            response_version::origin.eq(&new.origin),
            response_version::saved_at.eq(new.saved_at.naive_utc()),
            response_version::saved_by.eq(&new.saved_by),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The response with this id.
pub fn find(tx: &mut Tx<'_>, id: &ResponseId) -> Result<Option<Response>, Error> {
    let row: Option<ResponseRow> = response::table
        .filter(response::id.eq(id.as_str()))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(response_of))
}

/// The responses of a participant.
pub fn list_of(tx: &mut Tx<'_>, participant: &ParticipantId) -> Result<Vec<Response>, Error> {
    let rows: Vec<ResponseRow> = response::table
        .filter(response::participant_id.eq(participant.as_str()))
        .order(response::id)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(response_of).collect())
}

/// The responses of an assessment by instrument.
pub fn list_of_assessment(tx: &mut Tx<'_>, assessment: &AssessmentId) -> Result<Vec<Response>, Error> {
    let rows: Vec<ResponseRow> = response::table
        .filter(response::assessment_id.eq(assessment.as_str()))
        .order(response::instrument)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(response_of).collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = response_version)]
struct VersionRow {
    response_id: Txt<ResponseId>,
    n: i64,
    version: i64,
    kind: String,
    answers: String,
    scores: String,
    salts: String,
    language: String,
    origin: String,
    saved_at: Stamp,
    saved_by: String,
}

impl From<VersionRow> for ResponseVersion {
    fn from(row: VersionRow) -> Self {
        Self {
            response: row.response_id.0,
            n: row.n,
            version: row.version,
            kind: row.kind,
            answers: row.answers,
            scores: row.scores,
            salts: row.salts,
            language: row.language,
            origin: row.origin,
            saved_at: row.saved_at.0,
            saved_by: row.saved_by,
        }
    }
}

/// All versions of a response, oldest first.
pub fn list_versions(tx: &mut Tx<'_>, id: &ResponseId) -> Result<Vec<ResponseVersion>, Error> {
    let rows: Vec<VersionRow> = response_version::table
        .filter(response_version::response_id.eq(id.as_str()))
        .order(response_version::n)
        .select(VersionRow::as_select())
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(ResponseVersion::from).collect())
}

/// One version of a response.
pub fn find_version(tx: &mut Tx<'_>, id: &ResponseId, n: i64) -> Result<Option<ResponseVersion>, Error> {
    let row: Option<VersionRow> = response_version::table
        .filter(response_version::response_id.eq(id.as_str()).and(response_version::n.eq(n)))
        .select(VersionRow::as_select())
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(ResponseVersion::from))
}

/// All responses of a participant with their latest versions; with `common_only`, of assessments that every arm has.
pub fn list_latest_of(
    tx: &mut Tx<'_>,
    participant: &ParticipantId,
    common_only: bool,
) -> Result<Vec<(Response, ResponseVersion)>, Error> {
    let mut query = response::table
        .inner_join(
            response_version::table
                .on(response_version::response_id.eq(response::id).and(response_version::n.eq(response::n))),
        )
        .filter(response::participant_id.eq(participant.as_str()))
        .order((response::assessment_id, response::instrument))
        .select((response::all_columns, VersionRow::as_select()))
        .into_boxed();
    if common_only {
        let common = assessment::table
            .filter(assessment::participant_id.eq(participant.as_str()).and(assessment::arm_bound.eq(false)));
        query = query.filter(response::assessment_id.eq_any(common.select(assessment::id)));
    }
    let rows: Vec<(ResponseRow, VersionRow)> = query.load(&mut *tx.connection).map_err(failed)?;
    Ok(rows.into_iter().map(|(row, version)| (response_of(row), ResponseVersion::from(version))).collect())
}

/// A draft of a study.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenDraft {
    /// The assessment that holds it.
    pub assessment: AssessmentId,
    /// The person's site.
    pub site: SiteId,
    /// Whether only some arms have the assessment.
    pub arm_bound: bool,
    /// What is asked, as `occasion/instrument`.
    pub asked: String,
}

/// The drafts of a study, by assessment.
pub fn list_drafts(tx: &mut Tx<'_>, study: &StudyId) -> Result<Vec<OpenDraft>, Error> {
    let rows: Vec<(Txt<AssessmentId>, Txt<SiteId>, bool, String)> = response::table
        .inner_join(assessment::table.on(assessment::id.eq(response::assessment_id)))
        .inner_join(participant::table.on(participant::id.eq(response::participant_id)))
        .filter(response::study_id.eq(study.as_str()).and(response::state.eq("draft")))
        .order((assessment::id, response::instrument))
        .select((
            assessment::id,
            participant::site_id,
            assessment::arm_bound,
            assessment::occasion.concat("/").concat(response::instrument),
        ))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows
        .into_iter()
        .map(|(id, site, arm_bound, asked)| OpenDraft { assessment: id.0, site: site.0, arm_bound, asked })
        .collect())
}

/// Numbers of versions that were saved up to an instant: (response, n), the latest of each.
pub fn list_versions_until(
    tx: &mut Tx<'_>,
    participant: &ParticipantId,
    until: Timestamp,
) -> Result<Vec<ResponseVersion>, Error> {
    let rows: Vec<VersionRow> = response_version::table
        .filter(response_version::participant_id.eq(participant.as_str()))
        .filter(response_version::saved_at.le(until.naive_utc()))
        .order((response_version::response_id, response_version::n))
        .select(VersionRow::as_select())
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(ResponseVersion::from).collect())
}
