//! The table of keys of the protocol language: every key that it knows, whether or not the engine runs it yet.

mod allocation;
mod analysis;
mod asking;
mod enrolment;
mod following;
mod study;
mod takes;

use crate::trial::protocol::sections::allocation::CLUSTER;
use crate::trial::protocol::sections::allocation::RANDOMIZATION;
use crate::trial::protocol::sections::analysis::ADHERENCE;
use crate::trial::protocol::sections::analysis::ANALYSIS;
use crate::trial::protocol::sections::asking::EXTERNAL;
use crate::trial::protocol::sections::asking::FORM;
use crate::trial::protocol::sections::asking::SCHEDULE;
use crate::trial::protocol::sections::enrolment::CONSENT;
use crate::trial::protocol::sections::enrolment::ENROLMENT;
use crate::trial::protocol::sections::following::CONTACT;
use crate::trial::protocol::sections::following::LADDER;
use crate::trial::protocol::sections::following::SAFETY;
use crate::trial::protocol::sections::study::COMPARISON;
use crate::trial::protocol::sections::study::HISTORY;
use crate::trial::protocol::sections::study::REGISTRY;
use crate::trial::protocol::sections::study::STUDY;
use crate::trial::protocol::sections::takes::TEXT;
use crate::trial::protocol::sections::takes::WHOLE;
use crate::trial::source::keys::Section;
use crate::trial::source::keys::Takes;
use crate::trial::source::keys::may;
use crate::trial::source::keys::must;

pub use crate::trial::protocol::sections::allocation::RESTRICTED;
pub use crate::trial::protocol::sections::takes::ROLES;

/// The whole file.
pub const FILE: Section = Section {
    name: "",
    keys: &[
        must("format", WHOLE, "the format of this file: 1"),
        must("study", Takes::Table(&STUDY), "the study"),
        may("registry", Takes::Table(&REGISTRY), "its registration"),
        must("comparison", Takes::Table(&COMPARISON), "what is compared"),
        may("cluster", Takes::Table(&CLUSTER), "groups that are randomized"),
        may("randomization", Takes::Table(&RANDOMIZATION), "how arms are drawn"),
        must("enrolment", Takes::Table(&ENROLMENT), "who gets in, and how"),
        may("consent", Takes::Keyed(&CONSENT), "documents that people agree to"),
        may("options", Takes::KeyedValues(&Takes::Choices), "lists of choices"),
        may("form", Takes::Keyed(&FORM), "the study's own questionnaires"),
        may("external", Takes::Keyed(&EXTERNAL), "measures whose items are not in this system"),
        must("schedule", Takes::Table(&SCHEDULE), "when who is asked what"),
        may(
            "scoring",
            Takes::KeyedValues(&Takes::Own("rules of scores and why")),
            "the study's own missing rules",
        ),
        may("contact", Takes::Table(&CONTACT), "how people are reached"),
        may("ladder", Takes::Keyed(&LADDER), "reminders"),
        may("safety", Takes::Table(&SAFETY), "what raises an alert"),
        may("analysis", Takes::Table(&ANALYSIS), "what is analysed"),
        may("adherence", Takes::Table(&ADHERENCE), "what is kept of the use of a treatment"),
        may("history", Takes::Table(&HISTORY), "versions of this file"),
        may("accept", Takes::KeyedValues(&TEXT), "findings that are taken on, each with the reason"),
    ],
};
