//! The occasions in the order of the protocol, series written out, each with who answers at it.

use std::collections::BTreeMap;

use crate::trial::role::Respondent;
use crate::trial::schedule::definition::Measure;
use crate::trial::schedule::definition::Occasion;
use crate::trial::schedule::definition::Offset;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::definition::Window;

/// One occasion, or one element of a series.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Element<'p> {
    /// Its id: `post`, `w03`.
    pub id: String,
    /// Its place in the protocol, from 1; an id that stands twice (for different arms) has one place.
    pub number: i64,
    /// The occasion as the protocol states it.
    pub occasion: &'p Occasion,
    /// Its window, moved along the series; `None` where a step opens it.
    pub window: Option<Window>,
}

/// The id of element `k` (from 1) of a series: `w01`.
pub fn element_id(series: &str, k: u32) -> String {
    format!("{series}{k:02}")
}

/// All occasions, series written out.
pub fn elements(occasions: &[Occasion]) -> Vec<Element<'_>> {
    let mut found: Vec<Element<'_>> = Vec::new();
    let mut numbers: BTreeMap<String, i64> = BTreeMap::new();
    let mut next = 1;
    for occasion in occasions {
        for (id, window) in written_out(occasion) {
            let number = *numbers.entry(id.clone()).or_insert(next);
            next = next.max(number + 1);
            found.push(Element { id, number, occasion, window });
        }
    }
    found
}

fn written_out(occasion: &Occasion) -> Vec<(String, Option<Window>)> {
    match &occasion.timing {
        Timing::Step { .. } => vec![(occasion.id.clone(), None)],
        Timing::Window { window, series: None, .. } => vec![(occasion.id.clone(), Some(*window))],
        Timing::Window { window, series: Some(series), .. } => (1..=series.times)
            .map(|k| {
                let moved = |offset: Offset| offset.plus_times(series.every, k - 1).unwrap_or(offset);
                let window = Window {
                    opens: moved(window.opens),
                    due: moved(window.due),
                    closes: moved(window.closes),
                    late: moved(window.late),
                };
                (element_id(&occasion.id, k), Some(window))
            })
            .collect(),
    }
}

impl Element<'_> {
    /// Whether a person of this arm has it; `None` is a person without an arm yet.
    pub fn is_for(&self, arm: Option<&str>) -> bool {
        is_for(self.occasion.arms.as_deref(), arm)
    }

    /// Whether only some arms have it, so that it tells the arm.
    pub fn is_arm_bound(&self) -> bool {
        self.occasion.arms.is_some() || self.occasion.episode.is_some()
    }

    /// Whether a measure is asked at it: named by its id, or by its series.
    pub fn has(&self, measure: &Measure) -> bool {
        measure.at.iter().any(|at| *at == self.id || *at == self.occasion.id)
    }

    /// The measures asked at it of a person of this arm, by this respondent, in the order asked.
    pub fn measures<'m>(&self, all: &'m [Measure], arm: Option<&str>, by: Respondent) -> Vec<&'m Measure> {
        all.iter()
            .filter(|measure| measure.by == by && self.has(measure) && is_for(measure.arms.as_deref(), arm))
            .collect()
    }

    /// Who answers at it in this arm, in a fixed order.
    pub fn respondents(&self, all: &[Measure], arm: Option<&str>) -> Vec<Respondent> {
        Respondent::ALL.iter().copied().filter(|by| !self.measures(all, arm, *by).is_empty()).collect()
    }
}

fn is_for(arms: Option<&[String]>, arm: Option<&str>) -> bool {
    match arms {
        None => true,
        Some(arms) => arm.is_some_and(|arm| arms.iter().any(|one| one == arm)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::schedule::definition::Series;
    use crate::trial::schedule::span::offset;

    fn occasion(id: &str, timing: Timing, arms: Option<&[&str]>) -> Occasion {
        Occasion {
            id: id.into(),
            label: id.into(),
            timing,
            arms: arms.map(|arms| arms.iter().map(|arm| (*arm).to_owned()).collect()),
            episode: None,
            ladder: String::new(),
        }
    }

    fn window(opens: &str, due: &str, closes: &str, series: Option<(&str, u32)>) -> Timing {
        let offset = |text| offset(text).unwrap();
        Timing::Window {
            anchor: "randomization".into(),
            window: Window {
                opens: offset(opens),
                due: offset(due),
                closes: offset(closes),
                late: offset(closes),
            },
            series: series.map(|(every, times)| Series { every: offset(every), times }),
        }
    }

    #[test]
    fn series_are_written_out_and_an_id_that_stands_twice_has_one_place() {
        let occasions = [
            occasion("pre", Timing::Step { step: "base".into() }, None),
            occasion("w", window("6d", "7d", "12d", Some(("7d", 3))), None),
            occasion("post", window("0d", "0d", "27d", None), Some(&["ipdt"])),
            occasion("post", window("7d", "7d", "27d", None), Some(&["wl"])),
        ];
        let elements = elements(&occasions);
        let places: Vec<(&str, i64)> = elements.iter().map(|e| (e.id.as_str(), e.number)).collect();
        assert_eq!(places, [("pre", 1), ("w01", 2), ("w02", 3), ("w03", 4), ("post", 5), ("post", 5)]);
        assert_eq!(elements[3].window.unwrap().closes.to_string(), "26d");
        assert!(
            elements[4].is_for(Some("ipdt")) && !elements[4].is_for(Some("wl")) && !elements[4].is_for(None)
        );
        assert!(elements[4].is_arm_bound() && !elements[1].is_arm_bound());
    }
}
