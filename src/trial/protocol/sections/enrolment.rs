//! Sections of who gets in, and of what people agree to.

use crate::trial::protocol::sections::takes::CODE;
use crate::trial::protocol::sections::takes::DATE;
use crate::trial::protocol::sections::takes::DURATION;
use crate::trial::protocol::sections::takes::POSITIVE;
use crate::trial::protocol::sections::takes::REFERENCE;
use crate::trial::protocol::sections::takes::ROLE_LIST;
use crate::trial::protocol::sections::takes::RULE;
use crate::trial::protocol::sections::takes::TEXT;
use crate::trial::protocol::sections::takes::TEXTS;
use crate::trial::protocol::sections::takes::TRUTH;
use crate::trial::protocol::sections::takes::UNTIL;
use crate::trial::protocol::sections::takes::VERSION;
use crate::trial::protocol::sections::takes::WHOLE;
use crate::trial::source::keys::Section;
use crate::trial::source::keys::Takes;
use crate::trial::source::keys::may;
use crate::trial::source::keys::must;

pub const ENROLMENT: Section = Section {
    name: "enrolment",
    keys: &[
        must("elsewhere", REFERENCE, "the document with other help"),
        must("steps", Takes::Rows(&STEP), "the steps in order"),
        may("criteria", Takes::Rows(&CRITERION), "who gets in"),
    ],
};

const STEP: Section = Section {
    name: "enrolment.steps",
    keys: &[
        must("id", CODE, "its id"),
        must(
            "kind",
            Takes::Word(
                &[
                    "screening",
                    "consent",
                    "interview",
                    "document",
                    "decision",
                    "baseline",
                    "inclusion",
                    "randomization",
                ],
                "kind of step",
            ),
            "its kind",
        ),
        may("occasion", REFERENCE, "the occasion of a screening, interview, baseline"),
        may("consent", REFERENCE, "the consent of a consent step"),
        may("by", ROLE_LIST, "roles that act"),
        may("quorum", POSITIVE, "how many persons must agree (1)"),
        may("within", DURATION, "after which time it lapses"),
        may("after", REFERENCE, "the occasion after which the draw is made"),
        may("when", RULE, "whom the draw is for"),
        UNTIL,
    ],
};

const EVIDENCE: Takes = Takes::Word(&["interview", "document", "conference", "call"], "kind of evidence");

const CRITERION: Section = Section {
    name: "enrolment.criteria",
    keys: &[
        must("id", CODE, "its id"),
        must("step", REFERENCE, "the step at which it is judged"),
        must("say", TEXT, "what it says, for staff"),
        may("include", RULE, "who is in"),
        may("exclude", RULE, "who is out"),
        may("include_judged_by", ROLE_LIST, "roles that judge who is in"),
        may("exclude_judged_by", ROLE_LIST, "roles that judge who is out"),
        may("evidence", EVIDENCE, "what a judgement rests on"),
        UNTIL,
    ],
};

pub const CONSENT: Section = Section {
    name: "consent",
    keys: &[
        must("version", VERSION, "its version"),
        must("dated", DATE, "its date"),
        must("text", REFERENCE, "the document"),
        must(
            "how",
            Takes::List(&Takes::Word(&["online", "paper_post", "paper_onsite", "eid"], "way of consenting")),
            "how it may be given",
        ),
        must("items", Takes::Rows(&CONSENT_ITEM), "what is agreed to, one by one"),
        may("guardian_when", RULE, "when a guardian must agree too"),
        may("countersign", TRUTH, "whether staff countersign (false)"),
        may("checks", Takes::Rows(&CONSENT_CHECK), "questions on understanding"),
        may(
            "reconsent",
            Takes::Word(&["none", "notify", "block"], "rule for a new version"),
            "what a new version asks",
        ),
        UNTIL,
    ],
};

const CONSENT_ITEM: Section = Section {
    name: "consent.items",
    keys: &[
        must("id", CODE, "its id"),
        must("required", TRUTH, "whether nobody takes part without it"),
        must("say", TEXT, "what it says"),
    ],
};

const CONSENT_CHECK: Section = Section {
    name: "consent.checks",
    keys: &[
        must("ask", TEXT, "the question"),
        must("options", TEXTS, "the answers"),
        must("right", WHOLE, "the right one, from 0"),
    ],
};
