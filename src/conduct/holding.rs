//! What keeps a person back until somebody has looked, and who may know why.

use crate::conduct::act::Act;
use crate::kernel::error::Unmet;
use crate::trial::permission::caller::Grant;
use crate::trial::role::Duty;
use crate::trial::role::Role;

/// The hold of a person who is known under another code too. It is raised in silence: at a site it must not tell who takes
/// part at another.
pub const DUPLICATE: &str = "duplicate";

/// Whether the caller may know that a person is known under another code too, at whatever site: who decides such a hold, and
/// who sees the contact data of all sites.
fn may_know_twins(act: &Act<'_>) -> bool {
    let Grant { role, sites, duties, .. } = act.grant;
    sites.is_none() && (*role == Some(Role::Lead) || duties.contains(&Duty::Contacts))
}

/// The kinds of open holds that the caller may know.
pub fn known_kinds(act: &Act<'_>, kinds: &[String]) -> Vec<String> {
    kinds.iter().filter(|kind| may_know_twins(act) || *kind != DUPLICATE).cloned().collect()
}

/// What is unmet, as the caller may see it: that a hold is open, and its kind only where all kinds may be known.
pub fn known_unmet(act: &Act<'_>, unmet: Vec<Unmet>) -> Vec<Unmet> {
    if may_know_twins(act) { unmet } else { without_kinds(unmet) }
}

/// What is unmet, as everybody may see it who may know that it is.
pub fn without_kinds(mut unmet: Vec<Unmet>) -> Vec<Unmet> {
    for held in unmet.iter_mut().filter(|one| one.code == "hold.open") {
        held.step = "hold".to_owned();
    }
    unmet.dedup();
    unmet
}
