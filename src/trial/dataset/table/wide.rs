//! `wide`: one row for each participant, one column for each measurement, in the order of the protocol.

use std::collections::BTreeMap;

use crate::trial::dataset::agenda::Agenda;
use crate::trial::dataset::agenda::Slot;
use crate::trial::dataset::answer;
use crate::trial::dataset::answer::ItemKind;
use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::codelist;
use crate::trial::dataset::column::Coding;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::column::Kind;
use crate::trial::dataset::column::keys;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::naming;
use crate::trial::dataset::record::AssessmentRecord;
use crate::trial::dataset::record::ParticipantRecord;
use crate::trial::dataset::record::ResponseRecord;
use crate::trial::dataset::row::Row;
use crate::trial::dataset::row::Table;
use crate::trial::dataset::table::formula;
use crate::trial::dataset::table::items_long;
use crate::trial::dataset::table::participants;
use crate::trial::dataset::table::sittings;
use crate::trial::dataset::view::View;
use crate::trial::instrument::definition::Answers;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Licence;
use crate::trial::instrument::definition::Score;
use crate::trial::instrument::scoring::ScoreValue;
use crate::trial::protocol::model::FieldType;
use crate::trial::questionnaire::asked::Asked;
use crate::trial::questionnaire::stored::ItemState;
use crate::trial::role::Respondent;

/// One column of a block.
enum Part<'p> {
    Item(&'p str, ItemKind<'p>),
    Score(&'p Instrument, &'p Score),
    Date,
    Status,
    Missing,
    Class,
}

/// The columns of a slot, in order: items, scores, then what became of the response.
fn parts<'p>(slot: &Slot<'p>, view: &View) -> Vec<Part<'p>> {
    let is_text =
        |kind: &ItemKind<'_>| matches!(kind, ItemKind::Field(field) if field.kind == FieldType::Text);
    let items = answer::items(&slot.asked).into_iter().filter(|(_, kind)| view.free_text || !is_text(kind));
    let mut parts: Vec<Part<'p>> = items.map(|(id, kind)| Part::Item(id, kind)).collect();
    if let Asked::Instrument(instrument) = slot.asked {
        parts.extend(instrument.printed_scores().map(|score| Part::Score(instrument, score)));
    }
    parts.extend([Part::Date, Part::Status, Part::Missing, Part::Class]);
    parts
}

/// Its columns.
pub fn columns(agenda: &Agenda<'_>, view: &View) -> Vec<Column> {
    let mut columns =
        vec![keys::participant(), Column::text("site", "Site").required().coded("site", Coding::Open)];
    columns.extend(participants::strata(agenda));
    for slot in agenda.slots.iter().filter(|slot| view.shows(slot.is_arm_bound)) {
        columns.extend(parts(slot, view).iter().map(|part| column(agenda, slot, part)));
    }
    columns
}

fn column(agenda: &Agenda<'_>, slot: &Slot<'_>, part: &Part<'_>) -> Column {
    const NO_RESPONSE: &str = "no response";
    let mut column = match part {
        Part::Item(id, kind) => item_column(agenda, slot, id, kind),
        Part::Score(instrument, score) => score_column(agenda, slot, instrument, score),
        Part::Date => {
            Column::date(name(slot, "date"), "Day on which it was answered").empty_means(NO_RESPONSE)
        }
        Part::Status => Column::text(name(slot, "status"), "What became of the response")
            .coded("response_status", Coding::Codes)
            .empty_means(NO_RESPONSE),
        Part::Missing => Column::whole(name(slot, "nmiss"), "Number of items skipped or not reached")
            .empty_means(NO_RESPONSE),
        Part::Class => Column::text(name(slot, "class"), "When it was sent, measured by the plan")
            .coded("window_class", Coding::Codes)
            .empty_means(NO_RESPONSE),
    };
    column.instrument = Some(slot.uses.to_owned());
    column.occasion = Some(slot.occasion.clone());
    column.respondent = Some(slot.respondent);
    column
}

fn name(slot: &Slot<'_>, part: &str) -> String {
    naming::wide(slot.respondent, slot.uses, part, &slot.occasion)
}

fn item_column(agenda: &Agenda<'_>, slot: &Slot<'_>, id: &str, kind: &ItemKind<'_>) -> Column {
    let part = match kind {
        ItemKind::Instrument(..) => naming::item_part(id),
        ItemKind::Field(_) | ItemKind::Given | ItemKind::Total(..) => id.to_owned(),
    };
    let words = codelist::questions(agenda, id, kind).into_iter().next().map(|(_, words)| words);
    let label = words.unwrap_or_else(|| format!("item {id}"));
    let column = Column::new(name(slot, &part), answer::kind_in_wide(kind), label)
        .empty_means("no answer; the reason is in items_long");
    let mut column = match kind {
        ItemKind::Instrument(instrument, item) => {
            let column = column.sensitive(instrument.key.flags.iter().any(|flag| flag.item == item.id));
            let column = match &item.answers {
                Answers::Choice { list, .. } => {
                    column.coded(codelist::of_instrument_options(&instrument.id, list), Coding::Values)
                }
                Answers::Number { min, max, .. } => column.between(Some((*min, *max))),
            };
            about(column, instrument)
        }
        ItemKind::Field(field) => {
            let list = field.options.as_deref().map(codelist::of_options).unwrap_or_default();
            let mut column = match field.kind {
                FieldType::Yesno => column.coded("yesno", Coding::Values),
                FieldType::Choice => column.coded(list, Coding::Codes),
                FieldType::Multi => column.coded(list, Coding::Several),
                FieldType::Number => column.between(field.min.zip(field.max)),
                FieldType::Vas => column.between(Some((0.into(), 100.into()))),
                FieldType::Text => column.sensitive(true),
                FieldType::Date | FieldType::Info => column,
            };
            column.unit = field.unit.clone();
            let study = &agenda.protocol.study;
            let named = format!("{}.{}.{id}", slot.occasion, slot.uses);
            column.is_sensitive |=
                [&study.age_from, &study.sex_from].iter().any(|from| from.as_ref() == Some(&named));
            column
        }
        ItemKind::Given => column.coded("yesno", Coding::Values),
        ItemKind::Total(least, most) => column.between(Some((*least, *most))),
    };
    column.part = Some(id.to_owned());
    column
}

