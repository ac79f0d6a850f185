//! What people judge and decide in enrolment: criteria, eligibility, exclusion.

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::context::Ctx;
use crate::conduct::enrolling;
use crate::conduct::record;
use crate::conduct::record::Record;
use crate::conduct::registering;
use crate::conduct::registering::ParticipantView;
use crate::conduct::standing;
use crate::conduct::target;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::ParticipantId;
use crate::kernel::time::Date;
use crate::storage::Tx;
use crate::storage::enrolment;
use crate::storage::enrolment::StepRecord;
use crate::storage::enrolment::VerdictRecord;
use crate::storage::participant;
use crate::storage::participant::Participant;
use crate::storage::participant::ParticipantState;
use crate::trial::audit::event::Event;
use crate::trial::audit::event::Reason;
use crate::trial::enrolment::progress::StepState;
use crate::trial::expression::evaluation::Truth;
use crate::trial::permission::action::Action;
use crate::trial::protocol::model::Judged;
use crate::trial::protocol::model::Step;
use crate::trial::protocol::model::StepKind;
use crate::trial::role::Role;

/// A judgement of a criterion as it is worded.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Whether it is met.
    pub truth: Truth,
    /// The day of the evidence.
    pub evidence_on: Date,
    /// What it rests on, in words.
    pub source: String,
    /// Why, where a judgement is changed.
    pub reason: Option<Reason>,
}

/// Judges a criterion, if `is_known` finds the participant as the caller last saw one.
pub fn judge(
    ctx: &Ctx,
    id: &ParticipantId,
    criterion: &str,
    new: Judgement,
    is_known: impl Fn(&ParticipantView) -> Result<(), Error> + Send + 'static,
) -> Result<Done<ParticipantView>, Error> {
    let criterion = criterion.to_owned();
    act::act(
        ctx,
        Action::Judge,
        Target::Participant(id.clone()),
        move |tx, act| {
            is_known(&replay(tx, act, "")?)?;
            judge_verb(tx, act, &criterion, &new)
        },
        replay,
    )
}

/// The participant as staff see one, again.
pub fn replay(tx: &mut Tx<'_>, act: &Act<'_>, _: &str) -> Result<ParticipantView, Error> {
    registering::view(tx, act, &act.scope.participant()?.id)
}

/// The role of whoever acts, if the protocol lets it.
pub fn require_role(act: &Act<'_>, by: &[Role]) -> Result<Role, Error> {
    let role = act.grant.role.ok_or_else(|| Error::forbidden("permission.denied"))?;
    // What the protocol says and what the assignment says must both hold.
    if by.is_empty() || by.contains(&role) { Ok(role) } else { Err(Error::forbidden("permission.denied")) }
}

fn require_in_enrolment(person: &Participant) -> Result<(), Error> {
    match person.state {
        ParticipantState::Registered | ParticipantState::Enrolling | ParticipantState::Ready => Ok(()),
        ParticipantState::Excluded => Err(Error::conflict("participant.excluded")),
        ParticipantState::Randomized | ParticipantState::Enrolled | ParticipantState::Completed => {
            Err(Error::conflict("step.out_of_order"))
        }
    }
}

fn judge_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    id: &str,
    new: &Judgement,
) -> Result<Change<ParticipantView>, Refusal> {
    target::require_unlocked(act.scope.study()?)?;
    let plan = act.plan(tx)?;
    let person = act.scope.participant()?;
    require_in_enrolment(person)?;
    let criterion = standing::criterion(&plan, id)?;
    let Judged::People { by, .. } = &criterion.judged else {
        let detail = "this criterion is judged by its rule";
        return Err(Error::field("/judgement", "field.choice", detail).into());
    };
    let role = require_role(act, by)?;
    let record = record::of(tx, act, &plan, person)?;
    if standing::progress(&record)?.state(&criterion.step).is_none_or(|state| state == StepState::Locked) {
        return Err(Error::conflict("step.out_of_order").into());
    }
    if new.evidence_on > record.today {
        return Err(Error::field("/evidence_on", "field.range", "is a day that has been").into());
    }
    let before = standing::latest(&record, id);
    if before.is_some() && new.reason.is_none() {
        return Err(Error::invalid("reason.required").into());
    }
    let verdict = VerdictRecord {
        criterion: id.to_owned(),
        n: before.map_or(1, |before| before.n + 1),
        step: criterion.step.clone(),
        kind: "judged".to_owned(),
        outcome: new.truth.as_str().to_owned(),
        inputs: json!({ "source": new.source }).to_string(),
        evidence_on: new.evidence_on,
        protocol_version: plan.n,
        judged_at: act.ctx.now,
        judged_by: act.actor(),
        judged_by_role: role.as_str().to_owned(),
    };
    enrolment::insert_verdict(tx, &person.study, &person.id, &verdict)?;
    let old = before.map(|before| json!(before.outcome));
    let event = Event::of_participant("criterion.judged", &person.study, &person.id, person.id.as_str())
        .plain(format!("criterion.{id}"), old, Some(json!(verdict.outcome)))
        .set("evidence_on", new.evidence_on.to_string())
        .because(new.reason.clone());
    let moved = enrolling::advance(tx, act, &plan, person)?;
    let view = registering::view(tx, act, &person.id)?;
    Ok(Change::new(view, person.id.as_str(), event).and_all(moved))
}

/// The outcome of a decision.
#[derive(Clone, Debug)]
pub struct Decision {
    /// `include`, `exclude` or `defer`.
    pub outcome: String,
    /// The digest of the verdicts that were looked at.
    pub criteria_etag: String,
    /// Why.
    pub reason: Option<Reason>,
}

