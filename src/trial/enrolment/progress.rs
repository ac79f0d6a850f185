//! The progress of one person through the steps of enrolment, in the order of the protocol, one open at a time.

use crate::kernel::error::Unmet;
use crate::trial::expression::evaluation::Truth;
use crate::trial::protocol::model::Sense;
use crate::trial::protocol::model::StepKind;
use crate::trial::role::words;

words! {
    /// Where a step stands.
    StepState {
        /// A step before it is not complete.
        Locked = "locked",
        /// It is the one to be done.
        Open = "open",
        /// Done, and every criterion of it passed.
        Complete = "complete",
        /// It keeps the person out.
        Failed = "failed",
    }
}

/// What is known of one criterion.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CriterionFacts {
    /// Its id.
    pub id: String,
    /// Whether it includes or excludes.
    pub sense: Sense,
    /// The latest verdict on it as worded; `None` before any.
    pub verdict: Option<Truth>,
}

impl CriterionFacts {
    /// Whether the person passes: an inclusion on met only, an exclusion on not met only; `None` while undetermined.
    pub fn passes(&self) -> Option<bool> {
        match (self.verdict?, self.sense) {
            (Truth::Met, sense) => Some(sense == Sense::Include),
            (Truth::NotMet, sense) => Some(sense == Sense::Exclude),
            (Truth::Undetermined, _) => None,
        }
    }
}

/// What is known of one step.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StepFacts {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: StepKind,
    /// Whether what it asks for was done: consent given, questions sent, decision to include made, allocation there.
    pub is_done: bool,
    /// Whether it was refused: consent declined, decision to exclude made.
    pub is_refused: bool,
    /// Whether its time ran out before it was done.
    pub is_lapsed: bool,
    /// The assessment to look at, where there is one.
    pub object: Option<String>,
    /// Its criteria.
    pub criteria: Vec<CriterionFacts>,
}

/// Where a person stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Progress {
    /// Each step with its state, in order.
    pub steps: Vec<(String, StepState)>,
    /// What stands between the person and the draw (or the inclusion).
    pub unmet: Vec<Unmet>,
    /// The step that has failed because its time ran out.
    pub lapsed: Option<String>,
}

impl Progress {
    /// Derives states and what is unmet. `holds` are the kinds that are not resolved; `factors` those without a level.
    pub fn of(steps: &[StepFacts], holds: &[String], factors_without_level: &[String]) -> Self {
        let mut progress = Self { steps: Vec::new(), unmet: Vec::new(), lapsed: None };
        let mut reached = true;
        for step in steps {
            let state = if reached { state_of(step) } else { StepState::Locked };
            let draws = step.kind == StepKind::Randomization || step.kind == StepKind::Inclusion;
            let has_lapsed = state == StepState::Failed && !is_kept_out(step) && step.is_lapsed;
            if !draws || has_lapsed {
                progress.unmet.extend(unmet_of(step));
            }
            if has_lapsed {
                progress.lapsed = Some(step.id.clone());
            }
            reached = reached && state == StepState::Complete;
            progress.steps.push((step.id.clone(), state));
        }
        progress
            .unmet
            .extend(factors_without_level.iter().map(|factor| Unmet::new(factor, "factor.undefined")));
        progress.unmet.extend(holds.iter().map(|kind| Unmet::new(kind, "hold.open")));
        progress
    }

    /// The step to be done.
    pub fn open(&self) -> Option<&str> {
        self.steps.iter().find(|(_, state)| *state == StepState::Open).map(|(id, _)| id.as_str())
    }

    /// Whether nothing stands between the person and the draw.
    pub fn is_ready(&self) -> bool {
        self.unmet.is_empty()
    }

    /// The state of a step.
    pub fn state(&self, step: &str) -> Option<StepState> {
        self.steps.iter().find(|(id, _)| id == step).map(|(_, state)| *state)
    }
}

fn is_kept_out(step: &StepFacts) -> bool {
    step.is_refused || step.criteria.iter().any(|criterion| criterion.passes() == Some(false))
}

fn state_of(step: &StepFacts) -> StepState {
    if is_kept_out(step) {
        StepState::Failed
    } else if step.is_done && step.criteria.iter().all(|criterion| criterion.passes() == Some(true)) {
        StepState::Complete
    } else if step.is_lapsed {
        StepState::Failed
    } else {
        StepState::Open
    }
}

