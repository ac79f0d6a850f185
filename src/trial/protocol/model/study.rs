//! What the study is: name, languages, sites, registry.

use serde::Serialize;

use crate::kernel::time::Date;
use crate::kernel::time::Zone;
use crate::trial::protocol::model::enrolment::Reconsent;
use crate::trial::role::Role;
use crate::trial::role::words;

fn zone_name<S: serde::Serializer>(zone: &Zone, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.name())
}

fn maybe_zone_name<S: serde::Serializer>(zone: &Option<Zone>, serializer: S) -> Result<S::Ok, S::Error> {
    zone.map(Zone::name).serialize(serializer)
}

words! {
    /// How people are compared.
    DesignKind {
        /// Arms side by side.
        Parallel = "parallel",
        /// Groups of people are randomized.
        Cluster = "cluster",
        /// Two or more treatments crossed.
        Factorial = "factorial",
        /// One group, no randomization.
        SingleGroup = "single_group",
    }
}

words! {
    /// Whose clock counts.
    ZoneOf {
        /// The study's.
        Study = "study",
        /// The site's.
        Site = "site",
        /// The participant's, where known.
        Participant = "participant",
    }
}

/// `[study]`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct StudySection {
    /// The study's id, for ever.
    pub id: String,
    /// The neutral name that participants and codes carry.
    pub alias: String,
    /// The full title, for staff.
    pub title: String,
    /// The version of the file: digits.
    pub version: u32,
    /// Its date.
    pub dated: Date,
    /// How people are compared.
    pub design: DesignKind,
    /// How many are planned.
    pub planned: Option<u32>,
    /// Languages of participants; the first one's words stand in the file.
    pub languages: Vec<String>,
    /// Countries, for help numbers.
    pub countries: Vec<String>,
    /// The study's zone.
    #[serde(serialize_with = "zone_name")]
    pub zone: Zone,
    /// Whose zone counts.
    pub zone_of: ZoneOf,
    /// Places that recruit.
    pub sites: Vec<SiteEntry>,
    /// Roles that never see arms.
    pub blind: Vec<Role>,
    /// The field behind `age`: `scr.entry.birth`.
    pub age_from: Option<String>,
    /// The field behind `sex`.
    pub sex_from: Option<String>,
}

/// One site of the file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SiteEntry {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its zone; the study's where none is given.
    #[serde(serialize_with = "maybe_zone_name")]
    pub zone: Option<Zone>,
}

/// `[registry]`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Registry {
    /// The registry number.
    pub number: Option<String>,
    /// The day of registration.
    pub registered: Option<Date>,
    /// First and last day of screening.
    pub screening: Option<(Date, Date)>,
    /// What differs between registry, paper and this file.
    pub differences: Vec<Difference>,
}

/// One difference between registry and paper.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Difference {
    /// What it is about.
    pub what: String,
    /// What the registry says.
    pub registry: String,
    /// What the paper says.
    pub paper: String,
}

/// One row of `[history]`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct VersionEntry {
    /// The version.
    pub version: u32,
    /// Its date.
    pub dated: Date,
    /// What it changes.
    pub say: String,
    /// The sections that it may change.
    pub allows: Vec<String>,
    /// Why.
    pub why: Option<String>,
    /// The approval.
    pub approved: Option<String>,
    /// What it asks of those who agreed before.
    pub reconsent: Option<Reconsent>,
}
