//! Who has which role in a study.

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::AssignmentId;
use crate::kernel::ids::SiteId;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::storage::people;
use crate::storage::people::AccountState;
use crate::storage::staff;
use crate::storage::staff::Assignment;
use crate::trial::audit::event::Event;
use crate::trial::audit::event::Reason;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Grant;
use crate::trial::permission::table;
use crate::trial::role::Duty;
use crate::trial::role::Role;
use crate::trial::role::SeesArm;

/// A role as granted.
pub use crate::storage::staff::Assignment as Granted;

/// A role to be granted.
#[derive(Clone, Debug)]
pub struct NewRole {
    /// To whom.
    pub account: AccountId,
    /// Which.
    pub role: Role,
    /// Which arms it sees; fixed for its life.
    pub sees_arm: SeesArm,
    /// Its duties.
    pub duties: Vec<Duty>,
    /// Its sites; empty for all.
    pub sites: Vec<SiteId>,
    /// The first day.
    pub from_on: Date,
    /// The last day.
    pub until_on: Option<Date>,
    /// The day of training.
    pub training_on: Option<Date>,
}

/// Grants a role. Nobody grants one for himself; a lead's role comes from the administrator.
pub fn grant(ctx: &Ctx, study: &str, new: NewRole) -> Result<Done<Assignment>, Error> {
    act::act(
        ctx,
        Action::ManageStaff,
        Target::Study(study.to_owned()),
        move |tx, act| {
            let study = act.scope.study()?;
            let plan = act.plan(tx)?;
            if act.caller.account() == Some(&new.account) {
                return Err(Error::forbidden("permission.own_act").into());
            }
            let by_administrator = act.grant.role.is_none();
            if by_administrator != (new.role == Role::Lead) {
                let detail = "An administrator grants the role of a lead, and a lead all others.";
                return Err(Error::forbidden("permission.denied").detail(detail).into());
            }
            let account = people::find_account(tx, &new.account)?;
            let account = account.filter(|account| account.state != AccountState::Disabled);
            let account = account
                .ok_or_else(|| Error::field("/account_id", "field.choice", "is no account that is in use"))?;
            if account.is_administrator || new.role == Role::Administrator {
                return Err(Error::conflict("role.incompatible").into());
            }
            if !table::may_see(new.role, new.sees_arm, &plan.protocol.study.blind) {
                let detail = "this role does not see these arms in this study";
                return Err(Error::field("/sees_arm", "field.choice", detail).into());
            }
            if let Some(duty) = new.duties.iter().find(|duty| !table::may_carry(new.role, **duty)) {
                let detail = format!("this role does not carry the duty {duty}");
                return Err(Error::field("/duties", "field.choice", detail).into());
            }
            let sites = staff::list_sites(tx, &study.id)?;
            if new.sites.iter().any(|site| !sites.iter().any(|known| known.id == *site)) {
                return Err(Error::field("/site_ids", "field.choice", "is no site of this study").into());
            }
            require_own_sites(act.grant, &new)?;
            let held = staff::list_assignments_of(tx, &new.account)?;
            if held.iter().any(|held| held.study == study.id && excludes(held, &new)) {
                return Err(Error::conflict("role.incompatible").into());
            }
            let granted = Assignment {
                id: AssignmentId::draw(act.ctx.entropy())?,
                study: study.id.clone(),
                account: new.account.clone(),
                role: new.role,
                sees_arm: new.sees_arm,
                duties: new.duties.clone(),
                sites: new.sites.clone(),
                from_on: new.from_on,
                until_on: new.until_on,
                training_on: new.training_on,
                granted_at: act.ctx.now,
                granted_by: act.actor(),
                ended_at: None,
                ended_by: None,
            };
            staff::insert_assignment(tx, &granted)?;
            let event = Event::of_study("role.granted", &study.id, granted.id.as_str())
                .set("account", granted.account.as_str())
                .set("role", granted.role.as_str())
                .set("sees_arm", granted.sees_arm.as_str())
                .set("duties", json!(granted.duties))
                .set("sites", json!(granted.sites));
            let id = granted.id.clone();
            Ok(Change::new(granted, id.as_str(), event).created(format!("/api/v1/assignments/{id}")))
        },
        |tx, _, object| {
            let id = object.parse().map_err(|_| Error::internal("an act names no role"))?;
            staff::find_assignment(tx, &id)?.ok_or_else(Error::not_found)
        },
    )
}

