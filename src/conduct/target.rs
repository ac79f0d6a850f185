//! What an act is about: found by its id alone, with everything that a decision needs.

use crate::kernel::Error;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::AlertId;
use crate::kernel::ids::AssessmentId;
use crate::kernel::ids::AssignmentId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::SiteId;
use crate::storage::Tx;
use crate::storage::alert;
use crate::storage::alert::Alert;
use crate::storage::assessment;
use crate::storage::assessment::Assessment;
use crate::storage::participant;
use crate::storage::participant::Participant;
use crate::storage::people;
use crate::storage::people::Account;
use crate::storage::staff;
use crate::storage::staff::Assignment;
use crate::storage::staff::Site;
use crate::storage::study;
use crate::storage::study::Study;
use crate::storage::study::StudyState;
use crate::trial::audit::event::Chain;
use crate::trial::permission::caller::Caller;
use crate::trial::permission::caller::Facts;

/// What an act is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// The installation.
    Installation,
    /// The caller's own account.
    OwnAccount,
    /// An account.
    Account(AccountId),
    /// A study by id or alias.
    Study(String),
    /// A site.
    Site(SiteId),
    /// A role that was granted.
    Assignment(AssignmentId),
    /// A participant.
    Participant(ParticipantId),
    /// A participant, with the study locked too: allocations are serial in a study.
    ParticipantInStudy(ParticipantId),
    /// The participant who asks.
    Own,
    /// An assessment.
    Assessment(AssessmentId),
    /// An assessment of the participant who asks.
    OwnAssessment(AssessmentId),
    /// An alert.
    Alert(AlertId),
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    study: Option<Study>,
    site: Option<Site>,
    participant: Option<Participant>,
    assessment: Option<Assessment>,
    alert: Option<Alert>,
    account: Option<Account>,
    assignment: Option<Assignment>,
    visits: bool,
}

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident: $kind:ty;)*) => {
        impl Scope {
            $($(#[$doc])*
            pub fn $name(&self) -> Result<&$kind, Error> {
                self.$name.as_ref().ok_or_else(Error::not_found)
            })*
        }
    };
}

parts! {
    /// The study.
    study: Study;
    /// The site.
    site: Site;
    /// The participant.
    participant: Participant;
    /// The assessment.
    assessment: Assessment;
    /// The alert.
    alert: Alert;
    /// The account.
    account: Account;
    /// The role that was granted.
    assignment: Assignment;
}

impl Scope {
    /// The facts that a decision may look at.
    pub fn facts(&self) -> Facts {
        let participant = self.participant.as_ref();
        let assessment = self.assessment.as_ref();
        Facts {
            study: self.study.as_ref().map(|study| study.id.clone()),
            site: participant
                .map(|participant| participant.site.clone())
                .or_else(|| self.site.as_ref().map(|site| site.id.clone())),
            participant: participant.map(|participant| participant.id.clone()),
            is_drawn: participant.is_some_and(|participant| participant.state.is_drawn()),
            assessment: assessment.map(|assessment| assessment.id.clone()),
            therapist: participant.and_then(|participant| participant.therapist.clone()),
            respondent: assessment.map(|assessment| assessment.respondent),
            rater: assessment.and_then(|assessment| assessment.assigned_to.clone()),
            visits: self.visits,
            arm_bound: assessment.is_some_and(|assessment| assessment.arm_bound),
        }
    }
}

