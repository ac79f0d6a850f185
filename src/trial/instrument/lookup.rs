//! Questions to an instrument that others ask: its items, its printed scores with their ranges, its columns.

use std::collections::BTreeSet;

use crate::kernel::number::Number;
use crate::trial::instrument::definition::Band;
use crate::trial::instrument::definition::BandOn;
use crate::trial::instrument::definition::Formula;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::definition::Linear;
use crate::trial::instrument::definition::Operands;
use crate::trial::instrument::definition::Pair;
use crate::trial::instrument::definition::Score;

impl Instrument {
    /// An item by its id.
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// A score by its id, inner ones too.
    pub fn score(&self, id: &str) -> Option<&Score> {
        self.key.scores.iter().find(|score| score.id == id)
    }

    /// The scores that are printed, in the order of the key.
    pub fn printed_scores(&self) -> impl Iterator<Item = &Score> {
        self.key.scores.iter().filter(|score| !score.inner)
    }

    /// The bands of a score, lowest first; none for most.
    pub fn bands_of(&self, score: &Score) -> &[Band] {
        let bands = score.bands.as_ref().and_then(|bands| self.key.bands.get(bands));
        bands.map(Vec::as_slice).unwrap_or_default()
    }

    /// The band of a value of a score.
    pub fn band_of(&self, score: &Score, value: Number) -> Option<&str> {
        let value = match score.band_on {
            BandOn::Rounded => value.half_up(),
            BandOn::Exact => value,
        };
        self.bands_of(score).iter().rev().find(|band| band.from <= value).map(|band| band.id.as_str())
    }

    /// The word with which its columns in datasets begin: the id without underscores.
    pub fn dataset_prefix(&self) -> String {
        self.id.replace('_', "")
    }

    /// Items that a score or a flag reads; the others may stay blank.
    pub fn items_read(&self) -> BTreeSet<&str> {
        let mut read: BTreeSet<&str> = self.key.flags.iter().map(|flag| flag.item.as_str()).collect();
        for score in &self.key.scores {
            read.extend(score.needs.iter().map(String::as_str));
            read.extend(score.formula.items());
        }
        read
    }

    /// The items that a score rests on, through other scores too, in the order of the form.
    pub fn items_of(&self, score: &Score) -> Vec<&str> {
        let mut found = BTreeSet::new();
        self.gather_items(score, &mut found);
        self.items.iter().map(|item| item.id.as_str()).filter(|item| found.contains(item)).collect()
    }

    fn gather_items<'a>(&'a self, score: &'a Score, found: &mut BTreeSet<&'a str>) {
        found.extend(score.needs.iter().map(String::as_str));
        found.extend(score.formula.items());
        // A score names only scores before it, so this ends.
        let parts = score.formula.scores().into_iter().filter_map(|id| self.score(id));
        for part in parts.filter(|part| part.id != score.id) {
            self.gather_items(part, found);
        }
    }
}

impl Score {
    /// The name of its column: the short one where there is one.
    pub fn column(&self) -> &str {
        self.short.as_deref().unwrap_or(&self.id)
    }

    /// The weight of an item or score in it.
    pub fn weight_of(&self, part: &str) -> Number {
        self.weights.get(part).copied().unwrap_or(Number::ONE)
    }

    /// Whether all ratings of one item of the form (importance and satisfaction) are one thing for it, so that
    /// they count as one missing answer.
    pub fn takes_ratings_together(&self) -> bool {
        let pairs = matches!(self.formula, Formula::ProductSum(_) | Formula::ProductMean(_));
        pairs || !self.needs.is_empty()
    }
}

impl Operands {
    /// The items, if it is items.
    pub fn items(&self) -> Option<&[String]> {
        match self {
            Self::Items(items) => Some(items),
            Self::Scores(_) => None,
        }
    }

    /// The scores, if it is scores.
    pub fn scores(&self) -> Option<&[String]> {
        match self {
            Self::Items(_) => None,
            Self::Scores(scores) => Some(scores),
        }
    }
}

impl Formula {
    /// The items that it reads itself, not through other scores.
    pub fn items(&self) -> Vec<&str> {
        match self {
            Self::Sum(over) | Self::Mean(over) | Self::Max(over) | Self::Count { over, .. } => {
                over.items().unwrap_or_default().iter().map(String::as_str).collect()
            }
            Self::Linear { .. } => Vec::new(),
            Self::Rule(condition) => condition.items().collect(),
            Self::Digits(items) | Self::ValueSet(items) => items.iter().map(String::as_str).collect(),
            Self::ProductSum(pairs) | Self::ProductMean(pairs) => pairs.iter().flat_map(Pair::both).collect(),
        }
    }

    /// The scores that it reads.
    pub fn scores(&self) -> Vec<&str> {
        match self {
            Self::Sum(over) | Self::Mean(over) | Self::Max(over) | Self::Count { over, .. } => {
                over.scores().unwrap_or_default().iter().map(String::as_str).collect()
            }
            Self::Linear { of, .. } => vec![of],
            Self::Rule(condition) => condition.scores().collect(),
            Self::Digits(_) | Self::ValueSet(_) | Self::ProductSum(_) | Self::ProductMean(_) => Vec::new(),
        }
    }
}

impl Pair {
    fn both(&self) -> [&str; 2] {
        [&self.item, &self.weight]
    }
}

impl Linear {
    /// Its value at `x`; `None` beyond 128 bits.
    pub fn of(self, x: Number) -> Option<Number> {
        self.times.times(x)?.plus(self.plus)
    }
}
