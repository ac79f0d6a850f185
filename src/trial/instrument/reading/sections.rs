//! The table of keys of instrument files.

use crate::trial::source::keys::Section;
use crate::trial::source::keys::Takes;
use crate::trial::source::keys::may;
use crate::trial::source::keys::must;

const TEXT: Takes = Takes::Text;
const NUMBER: Takes = Takes::Number;
const FRACTION: Takes = Takes::Own("a number, or a fraction as \"1/3\"");
const TRUTH: Takes = Takes::Truth;
const NAME_OF: Takes = Takes::Reference;

/// The whole file.
pub const FILE: Section = Section {
    name: "",
    keys: &[
        must("instrument", Takes::Table(&HEAD), "what it is"),
        may("loinc", Takes::KeyedValues(&TEXT), "LOINC codes: panel, score or item"),
        may(
            "options",
            Takes::KeyedValues(&Takes::Own("codes, or pairs of code and value")),
            "lists of options",
        ),
        must("key", Takes::Table(&KEY), "how answers become scores"),
        may("bands", Takes::KeyedValues(&Takes::Own("[[0, \"low\"], [5, \"high\"]]")), "names of ranges"),
        may(
            "valueset",
            Takes::KeyedValues(&Takes::Own("constant, full, and decrements of each item")),
            "national value sets",
        ),
        may("wording", Takes::KeyedValues(&Takes::Own("the words of one language")), "language → words"),
    ],
};

const HEAD: Section = Section {
    name: "instrument",
    keys: &[
        must("id", Takes::Code, "its id, for ever"),
        must("title", TEXT, "its full name"),
        must("version", Takes::Version, "the version of this file"),
        must("licence", Takes::Word(&["A", "B"], "licence class"), "A: wording ships; B: the key only"),
        may("notice", TEXT, "the line that must stay visible"),
        may("reference", TEXT, "the paper to cite"),
        may("recall", TEXT, "the time that answers are about"),
        may(
            "rater",
            Takes::Word(&["participant", "assessor", "therapist", "coordinator", "guardian"], "respondent"),
            "who answers (participant)",
        ),
        may("layout", Takes::Word(&["paged", "stack"], "layout"), "how items are put (paged)"),
        must("better", Takes::Word(&["lower", "higher"], "direction"), "which way is better"),
        may("change", Takes::Table(&CHANGE), "changes of the main score"),
        may("unverified", Takes::List(&TEXT), "what is known from memory only"),
    ],
};

const CHANGE: Section = Section {
    name: "instrument.change",
    keys: &[
        may("reliable", NUMBER, "a change beyond measurement error"),
        may("clinical", NUMBER, "the smallest change that matters"),
    ],
};

const KEY: Section = Section {
    name: "key",
    keys: &[
        must("items", Takes::Rows(&ITEM), "the items"),
        may("reverse", TEXT, "items that are turned"),
        must("scores", Takes::Rows(&SCORE), "the scores"),
        may("flags", Takes::Rows(&FLAG), "items that ask about suicide or harm"),
        may("alternatives", Takes::List(&TEXT), "items of which one answer is enough"),
        may("skips", Takes::Rows(&SKIP), "blanks that the form asks for"),
        may("rescale", Takes::Rows(&RESCALE), "values that are stretched"),
    ],
};

const ITEM: Section = Section {
    name: "key.items",
    keys: &[
        must("ids", TEXT, "the items: \"1..4 6 9\""),
        must("type", Takes::Word(&["choice", "number"], "type of item"), "its type"),
        may("options", NAME_OF, "its list of options"),
        may("min", NUMBER, "the least number"),
        may("max", NUMBER, "the largest number"),
        may("step", NUMBER, "the step between numbers (1)"),
        may("na", NUMBER, "what \"not applicable\" counts"),
        may("shown", Takes::Rule, "when it is asked; # is its number"),
        may("unlabelled", Takes::List(&Takes::Own("a code")), "codes without words"),
    ],
};

const SCORE: Section = Section {
    name: "key.scores",
    keys: &[
        must("id", TEXT, "its id"),
        may("short", Takes::Code, "its shorter name in columns"),
        must(
            "op",
            Takes::Word(
                &[
                    "sum",
                    "mean",
                    "max",
                    "count",
                    "linear",
                    "rule",
                    "digits",
                    "product_sum",
                    "product_mean",
                    "valueset",
                ],
                "operation",
            ),
            "how it is computed",
        ),
        may("items", TEXT, "over items"),
        may("of", TEXT, "over scores"),
        may("with", TEXT, "the weights of a product"),
        may("from", NUMBER, "the least value that counts"),
        may("times", FRACTION, "the factor of a stretch (1)"),
        may("plus", FRACTION, "the summand of a stretch (0)"),
        may("rule", Takes::Rule, "the rule"),
        may("needs", TEXT, "items that it needs besides"),
        may("reverse", TEXT, "items turned in this score"),
        may("weights", Takes::List(&Takes::Own("[\"5 7\", \"1/3\"]")), "weights of items or scores"),
        may("missing", TEXT, "complete, or prorate n (complete)"),
        may("inner", TRUTH, "a step on the way (false)"),
        may("bands", NAME_OF, "its bands"),
        may(
            "band_on",
            Takes::Word(&["rounded", "exact"], "way of rounding"),
            "where bands are looked up (rounded)",
        ),
    ],
};

const FLAG: Section = Section {
    name: "key.flags",
    keys: &[
        must("item", TEXT, "the item"),
        must("from", NUMBER, "the least value that is flagged"),
        may("urgent", NUMBER, "the least value for somebody at once"),
    ],
};

const SKIP: Section = Section {
    name: "key.skips",
    keys: &[must("when", Takes::Rule, "when"), must("items", TEXT, "the items that may be blank")],
};

const RESCALE: Section = Section {
    name: "key.rescale",
    keys: &[
        must("items", TEXT, "the items"),
        may("times", FRACTION, "the factor (1)"),
        may("plus", FRACTION, "the summand (0)"),
    ],
};

/// The overlay's own table.
pub const OVERLAY: Section = Section {
    name: "",
    keys: &[
        must("overlay", Takes::Table(&OVERLAY_HEAD), "what it belongs to"),
        must("wording", Takes::KeyedValues(&Takes::Own("the words of one language")), "language → words"),
    ],
};

const OVERLAY_HEAD: Section = Section {
    name: "overlay",
    keys: &[
        must("of", Takes::Code, "the instrument"),
        must("key_sha256", TEXT, "SHA-256 of the key that it was made for"),
        must("licence", TEXT, "the licence"),
        must("notice", TEXT, "the line that must stay visible"),
        must("obtained", Takes::Date, "when it was obtained"),
    ],
};
