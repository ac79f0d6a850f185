//! Accounts, sessions and secrets.

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::SessionId;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::account;
use crate::storage::schema::secret;
use crate::storage::schema::session;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;
use crate::trial::role::words;

words! {
    /// Where an account stands.
    AccountState {
        /// Invited, no password yet.
        Invited = "invited",
        /// In use.
        Active = "active",
        /// Ended; never deleted.
        Disabled = "disabled",
    }
}

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

words! {
    /// What a secret is for.
    SecretKind {
        /// A participant's link.
        Link = "link",
        /// An invitation or reset.
        Invitation = "invitation",
        /// Renews a session.
        Refresh = "refresh",
        /// Reads by script.
        ApiToken = "api_token",
        /// A fresh proof of who is there.
        Reauthentication = "reauthentication",
    }
}

/// A person of the staff.
#[derive(Clone, Debug)]
pub struct Account {
    /// The id.
    pub id: AccountId,
    /// What is typed at sign-in.
    pub login: String,
    /// The name.
    pub name: String,
    /// The organisation.
    pub organisation: String,
    /// Where it stands.
    pub state: AccountState,
    /// Whether it runs the installation.
    pub is_administrator: bool,
    /// The Argon2id hash of the password, once there is one.
    pub password_hash: Option<String>,
    /// Failed sign-ins since the last good one.
    pub failed_sign_ins: i64,
    /// Until when sign-ins wait.
    pub delayed_until: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

#[derive(Queryable)]
struct AccountRow {
    id: Txt<AccountId>,
    login: String,
    name: String,
    organisation: String,
    state: Txt<AccountState>,
    is_administrator: bool,
    password_hash: Option<String>,
    failed_sign_ins: i64,
    delayed_until: Option<Stamp>,
    created_at: Stamp,
    _chain_seq: i64,
    _chain_hash: String,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            id: row.id.0,
            login: row.login,
            name: row.name,
            organisation: row.organisation,
            state: row.state.0,
            is_administrator: row.is_administrator,
            password_hash: row.password_hash,
            failed_sign_ins: row.failed_sign_ins,
            delayed_until: row.delayed_until.map(|stamp| stamp.0),
            created_at: row.created_at.0,
        }
    }
}

