//! Whatever is asked at an occasion: an instrument, a form of the study, or an external measure. One way to take answers.

pub mod asked;
pub mod stored;
