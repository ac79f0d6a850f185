//! Who may do what. Reads as the permission matrix of the service; the decision procedure adds nothing to it.

use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Reach;
use crate::trial::permission::caller::TokenScope;
use crate::trial::role::Duty;
use crate::trial::role::Respondent;
use crate::trial::role::Role;
use crate::trial::role::SeesArm;

/// One role's right in a row.
#[derive(Clone, Copy, Debug)]
pub struct Right {
    /// The role.
    pub role: Role,
    /// How far it reaches.
    pub reach: Reach,
    /// The duty that it needs.
    pub duty: Option<Duty>,
    /// The arms that the assignment must see.
    pub needs_arm: Option<SeesArm>,
    /// Whose assessments it is about; empty for all.
    pub respondents: &'static [Respondent],
}

/// The session of a participant that a row asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Own {
    /// A link is enough.
    Write,
    /// A code must have been typed.
    Verified,
}

/// One row of the matrix.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Whether everybody may.
    pub everybody: bool,
    /// Whether every signed-in person of the staff may.
    pub any_staff: bool,
    /// Whether the administrator may.
    pub administrator: bool,
    /// The roles that may.
    pub rights: &'static [Right],
    /// The participant's own right.
    pub own: Option<Own>,
    /// The scope with which an API token may; `None`: never.
    pub token: Option<TokenScope>,
    /// Whether a refusal must not tell that the object exists.
    pub hidden: bool,
}

const NOBODY: Row = Row {
    everybody: false,
    any_staff: false,
    administrator: false,
    rights: &[],
    own: None,
    token: None,
    hidden: false,
};

const fn right(role: Role, reach: Reach) -> Right {
    Right { role, reach, duty: None, needs_arm: None, respondents: &[] }
}

const fn with(role: Role, reach: Reach, duty: Duty) -> Right {
    Right { role, reach, duty: Some(duty), needs_arm: None, respondents: &[] }
}

const fn seeing_all(role: Role) -> Right {
    Right { role, reach: Reach::Study, duty: None, needs_arm: Some(SeesArm::All), respondents: &[] }
}

const fn entering(role: Role, reach: Reach, respondents: &'static [Respondent]) -> Right {
    Right { role, reach, duty: None, needs_arm: None, respondents }
}

/// What the office enters: its own forms, and what came on paper or was said on the telephone. A rater's or therapist's
/// form is filled in by nobody else.
const OFFICE: &[Respondent] = &[Respondent::Participant, Respondent::Guardian, Respondent::Coordinator];

const LEAD_OF_STUDY: Right = right(Role::Lead, Reach::Study);
const LEAD_OF_SITE: Right = right(Role::Lead, Reach::Site);
const COORDINATOR: Right = right(Role::Coordinator, Reach::Site);
const THERAPIST: Right = right(Role::Therapist, Reach::Caseload);
const ASSESSOR: Right = right(Role::Assessor, Reach::Visit);
const STATISTICIAN: Right = right(Role::Statistician, Reach::Study);
const MONITOR: Right = right(Role::Monitor, Reach::Study);

macro_rules! rights {
    ($($right:expr),* $(,)?) => { const { &[$($right),*] } };
}

