//! The one way from an async handler to a verb: a context with one moment, and a thread of the pool.

use std::cell::RefMut;
use std::sync::Arc;

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::web;

use crate::conduct::context::Credential;
use crate::conduct::context::Ctx;
use crate::conduct::context::House;
use crate::conduct::context::ModeSeen;
use crate::conduct::context::RetryKey;
use crate::http::credential;
use crate::http::credential::Identity;
use crate::http::headers::Mode;
use crate::http::operations;
use crate::http::operations::Operations;
use crate::http::problem::Problem;
use crate::http::rate::Rates;
use crate::http::threads::Threads;
use crate::kernel::Error;
use crate::kernel::ids::RequestId;
use crate::kernel::time::Clock;
use crate::kernel::time::Timestamp;
use crate::trial::permission::action::Action;

/// What the doors are told of the installation.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Settings {
    /// The public address, `https://…`, without a slash at its end; empty where it is not known.
    pub public_url: String,
    /// Whether a proxy stands before the service, so that the client's address comes from its headers.
    pub behind_proxy: bool,
    /// The mode that answers state where no study decides it, such as on a server for trying out.
    pub mode: Option<Mode>,
}

/// What lives as long as the server. Cheap to clone.
#[derive(Clone)]
pub struct State {
    /// Database, keys, chance.
    pub house: House,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// Where verbs run.
    pub threads: Threads,
    /// How often callers may ask.
    pub rates: Arc<Rates>,
    /// The installation.
    pub settings: Arc<Settings>,
    /// The operations of each address.
    pub operations: Arc<Operations>,
}

impl State {
    /// Runs a verb.
    pub async fn run<T, F>(&self, ctx: Ctx, verb: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Ctx) -> Result<T, Error> + Send + 'static,
    {
        self.threads.run(move || verb(&ctx)).await.map_err(Problem::from)
    }

    /// Runs a verb that hashes a password.
    pub async fn run_password<T, F>(&self, ctx: Ctx, verb: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Ctx) -> Result<T, Error> + Send + 'static,
    {
        self.threads.run_password(move || verb(&ctx)).await.map_err(Problem::from)
    }
}

/// The state that the server was built with, as `web::Data<State>`.
pub fn state(request: &HttpRequest) -> Result<&State, Error> {
    request
        .app_data::<web::Data<State>>()
        .map(|data| data.get_ref())
        .ok_or_else(|| Error::internal("the server was built without its state"))
}

/// The one "now" and the id of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Moment {
    /// The only "now".
    pub now: Timestamp,
    /// The id.
    pub request: RequestId,
}

impl Moment {
    /// The moment of a request: born at the first call, the same at each later one.
    pub fn of(extensions: &mut RefMut<'_, Extensions>, state: &State) -> Result<Self, Error> {
        if let Some(moment) = extensions.get::<Self>() {
            return Ok(moment.clone());
        }
        let request = RequestId::draw(state.house.entropy.as_ref())?;
        let moment = Self { now: state.clock.now(), request };
        extensions.insert(moment.clone());
        Ok(moment)
    }
}

/// The context of a request; a credential that is no good is refused with 401.
pub fn context(request: &HttpRequest, state: &State, retry: Option<RetryKey>) -> Result<Ctx, Problem> {
    let Moment { now, .. } = Moment::of(&mut request.extensions_mut(), state)?;
    let identity = credential::read(request.headers(), &state.house.keys.token, now)?;
    with_identity(request, state, identity, retry)
}

/// The context of a public act, such as signing in: a stale credential that a client still sends is not looked at.
pub fn public_context(request: &HttpRequest, state: &State, retry: Option<RetryKey>) -> Result<Ctx, Problem> {
    with_identity(request, state, Identity::nobody(), retry)
}

fn with_identity(
    request: &HttpRequest,
    state: &State,
    identity: Identity,
    retry: Option<RetryKey>,
) -> Result<Ctx, Problem> {
    let moment = Moment::of(&mut request.extensions_mut(), state)?;
    let remit = operations::of(request)?.remit;
    // Nobody is told what an operation knows before it is known who asks.
    if identity.credential != Credential::Nobody || remit.actions.contains(&Action::Public) {
        operations::require_query(request)?;
    }
    let mode = ModeSeen::default();
    request.extensions_mut().insert(mode.clone());
    Ok(Ctx {
        house: state.house.clone(),
        now: moment.now,
        request: moment.request,
        credential: identity.credential,
        remit: Some(remit),
        retry,
        mode,
    })
}
