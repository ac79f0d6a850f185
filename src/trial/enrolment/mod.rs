//! Who gets in, step by step: what is complete, what stands in the way, and into which stratum a person falls.

pub mod factors;
pub mod progress;
pub mod state;
