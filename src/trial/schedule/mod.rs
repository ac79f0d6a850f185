//! When each person is asked: anchors, windows, series, episodes, in civil dates and zones.

pub mod definition;
pub mod span;
