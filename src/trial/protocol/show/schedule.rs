//! Who is asked what and when: the table of SPIRIT 2025 (item 18) with occasions as columns and measures as rows, the windows
//! behind it, later treatments.

use std::collections::BTreeMap;

use crate::trial::instrument::definition::Instrument;
use crate::trial::protocol::model::FieldType;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::show::arms;
use crate::trial::protocol::show::counted;
use crate::trial::protocol::show::listed;
use crate::trial::protocol::show::page::Page;
use crate::trial::role::Respondent;
use crate::trial::schedule::definition::AnchorKind;
use crate::trial::schedule::definition::EpisodeTreatment;
use crate::trial::schedule::definition::Measure;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::occasions::Element;
use crate::trial::schedule::occasions::elements;

/// One column: an occasion, or a series whose elements are asked alike.
struct Column<'p> {
    title: String,
    elements: Vec<Element<'p>>,
}

/// Columns in the order of the protocol. A series is one column where every element is asked the same.
fn columns<'p>(protocol: &'p Protocol) -> Vec<Column<'p>> {
    let measures = &protocol.schedule.measures;
    let asked =
        |element: &Element<'_>| measures.iter().map(|measure| element.has(measure)).collect::<Vec<_>>();
    let mut found: Vec<Column<'p>> = Vec::new();
    for element in elements(&protocol.schedule.occasions) {
        let same_id = found.iter_mut().find(|column| column.elements.iter().any(|one| one.id == element.id));
        if let Some(column) = same_id {
            column.elements.push(element);
            continue;
        }
        let last = found.last_mut().filter(|column| {
            let alike = |one: &Element<'_>| {
                std::ptr::eq(one.occasion, element.occasion) && asked(one) == asked(&element)
            };
            column.elements.last().is_some_and(alike)
        });
        match last {
            Some(column) => {
                let first = column.elements.first().map_or("", |one| one.id.as_str());
                column.title = format!("{first}-{}", element.id);
                column.elements.push(element);
            }
            None => found.push(Column { title: element.id.clone(), elements: vec![element] }),
        }
    }
    found
}

fn letter(by: Respondent) -> &'static str {
    match by {
        Respondent::Participant => "x",
        Respondent::Assessor => "A",
        Respondent::Therapist => "T",
        Respondent::Coordinator => "C",
        Respondent::Guardian => "G",
    }
}

/// Occasions as columns, measures as rows.
pub fn table(protocol: &Protocol, instruments: &BTreeMap<String, Instrument>, page: &mut Page) {
    page.heading("Who is asked what, and when");
    let columns = columns(protocol);
    let titles: Vec<&str> =
        ["measure", "arms"].into_iter().chain(columns.iter().map(|column| column.title.as_str())).collect();
    let mut rows: Vec<Vec<String>> = protocol
        .schedule
        .measures
        .iter()
        .map(|measure| {
            let cell = |column: &Column<'_>| {
                let is_asked = column.elements.iter().any(|element| element.has(measure));
                if is_asked { letter(measure.by).to_owned() } else { String::new() }
            };
            [name(measure), arms(measure.arms.as_deref())]
                .into_iter()
                .chain(columns.iter().map(cell))
                .collect()
        })
        .collect();
    let asked_items = |column: &Column<'_>| {
        let items = protocol.schedule.measures.iter().filter(|measure| {
            measure.by == Respondent::Participant
                && column.elements.first().is_some_and(|element| element.has(measure))
        });
        items.map(|measure| items_of(protocol, instruments, measure)).sum::<usize>().to_string()
    };
    rows.push(
        ["items of the participant".to_owned(), String::new()]
            .into_iter()
            .chain(columns.iter().map(asked_items))
            .collect(),
    );
    page.table(&titles, &rows);
    page.line("x participant, A assessor, T therapist, C coordinator; (o) need not be answered; (s) stays in the short offer.");
}

fn name(measure: &Measure) -> String {
    let optional = if measure.required { "" } else { " (o)" };
    let short = if measure.core { " (s)" } else { "" };
    let shown = measure.shown.as_ref().map(|rule| format!(" if {rule}")).unwrap_or_default();
    format!("{}{optional}{short}{shown}", measure.uses)
}

