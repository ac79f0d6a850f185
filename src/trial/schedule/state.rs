//! Where an assessment stands: a pure function of its row and the present instant. No job sets it.

use crate::kernel::time::Timestamp;
use crate::trial::role::words;

words! {
    /// Where an assessment stands.
    AssessmentState {
        /// Its anchor has no date yet.
        Waiting = "waiting",
        /// It opens later.
        Planned = "planned",
        /// It can be answered (between `closes` and `late`: late).
        Open = "open",
        /// It was sent.
        Submitted = "submitted",
        /// It is over, with some answers.
        Partial = "partial",
        /// It is over, without any.
        Missed = "missed",
        /// It is not needed any more.
        Cancelled = "cancelled",
    }
}

words! {
    /// When answers were sent, measured by the plan.
    WindowClass {
        /// Between opening and close.
        InWindow = "in_window",
        /// After the close, while late answers were taken, or after a reopening.
        Late = "late",
        /// Entered by staff outside of both.
        Outside = "outside",
    }
}

/// What the state depends on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Times {
    /// When it opens.
    pub opens_at: Option<Timestamp>,
    /// When its window ends.
    pub closes_at: Option<Timestamp>,
    /// When late answers end.
    pub late_at: Option<Timestamp>,
    /// When the first answer was saved.
    pub first_answer_at: Option<Timestamp>,
    /// When it was sent.
    pub submitted_at: Option<Timestamp>,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// Until when it is open again.
    pub reopened_until: Option<Timestamp>,
}

impl Times {
    /// Where it stands at this instant.
    pub fn state(&self, now: Timestamp) -> AssessmentState {
        if self.cancelled_at.is_some() {
            return AssessmentState::Cancelled;
        }
        if self.submitted_at.is_some() {
            return AssessmentState::Submitted;
        }
        if self.reopened_until.is_some_and(|until| now < until) {
            return AssessmentState::Open;
        }
        let Some(opens_at) = self.opens_at else { return AssessmentState::Waiting };
        if now < opens_at {
            return AssessmentState::Planned;
        }
        match self.ends_at() {
            Some(end) if now >= end && self.first_answer_at.is_some() => AssessmentState::Partial,
            Some(end) if now >= end => AssessmentState::Missed,
            Some(_) | None => AssessmentState::Open,
        }
    }

    /// When the last late answer is taken.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.late_at.or(self.closes_at)
    }

    /// Whether an answer is taken at this instant: while it is open, and for the grace of a draft that was begun.
    pub fn takes_answers(&self, now: Timestamp, grace_minutes: u32) -> bool {
        match self.state(now) {
            AssessmentState::Open => true,
            AssessmentState::Partial => {
                let grace = i64::from(grace_minutes) * 60;
                self.ends_at().is_some_and(|end| now < end.plus_seconds(grace))
            }
            AssessmentState::Waiting
            | AssessmentState::Planned
            | AssessmentState::Submitted
            | AssessmentState::Missed
            | AssessmentState::Cancelled => false,
        }
    }

    /// Whether its time is over for good: no answer is taken any more, and none was sent.
    pub fn is_over(&self, now: Timestamp, grace_minutes: u32) -> bool {
        match self.state(now) {
            AssessmentState::Partial | AssessmentState::Missed => !self.takes_answers(now, grace_minutes),
            AssessmentState::Waiting
            | AssessmentState::Planned
            | AssessmentState::Open
            | AssessmentState::Submitted
            | AssessmentState::Cancelled => false,
        }
    }

    /// The class of answers that are sent at this instant.
    pub fn class(&self, now: Timestamp) -> WindowClass {
        match self.closes_at {
            Some(closes_at) if now >= closes_at => WindowClass::Late,
            Some(_) | None => WindowClass::InWindow,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds).unwrap()
    }

    fn times() -> Times {
        Times {
            opens_at: Some(at(100)),
            closes_at: Some(at(200)),
            late_at: Some(at(300)),
            ..Times::default()
        }
    }

    #[test]
    fn the_clock_alone_moves_an_assessment_on() {
        let states: Vec<&str> =
            [99, 100, 199, 200, 299, 300].into_iter().map(|now| times().state(at(now)).as_str()).collect();
        assert_eq!(states, ["planned", "open", "open", "open", "open", "missed"]);
        let begun = Times { first_answer_at: Some(at(150)), ..times() };
        assert_eq!(begun.state(at(300)), AssessmentState::Partial);
        assert_eq!(Times::default().state(at(1)), AssessmentState::Waiting);
        let step = Times { opens_at: Some(at(100)), ..Times::default() };
        assert_eq!(step.state(at(1_000_000)), AssessmentState::Open);
    }

    #[test]
    fn sent_and_cancelled_stay_whatever_the_clock_says() {
        let sent = Times { submitted_at: Some(at(150)), ..times() };
        assert_eq!(sent.state(at(1000)), AssessmentState::Submitted);
        let cancelled = Times { cancelled_at: Some(at(50)), ..sent };
        assert_eq!(cancelled.state(at(1000)), AssessmentState::Cancelled);
        let reopened = Times { reopened_until: Some(at(500)), ..times() };
        assert_eq!(reopened.state(at(400)), AssessmentState::Open);
        assert_eq!(reopened.state(at(500)), AssessmentState::Missed);
    }

    #[test]
    fn late_answers_are_marked_and_a_begun_draft_has_grace() {
        assert_eq!(times().class(at(199)), WindowClass::InWindow);
        assert_eq!(times().class(at(200)), WindowClass::Late);
        let begun = Times { first_answer_at: Some(at(150)), ..times() };
        assert!(begun.takes_answers(at(300 + 3599), 60));
        assert!(!begun.takes_answers(at(300 + 3600), 60));
        assert!(!times().takes_answers(at(300), 60));
        assert!(!begun.is_over(at(300 + 3599), 60) && begun.is_over(at(300 + 3600), 60));
        assert!(!times().is_over(at(299), 60) && times().is_over(at(300), 60));
    }
}
