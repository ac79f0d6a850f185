//! The table of keys of the protocol language: every key that it knows, whether or not the engine runs it yet.

use crate::trial::source::keys::Key;
use crate::trial::source::keys::Section;
use crate::trial::source::keys::Takes;
use crate::trial::source::keys::may;
use crate::trial::source::keys::must;

/// Roles that a protocol may name.
pub const ROLES: &[&str] = &["lead", "coordinator", "therapist", "assessor", "statistician", "monitor"];
const ROLE: Takes = Takes::Word(ROLES, "role");
const ROLE_LIST: Takes = Takes::List(&ROLE);
const TEXT: Takes = Takes::Text;
const REFERENCE: Takes = Takes::Reference;
const CODE: Takes = Takes::Code;
const NAME: Takes = Takes::Name;
const RULE: Takes = Takes::Rule;
const WHOLE: Takes = Takes::Whole(0, 1_000_000);
const POSITIVE: Takes = Takes::Whole(1, 1_000_000);
const NUMBER: Takes = Takes::Number;
const TRUTH: Takes = Takes::Truth;
const DATE: Takes = Takes::Date;
const TIME: Takes = Takes::Time;
const OFFSET: Takes = Takes::Offset;
const POINT: Takes = Takes::Point;
const DURATION: Takes = Takes::Duration;
const VERSION: Takes = Takes::Version;
const TEXTS: Takes = Takes::List(&TEXT);
const REFERENCES: Takes = Takes::List(&REFERENCE);
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
const UNTIL: Key = may("until", VERSION, "the version from which on it is retired");

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

