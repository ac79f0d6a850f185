//! What of a person's plan a caller may be shown. Whatever only some arms have, or have at a time of their own, tells the arm:
//! for callers who see no arm it is not there.

use crate::conduct::act::Act;
use crate::conduct::plan::Plan;
use crate::kernel::Error;
use crate::storage::assessment::Assessment;
use crate::trial::role::SeesArm;
use crate::trial::schedule::anchors;
use crate::trial::schedule::occasions;

/// What one caller may be shown of the plan.
pub struct Sight<'p> {
    plan: &'p Plan,
    sees: SeesArm,
}

impl<'p> Sight<'p> {
    /// The sight of whoever acts.
    pub fn of(act: &Act<'_>, plan: &'p Plan) -> Self {
        Self { plan, sees: act.grant.sees_arm }
    }

    /// Whether arms are hidden.
    pub fn is_blind(&self) -> bool {
        self.sees == SeesArm::None
    }

    /// Whether an anchor's date may be shown.
    pub fn shows_anchor(&self, name: &str) -> bool {
        !self.is_blind() || !anchors::tells_arm(&self.plan.protocol.schedule.anchors, name)
    }

    /// The anchors whose dates may not be shown.
    pub fn hidden_anchors(&self) -> Vec<String> {
        let all = self.plan.protocol.schedule.anchors.iter().map(|anchor| &anchor.id);
        all.filter(|name| !self.shows_anchor(name)).cloned().collect()
    }

    /// Whether an assessment is there for the caller.
    pub fn shows(&self, assessment: &Assessment) -> bool {
        let by_anchor = assessment.anchor.as_deref().is_none_or(|anchor| self.shows_anchor(anchor));
        !self.is_blind() || (!assessment.arm_bound && by_anchor)
    }

    /// Whether what is asked at an assessment is there for the caller: asked in every arm.
    pub fn shows_measure(&self, assessment: &Assessment, uses: &str) -> bool {
        let schedule = &self.plan.protocol.schedule;
        let elements = occasions::elements(&schedule.occasions);
        let is_asked_in = |arm: &str| {
            elements
                .iter()
                .filter(|element| element.id == assessment.occasion && element.is_for(Some(arm)))
                .any(|element| {
                    let asked = element.measures(&schedule.measures, Some(arm), assessment.respondent);
                    asked.iter().any(|measure| measure.uses == uses)
                })
        };
        let mut arms = self.plan.protocol.comparison.arms.iter();
        !self.is_blind() || (self.shows(assessment) && arms.all(|arm| is_asked_in(&arm.id)))
    }

    /// Refuses an assessment that is not there for the caller, as an unknown one.
    pub fn require(&self, assessment: &Assessment) -> Result<(), Error> {
        if self.shows(assessment) { Ok(()) } else { Err(Error::not_found()) }
    }
}
