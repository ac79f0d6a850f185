//! `scores_long`: what was derived from each response, and by which rule.

use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::column::Coding;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::column::Kind;
use crate::trial::dataset::column::keys;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::record::ParticipantRecord;
use crate::trial::dataset::row::Table;
use crate::trial::dataset::table::sittings;
use crate::trial::instrument::scoring::ScoreValue;
use crate::trial::questionnaire::asked::Asked;

/// Its columns.
pub fn columns() -> Vec<Column> {
    vec![
        keys::participant(),
        keys::episode(),
        keys::occasion(),
        keys::occasion_no(),
        keys::respondent(),
        keys::instrument(),
        keys::instrument_version(),
        Column::text("score", "Score; how it is computed stands with its columns of the wide file")
            .required(),
        Column::new(
            "value",
            Kind::Number,
            "Value of the score, unrounded up to six decimals; a profile as digits",
        )
        .empty_means("not scorable"),
        Column::text("score_status", "How the score came about")
            .required()
            .coded("score_status", Coding::Codes),
        Column::text("band", "Band of the value; the limits are in the list <instrument>.bands.<name>")
            .empty_means("not scorable, or the score has no bands"),
        Column::whole("n_items", "Number of items that the score rests on").required(),
        Column::whole("n_missing", "Number of them without the answer that the score needs").required(),
        Column::text(
            "rule_version",
            "Version of the rule: changes with the key and with a study's own missing rule",
        )
        .required(),
    ]
}

/// The rows of a participant: one for each score of each response, in the order of the instrument's key.
pub fn write(
    frame: &Frame<'_>,
    person: &ParticipantRecord,
    table: &mut Table<'_>,
) -> Result<(), DatasetError> {
    for sat in sittings::of(frame, person)? {
        for due in sat.due(frame, person)? {
            let Some(response) = due.response else { continue };
            let version = due.instrument_version();
            let Asked::Instrument(instrument) = due.slot.asked else { continue };
            if let Some(unknown) = response.scores.keys().find(|id| instrument.score(id).is_none()) {
                let name = format!("{}.{unknown}", due.slot.uses);
                return Err(DatasetError::Unplanned { what: "score", name });
            }
            for score in instrument.printed_scores() {
                let Some(scored) = response.scores.get(&score.id) else { continue };
                let items = i64::try_from(instrument.items_of(score).len()).ok();
                table.row(|row| {
                    sat.key(person, row).text(due.slot.uses).text(&version).text(&score.id);
                    match &scored.value {
                        Some(ScoreValue::Number(number)) => row.number(Some(*number)),
                        Some(ScoreValue::Text(profile)) => row.text(profile),
                        None => row.nothing(),
                    };
                    row.text(scored.status.as_str()).maybe(scored.band.as_ref());
                    row.whole(items).whole(Some(scored.missing)).text(&scored.rule_version);
                })?;
            }
        }
    }
    Ok(())
}
