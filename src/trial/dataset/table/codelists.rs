//! `codelists`: every code, what it stands for, and its words.

use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::column::Kind;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::row::Table;

/// Its columns.
pub fn columns() -> Vec<Column> {
    vec![
        Column::text("list", "Code list").required(),
        Column::text("code", "Code").required(),
        Column::new("value", Kind::Number, "Number that the code stands for; of a band, its lower limit")
            .empty_means("the code is no number"),
        Column::text("label", "Words of the code")
            .empty_means("the code says it, or its words are under a licence of their own"),
        Column::text("language", "Language of the words").empty_means("there are no words"),
    ]
}

/// All rows: lists by id, codes in the order of the form, languages in the order of the protocol.
pub fn write(frame: &Frame<'_>, table: &mut Table<'_>) -> Result<(), DatasetError> {
    for list in &frame.lists {
        for entry in &list.codes {
            if entry.labels.is_empty() {
                table.row(|row| {
                    row.text(&list.id).text(&entry.code).number(entry.value).nothing().nothing();
                })?;
            }
            for (language, words) in &entry.labels {
                table.row(|row| {
                    row.text(&list.id).text(&entry.code).number(entry.value).text(words).text(language);
                })?;
            }
        }
    }
    Ok(())
}
