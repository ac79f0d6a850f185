//! How often things happen to simulated people. All of them are printed with a run, and can be set by a TOML file.

use std::fmt;

use serde::Deserialize;

/// Probabilities (0 to 1) and distances.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Of those registered: decline consent.
    pub declined: f64,
    /// Of those registered: fail a criterion that a rule judges.
    pub ineligible: f64,
    /// Of those registered: kept out by a judgement or decision of the staff.
    pub judged_out: f64,
    /// Of those registered: stop answering during enrolment.
    pub lapsed: f64,
    /// Of those registered: were registered before under the same address.
    pub duplicate: f64,
    /// Of those randomized: stop answering for good at some time.
    pub dropped_out: f64,
    /// Of assessments of those who still answer: missed.
    pub missed: f64,
    /// Of assessments: begun and never sent.
    pub unsent: f64,
    /// Of assessments that may be late: late.
    pub late: f64,
    /// Of items that may be left out: left out.
    pub skipped: f64,
    /// Of assessments: saved first and sent later.
    pub saved_first: f64,
    /// Of yes/no questions: yes.
    pub yes: f64,
    /// Of visits of raters: not made.
    pub visit_missed: f64,
    /// Days over which people are registered.
    pub recruitment_days: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            declined: 0.05,
            ineligible: 0.15,
            judged_out: 0.04,
            lapsed: 0.05,
            duplicate: 0.02,
            dropped_out: 0.15,
            missed: 0.06,
            unsent: 0.02,
            late: 0.06,
            skipped: 0.01,
            saved_first: 0.10,
            yes: 0.30,
            visit_missed: 0.05,
            recruitment_days: 180,
        }
    }
}

/// A file of rates that can't be taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct BadRates(String);

impl Rates {
    /// Reads a TOML file; what is left out keeps its default.
    pub fn read(text: &str) -> Result<Self, BadRates> {
        let rates: Self = toml::from_str(text).map_err(|error| BadRates(error.to_string()))?;
        rates.check()?;
        Ok(rates)
    }

    fn check(&self) -> Result<(), BadRates> {
        let wrong = self.shares().into_iter().find(|(_, share)| !(0.0..=1.0).contains(share));
        if let Some((name, share)) = wrong {
            return Err(BadRates(format!("{name} = {share}: a rate is 0 to 1")));
        }
        let exits = self.declined + self.ineligible + self.judged_out + self.lapsed + self.duplicate;
        if exits > 0.9 {
            let text = "declined, ineligible, judged_out, lapsed and duplicate: together at most 0.9, or nobody is left";
            return Err(BadRates(text.to_owned()));
        }
        if !(1..=3650).contains(&self.recruitment_days) {
            return Err(BadRates("recruitment_days: 1 to 3650".to_owned()));
        }
        Ok(())
    }

    fn shares(&self) -> [(&'static str, f64); 13] {
        [
            ("declined", self.declined),
            ("ineligible", self.ineligible),
            ("judged_out", self.judged_out),
            ("lapsed", self.lapsed),
            ("duplicate", self.duplicate),
            ("dropped_out", self.dropped_out),
            ("missed", self.missed),
            ("unsent", self.unsent),
            ("late", self.late),
            ("skipped", self.skipped),
            ("saved_first", self.saved_first),
            ("yes", self.yes),
            ("visit_missed", self.visit_missed),
        ]
    }
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, share) in self.shares() {
            writeln!(f, "{name} = {share}")?;
        }
        writeln!(f, "recruitment_days = {}", self.recruitment_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_again() {
        let rates = Rates { late: 0.5, recruitment_days: 30, ..Rates::default() };
        assert_eq!(Rates::read(&rates.to_string()), Ok(rates));
        assert_eq!(Rates::read(""), Ok(Rates::default()));
    }

    #[test]
    fn rates_that_make_no_sense_are_refused_by_name() {
        let refused = |text: &str| Rates::read(text).unwrap_err().to_string();
        assert!(refused("lates = 0.1").contains("unknown field `lates`"));
        assert!(refused("late = 1.5").contains("late = 1.5"));
        assert!(refused("ineligible = 0.95").contains("together at most 0.9"));
        assert!(refused("recruitment_days = 0").contains("recruitment_days"));
    }
}
