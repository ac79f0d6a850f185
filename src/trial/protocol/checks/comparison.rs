//! `[comparison]`: arms, treatments, hypotheses.

use std::collections::BTreeSet;

use crate::trial::protocol::checks::references;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::rules;
use crate::trial::protocol::checks::rules::place::Place;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::model::HypothesisKind;
use crate::trial::source::at::At;

/// The analysis set that needs no definition.
pub const ALL_RANDOMIZED: &str = "all_randomized";

/// Checks the section.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let comparison = trial.at.key("comparison");
    let arms = comparison.key("arms");
    if arms.items().count() == 1 {
        report.error("P004", &arms.name(), "'arms' takes at least two rows, here is one.");
    }
    for treatment in comparison.key("treatments").items() {
        let id = treatment.key("id");
        if let Some(text) = id.text().filter(|text| trial.arms().any(|arm| arm == *text)) {
            report.error("P007", &id.value(), format!("'{text}' twice: an arm has this id."));
        }
    }
    comparison.key("hypotheses").items().for_each(|row| check_hypothesis(trial, row, report));
}

fn check_hypothesis(trial: &Trial<'_>, row: At<'_>, report: &mut Report<'_>) {
    let analysis = &trial.protocol.analysis;
    references::check(row.key("outcome"), "outcome", analysis.outcomes.iter().map(|o| o.id.as_str()), report);
    let sets = analysis.sets.iter().map(|set| set.id.as_str()).chain([ALL_RANDOMIZED]);
    references::check(row.key("set"), "set", sets, report);
    let mut sides = BTreeSet::new();
    for group in row.key("compare").items() {
        trial.check_arms(group, report);
        let mut own = BTreeSet::new();
        for arm in group.items() {
            let Some(id) = arm.text() else { continue };
            if sides.contains(id) {
                report.error("P804", &arm.value(), format!("Arm {id} stands on both sides."));
            }
            own.insert(id);
        }
        sides.extend(own);
    }
    for name in row.key("adjust").items() {
        check_adjusted(trial, name, report);
    }
    for event in row.key("events").items() {
        if event.items().count() != 2 {
            report.error("P004", &event.value(), "'events' takes pairs [event, strategy].");
        }
    }
    check_needs(row, report);
}

/// A factor, the site, or a value from before the draw.
fn check_adjusted(trial: &Trial<'_>, name: At<'_>, report: &mut Report<'_>) {
    let draw = trial.protocol.randomization.as_ref();
    let mut factors = draw.map(|draw| draw.factors.as_slice()).unwrap_or_default().iter();
    if !factors.any(|factor| factor.id.is_empty() || Some(factor.id.as_str()) == name.text()) {
        let last = trial.protocol.enrolment.steps.len().saturating_sub(1);
        rules::type_of_name(trial, name, Place::Step(last), report);
    }
}

fn check_needs(row: At<'_>, report: &mut Report<'_>) {
    let Some(kind) = row.key("kind").text().and_then(|word| word.parse::<HypothesisKind>().ok()) else {
        return;
    };
    let groups = row.key("compare").items().count();
    let (name, needs_groups, keys): (_, _, &[&str]) = match kind {
        HypothesisKind::Superiority => ("Superiority", true, &[]),
        HypothesisKind::NonInferiority => ("Non-inferiority", true, &["margin", "metric"]),
        HypothesisKind::Equivalence => ("Equivalence", true, &["margin", "metric"]),
        HypothesisKind::Target => ("A target", false, &["target"]),
        HypothesisKind::Descriptive => ("A description", false, &[]),
    };
    if keys.iter().any(|key| !row.key(key).is_given()) {
        report.error("P802", &row.opening(), format!("{name} needs {}.", keys.join(" and ")));
    } else if row.key("compare").is_given() && (groups == 0 || needs_groups && groups < 2) {
        let least = if needs_groups { "two groups" } else { "a group" };
        report.error("P802", &row.opening(), format!("{name} needs {least} of arms in 'compare'."));
    }
}
