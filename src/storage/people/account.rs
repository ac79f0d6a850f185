//! Accounts of the staff.

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::AccountId;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::account;
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
