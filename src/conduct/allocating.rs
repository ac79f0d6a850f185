//! The draw: once for each person, for ever. Every guard is asked again under the locks of study and person; whatever is
//! not sound closes the door.

use std::collections::BTreeMap;

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::context::Ctx;
use crate::conduct::designing;
use crate::conduct::disclosing;
use crate::conduct::holding;
use crate::conduct::planning;
use crate::conduct::record;
use crate::conduct::record::Record;
use crate::conduct::seeing;
use crate::conduct::standing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::error::FieldError;
use crate::kernel::error::Unmet;
use crate::kernel::ids::AllocationId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::allocation;
use crate::storage::allocation::Allocation;
use crate::storage::allocation::DesignState;
use crate::storage::allocation::StoredDesign;
use crate::storage::enrolment;
use crate::storage::enrolment::StepRecord;
use crate::storage::participant;
use crate::storage::participant::ParticipantState;
use crate::storage::study;
use crate::storage::study::StudyState;
use crate::trial::audit::event::Event;
use crate::trial::audit::verification::ROW;
use crate::trial::enrolment::factors;
use crate::trial::permission::action::Action;
use crate::trial::protocol::model::StepKind;
use crate::trial::randomization::draw::Place;
use crate::trial::randomization::draw::Sequences;
use crate::trial::randomization::label;

/// What the person at the keyboard states, so that nobody is drawn by mistake.
#[derive(Clone, Debug)]
pub struct AllocationRequest {
    /// The participant's code, typed in.
    pub confirm_code: String,
    /// Whether somebody has made sure who it is.
    pub checked_person: bool,
    /// Factor → level as seen on the checklist.
    pub strata: BTreeMap<String, String>,
}

/// An allocation as a caller may see it: the arm only by `sees_arm`, slot and sequence never.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AllocationView {
    /// The id.
    pub id: AllocationId,
    /// The participant's code.
    pub code: String,
    /// When.
    pub allocated_at: Timestamp,
    /// By whom.
    pub by: String,
    /// The design version.
    pub design_version: i64,
    /// Factor → level as used.
    pub strata: BTreeMap<String, String>,
    /// Code and label of the arm, where it may be seen.
    pub arm: Option<(String, String)>,
}

/// What stands between a person and the draw.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checklist {
    /// What is unmet.
    pub unmet: Vec<Unmet>,
    /// Factor → level; `None` where it is not defined yet.
    pub strata: BTreeMap<String, Option<String>>,
}

/// Reads the checklist. No word on what would follow.
pub fn checklist(ctx: &Ctx, id: &ParticipantId) -> Result<Checklist, Error> {
    disclosing::look(ctx, Action::ReadChecklist, &Target::Participant(id.clone()), |tx, act| {
        let plan = act.plan(tx)?;
        let record = record::shown_to(tx, act, &plan, act.scope.participant()?)?;
        let (defined, missing) = levels(&record);
        let mut strata: BTreeMap<String, Option<String>> =
            defined.into_iter().map(|(factor, level)| (factor, Some(level))).collect();
        strata.extend(missing.into_iter().map(|factor| (factor, None)));
        let unmet = holding::known_unmet(act, standing::unmet(&record)?);
        Ok(Checklist { unmet, strata })
    })
}

fn levels(record: &Record<'_>) -> (BTreeMap<String, String>, Vec<String>) {
    let section = record.plan.protocol.randomization.as_ref();
    factors::levels(section.map(|section| section.factors.as_slice()).unwrap_or_default(), record)
}

/// Draws.
pub fn allocate(
    ctx: &Ctx,
    id: &ParticipantId,
    request: AllocationRequest,
) -> Result<Done<AllocationView>, Error> {
    act::act(
        ctx,
        Action::Allocate,
        Target::ParticipantInStudy(id.clone()),
        move |tx, act| allocate_verb(tx, act, &request),
        |tx, act, _| read(tx, act),
    )
}

fn mismatch(pointer: &str, detail: &str) -> Error {
    let code = "confirm_code.mismatch";
    Error::invalid(code).with_field(FieldError::new(pointer, code, detail))
}

