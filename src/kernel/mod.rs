//! The ground floor: ids, time, chance, errors, digests, sealing. Knows nothing of trials.

pub mod canonical;
pub mod code;
pub mod crockford;
pub mod digest;
pub mod entropy;
pub mod error;
pub mod ids;
pub mod number;
pub mod sealing;
pub mod time;

pub use error::Error;
pub use error::Kind;
