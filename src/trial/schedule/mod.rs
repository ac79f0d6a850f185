//! When each person is asked: anchors, windows, series, episodes, in civil dates and zones.

pub mod anchors;
pub mod definition;
pub mod occasions;
pub mod span;
pub mod state;
pub mod window;
