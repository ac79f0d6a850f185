//! Moves a person through enrolment: judges rules, completes steps, opens the next. Called inside every act that may have
//! completed or broken something; does nothing where nothing has changed.

use serde_json::json;

use crate::conduct::act::Act;
use crate::conduct::answering;
use crate::conduct::plan::Plan;
use crate::conduct::planning;
use crate::conduct::record::Record;
use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::error::Unmet;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::assessment;
use crate::storage::assessment::Assessment;
use crate::storage::enrolment;
use crate::storage::enrolment::AnchorRecord;
use crate::storage::enrolment::StepRecord;
use crate::storage::enrolment::VerdictRecord;
use crate::storage::participant;
use crate::storage::participant::Participant;
use crate::storage::participant::ParticipantState;
use crate::storage::staff;
use crate::trial::audit::event::Event;
use crate::trial::enrolment::factors;
use crate::trial::enrolment::progress::CriterionFacts;
use crate::trial::enrolment::progress::Progress;
use crate::trial::enrolment::progress::StepFacts;
use crate::trial::enrolment::progress::StepState;
use crate::trial::expression::ast::names;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::reader;
use crate::trial::protocol::model::Criterion;
use crate::trial::protocol::model::Judged;
use crate::trial::protocol::model::Step;
use crate::trial::protocol::model::StepKind;

/// The episode of the first period.
pub const MAIN: &str = "main";

/// The outcome of a step whose time ran out.
pub const LAPSED: &str = "lapsed";

/// Loads the record of a participant under the plan in force.
pub fn record<'p>(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    plan: &'p Plan,
    person: &Participant,
) -> Result<Record<'p>, Error> {
    let site =
        staff::find_site(tx, &person.site)?.ok_or_else(|| Error::internal("a participant without a site"))?;
    Record::load(tx, plan, person, &site, act.ctx.now)
}

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

