//! The REST door: each operation at work, and each of its refusals.

mod accounts;
pub mod client;
mod datasets;
mod sessions;
mod studies;
