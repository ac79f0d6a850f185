//! The date of each anchor for one person: recorded, fixed, counted, or assumed.

use std::collections::BTreeMap;

use crate::kernel::time::Date;
use crate::trial::schedule::definition::Anchor;
use crate::trial::schedule::definition::AnchorKind;
use crate::trial::schedule::definition::Episode;
use crate::trial::schedule::definition::Occasion;
use crate::trial::schedule::definition::Point;
use crate::trial::schedule::definition::Timing;

/// Anchors refer to each other at most so deep; a circle ends here.
const MAX_DEPTH: usize = 32;

/// What is known of one person.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AnchorFacts {
    /// Built-in and recorded anchors: id → date.
    pub dates: BTreeMap<String, Date>,
    /// The arm; `None` before the allocation.
    pub arm: Option<String>,
    /// The calendar cohort.
    pub cohort: Option<String>,
    /// Today in the person's zone: a fallback counts once it has come.
    pub today: Date,
}

/// The date of an anchor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AnchorDate {
    /// The date.
    pub on: Date,
    /// Whether it is assumed: a fallback, or counted from one.
    pub assumed: bool,
}

/// The date of an anchor; `None` while it is missing.
pub fn date_of(anchors: &[Anchor], id: &str, facts: &AnchorFacts) -> Option<AnchorDate> {
    expected(anchors, id, facts).filter(|found| found.from <= facts.today).map(|found| found.date)
}

/// The date that an anchor will have if nothing is recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Expected {
    /// The date.
    pub date: AnchorDate,
    /// The day from which it counts: a fallback counts once it has come, anything else at all times.
    pub from: Date,
}

/// The date that an anchor has, or will have if nothing is recorded; `None` where it then has none.
pub fn expected(anchors: &[Anchor], id: &str, facts: &AnchorFacts) -> Option<Expected> {
    find(anchors, id, facts, 0)
}

fn find(anchors: &[Anchor], id: &str, facts: &AnchorFacts, depth: usize) -> Option<Expected> {
    let fixed = |on: Date| Expected { date: AnchorDate { on, assumed: false }, from: Date::MIN };
    if let Some(on) = facts.dates.get(id) {
        return Some(fixed(*on));
    }
    if depth > MAX_DEPTH {
        return None;
    }
    let anchor = anchors.iter().find(|anchor| anchor.id == id)?;
    let elsewhere =
        anchor.arms.as_ref().is_some_and(|arms| !facts.arm.as_ref().is_some_and(|arm| arms.contains(arm)));
    if elsewhere {
        return None;
    }
    match &anchor.kind {
        AnchorKind::Offset(point) => counted(anchors, point, facts, depth),
        AnchorKind::Calendar(dates) => dates
            .iter()
            .find(|date| {
                let arm = date.arm.is_none() || date.arm == facts.arm;
                let cohort = date.cohort.is_none() || date.cohort == facts.cohort;
                arm && cohort
            })
            .map(|date| fixed(date.date)),
        AnchorKind::Event { fallback, .. } => {
            let Expected { date, from } = counted(anchors, fallback.as_ref()?, facts, depth)?;
            let date = AnchorDate { on: date.on, assumed: true };
            Some(Expected { date, from: from.max(date.on) })
        }
    }
}

fn counted(anchors: &[Anchor], point: &Point, facts: &AnchorFacts, depth: usize) -> Option<Expected> {
    let base = find(anchors, &point.base, facts, depth + 1)?;
    let date = AnchorDate { on: point.offset.from(base.date.on)?, assumed: base.date.assumed };
    Some(Expected { date, ..base })
}

/// Whether an anchor tells the arm: only some arms have it, each has a date of its own, or it is counted from such a one.
/// What hangs on it is then kept from everybody who may not know arms.
pub fn tells_arm(anchors: &[Anchor], occasions: &[Occasion], episodes: &[Episode], id: &str) -> bool {
    chain(anchors, id).any(|anchor| {
        let by_date = match &anchor.kind {
            AnchorKind::Calendar(dates) => dates.iter().any(|date| date.arm.is_some()),
            AnchorKind::Event { .. } | AnchorKind::Offset(_) => false,
        };
        by_date || arms_of(anchors, occasions, episodes, &anchor.id).is_some()
    })
}