/// The row of an action.
pub fn row(action: Action) -> Row {
    match action {
        Action::Public => Row { everybody: true, ..NOBODY },
        Action::OwnAccount => Row { any_staff: true, ..NOBODY },
        Action::ManageAccounts | Action::CreateStudy | Action::ReadAccountAudit => {
            Row { administrator: true, ..NOBODY }
        }
        Action::CheckProtocol => Row { any_staff: true, ..NOBODY },
        Action::ReadStudy => Row {
            administrator: true,
            rights: rights![
                right(Role::Lead, Reach::Plain),
                right(Role::Coordinator, Reach::Plain),
                right(Role::Therapist, Reach::Plain),
                right(Role::Assessor, Reach::Plain),
                STATISTICIAN,
                MONITOR,
            ],
            token: Some(TokenScope::DatasetsRead),
            ..NOBODY
        },
        Action::ReadReadiness => Row { administrator: true, rights: rights![LEAD_OF_SITE], ..NOBODY },
        Action::RunStudy | Action::AddSite => Row { rights: rights![LEAD_OF_STUDY], ..NOBODY },
        Action::ChangeSite => Row { rights: rights![LEAD_OF_SITE], ..NOBODY },
        Action::ManageStaff => Row { administrator: true, rights: rights![LEAD_OF_SITE], ..NOBODY },
        Action::ReadStaff => Row { administrator: true, rights: rights![LEAD_OF_SITE, MONITOR], ..NOBODY },
        Action::Register | Action::ConductEnrolment | Action::AssignVisit => {
            Row { rights: rights![LEAD_OF_SITE, COORDINATOR], ..NOBODY }
        }
        Action::ListParticipants | Action::ReadParticipant => {
            Row { rights: rights![LEAD_OF_SITE, COORDINATOR, THERAPIST, MONITOR], ..NOBODY }
        }
        Action::Judge => Row { rights: rights![LEAD_OF_SITE, COORDINATOR, ASSESSOR], ..NOBODY },
        Action::Decide => Row {
            rights: rights![
                with(Role::Lead, Reach::Site, Duty::SignEligibility),
                with(Role::Coordinator, Reach::Site, Duty::SignEligibility),
            ],
            ..NOBODY
        },
        Action::RecordAnchor => Row { rights: rights![LEAD_OF_SITE, COORDINATOR, THERAPIST], ..NOBODY },
        Action::ReadAssessments => {
            Row { rights: rights![LEAD_OF_SITE, COORDINATOR, THERAPIST, ASSESSOR, MONITOR], ..NOBODY }
        }
        Action::IssueLink => Row {
            rights: rights![
                with(Role::Lead, Reach::Site, Duty::Contacts),
                with(Role::Coordinator, Reach::Site, Duty::Contacts),
            ],
            ..NOBODY
        },
        Action::EnterAnswers => Row {
            rights: rights![
                entering(Role::Lead, Reach::Site, OFFICE),
                entering(Role::Coordinator, Reach::Site, OFFICE),
                entering(Role::Therapist, Reach::Caseload, &[Respondent::Therapist]),
                entering(Role::Assessor, Reach::Visit, &[Respondent::Assessor]),
            ],
            ..NOBODY
        },
        Action::ReadAnswers => {
            Row { rights: rights![LEAD_OF_SITE, COORDINATOR, THERAPIST, ASSESSOR, MONITOR], ..NOBODY }
        }
        Action::ReadAlerts => Row {
            rights: rights![
                LEAD_OF_SITE,
                with(Role::Coordinator, Reach::Site, Duty::Alerts),
                with(Role::Therapist, Reach::Caseload, Duty::Alerts),
            ],
            ..NOBODY
        },
        Action::HandleAlerts => Row {
            rights: rights![
                with(Role::Lead, Reach::Site, Duty::Alerts),
                with(Role::Coordinator, Reach::Site, Duty::Alerts),
                with(Role::Therapist, Reach::Caseload, Duty::Alerts),
            ],
            ..NOBODY
        },
        Action::ManageDesign => {
            Row { rights: rights![seeing_all(Role::Statistician)], hidden: true, ..NOBODY }
        }
        Action::ReadCertificate => Row { any_staff: true, ..row(Action::ReadStudy) },
        Action::ReadChecklist => Row { rights: rights![LEAD_OF_SITE, COORDINATOR], ..NOBODY },
        Action::Allocate => Row {
            rights: rights![
                with(Role::Lead, Reach::Site, Duty::Randomize),
                with(Role::Coordinator, Reach::Site, Duty::Randomize),
            ],
            ..NOBODY
        },
        Action::ReadAllocation => Row {
            rights: rights![LEAD_OF_SITE, COORDINATOR, THERAPIST, seeing_all(Role::Statistician), MONITOR],
            ..NOBODY
        },
        Action::ReadReveal => Row { rights: rights![LEAD_OF_STUDY, STATISTICIAN, MONITOR], ..NOBODY },
        Action::ReadDatasets => {
            Row { rights: rights![STATISTICIAN, MONITOR], token: Some(TokenScope::DatasetsRead), ..NOBODY }
        }
        Action::ReadAudit => Row {
            rights: rights![LEAD_OF_SITE, COORDINATOR, MONITOR],
            token: Some(TokenScope::AuditRead),
            ..NOBODY
        },
        Action::VerifyAudit => Row {
            administrator: true,
            rights: rights![LEAD_OF_STUDY, MONITOR],
            token: Some(TokenScope::AuditRead),
            ..NOBODY
        },
        Action::OwnRecord => Row { own: Some(Own::Write), ..NOBODY },
        Action::OwnConsent => Row { own: Some(Own::Verified), ..NOBODY },
        Action::System => NOBODY,
    }
}

/// Whether a role works for the whole study, and never for some of its sites.
pub fn is_of_whole_study(role: Role) -> bool {
    match role {
        Role::Statistician | Role::Monitor | Role::Administrator => true,
        Role::Lead | Role::Coordinator | Role::Therapist | Role::Assessor => false,
    }
}

/// Roles that one person can't hold together in a study: a blinded assessor holds no other role, and whoever sees all arms
/// neither leads, enrols, treats nor rates. An administrator holds no study role at all.
pub fn are_incompatible(first: (Role, SeesArm), second: (Role, SeesArm)) -> bool {
    let one_way = |a: (Role, SeesArm), b: (Role, SeesArm)| {
        a.0 == Role::Administrator
            || (a.0 == Role::Assessor && b.0 != Role::Assessor)
            || knows_too_much(a, b.0)
    };
    one_way(first, second) || one_way(second, first)
}

/// Whether somebody who has once had a role knows too much for another one, for ever: all arms tell what comes next, and who
/// has treated knows what was treated.
pub fn knows_too_much(held: (Role, SeesArm), wanted: Role) -> bool {
    match wanted {
        Role::Assessor => held.1 == SeesArm::All || held.0 == Role::Therapist,
        Role::Lead | Role::Coordinator | Role::Therapist => held.1 == SeesArm::All,
        Role::Statistician | Role::Monitor | Role::Administrator => false,
    }
}

/// Duties that a role may carry.
pub fn may_carry(role: Role, duty: Duty) -> bool {
    match role {
        Role::Lead | Role::Coordinator => true,
        Role::Therapist => matches!(duty, Duty::Alerts | Duty::EmergencyUnblind),
        Role::Assessor | Role::Statistician | Role::Monitor | Role::Administrator => false,
    }
}

/// Whether a role may see these arms at all, where the protocol names the roles that are blind.
pub fn may_see(role: Role, sees: SeesArm, blind: &[Role]) -> bool {
    match sees {
        SeesArm::None => true,
        SeesArm::Own => {
            matches!(role, Role::Lead | Role::Coordinator | Role::Therapist) && !blind.contains(&role)
        }
        SeesArm::All => matches!(role, Role::Statistician | Role::Monitor),
    }
}
