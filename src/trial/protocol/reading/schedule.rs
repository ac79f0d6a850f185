//! Anchors, occasions, measures, episodes.

use crate::trial::protocol::model::Schedule;
use crate::trial::protocol::reading::take;
use crate::trial::role::Respondent;
use crate::trial::schedule::definition::Anchor;
use crate::trial::schedule::definition::AnchorKind;
use crate::trial::schedule::definition::CalendarDate;
use crate::trial::schedule::definition::Episode;
use crate::trial::schedule::definition::EpisodeTreatment;
use crate::trial::schedule::definition::MOST_ELEMENTS;
use crate::trial::schedule::definition::Measure;
use crate::trial::schedule::definition::Occasion;
use crate::trial::schedule::definition::Series;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::definition::Window;
use crate::trial::source::tree::Node;

/// `[schedule]`.
pub fn section(node: &Node) -> Schedule {
    Schedule {
        opens_at: take::time(node, "opens_at", 6),
        grace_minutes: take::maybe_hours(node, "grace").unwrap_or(1) * 60,
        anchors: take::rows(node, "anchors", anchor),
        occasions: take::rows(node, "occasions", occasion),
        measures: take::rows(node, "measures", |row| Measure {
            uses: take::text(row, "use"),
            at: take::texts(row, "at"),
            by: take::word(row, "by", Respondent::Participant),
            arms: take::maybe_texts(row, "arms"),
            shown: take::maybe_text(row, "shown"),
            required: take::truth(row, "required", true),
            core: take::truth(row, "core", false),
            valueset: take::maybe_text(row, "valueset"),
        }),
        episodes: take::rows(node, "episodes", |row| Episode {
            id: take::text(row, "id"),
            arms: take::texts(row, "arms"),
            gives: match take::maybe_text(row, "choice") {
                Some(choice) => EpisodeTreatment::Chosen(choice),
                None => EpisodeTreatment::Named(take::text(row, "treatment")),
            },
            after: take::text(row, "after"),
            anchor: take::text(row, "anchor"),
            weeks: take::maybe_whole(row, "weeks"),
            when: take::maybe_text(row, "when"),
        }),
    }
}

fn anchor(row: &Node) -> Anchor {
    let kind = match row.get("kind").and_then(Node::text) {
        Some("calendar") => AnchorKind::Calendar(take::rows(row, "dates", |date| CalendarDate {
            date: take::date(date, "date"),
            arm: take::maybe_text(date, "arm"),
            cohort: take::maybe_text(date, "cohort"),
        })),
        Some("offset") => AnchorKind::Offset(take::point(row, "point")),
        _ => AnchorKind::Event {
            record: take::word_list(row, "record"),
            fallback: take::maybe_point(row, "fallback"),
        },
    };
    Anchor { id: take::text(row, "id"), kind, arms: take::maybe_texts(row, "arms") }
}

fn occasion(row: &Node) -> Occasion {
    let timing = match take::maybe_text(row, "anchor") {
        None => Timing::Step { step: String::new() },
        Some(anchor) => {
            let closes = take::offset(row, "closes");
            let series = match (take::maybe_offset(row, "every"), take::maybe_whole(row, "times")) {
                // More is an error that is told apart; here it must not grow without end.
                (Some(every), Some(times)) => Some(Series { every, times: times.min(MOST_ELEMENTS) }),
                _ => None,
            };
            Timing::Window {
                anchor,
                window: Window {
                    opens: take::offset(row, "opens"),
                    due: take::offset(row, "due"),
                    closes,
                    late: take::maybe_offset(row, "late").unwrap_or(closes),
                },
                series,
            }
        }
    };
    Occasion {
        id: take::text(row, "id"),
        label: take::text(row, "label"),
        timing,
        arms: take::maybe_texts(row, "arms"),
        episode: take::maybe_text(row, "episode"),
        ladder: take::maybe_text(row, "ladder").unwrap_or_default(),
    }
}
