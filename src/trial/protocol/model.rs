//! A protocol, typed, with all defaults filled in. Lists keep the order of the file; keyed tables are sorted by key.
//! Expressions are kept as texts that have passed the checker and are compiled where they are used.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::kernel::time::Zone;
use crate::trial::role::Role;
use crate::trial::role::words;
use crate::trial::schedule::anchors;
use crate::trial::schedule::definition::Anchor;
use crate::trial::schedule::definition::Episode;
use crate::trial::schedule::definition::Measure;
use crate::trial::schedule::definition::Occasion;
use crate::trial::schedule::definition::Point;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::occasions::Element;

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

words! {
    /// How arms are drawn.
    Method {
        /// Each by itself.
        Simple = "simple",
        /// Permuted blocks.
        PermutedBlock = "permuted_block",
        /// Pocock and Simon.
        Minimization = "minimization",
        /// Soares and Wu.
        BigStick = "big_stick",
        /// Zhao and Weng.
        BlockUrn = "block_urn",
        /// Wei.
        WeiUrn = "wei_urn",
        /// All at once.
        WholeCohort = "whole_cohort",
        /// A list prepared outside.
        Uploaded = "uploaded",
    }
}

words! {
    /// Where the restricted parameters are.
    Openness {
        /// Typed in by the unblinded statistician; only in the sealed design.
        Sealed = "sealed",
        /// In this file: an example or replica, never opened for real participants.
        Public = "public",
        /// The method has none.
        Unrestricted = "unrestricted",
    }
}

/// `[randomization]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Randomization {
    /// How arms are drawn.
    pub method: Method,
    /// The number of the design version.
    pub design: u32,
    /// Where the restricted parameters are.
    pub openness: Openness,
    /// Stratification factors in design order.
    pub factors: Vec<Factor>,
    /// The restricted parameters, if public (`blocks` of permuted blocks). Never under the protocol's hash: the few
    /// sensible values are guessed in no time; the salted commitment covers them.
    #[serde(skip)]
    pub blocks: Option<Vec<u32>>,
}

/// A stratification factor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Factor {
    /// Its id.
    pub id: String,
    /// How its level comes about.
    pub derivation: Derivation,
}

/// How a level comes about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Derivation {
    /// A number cut: level k lies below cut k, the last is the rest.
    Cuts {
        /// The number (a dotted name).
        of: String,
        /// The levels.
        levels: Vec<String>,
        /// The cuts, ascending, one less than levels.
        cuts: Vec<Number>,
    },
    /// A choice whose codes are the levels.
    Choice {
        /// The choice field (a dotted name).
        of: String,
        /// The levels.
        levels: Vec<String>,
    },
    /// Open: levels come as logged events (sites).
    Open {
        /// What it is derived of: `site`.
        of: String,
    },
    /// One rule for each level, exactly one met.
    Rules {
        /// The levels.
        levels: Vec<String>,
        /// Their rules (expressions).
        rules: Vec<String>,
    },
}

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

/// One option of a list.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Choice {
    /// Its code, for ever.
    pub code: String,
    /// Its words (first language).
    pub label: String,
}

/// `[form.<id>]`: a study's own questionnaire.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Form {
    /// Its title (first language).
    pub title: String,
    /// Its items in order.
    pub items: Vec<FormItem>,
}

words! {
    /// The type of a form's item.
    FieldType {
        /// Yes or no.
        Yesno = "yesno",
        /// One of a list.
        Choice = "choice",
        /// Several of a list.
        Multi = "multi",
        /// A number.
        Number = "number",
        /// A date.
        Date = "date",
        /// Words.
        Text = "text",
        /// A line from 0 to 100.
        Vas = "vas",
        /// Nothing is asked.
        Info = "info",
    }
}

/// One item of a form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FormItem {
    /// Its id.
    pub id: String,
    /// Its type.
    pub kind: FieldType,
    /// The question (first language).
    pub ask: String,
    /// The list of a choice.
    pub options: Option<String>,
    /// The least number.
    pub min: Option<Number>,
    /// The largest number.
    pub max: Option<Number>,
    /// The step between numbers.
    pub step: Option<Number>,
    /// The unit (first language).
    pub unit: Option<String>,
    /// The condition under which it is shown (expression).
    pub shown: Option<String>,
    /// Whether it must be answered.
    pub required: bool,
}

