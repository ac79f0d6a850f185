//! What is analysed: outcomes, flags, sets, adherence.

use serde::Serialize;

use crate::trial::role::words;

/// `[analysis]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Analysis {
    /// What is compared.
    pub outcomes: Vec<Outcome>,
    /// Derived yes/no variables.
    pub flags: Vec<Flag>,
    /// Analysis sets (all_randomized is built in).
    pub sets: Vec<Flag>,
}

words! {
    /// The part that an outcome plays.
    OutcomeRole {
        /// The one.
        Primary = "primary",
        /// One of several.
        CoPrimary = "co_primary",
        /// Another.
        Secondary = "secondary",
        /// How it works.
        Process = "process",
        /// What it costs.
        Cost = "cost",
    }
}

words! {
    /// The shape of an outcome.
    OutcomeShape {
        /// One time.
        Point = "point",
        /// Several times.
        Points = "points",
        /// The course over time.
        Course = "course",
        /// A share.
        Share = "share",
    }
}

/// What is compared.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Outcome {
    /// Its id.
    pub id: String,
    /// The part that it plays.
    pub role: OutcomeRole,
    /// A score, number field, `flag.x` or `use.x`: `phq9.total`.
    pub of: String,
    /// Its shape.
    pub shape: OutcomeShape,
    /// The occasions.
    pub at: Vec<String>,
    /// The occasion of its baseline.
    pub base: Option<String>,
    /// The arms in which it means something; `None` for all.
    pub arms: Option<Vec<String>>,
    /// `lower` or `higher`; `None`: as the instrument.
    pub better: Option<String>,
}

/// A derived yes/no variable.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Flag {
    /// Its id.
    pub id: String,
    /// What it says.
    pub say: String,
    /// The rule (expression).
    pub rule: String,
}

words! {
    /// The kind of an adherence variable.
    AdherenceKind {
        /// A count.
        Count = "count",
        /// Minutes.
        Minutes = "minutes",
        /// A share.
        Share = "share",
        /// Yes or no.
        Yesno = "yesno",
        /// A date.
        Date = "date",
    }
}

/// What is kept of the use of a treatment.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct AdherenceVariable {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: AdherenceKind,
    /// What it says.
    pub say: String,
    /// Where it comes from: api, csv, therapist, participant.
    pub from: Vec<String>,
    /// The arms that have it; `None` for all.
    pub arms: Option<Vec<String>>,
}
