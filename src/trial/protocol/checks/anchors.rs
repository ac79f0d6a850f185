//! Anchors: the keys of their kinds, circles, dates for each arm, and events that may never come.

use std::collections::BTreeSet;

use crate::trial::protocol::checks::references;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::rules::circles;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::checks::trial::is_among;
use crate::trial::protocol::model::OutcomeRole;
use crate::trial::schedule::definition::Anchor;
use crate::trial::schedule::definition::AnchorKind;
use crate::trial::schedule::definition::BUILT_IN_ANCHORS;
use crate::trial::schedule::definition::Point;
use crate::trial::schedule::definition::Timing;
use crate::trial::source::at::At;

/// Checks each anchor.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let rows = trial.at.path("schedule.anchors");
    for (anchor, row) in trial.protocol.schedule.anchors.iter().zip(rows.items()) {
        let id = row.key("id");
        if let Some(text) = id.text().filter(|text| BUILT_IN_ANCHORS.contains(text)) {
            report.error("P007", &id.value(), format!("'{text}' twice: every protocol has this anchor."));
        }
        trial.check_arms(row.key("arms"), report);
        check_keys(row, report);
        for key in ["point", "fallback"] {
            let base = row.key(key).text().and_then(crate::trial::schedule::span::point);
            if let Some(Point { base, .. }) = base {
                references::named(row.key(key), &base, "anchor", trial.anchor_names(), report);
            }
        }
        if let AnchorKind::Calendar(dates) = &anchor.kind {
            for date in row.key("dates").items() {
                references::check(date.key("arm"), "arm", trial.arm_names(), report);
            }
            let missing = trial
                .arms()
                .filter(|arm| is_among(anchor.arms.as_deref(), arm))
                .find(|arm| dates.iter().all(|date| date.arm.as_deref().is_some_and(|one| one != *arm)));
            if let Some(arm) = missing.filter(|_| row.key("dates").is_given()) {
                report.error("P508", &row.key("dates").name(), format!("No calendar date for arm {arm}."));
            }
        }
    }
    check_circles(trial, rows, report);
    check_primary(trial, rows, report);
}

fn check_keys(row: At<'_>, report: &mut Report<'_>) {
    let (kind, needed, besides) = match row.key("kind").text() {
        Some(kind @ "event") => (kind, "record", Some("fallback")),
        Some(kind @ "calendar") => (kind, "dates", None),
        Some(kind @ "offset") => (kind, "point", None),
        _ => return,
    };
    if !row.key(needed).is_given() {
        let text = format!("An anchor of kind {kind} has no '{needed}'.");
        report.error_with("P005", &row.opening(), text, format!("Add {needed} = … to the row."));
    }
    for key in ["record", "fallback", "dates", "point"] {
        if row.key(key).is_given() && key != needed && Some(key) != besides {
            let text = format!("Unknown key '{key}' in an anchor of kind {kind}.");
            report.error_with("P002", &row.key(key).name(), text, "Take it out.");
        }
    }
}

/// The point from which an anchor is counted, and the key that holds it.
fn base_of(anchor: &Anchor) -> Option<(&Point, &'static str)> {
    match &anchor.kind {
        AnchorKind::Offset(point) => Some((point, "point")),
        AnchorKind::Event { fallback, .. } => fallback.as_ref().map(|point| (point, "fallback")),
        AnchorKind::Calendar(_) => None,
    }
}

fn check_circles(trial: &Trial<'_>, rows: At<'_>, report: &mut Report<'_>) {
    let anchors = &trial.protocol.schedule.anchors;
    let needs = |at: usize| -> Vec<usize> {
        let base = anchors.get(at).and_then(base_of).map(|(point, _)| &point.base);
        anchors.iter().position(|anchor| Some(&anchor.id) == base).into_iter().collect()
    };
    for circle in circles(anchors.len(), needs) {
        let first = circle.first().copied().unwrap_or(0);
        let second = circle.get(1).copied().unwrap_or(first);
        let (Some(one), Some(other)) = (anchors.get(first), anchors.get(second)) else { continue };
        let Some((_, key)) = base_of(one) else { continue };
        let text = format!("Anchors {} and {} need each other.", one.id, other.id);
        report.error("P504", &rows.item(first).key(key).value(), text);
    }
}

impl<'c> Trial<'c> {
    /// An anchor and all that it is counted from, nearest first.
    pub fn anchor_chain(&self, id: &str) -> Vec<&'c Anchor> {
        let anchors = &self.protocol.schedule.anchors;
        let mut chain: Vec<&Anchor> = Vec::new();
        let mut next = anchors.iter().find(|anchor| anchor.id == id);
        while let Some(anchor) = next.filter(|anchor| chain.iter().all(|known| known.id != anchor.id)) {
            chain.push(anchor);
            let base = base_of(anchor).map(|(point, _)| point.base.as_str());
            next = anchors.iter().find(|anchor| Some(anchor.id.as_str()) == base);
        }
        chain
    }
}

/// P503, once for each anchor.
fn check_primary(trial: &Trial<'_>, rows: At<'_>, report: &mut Report<'_>) {
    let outcomes = trial.protocol.analysis.outcomes.iter();
    let primary =
        outcomes.filter(|outcome| matches!(outcome.role, OutcomeRole::Primary | OutcomeRole::CoPrimary));
    let mut told = BTreeSet::new();
    for element in primary.flat_map(|outcome| &outcome.at).flat_map(|at| trial.elements_of(at)) {
        let Timing::Window { anchor, .. } = &element.occasion.timing else { continue };
        let event = trial
            .anchor_chain(anchor)
            .into_iter()
            .find(|anchor| matches!(&anchor.kind, AnchorKind::Event { fallback: None, .. }));
        let Some(event) = event.filter(|event| told.insert(event.id.as_str())) else { continue };
        let number = trial.protocol.schedule.anchors.iter().position(|anchor| anchor.id == event.id);
        let row = rows.item(number.unwrap_or(0));
        let fallback = row.key("fallback");
        if !fallback.is_given() && row.key("kind").text() == Some("event") {
            let text = format!(
                "The primary outcome hangs on event '{}', which may never come: give a fallback.",
                event.id
            );
            report.error("P503", &row.opening(), text);
        }
    }
}
