//! `occasions`: the planned times of measurement, with their windows as the protocol states them.

use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::column::Coding;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::column::keys;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::row::Table;
use crate::trial::schedule::definition::Timing;

/// Its columns.
pub fn columns() -> Vec<Column> {
    const STEP: &str = "a step of enrolment opens it";
    let offset = |name: &str, label: &str| Column::text(name, label).empty_means(STEP);
    vec![
        keys::occasion(),
        Column::text("label", "What staff read").required(),
        keys::occasion_no(),
        Column::text("anchor", "Day from which the window is counted").empty_means(STEP),
        offset("opens", "First day, from the anchor: 12d is twelve days later, 3m three months"),
        offset("due", "Planned day, from the anchor"),
        offset("closes", "Last day in the window, from the anchor"),
        offset("late", "Last day on which a late answer is taken, from the anchor"),
        Column::text("arms", "Arms that have it, with blanks between them").empty_means("all"),
        Column::text("episode", "Episode that it belongs to").required().coded("episode", Coding::Codes),
    ]
}

/// All rows, by place.
pub fn write(frame: &Frame<'_>, table: &mut Table<'_>) -> Result<(), DatasetError> {
    for planned in frame.agenda.occasions.iter().filter(|planned| frame.view.shows(planned.is_arm_bound)) {
        let occasion = planned.element.occasion;
        let anchor = match &occasion.timing {
            Timing::Step { .. } => None,
            Timing::Window { anchor, .. } => Some(anchor),
        };
        let window = planned.element.window;
        table.row(|row| {
            row.text(&planned.element.id).text(&occasion.label).whole(Some(planned.number)).maybe(anchor);
            row.maybe(window.map(|window| window.opens.to_string()));
            row.maybe(window.map(|window| window.due.to_string()));
            row.maybe(window.map(|window| window.closes.to_string()));
            row.maybe(window.map(|window| window.late.to_string()));
            row.maybe(occasion.arms.as_ref().map(|arms| arms.join(" ")));
            row.text(occasion.episode.as_deref().unwrap_or("main"));
        })?;
    }
    Ok(())
}
