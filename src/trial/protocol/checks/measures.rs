//! Measures: what is asked, of whom, by whom, in which words.

use crate::trial::instrument::library::library;
use crate::trial::protocol::checks::references;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::trial::Asked;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::checks::words::language_name;
use crate::trial::protocol::model::Support;
use crate::trial::role::Respondent;
use crate::trial::role::Role;
use crate::trial::schedule::definition::Measure;
use crate::trial::source::at::At;
use crate::trial::source::finding::did_you_mean;

/// Checks each measure.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let measures = &trial.protocol.schedule.measures;
    let rows: Vec<At<'_>> = trial.at.path("schedule.measures").items().collect();
    for (number, (measure, row)) in measures.iter().zip(rows).enumerate() {
        references::check_each(
            row.key("at"),
            "occasion",
            || trial.occasion_names().collect::<Vec<_>>(),
            report,
        );
        trial.check_arms(row.key("arms"), report);
        check_use(trial, measure, row, report);
        check_arms_fit(trial, measure, row, report);
        check_therapist(trial, measure, row, report);
        check_assessor(trial, measure, row, report);
        check_asked_once(trial, measures.iter().take(number), measure, row, report);
        if measures.iter().position(|one| one.uses == measure.uses) == Some(number) {
            check_wording(trial, measure, row, report);
        }
    }
}

fn check_use(trial: &Trial<'_>, measure: &Measure, row: At<'_>, report: &mut Report<'_>) {
    let uses = row.key("use");
    match trial.asked(&measure.uses) {
        Some(Asked::Instrument(instrument)) => check_valueset(instrument, row, report),
        Some(Asked::Form(_) | Asked::External(_)) if row.key("valueset").is_given() => {
            let text = "Unknown key 'valueset' in a measure without value sets.";
            report.error_with("P002", &row.key("valueset").name(), text, "Take it out.");
        }
        Some(Asked::Form(_) | Asked::External(_)) => {}
        None if measure.uses.is_empty() => {}
        None => {
            let protocol = trial.protocol;
            let own = protocol.forms.keys().chain(protocol.externals.keys());
            let guess = did_you_mean(&measure.uses, library().keys().chain(own).map(String::as_str));
            let text = format!("No instrument '{}'.{guess} Or put it under [external].", measure.uses);
            report.error("P601", &uses.value(), text);
        }
    }
}

fn check_valueset(
    instrument: &crate::trial::instrument::definition::Instrument,
    row: At<'_>,
    report: &mut Report<'_>,
) {
    let sets: Vec<&str> = instrument.key.valuesets.keys().map(String::as_str).collect();
    let at = row.key("valueset");
    match (sets.is_empty(), at.is_given()) {
        (false, false) => {
            report.error("P607", &row.opening(), format!("Give a valueset: {}.", sets.join(", ")));
        }
        (false, true) => references::check(at, "value set", sets, report),
        (true, true) => {
            let text = format!("Unknown key 'valueset' in a measure: {} has none.", instrument.id);
            report.error_with("P002", &at.name(), text, "Take it out.");
        }
        (true, false) => {}
    }
}

/// A measure for arms that never have the occasion would never be asked.
fn check_arms_fit(trial: &Trial<'_>, measure: &Measure, row: At<'_>, report: &mut Report<'_>) {
    let Some(arms) = &measure.arms else { return };
    if trial.doubts_arms(Some(arms)) || trial.protocol.comparison.arms.iter().any(|arm| arm.id.is_empty()) {
        return;
    }
    for at in row.key("at").items() {
        let Some(id) = at.text() else { continue };
        let occasions: Vec<_> = trial.elements_of(id).map(|element| element.occasion).collect();
        if occasions.iter().any(|occasion| trial.step_of(occasion).is_some()) {
            let text = format!("'{id}' comes before the draw: nobody has an arm there.");
            report.error("P505", &at.value(), text);
        } else if !occasions.is_empty()
            && occasions.iter().all(|one| trial.arms_asked(measure, one).is_empty())
        {
            let text = format!("'{id}' is not for {}.", arms.join(", "));
            report.error("P505", &at.value(), text);
        }
    }
}

