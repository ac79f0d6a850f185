//! An assessment that is opened to be answered: with its person, and with what stands against it.

use crate::conduct::act::Act;
use crate::conduct::asking;
use crate::conduct::record;
use crate::conduct::record::Record;
use crate::conduct::standing;
use crate::conduct::target;
use crate::kernel::Error;
use crate::storage::Tx;
use crate::storage::assessment::Assessment;
use crate::storage::participant::ParticipantState;
use crate::trial::protocol::model::StepKind;
use crate::trial::schedule::definition::Measure;
use crate::trial::schedule::state::AssessmentState;

/// An assessment with its person, ready to be answered.
pub struct Opened<'p> {
    /// The person's record; `this` is the assessment.
    pub record: Record<'p>,
    /// The assessment.
    pub assessment: Assessment,
}

impl<'p> Opened<'p> {
    /// Loads the assessment that the act is about.
    pub fn load(tx: &mut Tx<'_>, act: &Act<'_>, plan: &'p crate::conduct::plan::Plan) -> Result<Self, Error> {
        let assessment = act.scope.assessment()?.clone();
        let mut record = record::of(tx, act, plan, act.scope.participant()?)?;
        record.this = Some(assessment.id.clone());
        Ok(Self { record, assessment })
    }

    /// What is asked here of this person, in order.
    pub fn measures(&self) -> Vec<&'p Measure> {
        asking::measures(&self.record, &self.assessment)
    }

    /// Whether the answers to an instrument were sent.
    pub fn is_sent(&self, instrument: &str) -> bool {
        let response = self.record.response(&self.assessment.id, instrument);
        response.is_some_and(|found| found.response.state == "submitted")
    }

    /// Refuses another answer to an instrument whose answers were sent.
    pub fn require_unsent(&self, instrument: &str) -> Result<(), Error> {
        if self.is_sent(instrument) { Err(Error::conflict("response.already_submitted")) } else { Ok(()) }
    }

    /// The assessment, with the first answer given now if none was before.
    pub fn begun(&self, act: &Act<'_>) -> Assessment {
        let now = Some(act.ctx.now);
        Assessment {
            first_seen_at: self.assessment.first_seen_at.or(now),
            first_answer_at: self.assessment.first_answer_at.or(now),
            language: Some(self.record.participant.language.clone()),
            ..self.assessment.clone()
        }
    }

    /// Refuses where answers are not taken now.
    pub fn require_open(&self, act: &Act<'_>) -> Result<(), Error> {
        target::require_unlocked(act.scope.study()?)?;
        let person = &self.record.participant;
        if person.state == ParticipantState::Excluded {
            return Err(Error::conflict("participant.excluded"));
        }
        let times = asking::times(&self.assessment);
        let grace = self.record.plan.protocol.schedule.grace_minutes;
        if times.takes_answers(act.ctx.now, grace) {
            return self.require_consent();
        }
        Err(match times.state(act.ctx.now) {
            AssessmentState::Submitted => Error::conflict("response.already_submitted"),
            AssessmentState::Partial | AssessmentState::Missed | AssessmentState::Cancelled => {
                Error::conflict("assessment.closed")
            }
            AssessmentState::Waiting | AssessmentState::Planned | AssessmentState::Open => {
                Error::conflict("assessment.not_open")
            }
        })
    }

    /// Consent must be in force, but for what the protocol asks before it.
    fn require_consent(&self) -> Result<(), Error> {
        let steps = &self.record.plan.protocol.enrolment.steps;
        let asked_at =
            steps.iter().position(|step| step.occasion.as_ref() == Some(&self.assessment.occasion));
        for (place, step) in steps.iter().enumerate().filter(|(_, step)| step.kind == StepKind::Consent) {
            let before_it = asked_at.is_some_and(|asked| asked < place);
            let document = step.consent.as_deref().unwrap_or_default();
            if !before_it && !standing::is_consented(&self.record, document) {
                return Err(Error::conflict("consent.missing"));
            }
        }
        Ok(())
    }
}
