//! P104: names of columns in datasets are at most 32 characters, at every occasion and for every respondent.

use crate::trial::dataset::naming;
use crate::trial::dataset::naming::LONGEST;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::trial::Asked;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::schedule::definition::Measure;

/// Checks the longest column of each measure.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let rows = trial.at.path("schedule.measures").items();
    for (measure, row) in trial.protocol.schedule.measures.iter().zip(rows) {
        let Some(longest) = columns(trial, measure).into_iter().max_by_key(|column| column.chars().count())
        else {
            continue;
        };
        let length = longest.chars().count();
        if length > LONGEST {
            let mend = "Give the score a short name, or shorten item or occasion.";
            let text = format!("Column '{longest}': {length} of {LONGEST} characters.");
            report.error_with("P104", &row.key("use").value(), text, mend);
        }
    }
}

/// The columns of a measure in the wide file.
fn columns(trial: &Trial<'_>, measure: &Measure) -> Vec<String> {
    let Some(asked) = trial.asked(&measure.uses) else { return Vec::new() };
    let mut parts: Vec<String> = naming::RESERVED.iter().map(|part| (*part).to_owned()).collect();
    match asked {
        Asked::Instrument(instrument) => {
            parts.extend(instrument.items.iter().map(|item| naming::item_part(&item.id)));
            parts.extend(instrument.printed_scores().map(|score| score.column().to_owned()));
        }
        Asked::Form(form) => parts.extend(form.items.iter().map(|item| item.id.clone())),
        Asked::External(external) => parts.extend(external.totals.iter().map(|(id, ..)| id.clone())),
    }
    let elements: Vec<&str> =
        measure.at.iter().flat_map(|at| trial.elements_of(at)).map(|element| element.id.as_str()).collect();
    let named = |occasion: &str, part: &String| naming::wide(measure.by, &measure.uses, part, occasion);
    elements.iter().flat_map(|occasion| parts.iter().map(|part| named(occasion, part))).collect()
}
