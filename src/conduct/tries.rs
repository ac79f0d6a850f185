//! How long a sign-in waits after wrong passwords: the same for logins that exist and for those that don't, so that the wait
//! tells nobody which exist.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::digest;
use crate::kernel::time::Timestamp;

/// From this failure on, the next try waits.
const FREE: i64 = 3;
/// No try waits longer.
const LONGEST_SECONDS: i64 = 15 * 60;
/// Failures are forgotten so long after the next try was due.
const FORGOTTEN_SECONDS: i64 = 24 * 3600;
/// So many logins that don't exist are counted at most.
const MOST: usize = 100_000;

/// What is known of a login's wrong passwords.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tries {
    /// How many in a row.
    pub failed: i64,
    /// From when on the next one is taken.
    pub due_at: Option<Timestamp>,
}

impl Tries {
    /// Refuses a try before its time.
    pub fn require_due(&self, now: Timestamp) -> Result<(), Error> {
        let Some(due_at) = self.due_at.filter(|due_at| now < *due_at) else { return Ok(()) };
        let seconds = u32::try_from(due_at.seconds_since(now)).unwrap_or(u32::MAX);
        Err(Error::new(Kind::TooMany, "sign_in.delayed").retry_after(seconds.max(1)))
    }

    /// After one more wrong password: 1, 2, 4 … minutes, never longer than a quarter of an hour, so that an outsider can't
    /// lock anybody out for good.
    #[must_use]
    pub fn after_failure(&self, now: Timestamp) -> Self {
        let failed = if self.is_forgotten(now) { 1 } else { self.failed.saturating_add(1) };
        let exponent = u32::try_from((failed - FREE).clamp(0, 10)).unwrap_or(0);
        let delay = if failed > FREE { (30 * 2_i64.pow(exponent)).min(LONGEST_SECONDS) } else { 0 };
        Self { failed, due_at: Some(now.plus_seconds(delay)) }
    }

    fn is_forgotten(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|due_at| now >= due_at.plus_seconds(FORGOTTEN_SECONDS))
    }
}

/// Tries of logins that don't exist, in memory: who tries names at random must not fill the database.
#[derive(Debug, Default)]
pub struct Strangers(Mutex<HashMap<String, Tries>>);

impl Strangers {
    /// Refuses a try before its time.
    pub fn require_due(&self, login: &str, now: Timestamp) -> Result<(), Error> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&name(login)).map_or(Ok(()), |tries| tries.require_due(now))
    }

    /// Counts a failure.
    pub fn count(&self, login: &str, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, tries| !tries.is_forgotten(now));
        }
        let name = name(login);
        let before = known.get(&name).copied().unwrap_or_default();
        if known.len() < MOST || before.failed > 0 {
            known.insert(name, before.after_failure(now));
        }
    }
}

/// What is typed as a login by mistake is sometimes a password: it is not kept.
fn name(login: &str) -> String {
    digest::sha256_hex(login.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn after_three_free_tries_waits_double_up_to_a_quarter_of_an_hour() {
        let (mut tries, mut now, mut waits) = (Tries::default(), 0, Vec::new());
        for _ in 0..9 {
            tries = tries.after_failure(at(now));
            let wait = tries.require_due(at(now)).map_or_else(|error| error.retry_seconds().unwrap(), |()| 0);
            waits.push(wait);
            now += i64::from(wait);
            assert!(tries.require_due(at(now)).is_ok());
        }
        assert_eq!(waits, [0, 0, 0, 60, 120, 240, 480, 900, 900]);
    }

    #[test]
    fn a_day_after_the_next_try_was_due_the_count_begins_again() {
        let mut tries = Tries::default();
        for _ in 0..3 {
            tries = tries.after_failure(at(0));
        }
        assert_eq!(tries.after_failure(at(FORGOTTEN_SECONDS - 1)).failed, 4);
        assert_eq!(tries.after_failure(at(FORGOTTEN_SECONDS)).failed, 1);
    }

    #[test]
    fn strangers_wait_each_for_itself() {
        let strangers = Strangers::default();
        for _ in 0..4 {
            strangers.count("a", at(0));
        }
        assert!(strangers.require_due("a", at(59)).is_err());
        assert!(strangers.require_due("a", at(60)).is_ok());
        assert!(strangers.require_due("b", at(0)).is_ok());
    }
}
