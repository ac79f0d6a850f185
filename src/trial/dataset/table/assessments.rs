//! `assessments`: what was planned, and what became of it.

use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::column::Coding;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::column::keys;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::missing;
use crate::trial::dataset::record::ParticipantRecord;
use crate::trial::dataset::row::Table;
use crate::trial::dataset::table::sittings;

/// Its columns.
pub fn columns() -> Vec<Column> {
    const NO_DATE: &str = "its anchor has no date, or a step of enrolment opens it";
    let mut seconds =
        Column::whole("seconds", "Time from the first page to sending").empty_means("not sent, or not known");
    seconds.unit = Some("s".to_owned());
    vec![
        keys::participant(),
        keys::episode(),
        keys::occasion(),
        keys::occasion_no(),
        keys::respondent(),
        Column::text("state", "Where the assessment stands")
            .required()
            .coded("assessment_state", Coding::Codes),
        Column::date("opens_on", "First day of the window").empty_means(NO_DATE),
        Column::date("due_on", "Planned day").empty_means(NO_DATE),
        Column::date("closes_on", "Last day of the window").empty_means(NO_DATE),
        Column::instant("first_answer_at", "When the first answer was saved").empty_means("not answered"),
        Column::instant("submitted_at", "When it was sent").empty_means("not sent"),
        Column::text("window_class", "When it was sent, measured by the plan")
            .coded("window_class", Coding::Codes)
            .empty_means("not sent"),
        Column::text("missing_reason", "Why there are no answers")
            .coded("missing_reason", Coding::Codes)
            .empty_means("there are answers"),
        seconds,
        Column::text("language", "Language in which it was answered").empty_means("not answered"),
        Column::whole("protocol_version", "Version of the protocol by which it was planned").required(),
    ]
}

/// The rows of a participant.
pub fn write(
    frame: &Frame<'_>,
    person: &ParticipantRecord,
    table: &mut Table<'_>,
) -> Result<(), DatasetError> {
    for sat in sittings::of(frame, person)? {
        let at = sat.assessment;
        table.row(|row| {
            sat.key(person, row).text(at.state.as_str());
            row.date(at.opens_on).date(at.due_on).date(at.closes_on);
            row.instant(at.first_answer_at).instant(at.submitted_at);
            row.maybe(at.window_class).maybe(missing::of_assessment(at, person.participation));
            row.whole(at.seconds).maybe(at.language.as_ref()).whole(Some(at.protocol_version));
        })?;
    }
    Ok(())
}
