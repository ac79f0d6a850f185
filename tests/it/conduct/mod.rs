//! The verbs, called as the doors call them.

mod tampering;
pub mod trial;
