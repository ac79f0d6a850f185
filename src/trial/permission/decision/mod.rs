//! The decision: may this caller do this to that. What a caller may not know of is answered as if it were not there.

use crate::kernel::Error;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Caller;
use crate::trial::permission::caller::Facts;
use crate::trial::permission::caller::Grant;
use crate::trial::permission::caller::Reach;
use crate::trial::permission::caller::Span;
use crate::trial::permission::caller::Standing;
use crate::trial::permission::caller::TokenScope;
use crate::trial::permission::table;
use crate::trial::permission::table::Own;
use crate::trial::permission::table::Right;
use crate::trial::permission::table::Row;
use crate::trial::role::Respondent;
use crate::trial::role::Role;
use crate::trial::role::SeesArm;

/// Decides. `not_found` where the caller may not know that the object exists, else 403 with the reason.
pub fn decide(action: Action, caller: &Caller, facts: &Facts) -> Result<Grant, Error> {
    let row = table::row(action);
    match caller {
        Caller::System(_) => Ok(unbound()),
        _ if row.everybody => Ok(unbound()),
        Caller::Nobody => Err(Error::unauthenticated("session.missing")),
        Caller::Participant { id, study, verified, span, .. } => {
            let own = facts.participant.as_ref().is_none_or(|about| about == id)
                && facts.study.as_ref().is_none_or(|about| about == study)
                && facts.respondent.is_none_or(|respondent| respondent == Respondent::Participant)
                && span.covers(facts.assessment.as_ref());
            match row.own {
                Some(_) if own && facts.is_drawn && *span == Span::UntilDraw => {
                    Err(Error::unauthenticated("session.expired"))
                }
                Some(Own::Verified) if own && !verified => {
                    Err(Error::unauthenticated("session.level_too_low"))
                }
                Some(_) if own => Ok(unbound()),
                Some(_) | None => Err(Error::not_found()),
            }
        }
        Caller::Staff { is_administrator, standings, token, .. } => {
            let grant = decide_staff(&row, *is_administrator, standings, caller, facts)?;
            match token {
                None => Ok(grant),
                Some((study, scopes)) => narrow_to_token(grant, &row, facts, study, scopes),
            }
        }
    }
}

fn decide_staff(
    row: &Row,
    is_administrator: bool,
    standings: &[Standing],
    caller: &Caller,
    facts: &Facts,
) -> Result<Grant, Error> {
    let in_study = || standings.iter().filter(|standing| Some(&standing.study) == facts.study.as_ref());
    let fitting = in_study().filter_map(|standing| {
        let right = row.rights.iter().find(|right| right.role == standing.role)?;
        (reaches(right, standing, caller, facts) && sees_object(standing, facts)).then_some((standing, right))
    });
    let mut lacking = None;
    for (standing, right) in fitting {
        if let Some(duty) = right.duty.filter(|duty| !standing.duties.contains(duty)) {
            lacking = Some(duty);
        } else if right.needs_arm.is_none_or(|needed| standing.sees_arm == needed) {
            return Ok(Grant {
                role: Some(standing.role),
                reach: right.reach,
                sites: (!standing.sites.is_empty()).then(|| standing.sites.clone()),
                sees_arm: standing.sees_arm,
                duties: standing.duties.clone(),
            });
        }
    }
    let outside = facts.study.is_none() && row.rights.is_empty();
    if (row.any_staff && (outside || in_study().next().is_some() || facts.study.is_none()))
        || (row.administrator && is_administrator && facts.participant.is_none())
    {
        return Ok(unbound());
    }
    let knows = facts.study.is_none() || in_study().any(|standing| knows_of(standing, caller, facts));
    let knows = knows || (is_administrator && facts.participant.is_none());
    if row.hidden || !knows {
        return Err(Error::not_found());
    }
    Err(Error::forbidden(if lacking.is_some() { "permission.duty_missing" } else { "permission.denied" }))
}

fn narrow_to_token(
    mut grant: Grant,
    row: &Row,
    facts: &Facts,
    study: &crate::kernel::ids::StudyId,
    scopes: &[TokenScope],
) -> Result<Grant, Error> {
    if facts.study.as_ref() != Some(study) {
        return Err(Error::not_found());
    }
    if !row.token.is_some_and(|needed| scopes.contains(&needed)) {
        return Err(Error::forbidden("permission.token_scope"));
    }
    // Blind by default, even if the owner is not.
    if !scopes.contains(&TokenScope::ArmsRead) {
        grant.sees_arm = SeesArm::None;
    }
    Ok(grant)
}

fn reaches(right: &Right, standing: &Standing, caller: &Caller, facts: &Facts) -> bool {
    let answers = |respondent| right.respondents.is_empty() || right.respondents.contains(&respondent);
    if !facts.respondent.is_none_or(answers) {
        return false;
    }
    match right.reach {
        Reach::Plain => true,
        Reach::Study => standing.sites.is_empty(),
        Reach::Site => facts.site.as_ref().is_none_or(|site| standing.covers(site)),
        Reach::Caseload => facts.participant.is_none() || facts.therapist.as_ref() == caller.account(),
        Reach::Visit => {
            let own = facts.respondent == Some(Respondent::Assessor)
                && facts.rater.is_some()
                && facts.rater.as_ref() == caller.account();
            // About the person as such, whoever rates a visit of hers may do what the role may.
            facts.participant.is_none() || own || (facts.respondent.is_none() && facts.visits)
        }
    }
}

/// An object that only some arms have is not there for whoever sees no arm.
fn sees_object(standing: &Standing, facts: &Facts) -> bool {
    !facts.arm_bound || standing.sees_arm != SeesArm::None
}

/// Whether a role knows that the object exists, so that a refusal may say so.
fn knows_of(standing: &Standing, caller: &Caller, facts: &Facts) -> bool {
    if facts.participant.is_none() {
        return true;
    }
    let reach = match standing.role {
        Role::Lead | Role::Monitor | Role::Coordinator => Reach::Site,
        Role::Therapist => Reach::Caseload,
        Role::Assessor => Reach::Visit,
        Role::Statistician | Role::Administrator => return false,
    };
    let right = Right { role: standing.role, reach, duty: None, needs_arm: None, respondents: &[] };
    reaches(&right, standing, caller, facts) && sees_object(standing, facts)
}

fn unbound() -> Grant {
    Grant { role: None, reach: Reach::Study, sites: None, sees_arm: SeesArm::None, duties: Vec::new() }
}

#[cfg(test)]
mod tests;
