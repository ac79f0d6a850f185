//! Instants are UTC to the microsecond; days are civil dates in a named zone.

use std::fmt;
use std::str::FromStr;

use chrono::DateTime;
use chrono::LocalResult;
use chrono::NaiveDateTime;
use chrono::NaiveTime;
use chrono::SecondsFormat;
use chrono::SubsecRound;
use chrono::TimeDelta;
use chrono::TimeZone;
use chrono::Utc;

/// A civil date.
pub type Date = chrono::NaiveDate;

/// An IANA zone.
pub type Zone = chrono_tz::Tz;

/// An instant: UTC, cut to microseconds when born, so that both databases keep it whole.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Cuts the instant to microseconds.
    pub fn new(instant: DateTime<Utc>) -> Self {
        Self(instant.trunc_subsecs(6))
    }

    /// From the UTC clock reading that the databases keep.
    pub fn from_naive_utc(naive: NaiveDateTime) -> Self {
        Self::new(naive.and_utc())
    }

    /// The UTC clock reading.
    pub fn naive_utc(self) -> NaiveDateTime {
        self.0.naive_utc()
    }

    /// As a chrono instant.
    pub fn instant(self) -> DateTime<Utc> {
        self.0
    }

    /// Midnight UTC of a day.
    pub fn midnight_utc(day: Date) -> Self {
        Self::from_naive_utc(day.and_time(NaiveTime::MIN))
    }

    /// The civil date that clocks in `zone` show.
    pub fn date_in(self, zone: Zone) -> Date {
        self.0.with_timezone(&zone).date_naive()
    }

    /// Seconds since 1970.
    pub fn unix_seconds(self) -> i64 {
        self.0.timestamp()
    }

    /// From seconds since 1970.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        DateTime::from_timestamp(seconds, 0).map(Self)
    }

    /// Later by so many seconds (earlier, if negative).
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.checked_add_signed(TimeDelta::seconds(seconds)).unwrap_or(self.0))
    }

    /// Whole seconds from `earlier` to here.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).num_seconds()
    }

    /// To the second, as datasets write it: `2026-01-02T03:04:05Z`.
    pub fn to_second(self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// Compact, for file names: `20260102T030405Z`.
    pub fn compact(self) -> String {
        self.0.format("%Y%m%dT%H%M%SZ").to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl FromStr for Timestamp {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text).map(|instant| Self::new(instant.with_timezone(&Utc)))
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The instant at which clocks in `zone` show `day` and `time` ("compatible" rule of RFC 5545 and Temporal:
/// in a gap the later reading by the length of the gap, in an overlap the first).
pub fn instant_of(day: Date, time: NaiveTime, zone: Zone) -> Timestamp {
    let local = day.and_time(time);
    match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => Timestamp::new(instant.to_utc()),
        LocalResult::None => {
            // A gap: read the clock as it was before the jump, by the offset in force a day earlier.
            let before = local - TimeDelta::days(1);
            let offset = zone.offset_from_local_datetime(&before).earliest();
            let seconds = offset.map_or(0, |offset| {
                let fixed: chrono::FixedOffset = chrono::Offset::fix(&offset);
                fixed.local_minus_utc()
            });
            Timestamp::from_naive_utc(local - TimeDelta::seconds(i64::from(seconds)))
        }
    }
}

/// What tells the time.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one door to the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::new(Utc::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str, time: &str) -> String {
        instant_of(day.parse().unwrap(), time.parse().unwrap(), Zone::Europe__Stockholm).to_string()
    }

    #[test]
    fn a_gap_reads_later_and_an_overlap_first() {
        assert_eq!(at("2026-03-29", "02:30:00"), "2026-03-29T01:30:00.000000Z");
        assert_eq!(at("2026-10-25", "02:30:00"), "2026-10-25T00:30:00.000000Z");
        assert_eq!(at("2026-07-01", "06:00:00"), "2026-07-01T04:00:00.000000Z");
    }

    #[test]
    fn instants_are_cut_to_microseconds() {
        let instant: Timestamp = "2026-01-02T03:04:05.123456789+01:00".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-01-02T02:04:05.123456Z");
        assert_eq!(instant.to_second(), "2026-01-02T02:04:05Z");
        assert_eq!(instant.compact(), "20260102T020405Z");
    }
}
