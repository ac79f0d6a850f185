//! The verbs, called as the doors call them.

mod blinding;
pub mod crossover;
mod states;
mod tampering;
pub mod trial;
