//! What the datasets are made of: everything about one participant at the data cut, as plain data, and where it comes from.
//! Civil dates are in the participant's zone already. Always complete; what a reader may not see, the view leaves out.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::kernel::code::ParticipantCode;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::enrolment::state::ParticipantState;
use crate::trial::expression::evaluation::Truth;
use crate::trial::instrument::scoring::ScoreValue;
use crate::trial::instrument::scoring::Status;
use crate::trial::questionnaire::stored::StoredAnswers;
use crate::trial::randomization::event::AllocationEvent;
use crate::trial::role::Respondent;
use crate::trial::role::words;
use crate::trial::schedule::state::AssessmentState;
use crate::trial::schedule::state::WindowClass;

/// Where the records come from. Each call goes through all of them again, so that no file needs them all in memory.
pub trait Source {
    /// Every participant of the study, sorted by code (byte by byte), each once.
    fn participants(&mut self, each: &mut Each<'_, ParticipantRecord>) -> Result<(), DatasetError>;

    /// Every allocation, in the order in which they were made.
    fn allocations(&mut self, each: &mut Each<'_, AllocationEvent>) -> Result<(), DatasetError>;
}

/// Takes one record after the other.
pub type Each<'a, T> = dyn FnMut(&T) -> Result<(), DatasetError> + 'a;

/// Everything about one participant.
#[derive(Clone, Debug)]
pub struct ParticipantRecord {
    /// The pseudonym.
    pub code: ParticipantCode,
    /// The site's code.
    pub site: String,
    /// The language.
    pub language: String,
    /// Where the person stands.
    pub state: ParticipantState,
    /// The day of registration.
    pub registered_on: Date,
    /// The day on which the consent in force was given.
    pub consented_on: Option<Date>,
    /// The day of the draw.
    pub randomized_on: Option<Date>,
    /// The day on which the last assessment was over.
    pub completed_on: Option<Date>,
    /// The allocation.
    pub allocation: Option<AllocationRecord>,
    /// The treatment that was received, where it is known.
    pub received_arm: Option<String>,
    /// Flags and sets, in the order of `derived::declared`.
    pub derived: Vec<Option<bool>>,
    /// Full years at enrolment.
    pub age: Option<i64>,
    /// The code of the answer that the protocol names.
    pub sex: Option<String>,
    /// What the person still takes part in.
    pub participation: ParticipationRecord,
    /// Whether code and person can still be brought together.
    pub is_identified: bool,
    /// The steps of enrolment that were opened.
    pub steps: Vec<StepRecord>,
    /// All assessments, planned ones too.
    pub assessments: Vec<AssessmentRecord>,
    /// All trial events, each in its latest version.
    pub events: Vec<EventRecord>,
}

/// What a draw left behind.
#[derive(Clone, Debug)]
pub struct AllocationRecord {
    /// The arm.
    pub arm: String,
    /// The version of the design.
    pub design_version: i64,
    /// Factor → level, as used.
    pub factors: BTreeMap<String, String>,
    /// Factor → level, as it is known now: with corrections, which never change the allocation.
    pub true_factors: BTreeMap<String, String>,
}

/// What a person still takes part in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ParticipationRecord {
    /// Treatment.
    pub treatment: bool,
    /// Weekly measures.
    pub weekly: bool,
    /// All other questionnaires.
    pub questionnaires: bool,
    /// Being contacted.
    pub contact: bool,
}

/// One step of enrolment.
#[derive(Clone, Debug)]
pub struct StepRecord {
    /// Its id.
    pub step: String,
    /// The day on which it was closed.
    pub on: Option<Date>,
    /// Its outcome.
    pub outcome: Option<String>,
    /// The coded reason.
    pub reason_code: Option<String>,
    /// The latest verdict on each criterion judged at it.
    pub verdicts: Vec<VerdictRecord>,
}

/// The latest verdict on a criterion.
#[derive(Clone, Debug)]
pub struct VerdictRecord {
    /// The criterion.
    pub criterion: String,
    /// By rule or by people.
    pub kind: VerdictKind,
    /// What was said of the criterion as worded.
    pub verdict: Truth,
    /// The role of whoever judged; `system` for a rule.
    pub judged_by_role: String,
    /// The version of the protocol.
    pub protocol_version: i64,
}

words! {
    /// Who said whether a criterion is met.
    VerdictKind {
        /// A rule.
        Rule = "rule",
        /// A person.
        Judged = "judged",
    }
}

/// One participant at one occasion, by one respondent.
#[derive(Clone, Debug)]
pub struct AssessmentRecord {
    /// The episode: `main` for the first period.
    pub episode: String,
    /// The occasion, or the element of a series.
    pub occasion: String,
    /// Who answers.
    pub respondent: Respondent,
    /// Where it stands.
    pub state: AssessmentState,
    /// The first day.
    pub opens_on: Option<Date>,
    /// The planned day.
    pub due_on: Option<Date>,
    /// The last day in the window.
    pub closes_on: Option<Date>,
    /// When the first answer was saved.
    pub first_answer_at: Option<Timestamp>,
    /// When it was sent.
    pub submitted_at: Option<Timestamp>,
    /// When answers were sent, measured by the plan.
    pub window_class: Option<WindowClass>,
    /// Whether the person was told that it is open: by a message, a link, or in person.
    pub is_announced: bool,
    /// The reason that somebody recorded for what is missing.
    pub absence: Option<MissingReason>,
    /// From the first page to sending, in seconds.
    pub seconds: Option<i64>,
    /// The language in which it was answered.
    pub language: Option<String>,
    /// The version of the protocol by which it was planned.
    pub protocol_version: i64,
    /// Measures that its rule did not show.
    pub hidden: BTreeSet<String>,
    /// The responses.
    pub responses: Vec<ResponseRecord>,
}

/// The answers to one instrument, form or external measure: the latest version that was sent or closed. Drafts stay out.
#[derive(Clone, Debug)]
pub struct ResponseRecord {
    /// The instrument, form or external measure.
    pub instrument: String,
    /// Its version.
    pub instrument_version: String,
    /// What became of it.
    pub status: ResponseStatus,
    /// The version of the answers, from 1; 0 for a draft that was closed.
    pub version: i64,
    /// When it was saved.
    pub answered_at: Timestamp,
    /// The day on which it was first sent.
    pub answered_on: Date,
    /// The answers.
    pub answers: StoredAnswers,
    /// Score → value.
    pub scores: BTreeMap<String, ScoreRecord>,
}

/// One score of a response.
#[derive(Clone, Debug)]
pub struct ScoreRecord {
    /// How it came about.
    pub status: Status,
    /// Its exact value.
    pub value: Option<ScoreValue>,
    /// How many of the answers that it needs are missing.
    pub missing: i64,
    /// Its band.
    pub band: Option<String>,
    /// The version of the rule.
    pub rule_version: String,
}

words! {
    /// What became of a response.
    ResponseStatus {
        /// Sent.
        Submitted = "submitted",
        /// Sent, and corrected afterwards with a reason.
        Corrected = "corrected",
        /// A draft when the window ended.
        Partial = "partial",
        /// Marked as not to be used; kept all the same.
        Invalid = "invalid",
    }
}

words! {
    /// Why there is no value (ICH E9(R1) asks to keep this apart from intercurrent events).
    MissingReason {
        /// Its time has not come, or not passed.
        NotDue = "not_due",
        /// Nobody was told that it is open.
        NotSent = "not_sent",
        /// The person was told and did not answer.
        NoAnswer = "no_answer",
        /// The person said no to this one.
        Refused = "refused",
        /// The person has left the study or its questionnaires.
        Withdrew = "withdrew",
        /// Something of ours did not work.
        Technical = "technical",
        /// It was answered when no answer was taken any more.
        OutOfWindow = "out_of_window",
        /// Seen, and left.
        Skipped = "skipped",
        /// Its condition did not hold.
        NotShown = "not_shown",
        /// It does not concern this person.
        NotApplicable = "not_applicable",
    }
}

words! {
    /// The kinds of trial events.
    EventKind {
        /// A departure from the protocol.
        Deviation = "deviation",
        /// Something untoward, caused by the treatment or not.
        AdverseEvent = "adverse_event",
        /// Something after the start of treatment that changes what outcomes mean (ICH E9(R1)).
        IntercurrentEvent = "intercurrent_event",
        /// A contact with the person.
        Contact = "contact",
        /// An incident of data protection or technology.
        Incident = "incident",
        /// An error of the draw; the allocation stays.
        AllocationError = "allocation_error",
        /// Somebody came to know the arm.
        Unblinding = "unblinding",
    }
}

/// One trial event, without its words.
#[derive(Clone, Debug)]
pub struct EventRecord {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: EventKind,
    /// When it began: a day, a month (`2026-03`) or a year.
    pub on: Option<String>,
    /// The day on which the study came to know it.
    pub known_on: Date,
    /// The code.
    pub code: Option<String>,
    /// How serious.
    pub seriousness: Option<String>,
    /// How severe.
    pub severity: Option<String>,
    /// Whether it is related to the treatment.
    pub relatedness: Option<String>,
    /// Whether it was to be expected.
    pub expectedness: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Whether it goes on.
    pub is_ongoing: Option<bool>,
    /// The version of the record.
    pub version: i64,
    /// Whether there are words with it, which stay in the service.
    pub has_text: bool,
}
