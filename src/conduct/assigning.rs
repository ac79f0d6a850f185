//! Assigns visits to blinded assessors: never to somebody who has seen the participant's arm.

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::context::Ctx;
use crate::conduct::target;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::AssessmentId;
use crate::kernel::time::Zone;
use crate::storage::Tx;
use crate::storage::allocation;
use crate::storage::assessment;
use crate::storage::assessment::Assessment;
use crate::storage::staff;
use crate::trial::audit::event::Event;
use crate::trial::audit::event::Reason;
use crate::trial::permission::action::Action;
use crate::trial::role::Respondent;
use crate::trial::role::Role;
use crate::trial::role::SeesArm;

/// A visit and its rater.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Visit {
    /// The assessment.
    pub assessment: AssessmentId,
    /// The rater.
    pub rater: Option<AccountId>,
}

/// Assigns a visit; another rater than the one before needs a reason.
pub fn assign(
    ctx: &Ctx,
    id: &AssessmentId,
    rater: AccountId,
    reason: Option<Reason>,
) -> Result<Done<Visit>, Error> {
    act::act(
        ctx,
        Action::AssignVisit,
        Target::Assessment(id.clone()),
        move |tx, act| assign_verb(tx, act, &rater, reason.clone()),
        |_, act, _| act.scope.assessment().map(visit),
    )
}

fn visit(assessment: &Assessment) -> Visit {
    Visit { assessment: assessment.id.clone(), rater: assessment.assigned_to.clone() }
}

fn assign_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    rater: &AccountId,
    reason: Option<Reason>,
) -> Result<Change<Visit>, Refusal> {
    target::require_unlocked(act.scope.study()?)?;
    let before = act.scope.assessment()?;
    if before.respondent != Respondent::Assessor {
        let detail = "only what a blinded assessor answers is assigned";
        return Err(Error::field("/account_id", "field.choice", detail).into());
    }
    if before.submitted_at.is_some() {
        return Err(Error::conflict("response.already_submitted").into());
    }
    let person = act.scope.participant()?;
    let today = act.ctx.now.date_in(Zone::UTC);
    let covers = |sites: &[crate::kernel::ids::SiteId]| sites.is_empty() || sites.contains(&person.site);
    let roles = staff::list_assignments_of(tx, rater)?;
    let mut roles = roles.iter().filter(|role| role.study == person.study);
    let saw_all = roles.clone().any(|role| role.sees_arm == SeesArm::All);
    let is_assessor =
        roles.any(|role| role.role == Role::Assessor && role.is_in_force(today) && covers(&role.sites));
    if !is_assessor {
        let detail = "is no assessor of this study at the participant's site";
        return Err(Error::field("/account_id", "field.choice", detail).into());
    }
    if saw_all || allocation::is_exposed(tx, &person.id, rater)? {
        return Err(Error::conflict("role.exposed").into());
    }
    if before.assigned_to.as_ref().is_some_and(|known| known != rater) && reason.is_none() {
        return Err(Error::invalid("reason.required").into());
    }
    let after = Assessment { assigned_to: Some(rater.clone()), ..before.clone() };
    assessment::update(tx, &after)?;
    let old = before.assigned_to.as_ref().map(|known| json!(known));
    let event = Event::of_participant("assessment.assigned", &person.study, &person.id, after.id.as_str())
        .plain("assigned_to", old, Some(json!(rater)))
        .because(reason);
    Ok(Change::new(visit(&after), after.id.as_str(), event))
}
