//! Safety: which rules an answer meets, and by when somebody must have read it.

pub mod reading;
pub mod rules;