fn allocate_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    request: &AllocationRequest,
) -> Result<Change<AllocationView>, Refusal> {
    let study = act.scope.study()?;
    let person = act.scope.participant()?;
    if request.confirm_code.trim().to_uppercase() != person.code.as_str() {
        return Err(mismatch("/confirm_code", "is not the code of this participant").into());
    }
    if !request.checked_person {
        return Err(
            mismatch("/checked_person", "nobody is drawn before somebody has made sure who it is").into()
        );
    }
    if allocation::find_of(tx, &person.id)?.is_some() {
        return Err(Error::conflict("allocation.exists").into());
    }
    match study.state {
        StudyState::Open => {}
        StudyState::Paused => return Err(Error::conflict("study.paused").into()),
        StudyState::Locked | StudyState::Revealed => return Err(Error::conflict("study.locked").into()),
        StudyState::Draft | StudyState::Closed => return Err(Error::conflict("study.not_open").into()),
    }
    if person.state == ParticipantState::Excluded {
        return Err(Error::conflict("participant.excluded").into());
    }
    let plan = act.plan(tx)?;
    let record = record::of(tx, act, &plan, person)?;
    let unmet = standing::unmet(&record)?;
    if !unmet.is_empty() {
        // The trail is read by others too.
        let plain = holding::without_kinds(unmet.clone());
        let steps: Vec<&str> = plain.iter().map(|unmet| unmet.step.as_str()).collect();
        let unmet = holding::known_unmet(act, unmet);
        let event = Event::of_participant("allocation.refused", &study.id, &person.id, person.id.as_str())
            .set("unmet", json!(steps));
        return Err(Refusal::recorded(Error::conflict("allocation.not_ready").with_unmet(unmet), event));
    }
    require_role(act, &record)?;
    let (strata, _) = levels(&record);
    if strata != request.strata {
        return Err(Error::conflict("allocation.strata_changed").into());
    }
    draw(tx, act, &record, strata)
}

fn require_role(act: &Act<'_>, record: &Record<'_>) -> Result<(), Error> {
    let steps = &record.plan.protocol.enrolment.steps;
    let step = steps.iter().find(|step| step.kind == StepKind::Randomization);
    let step = step.ok_or_else(|| Error::conflict("design.not_committed"))?;
    let role = act.grant.role.ok_or_else(|| Error::forbidden("permission.denied"))?;
    if step.by.is_empty() || step.by.contains(&role) {
        Ok(())
    } else {
        Err(Error::forbidden("permission.denied"))
    }
}

fn draw(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    record: &Record<'_>,
    strata: BTreeMap<String, String>,
) -> Result<Change<AllocationView>, Refusal> {
    let unavailable = || Error::unavailable("allocation.unavailable");
    let mut study = act.scope.study()?.clone();
    let person = act.scope.participant()?;
    let stored = active_design(tx, &study.id)?;
    if act.ctx.entropy().is_seeded() != study.seeded {
        return Err(unavailable().caused_by("chance of another kind than the study's").into());
    }
    let opened = designing::open(act.ctx, &stored)?;
    let label = label::of_levels(&opened.design, &strata).map_err(|error| unavailable().caused_by(error))?;
    let sequences = Sequences::new(&opened.design, &opened.context, &opened.secrets)
        .map_err(|error| unavailable().caused_by(error))?;
    let used = allocation::count_in_stratum(tx, &study.id, stored.version, &label)?;
    let slot = sequences.slot(&label, u64::try_from(used).unwrap_or(0));
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (block, position, index) = match slot.place {
        Place::Block(block, position) => (Some(signed(block)), Some(signed(position)), None),
        Place::Index(index) => (None, None, Some(signed(index))),
    };
    let made = Allocation {
        id: AllocationId::draw(act.ctx.entropy())?,
        participant: person.id.clone(),
        study: study.id.clone(),
        sequence: study.next_sequence,
        design_version: stored.version,
        label,
        slot: used,
        block,
        position,
        index,
        factors: canonical::text_of(&strata)?,
        arm: sequences.arm_id(&slot).to_owned(),
        allocated_at: act.ctx.now,
        allocated_by: act.actor(),
    };
    allocation::insert(tx, &made)?;
    if made.sequence == 1 {
        crate::conduct::checkpointing::checkpoint(tx, act, "first allocation")?;
    }
    study.next_sequence += 1;
    study::update(tx, &study)?;
    if stored.first_sequence.is_none() {
        allocation::update_design(
            tx,
            &StoredDesign { first_sequence: Some(made.sequence), ..stored.clone() },
        )?;
    }
    let mut changed = person.clone();
    changed.state = ParticipantState::Randomized;
    participant::update(tx, &changed)?;
    complete_step(tx, act, record)?;
    let after = record::of(tx, act, record.plan, &changed)?;
    planning::plan_period(tx, act, &after)?;
    let event = Event::of_participant("allocation.made", &study.id, &person.id, made.id.as_str())
        .set("strata", json!(strata))
        .set("design_version", made.design_version)
        .set("protocol", record.plan.sha256.as_str())
        .digest("arm", None, Some(act.keyed("arm", &json!(made.arm))))
        .digest(ROW, None, Some(image(&made)));
    let in_study = Event::of_study("allocation.made", &study.id, made.id.as_str())
        .about(Some(study.id.clone()), Some(person.id.clone()))
        .digest("slot", None, Some(act.keyed("slot", &json!([made.label, made.slot, made.sequence]))));
    let used = Event::of_study("seed.used", &study.id, stored.id.as_str()).set("for", "allocation");
    let view = read(tx, act)?;
    let location = format!("/api/v1/participants/{}/allocation", person.id);
    Ok(Change::new(view, made.id.as_str(), event).and(in_study).and(used).created(location))
}