/// The arms that have an anchor, where not all have: as it says itself, or, for a date that is recorded and from which
/// nothing but later treatments is counted, the arms that get those.
pub fn arms_of(
    anchors: &[Anchor],
    occasions: &[Occasion],
    episodes: &[Episode],
    id: &str,
) -> Option<Vec<String>> {
    let anchor = anchors.iter().find(|anchor| anchor.id == id)?;
    if anchor.arms.is_some() {
        return anchor.arms.clone();
    }
    let recorded = matches!(anchor.kind, AnchorKind::Event { .. });
    later_treatment_of(anchors, occasions, episodes, id).filter(|_| recorded)?;
    let later = episodes.iter().filter(|episode| episode.anchor == id);
    Some(later.flat_map(|episode| episode.arms.clone()).collect())
}

/// The later treatment for which alone an anchor is there: nothing of the first period is counted from it.
pub fn later_treatment_of<'e>(
    anchors: &[Anchor],
    occasions: &[Occasion],
    episodes: &'e [Episode],
    id: &str,
) -> Option<&'e Episode> {
    let of_first_period = |occasion: &Occasion| match &occasion.timing {
        Timing::Window { anchor, .. } if occasion.episode.is_none() => {
            chain(anchors, anchor).any(|one| one.id == id)
        }
        Timing::Window { .. } | Timing::Step { .. } => false,
    };
    let episode = episodes.iter().find(|episode| episode.anchor == id)?;
    (!occasions.iter().any(of_first_period)).then_some(episode)
}

