//! What is unwise about a design, told to the unblinded statistician before it is fixed for good.

use crate::conduct::act::Act;
use crate::kernel::Error;
use crate::storage::Tx;
use crate::storage::staff;
use crate::trial::randomization::design::Design;
use crate::trial::randomization::lints;
use crate::trial::randomization::lints::Expectation;
use crate::trial::randomization::lints::Lint;
use crate::trial::role::Role;

/// What is unwise about a design in the study at hand. An open factor is expected to have as many levels as there are sites.
pub fn lints(tx: &mut Tx<'_>, act: &Act<'_>, design: &Design) -> Result<Vec<Lint>, Error> {
    let sites = staff::list_sites(tx, &act.scope.study()?.id)?.len();
    let plan = act.plan(tx)?;
    let study = &plan.protocol.study;
    let expectation = Expectation {
        planned: study.planned,
        open_levels: u32::try_from(sites).unwrap_or(u32::MAX).max(1),
        recruiters_learn_arms: !study.blind.contains(&Role::Coordinator),
    };
    Ok(lints::lints(design, expectation))
}
