//! `screening`: what became of each step of enrolment, and what was judged at it.

use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::column::Coding;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::column::keys;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::record::ParticipantRecord;
use crate::trial::dataset::record::StepRecord;
use crate::trial::dataset::record::VerdictRecord;
use crate::trial::dataset::row::Table;

/// Its columns.
pub fn columns() -> Vec<Column> {
    const NO_CRITERION: &str = "the step has no criterion";
    const NOT_JUDGED: &str = "not judged";
    vec![
        keys::participant(),
        Column::text("step", "Step of enrolment").required().coded("step", Coding::Codes),
        Column::whole("step_no", "Place of the step in the protocol, from 1").required(),
        Column::date("on", "Day on which the step was closed").empty_means("still open"),
        Column::text("outcome", "Outcome of the step").empty_means("none yet"),
        Column::text("reason_code", "Coded reason of the outcome").empty_means("none was asked for"),
        Column::text("criterion", "Criterion").coded("criterion", Coding::Codes).empty_means(NO_CRITERION),
        Column::text("kind", "Who says whether it is met")
            .coded("verdict_kind", Coding::Codes)
            .empty_means(NOT_JUDGED),
        Column::text("verdict", "Latest verdict on the criterion as worded")
            .coded("verdict", Coding::Codes)
            .empty_means(NOT_JUDGED),
        Column::text("judged_by_role", "Role of whoever judged").empty_means(NOT_JUDGED),
        Column::whole("protocol_version", "Version of the protocol at the verdict").empty_means(NOT_JUDGED),
    ]
}

/// The rows of a participant: steps and criteria in the order of the protocol.
pub fn write(
    frame: &Frame<'_>,
    person: &ParticipantRecord,
    table: &mut Table<'_>,
) -> Result<(), DatasetError> {
    let mut steps: Vec<(i64, &StepRecord)> = Vec::new();
    for step in &person.steps {
        steps.push((place_of(frame, &step.step)?, step));
    }
    steps.sort_by_key(|(place, _)| *place);
    for (place, step) in steps {
        let criteria = criteria_of(frame, step)?;
        if criteria.is_empty() {
            write_row(person, (place, step), None, None, table)?;
        }
        for criterion in criteria {
            let verdict = step.verdicts.iter().find(|verdict| verdict.criterion == criterion);
            write_row(person, (place, step), Some(criterion), verdict, table)?;
        }
    }
    Ok(())
}

fn write_row(
    person: &ParticipantRecord,
    (place, step): (i64, &StepRecord),
    criterion: Option<&str>,
    verdict: Option<&VerdictRecord>,
    table: &mut Table<'_>,
) -> Result<(), DatasetError> {
    table.row(|row| {
        row.text(person.code.as_str()).text(&step.step).whole(Some(place)).date(step.on);
        row.maybe(step.outcome.as_ref()).maybe(step.reason_code.as_ref()).maybe(criterion);
        row.maybe(verdict.map(|verdict| verdict.kind)).maybe(verdict.map(|verdict| verdict.verdict.as_str()));
        row.maybe(verdict.map(|verdict| &verdict.judged_by_role));
        row.whole(verdict.map(|verdict| verdict.protocol_version));
    })
}

/// The step's place in the version in force; steps that only older versions have stand behind.
fn place_of(frame: &Frame<'_>, id: &str) -> Result<i64, DatasetError> {
    let mut known: Vec<&str> = Vec::new();
    for version in frame.agenda.versions() {
        for step in &version.protocol.enrolment.steps {
            if !known.contains(&step.id.as_str()) {
                known.push(&step.id);
            }
        }
    }
    let place = known.iter().zip(1..).find(|(step, _)| **step == id).map(|(_, place)| place);
    place.ok_or_else(|| DatasetError::Unplanned { what: "step", name: id.to_owned() })
}

/// The criteria of a step: those of the version in force, then those that only older versions had and that were judged.
fn criteria_of<'a>(frame: &'a Frame<'_>, step: &StepRecord) -> Result<Vec<&'a str>, DatasetError> {
    let of_step = |version: &crate::trial::dataset::agenda::Version<'a>| {
        let criteria = version.protocol.enrolment.criteria.iter();
        criteria
            .filter(|criterion| criterion.step == step.step)
            .map(|criterion| criterion.id.as_str())
            .collect()
    };
    let mut found: Vec<&str> = frame.agenda.versions().first().map(of_step).unwrap_or_default();
    for verdict in &step.verdicts {
        if found.contains(&verdict.criterion.as_str()) {
            continue;
        }
        let older: Vec<&str> = frame.agenda.versions().iter().flat_map(of_step).collect();
        let unplanned = || DatasetError::Unplanned { what: "criterion", name: verdict.criterion.clone() };
        found.push(older.into_iter().find(|known| *known == verdict.criterion).ok_or_else(unplanned)?);
    }
    Ok(found)
}
