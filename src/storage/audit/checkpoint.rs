//! Checkpoints over all chain heads.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::time::Timestamp;
use crate::storage::db::AnyConnection;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::audit_checkpoint;
use crate::storage::types::Stamp;
use crate::trial::audit::chain::Checkpoint;

/// All checkpoints in order.
pub fn list_checkpoints(tx: &mut Tx<'_>) -> Result<Vec<Checkpoint>, Error> {
    let rows: Vec<CheckpointRow> =
        audit_checkpoint::table.order(audit_checkpoint::n).load(&mut *tx.connection).map_err(failed)?;
    Ok(rows.into_iter().map(Checkpoint::from).collect())
}

#[derive(Queryable)]
struct CheckpointRow {
    n: i64,
    at: Stamp,
    cause: String,
    heads: String,
    previous_hash: String,
    hash: String,
}

impl From<CheckpointRow> for Checkpoint {
    fn from(row: CheckpointRow) -> Self {
        let CheckpointRow { n, at, cause, heads, previous_hash, hash } = row;
        Self { n, at: at.0, cause, heads, previous_hash, hash }
    }
}

/// When the latest checkpoint was made.
pub fn last_checkpoint_at(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, Error> {
    let at: Option<Stamp> = audit_checkpoint::table
        .order(audit_checkpoint::n.desc())
        .select(audit_checkpoint::at)
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(at.map(|stamp| stamp.0))
}

/// The latest checkpoint, which stays the latest until the end of the transaction unless it writes the next one itself.
pub fn lock_last_checkpoint(tx: &mut Tx<'_>) -> Result<Option<Checkpoint>, Error> {
    if let AnyConnection::Postgres(connection) = &mut *tx.connection {
        connection.batch_execute("LOCK TABLE audit_checkpoint IN EXCLUSIVE MODE").map_err(failed)?;
    }
    let row: Option<CheckpointRow> = audit_checkpoint::table
        .order(audit_checkpoint::n.desc())
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(Checkpoint::from))
}

/// Writes a checkpoint.
pub fn insert_checkpoint(tx: &mut Tx<'_>, checkpoint: &Checkpoint) -> Result<(), Error> {
    diesel::insert_into(audit_checkpoint::table)
        .values((
            audit_checkpoint::n.eq(checkpoint.n),
            audit_checkpoint::at.eq(checkpoint.at.naive_utc()),
            audit_checkpoint::cause.eq(&checkpoint.cause),
            audit_checkpoint::heads.eq(&checkpoint.heads),
            audit_checkpoint::previous_hash.eq(&checkpoint.previous_hash),
            audit_checkpoint::hash.eq(&checkpoint.hash),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}
