//! Later treatments of the same person. The allocation stays what it was.

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::EpisodeId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::episode;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;

/// A later treatment that a person has been given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EpisodeRecord {
    /// The id.
    pub id: EpisodeId,
    /// Its id in the protocol.
    pub name: String,
    /// The arm or treatment that it gives.
    pub treatment: String,
    /// When it was planned.
    pub created_at: Timestamp,
}

/// Stores a later treatment; a person has each of the protocol once.
pub fn insert(
    tx: &mut Tx<'_>,
    study: &StudyId,
    participant: &ParticipantId,
    new: &EpisodeRecord,
) -> Result<(), Error> {
    diesel::insert_into(episode::table)
        .values((
            episode::id.eq(new.id.as_str()),
            episode::participant_id.eq(participant.as_str()),
            episode::study_id.eq(study.as_str()),
            episode::name.eq(&new.name),
            episode::created_at.eq(new.created_at.naive_utc()),
            episode::treatment.eq(&new.treatment),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// A participant's later treatments, in the order in which they were planned.
pub fn list_of(tx: &mut Tx<'_>, participant: &ParticipantId) -> Result<Vec<EpisodeRecord>, Error> {
    let rows: Vec<(Txt<EpisodeId>, String, String, Stamp)> = episode::table
        .filter(episode::participant_id.eq(participant.as_str()))
        .order((episode::created_at, episode::name))
        .select((episode::id, episode::name, episode::treatment, episode::created_at))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    let record = |(id, name, treatment, created_at): (Txt<EpisodeId>, String, String, Stamp)| EpisodeRecord {
        id: id.0,
        name,
        treatment,
        created_at: created_at.0,
    };
    Ok(rows.into_iter().map(record).collect())
}
