//! Signing in and staying signed in. Known and unknown logins get the same answer after the same work.

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::caller::STAFF_ABSOLUTE_SECONDS;
use crate::conduct::context::Ctx;
use crate::conduct::passwords;
use crate::conduct::target::Target;
use crate::conduct::tries::Tries;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::InvitationSecret;
use crate::kernel::ids::RefreshSecret;
use crate::kernel::ids::SessionId;
use crate::storage::Tx;
use crate::storage::people;
use crate::storage::people::Account;
use crate::storage::people::AccountState;
use crate::storage::people::Secret;
use crate::storage::people::SecretKind;
use crate::storage::people::Session;
use crate::storage::people::SessionLevel;
use crate::trial::audit::event::Event;
use crate::trial::permission::action::Action;

/// An invitation lives so long.
const INVITATION_SECONDS: i64 = 7 * 24 * 3600;

/// A session and what renews it.
#[derive(Clone, Debug)]
pub struct StaffSession {
    /// The session.
    pub session: SessionId,
    /// Whose.
    pub account: AccountId,
    /// Renews it, once.
    pub refresh: String,
}

/// The one refusal of a sign-in, whatever its cause.
pub fn refused() -> Error {
    Error::unauthenticated("session.refused")
}

/// Signs in with login and password.
pub fn sign_in(ctx: &Ctx, login: &str, password: &str) -> Result<StaffSession, Error> {
    let login = login.trim().to_lowercase();
    let account = ctx.house.db.read(|tx| people::find_account_by_login(tx, &login))?;
    let account = account.filter(|account| account.state == AccountState::Active);
    match &account {
        Some(account) => refuse_early(ctx, account)?,
        None => ctx.house.strangers.require_due(&login, ctx.now)?,
    }
    let right =
        passwords::is_right(password, account.as_ref().and_then(|account| account.password_hash.as_deref()));
    let Some(account) = account else {
        ctx.house.strangers.count(&login, ctx.now);
        return Err(refused());
    };
    let target = Target::Account(account.id.clone());
    let done = act::act(
        ctx,
        Action::Public,
        target,
        move |tx, act| {
            let account = act.scope.account()?;
            match right {
                true => Ok(begin(tx, act, account)?),
                false => Ok(Change::new(None, account.id.as_str(), count_failure(tx, act, account)?)),
            }
        },
        no_replay,
    )?;
    done.value.ok_or_else(refused)
}

/// Begins a session without asking for a password: for whoever fills a database that nobody else can reach, in simulated
/// time, where sessions end every half hour. Any other database refuses.
pub fn begin_unasked(ctx: &Ctx, account: &AccountId) -> Result<SessionId, Error> {
    if !ctx.house.db.is_held() {
        return Err(Error::internal("a session begins with a password"));
    }
    let done = act::act(
        ctx,
        Action::System,
        Target::Account(account.clone()),
        |tx, act| Ok(begin(tx, act, act.scope.account()?)?),
        no_replay,
    )?;
    done.value.map(|started| started.session).ok_or_else(refused)
}

/// Refuses a try before its time.
pub fn refuse_early(ctx: &Ctx, account: &Account) -> Result<(), Error> {
    tries(account).require_due(ctx.now)
}

fn tries(account: &Account) -> Tries {
    Tries { failed: account.failed_sign_ins, due_at: account.delayed_until }
}

/// The answer to a retry of an act whose secret was shown once.
pub fn no_replay<T>(_: &mut Tx<'_>, _: &Act<'_>, _: &str) -> Result<T, Error> {
    Err(Error::conflict("idempotency.secret_gone"))
}

/// Counts a wrong password, whose event makes the next try wait.
pub fn count_failure(tx: &mut Tx<'_>, act: &Act<'_>, account: &Account) -> Result<Event, Error> {
    let Tries { failed, due_at } = tries(account).after_failure(act.ctx.now);
    let after = Account { failed_sign_ins: failed, delayed_until: due_at, ..account.clone() };
    people::update_account(tx, &after)?;
    Ok(Event::of_account("session.refused", &account.id, account.id.as_str()).set("failed", failed))
}

fn begin(tx: &mut Tx<'_>, act: &Act<'_>, account: &Account) -> Result<Change<Option<StaffSession>>, Error> {
    people::update_account(tx, &Account { failed_sign_ins: 0, delayed_until: None, ..account.clone() })?;
    let now = act.ctx.now;
    let session = Session {
        id: SessionId::draw(act.ctx.entropy())?,
        holder: account.id.to_string(),
        level: SessionLevel::Staff,
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus_seconds(STAFF_ABSOLUTE_SECONDS),
        ended_at: None,
        bound_to: None,
    };
    people::insert_session(tx, &session)?;
    let refresh = renewing(tx, act, &session)?;
    let event = Event::of_account("session.started", &account.id, session.id.as_str()).set("level", "staff");
    let object = session.id.to_string();
    let started = StaffSession { session: session.id, account: account.id.clone(), refresh };
    Ok(Change::new(Some(started), object, event))
}