/// Some roles work for the whole study; the others at sites, and whoever leads some sites gives roles at these alone.
fn require_own_sites(granter: &Grant, new: &NewRole) -> Result<(), Error> {
    let refuse = |detail: String| Err(Error::field("/site_ids", "field.choice", detail));
    if table::is_of_whole_study(new.role) && !new.sites.is_empty() {
        return refuse(format!("a {} works for the whole study: leave the sites out", new.role));
    }
    match &granter.sites {
        None => Ok(()),
        Some(_) if table::is_of_whole_study(new.role) => {
            let detail = format!("Who leads some sites only does not grant the role of a {}.", new.role);
            Err(Error::forbidden("permission.denied").detail(detail))
        }
        Some(own) if !is_within(&new.sites, own) => {
            refuse("you lead some sites only: name one or more of these".to_owned())
        }
        Some(_) => Ok(()),
    }
}

/// Whether a role at these sites works nowhere else. One that names no site works everywhere.
fn is_within(sites: &[SiteId], own: &[SiteId]) -> bool {
    !sites.is_empty() && sites.iter().all(|site| own.contains(site))
}

/// Whether a role that somebody has, or has had, leaves no room for another one. What was known once stays known.
fn excludes(held: &Assignment, new: &NewRole) -> bool {
    let seen = (held.role, held.sees_arm);
    table::knows_too_much(seen, new.role)
        || (held.ended_at.is_none() && table::are_incompatible(seen, (new.role, new.sees_arm)))
}

/// Ends a role at once.
pub fn end(ctx: &Ctx, id: &AssignmentId, reason: Reason) -> Result<Done<Assignment>, Error> {
    act::act(
        ctx,
        Action::ManageStaff,
        Target::Assignment(id.clone()),
        move |tx, act| {
            let mut ended = act.scope.assignment()?.clone();
            if act.grant.sites.as_ref().is_some_and(|own| !is_within(&ended.sites, own)) {
                return Err(Error::forbidden("permission.denied").into());
            }
            if ended.ended_at.is_some() {
                return Err(Error::conflict("proposal.settled").detail("the role has ended already").into());
            }
            staff::end_assignment(tx, &ended.id, act.ctx.now, &act.actor())?;
            ended.ended_at = Some(act.ctx.now);
            ended.ended_by = Some(act.actor());
            let event = Event::of_study("role.ended", &ended.study, ended.id.as_str())
                .set("account", ended.account.as_str())
                .set("role", ended.role.as_str())
                .because(Some(reason.clone()));
            let id = ended.id.clone();
            Ok(Change::new(ended, id.as_str(), event))
        },
        |_, act, _| act.scope.assignment().cloned(),
    )
}

/// Who had which right, ended ones too, or those who had it at an instant: those behind an instant and id, in the order of
/// granting, at most `limit`.
pub fn list(
    ctx: &Ctx,
    study: &str,
    at: Option<Timestamp>,
    after: Option<(Timestamp, String)>,
    limit: usize,
) -> Result<Vec<Assignment>, Error> {
    disclosing::look(ctx, Action::ReadStaff, &Target::Study(study.to_owned()), |tx, act| {
        let all = staff::list_assignments(tx, &act.scope.study()?.id)?;
        let is_behind = |one: &Assignment| {
            after.as_ref().is_none_or(|(at, id)| (one.granted_at, one.id.as_str()) > (*at, id.as_str()))
        };
        let is_held = |one: &Assignment| at.is_none_or(|at| one.is_held_at(at));
        Ok(all.into_iter().filter(is_behind).filter(is_held).take(limit).collect())
    })
}