/// P103: nobody treats where there is no support.
fn check_therapist(trial: &Trial<'_>, measure: &Measure, row: At<'_>, report: &mut Report<'_>) {
    if measure.by != Respondent::Therapist {
        return;
    }
    let occasions: Vec<_> =
        measure.at.iter().flat_map(|at| trial.elements_of(at)).map(|element| element.occasion).collect();
    let arms = trial.protocol.comparison.arms.iter().enumerate();
    let alone = arms.filter(|(number, _)| !trial.doubts_support(*number)).map(|(_, arm)| arm).find(|arm| {
        matches!(arm.support, Support::None | Support::Unguided)
            && occasions
                .iter()
                .any(|one| one.episode.is_none() && trial.arms_asked(measure, one).contains(&arm.id.as_str()))
    });
    if let Some(arm) = alone {
        let text = format!("Therapist form in arm {}, which has no support.", arm.id);
        report.warning("P103", &row.key("by").value(), text);
    }
}

/// P512: a blinded assessor who is asked about some arms only would learn the arm.
fn check_assessor(trial: &Trial<'_>, measure: &Measure, row: At<'_>, report: &mut Report<'_>) {
    if measure.by != Respondent::Assessor || !trial.is_blind(Role::Assessor) {
        return;
    }
    let all = trial.arms().count();
    for element in measure.at.iter().flat_map(|at| trial.elements_of(at)) {
        let mut arms: Vec<&str> = Vec::new();
        for same in trial.elements.iter().filter(|other| other.id == element.id) {
            let measures = trial.protocol.schedule.measures.iter();
            let alike =
                measures.filter(|one| one.by == measure.by && one.uses == measure.uses && same.has(one));
            arms.extend(alike.flat_map(|one| trial.arms_asked(one, same.occasion)));
        }
        let asked: Vec<&str> = trial.arms().filter(|arm| arms.contains(arm)).collect();
        if !asked.is_empty() && asked.len() < all {
            let text = format!(
                "Assessor form in {} only: a blinded assessor would learn the arm.",
                asked.join(", ")
            );
            return report.error("P512", &row.key("by").value(), text);
        }
    }
}

/// One respondent answers a measure once at an occasion.
fn check_asked_once<'m>(
    trial: &Trial<'_>,
    before: impl Iterator<Item = &'m Measure>,
    measure: &Measure,
    row: At<'_>,
    report: &mut Report<'_>,
) {
    for other in before.filter(|other| other.uses == measure.uses && other.by == measure.by) {
        let twice = trial.elements.iter().find(|element| {
            let arms = trial.arms_asked(other, element.occasion);
            let shared = trial.arms_asked(measure, element.occasion).iter().any(|arm| arms.contains(arm));
            element.has(other) && element.has(measure) && shared
        });
        if let Some(element) = twice {
            let text = format!("'{}' twice at {}.", measure.uses, element.id);
            return report.error("P007", &row.key("use").value(), text);
        }
    }
}

/// P602, once for each instrument and language.
fn check_wording(trial: &Trial<'_>, measure: &Measure, row: At<'_>, report: &mut Report<'_>) {
    let Some(instrument) = trial.instruments.get(&measure.uses) else { return };
    if trial.broken_overlays.contains(&measure.uses) {
        return;
    }
    for language in trial.languages() {
        if instrument.is_worded(language) {
            continue;
        }
        let name = language_name(language);
        let text = format!("{} has no {name} wording: add an overlay.", measure.uses);
        let span = row.key("use").value();
        if trial.is_public() {
            report.warning("P602", &span, text)
        } else {
            report.error("P602", &span, text)
        }
    }
}
