//! P506: a window of the first period that reaches into the own treatment, and comparisons after it.

use crate::kernel::time::Date;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::schedule::definition::AnchorKind;
use crate::trial::schedule::definition::BUILT_IN_ANCHORS;
use crate::trial::schedule::definition::Episode;
use crate::trial::schedule::definition::Offset;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::definition::Window;
use crate::trial::schedule::occasions::Element;
use crate::trial::source::at::At;

/// A day as far as the protocol alone tells it.
#[derive(Clone, Debug, PartialEq)]
enum Day {
    /// A date of the calendar.
    On(Date),
    /// So far from an anchor that the person brings.
    From(String, Offset),
}

impl Day {
    fn later(&self, by: Offset) -> Option<Self> {
        match self {
            Self::On(date) => by.from(*date).map(Self::On),
            Self::From(base, offset) => Some(Self::From(base.clone(), offset.plus_times(by, 1)?)),
        }
    }

    /// Whether it surely comes before another; `None` where the protocol alone can't tell.
    fn is_before(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::On(one), Self::On(two)) => Some(one < two),
            (Self::From(base, one), Self::From(same, two)) if base == same => one.is_before(*two),
            _ => None,
        }
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::On(date) => write!(f, "{}", date.format("%-d %B %Y")),
            Self::From(base, offset) if *offset == Offset::default() => f.write_str(base),
            Self::From(base, offset) => write!(f, "{base} + {offset}"),
        }
    }
}

/// Checks each episode against the first period.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    for episode in &trial.protocol.schedule.episodes {
        for arm in &episode.arms {
            let Some(start) = day_of(trial, &episode.anchor, arm, 0) else { continue };
            check_windows(trial, arm, &start, report);
            check_comparisons(trial, arm, &start, report);
        }
        check_own_occasions(trial, episode, report);
    }
}

fn day_of(trial: &Trial<'_>, anchor: &str, arm: &str, depth: usize) -> Option<Day> {
    let anchors = &trial.protocol.schedule.anchors;
    if BUILT_IN_ANCHORS.contains(&anchor) {
        return Some(Day::From(anchor.to_owned(), Offset::default()));
    }
    let found = anchors.iter().find(|one| one.id == anchor).filter(|_| depth <= anchors.len())?;
    match &found.kind {
        AnchorKind::Event { .. } => Some(Day::From(anchor.to_owned(), Offset::default())),
        AnchorKind::Calendar(dates) => {
            let date = dates
                .iter()
                .find(|date| date.cohort.is_none() && date.arm.as_deref().is_none_or(|one| one == arm));
            date.map(|date| Day::On(date.date))
        }
        AnchorKind::Offset(point) => day_of(trial, &point.base, arm, depth + 1)?.later(point.offset),
    }
}

/// First and last day of a window in an arm.
fn window_in(trial: &Trial<'_>, element: &Element<'_>, arm: &str) -> Option<(Day, Day)> {
    let Timing::Window { anchor, .. } = &element.occasion.timing else { return None };
    let Window { opens, late, .. } = element.window?;
    let base = day_of(trial, anchor, arm, 0)?;
    Some((base.later(opens)?, base.later(late)?))
}

/// A window that opens before the own treatment and ends on or after its first day; once for each row.
fn check_windows(trial: &Trial<'_>, arm: &str, start: &Day, report: &mut Report<'_>) {
    let rows = trial.at.path("schedule.occasions").items();
    for (occasion, row) in trial.protocol.schedule.occasions.iter().zip(rows) {
        if occasion.episode.is_some() || !trial.arms_with(occasion).contains(&arm) {
            continue;
        }
        let own = trial.elements.iter().filter(|element| std::ptr::eq(element.occasion, occasion));
        let reaching = own.filter_map(|element| Some((element, window_in(trial, element, arm)?))).find(
            |(_, (first, last))| first.is_before(start) == Some(true) && last.is_before(start) == Some(false),
        );
        if let Some((element, (_, last))) = reaching {
            let key = if row.key("late").is_given() { "late" } else { "closes" };
            let text = format!("{arm} is treated from {start}, its {} window closes on {last}.", element.id);
            report.error("P506", &row.key(key).value(), text);
        }
    }
}

/// The elements of `at` of outcomes that a hypothesis compares in an arm.
fn compared<'c>(trial: &Trial<'c>, arm: &str) -> Vec<At<'c>> {
    let rows = trial.at.path("analysis.outcomes").items();
    let hypotheses = &trial.protocol.comparison.hypotheses;
    trial
        .protocol
        .analysis
        .outcomes
        .iter()
        .zip(rows)
        .filter(|(outcome, _)| {
            hypotheses.iter().any(|one| {
                one.outcome == outcome.id && one.compare.iter().flatten().any(|compared| compared == arm)
            })
        })
        .flat_map(|(_, row)| row.key("at").items().collect::<Vec<_>>())
        .collect()
}

/// An outcome at an occasion after the own treatment has begun.
fn check_comparisons(trial: &Trial<'_>, arm: &str, start: &Day, report: &mut Report<'_>) {
    for at in compared(trial, arm) {
        let id = at.text().unwrap_or_default();
        let after =
            trial.elements_of(id).filter(|element| element.occasion.episode.is_none()).any(|element| {
                window_in(trial, element, arm).is_some_and(|(first, _)| first.is_before(start) == Some(false))
            });
        if after {
            let text = format!("{arm} is treated from {start}, {id} comes after it and compares the arm.");
            report.error("P506", &at.value(), text);
        }
    }
}

/// Occasions of an episode are in no comparison.
fn check_own_occasions(trial: &Trial<'_>, episode: &Episode, report: &mut Report<'_>) {
    for arm in &episode.arms {
        for at in compared(trial, arm) {
            let id = at.text().unwrap_or_default();
            let is_own =
                |element: &Element<'_>| element.occasion.episode.as_deref() == Some(episode.id.as_str());
            if trial.elements_of(id).any(is_own) {
                let text = format!("{id} belongs to the own treatment of {arm}, which is in no comparison.");
                report.error("P506", &at.value(), text);
            }
        }
    }
}