/// A measure whose items are not in this system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct External {
    /// Its title.
    pub title: String,
    /// Totals that are typed in: id, least, largest.
    pub totals: Vec<(String, Number, Number)>,
}

/// `[schedule]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Schedule {
    /// When an occasion opens on its first day: `06:00:00`.
    pub opens_at: chrono::NaiveTime,
    /// How long a started draft may still be sent after the window, in minutes.
    pub grace_minutes: u32,
    /// Days from which windows are counted.
    pub anchors: Vec<Anchor>,
    /// Times of measurement, in order.
    pub occasions: Vec<Occasion>,
    /// What is asked, in the order asked.
    pub measures: Vec<Measure>,
    /// Later treatments.
    pub episodes: Vec<Episode>,
}

impl Schedule {
    /// Whether an anchor tells the arm.
    pub fn anchor_tells_arm(&self, id: &str) -> bool {
        anchors::tells_arm(&self.anchors, &self.occasions, &self.episodes, id)
    }

    /// The later treatment for which alone an anchor is there.
    pub fn later_treatment_of(&self, id: &str) -> Option<&Episode> {
        anchors::later_treatment_of(&self.anchors, &self.occasions, &self.episodes, id)
    }

    /// The arms that have an anchor, where not all have.
    pub fn arms_of_anchor(&self, id: &str) -> Option<Vec<String>> {
        anchors::arms_of(&self.anchors, &self.occasions, &self.episodes, id)
    }

    /// Whether an occasion's rows, or their dates, tell the arm.
    pub fn occasion_tells_arm(&self, element: &Element<'_>) -> bool {
        let by_anchor = match &element.occasion.timing {
            Timing::Window { anchor, .. } => self.anchor_tells_arm(anchor),
            Timing::Step { .. } => false,
        };
        by_anchor || element.is_arm_bound()
    }
}

/// `[scoring.<instrument>]`: score → missing rule (`complete` or `prorate n`).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ScoringRule {
    /// Score id → the study's own rule.
    pub rules: BTreeMap<String, String>,
    /// Why.
    pub why: String,
}

/// `[contact]`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Contact {
    /// Channels: email, sms.
    pub channels: Vec<String>,
    /// When messages go out.
    pub hour: chrono::NaiveTime,
    /// When none goes out: from, to.
    pub quiet: (chrono::NaiveTime, chrono::NaiveTime),
    /// At most so many steps a day.
    pub per_day: u32,
    /// At most so many steps a week.
    pub per_week: u32,
    /// Whether messages may use the first name.
    pub first_name: bool,
}

/// `[ladder.<id>]`: reminders of an occasion.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Ladder {
    /// Occasions that use it.
    pub at: Vec<String>,
    /// Its steps.
    pub steps: Vec<LadderStep>,
}

/// One reminder. Its `on` counts from `opens`, `due` or `closes`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct LadderStep {
    /// When.
    pub on: Point,
    /// By which channels: email, sms, call, letter.
    pub via: Vec<String>,
    /// The text's name.
    pub text: String,
    /// Whether it offers the short form.
    pub short: bool,
}

/// `[safety]`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Safety {
    /// Reading hours: from, to.
    pub hours: (chrono::NaiveTime, chrono::NaiveTime),
    /// Reading days: 1 = Monday … 7 = Sunday.
    pub days: Vec<u32>,
    /// Days on which nobody reads.
    pub holidays: Vec<Date>,
    /// What raises an alert.
    pub rules: Vec<SafetyRule>,
    /// Instruments without a rule on purpose: instrument → why.
    pub silent: BTreeMap<String, String>,
}

words! {
    /// How soon an alert must be read.
    AlertLevel {
        /// At once.
        Urgent = "urgent",
        /// Within the reading hours.
        Review = "review",
    }
}

/// What raises an alert.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SafetyRule {
    /// Its id.
    pub id: String,
    /// The rule (expression).
    pub rule: String,
    /// How soon it must be read.
    pub level: AlertLevel,
    /// What an unanswered item raises; `None` for nothing.
    pub unanswered: Option<AlertLevel>,
    /// Roles that are told.
    pub tell: Vec<Role>,
    /// Reading hours until it must be claimed.
    pub within_hours: u32,
    /// Codes with which it may be closed; empty: free.
    pub closing: Vec<String>,
}

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