/// Signs the decision on eligibility.
pub fn decide(ctx: &Ctx, id: &ParticipantId, new: Decision) -> Result<Done<ParticipantView>, Error> {
    act::act(
        ctx,
        Action::Decide,
        Target::Participant(id.clone()),
        move |tx, act| decide_verb(tx, act, &new),
        replay,
    )
}

fn decide_verb(tx: &mut Tx<'_>, act: &Act<'_>, new: &Decision) -> Result<Change<ParticipantView>, Refusal> {
    target::require_unlocked(act.scope.study()?)?;
    let plan = act.plan(tx)?;
    let person = act.scope.participant()?;
    require_in_enrolment(person)?;
    let record = record::of(tx, act, &plan, person)?;
    let progress = standing::progress(&record)?;
    let decides = |step: &&Step| matches!(step.kind, StepKind::Decision | StepKind::Inclusion);
    let mut steps = plan.protocol.enrolment.steps.iter().filter(decides);
    let step = steps.find(|step| progress.state(&step.id) == Some(StepState::Open));
    let step = step.ok_or_else(|| Error::conflict("step.out_of_order"))?;
    require_role(act, &step.by)?;
    if new.criteria_etag != registering::criteria_etag(&record.verdicts)? {
        return Err(Error::new(crate::kernel::Kind::PreconditionFailed, "precondition.failed")
            .detail("the verdicts have changed since they were read")
            .into());
    }
    if new.outcome == "include" {
        require_judged(&record, step)?;
    }
    let known = record.steps.iter().find(|known| known.step == step.id);
    let earlier = known.and_then(|known| known.acted_by.clone()).unwrap_or_default();
    let outcome = second_of(step, known, &earlier, act, &new.outcome);
    let stored = StepRecord {
        step: step.id.clone(),
        state: "open".to_owned(),
        opened_at: known.map_or(act.ctx.now, |known| known.opened_at),
        closed_at: None,
        outcome: Some(outcome.clone()),
        reason_code: new.reason.as_ref().map(|reason| reason.code.clone()),
        acted_by: Some(act.actor()),
        lapses_at: known.and_then(|known| known.lapses_at),
    };
    enrolment::store_step(tx, &person.study, &person.id, &stored)?;
    let event = Event::of_participant("eligibility.decided", &person.study, &person.id, person.id.as_str())
        .set("step", step.id.as_str())
        .set("outcome", outcome)
        .set("criteria_etag", new.criteria_etag.as_str())
        .because(new.reason.clone());
    let moved = enrolling::advance(tx, act, &plan, person)?;
    let view = registering::view(tx, act, &person.id)?;
    Ok(Change::new(view, person.id.as_str(), event).and_all(moved))
}

/// Nobody is included over a judgement that is not made: the signature stands under what was known.
fn require_judged(record: &Record<'_>, step: &Step) -> Result<(), Error> {
    let undetermined = Truth::Undetermined.as_str();
    let open = record.plan.protocol.enrolment.criteria.iter().find(|criterion| {
        let verdict = standing::latest(record, &criterion.id);
        criterion.step == step.id && verdict.is_none_or(|verdict| verdict.outcome == undetermined)
    });
    match open {
        None => Ok(()),
        Some(criterion) => Err(Error::conflict("step.out_of_order").detail(format!(
            "the criterion '{}' is not judged yet: that comes before including",
            criterion.id
        ))),
    }
}

/// With a quorum of two, an outcome counts when a second, different person has said the same.
fn second_of(step: &Step, known: Option<&StepRecord>, earlier: &str, act: &Act<'_>, outcome: &str) -> String {
    let first = format!("first_{outcome}");
    let before = known.and_then(|known| known.outcome.as_deref());
    if step.quorum < 2 || outcome == "defer" || (before == Some(first.as_str()) && earlier != act.actor()) {
        outcome.to_owned()
    } else {
        first
    }
}

/// Excludes a person, with a code of the study's list.
pub fn exclude(
    ctx: &Ctx,
    id: &ParticipantId,
    reason: Reason,
    criterion: Option<String>,
) -> Result<Done<ParticipantView>, Error> {
    act::act(
        ctx,
        Action::ConductEnrolment,
        Target::Participant(id.clone()),
        move |tx, act| {
            let person = act.scope.participant()?;
            target::require_unlocked(act.scope.study()?)?;
            match person.state {
                ParticipantState::Excluded => return Err(Error::conflict("participant.excluded").into()),
                ParticipantState::Randomized | ParticipantState::Enrolled | ParticipantState::Completed => {
                    return Err(Error::conflict("allocation.exists").into());
                }
                ParticipantState::Registered | ParticipantState::Enrolling | ParticipantState::Ready => {}
            }
            let plan = act.plan(tx)?;
            if let Some(criterion) = &criterion {
                standing::criterion(&plan, criterion)?;
            }
            let mut changed = person.clone();
            changed.state = ParticipantState::Excluded;
            changed.excluded_code = Some(reason.code.clone());
            changed.excluded_criterion = criterion.clone();
            participant::update(tx, &changed)?;
            let event =
                Event::of_participant("participant.excluded", &person.study, &person.id, person.id.as_str())
                    .plain("state", Some(json!(person.state)), Some(json!(changed.state)))
                    .set("criterion", criterion.clone())
                    .because(Some(reason.clone()));
            let view = registering::view(tx, act, &person.id)?;
            Ok(Change::new(view, person.id.as_str(), event))
        },
        replay,
    )
}
