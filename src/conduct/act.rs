//! The only way to change something: one transaction that can't commit without its audit event.
//!
//! Order: who asks → what it is about → may they → lock the chain heads → has this act happened already (retry key) →
//! the verb → its events → commit → answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::conduct::caller;
use crate::conduct::context::Ctx;
use crate::conduct::context::SOFTWARE;
use crate::conduct::plan::Plan;
use crate::conduct::target;
use crate::conduct::target::Scope;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::canonical;
use crate::storage::Tx;
use crate::storage::audit;
use crate::storage::audit::ActKey;
use crate::storage::audit::ActRecord;
use crate::storage::db::ActError;
use crate::storage::people;
use crate::storage::study::StudyState;
use crate::trial::audit::chain;
use crate::trial::audit::chain::Head;
use crate::trial::audit::chain::Signature;
use crate::trial::audit::event::Chain;
use crate::trial::audit::event::Event;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Caller;
use crate::trial::permission::caller::Grant;
use crate::trial::permission::decision;
use crate::trial::role::SeesArm;

/// An act under way, as its verb sees it.
pub struct Act<'a> {
    /// The request.
    pub ctx: &'a Ctx,
    /// Who asks.
    pub caller: &'a Caller,
    /// As what they may.
    pub grant: &'a Grant,
    /// What it is about.
    pub scope: &'a Scope,
}

impl Act<'_> {
    /// The plan in force of the study that this act is about.
    pub fn plan(&self, tx: &mut Tx<'_>) -> Result<Arc<Plan>, Error> {
        self.ctx.house.plans.of(tx, self.scope.study()?)
    }

    /// The name of the actor as stored beside data.
    pub fn actor(&self) -> String {
        self.caller.actor()
    }

    /// What stands in an event for a value that only its digest may tell of: keyed, so that whoever has the database alone
    /// can't find a telephone number or a block size by trying them all.
    pub fn keyed(&self, field: &str, value: &Value) -> Value {
        let place = format!("audit-field/{field}");
        self.ctx.keys().mac.mac(&place, canonical::to_text(value).as_bytes()).into()
    }

    /// Whether the caller may come to know arms: by the assignment, or because the study is revealed. The service knows all.
    pub fn may_know_arm(&self) -> bool {
        let is_revealed = self.scope.study().is_ok_and(|study| study.state == StudyState::Revealed);
        is_revealed || matches!(self.caller, Caller::System(_)) || self.grant.sees_arm != SeesArm::None
    }
}

/// What a verb has done: the answer, the object, and at least one event.
#[derive(Debug)]
pub struct Change<T> {
    value: T,
    object: String,
    status: u16,
    location: Option<String>,
    events: Vec<Event>,
}

impl<T> Change<T> {
    /// A change can't be made without its event. `object` is what a replay reads again.
    pub fn new(value: T, object: impl Into<String>, event: Event) -> Self {
        Self { value, object: object.into(), status: 200, location: None, events: vec![event] }
    }

    /// Adds an event, in this or another chain.
    #[must_use]
    pub fn and(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// Adds events.
    #[must_use]
    pub fn and_all(mut self, events: Vec<Event>) -> Self {
        self.events.extend(events);
        self
    }

    /// Something new was made: 201 with its place.
    #[must_use]
    pub fn created(mut self, location: impl Into<String>) -> Self {
        self.status = 201;
        self.location = Some(location.into());
        self
    }

    /// Done, with nothing to show: 204.
    #[must_use]
    pub fn empty(mut self) -> Self {
        self.status = 204;
        self
    }
}

/// A refusal; some must be written down although the act is undone.
#[derive(Debug)]
pub struct Refusal {
    error: Error,
    event: Option<Box<Event>>,
    is_idle: bool,
}

impl Refusal {
    /// A refusal that is written down in a transaction of its own.
    pub fn recorded(error: Error, event: Event) -> Self {
        Self { error, event: Some(Box::new(event)), is_idle: false }
    }

