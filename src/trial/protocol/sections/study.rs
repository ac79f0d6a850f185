//! Sections of what the study is and compares.

use crate::trial::protocol::sections::takes::CODE;
use crate::trial::protocol::sections::takes::DATE;
use crate::trial::protocol::sections::takes::NAME;
use crate::trial::protocol::sections::takes::NUMBER;
use crate::trial::protocol::sections::takes::POSITIVE;
use crate::trial::protocol::sections::takes::REFERENCE;
use crate::trial::protocol::sections::takes::REFERENCES;
use crate::trial::protocol::sections::takes::ROLE_LIST;
use crate::trial::protocol::sections::takes::RULE;
use crate::trial::protocol::sections::takes::TEXT;
use crate::trial::protocol::sections::takes::TEXTS;
use crate::trial::protocol::sections::takes::TRUTH;
use crate::trial::protocol::sections::takes::UNTIL;
use crate::trial::protocol::sections::takes::VERSION;
use crate::trial::source::keys::Section;
use crate::trial::source::keys::Takes;
use crate::trial::source::keys::may;
use crate::trial::source::keys::must;

const ARM_KIND: Takes = Takes::Word(
    &[
        "ipdt",
        "icbt",
        "eaet",
        "supportive",
        "group_guided",
        "group_unguided",
        "open_site",
        "usual_care",
        "waitlist",
        "waitlist_checkups",
        "other",
    ],
    "kind of arm",
);

const SUPPORT: Takes = Takes::Word(&["guided", "unguided", "checkups", "none"], "kind of support");

const LANGUAGE: Takes = Takes::Word(&["en", "sv", "de"], "supported language");

pub const STUDY: Section = Section {
    name: "study",
    keys: &[
        must("id", CODE, "the study's id, for ever"),
        must("alias", TEXT, "the neutral name that participants see"),
        must("title", TEXT, "the full title, for staff"),
        must("version", VERSION, "the version of this file"),
        must("dated", DATE, "its date"),
        must(
            "design",
            Takes::Word(&["parallel", "cluster", "factorial", "single_group"], "design"),
            "how people are compared",
        ),
        may("planned", POSITIVE, "how many people are planned"),
        must(
            "languages",
            Takes::List(&LANGUAGE),
            "languages of participants; the first one's words stand here",
        ),
        must("countries", TEXTS, "countries, for help numbers"),
        must("zone", TEXT, "the study's IANA zone"),
        may(
            "zone_of",
            Takes::Word(&["study", "site", "participant"], "owner of a zone"),
            "whose zone counts (study)",
        ),
        must(
            "sites",
            Takes::Own("[[\"umea\", \"Umeå\", \"Europe/Stockholm\"]], zone optional"),
            "places that recruit",
        ),
        must("blind", ROLE_LIST, "roles that never see arms; [] = open"),
        may("age_from", NAME, "the field behind age"),
        may("sex_from", NAME, "the field behind sex"),
    ],
};

pub const REGISTRY: Section = Section {
    name: "registry",
    keys: &[
        may("number", TEXT, "the registry's number"),
        may("registered", DATE, "the day of registration"),
        may("screening", Takes::List(&DATE), "first and last day of screening"),
        may("differences", Takes::Rows(&DIFFERENCE), "what differs between registry and paper"),
    ],
};

const DIFFERENCE: Section = Section {
    name: "registry.differences",
    keys: &[
        must("what", TEXT, "what it is about"),
        must("registry", TEXT, "what the registry says"),
        must("paper", TEXT, "what the paper says"),
    ],
};

pub const COMPARISON: Section = Section {
    name: "comparison",
    keys: &[
        must("arms", Takes::Rows(&ARM), "the arms in design order"),
        may("treatments", Takes::Rows(&TREATMENT), "what somebody may get later though no arm gives it"),
        may("groups", Takes::Rows(&GROUP), "closed groups inside an arm"),
        may("hypotheses", Takes::Rows(&HYPOTHESIS), "what is tested"),
        may(
            "dimensions",
            Takes::Own("the dimensions of a factorial design"),
            "the dimensions of a factorial design",
        ),
        may("dose", TEXT, "the intended dose, for all arms"),
    ],
};

const ARM: Section = Section {
    name: "comparison.arms",
    keys: &[
        must("id", CODE, "its code, for ever"),
        must("label", TEXT, "its name, for staff only"),
        must("kind", ARM_KIND, "what kind of condition it is"),
        may("ratio", POSITIVE, "its share (1)"),
        may("weeks", POSITIVE, "how long it takes"),
        may("support", SUPPORT, "its human support (none)"),
        may("dose", TEXT, "its intended dose"),
        may("received", RULE, "when it counts as received"),
        may("cell", TEXTS, "its cell in a factorial design"),
        UNTIL,
    ],
};

const TREATMENT: Section = Section {
    name: "comparison.treatments",
    keys: &[
        must("id", CODE, "its code"),
        must("label", TEXT, "its name, for staff only"),
        must("kind", ARM_KIND, "what kind of condition it is"),
        may("weeks", POSITIVE, "how long it takes"),
        may("support", SUPPORT, "its human support (none)"),
        may("dose", TEXT, "its intended dose"),
        UNTIL,
    ],
};

const GROUP: Section = Section {
    name: "comparison.groups",
    keys: &[
        must("id", CODE, "its id"),
        may("label", TEXT, "its name"),
        may("arms", REFERENCES, "the arms that have it"),
        may("size", POSITIVE, "how many people"),
        may("led", TRUTH, "whether it has a leader"),
        UNTIL,
    ],
};

const HYPOTHESIS: Section = Section {
    name: "comparison.hypotheses",
    keys: &[
        must("id", CODE, "its id"),
        must(
            "kind",
            Takes::Word(
                &["superiority", "non_inferiority", "equivalence", "target", "descriptive"],
                "kind of hypothesis",
            ),
            "its kind",
        ),
        must("outcome", REFERENCE, "the outcome"),
        must("compare", Takes::List(&REFERENCES), "pooled groups of arms"),
        may("margin", NUMBER, "the margin"),
        may(
            "metric",
            Takes::Word(&["cohen_d", "points", "ratio", "percent"], "metric"),
            "what the margin is measured in",
        ),
        may("target", NUMBER, "the share to reach"),
        may("set", REFERENCE, "the analysis set (all_randomized)"),
        may("adjust", TEXTS, "what the analysis adjusts for"),
        may("alpha", NUMBER, "the level of the test"),
        may("sides", Takes::Whole(1, 2), "one or two sides"),
        may("population", TEXT, "the population"),
        may("events", Takes::List(&TEXTS), "intercurrent events and their strategies"),
        may("summary", TEXT, "the summary measure"),
        UNTIL,
    ],
};

pub const HISTORY: Section = Section {
    name: "history",
    keys: &[must("versions", Takes::Rows(&VERSION_ENTRY), "versions of this file")],
};

const VERSION_ENTRY: Section = Section {
    name: "history.versions",
    keys: &[
        must("version", VERSION, "the version"),
        must("dated", DATE, "its date"),
        must("say", TEXT, "what it changes"),
        may("allows", TEXTS, "the sections that it may change"),
        may("why", TEXT, "why"),
        may("approved", TEXT, "the approval"),
        may(
            "reconsent",
            Takes::Word(&["none", "notify", "block"], "rule for a new version"),
            "what it asks of people",
        ),
    ],
};