/// An anchor and those that it is counted from.
fn chain<'a>(anchors: &'a [Anchor], id: &str) -> impl Iterator<Item = &'a Anchor> {
    let find = |id: &str| anchors.iter().find(|anchor| anchor.id == id);
    let next = move |anchor: &&'a Anchor| match &anchor.kind {
        AnchorKind::Offset(point) => find(&point.base),
        AnchorKind::Event { fallback, .. } => fallback.as_ref().and_then(|point| find(&point.base)),
        AnchorKind::Calendar(_) => None,
    };
    std::iter::successors(find(id), next).take(MAX_DEPTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::schedule::definition::CalendarDate;
    use crate::trial::schedule::definition::EpisodeTreatment;
    use crate::trial::schedule::definition::Window;
    use crate::trial::schedule::span;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn anchor(id: &str, kind: AnchorKind, arms: Option<&[&str]>) -> Anchor {
        let arms = arms.map(|arms| arms.iter().map(|arm| (*arm).to_owned()).collect());
        Anchor { id: id.into(), kind, arms }
    }

    fn anchors() -> Vec<Anchor> {
        let on = |date: &str, arm: Option<&str>| CalendarDate {
            date: day(date),
            arm: arm.map(str::to_owned),
            cohort: None,
        };
        vec![
            anchor("end", AnchorKind::Offset(span::point("start+10w").unwrap()), None),
            anchor(
                "start",
                AnchorKind::Event { record: vec![], fallback: span::point("randomization+2w") },
                None,
            ),
            anchor(
                "term",
                AnchorKind::Calendar(vec![on("2014-02-03", Some("ipdt")), on("2014-04-14", Some("wl"))]),
                None,
            ),
            anchor("own", AnchorKind::Event { record: vec![], fallback: None }, Some(&["wl"])),
            anchor("a", AnchorKind::Offset(span::point("b+1d").unwrap()), None),
            anchor("b", AnchorKind::Offset(span::point("a-1d").unwrap()), None),
        ]
    }

    fn facts(today: &str, arm: Option<&str>, dates: &[(&str, &str)]) -> AnchorFacts {
        AnchorFacts {
            dates: dates.iter().map(|(id, date)| ((*id).to_owned(), day(date))).collect(),
            arm: arm.map(str::to_owned),
            cohort: None,
            today: day(today),
        }
    }

    #[test]
    fn an_event_counts_when_recorded_and_its_fallback_when_it_has_come() {
        let drawn = [("randomization", "2026-03-02")];
        let end = |facts: &AnchorFacts| date_of(&anchors(), "end", facts).map(|date| (date.on, date.assumed));
        assert_eq!(end(&facts("2026-03-15", Some("ipdt"), &drawn)), None);
        assert_eq!(end(&facts("2026-03-16", Some("ipdt"), &drawn)), Some((day("2026-05-25"), true)));
        let recorded = [("randomization", "2026-03-02"), ("start", "2026-03-09")];
        assert_eq!(end(&facts("2026-03-16", Some("ipdt"), &recorded)), Some((day("2026-05-18"), false)));
    }

    #[test]
    fn it_is_known_ahead_from_when_a_fallback_will_count() {
        let drawn = [("randomization", "2026-03-02")];
        let found = expected(&anchors(), "end", &facts("2026-03-03", Some("ipdt"), &drawn)).unwrap();
        assert_eq!((found.date.on, found.date.assumed), (day("2026-05-25"), true));
        assert_eq!(found.from, day("2026-03-16"));
        assert_eq!(expected(&anchors(), "end", &facts("2026-03-03", Some("ipdt"), &[])), None);
        assert_eq!(expected(&anchors(), "own", &facts("2026-03-03", Some("wl"), &drawn)), None);
    }

    #[test]
    fn a_calendar_date_follows_the_arm_and_is_missing_before_the_draw() {
        let term = |arm| date_of(&anchors(), "term", &facts("2014-01-01", arm, &[])).map(|date| date.on);
        assert_eq!(term(Some("ipdt")), Some(day("2014-02-03")));
        assert_eq!(term(Some("wl")), Some(day("2014-04-14")));
        assert_eq!(term(None), None);
    }

    #[test]
    fn an_anchor_of_another_arm_is_missing_and_a_circle_ends() {
        assert_eq!(date_of(&anchors(), "own", &facts("2026-01-01", Some("ipdt"), &[])), None);
        assert_eq!(date_of(&anchors(), "a", &facts("2026-01-01", None, &[])), None);
        assert_eq!(date_of(&anchors(), "nowhere", &facts("2026-01-01", None, &[])), None);
    }

    fn counted_from(id: &str, anchor: &str, episode: Option<&str>) -> Occasion {
        let window =
            Window { opens: span::offset("0d").unwrap(), due: span::offset("0d").unwrap(), ..WINDOW };
        Occasion {
            id: id.into(),
            label: id.into(),
            timing: Timing::Window { anchor: anchor.into(), window, series: None },
            arms: None,
            episode: episode.map(str::to_owned),
            ladder: String::new(),
        }
    }

    const WINDOW: Window = {
        let day = crate::trial::schedule::definition::Offset { months: 0, days: 1 };
        Window { opens: day, due: day, closes: day, late: day }
    };

    #[test]
    fn an_anchor_tells_the_arm_by_its_arms_its_dates_or_what_it_is_counted_from() {
        let mut anchors = anchors();
        let offset = |id, point| anchor(id, AnchorKind::Offset(span::point(point).unwrap()), None);
        anchors.push(offset("after_term", "term+10w"));
        anchors.push(offset("after_own", "own+1d"));
        let late = AnchorKind::Event { record: vec![], fallback: span::point("after_own+2w") };
        anchors.push(anchor("late", late, None));
        let tells = |id| tells_arm(&anchors, &[], &[], id);
        for id in ["own", "term", "after_term", "after_own", "late"] {
            assert!(tells(id), "{id}");
        }
        for id in ["start", "end", "randomization", "nowhere", "a"] {
            assert!(!tells(id), "{id}");
        }
    }

    #[test]
    fn a_recorded_date_of_later_treatments_alone_is_that_of_their_arms() {
        let recorded = AnchorKind::Event { record: vec![], fallback: None };
        let anchors = [anchor("second", recorded, None)];
        let episode = Episode {
            id: "second".into(),
            arms: vec!["wl".into()],
            gives: EpisodeTreatment::Named("ipdt".into()),
            after: "post".into(),
            anchor: "second".into(),
            weeks: None,
            when: None,
        };
        let own = counted_from("xpost", "second", Some("second"));
        let found =
            |occasions: &[Occasion]| arms_of(&anchors, occasions, std::slice::from_ref(&episode), "second");
        assert_eq!(found(std::slice::from_ref(&own)), Some(vec!["wl".to_owned()]));
        assert_eq!(found(&[own, counted_from("post", "second", None)]), None);
        assert_eq!(arms_of(&anchors, &[], &[], "second"), None);
    }
}
