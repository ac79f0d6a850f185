//! `[safety]`: rules that read every item about suicide, and who is told.

use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::names;
use crate::trial::instrument::definition::Instrument;
use crate::trial::protocol::checks::references;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::rules;
use crate::trial::protocol::checks::rules::place::Place;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::source::at::At;

/// Checks the section.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let safety = trial.at.key("safety");
    check_times(safety.key("hours"), "hours", report);
    let days = safety.key("days");
    if days.is_given() && days.items().next().is_none() {
        report.error("P004", &days.value(), "'days' takes at least one day, here is none.");
    }
    for row in safety.key("rules").items() {
        let tell = row.key("tell");
        if tell.is_given() && tell.items().next().is_none() {
            report.error("P004", &tell.value(), "'tell' takes at least one role, here is none.");
        }
        check_within(row.key("within"), report);
    }
    let instruments = || trial.instruments.keys().map(String::as_str);
    for row in safety.key("silent").items().filter(|_| !trial.doubts_measures()) {
        references::check(row.key("use"), "instrument in schedule.measures", instruments(), report);
    }
    check_suicide_items(trial, report);
}

/// Two times of day, the first before the second.
fn check_times(at: At<'_>, key: &str, report: &mut Report<'_>) {
    let times: Vec<&str> = at.items().map(At::written).collect();
    let are_times = at.items().all(|item| item.written().contains(':'));
    let ordered = matches!(times.as_slice(), [from, to] if from < to);
    if at.is_given() && are_times && !ordered {
        report.error("P004", &at.value(), format!("'{key}' takes two times, from and to, on one day."));
    }
}

fn check_within(at: At<'_>, report: &mut Report<'_>) {
    let hours = at.text().and_then(crate::trial::schedule::span::hours_or_offset);
    if hours == Some(crate::trial::schedule::span::Duration::Hours(0)) {
        report.error("P004", &at.value(), "'within' takes at least 1h, here is '0h'.");
    }
}

/// P701, once for each instrument.
fn check_suicide_items(trial: &Trial<'_>, report: &mut Report<'_>) {
    let rows = trial.at.path("safety.rules").items();
    let rules: Vec<At<'_>> = rows.map(|row| row.key("rule")).collect();
    if !rules.iter().all(|rule| rules::is_sound(trial, *rule, Place::Safety)) {
        return;
    }
    let rules: Vec<Expr> = rules.into_iter().filter_map(rules::read).collect();
    let mut told: Vec<&str> = Vec::new();
    for row in trial.at.path("schedule.measures").items() {
        let uses = row.key("use");
        let Some(instrument) = uses.text().and_then(|id| trial.instruments.get(id)) else { continue };
        if told.contains(&instrument.id.as_str()) || trial.protocol.safety.silent.contains_key(&instrument.id)
        {
            continue;
        }
        told.push(&instrument.id);
        if let Some(item) = unread_item(instrument, rules.iter()) {
            let text = format!(
                "{} asks about suicide (item {item}) and no safety rule reads it: add one, or list it under 'silent' with the reason.",
                instrument.id
            );
            report.error("P701", &uses.value(), text);
        }
    }
}

/// The first flagged item that no rule reads by its name.
fn unread_item<'i>(
    instrument: &'i Instrument,
    rules: impl Iterator<Item = &'i Expr> + Clone,
) -> Option<&'i str> {
    let flagged = instrument.key.flags.iter().map(|flag| flag.item.as_str());
    let is_read = |item: &str| {
        rules.clone().flat_map(names).any(|name| {
            name.path() == ["this", instrument.id.as_str()]
                && name.item.as_ref().is_some_and(|one| one.text == item)
        })
    };
    flagged.into_iter().find(|item| !is_read(item))
}
