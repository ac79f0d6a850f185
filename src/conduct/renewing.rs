//! Staying signed in: a refresh token renews a session once, and ending a session ends it everywhere.

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Refusal;
use crate::conduct::caller;
use crate::conduct::caller::PARTICIPANT_SLIDE_SECONDS;
use crate::conduct::caller::STAFF_IDLE_SECONDS;
use crate::conduct::context::Credential;
use crate::conduct::context::Ctx;
use crate::conduct::signing_in;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::RefreshSecret;
use crate::kernel::ids::SessionId;
use crate::storage::Tx;
use crate::storage::people;
use crate::storage::people::AccountState;
use crate::storage::people::Secret;
use crate::storage::people::SecretKind;
use crate::storage::people::Session;
use crate::storage::people::SessionLevel;
use crate::trial::audit::event::Event;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Span;

/// A session that goes on, with the token that renews it next.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// The session.
    pub session: SessionId,
    /// The account's or participant's id.
    pub holder: String,
    /// What it may do: staff, write, verified.
    pub level: &'static str,
    /// Renews the session, once.
    pub refresh: String,
}

fn expired() -> Error {
    Error::unauthenticated("session.expired")
}

/// Renews a session. A token that was used before is in two hands: the session ends (`session.reused`), whoever asks
/// (RFC 9700 section 4.14.2).
pub fn refresh(ctx: &Ctx, token: &str) -> Result<Renewed, Error> {
    let hash = RefreshSecret::parse(token).ok_or_else(expired)?.hash();
    let found = ctx.house.db.read(|tx| people::find_secret(tx, SecretKind::Refresh, &hash))?;
    let holder = found.ok_or_else(expired)?.holder;
    let target = match (holder.parse(), holder.parse()) {
        (Ok(account), _) => Target::Account(account),
        (_, Ok(participant)) => Target::Participant(participant),
        _ => return Err(expired()),
    };
    let verb = move |tx: &mut Tx<'_>, act: &Act<'_>| refresh_verb(tx, act, &hash);
    let done = act::act(ctx, Action::Public, target, verb, signing_in::no_replay)?;
    done.value.ok_or_else(|| Error::unauthenticated("session.reused"))
}

fn refresh_verb(tx: &mut Tx<'_>, act: &Act<'_>, hash: &str) -> Result<Change<Option<Renewed>>, Refusal> {
    let secret = people::find_secret(tx, SecretKind::Refresh, hash)?.ok_or_else(expired)?;
    let id: SessionId = secret.bound_to.as_deref().and_then(|id| id.parse().ok()).ok_or_else(expired)?;
    let session = people::find_session(tx, &id)?.ok_or_else(expired)?;
    if secret.used_at.is_some() {
        return end_family(tx, act, &session);
    }
    if !secret.is_alive(act.ctx.now) || is_over(act, &session)? {
        return Err(expired().into());
    }
    people::update_secret(tx, &Secret { used_at: Some(act.ctx.now), ..secret })?;
    let now = act.ctx.now;
    let expires_at = match session.level {
        SessionLevel::Staff => session.expires_at,
        SessionLevel::Write | SessionLevel::Verified => now.plus_seconds(PARTICIPANT_SLIDE_SECONDS),
    };
    let session = Session { last_seen_at: now, expires_at, ..session };
    people::update_session(tx, &session)?;
    let refresh = signing_in::renewing(tx, act, &session)?;
    let event = event("session.refreshed", act, &session)?;
    let level = session.level.as_str();
    let renewed = Renewed { session: id.clone(), holder: session.holder, level, refresh };
    Ok(Change::new(Some(renewed), id.as_str(), event))
}

/// The end must stand although the caller is refused, so it is a change and not a refusal.
fn end_family(tx: &mut Tx<'_>, act: &Act<'_>, session: &Session) -> Result<Change<Option<Renewed>>, Refusal> {
    if session.ended_at.is_some() {
        return Err(Error::unauthenticated("session.reused").into());
    }
    end_one(tx, act, session)?;
    Ok(Change::new(None, session.id.as_str(), event("session.reused", act, session)?))
}

fn is_over(act: &Act<'_>, session: &Session) -> Result<bool, Error> {
    let is_staff = session.level == SessionLevel::Staff;
    let disabled = act.scope.account().is_ok_and(|account| account.state != AccountState::Active);
    let idle = is_staff && act.ctx.now.seconds_since(session.last_seen_at) > STAFF_IDLE_SECONDS;
    let drawn = act.scope.participant().is_ok_and(|person| person.state.is_drawn());
    let ended_by_draw = drawn && caller::span(session)? == Span::UntilDraw;
    Ok(session.ended_at.is_some() || act.ctx.now >= session.expires_at || disabled || idle || ended_by_draw)
}

fn end_one(tx: &mut Tx<'_>, act: &Act<'_>, session: &Session) -> Result<(), Error> {
    people::update_session(tx, &Session { ended_at: Some(act.ctx.now), ..session.clone() })?;
    people::revoke_bound(tx, SecretKind::Refresh, session.id.as_str(), act.ctx.now)?;
    Ok(())
}

/// What happens to a session. One that is for an assessment is written down as the assessment's, so that it is there for
/// those alone for whom the assessment is.
pub fn event(action: &'static str, act: &Act<'_>, session: &Session) -> Result<Event, Error> {
    let Ok(person) = act.scope.participant() else {
        return Ok(Event::of_account(action, &act.scope.account()?.id, session.id.as_str()));
    };
    let of = |object: &str| Event::of_participant(action, &person.study, &person.id, object);
    Ok(match caller::span(session)? {
        Span::Assessment(id) => of(id.as_str()).set("session", session.id.as_str()),
        Span::Person | Span::UntilDraw => of(session.id.as_str()),
    })
}

/// Ends a session of whoever asks, by its id, or the one that asks: `current`.
pub fn end(ctx: &Ctx, which: &str) -> Result<(), Error> {
    let Credential::Session(asking) = ctx.credential.clone() else {
        return Err(Error::unauthenticated("session.missing"));
    };
    let id = match which {
        "current" => asking.clone(),
        other => other.parse().map_err(|_| Error::not_found())?,
    };
    let current = ctx.house.db.read(|tx| people::find_session(tx, &asking))?.ok_or_else(expired)?;
    let (action, target) = match current.level {
        SessionLevel::Staff => (Action::OwnAccount, Target::OwnAccount),
        SessionLevel::Write | SessionLevel::Verified => (Action::OwnRecord, Target::Own),
    };
    let verb = move |tx: &mut Tx<'_>, act: &Act<'_>| {
        let session = people::find_session(tx, &id)?.filter(|session| session.holder == act.actor());
        let session = session.ok_or_else(Error::not_found)?;
        end_one(tx, act, &session)?;
        Ok(Change::new((), id.as_str(), event("session.ended", act, &session)?).empty())
    };
    act::act(ctx, action, target, verb, signing_in::no_replay).map(|_| ())
}
