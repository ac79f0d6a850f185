//! Enrolment, consent, contact, ladders, safety.

use crate::trial::protocol::model::AlertLevel;
use crate::trial::protocol::model::Consent;
use crate::trial::protocol::model::ConsentCheck;
use crate::trial::protocol::model::ConsentItem;
use crate::trial::protocol::model::Contact;
use crate::trial::protocol::model::Criterion;
use crate::trial::protocol::model::Enrolment;
use crate::trial::protocol::model::Evidence;
use crate::trial::protocol::model::Judged;
use crate::trial::protocol::model::Ladder;
use crate::trial::protocol::model::LadderStep;
use crate::trial::protocol::model::Reconsent;
use crate::trial::protocol::model::Safety;
use crate::trial::protocol::model::SafetyRule;
use crate::trial::protocol::model::Sense;
use crate::trial::protocol::model::Step;
use crate::trial::protocol::model::StepKind;
use crate::trial::protocol::reading::study::version;
use crate::trial::protocol::reading::take;
use crate::trial::source::tree::Node;

/// `[enrolment]`.
pub fn enrolment(node: &Node) -> Enrolment {
    Enrolment {
        elsewhere: take::text(node, "elsewhere"),
        steps: take::rows(node, "steps", |row| Step {
            id: take::text(row, "id"),
            kind: take::word(row, "kind", StepKind::Document),
            occasion: take::maybe_text(row, "occasion"),
            consent: take::maybe_text(row, "consent"),
            by: take::word_list(row, "by"),
            quorum: take::whole(row, "quorum", 1),
            within_hours: take::maybe_hours(row, "within"),
        }),
        criteria: take::rows(node, "criteria", criterion),
    }
}

fn criterion(row: &Node) -> Criterion {
    let people = |key: &str| Judged::People {
        by: take::word_list(row, key),
        evidence: take::word(row, "evidence", Evidence::Interview),
    };
    let (sense, judged) = if let Some(rule) = take::maybe_text(row, "include") {
        (Sense::Include, Judged::Rule(rule))
    } else if let Some(rule) = take::maybe_text(row, "exclude") {
        (Sense::Exclude, Judged::Rule(rule))
    } else if row.get("include_judged_by").is_some() {
        (Sense::Include, people("include_judged_by"))
    } else {
        (Sense::Exclude, people("exclude_judged_by"))
    };
    Criterion {
        id: take::text(row, "id"),
        step: take::text(row, "step"),
        say: take::text(row, "say"),
        sense,
        judged,
    }
}

/// A consent.
pub fn consent(node: &Node) -> Consent {
    Consent {
        version: version(node, "version"),
        dated: take::date(node, "dated"),
        text: take::text(node, "text"),
        how: take::word_list(node, "how"),
        items: take::rows(node, "items", |row| ConsentItem {
            id: take::text(row, "id"),
            required: take::truth(row, "required", false),
            say: take::text(row, "say"),
        }),
        guardian_when: take::maybe_text(node, "guardian_when"),
        countersign: take::truth(node, "countersign", false),
        checks: take::rows(node, "checks", |row| ConsentCheck {
            ask: take::text(row, "ask"),
            options: take::texts(row, "options"),
            right: take::whole(row, "right", 0),
        }),
        reconsent: take::word(node, "reconsent", Reconsent::None),
    }
}

/// `[contact]`.
pub fn contact(node: &Node) -> Contact {
    Contact {
        channels: take::maybe_texts(node, "channels").unwrap_or_else(|| vec!["email".into(), "sms".into()]),
        hour: take::time(node, "hour", 17),
        quiet: take::times(node, "quiet", (21, 8)),
        per_day: take::whole(node, "per_day", 1),
        per_week: take::whole(node, "per_week", 3),
        first_name: take::truth(node, "first_name", false),
    }
}

/// A ladder.
pub fn ladder(node: &Node) -> Ladder {
    Ladder {
        at: take::texts(node, "at"),
        steps: take::rows(node, "steps", |row| LadderStep {
            on: take::point(row, "on"),
            via: take::texts(row, "via"),
            text: take::text(row, "text"),
            short: take::truth(row, "short", false),
        }),
    }
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// `[safety]`.
pub fn safety(node: &Node) -> Safety {
    let day =
        |text: &String| DAYS.iter().zip(1_u32..).find(|(day, _)| *day == text).map(|(_, number)| number);
    let holidays = node.get("holidays").map(|list| list.items().iter().filter_map(take::date_of).collect());
    Safety {
        hours: take::times(node, "hours", (9, 16)),
        days: take::maybe_texts(node, "days")
            .map_or_else(|| vec![1, 2, 3, 4, 5], |days| days.iter().filter_map(day).collect()),
        holidays: holidays.unwrap_or_default(),
        rules: take::rows(node, "rules", |row| SafetyRule {
            id: take::text(row, "id"),
            rule: take::text(row, "rule"),
            level: take::word(row, "level", AlertLevel::Urgent),
            unanswered: take::maybe_word(row, "unanswered"),
            tell: take::word_list(row, "tell"),
            within_hours: take::maybe_hours(row, "within").unwrap_or(0),
            closing: take::texts(row, "closing"),
        }),
        silent: take::rows(node, "silent", |row| (take::text(row, "use"), take::text(row, "why")))
            .into_iter()
            .collect(),
    }
}
