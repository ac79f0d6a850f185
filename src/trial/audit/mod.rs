//! The audit trail as a science: what an event holds, how it is hashed, how a chain is checked.
//! Events hash salted digests, not values, so that a redaction leaves every chain whole.

pub mod chain;
pub mod event;
pub mod verification;