fn facts(record: &Record<'_>, step: &Step) -> Result<StepFacts, Error> {
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
fn is_lapsed(record: &Record<'_>, step: &Step, is_done: bool) -> bool {
    let known = record.steps.iter().find(|known| known.step == step.id);
    let Some(deadline) = known.and_then(|known| lapses_at(step, known.opened_at)) else { return false };
    match step.kind {
        StepKind::Screening | StepKind::Interview | StepKind::Baseline => {
            let grace = record.plan.protocol.schedule.grace_minutes;
            let is_over = |one: &Assessment| answering::times(one).is_over(record.now, grace);
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
fn lapses_at(step: &Step, opened_at: Timestamp) -> Option<Timestamp> {
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

/// Moves a person on as far as the facts allow. The events tell every step and verdict.
pub fn advance(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    plan: &Plan,
    person: &Participant,
) -> Result<Vec<Event>, Error> {
    let still = [ParticipantState::Registered, ParticipantState::Enrolling, ParticipantState::Ready];
    let mut events = Vec::new();
    // Each round completes a step at least; the bound is a guard, not a limit.
    for _ in 0..=plan.protocol.enrolment.steps.len() {
        let current = participant::find(tx, &person.id)?.ok_or_else(Error::not_found)?;
        if !still.contains(&current.state) {
            break;
        }
        match round(tx, act, plan, &current)? {
            Some(event) => events.push(event),
            None => break,
        }
    }
    Ok(events)
}

fn round(tx: &mut Tx<'_>, act: &Act<'_>, plan: &Plan, person: &Participant) -> Result<Option<Event>, Error> {
    let mut event =
        Event::of_participant("enrolment.advanced", &person.study, &person.id, person.id.as_str());
    let mut record = record(tx, act, plan, person)?;
    event = judge_rules(tx, act, &mut record, event)?;
    let progress = progress(&record)?;
    for (step, state) in
        plan.protocol.enrolment.steps.iter().zip(progress.steps.iter().map(|(_, state)| *state))
    {
        let has_lapsed = progress.lapsed.as_ref() == Some(&step.id);
        event = settle_step(tx, act, &record, (step, state, has_lapsed), event)?;
    }
    event = settle_state(tx, act, person, &progress, event)?;
    Ok((!event.fields.is_empty()).then_some(event))
}

/// Judges the rules of each step whose questions are sent; a verdict that stands is never computed again.
fn judge_rules(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    record: &mut Record<'_>,
    mut event: Event,
) -> Result<Event, Error> {
    for criterion in &record.plan.protocol.enrolment.criteria {
        let Judged::Rule(rule) = &criterion.judged else { continue };
        let Some(step) = record.plan.protocol.enrolment.steps.iter().find(|step| step.id == criterion.step)
        else {
            continue;
        };
        let standing = latest(record, &criterion.id);
        let stands = standing.is_some_and(|verdict| verdict.outcome != Truth::Undetermined.as_str());
        let begun = record.steps.iter().any(|begun| begun.step == step.id);
        if stands || !begun || !facts(record, step)?.is_done {
            continue;
        }
        let expr = reader::read(rule).map_err(|_| Error::internal("a criterion's rule can't be read"))?;
        let truth = evaluate(&expr, &*record);
        if standing.is_some() && truth == Truth::Undetermined {
            continue;
        }
        let inputs: std::collections::BTreeMap<String, Option<String>> = names(&expr)
            .into_iter()
            .map(|name| (name.to_string(), record.value(name).map(|value| format!("{value:?}"))))
            .collect();
        let n = standing.map_or(1, |verdict| verdict.n + 1);
        let verdict = VerdictRecord {
            criterion: criterion.id.clone(),
            n,
            step: step.id.clone(),
            kind: "rule".to_owned(),
            outcome: truth.as_str().to_owned(),
            inputs: canonical::text_of(&inputs)?,
            evidence_on: record.today,
            protocol_version: record.plan.n,
            judged_at: act.ctx.now,
            judged_by: "rule".to_owned(),
            judged_by_role: "system".to_owned(),
        };
        enrolment::insert_verdict(tx, &record.participant.study, &record.participant.id, &verdict)?;
        event = event.set(format!("criterion.{}", criterion.id), truth.as_str());
        record.verdicts.push(verdict);
    }
    Ok(event)
}

fn settle_step(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    record: &Record<'_>,
    (step, state, has_lapsed): (&Step, StepState, bool),
    event: Event,
) -> Result<Event, Error> {
    let known = record.steps.iter().find(|known| known.step == step.id);
    let word = state.as_str();
    if state == StepState::Locked || known.is_some_and(|known| known.state == word) {
        return Ok(event);
    }
    let person = &record.participant;
    let over = matches!(state, StepState::Complete | StepState::Failed);
    let opened_at = known.map_or(act.ctx.now, |known| known.opened_at);
    let outcome = known.and_then(|known| known.outcome.clone()).filter(|outcome| outcome != LAPSED);
    let deadline = lapses_at(step, opened_at);
    // Questions lapse with their own window, and not before the grace of a draft.
    let by_clock = !over && step.occasion.is_none();
    let stored = StepRecord {
        step: step.id.clone(),
        state: word.to_owned(),
        opened_at,
        closed_at: deadline.filter(|_| has_lapsed).or(over.then_some(act.ctx.now)),
        outcome: if has_lapsed { Some(LAPSED.to_owned()) } else { outcome },
        reason_code: known.and_then(|known| known.reason_code.clone()),
        acted_by: known.and_then(|known| known.acted_by.clone()),
        lapses_at: deadline.filter(|_| by_clock),
    };
    enrolment::store_step(tx, &person.study, &person.id, &stored)?;
    if state == StepState::Open {
        open_occasion(tx, act, record, step)?;
    }
    if state == StepState::Complete && step.kind == StepKind::Consent {
        let signed = record.consents.last().map_or(record.today, |consent| consent.signed_on);
        record_anchor(tx, act, record, "consent", signed)?;
    }
    let old = known.map(|known| json!(known.state));
    let event = event.plain(format!("step.{}", step.id), old, Some(json!(word)));
    Ok(if has_lapsed { event.set(LAPSED, step.id.as_str()) } else { event })
}

/// The questions of a step open with it.
fn open_occasion(tx: &mut Tx<'_>, act: &Act<'_>, record: &Record<'_>, step: &Step) -> Result<(), Error> {
    let Some(occasion) = &step.occasion else { return Ok(()) };
    for planned in record.at(occasion).filter(|planned| planned.opens_at.is_none()) {
        let mut opened = planned.clone();
        opened.opens_at = Some(act.ctx.now);
        opened.due_on = Some(record.today);
        opened.closes_at = lapses_at(step, act.ctx.now);
        opened.late_at = opened.closes_at;
        assessment::update(tx, &opened)?;
    }
    Ok(())
}

fn settle_state(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    person: &Participant,
    progress: &Progress,
    event: Event,
) -> Result<Event, Error> {
    let begun =
        progress.steps.iter().any(|(_, state)| matches!(state, StepState::Complete | StepState::Failed));
    let state = match (progress.is_ready(), begun) {
        (true, _) => ParticipantState::Ready,
        (false, true) => ParticipantState::Enrolling,
        (false, false) => person.state,
    };
    if state == person.state {
        return Ok(event);
    }
    let mut changed = person.clone();
    changed.state = state;
    participant::update(tx, &changed)?;
    let event = event.plain("state", Some(json!(person.state)), Some(json!(state)));
    if state == ParticipantState::Ready {
        planning::record_inclusion(tx, act, &changed)?;
    }
    Ok(event)
}

/// Records the date of a built-in anchor; a date that stands is not recorded again.
pub fn record_anchor(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    record: &Record<'_>,
    name: &str,
    on: crate::kernel::time::Date,
) -> Result<(), Error> {
    let last = record.anchors.iter().rfind(|anchor| anchor.name == name && anchor.episode == MAIN);
    if last.is_some_and(|last| last.on == on) {
        return Ok(());
    }
    let new = AnchorRecord {
        episode: MAIN.to_owned(),
        name: name.to_owned(),
        n: last.map_or(1, |last| last.n + 1),
        on,
        assumed: false,
        recorded_at: act.ctx.now,
        recorded_by: act.actor(),
    };
    enrolment::insert_anchor(tx, &record.participant.study, &record.participant.id, &new)
}

/// The criterion with this id.
pub fn criterion<'p>(plan: &'p Plan, id: &str) -> Result<&'p Criterion, Error> {
    plan.protocol.enrolment.criteria.iter().find(|criterion| criterion.id == id).ok_or_else(Error::not_found)
}
