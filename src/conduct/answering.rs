//! Answers: saved item by item, sent as a whole, never overwritten. An answer that meets a safety rule raises its alert in
//! the same transaction, before anything is sent.

use std::collections::BTreeMap;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::alerting;
use crate::conduct::asking;
use crate::conduct::asking::Answers;
use crate::conduct::asking::Reasons;
use crate::conduct::context::Ctx;
use crate::conduct::crossing;
use crate::conduct::enrolling;
use crate::conduct::opening::Opened;
use crate::conduct::record;
use crate::conduct::record::Record;
use crate::conduct::settling;
use crate::conduct::target::Target;
use crate::conduct::versions;
use crate::conduct::versions::Draft;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::assessment;
use crate::storage::assessment::Assessment;
use crate::storage::participant::ParticipantState;
use crate::trial::audit::event::Event;
use crate::trial::permission::action::Action;
use crate::trial::schedule::state::AssessmentState;

/// What was saved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Saved {
    /// The items.
    pub items: Vec<String>,
    /// When.
    pub at: Timestamp,
    /// Whether help must be shown first.
    pub help_first: bool,
    /// When answers are next read.
    pub next_reading_at: Timestamp,
}

/// What was sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sent {
    /// Where the assessment stands.
    pub state: AssessmentState,
    /// When it was sent.
    pub submitted_at: Option<Timestamp>,
    /// The next planned day of this respondent.
    pub next_due_on: Option<crate::kernel::time::Date>,
    /// Whether help must be shown first.
    pub help_first: bool,
    /// When answers are next read.
    pub next_reading_at: Timestamp,
}

/// The participant saves answers.
pub fn save_own(
    ctx: &Ctx,
    id: &AssessmentId,
    instrument: &str,
    answers: Answers,
) -> Result<Done<Saved>, Error> {
    save(ctx, Action::OwnRecord, Target::OwnAssessment(id.clone()), instrument, answers, "self")
}

fn save(
    ctx: &Ctx,
    action: Action,
    target: Target,
    instrument: &str,
    answers: Answers,
    origin: &'static str,
) -> Result<Done<Saved>, Error> {
    let instrument = instrument.to_owned();
    act::act(
        ctx,
        action,
        target,
        move |tx, act| save_verb(tx, act, &instrument, &answers, origin),
        |_, act, _| {
            let at = act.ctx.now;
            Ok(Saved { items: Vec::new(), at, help_first: false, next_reading_at: at })
        },
    )
}

fn save_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    instrument: &str,
    answers: &Answers,
    origin: &'static str,
) -> Result<Change<Saved>, Refusal> {
    let plan = act.plan(tx)?;
    let mut open = Opened::load(tx, act, &plan)?;
    open.require_open(act)?;
    let asked = open.measures();
    if !asked.iter().any(|measure| measure.uses == instrument) {
        return Err(Error::not_found().into());
    }
    open.require_unsent(instrument)?;
    let draft =
        Draft { instrument, answers, reasons: &Reasons::new(), kind: "draft", origin, is_final: false };
    let event = versions::store(tx, act, &mut open.record, &open.assessment, &draft)?;
    let assessment = open.begun(act);
    assessment::update(tx, &assessment)?;
    let alerts = alerting::raise(tx, act, &open.record, &assessment, false)?;
    let saved = Saved {
        items: answers.keys().cloned().collect(),
        at: act.ctx.now,
        help_first: !alerts.is_empty(),
        next_reading_at: alerting::next_reading(&open.record, act.ctx.now),
    };
    let event = event.ok_or_else(|| Error::field("/answers", "field.required", "at least one answer"))?;
    Ok(Change::new(saved, assessment.id.as_str(), event).and_all(alerts))
}

/// The participant sends an assessment, with the answers that were not saved yet.
pub fn submit_own(
    ctx: &Ctx,
    id: &AssessmentId,
    rest: BTreeMap<String, Answers>,
) -> Result<Done<Sent>, Error> {
    submit(ctx, Action::OwnRecord, Target::OwnAssessment(id.clone()), rest, "self")
}

/// Staff send an assessment.
pub fn submit_for(
    ctx: &Ctx,
    id: &AssessmentId,
    rest: BTreeMap<String, Answers>,
    origin: &'static str,
) -> Result<Done<Sent>, Error> {
    submit(ctx, Action::EnterAnswers, Target::Assessment(id.clone()), rest, origin)
}

