//! Sealed designs, allocations, and who has seen an arm.

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::AllocationId;
use crate::kernel::ids::DesignId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Timestamp;
use crate::storage::db::AnyConnection;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::allocation;
use crate::storage::schema::design;
use crate::storage::schema::exposure;
use crate::storage::schema::participant;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;
use crate::trial::role::words;

words! {
    /// Where a design version stands.
    DesignState {
        /// Being written.
        Draft = "draft",
        /// Committed: seed and nonce drawn, every byte fixed.
        Committed = "committed",
        /// Draws are made from it.
        Active = "active",
        /// A newer version is active.
        Superseded = "superseded",
        /// Given up before its first allocation.
        Abandoned = "abandoned",
        /// Disclosed.
        Revealed = "revealed",
    }
}

/// A version of the randomization design; what is secret in it stays sealed here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredDesign {
    /// The id.
    pub id: DesignId,
    /// The study.
    pub study: StudyId,
    /// Its number.
    pub version: i64,
    /// Where it stands.
    pub state: DesignState,
    /// The beacon that it names, or `none`.
    pub beacon_ref: String,
    /// The beacon's value, 64 hex digits.
    pub beacon: Option<String>,
    /// The commitment, 64 hex digits.
    pub commitment: Option<String>,
    /// The design JSON, sealed.
    pub sealed_design: String,
    /// The seed, sealed.
    pub sealed_seed: Option<String>,
    /// The nonce, sealed.
    pub sealed_nonce: Option<String>,
    /// When it was last drafted.
    pub drafted_at: Timestamp,
    /// When it was committed.
    pub committed_at: Option<Timestamp>,
    /// When it was activated.
    pub activated_at: Option<Timestamp>,
    /// The sequence number of its first allocation.
    pub first_sequence: Option<i64>,
}

#[derive(Queryable)]
struct DesignRow {
    id: Txt<DesignId>,
    study_id: Txt<StudyId>,
    version: i64,
    state: Txt<DesignState>,
    beacon_ref: String,
    beacon: Option<String>,
    commitment: Option<String>,
    sealed_design: String,
    sealed_seed: Option<String>,
    sealed_nonce: Option<String>,
    drafted_at: Stamp,
    committed_at: Option<Stamp>,
    activated_at: Option<Stamp>,
    first_sequence: Option<i64>,
}

impl From<DesignRow> for StoredDesign {
    fn from(row: DesignRow) -> Self {
        Self {
            id: row.id.0,
            study: row.study_id.0,
            version: row.version,
            state: row.state.0,
            beacon_ref: row.beacon_ref,
            beacon: row.beacon,
            commitment: row.commitment,
            sealed_design: row.sealed_design,
            sealed_seed: row.sealed_seed,
            sealed_nonce: row.sealed_nonce,
            drafted_at: row.drafted_at.0,
            committed_at: row.committed_at.map(|stamp| stamp.0),
            activated_at: row.activated_at.map(|stamp| stamp.0),
            first_sequence: row.first_sequence,
        }
    }
}

