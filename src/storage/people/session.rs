//! Sessions of staff and participants.

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::SessionId;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::session;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;
use crate::trial::role::words;

words! {
    /// What a session may do.
    SessionLevel {
        /// Staff.
        Staff = "staff",
        /// A participant from a link: gives answers, reads none back but its own.
        Write = "write",
        /// A participant who has typed a code.
        Verified = "verified",
    }
}

/// A signed-in session of staff or of a participant.
#[derive(Clone, Debug)]
pub struct Session {
    /// The id.
    pub id: SessionId,
    /// The account's or participant's id.
    pub holder: String,
    /// What it may do.
    pub level: SessionLevel,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
    /// What a participant's session shows: an assessment, or the participant; without it, the participant until the draw.
    pub bound_to: Option<String>,
}

type SessionRow =
    (Txt<SessionId>, String, Txt<SessionLevel>, Stamp, Stamp, Stamp, Option<Stamp>, Option<String>);

fn session_of(row: SessionRow) -> Session {
    let (id, holder, level, created_at, last_seen_at, expires_at, ended_at, bound_to) = row;
    Session {
        id: id.0,
        holder,
        level: level.0,
        created_at: created_at.0,
        last_seen_at: last_seen_at.0,
        expires_at: expires_at.0,
        ended_at: ended_at.map(|stamp| stamp.0),
        bound_to,
    }
}

/// Begins a session.
pub fn insert_session(tx: &mut Tx<'_>, new: &Session) -> Result<(), Error> {
    diesel::insert_into(session::table)
        .values((
            session::id.eq(new.id.as_str()),
            session::holder.eq(&new.holder),
            session::level.eq(new.level.as_str()),
            session::created_at.eq(new.created_at.naive_utc()),
            session::last_seen_at.eq(new.last_seen_at.naive_utc()),
            session::expires_at.eq(new.expires_at.naive_utc()),
            session::ended_at.eq(new.ended_at.map(Timestamp::naive_utc)),
            session::bound_to.eq(&new.bound_to),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The session with this id.
pub fn find_session(tx: &mut Tx<'_>, id: &SessionId) -> Result<Option<Session>, Error> {
    let row: Option<SessionRow> = session::table
        .filter(session::id.eq(id.as_str()))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(session_of))
}

/// Sessions of a holder that have not ended.
pub fn list_sessions(tx: &mut Tx<'_>, holder: &str, now: Timestamp) -> Result<Vec<Session>, Error> {
    let rows: Vec<SessionRow> = session::table
        .filter(session::holder.eq(holder).and(session::ended_at.is_null()))
        .filter(session::expires_at.gt(now.naive_utc()))
        .order((session::created_at, session::id))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(session_of).collect())
}

/// Stores the last use, level and end of a session.
pub fn update_session(tx: &mut Tx<'_>, changed: &Session) -> Result<(), Error> {
    diesel::update(session::table.filter(session::id.eq(changed.id.as_str())))
        .set((
            session::level.eq(changed.level.as_str()),
            session::last_seen_at.eq(changed.last_seen_at.naive_utc()),
            session::expires_at.eq(changed.expires_at.naive_utc()),
            session::ended_at.eq(changed.ended_at.map(Timestamp::naive_utc)),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// Ends all sessions of a holder but one.
pub fn end_sessions(
    tx: &mut Tx<'_>,
    holder: &str,
    except: Option<&SessionId>,
    now: Timestamp,
) -> Result<usize, Error> {
    diesel::update(
        session::table
            .filter(session::holder.eq(holder).and(session::ended_at.is_null()))
            .filter(session::id.ne(except.map_or("", SessionId::as_str))),
    )
    .set(session::ended_at.eq(now.naive_utc()))
    .execute(&mut *tx.connection)
    .map_err(failed)
}
