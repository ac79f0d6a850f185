//! `allocations`: what was drawn, in the columns of the reveal up to the time. Only for whoever may see arms.

use crate::kernel::canonical;
use crate::trial::dataset::column::Coding;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::record::Source;
use crate::trial::dataset::row::Table;
use crate::trial::randomization::event;

/// Its columns.
pub fn columns() -> Vec<Column> {
    vec![
        Column::whole("sequence", "Place in the order of all allocations, from 1").required(),
        Column::text("participant", "Participant code, or the cluster's code").required(),
        Column::whole("version", "Version of the randomization design").required(),
        Column::text("label", "Stratum as canonical JSON").required(),
        Column::whole("block", "Block, from 0").empty_means("the method has none"),
        Column::whole("position", "Position in the block, from 1").empty_means("the method has none"),
        Column::whole("index", "Index of the draw, from 1").empty_means("the method has blocks"),
        Column::text("factors", "Factor and level as used, as canonical JSON").required(),
        Column::text("arm", "Arm that was drawn").required().coded("arm", Coding::Codes),
        Column::instant("allocated_at", "When it was drawn").required(),
    ]
}

/// All rows, in the order in which they were made.
pub fn write(source: &mut dyn Source, table: &mut Table<'_>) -> Result<(), DatasetError> {
    let mut sequence = 0;
    source.allocations(&mut |allocation| {
        sequence += 1;
        let factors = canonical::text_of(&allocation.factors)?;
        table.row(|row| {
            row.whole(Some(sequence)).text(&allocation.participant).text(&allocation.version.to_string());
            row.text(&allocation.label);
            row.texts(event::place_cells(allocation.place).map(Some));
            row.text(&factors).text(&allocation.arm).instant(Some(allocation.allocated_at));
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_columns_are_those_of_the_reveal_up_to_the_time() {
        let names: Vec<String> = columns().into_iter().map(|column| column.name).collect();
        assert_eq!(names, event::COLUMNS[..10]);
    }
}
