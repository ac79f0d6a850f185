//! The verbs, called as the doors call them.

mod blinding;
mod checkpoints;
pub mod crossover;
mod designing;
mod settling;
mod states;
pub mod tampering;
pub mod trial;
