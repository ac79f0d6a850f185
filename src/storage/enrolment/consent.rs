//! Consents, given or declined, with exactly what was shown.

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::ConsentId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::consent;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;

/// A consent given or declined, with exactly what was shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsentRecord {
    /// The id.
    pub id: ConsentId,
    /// Whose.
    pub participant: ParticipantId,
    /// The study.
    pub study: StudyId,
    /// The consent's id in the protocol.
    pub document: String,
    /// Its version.
    pub document_version: i64,
    /// The language.
    pub language: String,
    /// SHA-256 of the document's bytes as shown.
    pub sha256: String,
    /// Item → yes or no: canonical JSON.
    pub items: String,
    /// `given` or `declined`.
    pub decision: String,
    /// `online`, `paper_post`, `paper_onsite`, `eid`.
    pub medium: String,
    /// Who signed: `participant`, `guardian`.
    pub signer: String,
    /// The typed name, sealed.
    pub sealed_name: Option<String>,
    /// How the person was identified.
    pub identity_check: String,
    /// The day of the signature.
    pub signed_on: Date,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub recorded_by: String,
    /// The protocol version in force.
    pub protocol_version: i64,
}

#[derive(Queryable)]
struct ConsentRow {
    id: Txt<ConsentId>,
    participant_id: Txt<ParticipantId>,
    study_id: Txt<StudyId>,
    document: String,
    document_version: i64,
    language: String,
    sha256: String,
    items: String,
    decision: String,
    medium: String,
    signer: String,
    sealed_name: Option<String>,
    identity_check: String,
    signed_on: Date,
    recorded_at: Stamp,
    recorded_by: String,
    protocol_version: i64,
}

impl From<ConsentRow> for ConsentRecord {
    fn from(row: ConsentRow) -> Self {
        Self {
            id: row.id.0,
            participant: row.participant_id.0,
            study: row.study_id.0,
            document: row.document,
            document_version: row.document_version,
            language: row.language,
            sha256: row.sha256,
            items: row.items,
            decision: row.decision,
            medium: row.medium,
            signer: row.signer,
            sealed_name: row.sealed_name,
            identity_check: row.identity_check,
            signed_on: row.signed_on,
            recorded_at: row.recorded_at.0,
            recorded_by: row.recorded_by,
            protocol_version: row.protocol_version,
        }
    }
}

/// Stores a consent.
pub fn insert_consent(tx: &mut Tx<'_>, new: &ConsentRecord) -> Result<(), Error> {
    diesel::insert_into(consent::table)
        .values((
            consent::id.eq(new.id.as_str()),
            consent::participant_id.eq(new.participant.as_str()),
            consent::study_id.eq(new.study.as_str()),
            consent::document.eq(&new.document),
            consent::document_version.eq(new.document_version),
            consent::language.eq(&new.language),
            consent::sha256.eq(&new.sha256),
            consent::items.eq(&new.items),
            consent::decision.eq(&new.decision),
            consent::medium.eq(&new.medium),
            consent::signer.eq(&new.signer),
            consent::sealed_name.eq(&new.sealed_name),
            consent::identity_check.eq(&new.identity_check),
            consent::signed_on.eq(new.signed_on),
            consent::recorded_at.eq(new.recorded_at.naive_utc()),
            consent::recorded_by.eq(&new.recorded_by),
            consent::protocol_version.eq(new.protocol_version),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The consents of a participant, oldest first.
pub fn list_consents(tx: &mut Tx<'_>, participant: &ParticipantId) -> Result<Vec<ConsentRecord>, Error> {
    let rows: Vec<ConsentRow> = consent::table
        .filter(consent::participant_id.eq(participant.as_str()))
        .order((consent::recorded_at, consent::id))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(ConsentRecord::from).collect())
}
