//! Who asks, and about what: everything that a decision may look at.

use crate::kernel::ids::AccountId;
use crate::kernel::ids::AssessmentId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::SessionId;
use crate::kernel::ids::SiteId;
use crate::kernel::ids::StudyId;
use crate::trial::role::Duty;
use crate::trial::role::Respondent;
use crate::trial::role::Role;
use crate::trial::role::SeesArm;
use crate::trial::role::words;

words! {
    /// What an API token may read or write.
    TokenScope {
        /// Counts, pooled.
        ConsortRead = "consort:read",
        /// Datasets.
        DatasetsRead = "datasets:read",
        /// The audit trail.
        AuditRead = "audit:read",
        /// Use of the treatment.
        UsageWrite = "usage:write",
        /// Arms, where the owner sees them all.
        ArmsRead = "arms:read",
    }
}

/// A role in one study that is in force now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    /// The study.
    pub study: StudyId,
    /// The role.
    pub role: Role,
    /// Its sites; empty for all.
    pub sites: Vec<SiteId>,
    /// Which arms it sees.
    pub sees_arm: SeesArm,
    /// Its duties.
    pub duties: Vec<Duty>,
}

impl Standing {
    /// Whether it covers a site.
    pub fn covers(&self, site: &SiteId) -> bool {
        self.sites.is_empty() || self.sites.contains(site)
    }
}

/// How much of a person a participant's session shows: never more than whoever handed over its link may know, for the two
/// may be in one hand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Span {
    /// All that the person is asked: the link came from somebody who may know the arm.
    Person,
    /// All that the person is asked before the draw, with which the session ends: afterwards it would tell the arm.
    UntilDraw,
    /// One assessment.
    Assessment(AssessmentId),
}

impl Span {
    /// The assessment, where the session is for one.
    pub fn assessment(&self) -> Option<&AssessmentId> {
        match self {
            Self::Assessment(id) => Some(id),
            Self::Person | Self::UntilDraw => None,
        }
    }

    /// Whether something is within it: an assessment, or what is of the person as such.
    pub fn covers(&self, assessment: Option<&AssessmentId>) -> bool {
        assessment.is_none_or(|about| self.assessment().is_none_or(|own| own == about))
    }
}

/// Who asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Caller {
    /// Nobody known.
    Nobody,
    /// A person of the staff.
    Staff {
        /// The account.
        account: AccountId,
        /// The session; `None` for an API token.
        session: Option<SessionId>,
        /// The organisation, as the audit trail states it.
        organisation: String,
        /// Whether it runs the installation.
        is_administrator: bool,
        /// The roles that are in force now.
        standings: Vec<Standing>,
        /// The study and scopes of the API token, if one was shown.
        token: Option<(StudyId, Vec<TokenScope>)>,
    },
    /// A participant.
    Participant {
        /// The participant.
        id: ParticipantId,
        /// The study.
        study: StudyId,
        /// The session.
        session: SessionId,
        /// Whether a code has confirmed who it is.
        verified: bool,
        /// How much of the person the session shows.
        span: Span,
    },
    /// The service itself.
    System(&'static str),
}

impl Caller {
    /// The name that audit events hold.
    pub fn actor(&self) -> String {
        match self {
            Self::Nobody => "nobody".to_owned(),
            Self::Staff { account, .. } => account.to_string(),
            Self::Participant { id, .. } => id.to_string(),
            Self::System(job) => format!("system:{job}"),
        }
    }

    /// The organisation that audit events hold.
    pub fn organisation(&self) -> &str {
        match self {
            Self::Staff { organisation, .. } => organisation,
            Self::Nobody | Self::Participant { .. } | Self::System(_) => "",
        }
    }

    /// Whether the caller rates visits in some study.
    pub fn is_assessor(&self) -> bool {
        match self {
            Self::Staff { standings, .. } => standings.iter().any(|standing| standing.role == Role::Assessor),
            Self::Nobody | Self::Participant { .. } | Self::System(_) => false,
        }
    }

    /// How much of the person a participant's session shows.
    pub fn span(&self) -> Option<&Span> {
        match self {
            Self::Participant { span, .. } => Some(span),
            Self::Nobody | Self::Staff { .. } | Self::System(_) => None,
        }
    }

    /// The account, if staff.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Staff { account, .. } => Some(account),
            Self::Nobody | Self::Participant { .. } | Self::System(_) => None,
        }
    }
}

/// What the act is about.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Facts {
    /// The study.
    pub study: Option<StudyId>,
    /// The site of the participant.
    pub site: Option<SiteId>,
    /// The participant.
    pub participant: Option<ParticipantId>,
    /// The participant's therapist.
    pub therapist: Option<AccountId>,
    /// Whether the participant was drawn.
    pub is_drawn: bool,
    /// The assessment.
    pub assessment: Option<AssessmentId>,
    /// Who answers the assessment.
    pub respondent: Option<Respondent>,
    /// The rater that the assessment is assigned to.
    pub rater: Option<AccountId>,
    /// Whether the caller is the rater of some visit of the participant.
    pub visits: bool,
    /// Whether only some arms have the object.
    pub arm_bound: bool,
}

/// How far a role reaches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    /// The whole study.
    Study,
    /// The assignment's sites.
    Site,
    /// The therapist's own people.
    Caseload,
    /// The rater's assigned visits.
    Visit,
}

/// A permission that was given: as what, and how far.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Grant {
    /// The role in which it is done; `None` outside studies, for participants and for the service.
    pub role: Option<Role>,
    /// How far it reaches.
    pub reach: Reach,
    /// Its sites; `None` for all.
    pub sites: Option<Vec<SiteId>>,
    /// Which arms may be shown.
    pub sees_arm: SeesArm,
    /// The duties that go with it.
    pub duties: Vec<Duty>,
}

impl Grant {
    /// The word that audit events hold for the role.
    pub fn role_word(&self, caller: &Caller) -> &'static str {
        match (self.role, caller) {
            (Some(role), _) => role.as_str(),
            (None, Caller::Staff { is_administrator: true, .. }) => "administrator",
            (None, Caller::Staff { .. }) => "staff",
            (None, Caller::Participant { .. }) => "participant",
            (None, Caller::System(_)) => "system",
            (None, Caller::Nobody) => "nobody",
        }
    }
}
