//! `dictionary`: each column of each file, once. All other descriptions of the data are made of the same columns.

use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::row::Table;

/// Its columns.
pub fn columns() -> Vec<Column> {
    vec![
        Column::text("dataset", "File without its ending").required(),
        Column::text("column", "Column").required(),
        Column::text("label", "What it is; of an item, its words in the study's first language").required(),
        Column::text("type", "Type in the words of the Frictionless table schema").required(),
        Column::text("unit", "Unit").empty_means("none"),
        Column::text("instrument", "Instrument, form or external measure").empty_means("none"),
        Column::text("item_or_score", "Item or score").empty_means("none"),
        Column::text("occasion", "Occasion").empty_means("none, or a column holds it"),
        Column::text("respondent", "Who answers").empty_means("none, or a column holds it"),
        Column::text("codes", "List of its codes in codelists")
            .empty_means("none, or one for each instrument"),
        Column::text("missing", "What an empty cell means").empty_means("no cell is empty"),
        Column::text("formula", "How the score is computed").empty_means("no score"),
        Column::text("rule", "Version of the score's rule").empty_means("no score"),
        Column::text("source", "Paper to cite").empty_means("none"),
        Column::text("licence", "Terms of the instrument").empty_means("none"),
        Column::truth("sensitive", "Helps to recognise a person, or speaks of suicide or harm").required(),
    ]
}

/// All rows: files in the order of the package, columns in the order of the file.
pub fn write(frame: &Frame<'_>, table: &mut Table<'_>) -> Result<(), DatasetError> {
    for (dataset, columns) in frame.datasets() {
        for column in columns {
            let missing = column.missing.as_deref().or((!column.is_required).then_some("not known"));
            table.row(|row| {
                row.text(dataset.as_str()).text(&column.name).text(&column.label).text(column.kind.as_str());
                row.maybe(column.unit.as_ref()).maybe(column.instrument.as_ref()).maybe(column.part.as_ref());
                row.maybe(column.occasion.as_ref()).maybe(column.respondent);
                row.maybe(column.codes.as_ref().map(|(list, _)| list)).maybe(missing);
                row.maybe(column.formula.as_ref()).maybe(column.rule.as_ref());
                row.maybe(column.source.as_ref()).maybe(column.licence.as_ref());
                row.truth(Some(column.is_sensitive));
            })?;
        }
    }
    Ok(())
}
