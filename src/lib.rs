//! Equipoise runs randomized controlled trials of Internet-delivered psychotherapy:
//! screening, consent, sealed allocation, scheduled questionnaires, analysis-ready datasets.
//!
//! The house, from the ground up: `kernel` (ids, time, errors, digests), `trial` (the science, pure functions),
//! `storage` (the only place that knows SQL), `conduct` (what people do: one verb, one transaction, one audit
//! event), `http` and `api` (the REST door), `cli` (the command line).

pub mod api;
pub mod cli;
pub mod conduct;
pub mod config;
pub mod http;
pub mod kernel;
pub mod server;
pub mod simulation;
pub mod storage;
pub mod trial;
