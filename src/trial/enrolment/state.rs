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