    /// There is nothing to do: the act is undone, and nobody has failed.
    fn idle() -> Self {
        Self { error: Error::internal("there was nothing to do"), event: None, is_idle: true }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, event: None, is_idle: false }
    }
}

impl ActError for Refusal {
    fn error(&self) -> &Error {
        &self.error
    }
}

/// What the caller is answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Done<T> {
    /// The answer.
    pub value: T,
    /// The status number.
    pub status: u16,
    /// Where the new object is.
    pub location: Option<String>,
    /// Whether the act had happened before.
    pub replayed: bool,
}

/// Acts. `replay` renders the answer again, with today's rights, where a retry finds the act done.
pub fn act<T, V, R>(ctx: &Ctx, action: Action, target: Target, verb: V, replay: R) -> Result<Done<T>, Error>
where
    T: Send + 'static,
    V: Fn(&mut Tx<'_>, &Act<'_>) -> Result<Change<T>, Refusal> + Send + 'static,
    R: Fn(&mut Tx<'_>, &Act<'_>, &str) -> Result<T, Error> + Send + 'static,
{
    let inner = ctx.clone();
    let result = ctx.house.db.write(move |tx| act_within(tx, &inner, action, &target, &verb, &replay));
    result.map_err(|refusal: Refusal| {
        let Refusal { error, event, .. } = refusal;
        match event.map(|event| record_refusal(ctx, *event)) {
            Some(Err(unrecorded)) => unrecorded,
            Some(Ok(())) | None => error,
        }
    })
}

/// An act of the service itself. The verb looks under the lock whether there is something to do; where it gives nothing,
/// because another process has done it before, nothing is written.
pub fn act_if_due<T, V>(ctx: &Ctx, target: Target, verb: V) -> Result<Option<T>, Error>
where
    T: Send + 'static,
    V: Fn(&mut Tx<'_>, &Act<'_>) -> Result<Option<Change<T>>, Error> + Send + 'static,
{
    let inner = ctx.clone();
    let result = ctx.house.db.write(move |tx| {
        let due = |tx: &mut Tx<'_>, act: &Act<'_>| verb(tx, act)?.ok_or_else(Refusal::idle);
        let replay =
            |_: &mut Tx<'_>, _: &Act<'_>, _: &str| Err(Error::internal("the clock has no retry keys"));
        act_within(tx, &inner, Action::System, &target, &due, &replay)
    });
    match result {
        Ok(done) => Ok(Some(done.value)),
        Err(refusal) if refusal.is_idle => Ok(None),
        Err(refusal) => Err(refusal.error),
    }
}

fn act_within<T>(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    action: Action,
    target: &Target,
    verb: &impl Fn(&mut Tx<'_>, &Act<'_>) -> Result<Change<T>, Refusal>,
    replay: &impl Fn(&mut Tx<'_>, &Act<'_>, &str) -> Result<T, Error>,
) -> Result<Done<T>, Refusal> {
    let identified = caller::identify(tx, ctx)?;
    let caller = identified.caller;
    let scope = resolve(tx, target, &caller)?;
    admit(ctx, action, &caller, &scope)?;
    let mut heads = lock_heads(tx, &target::chains(target, &scope, &caller))?;
    // Whoever had the lock before may have changed what was found, and with it who may.
    let scope = resolve(tx, target, &caller)?;
    let grant = admit(ctx, action, &caller, &scope)?;
    if let Some(session) = identified.touched {
        people::update_session(tx, &session)?;
    }
    let act = Act { ctx, caller: &caller, grant: &grant, scope: &scope };
    let key = ctx.retry.as_ref().map(|retry| ActKey {
        scope: caller.actor(),
        key: retry.key.clone(),
        // Bodies hold names and answers: whoever has the database alone must not be able to guess them.
        fingerprint: ctx.keys().mac.mac("act-fingerprint", retry.fingerprint.as_bytes()),
    });
    if let Some(done) = find_done(tx, &act, key.as_ref(), replay)? {
        return Ok(done);
    }
    let change = verb(tx, &act)?;
    let record = ActRecord {
        fingerprint: key.as_ref().map(|key| key.fingerprint.clone()).unwrap_or_default(),
        status: change.status,
        location: change.location.clone(),
        object: change.object,
    };
    let mut stored_key = key.as_ref().map(|key| (key, &record));
    for event in &change.events {
        append(tx, &act, event, &mut heads, stored_key.take())?;
    }
    Ok(Done { value: change.value, status: change.status, location: change.location, replayed: false })
}

