//! `derived`: flags and analysis sets of each participant.

use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::column::Coding;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::column::keys;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::record::ParticipantRecord;
use crate::trial::dataset::row::Table;

/// Its columns.
pub fn columns() -> Vec<Column> {
    vec![
        keys::participant(),
        Column::text("kind", "Whether it is a flag or an analysis set")
            .required()
            .coded("derived_kind", Coding::Codes),
        Column::text("id", "Id of the flag or set in the protocol").required(),
        Column::text("label", "What it says").required(),
        Column::truth("value", "Whether its rule holds").empty_means("see missing_reason"),
        Column::text("missing_reason", "Why there is no value")
            .coded("derived_missing", Coding::Codes)
            .empty_means("there is a value"),
    ]
}

/// The rows of a participant, as the protocol lists flags and sets.
pub fn write(
    frame: &Frame<'_>,
    person: &ParticipantRecord,
    table: &mut Table<'_>,
) -> Result<(), DatasetError> {
    if person.derived.len() != frame.derived.len() {
        return Err(DatasetError::Unplanned { what: "derived value", name: person.code.to_string() });
    }
    for (declared, value) in frame.derived.iter().zip(&person.derived) {
        if !declared.is_in(&frame.view) {
            continue;
        }
        table.row(|row| {
            row.text(person.code.as_str()).text(declared.kind.as_str()).text(declared.id).text(declared.say);
            row.truth(*value).maybe(value.is_none().then_some("undetermined"));
        })?;
    }
    Ok(())
}
