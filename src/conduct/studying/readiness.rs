//! What stands between a study and its opening, and its lock.

use crate::conduct::act;
use crate::conduct::context::Ctx;
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
use crate::trial::role::Role;

/// What a study still lacks.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// For opening.
    pub opening: Vec<Unmet>,
    /// For the lock.
    pub locking: Vec<Unmet>,
}

/// What stands between a study and its opening, and its lock. An administrator is not told which alerts are open.
pub fn readiness(ctx: &Ctx, name: &str) -> Result<Readiness, Error> {
    act::look(ctx, Action::ReadReadiness, &Target::Study(name.to_owned()), |tx, act| {
        let study = act.scope.study()?;
        let draws = act.plan(tx)?.protocol.randomization.is_some();
        let mut locking = missing_for_lock(tx, study)?;
        if act.grant.role.is_none() {
            locking.iter_mut().for_each(|unmet| unmet.object = None);
            locking.dedup();
        }
        Ok(Readiness { opening: missing_for_opening(tx, study, draws)?, locking })
    })
}

/// What is missing for opening.
pub fn missing_for_opening(tx: &mut Tx<'_>, study: &Study, draws: bool) -> Result<Vec<Unmet>, Error> {
    let mut unmet = Vec::new();
    let designs = allocation::list_designs(tx, &study.id)?;
    if draws && !designs.iter().any(|design| design.state == DesignState::Active) {
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
