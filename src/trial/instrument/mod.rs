//! Instruments: the typed definition of a questionnaire, its scoring, its wording, the library that ships.
//! A key is data (`protocols/instruments/<id>.toml`); nothing here knows an instrument by name.

pub mod answer;
pub mod condition;
pub mod definition;
mod fingerprint;
pub mod library;
mod lookup;
mod range;
pub mod reading;
pub mod scoring;
pub mod summary;
pub mod wording;
