//! The REST door: each operation at work, and each of its refusals.

mod accounts;
mod assessments;
pub mod client;
mod datasets;
mod links;
mod responses;
mod sessions;
mod studies;
mod uploads;
