//! Dates of anchors, recorded or assumed, with their history.

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::anchor;
use crate::storage::types::Stamp;

/// The date of an anchor as recorded or assumed, with its history.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AnchorRecord {
    /// The episode (`main` for the first period).
    pub episode: String,
    /// The anchor's id.
    pub name: String,
    /// The number, from 1; the last one holds.
    pub n: i64,
    /// The date.
    pub on: Date,
    /// Whether it is the fallback and not a record.
    pub assumed: bool,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub recorded_by: String,
}

/// Stores an anchor's date.
pub fn insert_anchor(
    tx: &mut Tx<'_>,
    study: &StudyId,
    participant: &ParticipantId,
    new: &AnchorRecord,
) -> Result<(), Error> {
    diesel::insert_into(anchor::table)
        .values((
            anchor::participant_id.eq(participant.as_str()),
            anchor::episode.eq(&new.episode),
            anchor::name.eq(&new.name),
            anchor::n.eq(new.n),
            anchor::study_id.eq(study.as_str()),
            anchor::happened_on.eq(new.on),
            anchor::assumed.eq(new.assumed),
            anchor::recorded_at.eq(new.recorded_at.naive_utc()),
            anchor::recorded_by.eq(&new.recorded_by),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// All dates of a participant's anchors, by episode, name and number.
pub fn list_anchors(tx: &mut Tx<'_>, participant: &ParticipantId) -> Result<Vec<AnchorRecord>, Error> {
    type Row = (String, String, i64, Date, bool, Stamp, String);
    let rows: Vec<Row> = anchor::table
        .filter(anchor::participant_id.eq(participant.as_str()))
        .order((anchor::episode, anchor::name, anchor::n))
        .select((
            anchor::episode,
            anchor::name,
            anchor::n,
            anchor::happened_on,
            anchor::assumed,
            anchor::recorded_at,
            anchor::recorded_by,
        ))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows
        .into_iter()
        .map(|(episode, name, n, on, assumed, recorded_at, recorded_by)| AnchorRecord {
            episode,
            name,
            n,
            on,
            assumed,
            recorded_at: recorded_at.0,
            recorded_by,
        })
        .collect())
}
