//! P104: names of columns in datasets are at most 32 characters, at every occasion and for every respondent.

use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::trial::Asked;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::role::Respondent;
use crate::trial::schedule::definition::Measure;

/// Programs of statisticians cut longer names.
const LONGEST: usize = 32;

/// Columns that every measure has beside items and scores.
const ABOUT: [&str; 4] = ["date", "status", "nmiss", "class"];

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

/// `<prefix>_<part>_<occasion>`, with a letter in front for whoever is not the participant.
fn columns(trial: &Trial<'_>, measure: &Measure) -> Vec<String> {
    let Some(asked) = trial.asked(&measure.uses) else { return Vec::new() };
    let mut parts: Vec<String> = ABOUT.iter().map(|part| (*part).to_owned()).collect();
    match asked {
        Asked::Instrument(instrument) => {
            parts.extend(instrument.items.iter().map(|item| two_digits(&item.id)));
            parts.extend(instrument.printed_scores().map(|score| score.column().to_owned()));
        }
        Asked::Form(form) => parts.extend(form.items.iter().map(|item| item.id.clone())),
        Asked::External(external) => parts.extend(external.totals.iter().map(|(id, ..)| id.clone())),
    }
    let respondent = match measure.by {
        Respondent::Participant => "",
        Respondent::Assessor => "a_",
        Respondent::Therapist => "t_",
        Respondent::Coordinator => "c_",
        Respondent::Guardian => "g_",
    };
    let prefix = measure.uses.replace('_', "");
    let elements: Vec<&str> =
        measure.at.iter().flat_map(|at| trial.elements_of(at)).map(|element| element.id.as_str()).collect();
    let named = |occasion: &str, part: &String| format!("{respondent}{prefix}_{part}_{occasion}");
    elements.iter().flat_map(|occasion| parts.iter().map(|part| named(occasion, part))).collect()
}

/// Items are written with two digits, so that columns sort as the form does: `09`, `01f`.
fn two_digits(item: &str) -> String {
    let digits = item.chars().take_while(char::is_ascii_digit).count();
    if digits == 1 { format!("0{item}") } else { item.to_owned() }
}
