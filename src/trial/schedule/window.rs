//! The window of an occasion for one person, as instants: it opens at an hour of its first day and ends with its last.

use chrono::NaiveTime;

use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::kernel::time::Zone;
use crate::kernel::time::instant_of;
use crate::trial::schedule::definition::Window;

/// When an assessment opens, is due, closes, and takes late answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Planned {
    /// The opening hour of the first day.
    pub opens_at: Timestamp,
    /// The planned day.
    pub due_on: Date,
    /// The start of the day after the last day.
    pub closes_at: Timestamp,
    /// The start of the day after the last day for late answers.
    pub late_at: Timestamp,
}

/// The window around an anchor's date; `None` beyond the calendar.
pub fn plan(window: &Window, anchor: Date, zone: Zone, opens_at: NaiveTime) -> Option<Planned> {
    let end_of = |day: Date| day.succ_opt().map(|next| instant_of(next, NaiveTime::MIN, zone));
    Some(Planned {
        opens_at: instant_of(window.opens.from(anchor)?, opens_at, zone),
        due_on: window.due.from(anchor)?,
        closes_at: end_of(window.closes.from(anchor)?)?,
        late_at: end_of(window.late.from(anchor)?)?,
    })
}

/// A window after its anchor has moved: what is open or over stays; what was announced never gets shorter.
pub fn replan(before: Option<Planned>, after: Planned, now: Timestamp) -> Planned {
    match before {
        Some(before) if before.opens_at <= now => before,
        Some(_) | None => after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::schedule::span::offset;
    use chrono::Days;
    use proptest::prelude::*;

    const ZONES: [Zone; 40] = [
        Zone::Europe__Stockholm,
        Zone::Europe__Berlin,
        Zone::Europe__London,
        Zone::Europe__Lisbon,
        Zone::Europe__Athens,
        Zone::Europe__Moscow,
        Zone::Europe__Dublin,
        Zone::Europe__Istanbul,
        Zone::Atlantic__Azores,
        Zone::Atlantic__Reykjavik,
        Zone::America__New_York,
        Zone::America__Chicago,
        Zone::America__Denver,
        Zone::America__Los_Angeles,
        Zone::America__Anchorage,
        Zone::America__Halifax,
        Zone::America__St_Johns,
        Zone::America__Sao_Paulo,
        Zone::America__Santiago,
        Zone::America__Asuncion,
        Zone::America__Caracas,
        Zone::America__Havana,
        Zone::Pacific__Honolulu,
        Zone::Pacific__Auckland,
        Zone::Pacific__Chatham,
        Zone::Pacific__Apia,
        Zone::Pacific__Kiritimati,
        Zone::Pacific__Fiji,
        Zone::Australia__Sydney,
        Zone::Australia__Adelaide,
        Zone::Australia__Lord_Howe,
        Zone::Australia__Brisbane,
        Zone::Asia__Tokyo,
        Zone::Asia__Kolkata,
        Zone::Asia__Kathmandu,
        Zone::Asia__Tehran,
        Zone::Asia__Beirut,
        Zone::Asia__Gaza,
        Zone::Africa__Cairo,
        Zone::Africa__Casablanca,
    ];

    fn window(opens: &str, due: &str, closes: &str, late: &str) -> Window {
        let offset = |text| offset(text).unwrap();
        Window { opens: offset(opens), due: offset(due), closes: offset(closes), late: offset(late) }
    }

    fn six() -> NaiveTime {
        NaiveTime::from_hms_opt(6, 0, 0).unwrap()
    }

    #[test]
    fn seven_days_over_a_clock_change_have_167_or_169_hours() {
        let week = window("0d", "3d", "6d", "6d");
        let hours = |anchor: &str| {
            let planned =
                plan(&week, anchor.parse().unwrap(), Zone::Europe__Stockholm, NaiveTime::MIN).unwrap();
            planned.closes_at.seconds_since(planned.opens_at) / 3600
        };
        assert_eq!(hours("2026-03-24"), 167);
        assert_eq!(hours("2026-10-20"), 169);
        assert_eq!(hours("2026-06-01"), 168);
    }

    #[test]
    fn an_open_window_stays_where_it_was_announced() {
        let place = |anchor: &str| {
            plan(&window("0d", "0d", "6d", "6d"), anchor.parse().unwrap(), Zone::UTC, six()).unwrap()
        };
        let (before, after) = (place("2026-05-01"), place("2026-05-20"));
        assert_eq!(replan(Some(before), after, before.opens_at), before);
        assert_eq!(replan(Some(before), after, before.opens_at.plus_seconds(-1)), after);
        assert_eq!(replan(None, after, before.opens_at), after);
    }

    proptest! {
        #[test]
        fn windows_keep_their_order_and_their_civil_days(
            zone in proptest::sample::select(ZONES.to_vec()),
            day in 0_u64..9000,
            opens in 0_i32..20, due in 0_i32..20, closes in 0_i32..20, late in 0_i32..20,
        ) {
            let start: Date = "2010-01-01".parse().unwrap();
            let anchor = start.checked_add_days(Days::new(day)).unwrap();
            let days = |days| crate::trial::schedule::definition::Offset { months: 0, days };
            let window = Window {
                opens: days(opens),
                due: days(opens + due),
                closes: days(opens + due + closes),
                late: days(opens + due + closes + late),
            };
            let planned = plan(&window, anchor, zone, six()).unwrap();
            prop_assert!(planned.opens_at < planned.closes_at);
            prop_assert!(planned.closes_at <= planned.late_at);
            let first = window.opens.from(anchor).unwrap();
            let skipped = zone == Zone::Pacific__Apia && first == "2011-12-30".parse::<Date>().unwrap();
            prop_assert!(skipped || planned.opens_at.date_in(zone) == first);
            // One second before the end, clocks show the last day (or, where a day was skipped, the day before it).
            let last = planned.closes_at.plus_seconds(-1).date_in(zone);
            let closes = window.closes.from(anchor).unwrap();
            prop_assert!(last == closes || zone == Zone::Pacific__Apia);
        }
    }
}
