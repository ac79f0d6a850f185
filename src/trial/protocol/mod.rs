//! The trial as one reviewable file: its typed form, its reader, its checks, its canonical form.
//! Composes the leaves (expression, instrument, randomization, schedule); no leaf imports it.

pub mod canonical;
pub mod checker;
mod checks;
pub mod design;
pub mod model;
pub mod reading;
pub mod sections;
pub mod shipped;
pub mod show;
pub mod texts;
pub mod unsupported;
pub mod words;