fn submit(
    ctx: &Ctx,
    action: Action,
    target: Target,
    rest: BTreeMap<String, Answers>,
    origin: &'static str,
) -> Result<Done<Sent>, Error> {
    act::act(
        ctx,
        action,
        target,
        move |tx, act| submit_verb(tx, act, &rest, origin),
        |tx, act, _| {
            let plan = act.plan(tx)?;
            let person = act.scope.participant()?;
            let record = record::of(tx, act, &plan, person)?;
            Ok(sent(act, &record, act.scope.assessment()?, false))
        },
    )
}

fn submit_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    rest: &BTreeMap<String, Answers>,
    origin: &'static str,
) -> Result<Change<Sent>, Refusal> {
    let plan = act.plan(tx)?;
    let mut open = Opened::load(tx, act, &plan)?;
    open.require_open(act)?;
    let asked = open.measures();
    if let Some(unknown) = rest.keys().find(|name| !asked.iter().any(|measure| measure.uses == **name)) {
        let detail = "is not asked here";
        return Err(Error::field(format!("/responses/{unknown}"), "field.unknown", detail).into());
    }
    let mut events = Vec::new();
    for measure in &asked {
        // What staff have sent of it before stays as it is.
        if open.is_sent(&measure.uses) && !rest.contains_key(&measure.uses) {
            continue;
        }
        open.require_unsent(&measure.uses)?;
        let nothing = Answers::new();
        let answers = rest.get(&measure.uses).unwrap_or(&nothing);
        let (instrument, reasons) = (measure.uses.as_str(), &Reasons::new());
        let draft = Draft { instrument, answers, reasons, kind: "submitted", origin, is_final: true };
        // What was stored for the measure before is seen by conditions of the next one.
        if !asking::is_hidden(&open.record, measure)? {
            events.extend(versions::store(tx, act, &mut open.record, &open.assessment, &draft)?);
        }
    }
    let (sent, event, moved) = send(tx, act, &open, origin)?;
    Ok(Change::new(sent, open.assessment.id.as_str(), event).and_all(events).and_all(moved))
}

/// Marks an assessment as sent: its event, and those of what follows from it.
pub fn send(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    open: &Opened<'_>,
    origin: &str,
) -> Result<(Sent, Event, Vec<Event>), Error> {
    let plan = open.record.plan;
    let person = &open.record.participant;
    let class = asking::times(&open.assessment).class(act.ctx.now);
    let mut assessment = open.begun(act);
    assessment.submitted_at = Some(act.ctx.now);
    assessment.submitted_by = Some(act.actor());
    assessment.window_class = Some(class.as_str().to_owned());
    assessment::update(tx, &assessment)?;
    let mut events = alerting::raise(tx, act, &open.record, &assessment, true)?;
    let help_first = !events.is_empty();
    events.extend(enrolling::advance(tx, act, plan, person)?);
    let record = record::of(tx, act, plan, person)?;
    let finished = finish(tx, act, &record)?;
    let record = if finished.is_empty() { record } else { record::of(tx, act, plan, person)? };
    events.extend(finished);
    let event =
        Event::of_participant("assessment.submitted", &person.study, &person.id, assessment.id.as_str())
            .set("window_class", class.as_str())
            .set("origin", origin);
    Ok((sent(act, &record, &assessment, help_first), event, events))
}

/// A randomized person gets the later treatments whose turn has come; one whose assessments are all over is completed.
fn finish(tx: &mut Tx<'_>, act: &Act<'_>, record: &Record<'_>) -> Result<Vec<Event>, Error> {
    if record.participant.state != ParticipantState::Randomized {
        return Ok(Vec::new());
    }
    let mut events = crossing::plan_due(tx, act, record)?;
    if events.is_empty() {
        return settling::complete(tx, record);
    }
    let planned = record::of(tx, act, record.plan, &record.participant)?;
    events.extend(settling::complete(tx, &planned)?);
    Ok(events)
}

fn sent(act: &Act<'_>, record: &Record<'_>, assessment: &Assessment, help_first: bool) -> Sent {
    let now = act.ctx.now;
    let next = record
        .assessments
        .iter()
        .filter(|next| next.respondent == assessment.respondent && next.id != assessment.id)
        .filter(|next| asking::is_spanned(act, next))
        .filter(|next| {
            matches!(asking::times(next).state(now), AssessmentState::Planned | AssessmentState::Open)
        })
        .filter_map(|next| next.due_on)
        .min();
    Sent {
        state: asking::times(assessment).state(now),
        submitted_at: assessment.submitted_at,
        next_due_on: next,
        help_first,
        next_reading_at: alerting::next_reading(record, now),
    }
}