/// The design from which draws are made.
fn active_design(tx: &mut Tx<'_>, study: &crate::kernel::ids::StudyId) -> Result<StoredDesign, Error> {
    let designs = allocation::list_designs(tx, study)?;
    let active = designs.into_iter().rfind(|design| design.state == DesignState::Active);
    active.ok_or_else(|| Error::conflict("design.not_committed"))
}

fn complete_step(tx: &mut Tx<'_>, act: &Act<'_>, record: &Record<'_>) -> Result<(), Error> {
    let steps = &record.plan.protocol.enrolment.steps;
    let Some(step) = steps.iter().find(|step| step.kind == StepKind::Randomization) else { return Ok(()) };
    let known = record.steps.iter().find(|known| known.step == step.id);
    let done = StepRecord {
        step: step.id.clone(),
        state: "complete".to_owned(),
        opened_at: known.map_or(act.ctx.now, |known| known.opened_at),
        closed_at: Some(act.ctx.now),
        outcome: Some("randomized".to_owned()),
        reason_code: None,
        acted_by: Some(act.actor()),
        lapses_at: None,
    };
    enrolment::store_step(tx, &record.participant.study, &record.participant.id, &done)
}

/// The columns of an allocation, as its event's digest covers them.
pub fn image(made: &Allocation) -> serde_json::Value {
    json!({
        "id": made.id, "participant": made.participant, "study": made.study, "sequence": made.sequence,
        "design_version": made.design_version, "label": made.label, "slot": made.slot, "block": made.block,
        "position": made.position, "index": made.index, "factors": made.factors, "arm": made.arm,
        "allocated_at": made.allocated_at.to_string(), "allocated_by": made.allocated_by,
    })
}

/// Reads an allocation; the look is written down, and whoever sees an arm is remembered.
pub fn get(ctx: &Ctx, id: &ParticipantId) -> Result<AllocationView, Error> {
    let target = Target::Participant(id.clone());
    disclosing::disclose(ctx, Action::ReadAllocation, target, "allocation.read", read)
}

fn read(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<AllocationView, Error> {
    let person = act.scope.participant()?;
    let made = allocation::find_of(tx, &person.id)?.ok_or_else(|| Error::conflict("allocation.missing"))?;
    let plan = act.plan(tx)?;
    let label =
        plan.protocol.comparison.arms.iter().find(|arm| arm.id == made.arm).map(|arm| arm.label.clone());
    seeing::remember(tx, act)?;
    let strata = serde_json::from_str(&made.factors)
        .map_err(|error| Error::internal("a stored allocation can't be read").caused_by(error))?;
    Ok(AllocationView {
        id: made.id,
        code: person.code.to_string(),
        allocated_at: made.allocated_at,
        by: made.allocated_by,
        design_version: made.design_version,
        strata,
        arm: act.may_know_arm().then(|| (made.arm, label.unwrap_or_default())),
    })
}