fn score_column(agenda: &Agenda<'_>, slot: &Slot<'_>, instrument: &Instrument, score: &Score) -> Column {
    let own = agenda.protocol.scoring.get(&instrument.id);
    let own = own.and_then(|scoring| scoring.rules.get(&score.id)?.parse().ok());
    let kind = if instrument.range_of(score).is_some() { Kind::Number } else { Kind::Text };
    let column =
        Column::new(name(slot, score.column()), kind, format!("{}, score '{}'", instrument.title, score.id))
            .between(instrument.range_of(score))
            .empty_means("no response, or too many answers missing");
    let mut column = about(column, instrument);
    column.part = Some(score.id.clone());
    column.formula = Some(formula::in_words(instrument, score, own));
    column.rule = Some(instrument.rule_version(score, own));
    column
}

fn about(mut column: Column, instrument: &Instrument) -> Column {
    column.source = instrument.reference.clone();
    let terms = match instrument.licence {
        Licence::A => {
            instrument.notice.clone().unwrap_or_else(|| "key and wording may be shipped".to_owned())
        }
        Licence::B => "wording under a licence of its own; not in this package".to_owned(),
    };
    column.licence = Some(terms);
    column
}

/// The row of a participant.
pub fn write(
    frame: &Frame<'_>,
    person: &ParticipantRecord,
    table: &mut Table<'_>,
) -> Result<(), DatasetError> {
    let mut answered: BTreeMap<(&str, Respondent, &str), (&AssessmentRecord, &ResponseRecord)> =
        BTreeMap::new();
    for sat in sittings::of(frame, person)? {
        for due in sat.due(frame, person)? {
            if let Some(response) = due.response {
                let at = sat.assessment;
                answered.insert((&at.occasion, at.respondent, &response.instrument), (at, response));
            }
        }
    }
    let used = person.allocation.as_ref().map(|allocation| &allocation.factors);
    table.try_row(|row| {
        row.text(person.code.as_str()).text(&person.site).texts(participants::levels(frame, used));
        for slot in frame.agenda.slots.iter().filter(|slot| frame.view.shows(slot.is_arm_bound)) {
            let found = answered.get(&(slot.occasion.as_str(), slot.respondent, slot.uses));
            for part in parts(slot, &frame.view) {
                match found {
                    Some((at, response)) => cell(frame, person, slot, &part, (at, response), row)?,
                    None => {
                        row.nothing();
                    }
                }
            }
        }
        Ok(())
    })
}

fn cell(
    frame: &Frame<'_>,
    person: &ParticipantRecord,
    slot: &Slot<'_>,
    part: &Part<'_>,
    (at, response): (&AssessmentRecord, &ResponseRecord),
    row: &mut Row,
) -> Result<(), DatasetError> {
    match part {
        Part::Item(id, kind) => return item_cell(frame, slot, (id, kind), response, row),
        Part::Score(_, score) => {
            match response.scores.get(&score.id).and_then(|scored| scored.value.as_ref()) {
                Some(ScoreValue::Number(number)) => row.number(Some(*number)),
                Some(ScoreValue::Text(profile)) => row.text(profile),
                None => row.nothing(),
            }
        }
        Part::Date => row.date(Some(response.answered_on)),
        Part::Status => row.text(response.status.as_str()),
        Part::Missing => {
            let language = at.language.as_deref().unwrap_or(&person.language);
            let left = |state: ItemState| matches!(state, ItemState::Skipped | ItemState::NotReached);
            let missing = answer::items(&slot.asked)
                .iter()
                .filter(|(id, _)| left(items_long::state_of(response, language, &slot.asked, id)))
                .count();
            row.whole(i64::try_from(missing).ok())
        }
        Part::Class => row.maybe(at.window_class),
    };
    Ok(())
}

fn item_cell(
    frame: &Frame<'_>,
    slot: &Slot<'_>,
    (id, kind): (&str, &ItemKind<'_>),
    response: &ResponseRecord,
    row: &mut Row,
) -> Result<(), DatasetError> {
    let stored = response.answers.get(id).filter(|stored| stored.state == ItemState::Answered);
    let Some(stored) = stored.and_then(|stored| stored.value.as_ref()) else {
        row.nothing();
        return Ok(());
    };
    let shown = answer::show(&slot.asked, kind, stored, "", frame.view.free_text)
        .ok_or_else(|| answer::unreadable(slot.uses, id))?;
    match answer::kind_in_wide(kind) {
        Kind::Whole | Kind::Number => row.number(shown.value),
        Kind::Text | Kind::Date | Kind::Instant => row.maybe(shown.code),
    };
    Ok(())
}
