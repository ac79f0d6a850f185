//! Who gets in: steps, criteria, consents.

use serde::Serialize;

use crate::kernel::time::Date;
use crate::trial::role::Role;
use crate::trial::role::words;

/// `[enrolment]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Enrolment {
    /// The document with other help for whoever is not eligible.
    pub elsewhere: String,
    /// The steps in their order.
    pub steps: Vec<Step>,
    /// Who gets in.
    pub criteria: Vec<Criterion>,
}

words! {
    /// The kind of an enrolment step.
    StepKind {
        /// Questions that decide who goes on.
        Screening = "screening",
        /// Consent.
        Consent = "consent",
        /// An interview.
        Interview = "interview",
        /// A document is handed in.
        Document = "document",
        /// Somebody decides.
        Decision = "decision",
        /// Measures before treatment.
        Baseline = "baseline",
        /// Inclusion where nothing is drawn.
        Inclusion = "inclusion",
        /// The draw.
        Randomization = "randomization",
    }
}

/// One step of enrolment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: StepKind,
    /// The occasion of a screening, interview, baseline.
    pub occasion: Option<String>,
    /// The consent of a consent step.
    pub consent: Option<String>,
    /// Roles that act.
    pub by: Vec<Role>,
    /// How many different persons must agree.
    pub quorum: u32,
    /// After how many hours an unfinished step lapses.
    pub within_hours: Option<u32>,
}

/// One criterion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Criterion {
    /// Its id.
    pub id: String,
    /// The step at which it is judged.
    pub step: String,
    /// What it says, for staff.
    pub say: String,
    /// Including or excluding.
    pub sense: Sense,
    /// By rule or by people.
    pub judged: Judged,
}

words! {
    /// What it means that a criterion is met.
    Sense {
        /// The person stays in.
        Include = "include",
        /// The person is out.
        Exclude = "exclude",
    }
}

/// Who says whether a criterion is met.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Judged {
    /// A rule (expression).
    Rule(String),
    /// People.
    People {
        /// Roles that may judge.
        by: Vec<Role>,
        /// What the judgement rests on.
        evidence: Evidence,
    },
}

words! {
    /// What a judgement rests on.
    Evidence {
        /// An interview.
        Interview = "interview",
        /// A document.
        Document = "document",
        /// A conference.
        Conference = "conference",
        /// A call.
        Call = "call",
    }
}

/// `[consent.<id>]`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Consent {
    /// Its version: digits.
    pub version: u32,
    /// Its date.
    pub dated: Date,
    /// The document's name: `messages/<study>/<lang>/<text>.md`.
    pub text: String,
    /// Ways in which it may be given.
    pub how: Vec<ConsentHow>,
    /// What is agreed to, one by one.
    pub items: Vec<ConsentItem>,
    /// When a guardian must agree too (expression).
    pub guardian_when: Option<String>,
    /// Whether staff countersign.
    pub countersign: bool,
    /// Questions on understanding.
    pub checks: Vec<ConsentCheck>,
    /// What a new version asks of those who agreed to the one before.
    pub reconsent: Reconsent,
}

words! {
    /// A way of giving consent.
    ConsentHow {
        /// On the page.
        Online = "online",
        /// A signed letter.
        PaperPost = "paper_post",
        /// Signed on site.
        PaperOnsite = "paper_onsite",
        /// A national electronic identity.
        Eid = "eid",
    }
}

words! {
    /// What a new consent version asks.
    Reconsent {
        /// Nothing.
        None = "none",
        /// People are told.
        Notify = "notify",
        /// No data until they agree.
        Block = "block",
    }
}

/// One thing that is agreed to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ConsentItem {
    /// Its id.
    pub id: String,
    /// Whether nobody takes part without it.
    pub required: bool,
    /// What it says (first language).
    pub say: String,
}

/// A question on understanding.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ConsentCheck {
    /// The question.
    pub ask: String,
    /// The answers.
    pub options: Vec<String>,
    /// The right one, from 0.
    pub right: u32,
}
