//! Where a person stands in enrolment, as the facts have it. Nothing is written here.

use crate::conduct::asking;
use crate::conduct::plan::Plan;
use crate::conduct::record::Record;
use crate::kernel::Error;
use crate::kernel::error::Unmet;
use crate::kernel::time::Timestamp;
use crate::storage::assessment::Assessment;
use crate::storage::enrolment::VerdictRecord;
use crate::trial::enrolment::factors;
use crate::trial::enrolment::progress::CriterionFacts;
use crate::trial::enrolment::progress::Progress;
use crate::trial::enrolment::progress::StepFacts;
use crate::trial::expression::evaluation::Truth;
use crate::trial::protocol::model::Criterion;
use crate::trial::protocol::model::Step;
use crate::trial::protocol::model::StepKind;

/// Where a person stands.
pub fn progress(record: &Record<'_>) -> Result<Progress, Error> {
    let factors = record.plan.protocol.randomization.as_ref().map(|section| section.factors.as_slice());
    let (_, missing) = factors::levels(factors.unwrap_or_default(), record);
    let steps: Result<Vec<StepFacts>, Error> =
        record.plan.protocol.enrolment.steps.iter().map(|step| facts(record, step)).collect();
    Ok(Progress::of(&steps?, &record.holds, &missing))
}

/// What stands between a person and the draw.
pub fn unmet(record: &Record<'_>) -> Result<Vec<Unmet>, Error> {
    Ok(progress(record)?.unmet)
}

/// The facts of a step.
pub fn facts(record: &Record<'_>, step: &Step) -> Result<StepFacts, Error> {
    let done = record.steps.iter().find(|done| done.step == step.id);
    let outcome = done.and_then(|done| done.outcome.as_deref());
    let object = step.occasion.as_ref().and_then(|occasion| record.at(occasion).next());
    let is_done = match step.kind {
        StepKind::Consent => {
            let document = step.consent.as_deref().unwrap_or_default();
            is_consented(record, document)
        }
        StepKind::Screening | StepKind::Interview | StepKind::Baseline => {
            let mut at = step.occasion.iter().flat_map(|occasion| record.at(occasion)).peekable();
            at.peek().is_some() && at.all(|assessment| record.is_sent(assessment))
        }
        StepKind::Decision | StepKind::Inclusion => outcome == Some("include"),
        // A document is there when its criteria are judged.
        StepKind::Document => true,
        StepKind::Randomization => record.allocation.is_some(),
    };
    let criteria =
        record.plan.protocol.enrolment.criteria.iter().filter(|criterion| criterion.step == step.id);
    Ok(StepFacts {
        id: step.id.clone(),
        kind: step.kind,
        is_done,
        is_refused: matches!(outcome, Some("exclude" | "declined")),
        is_lapsed: is_lapsed(record, step, is_done),
        object: object.map(|assessment| assessment.id.to_string()),
        criteria: criteria
            .map(|criterion| {
                Ok(CriterionFacts {
                    id: criterion.id.clone(),
                    sense: criterion.sense,
                    verdict: latest(record, &criterion.id)
                        .map(|verdict| truth_of(&verdict.outcome))
                        .transpose()?,
                })
            })
            .collect::<Result<_, Error>>()?,
    })
}

/// Whether the time of a step ran out before it was done. What was sent in time and waits for staff to judge does not lapse.
pub fn is_lapsed(record: &Record<'_>, step: &Step, is_done: bool) -> bool {
    let known = record.steps.iter().find(|known| known.step == step.id);
    let Some(deadline) = known.and_then(|known| lapses_at(step, known.opened_at)) else { return false };
    match step.kind {
        StepKind::Screening | StepKind::Interview | StepKind::Baseline => {
            let grace = record.plan.protocol.schedule.grace_minutes;
            let is_over = |one: &Assessment| asking::times(one).is_over(record.now, grace);
            step.occasion.iter().flat_map(|occasion| record.at(occasion)).any(is_over)
        }
        // Whether a document is there shows in the criteria alone.
        StepKind::Document => deadline <= record.now,
        StepKind::Consent | StepKind::Decision | StepKind::Inclusion | StepKind::Randomization => {
            !is_done && deadline <= record.now
        }
    }
}

/// When a step lapses, if it ever does.
pub fn lapses_at(step: &Step, opened_at: Timestamp) -> Option<Timestamp> {
    step.within_hours.map(|hours| opened_at.plus_seconds(i64::from(hours) * 3600))
}

/// Whether the version in force of a document was agreed to, with every required item.
pub fn is_consented(record: &Record<'_>, document: &str) -> bool {
    let Some(consent) = record.plan.protocol.consents.get(document) else { return false };
    let given = record.consents.iter().rfind(|given| given.document == document);
    given.is_some_and(|given| {
        given.decision == "given" && given.document_version == i64::from(consent.version)
    })
}

/// The latest verdict on a criterion.
pub fn latest<'r>(record: &'r Record<'_>, criterion: &str) -> Option<&'r VerdictRecord> {
    record.verdicts.iter().rfind(|verdict| verdict.criterion == criterion)
}

fn truth_of(word: &str) -> Result<Truth, Error> {
    [Truth::Met, Truth::NotMet, Truth::Undetermined]
        .into_iter()
        .find(|truth| truth.as_str() == word)
        .ok_or_else(|| Error::internal("a stored verdict can't be read"))
}

/// The criterion with this id.
pub fn criterion<'p>(plan: &'p Plan, id: &str) -> Result<&'p Criterion, Error> {
    plan.protocol.enrolment.criteria.iter().find(|criterion| criterion.id == id).ok_or_else(Error::not_found)
}