fn items_of(protocol: &Protocol, instruments: &BTreeMap<String, Instrument>, measure: &Measure) -> usize {
    match (instruments.get(&measure.uses), protocol.forms.get(&measure.uses)) {
        (Some(instrument), _) => instrument.items.len(),
        (None, Some(form)) => form.items.iter().filter(|item| item.kind != FieldType::Info).count(),
        (None, None) => 0,
    }
}

/// The window of each occasion, and the anchors.
pub fn windows(protocol: &Protocol, page: &mut Page) {
    let schedule = &protocol.schedule;
    let rows: Vec<Vec<String>> = schedule
        .occasions
        .iter()
        .map(|occasion| {
            let (from, window) = match &occasion.timing {
                Timing::Step { step } => {
                    (format!("step '{step}'"), ["while it is open", "", "", ""].map(str::to_owned))
                }
                Timing::Window { anchor, window, .. } => (
                    anchor.clone(),
                    [window.opens, window.due, window.closes, window.late].map(|offset| offset.to_string()),
                ),
            };
            let repeated = match &occasion.timing {
                Timing::Window { series: Some(series), .. } => {
                    format!("{} times, every {}", series.times, series.every)
                }
                _ => String::new(),
            };
            let [opens, due, closes, late] = window;
            let mut arms = arms(occasion.arms.as_deref());
            if let Some(episode) = &occasion.episode {
                arms = format!("episode '{episode}'");
            }
            vec![
                occasion.id.clone(),
                occasion.label.clone(),
                from,
                opens,
                due,
                closes,
                late,
                repeated,
                arms,
                occasion.ladder.clone(),
            ]
        })
        .collect();
    let head =
        ["occasion", "name", "from", "opens", "due", "closes", "late", "repeated", "arms", "reminders"];
    page.heading("Windows");
    page.table(&head, &rows);
    page.line(&format!(
        "Opens at {} of the first day, closes at the end of the last; a started draft may be sent {} minutes longer.",
        schedule.opens_at, schedule.grace_minutes
    ));
    for anchor in &schedule.anchors {
        let how = match &anchor.kind {
            AnchorKind::Event { record, fallback } => {
                let assumed = match fallback {
                    Some(point) => format!("; without a record {point} counts, marked assumed"),
                    None => "; without a record its occasions wait".to_owned(),
                };
                format!("an event recorded by {}{assumed}", listed(record))
            }
            AnchorKind::Calendar(dates) => listed(dates.iter().map(|date| {
                let whom = [date.arm.as_deref(), date.cohort.as_deref()];
                let whom = whom.into_iter().flatten().collect::<Vec<_>>().join(", ");
                if whom.is_empty() { date.date.to_string() } else { format!("{} ({whom})", date.date) }
            })),
            AnchorKind::Offset(point) => point.to_string(),
        };
        page.item(&format!("Anchor '{}' (arms: {}): {how}", anchor.id, arms(anchor.arms.as_deref())));
    }
}

/// What people get later.
pub fn episodes(protocol: &Protocol, page: &mut Page) {
    let episodes = &protocol.schedule.episodes;
    if episodes.is_empty() {
        return;
    }
    page.heading("Later treatment");
    for episode in episodes {
        let gives = match &episode.gives {
            EpisodeTreatment::Named(treatment) => format!("get '{treatment}'"),
            EpisodeTreatment::Chosen(field) => format!("get what they choose in {field}"),
        };
        let weeks = episode
            .weeks
            .map(|weeks| format!(" for {}", counted(usize::try_from(weeks).unwrap_or(0), "week")));
        let when = episode.when.as_ref().map(|rule| format!(", if {rule}")).unwrap_or_default();
        page.item(&format!(
            "'{}': people of {} {gives}{} after '{}', counted from '{}'{when}; the allocation stays, no comparison uses it.",
            episode.id,
            listed(&episode.arms),
            weeks.unwrap_or_default(),
            episode.after,
            episode.anchor
        ));
    }
}
