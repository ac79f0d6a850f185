//! Synthetic trials in simulated time: people who come, answer, are late and drop out, done by the same verbs as everything
//! else, from a seed that gives the same bytes again in any year. For rehearsals, demonstrations and tests.

mod acting;
mod alerts;
pub mod answers;
pub mod chance;
pub mod course;
pub mod demonstration;
pub mod effect;
mod enrolling;
mod following;
pub mod population;
pub mod rates;
pub mod report;
pub mod sheets;
pub mod staff;
