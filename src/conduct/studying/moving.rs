//! The moves of a study: opened, closed, locked, revealed.

use serde_json::Value;
use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::context::Ctx;
use crate::conduct::studying::StudyView;
use crate::conduct::studying::readiness::DRAFT;
use crate::conduct::studying::readiness::missing_for_lock;
use crate::conduct::studying::readiness::missing_for_opening;
use crate::conduct::studying::readiness::shown;
use crate::conduct::studying::view;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::error::Unmet;
use crate::storage::Tx;
use crate::storage::allocation;
use crate::storage::allocation::DesignState;
use crate::storage::allocation::StoredDesign;
use crate::storage::study;
use crate::storage::study::Study;
use crate::storage::study::StudyState;
use crate::trial::audit::event::Event;
use crate::trial::audit::event::Reason;
use crate::trial::permission::action::Action;

/// Takes people from now on.
pub fn open(ctx: &Ctx, name: &str, reason: Reason) -> Result<Done<StudyView>, Error> {
    change(ctx, name, reason, "study.opened", |tx, act, study| {
        require(study, &[StudyState::Draft, StudyState::Paused])?;
        let plan = act.plan(tx)?;
        let unmet = missing_for_opening(tx, study, plan.protocol.randomization.is_some())?;
        if !unmet.is_empty() {
            return Err(Error::conflict("study.not_ready").with_unmet(unmet));
        }
        study.state = StudyState::Open;
        study.opened_at = study.opened_at.or(Some(act.ctx.now));
        Ok(())
    })
}

/// Ends recruitment; follow-up goes on.
pub fn close(ctx: &Ctx, name: &str, reason: Reason) -> Result<Done<StudyView>, Error> {
    change(ctx, name, reason, "study.closed", |_, act, study| {
        require(study, &[StudyState::Open, StudyState::Paused])?;
        study.state = StudyState::Closed;
        study.closed_at = Some(act.ctx.now);
        Ok(())
    })
}

/// Something that stands in the way of the lock and is taken on, with the reason.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// What it is: `alert.open`, `hold.open`, `assessment.incomplete`.
    pub code: String,
    /// The object. Drafts alone may be taken on together, without a name: not everybody may know of each.
    pub object: Option<String>,
    /// Why it is taken on.
    pub reason: Reason,
}

impl Accepted {
    fn covers(&self, unmet: &Unmet) -> bool {
        self.code == unmet.code && (self.object.is_none() || self.object == unmet.object)
    }
}

/// Fixes every trial value. What stands in the way is mended before or taken on one by one.
pub fn lock(
    ctx: &Ctx,
    name: &str,
    reason: Reason,
    accepted: Vec<Accepted>,
) -> Result<Done<StudyView>, Error> {
    let taken_on: Vec<Value> = accepted
        .iter()
        .map(|one| json!({ "code": one.code, "ref": one.object, "reason": one.reason }))
        .collect();
    let noted = (!taken_on.is_empty()).then(|| json!(taken_on));
    change_noting(ctx, name, reason, "study.locked", noted, move |tx, act, study| {
        require(study, &[StudyState::Closed])?;
        let is_sweeping = |one: &Accepted| one.code == DRAFT && one.object.is_none();
        if let Some(at) = accepted.iter().position(|one| one.object.is_none() && one.code != DRAFT) {
            let detail = "is taken on one by one: name it, as the readiness list does";
            return Err(Error::field(format!("/accepted/{at}/ref"), "field.required", detail));
        }
        let unmet = missing_for_lock(tx, study)?;
        if let Some(at) =
            accepted.iter().position(|one| !is_sweeping(one) && !unmet.iter().any(|unmet| one.covers(unmet)))
        {
            return Err(Error::field(format!("/accepted/{at}"), "field.choice", "does not stand in the way"));
        }
        let left: Vec<Unmet> =
            unmet.into_iter().filter(|unmet| !accepted.iter().any(|one| one.covers(unmet))).collect();
        if !left.is_empty() {
            let detail =
                "Mend what is listed, or take it on with a reason. What is not listed ends with its window.";
            return Err(Error::conflict("lock.blocked").detail(detail).with_unmet(shown(tx, act, left)?));
        }
        study.state = StudyState::Locked;
        study.locked_at = Some(act.ctx.now);
        crate::conduct::checkpointing::checkpoint(tx, act, "lock")
    })
}

