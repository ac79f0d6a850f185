//! The date of each anchor for one person: recorded, fixed, counted, or assumed.

use std::collections::BTreeMap;

use crate::kernel::time::Date;
use crate::trial::schedule::definition::Anchor;
use crate::trial::schedule::definition::AnchorKind;
use crate::trial::schedule::definition::Point;

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
    find(anchors, id, facts, 0)
}

fn find(anchors: &[Anchor], id: &str, facts: &AnchorFacts, depth: usize) -> Option<AnchorDate> {
    if let Some(on) = facts.dates.get(id) {
        return Some(AnchorDate { on: *on, assumed: false });
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
            .map(|date| AnchorDate { on: date.date, assumed: false }),
        AnchorKind::Event { fallback, .. } => {
            let fallback = counted(anchors, fallback.as_ref()?, facts, depth)?;
            (fallback.on <= facts.today).then_some(AnchorDate { on: fallback.on, assumed: true })
        }
    }
}

fn counted(anchors: &[Anchor], point: &Point, facts: &AnchorFacts, depth: usize) -> Option<AnchorDate> {
    let base = find(anchors, &point.base, facts, depth + 1)?;
    Some(AnchorDate { on: point.offset.from(base.on)?, assumed: base.assumed })
}

/// Whether the plan gives an anchor another date in each arm, or to some arms only: then what is counted from it tells the arm.
pub fn tells_arm(anchors: &[Anchor], id: &str) -> bool {
    tells(anchors, id, 0)
}

fn tells(anchors: &[Anchor], id: &str, depth: usize) -> bool {
    let found = anchors.iter().find(|anchor| anchor.id == id).filter(|_| depth <= MAX_DEPTH);
    let Some(anchor) = found else { return false };
    let base = |point: &Point| tells(anchors, &point.base, depth + 1);
    anchor.arms.is_some()
        || match &anchor.kind {
            AnchorKind::Calendar(dates) => dates.iter().any(|date| date.arm.is_some()),
            AnchorKind::Offset(point) => base(point),
            AnchorKind::Event { fallback, .. } => fallback.as_ref().is_some_and(base),
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::schedule::definition::CalendarDate;
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
    fn a_calendar_date_follows_the_arm_and_is_missing_before_the_draw() {
        let term = |arm| date_of(&anchors(), "term", &facts("2014-01-01", arm, &[])).map(|date| date.on);
        assert_eq!(term(Some("ipdt")), Some(day("2014-02-03")));
        assert_eq!(term(Some("wl")), Some(day("2014-04-14")));
        assert_eq!(term(None), None);
    }

    #[test]
    fn dates_by_arm_tell_the_arm_and_so_does_whatever_is_counted_from_them() {
        let counted =
            |id: &str, point: &str| anchor(id, AnchorKind::Offset(span::point(point).unwrap()), None);
        let mut all = anchors();
        all.push(counted("after", "term+1w"));
        let late = AnchorKind::Event { record: vec![], fallback: span::point("after+1d") };
        all.push(anchor("late", late, None));
        let telling: Vec<&str> =
            all.iter().map(|anchor| anchor.id.as_str()).filter(|id| tells_arm(&all, id)).collect();
        assert_eq!(telling, ["term", "own", "after", "late"]);
        assert!(!tells_arm(&all, "randomization"));
    }

    #[test]
    fn an_anchor_of_another_arm_is_missing_and_a_circle_ends() {
        assert_eq!(date_of(&anchors(), "own", &facts("2026-01-01", Some("ipdt"), &[])), None);
        assert_eq!(date_of(&anchors(), "a", &facts("2026-01-01", None, &[])), None);
        assert_eq!(date_of(&anchors(), "nowhere", &facts("2026-01-01", None, &[])), None);
    }
}
