//! What a simulated trial came to: counts of people by state and arm, of acts and alerts, and the rates behind them.

use std::collections::BTreeMap;
use std::fmt;

use crate::conduct::context::House;
use crate::kernel::Error;
use crate::kernel::ids::StudyId;
use crate::simulation::rates::Rates;
use crate::storage::allocation;
use crate::storage::audit;
use crate::storage::participant;
use crate::storage::participant::ParticipantFilter;

/// The counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Counts {
    /// People by state.
    pub states: BTreeMap<&'static str, u64>,
    /// Allocations by arm.
    pub arms: BTreeMap<String, u64>,
    /// Events of the trail.
    pub events: i64,
}

impl Counts {
    /// Counts what is in the database.
    pub fn of(house: &House, study: &StudyId) -> Result<Self, Error> {
        house.db.read(|tx| {
            let mut counts = Self { states: BTreeMap::new(), arms: BTreeMap::new(), events: 0 };
            for person in participant::list(tx, study, &ParticipantFilter::default(), i64::MAX)? {
                *counts.states.entry(person.state.as_str()).or_default() += 1;
            }
            for (_, made) in allocation::list(tx, study)? {
                *counts.arms.entry(made.arm).or_default() += 1;
            }
            counts.events = audit::list_heads(tx, None)?.values().map(|head| head.seq).sum();
            Ok(counts)
        })
    }

    /// How many were registered.
    pub fn registered(&self) -> u64 {
        self.states.values().sum()
    }
}

/// The report of a run.
pub struct Report<'r> {
    /// The study's alias.
    pub alias: &'r str,
    /// The seed text.
    pub seed: &'r str,
    /// Standardized differences by arm that were asked for.
    pub effects: &'r BTreeMap<String, f64>,
    /// How often things happened.
    pub rates: &'r Rates,
    /// The counts.
    pub counts: &'r Counts,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { states, arms, events } = self.counts;
        writeln!(f, "study {} (synthetic), seed {}", self.alias, self.seed)?;
        writeln!(f, "registered {}", self.counts.registered())?;
        for (state, count) in states {
            writeln!(f, "  {state} {count}")?;
        }
        writeln!(f, "randomized {}", arms.values().sum::<u64>())?;
        for (arm, count) in arms {
            writeln!(f, "  {arm} {count}")?;
        }
        writeln!(f, "events in the trail {events}")?;
        for (arm, difference) in self.effects {
            writeln!(f, "effect {arm} = {difference}")?;
        }
        write!(f, "\n{}", self.rates)
    }
}
