//! What is compared: arms, treatments, hypotheses.

use serde::Serialize;

use crate::kernel::number::Number;
use crate::trial::role::words;

/// `[comparison]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The arms in design order.
    pub arms: Vec<Arm>,
    /// What somebody may get later though no arm gives it.
    pub treatments: Vec<Treatment>,
    /// What is tested.
    pub hypotheses: Vec<Hypothesis>,
}

words! {
    /// The kind of a condition.
    ArmKind {
        /// Internet-delivered psychodynamic therapy.
        Ipdt = "ipdt",
        /// Internet-delivered cognitive behaviour therapy.
        Icbt = "icbt",
        /// Emotional awareness and expression therapy.
        Eaet = "eaet",
        /// Supportive contact.
        Supportive = "supportive",
        /// A group with a leader.
        GroupGuided = "group_guided",
        /// A group without one.
        GroupUnguided = "group_unguided",
        /// An open web site.
        OpenSite = "open_site",
        /// Usual care.
        UsualCare = "usual_care",
        /// Waiting.
        Waitlist = "waitlist",
        /// Waiting with check-ups.
        WaitlistCheckups = "waitlist_checkups",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// The human support of a condition.
    Support {
        /// A therapist guides.
        Guided = "guided",
        /// Nobody does.
        Unguided = "unguided",
        /// Somebody checks how it goes.
        Checkups = "checkups",
        /// None.
        None = "none",
    }
}

/// A condition that people are randomized to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Arm {
    /// Its code, for ever.
    pub id: String,
    /// Its name, for staff only.
    pub label: String,
    /// What kind of condition it is.
    pub kind: ArmKind,
    /// Its share in the randomization.
    pub ratio: u32,
    /// How long it takes, in weeks.
    pub weeks: Option<u32>,
    /// Its human support.
    pub support: Support,
    /// The intended dose, in words.
    pub dose: Option<String>,
    /// When the intervention counts as received (expression).
    pub received: Option<String>,
}

/// A treatment that no arm gives at first.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Treatment {
    /// Its code.
    pub id: String,
    /// Its name, for staff.
    pub label: String,
    /// Its kind.
    pub kind: ArmKind,
    /// How long it takes, in weeks.
    pub weeks: Option<u32>,
    /// Its human support.
    pub support: Support,
    /// The intended dose, in words.
    pub dose: Option<String>,
}

words! {
    /// The kind of a hypothesis.
    HypothesisKind {
        /// One is better.
        Superiority = "superiority",
        /// One is not much worse.
        NonInferiority = "non_inferiority",
        /// Neither is much better.
        Equivalence = "equivalence",
        /// A share is reached.
        Target = "target",
        /// Nothing is tested.
        Descriptive = "descriptive",
    }
}

words! {
    /// What a margin is measured in.
    Metric {
        /// Standardized mean difference.
        CohenD = "cohen_d",
        /// Scale points.
        Points = "points",
        /// A ratio.
        Ratio = "ratio",
        /// Percent.
        Percent = "percent",
    }
}

/// What is tested.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hypothesis {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: HypothesisKind,
    /// The outcome's id.
    pub outcome: String,
    /// Pooled groups of arms.
    pub compare: Vec<Vec<String>>,
    /// The margin.
    pub margin: Option<Number>,
    /// What the margin is measured in.
    pub metric: Option<Metric>,
    /// The share to reach.
    pub target: Option<Number>,
    /// The analysis set.
    pub set: String,
    /// Variables that the analysis adjusts for.
    pub adjust: Vec<String>,
    /// The level of the test; `None`: not stated.
    pub alpha: Option<Number>,
    /// One or two sides; `None`: not stated.
    pub sides: Option<u32>,
    /// ICH E9(R1): the population.
    pub population: Option<String>,
    /// ICH E9(R1): intercurrent events and their strategies.
    pub events: Vec<(String, String)>,
    /// ICH E9(R1): the summary measure.
    pub summary: Option<String>,
}
