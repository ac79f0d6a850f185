//! Audit events, the values beside them, chain heads and checkpoints. Only added to, never changed.

mod checkpoint;
mod reading;
mod touching;

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::StudyId;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::dialect::lock_row;
use crate::storage::schema::account;
use crate::storage::schema::audit_event;
use crate::storage::schema::audit_value;
use crate::storage::schema::participant;
use crate::storage::schema::study;
use crate::trial::audit::chain::Head;
use crate::trial::audit::chain::Linked;
use crate::trial::audit::event::Chain;

pub use crate::storage::audit::checkpoint::insert_checkpoint;
pub use crate::storage::audit::checkpoint::last_checkpoint_at;
pub use crate::storage::audit::checkpoint::list_checkpoints;
pub use crate::storage::audit::checkpoint::lock_last_checkpoint;
pub use crate::storage::audit::reading::ARM_OBJECT;
pub use crate::storage::audit::reading::EventFilter;
pub use crate::storage::audit::reading::list_chain;
pub use crate::storage::audit::reading::list_events;
pub use crate::storage::audit::reading::list_heads;
pub use crate::storage::audit::touching::data_acts;
pub use crate::storage::audit::touching::list_touched;

/// What is asked at an assessment: `occasion/instrument`.
macro_rules! asked {
    ($instrument:expr) => {
        assessment::occasion.concat("/").concat($instrument)
    };
}
pub(in crate::storage::audit) use asked;

/// The act that an event belongs to, where it carries an idempotency key: stored on its first event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ActKey {
    /// Whose key it is: an account, participant or applicant.
    pub scope: String,
    /// The key.
    pub key: String,
    /// SHA-256 of operation, path ids and canonical body.
    pub fingerprint: String,
}

/// What an act with a key has done: enough to answer again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ActRecord {
    /// The fingerprint of its request.
    pub fingerprint: String,
    /// The status that was answered.
    pub status: u16,
    /// The `Location` that was answered.
    pub location: Option<String>,
    /// The object that was made or changed.
    pub object: String,
}

/// Locks the head of a chain, in a statement of its own, and reads it.
pub fn lock_head(tx: &mut Tx<'_>, chain: &Chain) -> Result<Head, Error> {
    let connection = &mut *tx.connection;
    let row: Option<(i64, String)> = match chain {
        Chain::Study(id) => lock_row!(
            connection,
            study::table.filter(study::id.eq(id.as_str())).select((study::chain_seq, study::chain_hash))
        ),
        Chain::Participant(id) => lock_row!(
            connection,
            participant::table
                .filter(participant::id.eq(id.as_str()))
                .select((participant::chain_seq, participant::chain_hash))
        ),
        Chain::Account(id) => lock_row!(
            connection,
            account::table
                .filter(account::id.eq(id.as_str()))
                .select((account::chain_seq, account::chain_hash))
        ),
    }
    .map_err(failed)?;
    row.map(|(seq, hash)| Head { seq, hash }).ok_or_else(Error::not_found)
}

/// Moves the head of a chain to its new end.
pub fn store_head(tx: &mut Tx<'_>, chain: &Chain, head: &Head) -> Result<(), Error> {
    let connection = &mut *tx.connection;
    let (seq, hash) = (head.seq, head.hash.as_str());
    match chain {
        Chain::Study(id) => diesel::update(study::table.filter(study::id.eq(id.as_str())))
            .set((study::chain_seq.eq(seq), study::chain_hash.eq(hash)))
            .execute(connection),
        Chain::Participant(id) => diesel::update(participant::table.filter(participant::id.eq(id.as_str())))
            .set((participant::chain_seq.eq(seq), participant::chain_hash.eq(hash)))
            .execute(connection),
        Chain::Account(id) => diesel::update(account::table.filter(account::id.eq(id.as_str())))
            .set((account::chain_seq.eq(seq), account::chain_hash.eq(hash)))
            .execute(connection),
    }
    .map_err(failed)
    .map(|_| ())
}

/// Writes an event and the values beside it; the first event of an act with a key carries the key.
pub fn insert_event(
    tx: &mut Tx<'_>,
    event: &Linked,
    act: Option<(&ActKey, &ActRecord)>,
) -> Result<(), Error> {
    let (key, record) = act.unzip();
    let connection = &mut *tx.connection;
    diesel::insert_into(audit_event::table)
        .values((
            audit_event::id.eq(event.id.as_str()),
            audit_event::chain.eq(event.chain.name()),
            audit_event::seq.eq(event.seq),
            audit_event::study_id.eq(event.study.as_ref().map(StudyId::as_str)),
            audit_event::participant_id.eq(event.participant.as_ref().map(ParticipantId::as_str)),
            audit_event::at.eq(event.at.naive_utc()),
            audit_event::actor.eq(&event.signature.actor),
            audit_event::role.eq(&event.signature.role),
            audit_event::organisation.eq(&event.signature.organisation),
            audit_event::action.eq(&event.action),
            audit_event::object.eq(&event.object),
            audit_event::reason.eq(&event.reason),
            audit_event::request_id.eq(&event.signature.request),
            audit_event::software.eq(&event.signature.software),
            audit_event::digests.eq(&event.digests),
            audit_event::previous_hash.eq(&event.previous_hash),
            audit_event::hash.eq(&event.hash),
            audit_event::act_scope.eq(key.map(|key| &key.scope)),
            audit_event::act_key.eq(key.map(|key| &key.key)),
            audit_event::act_fingerprint.eq(record.map(|record| &record.fingerprint)),
            audit_event::act_status.eq(record.map(|record| i64::from(record.status))),
            audit_event::act_location.eq(record.and_then(|record| record.location.as_ref())),
            audit_event::act_object.eq(record.map(|record| &record.object)),
        ))
        .execute(connection)
        .map_err(failed)?;
    if event.kept.is_empty() {
        return Ok(());
    }
    diesel::insert_into(audit_value::table)
        .values((
            audit_value::event_id.eq(event.id.as_str()),
            audit_value::study_id.eq(event.study.as_ref().map(StudyId::as_str)),
            audit_value::content.eq(canonical::text_of(&event.kept)?),
        ))
        .execute(connection)
        .map_err(failed)
        .map(|_| ())
}

/// What the act with this key has done, if it has happened.
pub fn find_act(tx: &mut Tx<'_>, scope: &str, key: &str) -> Result<Option<ActRecord>, Error> {
    type Row = (Option<String>, Option<i64>, Option<String>, Option<String>);
    let row: Option<Row> = audit_event::table
        .filter(audit_event::act_scope.eq(scope).and(audit_event::act_key.eq(key)))
        .select((
            audit_event::act_fingerprint,
            audit_event::act_status,
            audit_event::act_location,
            audit_event::act_object,
        ))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    let Some((fingerprint, status, location, object)) = row else { return Ok(None) };
    let record = (|| {
        let status = u16::try_from(status?).ok()?;
        Some(ActRecord { fingerprint: fingerprint?, status, location, object: object? })
    })();
    record.map(Some).ok_or_else(|| Error::internal("an act is stored without its answer"))
}
