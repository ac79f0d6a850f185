//! One file for each dataset: its columns, and the rows that a participant gives.

pub mod allocations;
pub mod assessments;
pub mod codelists;
pub mod derived;
pub mod dictionary;
pub mod events;
mod formula;
pub mod items_long;
pub mod occasions;
pub mod participants;
pub mod scores_long;
pub mod screening;
mod sittings;
pub mod wide;