fn unmet_of(step: &StepFacts) -> Vec<Unmet> {
    let mut unmet = Vec::new();
    if !step.is_done || step.is_refused {
        let code = match step.kind {
            StepKind::Consent => "consent.missing",
            StepKind::Screening | StepKind::Interview | StepKind::Baseline => "assessment.incomplete",
            StepKind::Decision | StepKind::Document | StepKind::Inclusion | StepKind::Randomization => {
                "decision.missing"
            }
        };
        let missing = Unmet::new(&step.id, code);
        unmet.push(match &step.object {
            Some(object) => missing.at(object),
            None => missing,
        });
    }
    unmet.extend(step.criteria.iter().filter_map(|criterion| match criterion.passes() {
        Some(true) => None,
        Some(false) => Some(Unmet::new(&step.id, "criterion.not_met").at(&criterion.id)),
        None => Some(Unmet::new(&step.id, "criterion.undetermined").at(&criterion.id)),
    }));
    unmet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criterion(id: &str, sense: Sense, verdict: Option<Truth>) -> CriterionFacts {
        CriterionFacts { id: id.into(), sense, verdict }
    }

    fn step(id: &str, kind: StepKind, is_done: bool, criteria: Vec<CriterionFacts>) -> StepFacts {
        StepFacts {
            id: id.into(),
            kind,
            is_done,
            is_refused: false,
            is_lapsed: false,
            object: None,
            criteria,
        }
    }

    fn codes(progress: &Progress) -> Vec<(&str, &str)> {
        progress.unmet.iter().map(|unmet| (unmet.step.as_str(), unmet.code)).collect()
    }

    #[test]
    fn steps_open_one_after_the_other() {
        let steps = [
            step("consent", StepKind::Consent, true, vec![]),
            step("online", StepKind::Screening, false, vec![criterion("age", Sense::Include, None)]),
            step("base", StepKind::Baseline, false, vec![]),
            step("draw", StepKind::Randomization, false, vec![]),
        ];
        let progress = Progress::of(&steps, &[], &["severity".to_owned()]);
        let states: Vec<&str> = progress.steps.iter().map(|(_, state)| state.as_str()).collect();
        assert_eq!(states, ["complete", "open", "locked", "locked"]);
        assert_eq!(
            codes(&progress),
            [
                ("online", "assessment.incomplete"),
                ("online", "criterion.undetermined"),
                ("base", "assessment.incomplete"),
                ("severity", "factor.undefined"),
            ]
        );
        assert_eq!(progress.open(), Some("online"));
    }

    #[test]
    fn an_exclusion_that_is_met_keeps_a_person_out_and_undetermined_keeps_the_step_open() {
        let one = |sense, verdict| {
            let steps =
                [step("decide", StepKind::Decision, true, vec![criterion("risk", sense, Some(verdict))])];
            Progress::of(&steps, &[], &[]).state("decide").unwrap().as_str()
        };
        assert_eq!(one(Sense::Exclude, Truth::Met), "failed");
        assert_eq!(one(Sense::Exclude, Truth::NotMet), "complete");
        assert_eq!(one(Sense::Exclude, Truth::Undetermined), "open");
        assert_eq!(one(Sense::Include, Truth::Met), "complete");
        assert_eq!(one(Sense::Include, Truth::NotMet), "failed");
    }

    #[test]
    fn a_step_whose_time_ran_out_has_failed_unless_it_was_done_in_time() {
        let lapsed = |kind, is_done| {
            let late = StepFacts { is_lapsed: true, ..step("step", kind, is_done, vec![]) };
            let progress =
                Progress::of(&[late, step("draw", StepKind::Randomization, false, vec![])], &[], &[]);
            (progress.state("step").unwrap().as_str(), progress.lapsed.clone(), progress.is_ready())
        };
        assert_eq!(lapsed(StepKind::Consent, false), ("failed", Some("step".to_owned()), false));
        assert_eq!(lapsed(StepKind::Consent, true), ("complete", None, true));
        let late = StepFacts { is_lapsed: true, ..step("draw", StepKind::Randomization, false, vec![]) };
        assert_eq!(codes(&Progress::of(&[late], &[], &[])), [("draw", "decision.missing")]);
    }

    #[test]
    fn a_hold_keeps_a_person_from_the_draw() {
        let steps = [step("draw", StepKind::Randomization, false, vec![])];
        assert!(Progress::of(&steps, &[], &[]).is_ready());
        let held = Progress::of(&steps, &["duplicate".to_owned()], &[]);
        assert_eq!(codes(&held), [("duplicate", "hold.open")]);
    }
}
