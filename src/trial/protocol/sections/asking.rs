//! Sections of what is asked, and when.

use crate::trial::protocol::sections::takes::CODE;
use crate::trial::protocol::sections::takes::DATE;
use crate::trial::protocol::sections::takes::DURATION;
use crate::trial::protocol::sections::takes::NAME;
use crate::trial::protocol::sections::takes::NUMBER;
use crate::trial::protocol::sections::takes::OFFSET;
use crate::trial::protocol::sections::takes::POINT;
use crate::trial::protocol::sections::takes::POSITIVE;
use crate::trial::protocol::sections::takes::REFERENCE;
use crate::trial::protocol::sections::takes::REFERENCES;
use crate::trial::protocol::sections::takes::ROLE_LIST;
use crate::trial::protocol::sections::takes::RULE;
use crate::trial::protocol::sections::takes::TEXT;
use crate::trial::protocol::sections::takes::TIME;
use crate::trial::protocol::sections::takes::TRUTH;
use crate::trial::protocol::sections::takes::UNTIL;
use crate::trial::source::keys::Section;
use crate::trial::source::keys::Takes;
use crate::trial::source::keys::may;
use crate::trial::source::keys::must;

pub const FORM: Section = Section {
    name: "form",
    keys: &[
        must("title", TEXT, "its title"),
        must("items", Takes::Rows(&FIELD), "its items in order"),
        UNTIL,
    ],
};

pub const FIELD: Section = Section {
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

pub const EXTERNAL: Section = Section {
    name: "external",
    keys: &[
        must("title", TEXT, "its title"),
        may("totals", Takes::Own("[[\"total\", 0, 100]]"), "totals that are typed in"),
        UNTIL,
    ],
};

pub const SCHEDULE: Section = Section {
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