/// Makes the token that renews a session next.
pub fn renewing(tx: &mut Tx<'_>, act: &Act<'_>, session: &Session) -> Result<String, Error> {
    let refresh = RefreshSecret::draw(act.ctx.entropy())?;
    let secret = Secret {
        hash: refresh.hash(),
        public_id: None,
        kind: SecretKind::Refresh,
        holder: session.holder.clone(),
        bound_to: Some(session.id.to_string()),
        detail: "{}".to_owned(),
        tries: 0,
        created_at: act.ctx.now,
        expires_at: session.expires_at,
        used_at: None,
        revoked_at: None,
    };
    people::insert_secret(tx, &secret)?;
    Ok(refresh.reveal().to_owned())
}

/// A new account with the invitation that is shown once.
#[derive(Clone, Debug)]
pub struct Invited {
    /// The account.
    pub account: AccountId,
    /// Its login.
    pub login: String,
    /// The invitation.
    pub invitation: String,
}

/// Who is invited.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// What will be typed at sign-in.
    pub login: String,
    /// The name.
    pub name: String,
    /// The organisation.
    pub organisation: String,
}

/// Makes an account; the invitation goes to whoever made it, once, until mail exists.
pub fn invite(ctx: &Ctx, new: NewAccount) -> Result<Done<Invited>, Error> {
    act::act(
        ctx,
        Action::ManageAccounts,
        Target::Installation,
        move |tx, act| Ok(invite_verb(tx, act, &new, false)?),
        no_replay,
    )
}

/// Makes the first administrator of an empty installation.
pub fn invite_first(ctx: &Ctx, new: NewAccount) -> Result<Invited, Error> {
    act::act(
        ctx,
        Action::System,
        Target::Installation,
        move |tx, act| {
            if !people::list_accounts(tx, None, None, 1)?.is_empty() {
                return Err(Error::conflict("conflict")
                    .detail("the installation has accounts already")
                    .into());
            }
            Ok(invite_verb(tx, act, &new, true)?)
        },
        no_replay,
    )
    .map(|done| done.value)
}

fn invite_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    new: &NewAccount,
    is_administrator: bool,
) -> Result<Change<Invited>, Error> {
    let login = new.login.trim().to_lowercase();
    if login.is_empty() || login.len() > 200 {
        return Err(Error::field("/login", "field.length", "has 1 to 200 characters"));
    }
    if people::find_account_by_login(tx, &login)?.is_some() {
        return Err(Error::field("/login", "field.choice", "is in use"));
    }
    let account = Account {
        id: AccountId::draw(act.ctx.entropy())?,
        login: login.clone(),
        name: new.name.clone(),
        organisation: new.organisation.clone(),
        state: AccountState::Invited,
        is_administrator,
        password_hash: None,
        failed_sign_ins: 0,
        delayed_until: None,
        created_at: act.ctx.now,
    };
    people::insert_account(tx, &account)?;
    let invitation = InvitationSecret::draw(act.ctx.entropy())?;
    let secret = Secret {
        hash: invitation.hash(),
        public_id: None,
        kind: SecretKind::Invitation,
        holder: account.id.to_string(),
        bound_to: None,
        detail: "{}".to_owned(),
        tries: 0,
        created_at: act.ctx.now,
        expires_at: act.ctx.now.plus_seconds(INVITATION_SECONDS),
        used_at: None,
        revoked_at: None,
    };
    people::insert_secret(tx, &secret)?;
    let event = Event::of_account("account.created", &account.id, account.id.as_str())
        .set("login", login.as_str())
        .set("organisation", account.organisation.as_str())
        .set("is_administrator", is_administrator);
    let object = account.id.to_string();
    let location = format!("/api/v1/accounts/{object}");
    let invited = Invited { account: account.id, login, invitation: invitation.reveal().to_owned() };
    Ok(Change::new(invited, object, event).created(location))
}

/// Redeems an invitation: sets the password.
pub fn set_credentials(ctx: &Ctx, token: &str, password: &str) -> Result<(), Error> {
    let gone = || Error::new(Kind::Gone, "token.gone");
    let invitation = InvitationSecret::parse(token).ok_or_else(gone)?;
    let secret =
        ctx.house.db.read(|tx| people::find_secret(tx, SecretKind::Invitation, &invitation.hash()))?;
    let secret = secret.filter(|secret| secret.is_alive(ctx.now)).ok_or_else(gone)?;
    let id: AccountId = secret.holder.parse().map_err(|_| gone())?;
    let account = ctx.house.db.read(|tx| people::find_account(tx, &id))?.ok_or_else(gone)?;
    passwords::refuse_weak(password, &account)?;
    let hashed = passwords::hash(password, ctx.entropy())?;
    act::act(
        ctx,
        Action::Public,
        Target::Account(id),
        move |tx, act| {
            let account = act.scope.account()?;
            if account.state == AccountState::Disabled {
                return Err(gone().into());
            }
            let secret = people::find_secret(tx, SecretKind::Invitation, &invitation.hash())?;
            let secret = secret.filter(|secret| secret.is_alive(act.ctx.now)).ok_or_else(gone)?;
            people::update_secret(tx, &Secret { used_at: Some(act.ctx.now), ..secret })?;
            let activated = Account {
                state: AccountState::Active,
                password_hash: Some(hashed.clone()),
                failed_sign_ins: 0,
                delayed_until: None,
                ..account.clone()
            };
            people::update_account(tx, &activated)?;
            people::end_sessions(tx, account.id.as_str(), None, act.ctx.now)?;
            let event = Event::of_account("account.activated", &account.id, account.id.as_str());
            Ok(Change::new((), account.id.as_str(), event).empty())
        },
        no_replay,
    )
    .map(|_| ())
}