/// Makes an account with an empty chain.
pub fn insert_account(tx: &mut Tx<'_>, new: &Account) -> Result<(), Error> {
    diesel::insert_into(account::table)
        .values((
            account::id.eq(new.id.as_str()),
            account::login.eq(&new.login),
            account::name.eq(&new.name),
            account::organisation.eq(&new.organisation),
            account::state.eq(new.state.as_str()),
            account::is_administrator.eq(new.is_administrator),
            account::password_hash.eq(&new.password_hash),
            account::failed_sign_ins.eq(new.failed_sign_ins),
            account::delayed_until.eq(new.delayed_until.map(Timestamp::naive_utc)),
            account::created_at.eq(new.created_at.naive_utc()),
            account::chain_seq.eq(0),
            account::chain_hash.eq(""),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// Stores what may change of an account.
pub fn update_account(tx: &mut Tx<'_>, changed: &Account) -> Result<(), Error> {
    diesel::update(account::table.filter(account::id.eq(changed.id.as_str())))
        .set((
            account::name.eq(&changed.name),
            account::organisation.eq(&changed.organisation),
            account::state.eq(changed.state.as_str()),
            account::password_hash.eq(&changed.password_hash),
            account::failed_sign_ins.eq(changed.failed_sign_ins),
            account::delayed_until.eq(changed.delayed_until.map(Timestamp::naive_utc)),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The account with this id.
pub fn find_account(tx: &mut Tx<'_>, id: &AccountId) -> Result<Option<Account>, Error> {
    let row: Option<AccountRow> = account::table
        .filter(account::id.eq(id.as_str()))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(Account::from))
}

/// The account with this login.
pub fn find_account_by_login(tx: &mut Tx<'_>, login: &str) -> Result<Option<Account>, Error> {
    let row: Option<AccountRow> = account::table
        .filter(account::login.eq(login))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(Account::from))
}

/// Accounts behind a login in the order of logins, at most `limit`.
pub fn list_accounts(
    tx: &mut Tx<'_>,
    state: Option<AccountState>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Account>, Error> {
    let mut query = account::table.into_boxed();
    if let Some(state) = state {
        query = query.filter(account::state.eq(state.as_str()));
    }
    if let Some(after) = after {
        query = query.filter(account::login.gt(after));
    }
    let rows: Vec<AccountRow> =
        query.order(account::login).limit(limit).load(&mut *tx.connection).map_err(failed)?;
    Ok(rows.into_iter().map(Account::from).collect())
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

/// Something that was shown once and is kept as a hash.
#[derive(Clone, Debug)]
pub struct Secret {
    /// SHA-256 of the secret, hex.
    pub hash: String,
    /// The id by which it is listed (`tok_…`), where it is.
    pub public_id: Option<String>,
    /// What it is for.
    pub kind: SecretKind,
    /// Whose it is: an account's or participant's id.
    pub holder: String,
    /// What it is bound to: a session, study or assessment.
    pub bound_to: Option<String>,
    /// More about it: canonical JSON.
    pub detail: String,
    /// Wrong codes typed with it.
    pub tries: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used up.
    pub used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl Secret {
    /// Whether it can still be used.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.revoked_at.is_none() && now < self.expires_at
    }
}

#[derive(Queryable)]
struct SecretRow {
    hash: String,
    public_id: Option<String>,
    kind: Txt<SecretKind>,
    holder: String,
    bound_to: Option<String>,
    detail: String,
    tries: i64,
    created_at: Stamp,
    expires_at: Stamp,
    used_at: Option<Stamp>,
    revoked_at: Option<Stamp>,
}

impl From<SecretRow> for Secret {
    fn from(row: SecretRow) -> Self {
        Self {
            hash: row.hash,
            public_id: row.public_id,
            kind: row.kind.0,
            holder: row.holder,
            bound_to: row.bound_to,
            detail: row.detail,
            tries: row.tries,
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
            used_at: row.used_at.map(|stamp| stamp.0),
            revoked_at: row.revoked_at.map(|stamp| stamp.0),
        }
    }
}

/// Keeps the hash of a new secret.
pub fn insert_secret(tx: &mut Tx<'_>, new: &Secret) -> Result<(), Error> {
    diesel::insert_into(secret::table)
        .values((
            secret::hash.eq(&new.hash),
            secret::public_id.eq(&new.public_id),
            secret::kind.eq(new.kind.as_str()),
            secret::holder.eq(&new.holder),
            secret::bound_to.eq(&new.bound_to),
            secret::detail.eq(&new.detail),
            secret::tries.eq(new.tries),
            secret::created_at.eq(new.created_at.naive_utc()),
            secret::expires_at.eq(new.expires_at.naive_utc()),
            secret::used_at.eq(new.used_at.map(Timestamp::naive_utc)),
            secret::revoked_at.eq(new.revoked_at.map(Timestamp::naive_utc)),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The secret of this kind with this hash, whatever its state.
pub fn find_secret(tx: &mut Tx<'_>, kind: SecretKind, hash: &str) -> Result<Option<Secret>, Error> {
    let row: Option<SecretRow> = secret::table
        .filter(secret::hash.eq(hash).and(secret::kind.eq(kind.as_str())))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(Secret::from))
}

/// Secrets of this kind of a holder, oldest first.
pub fn list_secrets(tx: &mut Tx<'_>, kind: SecretKind, holder: &str) -> Result<Vec<Secret>, Error> {
    let rows: Vec<SecretRow> = secret::table
        .filter(secret::holder.eq(holder).and(secret::kind.eq(kind.as_str())))
        .order((secret::created_at, secret::hash))
        .load(&mut *tx.connection)
        .map_err(failed)?;
    Ok(rows.into_iter().map(Secret::from).collect())
}

/// The secret that is listed under this id.
pub fn find_secret_by_public_id(tx: &mut Tx<'_>, public_id: &str) -> Result<Option<Secret>, Error> {
    let row: Option<SecretRow> = secret::table
        .filter(secret::public_id.eq(public_id))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(Secret::from))
}

/// Stores use, tries and end of a secret.
pub fn update_secret(tx: &mut Tx<'_>, changed: &Secret) -> Result<(), Error> {
    diesel::update(secret::table.filter(secret::hash.eq(&changed.hash)))
        .set((
            secret::tries.eq(changed.tries),
            secret::expires_at.eq(changed.expires_at.naive_utc()),
            secret::used_at.eq(changed.used_at.map(Timestamp::naive_utc)),
            secret::revoked_at.eq(changed.revoked_at.map(Timestamp::naive_utc)),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// Takes back all live secrets of a kind that are bound to something.
pub fn revoke_bound(
    tx: &mut Tx<'_>,
    kind: SecretKind,
    bound_to: &str,
    now: Timestamp,
) -> Result<usize, Error> {
    diesel::update(
        secret::table
            .filter(secret::bound_to.eq(bound_to).and(secret::kind.eq(kind.as_str())))
            .filter(secret::revoked_at.is_null()),
    )
    .set(secret::revoked_at.eq(now.naive_utc()))
    .execute(&mut *tx.connection)
    .map_err(failed)
}
