//! Reminders and safety: who hears from the study, and what the study must hear.

use crate::trial::protocol::model::AlertLevel;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::show::listed;
use crate::trial::protocol::show::page::Page;

/// Channels, hours and ladders.
pub fn contact(protocol: &Protocol, page: &mut Page) {
    let contact = &protocol.contact;
    page.heading("Reminders");
    page.line(&format!(
        "By {}, at {}, none from {} to {}; at most {} a day and {} a week; first names are {}.",
        listed(&contact.channels),
        contact.hour,
        contact.quiet.0,
        contact.quiet.1,
        contact.per_day,
        contact.per_week,
        if contact.first_name { "used" } else { "not used" }
    ));
    for (name, ladder) in &protocol.ladders {
        page.line(&format!("'{name}' for {}:", listed(&ladder.at)));
        for step in &ladder.steps {
            let short = if step.short { ", offers the short form" } else { "" };
            page.item(&format!("{}: text '{}' by {}{short}", step.on, step.text, listed(&step.via)));
        }
    }
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

fn day(number: u32) -> &'static str {
    let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    at.and_then(|at| DAYS.get(at)).copied().unwrap_or("?")
}

/// Reading hours and rules.
pub fn safety(protocol: &Protocol, page: &mut Page) {
    let safety = &protocol.safety;
    page.heading("Safety");
    page.line(&format!(
        "Alerts are read {} to {} on {}.",
        safety.hours.0,
        safety.hours.1,
        listed(safety.days.iter().map(|number| day(*number)))
    ));
    if !safety.holidays.is_empty() {
        page.line(&format!("Nobody reads on {}.", listed(&safety.holidays)));
    }
    let rows: Vec<Vec<String>> = safety
        .rules
        .iter()
        .map(|rule| {
            let closing = if rule.closing.is_empty() { "free".to_owned() } else { listed(&rule.closing) };
            vec![
                rule.id.clone(),
                rule.rule.clone(),
                rule.level.to_string(),
                rule.unanswered.map_or("none", AlertLevel::as_str).to_owned(),
                listed(&rule.tell),
                format!("{} h", rule.within_hours),
                closing,
            ]
        })
        .collect();
    page.table(&["rule", "met if", "level", "unanswered", "told", "claimed within", "closed as"], &rows);
    if !rows.is_empty() {
        page.line("Hours are reading hours: the clock stands outside of them.");
    }
    if rows.is_empty() {
        page.line("No rule raises an alert.");
    }
    for (instrument, why) in &safety.silent {
        page.item(&format!("{instrument} has no rule on purpose: {why}"));
    }
}
