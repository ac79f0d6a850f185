//! A protocol, typed, with all defaults filled in. Lists keep the order of the file; keyed tables are sorted by key.
//! Expressions are kept as texts that have passed the checker and are compiled where they are used.

mod analysis;
mod comparison;
mod enrolment;
mod following;
mod questions;
mod randomization;
mod study;

use serde::Serialize;
use std::collections::BTreeMap;

pub use crate::trial::protocol::model::analysis::AdherenceKind;
pub use crate::trial::protocol::model::analysis::AdherenceVariable;
pub use crate::trial::protocol::model::analysis::Analysis;
pub use crate::trial::protocol::model::analysis::Flag;
pub use crate::trial::protocol::model::analysis::Outcome;
pub use crate::trial::protocol::model::analysis::OutcomeRole;
pub use crate::trial::protocol::model::analysis::OutcomeShape;
pub use crate::trial::protocol::model::comparison::Arm;
pub use crate::trial::protocol::model::comparison::ArmKind;
pub use crate::trial::protocol::model::comparison::Comparison;
pub use crate::trial::protocol::model::comparison::Hypothesis;
pub use crate::trial::protocol::model::comparison::HypothesisKind;
pub use crate::trial::protocol::model::comparison::Metric;
pub use crate::trial::protocol::model::comparison::Support;
pub use crate::trial::protocol::model::comparison::Treatment;
pub use crate::trial::protocol::model::enrolment::Consent;
pub use crate::trial::protocol::model::enrolment::ConsentCheck;
pub use crate::trial::protocol::model::enrolment::ConsentHow;
pub use crate::trial::protocol::model::enrolment::ConsentItem;
pub use crate::trial::protocol::model::enrolment::Criterion;
pub use crate::trial::protocol::model::enrolment::Enrolment;
pub use crate::trial::protocol::model::enrolment::Evidence;
pub use crate::trial::protocol::model::enrolment::Judged;
pub use crate::trial::protocol::model::enrolment::Reconsent;
pub use crate::trial::protocol::model::enrolment::Sense;
pub use crate::trial::protocol::model::enrolment::Step;
pub use crate::trial::protocol::model::enrolment::StepKind;
pub use crate::trial::protocol::model::following::AlertLevel;
pub use crate::trial::protocol::model::following::Contact;
pub use crate::trial::protocol::model::following::Ladder;
pub use crate::trial::protocol::model::following::LadderStep;
pub use crate::trial::protocol::model::following::Safety;
pub use crate::trial::protocol::model::following::SafetyRule;
pub use crate::trial::protocol::model::following::Schedule;
pub use crate::trial::protocol::model::questions::Choice;
pub use crate::trial::protocol::model::questions::External;
pub use crate::trial::protocol::model::questions::FieldType;
pub use crate::trial::protocol::model::questions::Form;
pub use crate::trial::protocol::model::questions::FormItem;
pub use crate::trial::protocol::model::questions::ScoringRule;
pub use crate::trial::protocol::model::randomization::Derivation;
pub use crate::trial::protocol::model::randomization::Factor;
pub use crate::trial::protocol::model::randomization::Method;
pub use crate::trial::protocol::model::randomization::Openness;
pub use crate::trial::protocol::model::randomization::Randomization;
pub use crate::trial::protocol::model::study::DesignKind;
pub use crate::trial::protocol::model::study::Difference;
pub use crate::trial::protocol::model::study::Registry;
pub use crate::trial::protocol::model::study::SiteEntry;
pub use crate::trial::protocol::model::study::StudySection;
pub use crate::trial::protocol::model::study::VersionEntry;
pub use crate::trial::protocol::model::study::ZoneOf;

/// A whole trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Protocol {
    /// `[study]`.
    pub study: StudySection,
    /// `[registry]`.
    pub registry: Option<Registry>,
    /// `[comparison]`.
    pub comparison: Comparison,
    /// `[randomization]`; absent iff the design has a single group.
    pub randomization: Option<Randomization>,
    /// `[enrolment]`.
    pub enrolment: Enrolment,
    /// `[consent.<id>]`.
    pub consents: BTreeMap<String, Consent>,
    /// `[options]`: name → choices in order.
    pub options: BTreeMap<String, Vec<Choice>>,
    /// `[form.<id>]`.
    pub forms: BTreeMap<String, Form>,
    /// `[external]`.
    pub externals: BTreeMap<String, External>,
    /// `[schedule]`.
    pub schedule: Schedule,
    /// `[scoring.<instrument>]`: the study's own missing rules.
    pub scoring: BTreeMap<String, ScoringRule>,
    /// `[contact]`.
    pub contact: Contact,
    /// `[ladder.<id>]`, with the built-in ones that are used written out.
    pub ladders: BTreeMap<String, Ladder>,
    /// `[safety]`.
    pub safety: Safety,
    /// `[analysis]`.
    pub analysis: Analysis,
    /// `[adherence]`.
    pub adherence: Vec<AdherenceVariable>,
    /// `[history]`.
    pub history: Vec<VersionEntry>,
    /// `[accept]`: code → reason.
    pub accept: BTreeMap<String, String>,
}