/// Finds what an act or a look is about.
pub fn resolve(tx: &mut Tx<'_>, target: &Target, caller: &Caller) -> Result<Scope, Error> {
    target::resolve(tx, target, caller).map_err(|error| match caller {
        // Without a name nothing is said about objects, not even that they are missing.
        Caller::Nobody if error.code() == "not_found" => Error::unauthenticated("session.missing"),
        _ => error,
    })
}

/// Decides; from here on the caller may know which study it is.
pub fn admit(ctx: &Ctx, action: Action, caller: &Caller, scope: &Scope) -> Result<Grant, Error> {
    if let Some(remit) = &ctx.remit {
        remit.require_action(action)?;
    }
    let decided = decision::decide(action, caller, &scope.facts());
    let knows = decided.as_ref().map_or_else(|error| error.kind() == Kind::Forbidden, |_| true);
    if let (true, Ok(study)) = (knows, scope.study()) {
        ctx.mode.note(study.mode);
    }
    decided
}

fn lock_heads(tx: &mut Tx<'_>, chains: &[Chain]) -> Result<BTreeMap<Chain, Head>, Error> {
    chains.iter().map(|chain| Ok((chain.clone(), audit::lock_head(tx, chain)?))).collect()
}

fn find_done<T>(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    key: Option<&ActKey>,
    replay: &impl Fn(&mut Tx<'_>, &Act<'_>, &str) -> Result<T, Error>,
) -> Result<Option<Done<T>>, Error> {
    let Some(key) = key else { return Ok(None) };
    let Some(record) = audit::find_act(tx, &key.scope, &key.key)? else { return Ok(None) };
    if record.fingerprint != key.fingerprint {
        return Err(Error::invalid("idempotency.key_reused"));
    }
    let value = replay(tx, act, &record.object)?;
    Ok(Some(Done { value, status: record.status, location: record.location, replayed: true }))
}

/// Writes an event at the end of its chain.
pub fn append(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    event: &Event,
    heads: &mut BTreeMap<Chain, Head>,
    key: Option<(&ActKey, &ActRecord)>,
) -> Result<(), Error> {
    if let Some(remit) = &act.ctx.remit {
        remit.require_event(event.action)?;
    }
    let head = match heads.get(&event.chain) {
        Some(head) => head.clone(),
        None => audit::lock_head(tx, &event.chain)?,
    };
    let signature = Signature {
        actor: act.caller.actor(),
        role: act.grant.role_word(act.caller).to_owned(),
        organisation: act.caller.organisation().to_owned(),
        request: act.ctx.request.to_string(),
        software: SOFTWARE.to_owned(),
    };
    let linked = chain::link(event, &head, act.ctx.now, &signature, act.ctx.entropy())?;
    audit::insert_event(tx, &linked, key)?;
    let head = Head { seq: linked.seq, hash: linked.hash };
    audit::store_head(tx, &event.chain, &head)?;
    heads.insert(event.chain.clone(), head);
    Ok(())
}

fn record_refusal(ctx: &Ctx, event: Event) -> Result<(), Error> {
    let ctx_inner = ctx.clone();
    ctx.house.db.write(move |tx| {
        let caller = caller::identify(tx, &ctx_inner)?.caller;
        let scope = Scope::default();
        let grant = decision::decide(Action::Public, &caller, &scope.facts())?;
        let act = Act { ctx: &ctx_inner, caller: &caller, grant: &grant, scope: &scope };
        append(tx, &act, &event, &mut BTreeMap::new(), None)
    })
}
