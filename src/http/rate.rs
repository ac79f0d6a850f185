//! How often somebody may ask: a token bucket for each key, in memory, forgotten when it is full again.
//!
//! A bucket is kept as one instant, its "theoretical arrival time": when it will be full (the generic cell rate
//! algorithm of ITU-T I.371, which admits the same requests as a leaky or token bucket).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::PoisonError;

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::body::BoxBody;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::middleware::Next;

use crate::conduct::context::Credential;
use crate::http::credential;
use crate::http::credential::Identity;
use crate::http::problem::Problem;
use crate::http::run;
use crate::http::run::Moment;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::time::Timestamp;

const MICROSECONDS: i64 = 1_000_000;
const MINUTE: u32 = 60;
const HOUR: u32 = 3600;
const DAY: u32 = 24 * 3600;
/// Full buckets are looked for so often.
const SWEEP_SECONDS: i64 = 60;
/// Beyond so many keys new ones are let through uncounted: a flood of addresses must not shut out a participant.
const MOST_KEYS: usize = 100_000;

/// So many requests in so many seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In how many seconds.
    pub seconds: u32,
}

/// The rates of an installation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RateSettings {
    /// Sign-ins from one address.
    pub sign_in: Rate,
    /// Links and codes sent for one participant.
    pub links: Rate,
    /// Applications from one address.
    pub applications: Rate,
    /// All requests of one person.
    pub person: Rate,
    /// Allocations by one person.
    pub allocation: Rate,
    /// All requests with one API token.
    pub api_token: Rate,
}

impl Default for RateSettings {
    fn default() -> Self {
        Self {
            sign_in: Rate { count: 10, seconds: MINUTE },
            links: Rate { count: 5, seconds: HOUR },
            applications: Rate { count: 20, seconds: DAY },
            person: Rate { count: 600, seconds: MINUTE },
            allocation: Rate { count: 30, seconds: MINUTE },
            api_token: Rate { count: 120, seconds: MINUTE },
        }
    }
}

/// The buckets of an installation.
#[derive(Debug)]
pub struct Rates {
    /// Sign-ins, by address.
    pub sign_in: Limiter,
    /// Links and codes sent, by participant.
    pub links: Limiter,
    /// Applications, by address.
    pub applications: Limiter,
    /// All requests, by person.
    pub person: Limiter,
    /// Allocations, by person.
    pub allocation: Limiter,
    /// All requests, by the hash of the API token.
    pub api_token: Limiter,
}

impl Rates {
    /// Full buckets.
    pub fn new(settings: &RateSettings) -> Self {
        Self {
            sign_in: Limiter::new(settings.sign_in),
            links: Limiter::new(settings.links),
            applications: Limiter::new(settings.applications),
            person: Limiter::new(settings.person),
            allocation: Limiter::new(settings.allocation),
            api_token: Limiter::new(settings.api_token),
        }
    }
}

/// One bucket for each key.
#[derive(Debug)]
pub struct Limiter {
    /// Microseconds in which one request flows back.
    interval: i64,
    /// Microseconds in which an empty bucket fills.
    capacity: i64,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    /// When each bucket will be full, in microseconds since 1970.
    full_at: HashMap<String, i64>,
    swept_at: i64,
}

impl Limiter {
    /// Full buckets of a rate; a count of zero counts as one.
    pub fn new(rate: Rate) -> Self {
        let capacity = i64::from(rate.seconds.max(1)) * MICROSECONDS;
        Self { interval: capacity / i64::from(rate.count.max(1)), capacity, buckets: Mutex::default() }
    }

