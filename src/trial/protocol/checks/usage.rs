//! P102: what is defined and never used. Arms, flags, sets and variables are results and need no use.

use std::collections::BTreeSet;

use crate::trial::expression::ast::names;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::rules;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::schedule::definition::AnchorKind;
use crate::trial::schedule::definition::Timing;
use crate::trial::source::at::At;

/// Checks what is defined once for use elsewhere.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let protocol = trial.protocol;
    if !trial.doubts_measures() {
        let measured = protocol.schedule.measures.iter().map(|one| one.uses.as_str()).collect();
        keyed(trial, "form", "Form", &measured, report);
        keyed(trial, "external", "External", &measured, report);
    }
    let consents = trial
        .at
        .path("enrolment.steps")
        .items()
        .map(|row| row.key("consent"))
        .filter(|consent| consent.is_given());
    let consents = consents.map(|consent| consent.text().unwrap_or_default()).collect();
    known_only(trial, "consent", "Consent", &consents, report);
    known_only(trial, "options", "Option list", &lists(trial), report);
    keyed(trial, "ladder", "Ladder", &ladders(trial), report);
    let anchors = anchors(trial);
    let names = trial.anchor_names();
    if anchors.iter().any(|used| !names.contains(&used.as_str())) {
        return;
    }
    for row in trial.at.path("schedule.anchors").items() {
        let id = row.key("id").text().unwrap_or_default();
        if !id.is_empty() && !anchors.contains(id) {
            unused("Anchor", id, &row.opening(), report);
        }
    }
}

fn unused(kind: &str, id: &str, span: &std::ops::Range<usize>, report: &mut Report<'_>) {
    report.error_with("P102", span, format!("{kind} '{id}' is never used."), "Use it or take it out.");
}

/// Where a reference names nothing, it may have meant what seems unused.
fn known_only(trial: &Trial<'_>, section: &str, kind: &str, used: &BTreeSet<&str>, report: &mut Report<'_>) {
    let defined: BTreeSet<&str> = trial.at.key(section).entries().map(|(name, _)| name).collect();
    if used.is_subset(&defined) {
        keyed(trial, section, kind, used, report);
    }
}

fn keyed(trial: &Trial<'_>, section: &str, kind: &str, used: &BTreeSet<&str>, report: &mut Report<'_>) {
    for (name, at) in trial.at.key(section).entries() {
        if !used.contains(name) {
            let span = if section == "options" { at.name() } else { at.heading() };
            unused(kind, name, &span, report);
        }
    }
}

fn lists<'c>(trial: &Trial<'c>) -> BTreeSet<&'c str> {
    let forms = trial.at.key("form").entries().flat_map(|(_, form)| form.key("items").items());
    let fields = trial.at.path("cluster.fields").items();
    let lists = forms.chain(fields).map(|row| row.key("options")).filter(|list| list.is_given());
    lists.map(|list| list.text().unwrap_or_default()).collect()
}

fn ladders<'c>(trial: &Trial<'c>) -> BTreeSet<&'c str> {
    let named = trial.at.path("schedule.occasions").items().filter_map(|row| row.key("ladder").text());
    let at_occasions =
        trial.at.key("ladder").entries().filter(|(_, table)| table.key("at").items().next().is_some());
    named.chain(at_occasions.map(|(name, _)| name)).collect()
}

fn anchors<'c>(trial: &Trial<'c>) -> BTreeSet<String> {
    let schedule = &trial.protocol.schedule;
    let mut used = BTreeSet::new();
    for occasion in &schedule.occasions {
        if let Timing::Window { anchor, .. } = &occasion.timing {
            used.insert(anchor.clone());
        }
    }
    used.extend(schedule.episodes.iter().map(|episode| episode.anchor.clone()));
    for anchor in &schedule.anchors {
        match &anchor.kind {
            AnchorKind::Offset(point) | AnchorKind::Event { fallback: Some(point), .. } => {
                used.insert(point.base.clone());
            }
            AnchorKind::Event { fallback: None, .. } | AnchorKind::Calendar(_) => {}
        }
    }
    used.extend(
        trial
            .at
            .path("contact.messages")
            .items()
            .filter_map(|row| row.key("anchor").text())
            .map(str::to_owned),
    );
    used.extend(all_rules(trial).iter().flat_map(|rule| anchors_in(*rule)));
    used
}

/// All rules that may name an anchor.
fn all_rules<'c>(trial: &Trial<'c>) -> Vec<At<'c>> {
    let rows = |path: &str, key: &'static str| {
        trial.at.path(path).items().map(move |row| row.key(key)).collect::<Vec<_>>()
    };
    [
        rows("comparison.arms", "received"),
        rows("schedule.episodes", "when"),
        rows("analysis.flags", "rule"),
        rows("analysis.sets", "rule"),
    ]
    .concat()
}

fn anchors_in(rule: At<'_>) -> Vec<String> {
    let Some(expr) = rules::read(rule) else { return Vec::new() };
    let named =
        names(&expr).into_iter().filter(|name| name.words.first().is_some_and(|word| word.text == "anchor"));
    named.filter_map(|name| name.words.get(1)).map(|word| word.text.clone()).collect()
}
