//! Sections of how arms are drawn, and what is sealed of it.

use crate::trial::protocol::sections::asking::FIELD;
use crate::trial::protocol::sections::takes::CODE;
use crate::trial::protocol::sections::takes::NAME;
use crate::trial::protocol::sections::takes::NUMBER;
use crate::trial::protocol::sections::takes::POSITIVE;
use crate::trial::protocol::sections::takes::REFERENCE;
use crate::trial::protocol::sections::takes::RULE;
use crate::trial::protocol::sections::takes::TEXT;
use crate::trial::protocol::sections::takes::TEXTS;
use crate::trial::protocol::sections::takes::TRUTH;
use crate::trial::protocol::sections::takes::WHOLE;
use crate::trial::source::keys::Section;
use crate::trial::source::keys::Takes;
use crate::trial::source::keys::may;
use crate::trial::source::keys::must;

pub const CLUSTER: Section = Section {
    name: "cluster",
    keys: &[
        must("label", TEXT, "what a cluster is"),
        may("of", REFERENCE, "where clusters lie: site"),
        may("fields", Takes::Rows(&FIELD), "what is known of a cluster"),
        must(
            "allocate",
            Takes::Word(&["closed", "before", "open"], "time of allocation"),
            "when a cluster is drawn",
        ),
    ],
};

/// The keys that say how a method restricts chance: recruiters must not read them.
pub const RESTRICTED: &[&str] = &[
    "blocks",
    "imbalance",
    "limit",
    "probability",
    "p",
    "q",
    "t",
    "overall",
    "run_in",
    "unequal",
    "counts",
    "mti",
    "lambda",
    "alpha",
    "beta",
    "list",
];

pub const RANDOMIZATION: Section = Section {
    name: "randomization",
    keys: &[
        must(
            "method",
            Takes::Word(
                &[
                    "simple",
                    "permuted_block",
                    "minimization",
                    "big_stick",
                    "block_urn",
                    "wei_urn",
                    "whole_cohort",
                    "uploaded",
                ],
                "method",
            ),
            "how arms are drawn",
        ),
        may("unit", Takes::Word(&["person", "cluster"], "unit"), "what is drawn (person)"),
        may("design", POSITIVE, "the number of the design version (1)"),
        may("factors", Takes::Rows(&FACTOR), "stratification factors in design order"),
        may("sealed", TRUTH, "restricted keys are typed in by the unblinded statistician"),
        may("public", TRUTH, "restricted keys stand here: an example or replica"),
        may("blocks", Takes::List(&WHOLE), "total block sizes; repeats weigh"),
        may("imbalance", TEXT, "the measure of imbalance"),
        may("limit", WHOLE, "the limit of the measure threshold"),
        may("probability", TEXT, "how probabilities follow ranks"),
        may("p", NUMBER, "the probability of the preferred arm"),
        may("q", NUMBER, "the parameter of method b"),
        may("t", NUMBER, "the parameter of method c"),
        may("overall", WHOLE, "the weight of all participants"),
        may("run_in", WHOLE, "how many are drawn simply at first"),
        may("unequal", TEXT, "how unequal ratios are kept"),
        may("counts", TEXT, "which values count"),
        may("mti", WHOLE, "the bound of big stick"),
        may("lambda", WHOLE, "the parameter of the block urn"),
        may("alpha", WHOLE, "the first parameter of Wei's urn"),
        may("beta", WHOLE, "the second parameter of Wei's urn"),
        may("list", TEXT, "the file of a list prepared outside"),
    ],
};

const FACTOR: Section = Section {
    name: "randomization.factors",
    keys: &[
        must("id", CODE, "its id"),
        may("of", NAME, "what its level is derived of"),
        may("levels", TEXTS, "its levels in order"),
        may("cuts", Takes::List(&NUMBER), "level k lies below cut k, the last is the rest"),
        may("open", TRUTH, "levels come as logged events"),
        may("rules", Takes::List(&RULE), "one rule for each level, exactly one met"),
        may("weight", POSITIVE, "its weight in a minimization"),
    ],
};
