//! Studies and their settings.

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::study;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;
use crate::trial::role::words;

words! {
    /// Whether real people take part.
    Mode {
        /// A rehearsal or simulation.
        Test = "test",
        /// Real people.
        Live = "live",
    }
}

words! {
    /// Where a study stands.
    StudyState {
        /// Being set up.
        Draft = "draft",
        /// Recruiting.
        Open = "open",
        /// Nobody new for now.
        Paused = "paused",
        /// Recruitment has ended.
        Closed = "closed",
        /// Every trial value is fixed.
        Locked = "locked",
        /// Seeds and arms are disclosed.
        Revealed = "revealed",
    }
}

/// A study.
#[derive(Clone, Debug)]
pub struct Study {
    /// The id.
    pub id: StudyId,
    /// The alias, for ever.
    pub alias: String,
    /// Whether real people take part, for ever.
    pub mode: Mode,
    /// Where it stands.
    pub state: StudyState,
    /// Whether its chance comes from a seed text: such a study is a simulation.
    pub seeded: bool,
    /// Contact, calendar, help numbers, retention, reason codes: canonical JSON.
    pub settings: String,
    /// The protocol version in force.
    pub protocol_version: i64,
    /// The sequence number of the next allocation, from 1.
    pub next_sequence: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// When recruitment ended.
    pub closed_at: Option<Timestamp>,
    /// When it was locked.
    pub locked_at: Option<Timestamp>,
    /// When it was revealed.
    pub revealed_at: Option<Timestamp>,
}

#[derive(Queryable)]
struct StudyRow {
    id: Txt<StudyId>,
    alias: String,
    mode: Txt<Mode>,
    state: Txt<StudyState>,
    seeded: bool,
    settings: String,
    protocol_version: i64,
    next_sequence: i64,
    created_at: Stamp,
    opened_at: Option<Stamp>,
    closed_at: Option<Stamp>,
    locked_at: Option<Stamp>,
    revealed_at: Option<Stamp>,
    _chain_seq: i64,
    _chain_hash: String,
}

impl From<StudyRow> for Study {
    fn from(row: StudyRow) -> Self {
        let instant = |stamp: Option<Stamp>| stamp.map(|stamp| stamp.0);
        Self {
            id: row.id.0,
            alias: row.alias,
            mode: row.mode.0,
            state: row.state.0,
            seeded: row.seeded,
            settings: row.settings,
            protocol_version: row.protocol_version,
            next_sequence: row.next_sequence,
            created_at: row.created_at.0,
            opened_at: instant(row.opened_at),
            closed_at: instant(row.closed_at),
            locked_at: instant(row.locked_at),
            revealed_at: instant(row.revealed_at),
        }
    }
}

/// Makes a study with an empty chain.
pub fn insert(tx: &mut Tx<'_>, new: &Study) -> Result<(), Error> {
    diesel::insert_into(study::table)
        .values((
            study::id.eq(new.id.as_str()),
            study::alias.eq(&new.alias),
            study::mode.eq(new.mode.as_str()),
            study::state.eq(new.state.as_str()),
            study::seeded.eq(new.seeded),
            study::settings.eq(&new.settings),
            study::protocol_version.eq(new.protocol_version),
            study::next_sequence.eq(new.next_sequence),
            study::created_at.eq(new.created_at.naive_utc()),
            study::chain_seq.eq(0),
            study::chain_hash.eq(""),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// Stores state, settings and dates.
pub fn update(tx: &mut Tx<'_>, changed: &Study) -> Result<(), Error> {
    diesel::update(study::table.filter(study::id.eq(changed.id.as_str())))
        .set((
            study::state.eq(changed.state.as_str()),
            study::settings.eq(&changed.settings),
            study::protocol_version.eq(changed.protocol_version),
            study::next_sequence.eq(changed.next_sequence),
            study::opened_at.eq(changed.opened_at.map(Timestamp::naive_utc)),
            study::closed_at.eq(changed.closed_at.map(Timestamp::naive_utc)),
            study::locked_at.eq(changed.locked_at.map(Timestamp::naive_utc)),
            study::revealed_at.eq(changed.revealed_at.map(Timestamp::naive_utc)),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The study with this id.
pub fn find(tx: &mut Tx<'_>, id: &StudyId) -> Result<Option<Study>, Error> {
    let row: Option<StudyRow> = study::table
        .filter(study::id.eq(id.as_str()))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(Study::from))
}

/// The study with this id or alias.
pub fn find_by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Study>, Error> {
    let row: Option<StudyRow> = study::table
        .filter(study::id.eq(name).or(study::alias.eq(name)))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(Study::from))
}

/// All studies by alias.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Study>, Error> {
    let rows: Vec<StudyRow> = study::table.order(study::alias).load(&mut *tx.connection).map_err(failed)?;
    Ok(rows.into_iter().map(Study::from).collect())
}
