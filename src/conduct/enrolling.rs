//! Moves a person through enrolment: judges rules, completes steps, opens the next. Called inside every act that may have
//! completed or broken something; does nothing where nothing has changed.

use serde_json::json;

use crate::conduct::act::Act;
use crate::conduct::plan::Plan;
use crate::conduct::planning;
use crate::conduct::record;
use crate::conduct::record::Record;
use crate::conduct::standing;
use crate::kernel::Error;
use crate::kernel::canonical;
use crate::storage::Tx;
use crate::storage::assessment;
use crate::storage::enrolment;
use crate::storage::enrolment::StepRecord;
use crate::storage::enrolment::VerdictRecord;
use crate::storage::participant;
use crate::storage::participant::Participant;
use crate::storage::participant::ParticipantState;
use crate::trial::audit::event::Event;
use crate::trial::enrolment::progress::Progress;
use crate::trial::enrolment::progress::StepState;
use crate::trial::expression::ast::names;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::reader;
use crate::trial::protocol::model::Judged;
use crate::trial::protocol::model::Step;
use crate::trial::protocol::model::StepKind;

/// The outcome of a step whose time ran out.
pub const LAPSED: &str = "lapsed";

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
    let mut record = record::of(tx, act, plan, person)?;
    event = judge_rules(tx, act, &mut record, event)?;
    let progress = standing::progress(&record)?;
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
        let standing = standing::latest(record, &criterion.id);
        let stands = standing.is_some_and(|verdict| verdict.outcome != Truth::Undetermined.as_str());
        let begun = record.steps.iter().any(|begun| begun.step == step.id);
        if stands || !begun || !standing::facts(record, step)?.is_done {
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
    let deadline = standing::lapses_at(step, opened_at);
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
        planning::record_anchor(tx, act, record, "consent", signed)?;
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
        opened.closes_at = standing::lapses_at(step, act.ctx.now);
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
