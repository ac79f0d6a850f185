//! What staff do with their own account: look at it, choose another password, make and take back API tokens.

use chrono::Days;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::context::Credential;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::passwords;
use crate::conduct::signing_in;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::ids::TokenId;
use crate::kernel::ids::TokenSecret;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::kernel::time::Zone;
use crate::storage::Tx;
use crate::storage::people;
use crate::storage::people::Account;
use crate::storage::people::Secret;
use crate::storage::people::SecretKind;
use crate::storage::people::Session;
use crate::storage::staff;
use crate::storage::staff::Assignment;
use crate::storage::study;
use crate::trial::audit::event::Event;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Caller;
use crate::trial::permission::caller::TokenScope;
use crate::trial::role::SeesArm;

/// Tokens live so many days if nothing else is asked for.
pub const TOKEN_DAYS: u64 = 90;
/// No token lives longer.
pub const LONGEST_TOKEN_DAYS: u64 = 365;
/// No token that reads arms lives longer.
pub const LONGEST_ARMS_DAYS: u64 = 30;

/// An account as its holder sees it.
#[derive(Clone, Debug)]
pub struct OwnAccount {
    /// The account.
    pub account: Account,
    /// Its roles in all studies, ended ones too.
    pub assignments: Vec<Assignment>,
    /// Its sessions that have not ended.
    pub sessions: Vec<Session>,
    /// Its API tokens that still work.
    pub tokens: Vec<Token>,
}

/// An API token without its secret.
#[derive(Clone, Debug)]
pub struct Token {
    /// The id by which it is taken back.
    pub id: String,
    /// The one study that it is for.
    pub study: String,
    /// What it may do.
    pub scopes: Vec<TokenScope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

fn token_of(secret: Secret) -> Result<Token, Error> {
    let scopes = serde_json::from_str(&secret.detail)
        .map_err(|error| Error::internal("the scopes of a token can't be read").caused_by(error))?;
    Ok(Token {
        id: secret.public_id.ok_or_else(|| Error::internal("a token without its id"))?,
        study: secret.bound_to.ok_or_else(|| Error::internal("a token without its study"))?,
        scopes,
        created_at: secret.created_at,
        expires_at: secret.expires_at,
    })
}

/// Reads the own account.
pub fn get(ctx: &Ctx) -> Result<OwnAccount, Error> {
    disclosing::look(ctx, Action::OwnAccount, &Target::OwnAccount, |tx, act| {
        let account = act.scope.account()?.clone();
        let tokens = people::list_secrets(tx, SecretKind::ApiToken, account.id.as_str())?;
        let alive = tokens.into_iter().filter(|token| token.is_alive(act.ctx.now));
        Ok(OwnAccount {
            assignments: staff::list_assignments_of(tx, &account.id)?,
            sessions: people::list_sessions(tx, account.id.as_str(), act.ctx.now)?,
            tokens: alive.map(token_of).collect::<Result<_, _>>()?,
            account,
        })
    })
}

/// Chooses another password; the present one proves who is there. Wrong ones count as failed sign-ins.
pub fn change_password(ctx: &Ctx, present: &str, new: &str, end_others: bool) -> Result<(), Error> {
    let account = disclosing::look(ctx, Action::OwnAccount, &Target::OwnAccount, |_, act| {
        act.scope.account().cloned()
    })?;
    signing_in::refuse_early(ctx, &account)?;
    passwords::refuse_weak(new, &account)?;
    let right = passwords::is_right(present, account.password_hash.as_deref());
    let hashed = passwords::hash(new, ctx.entropy())?;
    let verb = move |tx: &mut Tx<'_>, act: &Act<'_>| {
        let stored = act.scope.account()?;
        // Somebody may have changed it since it was compared.
        match right && stored.password_hash == account.password_hash {
            true => change_verb(tx, act, stored, &hashed, end_others),
            false => {
                let event = signing_in::count_failure(tx, act, stored)?;
                Ok(Change::new(false, stored.id.as_str(), event))
            }
        }
    };
    let done = act::act(ctx, Action::OwnAccount, Target::OwnAccount, verb, signing_in::no_replay)?;
    if done.value { Ok(()) } else { Err(signing_in::refused()) }
}

fn change_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    account: &Account,
    hashed: &str,
    end_others: bool,
) -> Result<Change<bool>, Refusal> {
    let changed = Account {
        password_hash: Some(hashed.to_owned()),
        failed_sign_ins: 0,
        delayed_until: None,
        ..account.clone()
    };
    people::update_account(tx, &changed)?;
    if let (true, Credential::Session(asking)) = (end_others, &act.ctx.credential) {
        people::end_sessions(tx, account.id.as_str(), Some(asking), act.ctx.now)?;
    }
    let event = Event::of_account("account.password_changed", &account.id, account.id.as_str())
        .set("end_other_sessions", end_others);
    Ok(Change::new(true, account.id.as_str(), event).empty())
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The one study, by id or alias.
    pub study: String,
    /// What it may do.
    pub scopes: Vec<TokenScope>,
    /// The last day, UTC; `None` for [`TOKEN_DAYS`] from now.
    pub expires_on: Option<Date>,
}

