//! What was shown once and is kept as a hash: links, invitations, tokens.

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::time::Timestamp;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::secret;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;
use crate::trial::role::words;

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
