//! `events`: deviations, adverse events and the like, coded; their words stay in the service.

use crate::trial::dataset::column::Coding;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::column::keys;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::record::EventRecord;
use crate::trial::dataset::record::ParticipantRecord;
use crate::trial::dataset::row::Table;

/// Its columns.
pub fn columns() -> Vec<Column> {
    const NOT_CODED: &str = "not coded, or not asked for this kind";
    let coded = |name: &str, label: &str| Column::text(name, label).empty_means(NOT_CODED).sensitive(true);
    vec![
        keys::participant(),
        Column::text("event_id", "Id of the event").required(),
        Column::text("kind", "Kind of the event").required().coded("event_kind", Coding::Codes),
        Column::text("on", "When it began: a day, a month (2026-03) or a year, never filled up")
            .empty_means("not known"),
        Column::date("known_on", "Day on which the study came to know it").required(),
        coded("code", "Code"),
        coded("seriousness", "How serious"),
        coded("severity", "How severe"),
        coded("relatedness", "Whether it is related to the treatment"),
        coded("expectedness", "Whether it was to be expected"),
        coded("outcome", "How it ended"),
        Column::truth("ongoing", "Whether it goes on").empty_means("not known"),
        Column::whole("version", "Version of the record").required(),
        Column::truth("text_flag", "Whether there are words with it, which stay in the service").required(),
    ]
}

/// The rows of a participant, by day and id.
pub fn write(person: &ParticipantRecord, table: &mut Table<'_>) -> Result<(), DatasetError> {
    let mut events: Vec<&EventRecord> = person.events.iter().collect();
    events.sort_by_key(|event| (&event.on, &event.id));
    for event in events {
        table.row(|row| {
            row.text(person.code.as_str()).text(&event.id).text(event.kind.as_str());
            row.maybe(event.on.as_ref()).date(Some(event.known_on));
            row.texts([&event.code, &event.seriousness, &event.severity].map(Option::as_ref));
            row.texts([&event.relatedness, &event.expectedness, &event.outcome].map(Option::as_ref));
            row.truth(event.is_ongoing).whole(Some(event.version)).truth(Some(event.has_text));
        })?;
    }
    Ok(())
}
