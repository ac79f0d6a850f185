//! The REST door: each operation at work, and each of its refusals.

mod accounts;
mod assessments;
pub mod client;
mod consents;
mod datasets;
mod line;
mod links;
mod methods;
mod preconditions;
mod questions;
mod rates;
mod refusals;
mod responses;
mod sessions;
mod studies;
mod trail;
mod uploads;
mod visits;