const STUDY: Section = Section {
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

const REGISTRY: Section = Section {
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

const COMPARISON: Section = Section {
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

const CLUSTER: Section = Section {
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

const RANDOMIZATION: Section = Section {
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

const ENROLMENT: Section = Section {
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

const CONSENT: Section = Section {
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

const FORM: Section = Section {
    name: "form",
    keys: &[
        must("title", TEXT, "its title"),
        must("items", Takes::Rows(&FIELD), "its items in order"),
        UNTIL,
    ],
};

const FIELD: Section = Section {
    name: "form.items",
    keys: &[
        must("id", CODE, "its id"),
        must(
            "type",
            Takes::Word(
                &["yesno", "choice", "multi", "number", "date", "text", "vas", "info"],
                "type of item",
            ),
            "its type",
        ),
        must("ask", TEXT, "the question"),
        may("options", REFERENCE, "the list of a choice"),
        may("min", NUMBER, "the least number"),
        may("max", NUMBER, "the largest number"),
        may("step", NUMBER, "the step between numbers"),
        may("unit", TEXT, "the unit"),
        may("shown", RULE, "when it is shown"),
        may("required", TRUTH, "whether it must be answered (false)"),
        UNTIL,
    ],
};

const EXTERNAL: Section = Section {
    name: "external",
    keys: &[
        must("title", TEXT, "its title"),
        may("totals", Takes::Own("[[\"total\", 0, 100]]"), "totals that are typed in"),
        UNTIL,
    ],
};

const SCHEDULE: Section = Section {
    name: "schedule",
    keys: &[
        may("opens_at", TIME, "when an occasion opens (06:00:00)"),
        may("grace", DURATION, "how long a started draft may still be sent (1h)"),
        may("anchors", Takes::Rows(&ANCHOR), "days from which windows are counted"),
        must("occasions", Takes::Rows(&OCCASION), "times of measurement"),
        must("measures", Takes::Rows(&MEASURE), "what is asked, in the order asked"),
        may("episodes", Takes::Rows(&EPISODE), "later treatments of the same person"),
    ],
};

const ANCHOR: Section = Section {
    name: "schedule.anchors",
    keys: &[
        must("id", CODE, "its id"),
        must(
            "kind",
            Takes::Word(&["event", "calendar", "offset"], "kind of anchor"),
            "how its date comes about",
        ),
        may("record", ROLE_LIST, "who records an event"),
        may("fallback", POINT, "the date that counts where nothing was recorded"),
        may("dates", Takes::Rows(&CALENDAR_DATE), "fixed dates"),
        may("point", POINT, "what it is counted from"),
        may("arms", REFERENCES, "the arms that have it (all)"),
        UNTIL,
    ],
};

const CALENDAR_DATE: Section = Section {
    name: "schedule.anchors.dates",
    keys: &[
        must("date", DATE, "the date"),
        may("arm", REFERENCE, "the arm that it is for"),
        may("cohort", CODE, "the cohort that it is for"),
    ],
};

const OCCASION: Section = Section {
    name: "schedule.occasions",
    keys: &[
        must("id", Takes::OccasionId, "its id"),
        must("label", TEXT, "what staff read"),
        may("anchor", REFERENCE, "the anchor of its window"),
        may("opens", OFFSET, "its first day"),
        may("due", OFFSET, "its planned day"),
        may("closes", OFFSET, "its last day"),
        may("late", OFFSET, "the last day for late answers (= closes)"),
        may("every", OFFSET, "the distance of a series"),
        may("times", Takes::Whole(1, 99), "the elements of a series"),
        may("arms", REFERENCES, "the arms that have it (all)"),
        may("episode", REFERENCE, "the later episode that it belongs to"),
        may("ladder", REFERENCE, "its reminders"),
        UNTIL,
    ],
};

const MEASURE: Section = Section {
    name: "schedule.measures",
    keys: &[
        must("use", REFERENCE, "the instrument, form or external"),
        must("at", REFERENCES, "occasions, series or elements"),
        may(
            "by",
            Takes::Word(&["participant", "assessor", "therapist", "coordinator", "guardian"], "respondent"),
            "who answers (participant)",
        ),
        may("arms", REFERENCES, "the arms that have it (all)"),
        may("shown", RULE, "when it is asked"),
        may("required", TRUTH, "whether it counts for complete (true)"),
        may("core", TRUTH, "whether it stays in the short offer (false)"),
        may("valueset", REFERENCE, "the value set of the instrument"),
        UNTIL,
    ],
};

const EPISODE: Section = Section {
    name: "schedule.episodes",
    keys: &[
        must("id", CODE, "its id"),
        must("arms", REFERENCES, "the arms whose people get it"),
        may("treatment", REFERENCE, "an arm or treatment"),
        may("choice", NAME, "the field in which people choose"),
        must("after", REFERENCE, "the occasion sent or closed first"),
        must("anchor", REFERENCE, "the anchor of its occasions"),
        may("weeks", POSITIVE, "how long it takes"),
        may("when", RULE, "whom it is for"),
        UNTIL,
    ],
};

const CHANNEL: Takes = Takes::Word(&["email", "sms"], "channel");
const CONTACT: Section = Section {
    name: "contact",
    keys: &[
        may("channels", Takes::List(&CHANNEL), "email, sms"),
        may("hour", TIME, "when messages go out (17:00:00)"),
        may("quiet", Takes::List(&TIME), "when none goes out (21:00:00 to 08:00:00)"),
        may("per_day", POSITIVE, "at most so many steps a day (1)"),
        may("per_week", POSITIVE, "at most so many steps a week (3)"),
        may("first_name", TRUTH, "whether messages may use it (false)"),
        may("messages", Takes::Rows(&MESSAGE), "messages that are content"),
        may("incentives", Takes::Rows(&INCENTIVE), "what people get for answering"),
    ],
};

const MESSAGE: Section = Section {
    name: "contact.messages",
    keys: &[
        must("id", CODE, "its id"),
        must("role", Takes::Word(&["intervention", "information"], "role of a message"), "what it is"),
        may("arms", REFERENCES, "the arms that get it"),
        must("text", REFERENCE, "its text"),
        must("via", Takes::List(&CHANNEL), "its channels"),
        must("anchor", REFERENCE, "what it is counted from"),
        must("first", OFFSET, "when it first goes out"),
        may("every", OFFSET, "the distance of the next"),
        may("times", POSITIVE, "how many"),
        may("when", RULE, "whom it is for"),
        UNTIL,
    ],
};

const INCENTIVE: Section = Section {
    name: "contact.incentives",
    keys: &[
        must("at", REFERENCE, "the occasion"),
        must("kind", TEXT, "what it is"),
        must("say", TEXT, "what people are told"),
        may("amount", NUMBER, "how much"),
    ],
};

const LADDER: Section = Section {
    name: "ladder",
    keys: &[
        must("at", REFERENCES, "the occasions that use it"),
        must("steps", Takes::Rows(&LADDER_STEP), "its steps"),
    ],
};

const LADDER_STEP: Section = Section {
    name: "ladder.steps",
    keys: &[
        must("on", POINT, "when, from opens, due or closes"),
        must(
            "via",
            Takes::List(&Takes::Word(&["email", "sms", "call", "letter"], "channel")),
            "by which channels",
        ),
        must("text", REFERENCE, "its text"),
        may("short", TRUTH, "whether it offers the short form (false)"),
    ],
};

const LEVEL: Takes = Takes::Word(&["urgent", "review"], "level");
const SAFETY: Section = Section {
    name: "safety",
    keys: &[
        may("hours", Takes::List(&TIME), "reading hours (09:00:00 to 16:00:00)"),
        may(
            "days",
            Takes::List(&Takes::Word(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "day of the week")),
            "reading days (mon to fri)",
        ),
        may("holidays", Takes::List(&DATE), "days on which nobody reads"),
        may("rules", Takes::Rows(&SAFETY_RULE), "what raises an alert"),
        may("silent", Takes::Rows(&SILENT), "instruments without a rule on purpose"),
    ],
};

const SAFETY_RULE: Section = Section {
    name: "safety.rules",
    keys: &[
        must("id", CODE, "its id"),
        must("rule", RULE, "the rule"),
        must("level", LEVEL, "how soon it must be read"),
        must(
            "unanswered",
            Takes::Word(&["urgent", "review", "none"], "level"),
            "what an unanswered item raises",
        ),
        must("tell", ROLE_LIST, "roles that are told"),
        must("within", DURATION, "reading hours until it must be claimed"),
        may("closing", Takes::List(&CODE), "codes with which it may be closed"),
        UNTIL,
    ],
};

const SILENT: Section = Section {
    name: "safety.silent",
    keys: &[must("use", REFERENCE, "the instrument"), must("why", TEXT, "why there is no rule")],
};

const ANALYSIS: Section = Section {
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

const ADHERENCE: Section =
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

const HISTORY: Section = Section {
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
