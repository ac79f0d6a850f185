//! Sections of what is analysed and kept of use.

use crate::trial::protocol::sections::takes::CODE;
use crate::trial::protocol::sections::takes::NAME;
use crate::trial::protocol::sections::takes::REFERENCE;
use crate::trial::protocol::sections::takes::REFERENCES;
use crate::trial::protocol::sections::takes::RULE;
use crate::trial::protocol::sections::takes::TEXT;
use crate::trial::protocol::sections::takes::UNTIL;
use crate::trial::source::keys::Section;
use crate::trial::source::keys::Takes;
use crate::trial::source::keys::may;
use crate::trial::source::keys::must;

pub const ANALYSIS: Section = Section {
    name: "analysis",
    keys: &[
        may("outcomes", Takes::Rows(&OUTCOME), "what is compared"),
        may("flags", Takes::Rows(&FLAG), "derived yes/no variables"),
        may("sets", Takes::Rows(&SET), "analysis sets"),
    ],
};

const OUTCOME: Section = Section {
    name: "analysis.outcomes",
    keys: &[
        must("id", CODE, "its id"),
        must(
            "role",
            Takes::Word(&["primary", "co_primary", "secondary", "process", "cost"], "role of an outcome"),
            "the part that it plays",
        ),
        must("of", NAME, "a score, number field, flag or use"),
        must("shape", Takes::Word(&["point", "points", "course", "share"], "shape"), "its shape"),
        must("at", REFERENCES, "the occasions"),
        may("base", REFERENCE, "the occasion of its baseline"),
        may("arms", REFERENCES, "the arms in which it means something (all)"),
        may(
            "better",
            Takes::Word(&["lower", "higher"], "direction"),
            "which way is better (as the instrument)",
        ),
        UNTIL,
    ],
};

const FLAG: Section = Section {
    name: "analysis.flags",
    keys: &[
        must("id", CODE, "its id"),
        must("say", TEXT, "what it says"),
        must("rule", RULE, "its rule"),
        UNTIL,
    ],
};

const SET: Section = Section {
    name: "analysis.sets",
    keys: &[
        must("id", CODE, "its id"),
        must("say", TEXT, "what it says"),
        must("rule", RULE, "its rule"),
        UNTIL,
    ],
};

pub const ADHERENCE: Section =
    Section { name: "adherence", keys: &[must("variables", Takes::Rows(&VARIABLE), "what is kept")] };

const VARIABLE: Section = Section {
    name: "adherence.variables",
    keys: &[
        must("id", CODE, "its id"),
        must(
            "kind",
            Takes::Word(&["count", "minutes", "share", "yesno", "date"], "kind of variable"),
            "its kind",
        ),
        must("say", TEXT, "what it says"),
        must(
            "from",
            Takes::List(&Takes::Word(&["api", "csv", "therapist", "participant"], "origin")),
            "where it comes from",
        ),
        may("arms", REFERENCES, "the arms that have it (all)"),
        UNTIL,
    ],
};