    /// Takes one request out of the key's bucket; `rate.limited` if it is empty.
    pub fn take(&self, key: &str, now: Timestamp) -> Result<(), Error> {
        let now = now.instant().timestamp_micros();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.sweep(now);
        let known = buckets.full_at.get(key).copied();
        if known.is_none() && buckets.full_at.len() >= MOST_KEYS {
            tracing::warn!("too many callers to count; new ones are let through");
            return Ok(());
        }
        let full_at = known.unwrap_or(now).max(now) + self.interval;
        let wait = full_at - now - self.capacity;
        if wait > 0 {
            let seconds = u32::try_from((wait + MICROSECONDS - 1) / MICROSECONDS).unwrap_or(u32::MAX);
            return Err(Error::new(Kind::TooMany, "rate.limited").retry_after(seconds));
        }
        buckets.full_at.insert(key.to_owned(), full_at);
        Ok(())
    }
}

impl Buckets {
    fn sweep(&mut self, now: i64) {
        if now - self.swept_at >= SWEEP_SECONDS * MICROSECONDS {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.swept_at = now;
        }
    }
}

/// The client's address as a key: IPv4 whole, IPv6 by its first 64 bits, which one household shares.
pub fn address(request: &HttpRequest, state: &State) -> String {
    let connection = request.connection_info();
    let named =
        if state.settings.behind_proxy { connection.realip_remote_addr() } else { connection.peer_addr() };
    network(named.unwrap_or_default())
}

fn network(address: &str) -> String {
    match address.parse().map(|address: IpAddr| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Err(_) => "unknown".to_owned(),
    }
}

/// Middleware: counts each request of a person or API token. Requests of nobody are counted where they can do harm.
pub async fn count_caller(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match admit(request.request()) {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Err(error) => Ok(request.error_response(Problem::from(error))),
    }
}

fn admit(request: &HttpRequest) -> Result<(), Error> {
    let state = run::state(request)?;
    let Moment { now, .. } = Moment::of(&mut request.extensions_mut(), state)?;
    // A credential that is no good is refused where one is asked for.
    let identity = credential::read(request.headers(), &state.house.keys.token, now);
    let Identity { credential, holder } = identity.unwrap_or_else(|_| Identity::nobody());
    match credential {
        Credential::Session(_) => state.rates.person.take(&holder, now),
        Credential::ApiToken(_) => state.rates.api_token.take(&holder, now),
        Credential::Nobody | Credential::System(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_burst_of_the_whole_count_passes_then_one_each_interval() {
        let limiter = Limiter::new(Rate { count: 3, seconds: 60 });
        for _ in 0..3 {
            assert!(limiter.take("a", at(0)).is_ok());
        }
        let refused = limiter.take("a", at(0)).unwrap_err();
        assert_eq!((refused.code(), refused.retry_seconds()), ("rate.limited", Some(20)));
        assert_eq!(limiter.take("a", at(19)).unwrap_err().retry_seconds(), Some(1));
        assert!(limiter.take("a", at(20)).is_ok());
        assert!(limiter.take("a", at(20)).is_err());
        assert!(limiter.take("b", at(20)).is_ok(), "each key has its own bucket");
    }

    #[test]
    fn a_refused_request_costs_nothing_and_a_rested_bucket_is_full() {
        let limiter = Limiter::new(Rate { count: 2, seconds: 60 });
        let passed = |second: i64| (0..10).filter(|_| limiter.take("a", at(second)).is_ok()).count();
        assert_eq!(passed(0), 2);
        assert_eq!(passed(30), 1);
        assert_eq!(passed(1000), 2);
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let limiter = Limiter::new(Rate { count: 2, seconds: 10 });
        limiter.take("a", at(0)).unwrap();
        limiter.take("b", at(100)).unwrap();
        let buckets = limiter.buckets.lock().unwrap();
        assert_eq!(buckets.full_at.keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn addresses_of_one_household_share_a_bucket() {
        assert_eq!(network("203.0.113.9"), "203.0.113.9");
        assert_eq!(network("::ffff:203.0.113.9"), "203.0.113.9");
        assert_eq!(network("2001:db8:0:7::1"), network("2001:db8:0:7:ffff::2"));
        assert_ne!(network("2001:db8:0:7::1"), network("2001:db8:0:8::1"));
        assert_eq!(network("nonsense"), "unknown");
    }
}
