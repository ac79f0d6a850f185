//! Where a participant stands in enrolment.

use crate::trial::role::words;

words! {
    /// Where a participant stands in enrolment.
    ParticipantState {
        /// Known, nothing begun.
        Registered = "registered",
        /// Some step begun.
        Enrolling = "enrolling",
        /// Every step before the draw complete.
        Ready = "ready",
        /// Drawn.
        Randomized = "randomized",
        /// Included without a draw.
        Enrolled = "enrolled",
        /// Out.
        Excluded = "excluded",
        /// Every assessment closed.
        Completed = "completed",
    }
}

impl ParticipantState {
    /// Whether the draw is behind the person.
    pub fn is_drawn(self) -> bool {
        matches!(self, Self::Randomized | Self::Completed)
    }
}
