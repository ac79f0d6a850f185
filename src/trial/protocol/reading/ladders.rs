//! The reminders that come without being written: which ladder an occasion has, and the built-in ones written out.

use std::collections::BTreeSet;

use crate::trial::protocol::model::Ladder;
use crate::trial::protocol::model::LadderStep;
use crate::trial::protocol::model::Protocol;
use crate::trial::schedule::definition::Occasion;
use crate::trial::schedule::definition::Offset;
use crate::trial::schedule::definition::Point;
use crate::trial::schedule::definition::Timing;

/// No reminders.
pub const NONE: &str = "none";
/// Reminders within a week: for series.
pub const WEEKLY: &str = "weekly";
/// Reminders before treatment: for occasions that a step opens.
pub const ENTRY: &str = "entry";
/// Reminders within four weeks: for all others.
pub const FOLLOWUP: &str = "followup";

/// Names of ladders that need no definition.
pub const NAMES: [&str; 4] = [NONE, WEEKLY, ENTRY, FOLLOWUP];

/// Texts that the program brings itself, in all languages: a study may use them in its own ladders.
pub const TEXTS: [&str; 5] = ["due", "remind", "short", "call", "last"];

/// One step: base, days from it, channels, text, whether it offers the short form.
type Written = (&'static str, i32, &'static [&'static str], &'static str, bool);

const WEEKLY_STEPS: &[Written] = &[
    ("due", 0, &["email", "sms"], "due", false),
    ("due", 1, &["sms"], "remind", false),
    ("due", 3, &["email"], "remind", false),
];

const ENTRY_STEPS: &[Written] = &[
    ("opens", 0, &["email"], "due", false),
    ("opens", 2, &["sms"], "remind", false),
    ("opens", 5, &["email"], "remind", false),
    ("opens", 10, &["call"], "call", false),
];

const FOLLOWUP_STEPS: &[Written] = &[
    ("due", 0, &["email", "sms"], "due", false),
    ("due", 2, &["email"], "remind", false),
    ("due", 5, &["sms"], "remind", false),
    ("due", 9, &["email"], "short", true),
    ("due", 10, &["call"], "call", false),
    ("closes", -3, &["email"], "last", false),
];

/// Gives each occasion its ladder: the one that it names, the one that names it, or the built-in one of its kind.
/// Built-in ladders in use are written out, over the channels that the study has.
pub fn fill(protocol: &mut Protocol) {
    let own: Vec<(String, Vec<String>)> =
        protocol.ladders.iter().map(|(name, ladder)| (name.clone(), ladder.at.clone())).collect();
    let mut used: BTreeSet<&'static str> = BTreeSet::new();
    for occasion in &mut protocol.schedule.occasions {
        if occasion.ladder.is_empty() {
            let named = own.iter().find(|(_, at)| at.contains(&occasion.id)).map(|(name, _)| name.as_str());
            occasion.ladder = named.unwrap_or_else(|| default_of(occasion)).to_owned();
        }
        used.extend(NAMES.into_iter().filter(|name| *name != NONE && *name == occasion.ladder));
    }
    for name in used {
        if !protocol.ladders.contains_key(name) {
            let ladder = written_out(name, &protocol.schedule.occasions, &protocol.contact.channels);
            protocol.ladders.insert(name.to_owned(), ladder);
        }
    }
}

fn default_of(occasion: &Occasion) -> &'static str {
    match &occasion.timing {
        Timing::Step { .. } => ENTRY,
        Timing::Window { series: Some(_), .. } => WEEKLY,
        Timing::Window { series: None, .. } => FOLLOWUP,
    }
}

fn written_out(name: &str, occasions: &[Occasion], channels: &[String]) -> Ladder {
    let steps = match name {
        WEEKLY => WEEKLY_STEPS,
        ENTRY => ENTRY_STEPS,
        _ => FOLLOWUP_STEPS,
    };
    let has = |via: &&&str| matches!(**via, "call" | "letter") || channels.iter().any(|one| one == **via);
    let mut at: Vec<String> = Vec::new();
    for occasion in occasions.iter().filter(|occasion| occasion.ladder == name) {
        if !at.contains(&occasion.id) {
            at.push(occasion.id.clone());
        }
    }
    let steps = steps.iter().map(|(base, days, via, text, short)| LadderStep {
        on: Point { base: (*base).to_owned(), offset: Offset { months: 0, days: *days } },
        via: via.iter().filter(has).map(|via| (*via).to_owned()).collect(),
        text: (*text).to_owned(),
        short: *short,
    });
    Ladder { at, steps: steps.filter(|step| !step.via.is_empty()).collect() }
}
