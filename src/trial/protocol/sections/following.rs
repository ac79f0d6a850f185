//! Sections of messages, reminders and safety.

use crate::trial::protocol::sections::takes::CODE;
use crate::trial::protocol::sections::takes::DATE;
use crate::trial::protocol::sections::takes::DURATION;
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

const CHANNEL: Takes = Takes::Word(&["email", "sms"], "channel");

pub const CONTACT: Section = Section {
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

pub const LADDER: Section = Section {
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

pub const SAFETY: Section = Section {
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
