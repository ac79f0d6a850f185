//! What stands between a study and its opening, and its lock.

use std::collections::BTreeSet;

use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::error::Unmet;
use crate::storage::Tx;
use crate::storage::alert;
use crate::storage::alert::AlertFilter;
use crate::storage::allocation;
use crate::storage::allocation::DesignState;
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

/// What stands between a study and its opening, and its lock. Which alerts are open is told as far as the role's sites reach,
/// and to an administrator not at all.
pub fn readiness(ctx: &Ctx, name: &str) -> Result<Readiness, Error> {
    disclosing::look(ctx, Action::ReadReadiness, &Target::Study(name.to_owned()), |tx, act| {
        let study = act.scope.study()?;
        let draws = act.plan(tx)?.protocol.randomization.is_some();
        let named = match act.grant.role {
            None => BTreeSet::new(),
            Some(_) => {
                let on_duty = decision::decide(Action::HandleAlerts, act.caller, &act.scope.facts()).is_ok();
                let sites = act.grant.sites.clone();
                let common_only = !on_duty && !act.may_know_arm();
                let seen = AlertFilter { sites, common_only, ..AlertFilter::default() };
                let seen = alert::list(tx, &study.id, &seen, i64::MAX)?;
                seen.into_iter().map(|(_, alert)| alert.id.to_string()).collect()
            }
        };
        let mut locking = missing_for_lock(tx, study)?;
        for unmet in &mut locking {
            unmet.object = unmet.object.take().filter(|object| named.contains(object));
        }
        locking.sort_by_key(|unmet| unmet.object.is_none());
        locking.dedup();
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

/// What stands in the way of the lock.
pub fn missing_for_lock(tx: &mut Tx<'_>, study: &Study) -> Result<Vec<Unmet>, Error> {
    let open = alert::list(tx, &study.id, &AlertFilter::default(), i64::MAX)?;
    let open = open.iter().filter(|(_, alert)| alert.state != "closed");
    Ok(open.map(|(_, alert)| Unmet::new("alert", "alert.open").at(alert.id.as_str())).collect())
}
