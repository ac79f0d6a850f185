//! Why a value is missing: the row's own state first, then what the person did, then what we did.

use crate::trial::dataset::record::AssessmentRecord;
use crate::trial::dataset::record::MissingReason;
use crate::trial::dataset::record::ParticipationRecord;
use crate::trial::questionnaire::stored::ItemState;
use crate::trial::questionnaire::stored::NoAnswer;
use crate::trial::schedule::state::AssessmentState;

/// Why an assessment has no answers; `None` if it has some.
pub fn of_assessment(
    assessment: &AssessmentRecord,
    takes_part: ParticipationRecord,
) -> Option<MissingReason> {
    match assessment.state {
        AssessmentState::Submitted | AssessmentState::Partial => None,
        AssessmentState::Waiting | AssessmentState::Planned | AssessmentState::Open => {
            Some(MissingReason::NotDue)
        }
        AssessmentState::Missed => Some(assessment.absence.unwrap_or(if assessment.is_announced {
            MissingReason::NoAnswer
        } else {
            MissingReason::NotSent
        })),
        AssessmentState::Cancelled => Some(assessment.absence.unwrap_or(if takes_part.questionnaires {
            MissingReason::NotApplicable
        } else {
            MissingReason::Withdrew
        })),
    }
}

/// Why a measure of an assessment has no response. An assessment that was sent without it: the person did not answer it.
pub fn of_measure(
    assessment: &AssessmentRecord,
    uses: &str,
    takes_part: ParticipationRecord,
) -> MissingReason {
    if assessment.hidden.contains(uses) {
        return MissingReason::NotShown;
    }
    let of_assessment = of_assessment(assessment, takes_part);
    of_assessment.or(assessment.absence).unwrap_or(MissingReason::NoAnswer)
}

/// Why an item of a response has no value, as somebody has said or as its state tells; `None` if it has one.
pub fn of_item(state: ItemState, said: Option<NoAnswer>) -> Option<MissingReason> {
    match state {
        ItemState::Skipped if said == Some(NoAnswer::Refused) => Some(MissingReason::Refused),
        ItemState::Skipped if said == Some(NoAnswer::Technical) => Some(MissingReason::Technical),
        ItemState::Answered => None,
        ItemState::Skipped => Some(MissingReason::Skipped),
        ItemState::NotShown => Some(MissingReason::NotShown),
        ItemState::NotApplicable => Some(MissingReason::NotApplicable),
        ItemState::NotReached => Some(MissingReason::NoAnswer),
    }
}
