//! Answers: saved item by item, sent as a whole, never overwritten. An answer that meets a safety rule raises its alert in
//! the same transaction, before anything is sent.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::alerting;
use crate::conduct::context::Ctx;
use crate::conduct::crossing;
use crate::conduct::enrolling;
use crate::conduct::planning;
use crate::conduct::record::Record;
use crate::conduct::registering;
use crate::conduct::settling;
use crate::conduct::target::Target;
use crate::conduct::versions;
use crate::conduct::versions::Draft;
use crate::kernel::Error;
use crate::kernel::error::FieldError;
use crate::kernel::ids::AssessmentId;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::assessment;
use crate::storage::assessment::Assessment;
use crate::storage::participant::ParticipantState;
use crate::trial::audit::event::Event;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::reader;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Span;
use crate::trial::protocol::model::StepKind;
use crate::trial::role::Respondent;
use crate::trial::schedule::definition::Measure;
use crate::trial::schedule::occasions;
use crate::trial::schedule::state::AssessmentState;
use crate::trial::schedule::state::Times;

/// Item → answer: `null` is skipped, absent untouched.
pub type Answers = BTreeMap<String, Value>;

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

/// The times of an assessment.
pub fn times(assessment: &Assessment) -> Times {
    Times {
        opens_at: assessment.opens_at,
        closes_at: assessment.closes_at,
        late_at: assessment.late_at,
        first_answer_at: assessment.first_answer_at,
        submitted_at: assessment.submitted_at,
        cancelled_at: assessment.cancelled_at,
        reopened_until: assessment.reopened_until,
    }
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
    let draft = Draft { instrument, answers, kind: "draft", origin, is_final: false };
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
            let record = enrolling::record(tx, act, &plan, person)?;
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
        let draft = Draft { instrument: &measure.uses, answers, kind: "submitted", origin, is_final: true };
        // What was stored for the measure before is seen by conditions of the next one.
        if !is_hidden(&open.record, measure)? {
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
    let class = times(&open.assessment).class(act.ctx.now);
    let mut assessment = open.begun(act);
    assessment.submitted_at = Some(act.ctx.now);
    assessment.submitted_by = Some(act.actor());
    assessment.window_class = Some(class.as_str().to_owned());
    assessment::update(tx, &assessment)?;
    let mut events = alerting::raise(tx, act, &open.record, &assessment, true)?;
    let help_first = !events.is_empty();
    events.extend(enrolling::advance(tx, act, plan, person)?);
    let record = enrolling::record(tx, act, plan, person)?;
    let finished = finish(tx, act, &record)?;
    let record = if finished.is_empty() { record } else { enrolling::record(tx, act, plan, person)? };
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
    let planned = enrolling::record(tx, act, record.plan, &record.participant)?;
    events.extend(settling::complete(tx, &planned)?);
    Ok(events)
}

fn sent(act: &Act<'_>, record: &Record<'_>, assessment: &Assessment, help_first: bool) -> Sent {
    let now = act.ctx.now;
    let next = record
        .assessments
        .iter()
        .filter(|next| next.respondent == assessment.respondent && next.id != assessment.id)
        .filter(|next| is_spanned(act, next))
        .filter(|next| matches!(times(next).state(now), AssessmentState::Planned | AssessmentState::Open))
        .filter_map(|next| next.due_on)
        .min();
    Sent {
        state: times(assessment).state(now),
        submitted_at: assessment.submitted_at,
        next_due_on: next,
        help_first,
        next_reading_at: alerting::next_reading(record, now),
    }
}

/// Whether a measure's own condition says that it is not asked; undetermined hides nothing.
pub fn is_hidden(record: &Record<'_>, measure: &Measure) -> Result<bool, Error> {
    let Some(rule) = &measure.shown else { return Ok(false) };
    let expr = reader::read(rule).map_err(|_| Error::internal("a measure's condition can't be read"))?;
    Ok(evaluate(&expr, record) == Truth::NotMet)
}

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
        let mut record = enrolling::record(tx, act, plan, act.scope.participant()?)?;
        record.this = Some(assessment.id.clone());
        Ok(Self { record, assessment })
    }

    /// What is asked here of this person, in order.
    pub fn measures(&self) -> Vec<&'p Measure> {
        measures(&self.record, &self.assessment)
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
        registering::require_unlocked(act.scope.study()?)?;
        let person = &self.record.participant;
        if person.state == ParticipantState::Excluded {
            return Err(Error::conflict("participant.excluded"));
        }
        let times = times(&self.assessment);
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
            if !before_it && !enrolling::is_consented(&self.record, document) {
                return Err(Error::conflict("consent.missing"));
            }
        }
        Ok(())
    }
}

/// What an assessment asks of a person, in order.
pub fn measures<'p>(record: &Record<'p>, assessment: &Assessment) -> Vec<&'p Measure> {
    let schedule = &record.plan.protocol.schedule;
    let arm = record.arm();
    let elements = occasions::elements(&schedule.occasions);
    let element = elements.iter().find(|element| {
        planning::is_of(element, assessment) && (element.window.is_none() || element.is_for(arm))
    });
    element
        .map(|element| element.measures(&schedule.measures, arm, assessment.respondent))
        .unwrap_or_default()
}

/// Faults of answers, as one refusal.
pub fn refuse(faults: Vec<FieldError>) -> Result<(), Error> {
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid("answers.invalid").with_fields(faults)) }
}

/// Whether an assessment is within the participant's session. A session that ends with the draw is shown nothing that only
/// some arms have, though the draw come while it looks.
pub fn is_spanned(act: &Act<'_>, assessment: &Assessment) -> bool {
    let Some(span) = act.caller.span() else { return true };
    span.covers(Some(&assessment.id)) && !(*span == Span::UntilDraw && assessment.arm_bound)
}

/// Whether a respondent is the participant.
pub fn is_self(assessment: &Assessment) -> bool {
    assessment.respondent == Respondent::Participant
}
