//! Reading hours: when the next reading begins, and the instant after so many hours of reading.

use chrono::Datelike;

use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::kernel::time::Zone;
use crate::kernel::time::instant_of;
use crate::trial::protocol::model::Safety;

/// Days that are looked through for a reading hour.
const HORIZON_DAYS: usize = 400;

fn is_reading_day(safety: &Safety, day: Date) -> bool {
    safety.days.contains(&day.weekday().number_from_monday()) && !safety.holidays.contains(&day)
}

fn windows(safety: &Safety, from: Timestamp, zone: Zone) -> impl Iterator<Item = (Timestamp, Timestamp)> {
    from.date_in(zone)
        .iter_days()
        .take(HORIZON_DAYS)
        .filter(|day| is_reading_day(safety, *day))
        .map(move |day| (instant_of(day, safety.hours.0, zone), instant_of(day, safety.hours.1, zone)))
        .filter(move |(_, end)| *end > from)
}

/// When answers are next read: now, if it is a reading hour.
pub fn next_reading(safety: &Safety, now: Timestamp, zone: Zone) -> Timestamp {
    windows(safety, now, zone).next().map_or(now, |(start, _)| start.max(now))
}

/// The instant at which so many reading hours have gone by.
pub fn deadline(safety: &Safety, now: Timestamp, hours: u32, zone: Zone) -> Timestamp {
    let mut left = i64::from(hours) * 3600;
    for (start, end) in windows(safety, now, zone) {
        let start = start.max(now);
        let length = end.seconds_since(start);
        if left <= length {
            return start.plus_seconds(left);
        }
        left -= length;
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveTime;
    use std::collections::BTreeMap;

    fn safety() -> Safety {
        let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        Safety {
            hours: (at(9), at(16)),
            days: vec![1, 2, 3, 4, 5],
            holidays: vec!["2026-05-01".parse().unwrap()],
            rules: vec![],
            silent: BTreeMap::new(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_weekend_and_holidays_are_passed_over() {
        let next = |now: &str| next_reading(&safety(), at(now), Zone::Europe__Stockholm).to_second();
        assert_eq!(next("2026-04-29T10:00:00Z"), "2026-04-29T10:00:00Z");
        // Thursday after hours; Friday is a holiday, then the weekend: Monday 09:00 in Stockholm.
        assert_eq!(next("2026-04-30T14:00:00Z"), "2026-05-04T07:00:00Z");
        assert_eq!(next("2026-04-29T02:00:00Z"), "2026-04-29T07:00:00Z");
    }

    #[test]
    fn only_reading_hours_count_towards_the_deadline() {
        let after =
            |now: &str, hours| deadline(&safety(), at(now), hours, Zone::Europe__Stockholm).to_second();
        assert_eq!(after("2026-04-28T08:00:00Z", 4), "2026-04-28T12:00:00Z");
        // Two hours on Wednesday (12:00 to 14:00 UTC), then six on Thursday.
        assert_eq!(after("2026-04-29T12:00:00Z", 8), "2026-04-30T13:00:00Z");
    }
}
