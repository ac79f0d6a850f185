//! What a participant sees of the own record: what is to be done, the consent document.

use crate::conduct::alerting;
use crate::conduct::asking;
use crate::conduct::consenting;
use crate::conduct::consenting::ConsentDocument;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::record;
use crate::conduct::standing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::trial::permission::action::Action;
use crate::trial::protocol::model::StepKind;
use crate::trial::schedule::state::AssessmentState;

/// The own record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnRecord {
    /// The neutral name of the study.
    pub study: String,
    /// What can be answered now, or next.
    pub to_do: Vec<ToDo>,
    /// The consent document, while it waits for a decision.
    pub consent: Option<ConsentDocument>,
    /// When answers are next read.
    pub next_reading_at: Timestamp,
}

/// Something to be answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ToDo {
    /// The assessment.
    pub id: AssessmentId,
    /// `open` or `planned`.
    pub state: AssessmentState,
    /// The planned day.
    pub due_on: Option<Date>,
    /// When it can no longer be sent on time.
    pub closes_at: Option<Timestamp>,
}

/// The participant's own record; the look is written down.
pub fn own_record(ctx: &Ctx) -> Result<OwnRecord, Error> {
    disclosing::disclose(ctx, Action::OwnRecord, Target::Own, "own.read", |tx, act| {
        let plan = act.plan(tx)?;
        let person = act.scope.participant()?;
        let record = record::of(tx, act, &plan, person)?;
        let progress = standing::progress(&record)?;
        let open =
            plan.protocol.enrolment.steps.iter().find(|step| Some(step.id.as_str()) == progress.open());
        let consent = open
            .filter(|step| step.kind == StepKind::Consent)
            .and_then(|step| step.consent.as_deref())
            .and_then(|document| consenting::document(&plan, document, &person.language));
        let to_do = record
            .assessments
            .iter()
            .filter(|assessment| asking::is_self(assessment) && asking::is_spanned(act, assessment))
            .map(|assessment| ToDo {
                id: assessment.id.clone(),
                state: asking::times(assessment).state(act.ctx.now),
                due_on: assessment.due_on,
                closes_at: assessment.closes_at,
            })
            .filter(|to_do| matches!(to_do.state, AssessmentState::Open | AssessmentState::Planned))
            .collect();
        Ok(OwnRecord {
            study: act.scope.study()?.alias.clone(),
            to_do,
            consent,
            next_reading_at: alerting::next_reading(&record, act.ctx.now),
        })
    })
}
