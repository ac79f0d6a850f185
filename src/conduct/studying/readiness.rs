//! What stands between a study and its opening, and its lock.

use std::collections::BTreeSet;

use crate::conduct::act::Act;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::holding;
use crate::conduct::seeing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::error::Unmet;
use crate::kernel::ids::SiteId;
use crate::storage::Tx;
use crate::storage::alert;
use crate::storage::alert::AlertFilter;
use crate::storage::allocation;
use crate::storage::allocation::DesignState;
use crate::storage::enrolment;
use crate::storage::response;
use crate::storage::staff;
use crate::storage::study::Study;
use crate::trial::permission::action::Action;
use crate::trial::permission::decision;
use crate::trial::role::Role;

/// What a study still lacks.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// For opening.
    pub opening: Vec<Unmet>,
    /// For the lock.
    pub locking: Vec<Unmet>,
}

/// What stands between a study and its opening, and its lock. Which ones is told as far as the role reaches, and to an
/// administrator not at all.
pub fn readiness(ctx: &Ctx, name: &str) -> Result<Readiness, Error> {
    disclosing::look(ctx, Action::ReadReadiness, &Target::Study(name.to_owned()), |tx, act| {
        let study = act.scope.study()?;
        let draws = act.plan(tx)?.protocol.randomization.is_some();
        let missing = missing_for_lock(tx, study)?;
        let locking = shown(tx, act, missing)?;
        Ok(Readiness { opening: missing_for_opening(tx, study, draws)?, locking })
    })
}

/// What is missing for opening.
pub fn missing_for_opening(tx: &mut Tx<'_>, study: &Study, draws: bool) -> Result<Vec<Unmet>, Error> {
    let mut unmet = Vec::new();
    let designs = allocation::list_designs(tx, &study.id)?;
    if draws && !designs.iter().any(|design| design.state != DesignState::Draft) {
        unmet.push(Unmet::new("design", "design.not_committed"));
    }
    let staff = staff::list_assignments(tx, &study.id)?;
    for role in [Role::Lead, Role::Coordinator] {
        if !staff.iter().any(|assignment| assignment.role == role && assignment.ended_at.is_none()) {
            unmet.push(Unmet::new(role.as_str(), "decision.missing"));
        }
    }
    Ok(unmet)
}

/// The code of answers that are drafts.
pub const DRAFT: &str = "assessment.incomplete";

/// What stands in the way of the lock: alerts that are not closed, holds that nobody has decided, answers that are drafts.
pub fn missing_for_lock(tx: &mut Tx<'_>, study: &Study) -> Result<Vec<Unmet>, Error> {
    let open = alert::list(tx, &study.id, &AlertFilter::default(), i64::MAX)?;
    let open = open.iter().filter(|(_, alert)| alert.state != "closed");
    let mut unmet: Vec<Unmet> =
        open.map(|(_, alert)| Unmet::new("alert", "alert.open").at(alert.id.as_str())).collect();
    let holds = enrolment::list_open_holds(tx, &study.id)?;
    unmet.extend(holds.iter().map(|(person, ..)| Unmet::new("hold", "hold.open").at(person.as_str())));
    let drafts = response::list_drafts(tx, &study.id)?;
    unmet.extend(drafts.iter().map(|draft| Unmet::new("draft", DRAFT).at(draft.assessment.as_str())));
    unmet.dedup();
    Ok(unmet)
}

/// The same as the caller may see it: which ones, as far as the role reaches, and that there are more.
pub fn shown(tx: &mut Tx<'_>, act: &Act<'_>, mut locking: Vec<Unmet>) -> Result<Vec<Unmet>, Error> {
    let named = named(tx, act)?;
    for unmet in &mut locking {
        unmet.object = unmet.object.take().filter(|object| named.contains(object));
    }
    // That somebody answers what only some arms have shows in nobody's list who may not know arms.
    locking.retain(|unmet| unmet.object.is_some() || act.may_know_arm() || unmet.code != DRAFT);
    locking.sort_by_key(|unmet| (unmet.object.is_none(), unmet.step.clone()));
    locking.dedup();
    Ok(locking)
}

fn named(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<BTreeSet<String>, Error> {
    let study = act.scope.study()?;
    if act.grant.role.is_none() {
        return Ok(BTreeSet::new());
    }
    let sites = act.grant.sites.clone();
    let is_own = |site: &SiteId| sites.as_ref().is_none_or(|sites| sites.contains(site));
    let on_duty = decision::decide(Action::HandleAlerts, act.caller, &act.scope.facts()).is_ok();
    let common_only = !on_duty && !act.may_know_arm();
    let hidden = seeing::hidden_measures(&*act.plan(tx)?);
    let seen =
        AlertFilter { sites: sites.clone(), common_only, hidden: hidden.clone(), ..AlertFilter::default() };
    let alerts = alert::list(tx, &study.id, &seen, i64::MAX)?;
    let mut named: BTreeSet<String> = alerts.into_iter().map(|(_, alert)| alert.id.to_string()).collect();
    for (person, site, kind) in enrolment::list_open_holds(tx, &study.id)? {
        if is_own(&site) && !holding::known_kinds(act, &[kind]).is_empty() {
            named.insert(person.to_string());
        }
    }
    for draft in response::list_drafts(tx, &study.id)? {
        let tells = draft.arm_bound || hidden.contains(&draft.asked);
        if is_own(&draft.site) && (act.may_know_arm() || !tells) {
            named.insert(draft.assessment.to_string());
        }
    }
    Ok(named)
}
