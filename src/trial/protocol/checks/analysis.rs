//! `[analysis]`, `[adherence]`, `[history]`: outcomes that are measured where they are compared.

use std::collections::BTreeSet;

use crate::trial::expression::typing::Type;
use crate::trial::protocol::checks::comparison::ALL_RANDOMIZED;
use crate::trial::protocol::checks::references;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::rules;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::checks::trial::is_among;
use crate::trial::protocol::model::Outcome;
use crate::trial::protocol::sections;
use crate::trial::source::at::At;

/// Checks the three sections.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let rows: Vec<At<'_>> = trial.at.path("analysis.outcomes").items().collect();
    let is_primary = |row: &&At<'_>| row.key("role").text() == Some("primary");
    for row in rows.iter().filter(is_primary).skip(1) {
        let text = "Two primary outcomes: call both co_primary.";
        report.error("P801", &row.key("role").value(), text);
    }
    for (outcome, row) in trial.protocol.analysis.outcomes.iter().zip(rows) {
        check_outcome(trial, outcome, row, report);
    }
    for row in trial.at.path("analysis.sets").items() {
        let id = row.key("id");
        if id.text() == Some(ALL_RANDOMIZED) {
            report.error(
                "P007",
                &id.value(),
                format!("'{ALL_RANDOMIZED}' twice: every protocol has this set."),
            );
        }
    }
    for row in trial.at.path("adherence.variables").items() {
        trial.check_arms(row.key("arms"), report);
    }
    check_history(trial, report);
}

fn check_outcome(trial: &Trial<'_>, outcome: &Outcome, row: At<'_>, report: &mut Report<'_>) {
    trial.check_arms(row.key("arms"), report);
    references::check_each(row.key("at"), "occasion", || trial.occasion_names().collect::<Vec<_>>(), report);
    references::check(row.key("base"), "occasion", trial.occasion_names(), report);
    let of = row.key("of");
    match rules::type_of_part(trial, of, report) {
        Some(Type::Number(..) | Type::Truth) => {}
        Some(Type::Date) if outcome.of.starts_with("use.") => {}
        Some(other) => {
            let text = format!("{} is {}: an outcome is a number or yes/no.", outcome.of, other.words());
            return report.error("P204", &of.value(), text);
        }
        None => return,
    }
    if outcome.of.starts_with("flag.") || outcome.of.starts_with("use.") {
        return;
    }
    for at in row.key("at").items().chain([row.key("base")]) {
        check_measured(trial, outcome, at, report);
    }
}

/// P803: the arms of the outcome, else all, each at the occasion.
fn check_measured(trial: &Trial<'_>, outcome: &Outcome, at: At<'_>, report: &mut Report<'_>) {
    let Some(id) = at.text().filter(|id| trial.occasion_names().any(|known| known == *id)) else { return };
    // A score, `phq9.total`, or an item, `phq9[9]`.
    let uses = outcome.of.split(['.', '[']).next().unwrap_or_default();
    let is_measured = |arm: &str| {
        trial.elements_of(id).any(|element| {
            let measures = trial.protocol.schedule.measures.iter();
            let mut asked = measures.filter(|measure| measure.uses == uses && element.has(measure));
            asked.any(|measure| trial.arms_asked(measure, element.occasion).contains(&arm))
        })
    };
    let missing =
        trial.arms().filter(|arm| is_among(outcome.arms.as_deref(), arm)).find(|arm| !is_measured(arm));
    if let Some(arm) = missing.filter(|_| !trial.doubts_measures()) {
        let text = format!("'{}' is not measured in arm {arm} at {id}.", outcome.id);
        report.error("P803", &at.value(), text);
    }
}

fn check_history(trial: &Trial<'_>, report: &mut Report<'_>) {
    let mut seen = BTreeSet::new();
    for row in trial.at.path("history.versions").items() {
        let known = || sections::FILE.keys.iter().map(|key| key.name).collect::<Vec<_>>();
        references::check_each(row.key("allows"), "section", known, report);
        let version = row.key("version");
        let number = version.text().and_then(|text| text.parse::<u32>().ok());
        if let Some(number) = number.filter(|number| !seen.insert(*number)) {
            report.error("P007", &version.value(), format!("'{number}' twice."));
        }
    }
}
