//! The verbs, called as the doors call them.

mod states;
mod tampering;
pub mod trial;
