//! `[enrolment]`: steps in an order that can be, criteria with one way of judging, nothing asked before consent.

use crate::trial::protocol::checks::doubts::is_no_word;
use crate::trial::protocol::checks::references;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::trial::Asked;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::model::StepKind;
use crate::trial::source::at::At;

/// Checks the section.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let enrolment = trial.at.key("enrolment");
    trial.check_document(enrolment.key("elsewhere"), report);
    let steps = enrolment.key("steps");
    for row in steps.items() {
        let occasions = trial.protocol.schedule.occasions.iter().map(|occasion| occasion.id.as_str());
        references::check(row.key("occasion"), "occasion", occasions, report);
        references::check(
            row.key("consent"),
            "consent",
            trial.protocol.consents.keys().map(String::as_str),
            report,
        );
        check_keys(row, report);
    }
    check_shared_occasions(steps, report);
    check_order(trial, steps, report);
    for row in enrolment.key("criteria").items() {
        let ids = trial.protocol.enrolment.steps.iter().map(|step| step.id.as_str());
        references::check(row.key("step"), "step", ids, report);
        check_criterion(row, report);
    }
    check_before_consent(trial, report);
}

/// Which keys a kind of step needs, and which it takes besides.
fn keys_of(kind: StepKind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        StepKind::Screening => (&["occasion"], &["by"]),
        StepKind::Consent => (&["consent"], &[]),
        StepKind::Interview => (&["occasion", "by"], &["quorum"]),
        StepKind::Document | StepKind::Decision | StepKind::Inclusion => (&["by"], &["quorum"]),
        StepKind::Baseline => (&["occasion"], &[]),
        StepKind::Randomization => (&["by"], &["quorum", "after", "when"]),
    }
}

fn check_keys(row: At<'_>, report: &mut Report<'_>) {
    let Some(kind) = row.key("kind").text().and_then(|word| word.parse::<StepKind>().ok()) else { return };
    let (needed, besides) = keys_of(kind);
    let missing: Vec<String> =
        needed.iter().filter(|key| !row.key(key).is_given()).map(|key| format!("'{key}'")).collect();
    if !missing.is_empty() {
        let id = row.key("id").text().unwrap_or_default();
        let kind = capitalized(kind.as_str());
        let text = format!("{kind} '{id}' needs {}.", missing.join(" and "));
        report.error("P402", &row.opening(), text);
    }
    for key in ["occasion", "consent", "by", "quorum", "after", "when"] {
        if row.key(key).is_given() && !needed.contains(&key) && !besides.contains(&key) {
            let text = format!("Unknown key '{key}' in a step of kind {kind}.");
            report.error_with("P002", &row.key(key).name(), text, "Take it out.");
        }
    }
    if row.key("by").is_given()
        && row.key("by").written().starts_with('[')
        && row.key("by").items().next().is_none()
    {
        report.error("P004", &row.key("by").value(), "'by' takes at least one role, here is none.");
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// An occasion is opened by one step.
fn check_shared_occasions(steps: At<'_>, report: &mut Report<'_>) {
    let mut seen = Vec::new();
    for occasion in steps.items().map(|row| row.key("occasion")) {
        let Some(id) = occasion.text() else { continue };
        if seen.contains(&id) {
            report.error("P007", &occasion.value(), format!("'{id}' twice: one step opens an occasion."));
        }
        seen.push(id);
    }
}

fn check_order(trial: &Trial<'_>, steps: At<'_>, report: &mut Report<'_>) {
    if steps.items().any(|row| is_no_word::<StepKind>(row.key("kind"))) {
        return;
    }
    let kinds: Vec<StepKind> = trial.protocol.enrolment.steps.iter().map(|step| step.kind).collect();
    let arms = trial.arms().count();
    let position = |kind: StepKind| kinds.iter().position(|one| *one == kind);
    let Some(draw) = position(StepKind::Randomization) else {
        if arms > 1 && steps.is_given() && steps.items().all(|row| row.key("kind").text().is_some()) {
            report.error("P311", &steps.name(), format!("{arms} arms and no randomization step."));
        }
        return;
    };
    let row = steps.item(draw);
    match kinds.iter().rposition(|kind| *kind == StepKind::Consent) {
        Some(consent) if consent < draw => {}
        Some(_) => return report.error("P401", &row.opening(), "Randomization comes before consent."),
        None => {
            report.error("P401", &row.opening(), "Randomization comes without consent: no step asks for it.")
        }
    }
    for (kind, row) in kinds.iter().zip(steps.items()).skip(draw + 1) {
        if *kind == StepKind::Randomization {
            let text = "'randomization' twice: a person is drawn once.";
            report.error("P007", &row.key("kind").value(), text);
        } else {
            let text = "A step behind the randomization: enrolment ends with it.";
            report.error("P401", &row.opening(), text);
        }
    }
}

const WAYS: [&str; 4] = ["include", "exclude", "include_judged_by", "exclude_judged_by"];

fn check_criterion(row: At<'_>, report: &mut Report<'_>) {
    let given: Vec<&str> = WAYS.into_iter().filter(|way| row.key(way).is_given()).collect();
    let id = row.key("id").text().unwrap_or_default();
    let [way] = given.as_slice() else {
        let text = format!("'{id}' needs exactly one of {}.", WAYS.join(", "));
        return report.error("P403", &row.opening(), text);
    };
    let is_judged = way.ends_with("_judged_by");
    let evidence = row.key("evidence");
    if is_judged && !evidence.is_given() {
        let text = format!(
            "'{id}' is judged by people and has no 'evidence': one of interview, document, conference, call."
        );
        report.error_with("P005", &row.opening(), text, "Add evidence = … to the row.");
    } else if !is_judged && evidence.is_given() {
        let text = "Unknown key 'evidence' in a criterion that a rule judges.";
        report.error_with("P002", &evidence.name(), text, "Take it out.");
    }
    if is_judged && row.key(way).written().starts_with('[') && row.key(way).items().next().is_none() {
        report.error(
            "P004",
            &row.key(way).value(),
            format!("'{way}' takes at least one role, here is none."),
        );
    }
}

/// P404, once for each measure. A study's own form (age, contact) is not meant.
fn check_before_consent(trial: &Trial<'_>, report: &mut Report<'_>) {
    let steps = &trial.protocol.enrolment.steps;
    let Some(consent) = steps.iter().position(|step| step.kind == StepKind::Consent) else { return };
    for row in trial.at.path("schedule.measures").items() {
        let uses = row.key("use").text().unwrap_or_default();
        if !matches!(trial.asked(uses), Some(Asked::Instrument(_) | Asked::External(_))) {
            continue;
        }
        let early = row.key("at").items().find(|at| {
            let mut elements = trial.elements_of(at.text().unwrap_or_default());
            elements.any(|element| trial.step_of(element.occasion).is_some_and(|step| step < consent))
        });
        if let Some(at) = early {
            let mend = "Put the consent first, or accept it with the reason.";
            report.error_with("P404", &at.value(), format!("{uses} is asked before consent."), mend);
        }
    }
}