/// Finds the target. Whatever is missing is `not_found`, as an unknown id.
pub fn resolve(tx: &mut Tx<'_>, target: &Target, caller: &Caller) -> Result<Scope, Error> {
    let scope = Scope::default();
    match target {
        Target::Installation => Ok(scope),
        Target::OwnAccount => match caller.account() {
            Some(id) => of_account(tx, id),
            None => Ok(scope),
        },
        Target::Account(id) => of_account(tx, id),
        Target::Study(name) => {
            let study = study::find_by_name(tx, name)?.ok_or_else(Error::not_found)?;
            Ok(Scope { study: Some(study), ..scope })
        }
        Target::Site(id) => {
            let site = staff::find_site(tx, id)?.ok_or_else(Error::not_found)?;
            let study = study::find(tx, &site.study)?;
            Ok(Scope { study, site: Some(site), ..scope })
        }
        Target::Assignment(id) => {
            let assignment = staff::find_assignment(tx, id)?.ok_or_else(Error::not_found)?;
            let study = study::find(tx, &assignment.study)?;
            Ok(Scope { study, assignment: Some(assignment), ..scope })
        }
        Target::Participant(id) | Target::ParticipantInStudy(id) => {
            let visits = match caller.account().filter(|_| caller.is_assessor()) {
                Some(account) => assessment::is_rater(tx, id, account)?,
                None => false,
            };
            Ok(Scope { visits, ..of_participant(tx, id)? })
        }
        Target::Own => match caller {
            Caller::Participant { id, .. } => of_participant(tx, id),
            Caller::Nobody => Err(Error::unauthenticated("session.missing")),
            Caller::Staff { .. } | Caller::System(_) => Err(Error::not_found()),
        },
        Target::Assessment(id) | Target::OwnAssessment(id) => of_assessment(tx, id),
        Target::Alert(id) => {
            let alert = alert::find(tx, id)?.ok_or_else(Error::not_found)?;
            Ok(Scope { alert: Some(alert.clone()), ..of_participant(tx, &alert.participant)? })
        }
    }
}

fn of_account(tx: &mut Tx<'_>, id: &AccountId) -> Result<Scope, Error> {
    let account = people::find_account(tx, id)?.ok_or_else(Error::not_found)?;
    Ok(Scope { account: Some(account), ..Scope::default() })
}

fn of_participant(tx: &mut Tx<'_>, id: &ParticipantId) -> Result<Scope, Error> {
    let person = participant::find(tx, id)?.ok_or_else(Error::not_found)?;
    let study = study::find(tx, &person.study)?;
    let site = staff::find_site(tx, &person.site)?;
    Ok(Scope { study, site, participant: Some(person), ..Scope::default() })
}

fn of_assessment(tx: &mut Tx<'_>, id: &AssessmentId) -> Result<Scope, Error> {
    let assessment = assessment::find(tx, id)?.ok_or_else(Error::not_found)?;
    let scope = of_participant(tx, &assessment.participant)?;
    Ok(Scope { assessment: Some(assessment), ..scope })
}

/// The chains whose heads an act on this target locks, in the fixed order: study, then participant, then account.
pub fn chains(target: &Target, scope: &Scope, caller: &Caller) -> Vec<Chain> {
    let study = scope.study.as_ref().map(|study| Chain::Study(study.id.clone()));
    let person = scope.participant.as_ref().map(|person| Chain::Participant(person.id.clone()));
    let account = scope.account.as_ref().map(|account| Chain::Account(account.id.clone()));
    match target {
        // The caller's own chain makes retries of one key wait for each other.
        Target::Installation => caller.account().cloned().map(Chain::Account).into_iter().collect(),
        Target::OwnAccount | Target::Account(_) => account.into_iter().collect(),
        Target::Study(_) | Target::Site(_) | Target::Assignment(_) => study.into_iter().collect(),
        Target::ParticipantInStudy(_) => study.into_iter().chain(person).collect(),
        Target::Participant(_)
        | Target::Own
        | Target::Assessment(_)
        | Target::OwnAssessment(_)
        | Target::Alert(_) => person.into_iter().collect(),
    }
}

/// Answers, corrections and events are taken while the study is not locked.
pub fn require_unlocked(study: &Study) -> Result<(), Error> {
    match study.state {
        StudyState::Open | StudyState::Paused | StudyState::Closed => Ok(()),
        StudyState::Locked | StudyState::Revealed => Err(Error::conflict("study.locked")),
        StudyState::Draft => Err(Error::conflict("study.not_open")),
    }
}
