//! Accounts as the administrator sees them: listed, renamed, disabled. Never deleted.

use serde_json::Value;
use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::AccountId;
use crate::storage::Tx;
use crate::storage::people;
use crate::storage::people::Secret;
use crate::storage::people::SecretKind;
use crate::trial::audit::event::Event;
use crate::trial::permission::action::Action;

/// An account of the staff.
pub use crate::storage::people::Account;
/// Where an account stands.
pub use crate::storage::people::AccountState;

/// What may change of an account; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct AccountChange {
    /// The name.
    pub name: Option<String>,
    /// The organisation.
    pub organisation: Option<String>,
    /// Whether it is out of use.
    pub disabled: Option<bool>,
}

/// Accounts behind a login, in the order of logins, at most `limit`.
pub fn list(
    ctx: &Ctx,
    state: Option<AccountState>,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Account>, Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    disclosing::look(ctx, Action::ManageAccounts, &Target::Installation, |tx, _| {
        people::list_accounts(tx, state, after, limit)
    })
}

/// Reads an account.
pub fn get(ctx: &Ctx, id: AccountId) -> Result<Account, Error> {
    disclosing::look(ctx, Action::ManageAccounts, &Target::Account(id), |_, act| act.scope.account().cloned())
}

/// Changes an account, if `is_known` finds it as the caller last saw it. Disabling ends its sessions, tokens and
/// invitations at once; nobody disables himself.
pub fn update(
    ctx: &Ctx,
    id: AccountId,
    change: AccountChange,
    is_known: impl Fn(&Account) -> Result<(), Error> + Send + 'static,
) -> Result<Done<Account>, Error> {
    act::act(
        ctx,
        Action::ManageAccounts,
        Target::Account(id),
        move |tx, act| {
            is_known(act.scope.account()?)?;
            update_verb(tx, act, &change)
        },
        |_, act, _| act.scope.account().cloned(),
    )
}

fn update_verb(tx: &mut Tx<'_>, act: &Act<'_>, change: &AccountChange) -> Result<Change<Account>, Refusal> {
    let before = act.scope.account()?;
    if change.disabled.is_some() && act.caller.account() == Some(&before.id) {
        return Err(Error::forbidden("permission.own_act").into());
    }
    let state = match (change.disabled, &before.password_hash) {
        (Some(true), _) => AccountState::Disabled,
        (Some(false), Some(_)) => AccountState::Active,
        (Some(false), None) => AccountState::Invited,
        (None, _) => before.state,
    };
    let after = Account {
        name: text("/name", change.name.as_deref(), &before.name)?,
        organisation: text("/organisation", change.organisation.as_deref(), &before.organisation)?,
        state,
        ..before.clone()
    };
    people::update_account(tx, &after)?;
    if state == AccountState::Disabled {
        shut_out(tx, act, &after)?;
    }
    let changed = [
        ("name", json!(before.name), json!(after.name)),
        ("organisation", json!(before.organisation), json!(after.organisation)),
        ("state", json!(before.state), json!(after.state)),
    ];
    let event = Event::of_account("account.changed", &after.id, after.id.as_str());
    let event = changed.into_iter().filter(|(_, old, new)| old != new).fold(event, with_field);
    let object = after.id.to_string();
    Ok(Change::new(after, object, event))
}

fn with_field(event: Event, (name, old, new): (&str, Value, Value)) -> Event {
    event.plain(name, Some(old), Some(new))
}

fn text(pointer: &str, sent: Option<&str>, present: &str) -> Result<String, Error> {
    let text = sent.unwrap_or(present).trim();
    if (1..=200).contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err(Error::field(pointer, "field.length", "has 1 to 200 characters"))
    }
}

fn shut_out(tx: &mut Tx<'_>, act: &Act<'_>, account: &Account) -> Result<(), Error> {
    let now = act.ctx.now;
    people::end_sessions(tx, account.id.as_str(), None, now)?;
    for kind in [SecretKind::Refresh, SecretKind::ApiToken, SecretKind::Invitation] {
        let secrets = people::list_secrets(tx, kind, account.id.as_str())?;
        for secret in secrets.into_iter().filter(|secret| secret.is_alive(now)) {
            people::update_secret(tx, &Secret { revoked_at: Some(now), ..secret })?;
        }
    }
    Ok(())
}