fn require(study: &Study, from: &[StudyState]) -> Result<(), Error> {
    match study.state {
        state if from.contains(&state) => Ok(()),
        StudyState::Locked | StudyState::Revealed => Err(Error::conflict("study.locked")),
        StudyState::Draft => {
            Err(Error::conflict("study.not_open").detail("The study is a draft. Open it first."))
        }
        StudyState::Open | StudyState::Paused if from.contains(&StudyState::Closed) => {
            Err(Error::conflict("study.not_open").detail("The study still takes people. Close it first."))
        }
        StudyState::Open | StudyState::Paused => {
            Err(Error::conflict("study.not_open").detail("The study is open already."))
        }
        StudyState::Closed => Err(Error::conflict("study.not_open").detail("The study is closed already.")),
    }
}

fn change(
    ctx: &Ctx,
    name: &str,
    reason: Reason,
    action: &'static str,
    set: impl Fn(&mut Tx<'_>, &Act<'_>, &mut Study) -> Result<(), Error> + Send + 'static,
) -> Result<Done<StudyView>, Error> {
    change_noting(ctx, name, reason, action, None, set)
}

fn change_noting(
    ctx: &Ctx,
    name: &str,
    reason: Reason,
    action: &'static str,
    accepted: Option<Value>,
    set: impl Fn(&mut Tx<'_>, &Act<'_>, &mut Study) -> Result<(), Error> + Send + 'static,
) -> Result<Done<StudyView>, Error> {
    act::act(
        ctx,
        Action::RunStudy,
        Target::Study(name.to_owned()),
        move |tx, act| {
            let before = act.scope.study()?;
            let mut after = before.clone();
            set(tx, act, &mut after)?;
            study::update(tx, &after)?;
            let event = Event::of_study(action, &after.id, after.id.as_str())
                .plain("state", Some(json!(before.state)), Some(json!(after.state)))
                .because(Some(reason.clone()));
            let event = match &accepted {
                Some(accepted) => event.set("accepted", accepted.clone()),
                None => event,
            };
            Ok(Change::new(view(tx, act, &after)?, after.id.as_str(), event))
        },
        |tx, act, _| view(tx, act, act.scope.study()?),
    )
}

/// Discloses seeds and arms of a locked study of mode test. (A live study's reveal takes two persons.)
pub fn reveal(ctx: &Ctx, name: &str, reason: Reason) -> Result<Done<StudyView>, Error> {
    act::act(
        ctx,
        Action::ManageDesign,
        Target::Study(name.to_owned()),
        move |tx, act| {
            let before = act.scope.study()?;
            if before.state != StudyState::Locked {
                return Err(Error::conflict("reveal.not_locked").into());
            }
            let mut after = before.clone();
            after.state = StudyState::Revealed;
            after.revealed_at = Some(act.ctx.now);
            study::update(tx, &after)?;
            for design in allocation::list_designs(tx, &after.id)? {
                if matches!(design.state, DesignState::Active | DesignState::Superseded) {
                    allocation::update_design(tx, &StoredDesign { state: DesignState::Revealed, ..design })?;
                }
            }
            let event = Event::of_study("study.revealed", &after.id, after.id.as_str())
                .plain("state", Some(json!(before.state)), Some(json!(after.state)))
                .because(Some(reason.clone()));
            Ok(Change::new(view(tx, act, &after)?, after.id.as_str(), event))
        },
        |tx, act, _| view(tx, act, act.scope.study()?),
    )
}