/// Makes a design version.
pub fn insert_design(tx: &mut Tx<'_>, new: &StoredDesign) -> Result<(), Error> {
    diesel::insert_into(design::table)
        .values((
            design::id.eq(new.id.as_str()),
            design::study_id.eq(new.study.as_str()),
            design::version.eq(new.version),
            design::state.eq(new.state.as_str()),
            design::beacon_ref.eq(&new.beacon_ref),
            design::sealed_design.eq(&new.sealed_design),
            design::drafted_at.eq(new.drafted_at.naive_utc()),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// Stores a draft, a commitment, an activation or a reveal.
pub fn update_design(tx: &mut Tx<'_>, changed: &StoredDesign) -> Result<(), Error> {
    diesel::update(design::table.filter(design::id.eq(changed.id.as_str())))
        .set((
            design::state.eq(changed.state.as_str()),
            design::beacon_ref.eq(&changed.beacon_ref),
            design::beacon.eq(&changed.beacon),
            design::commitment.eq(&changed.commitment),
            design::sealed_design.eq(&changed.sealed_design),
            design::sealed_seed.eq(&changed.sealed_seed),
            design::sealed_nonce.eq(&changed.sealed_nonce),
            design::drafted_at.eq(changed.drafted_at.naive_utc()),
            design::committed_at.eq(changed.committed_at.map(Timestamp::naive_utc)),
            design::activated_at.eq(changed.activated_at.map(Timestamp::naive_utc)),
            design::first_sequence.eq(changed.first_sequence),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The design versions of a study in order.
pub fn list_designs(tx: &mut Tx<'_>, study: &StudyId) -> Result<Vec<StoredDesign>, Error> {
    let rows: Vec<DesignRow> = design::table
        .filter(design::study_id.eq(study.as_str()))
        .order(design::version)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(StoredDesign::from).collect())
}

/// An allocation: made once, never changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Allocation {
    /// The id.
    pub id: AllocationId,
    /// The participant.
    pub participant: ParticipantId,
    /// The study.
    pub study: StudyId,
    /// Its number in the study, from 1 without a gap.
    pub sequence: i64,
    /// The design version.
    pub design_version: i64,
    /// The stratum as canonical JSON: `["low","umea"]`.
    pub label: String,
    /// Its number in the stratum, from 0 without a gap.
    pub slot: i64,
    /// The block, from 0, of a method with blocks.
    pub block: Option<i64>,
    /// The position in the block, from 1.
    pub position: Option<i64>,
    /// The index, from 1, of a method without blocks.
    pub index: Option<i64>,
    /// Factor → level as used: canonical JSON.
    pub factors: String,
    /// The arm.
    pub arm: String,
    /// When.
    pub allocated_at: Timestamp,
    /// By whom.
    pub allocated_by: String,
}

#[derive(Queryable)]
struct AllocationRow {
    id: Txt<AllocationId>,
    participant_id: Txt<ParticipantId>,
    study_id: Txt<StudyId>,
    sequence: i64,
    design_version: i64,
    label: String,
    slot: i64,
    block: Option<i64>,
    position: Option<i64>,
    draw_index: Option<i64>,
    factors: String,
    arm: String,
    allocated_at: Stamp,
    allocated_by: String,
}

impl From<AllocationRow> for Allocation {
    fn from(row: AllocationRow) -> Self {
        Self {
            id: row.id.0,
            participant: row.participant_id.0,
            study: row.study_id.0,
            sequence: row.sequence,
            design_version: row.design_version,
            label: row.label,
            slot: row.slot,
            block: row.block,
            position: row.position,
            index: row.draw_index,
            factors: row.factors,
            arm: row.arm,
            allocated_at: row.allocated_at.0,
            allocated_by: row.allocated_by,
        }
    }
}

/// Writes an allocation. Three unique keys are its last guard: person, slot, sequence.
pub fn insert(tx: &mut Tx<'_>, new: &Allocation) -> Result<(), Error> {
    diesel::insert_into(allocation::table)
        .values((
            allocation::id.eq(new.id.as_str()),
            allocation::participant_id.eq(new.participant.as_str()),
            allocation::study_id.eq(new.study.as_str()),
            allocation::sequence.eq(new.sequence),
            allocation::design_version.eq(new.design_version),
            allocation::label.eq(&new.label),
            allocation::slot.eq(new.slot),
            allocation::block.eq(new.block),
            allocation::position.eq(new.position),
            allocation::draw_index.eq(new.index),
            allocation::factors.eq(&new.factors),
            allocation::arm.eq(&new.arm),
            allocation::allocated_at.eq(new.allocated_at.naive_utc()),
            allocation::allocated_by.eq(&new.allocated_by),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The allocation of a participant.
pub fn find_of(tx: &mut Tx<'_>, participant: &ParticipantId) -> Result<Option<Allocation>, Error> {
    let row: Option<AllocationRow> = allocation::table
        .filter(allocation::participant_id.eq(participant.as_str()))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(Allocation::from))
}

/// How many allocations a stratum of a design version has.
pub fn count_in_stratum(
    tx: &mut Tx<'_>,
    study: &StudyId,
    design_version: i64,
    label: &str,
) -> Result<i64, Error> {
    allocation::table
        .filter(allocation::study_id.eq(study.as_str()))
        .filter(allocation::design_version.eq(design_version).and(allocation::label.eq(label)))
        .count()
        .get_result(&mut *tx.connection)
        .map_err(failed)
}

/// All allocations of a study in sequence, with the participant's code.
pub fn list(tx: &mut Tx<'_>, study: &StudyId) -> Result<Vec<(String, Allocation)>, Error> {
    let rows: Vec<(String, AllocationRow)> = allocation::table
        .inner_join(participant::table.on(participant::id.eq(allocation::participant_id)))
        .filter(allocation::study_id.eq(study.as_str()))
        .order(allocation::sequence)
        .select((participant::code, allocation::all_columns))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(|(code, row)| (code, Allocation::from(row))).collect())
}

/// Remembers for ever that an account has seen the arm of a participant.
pub fn store_exposure(
    tx: &mut Tx<'_>,
    study: &StudyId,
    participant: &ParticipantId,
    account: &AccountId,
    now: Timestamp,
) -> Result<(), Error> {
    let seen = || {
        diesel::insert_into(exposure::table)
            .values((
                exposure::account_id.eq(account.as_str()),
                exposure::participant_id.eq(participant.as_str()),
                exposure::study_id.eq(study.as_str()),
                exposure::seen_at.eq(now.naive_utc()),
            ))
            .on_conflict_do_nothing()
    };
    // Two first looks at once are one.
    let stored = match &mut *tx.connection {
        AnyConnection::Sqlite(connection) => seen().execute(connection),
        AnyConnection::Postgres(connection) => seen().execute(connection),
    };
    stored.map(|_| ()).map_err(failed)
}

/// Those of these people who were drawn and of whose arm an account is not known to know.
pub fn list_unseen(
    tx: &mut Tx<'_>,
    people: &[ParticipantId],
    account: &AccountId,
) -> Result<Vec<ParticipantId>, Error> {
    let ids: Vec<&str> = people.iter().map(ParticipantId::as_str).collect();
    let seen: Vec<Txt<ParticipantId>> = exposure::table
        .filter(exposure::account_id.eq(account.as_str()).and(exposure::participant_id.eq_any(&ids)))
        .select(exposure::participant_id)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    let drawn: Vec<Txt<ParticipantId>> = allocation::table
        .filter(allocation::participant_id.eq_any(&ids))
        .select(allocation::participant_id)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    let is_seen = |id: &ParticipantId| seen.iter().any(|known| known.0 == *id);
    Ok(drawn.into_iter().map(|id| id.0).filter(|id| !is_seen(id)).collect())
}

/// Whether an account has seen the arm of a participant.
pub fn is_exposed(tx: &mut Tx<'_>, participant: &ParticipantId, account: &AccountId) -> Result<bool, Error> {
    let found: i64 = exposure::table
        .filter(exposure::account_id.eq(account.as_str()))
        .filter(exposure::participant_id.eq(participant.as_str()))
        .count()
        .get_result(&mut *tx.connection)
        .map_err(failed)?;
    Ok(found > 0)
}