/// Makes an API token: the token, and its secret that is shown once.
pub fn create_token(ctx: &Ctx, new: NewToken) -> Result<Done<(Token, String)>, Error> {
    let verb = move |tx: &mut Tx<'_>, act: &Act<'_>| create_token_verb(tx, act, &new);
    act::act(ctx, Action::OwnAccount, Target::OwnAccount, verb, signing_in::no_replay)
}

fn create_token_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    new: &NewToken,
) -> Result<Change<(Token, String)>, Refusal> {
    let account = act.scope.account()?;
    let Caller::Staff { standings, .. } = act.caller else { return Err(Error::not_found().into()) };
    let study = study::find_by_name(tx, &new.study)?.ok_or_else(Error::not_found)?;
    let standings: Vec<_> = standings.iter().filter(|standing| standing.study == study.id).collect();
    if standings.is_empty() {
        return Err(Error::not_found().into());
    }
    let mut scopes = new.scopes.clone();
    scopes.sort_by_key(|scope| scope.as_str());
    scopes.dedup();
    if scopes.is_empty() {
        return Err(Error::field("/scopes", "field.length", "names at least one scope").into());
    }
    let reads_arms = scopes.contains(&TokenScope::ArmsRead);
    let longest = if reads_arms { LONGEST_ARMS_DAYS } else { LONGEST_TOKEN_DAYS };
    let sees_all = standings.iter().any(|standing| standing.sees_arm == SeesArm::All);
    if reads_arms && !sees_all {
        return Err(Error::forbidden("permission.token_scope").into());
    }
    let secret = TokenSecret::draw(act.ctx.entropy())?;
    let stored = Secret {
        hash: secret.hash(),
        public_id: Some(TokenId::draw(act.ctx.entropy())?.to_string()),
        kind: SecretKind::ApiToken,
        holder: account.id.to_string(),
        bound_to: Some(study.id.to_string()),
        detail: canonical::text_of(&scopes)?,
        tries: 0,
        created_at: act.ctx.now,
        expires_at: end_of(act.ctx.now, new.expires_on, longest)?,
        used_at: None,
        revoked_at: None,
    };
    people::insert_secret(tx, &stored)?;
    let token = token_of(stored)?;
    let words: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let event = Event::of_account("token.created", &account.id, token.id.as_str())
        .about(Some(study.id), None)
        .set("scopes", words)
        .set("expires_at", token.expires_at.to_string());
    let (id, location) = (token.id.clone(), format!("/api/v1/account/tokens/{}", token.id));
    Ok(Change::new((token, secret.reveal().to_owned()), id, event).created(location))
}

/// The end of the last day, UTC.
fn end_of(now: Timestamp, last: Option<Date>, longest: u64) -> Result<Timestamp, Error> {
    let today = now.date_in(Zone::UTC);
    let day = |days| today.checked_add_days(Days::new(days)).unwrap_or(today);
    let last = last.unwrap_or_else(|| day(TOKEN_DAYS.min(longest)));
    if !(today..=day(longest)).contains(&last) {
        let detail = format!("is today or one of the {longest} days that follow");
        return Err(Error::field("/expires_on", "field.range", detail));
    }
    Ok(Timestamp::midnight_utc(last).plus_seconds(24 * 3600))
}

/// Takes an API token back, at once: its holder's own, or an administrator anybody's. Once more changes nothing.
pub fn revoke_token(ctx: &Ctx, id: &str) -> Result<(), Error> {
    let found = disclosing::look(ctx, Action::OwnAccount, &Target::OwnAccount, |tx, act| {
        let secret = people::find_secret_by_public_id(tx, id)?;
        let secret = secret.filter(|secret| secret.kind == SecretKind::ApiToken);
        let is_own = secret.as_ref().is_some_and(|secret| secret.holder == act.actor());
        Ok(secret.map(|secret| (secret, is_own)))
    })?;
    let (secret, is_own) = found.ok_or_else(Error::not_found)?;
    let holder = secret.holder.parse().map_err(|_| Error::internal("a token without its holder"))?;
    let (action, target) = match is_own {
        true => (Action::OwnAccount, Target::OwnAccount),
        false => (Action::ManageAccounts, Target::Account(holder)),
    };
    let verb = move |tx: &mut Tx<'_>, act: &Act<'_>| {
        let account = act.scope.account()?;
        let revoked_at = secret.revoked_at.or(Some(act.ctx.now));
        people::update_secret(tx, &Secret { revoked_at, ..secret.clone() })?;
        let id = secret.public_id.clone().unwrap_or_default();
        let event = Event::of_account("token.revoked", &account.id, id.as_str());
        Ok(Change::new((), id, event).empty())
    };
    let revoked = act::act(ctx, action, target, verb, signing_in::no_replay).map(|_| ());
    // Whoever may not take it back may not know of it.
    revoked.map_err(|error| if error.code() == "permission.denied" { Error::not_found() } else { error })
}
