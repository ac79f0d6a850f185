//! Accounts, sessions and secrets.

mod account;
mod secret;
mod session;

pub use crate::storage::people::account::Account;
pub use crate::storage::people::account::AccountState;
pub use crate::storage::people::account::find_account;
pub use crate::storage::people::account::find_account_by_login;
pub use crate::storage::people::account::insert_account;
pub use crate::storage::people::account::list_accounts;
pub use crate::storage::people::account::update_account;
pub use crate::storage::people::secret::Secret;
pub use crate::storage::people::secret::SecretKind;
pub use crate::storage::people::secret::find_secret;
pub use crate::storage::people::secret::find_secret_by_public_id;
pub use crate::storage::people::secret::insert_secret;
pub use crate::storage::people::secret::list_secrets;
pub use crate::storage::people::secret::revoke_bound;
pub use crate::storage::people::secret::update_secret;
pub use crate::storage::people::session::Session;
pub use crate::storage::people::session::SessionLevel;
pub use crate::storage::people::session::end_sessions;
pub use crate::storage::people::session::find_session;
pub use crate::storage::people::session::insert_session;
pub use crate::storage::people::session::list_sessions;
pub use crate::storage::people::session::update_session;
