//! `items_long`: one row for each item that was planned to be asked, with its answer or the reason why there is none.

use crate::trial::dataset::answer;
use crate::trial::dataset::answer::Shown;
use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::column::Coding;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::column::Kind;
use crate::trial::dataset::column::keys;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::missing;
use crate::trial::dataset::record::MissingReason;
use crate::trial::dataset::record::ParticipantRecord;
use crate::trial::dataset::record::ResponseRecord;
use crate::trial::dataset::row::Table;
use crate::trial::dataset::table::sittings;
use crate::trial::dataset::table::sittings::Due;
use crate::trial::dataset::table::sittings::Sat;
use crate::trial::questionnaire::asked::Asked;
use crate::trial::questionnaire::stored::ItemState;

/// Its columns.
pub fn columns() -> Vec<Column> {
    const SEE: &str = "see missing_reason; answers in free words are in only where the package says so";
    const NO_RESPONSE: &str = "there is no response";
    vec![
        keys::participant(),
        keys::episode(),
        keys::occasion(),
        keys::occasion_no(),
        keys::respondent(),
        keys::instrument(),
        keys::instrument_version(),
        Column::text("item", "Item; its words are in the list <instrument>.items").required(),
        Column::text(
            "value_code",
            "Code of the option chosen (several: with blanks between them), or the date",
        )
        .empty_means(SEE),
        Column::new(
            "value",
            Kind::Number,
            "Number answered, or what the option counts, before anything is reversed",
        )
        .empty_means("the answer is no number, or see missing_reason"),
        Column::text("value_label", "Words of the option in the study's first language")
            .empty_means("no option, or its words are under a licence of their own"),
        Column::text("item_state", "What became of the item").required().coded("item_state", Coding::Codes),
        Column::text("missing_reason", "Why there is no answer")
            .coded("missing_reason", Coding::Codes)
            .empty_means("there is an answer"),
        Column::instant("answered_at", "When the response was saved").empty_means(NO_RESPONSE),
        Column::text("response_status", "What became of the response")
            .coded("response_status", Coding::Codes)
            .empty_means(NO_RESPONSE),
        Column::text("window_class", "When the assessment was sent, measured by the plan")
            .coded("window_class", Coding::Codes)
            .empty_means(NO_RESPONSE),
        Column::whole("response_version", "Version of the response, from 1; 0 for a draft that was closed")
            .empty_means(NO_RESPONSE),
    ]
}

/// The rows of a participant.
pub fn write(
    frame: &Frame<'_>,
    person: &ParticipantRecord,
    table: &mut Table<'_>,
) -> Result<(), DatasetError> {
    for sat in sittings::of(frame, person)? {
        for due in sat.due(frame, person)? {
            write_measure(frame, person, &sat, &due, table)?;
        }
    }
    Ok(())
}

fn write_measure(
    frame: &Frame<'_>,
    person: &ParticipantRecord,
    sat: &Sat<'_>,
    due: &Due<'_>,
    table: &mut Table<'_>,
) -> Result<(), DatasetError> {
    let asked = &due.slot.asked;
    let items = answer::items(asked);
    if let Some(response) = due.response {
        let unknown = response.answers.keys().find(|id| items.iter().all(|(known, _)| known != id));
        if let Some(id) = unknown {
            return Err(DatasetError::Unplanned { what: "item", name: format!("{}[{id}]", due.slot.uses) });
        }
    }
    let language = frame.agenda.protocol.study.languages.first().map_or("", String::as_str);
    let version = due.instrument_version();
    for (id, kind) in &items {
        let (state, reason) = what_became(sat, due, person, asked, id);
        let stored = due.response.and_then(|response| response.answers.get(*id)?.value.as_ref());
        let shown = match stored.filter(|_| state == ItemState::Answered) {
            Some(stored) => answer::show(asked, kind, stored, language, frame.view.free_text)
                .ok_or_else(|| answer::unreadable(due.slot.uses, id))?,
            None => Shown::default(),
        };
        let response = due.response;
        table.row(|row| {
            sat.key(person, row).text(due.slot.uses).text(&version).text(id);
            row.maybe(shown.code).number(shown.value).maybe(shown.label);
            row.text(state.as_str()).maybe(reason);
            row.instant(response.map(|response| response.answered_at));
            row.maybe(response.map(|response| response.status));
            row.maybe(response.and(sat.assessment.window_class))
                .whole(response.map(|response| response.version));
        })?;
    }
    Ok(())
}

fn what_became(
    sat: &Sat<'_>,
    due: &Due<'_>,
    person: &ParticipantRecord,
    asked: &Asked<'_>,
    id: &str,
) -> (ItemState, Option<MissingReason>) {
    let Some(response) = due.response else {
        let reason = missing::of_measure(sat.assessment, due.slot.uses, person.participation);
        let state = match reason {
            MissingReason::NotShown => ItemState::NotShown,
            _ => ItemState::NotReached,
        };
        return (state, Some(reason));
    };
    let state = state_of(response, sat.assessment.language.as_deref().unwrap_or(&person.language), asked, id);
    let said = response.answers.get(id).and_then(|stored| stored.why);
    (state, missing::of_item(state, said))
}

/// An item that was never touched: not reached, or not asked in the person's language.
pub fn state_of(response: &ResponseRecord, language: &str, asked: &Asked<'_>, id: &str) -> ItemState {
    match response.answers.get(id) {
        Some(stored) => stored.state,
        None if asked.items(language).iter().any(|asked| asked == id) => ItemState::NotReached,
        None => ItemState::NotShown,
    }
}
