//! Spans of time as protocols write them: `7d`, `10w`, `6m-14d`, `randomization+10w`, `4h`.

use std::fmt;

use chrono::Days;
use chrono::Months;

use crate::kernel::time::Date;
use crate::trial::schedule::definition::Offset;
use crate::trial::schedule::definition::Point;

/// The largest count of one unit that is taken.
const MAX_COUNT: i32 = 40_000;

/// A duration in hours, or a shift of civil days.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Duration {
    /// Hours.
    Hours(u32),
    /// Days and months.
    Civil(Offset),
}

/// Reads `4h`, `7d`, `10w`, `6m`, `2y`.
pub fn hours_or_offset(text: &str) -> Option<Duration> {
    if let Some(hours) = text.strip_suffix('h') {
        let hours: u32 = hours.parse().ok()?;
        return (hours <= 40_000).then_some(Duration::Hours(hours));
    }
    let plain = text.starts_with(|first: char| first.is_ascii_digit());
    offset(text).filter(|_| plain).map(Duration::Civil)
}

/// Reads `6m-14d`, `-7d`, `0d`, `2y+1w`.
pub fn offset(text: &str) -> Option<Offset> {
    if text.is_empty() {
        return None;
    }
    let mut total = Offset::default();
    let mut rest = text;
    let mut first = true;
    while !rest.is_empty() {
        let (sign, after) = match rest.strip_prefix('-') {
            Some(after) => (-1, after),
            None => (1, rest.strip_prefix('+').unwrap_or(rest)),
        };
        if !first && rest.len() == after.len() {
            return None;
        }
        first = false;
        let digits = after.find(|c: char| !c.is_ascii_digit())?;
        let count: i32 = after.get(..digits)?.parse().ok().filter(|count| *count <= MAX_COUNT)?;
        let (unit, behind) = after.get(digits..)?.split_at_checked(1)?;
        match unit {
            "d" => total.days = total.days.checked_add(sign * count)?,
            "w" => total.days = total.days.checked_add(sign * count.checked_mul(7)?)?,
            "m" => total.months = total.months.checked_add(sign * count)?,
            "y" => total.months = total.months.checked_add(sign * count.checked_mul(12)?)?,
            _ => return None,
        }
        rest = behind;
    }
    Some(total)
}

/// Reads `start+10w`, `end-7d`, `randomization`.
pub fn point(text: &str) -> Option<Point> {
    let at = text.find(['+', '-']).unwrap_or(text.len());
    let (base, shift) = text.split_at_checked(at)?;
    let named = base.starts_with(|first: char| first.is_ascii_lowercase())
        && base.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let offset = if shift.is_empty() { Some(Offset::default()) } else { offset(shift) };
    offset.filter(|_| named).map(|offset| Point { base: base.to_owned(), offset })
}

impl Offset {
    /// The day that lies this far from `day`: months first (the last day of a shorter month), then days.
    pub fn from(self, day: Date) -> Option<Date> {
        let months = Months::new(self.months.unsigned_abs());
        let moved =
            if self.months < 0 { day.checked_sub_months(months) } else { day.checked_add_months(months) }?;
        let days = Days::new(u64::from(self.days.unsigned_abs()));
        if self.days < 0 { moved.checked_sub_days(days) } else { moved.checked_add_days(days) }
    }

    /// So many times this far, with another shift added: `self + (times × every)`.
    pub fn plus_times(self, every: Self, times: u32) -> Option<Self> {
        let times = i32::try_from(times).ok()?;
        Some(Self {
            months: self.months.checked_add(every.months.checked_mul(times)?)?,
            days: self.days.checked_add(every.days.checked_mul(times)?)?,
        })
    }

    /// Whether it comes before another, on every day of the calendar: `Some(true)` always, `Some(false)` never, `None` on
    /// some days only. A month has 28 to 31 days.
    pub fn is_before(self, other: Self) -> Option<bool> {
        let months = i64::from(other.months) - i64::from(self.months);
        let days = i64::from(other.days) - i64::from(self.days);
        let (short, long) = if months >= 0 { (28, 31) } else { (31, 28) };
        let (least, most) = (months * short + days, months * long + days);
        match (least > 0, most > 0) {
            (true, true) => Some(true),
            (false, false) => Some(false),
            _ => None,
        }
    }
}

/// The canonical spelling: months, then days; `0d` for nothing.
impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.months, self.days) {
            (0, days) => write!(f, "{days}d"),
            (months, 0) => write!(f, "{months}m"),
            (months, days) => write!(f, "{months}m{days:+}d"),
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shift = self.offset.to_string();
        match (self.offset.months, self.offset.days) {
            (0, 0) => f.write_str(&self.base),
            _ if shift.starts_with('-') => write!(f, "{}{shift}", self.base),
            _ => write!(f, "{}+{shift}", self.base),
        }
    }
}

impl serde::Serialize for Offset {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl serde::Serialize for Point {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn offsets_read_and_print_in_one_spelling() {
        for (written, printed) in [
            ("6m-14d", "6m-14d"),
            ("10w", "70d"),
            ("2y", "24m"),
            ("-7d", "-7d"),
            ("0d", "0d"),
            ("1m+2w", "1m+14d"),
        ] {
            assert_eq!(offset(written).unwrap().to_string(), printed);
        }
        for bad in ["", "7", "d", "7x", "6m14d", "--7d", "1.5d", "99999d"] {
            assert_eq!(offset(bad), None, "{bad}");
        }
        assert_eq!(point("randomization+10w").unwrap().to_string(), "randomization+70d");
        assert_eq!(point("end-7d").unwrap().to_string(), "end-7d");
        assert_eq!(point("end").unwrap().to_string(), "end");
        assert_eq!(point("+7d"), None);
        assert_eq!(hours_or_offset("8h"), Some(Duration::Hours(8)));
        assert_eq!(hours_or_offset("-8d"), None);
    }

    #[test]
    fn months_come_first_and_stop_at_the_month_s_end() {
        assert_eq!(offset("1m").unwrap().from(day("2026-01-31")), Some(day("2026-02-28")));
        assert_eq!(offset("1m").unwrap().from(day("2028-01-31")), Some(day("2028-02-29")));
        assert_eq!(offset("6m-14d").unwrap().from(day("2026-08-31")), Some(day("2027-02-14")));
        assert_eq!(offset("-1m").unwrap().from(day("2026-03-31")), Some(day("2026-02-28")));
    }

    #[test]
    fn offsets_compare_on_every_calendar_day() {
        let before = |a: &str, b: &str| offset(a).unwrap().is_before(offset(b).unwrap());
        assert_eq!(before("0d", "27d"), Some(true));
        assert_eq!(before("27d", "0d"), Some(false));
        assert_eq!(before("6m-14d", "6m"), Some(true));
        assert_eq!(before("4w", "1m"), None);
        assert_eq!(before("5w", "1m"), Some(false));
        assert_eq!(before("1m", "5w"), Some(true));
    }
}
