//! What every act and look is given: the house, the moment, and who asks.

use std::sync::Arc;
use std::sync::OnceLock;

use crate::conduct::keys::Keys;
use crate::conduct::plan::Plans;
use crate::conduct::tries::Strangers;
use crate::kernel::Error;
use crate::kernel::entropy::Entropy;
use crate::kernel::ids::RequestId;
use crate::kernel::ids::SessionId;
use crate::kernel::time::Timestamp;
use crate::storage::Db;
use crate::storage::study::Mode;
use crate::trial::permission::action::Action;

/// The software that signs audit events: name and version.
pub const SOFTWARE: &str = concat!("equipoise ", env!("CARGO_PKG_VERSION"));

/// What lives as long as the service: database, keys, chance. Cheap to clone.
#[derive(Clone)]
pub struct House {
    /// The database.
    pub db: Db,
    /// The keys.
    pub keys: Arc<Keys>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Protocols that were read.
    pub plans: Arc<Plans>,
    /// Wrong passwords for logins that don't exist.
    pub strangers: Arc<Strangers>,
}

impl House {
    /// A house over a database.
    pub fn new(db: Db, keys: Keys, entropy: Arc<dyn Entropy>) -> Self {
        Self { db, keys: Arc::new(keys), entropy, plans: Arc::default(), strangers: Arc::default() }
    }
}

/// How the caller shows who it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Credential {
    /// Not at all.
    Nobody,
    /// A session named by a signed access token.
    Session(SessionId),
    /// An API token, by its hash.
    ApiToken(String),
    /// The service itself, by the name of a job.
    System(&'static str),
}

/// An idempotency key with the fingerprint of its request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RetryKey {
    /// The key as sent.
    pub key: String,
    /// SHA-256 of operation, path ids and canonical body, hex.
    pub fingerprint: String,
}

/// What an operation may do and write down: what goes beyond is a fault of ours, and refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Remit {
    /// The actions that it may ask leave for.
    pub actions: &'static [Action],
    /// The types of the events that it may write.
    pub events: &'static [&'static str],
}

impl Remit {
    /// Refuses an action that is none of these.
    pub fn require_action(&self, action: Action) -> Result<(), Error> {
        let is_within = self.actions.contains(&action);
        let beyond = || Error::internal(format!("{action} is beyond what the operation may do"));
        is_within.then_some(()).ok_or_else(beyond)
    }

    /// Refuses an event that is none of these.
    pub fn require_event(&self, event: &str) -> Result<(), Error> {
        let is_within = self.events.contains(&event);
        let beyond = || Error::internal(format!("{event} is beyond what the operation may write"));
        is_within.then_some(()).ok_or_else(beyond)
    }
}

/// One request, one moment.
#[derive(Clone)]
pub struct Ctx {
    /// The house.
    pub house: House,
    /// The only "now" of this request.
    pub now: Timestamp,
    /// The id of this request.
    pub request: RequestId,
    /// Who asks.
    pub credential: Credential,
    /// What the operation may do, where a request came in by one.
    pub remit: Option<Remit>,
    /// The key under which a retry is recognised.
    pub retry: Option<RetryKey>,
    /// The mode of the study that the request has turned out to be about.
    pub mode: ModeSeen,
}

/// The mode of the study that a request is about, once the caller was found to know of the study.
#[derive(Clone, Debug, Default)]
pub struct ModeSeen(Arc<OnceLock<Mode>>);

impl ModeSeen {
    /// Notes the mode, once.
    pub fn note(&self, mode: Mode) {
        let _ = self.0.set(mode);
    }

    /// The mode, if the caller may know it.
    pub fn get(&self) -> Option<Mode> {
        self.0.get().copied()
    }
}

impl Ctx {
    /// A context without a retry key.
    pub fn new(house: &House, now: Timestamp, credential: Credential) -> Result<Self, Error> {
        let request = RequestId::draw(house.entropy.as_ref())?;
        Ok(Self {
            house: house.clone(),
            now,
            request,
            credential,
            remit: None,
            retry: None,
            mode: ModeSeen::default(),
        })
    }

    /// A context of the service itself.
    pub fn system(house: &House, now: Timestamp, job: &'static str) -> Result<Self, Error> {
        Self::new(house, now, Credential::System(job))
    }

    /// Chance.
    pub fn entropy(&self) -> &dyn Entropy {
        self.house.entropy.as_ref()
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.house.keys
    }
}
