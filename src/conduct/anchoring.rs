//! Dates of events, from which windows are counted: recorded by people.

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::context::Ctx;
use crate::conduct::crossing;
use crate::conduct::judging;
use crate::conduct::planning;
use crate::conduct::record;
use crate::conduct::registering;
use crate::conduct::registering::ParticipantView;
use crate::conduct::target;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::ParticipantId;
use crate::kernel::time::Date;
use crate::storage::Tx;
use crate::storage::enrolment;
use crate::storage::enrolment::AnchorRecord;
use crate::trial::audit::event::Event;
use crate::trial::audit::event::Reason;
use crate::trial::permission::action::Action;
use crate::trial::schedule::definition::AnchorKind;

/// Records the date of an event anchor, if `is_known` finds the participant as the caller last saw one; windows that are
/// not open yet move.
pub fn set_anchor(
    ctx: &Ctx,
    id: &ParticipantId,
    anchor: &str,
    on: Date,
    reason: Option<Reason>,
    is_known: impl Fn(&ParticipantView) -> Result<(), Error> + Send + 'static,
) -> Result<Done<ParticipantView>, Error> {
    let anchor = anchor.to_owned();
    act::act(
        ctx,
        Action::RecordAnchor,
        Target::Participant(id.clone()),
        move |tx, act| {
            is_known(&judging::replay(tx, act, "")?)?;
            set_anchor_verb(tx, act, &anchor, on, reason.clone())
        },
        judging::replay,
    )
}

fn set_anchor_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    name: &str,
    on: Date,
    reason: Option<Reason>,
) -> Result<Change<ParticipantView>, Refusal> {
    target::require_unlocked(act.scope.study()?)?;
    let plan = act.plan(tx)?;
    let person = act.scope.participant()?;
    let anchor = plan.protocol.schedule.anchors.iter().find(|anchor| anchor.id == name);
    let anchor = anchor.ok_or_else(Error::not_found)?;
    let AnchorKind::Event { record: roles, .. } = &anchor.kind else {
        return Err(Error::field("/on", "field.choice", "this anchor is counted, not recorded").into());
    };
    judging::require_role(act, roles)?;
    let record = record::of(tx, act, &plan, person)?;
    if record.allocation.is_none() {
        return Err(Error::conflict("step.out_of_order").into());
    }
    let schedule = &plan.protocol.schedule;
    let arms = schedule.arms_of_anchor(name);
    let elsewhere = arms.is_some_and(|arms| !arms.iter().any(|arm| Some(arm.as_str()) == record.arm()));
    // Whoever may not know arms is answered alike, whether this person has the anchor or not.
    let hidden = schedule.anchor_tells_arm(name) && !act.may_know_arm();
    if elsewhere || hidden {
        return Err(Error::not_found().into());
    }
    let before = record.anchors.iter().rfind(|known| known.name == name);
    if before.is_some_and(|before| !before.assumed) && reason.is_none() {
        return Err(Error::invalid("reason.required").into());
    }
    let new = AnchorRecord {
        episode: planning::episode_of_anchor(&plan, name),
        name: name.to_owned(),
        n: before.map_or(1, |before| before.n + 1),
        on,
        assumed: false,
        recorded_at: act.ctx.now,
        recorded_by: act.actor(),
    };
    enrolment::insert_anchor(tx, &person.study, &person.id, &new)?;
    let after = record::of(tx, act, &plan, person)?;
    let mut moved = planning::replan(tx, act, &after)?;
    let after = if moved.is_empty() { after } else { record::of(tx, act, &plan, person)? };
    moved.extend(crossing::plan_due(tx, act, &after)?);
    let old = before.map(|before| json!(before.on.to_string()));
    let object = planning::anchor_object(&plan, person, name);
    let event = Event::of_participant("anchor.set", &person.study, &person.id, object)
        .plain(format!("anchor.{name}"), old, Some(json!(on.to_string())))
        .because(reason);
    let view = registering::view(tx, act, &person.id)?;
    Ok(Change::new(view, person.id.as_str(), event).and_all(moved))
}
