//! The least and the largest value that a score can take, by its formula and the codes of its items.

use crate::kernel::number::Number;
use crate::trial::instrument::definition::Formula;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Operands;
use crate::trial::instrument::definition::Pair;
use crate::trial::instrument::definition::Score;

type Range = (Number, Number);

impl Instrument {
    /// The least and the largest value of a score; `None` for a profile.
    pub fn range_of(&self, score: &Score) -> Option<Range> {
        match &score.formula {
            Formula::Sum(over) => added(&self.weighted(score, over)?),
            Formula::Mean(over) => {
                let (low, high) = added(&self.weighted(score, over)?)?;
                let weights = parts(over)
                    .iter()
                    .try_fold(Number::ZERO, |total, part| total.plus(score.weight_of(part)))?;
                Some((low.over(weights)?, high.over(weights)?))
            }
            Formula::Max(over) => {
                let ranges = self.ranges(score, over)?;
                let low = ranges.iter().map(|(low, _)| *low).max()?;
                let high = ranges.iter().map(|(_, high)| *high).max()?;
                // Not all of a group of alternatives is answered, so the least of one is enough.
                let least = ranges.iter().map(|(low, _)| *low).min()?;
                Some((if self.key.alternatives.is_empty() { low } else { least }, high))
            }
            Formula::Count { over, .. } => {
                let most = i64::try_from(parts(over).len()).ok()?;
                Some((Number::ZERO, Number::from(most)))
            }
            Formula::Linear { of, by } => {
                let (low, high) = self.range_of(self.score(of).filter(|of| of.id != score.id)?)?;
                Some(ordered(by.of(low)?, by.of(high)?))
            }
            Formula::Rule(_) => Some((Number::ZERO, Number::ONE)),
            Formula::Digits(_) => None,
            Formula::ProductSum(pairs) => added(&self.products(pairs)?),
            Formula::ProductMean(pairs) => {
                let products = self.products(pairs)?;
                let low = products.iter().map(|(low, _)| *low).min()?;
                Some((low, products.iter().map(|(_, high)| *high).max()?))
            }
            Formula::ValueSet(items) => self.value_set_range(items),
        }
    }

    fn ranges(&self, score: &Score, over: &Operands) -> Option<Vec<Range>> {
        match over {
            Operands::Items(items) => items.iter().map(|item| self.keyed_range(item)).collect(),
            Operands::Scores(scores) => {
                let others = scores.iter().map(|id| self.score(id).filter(|other| other.id != score.id));
                others.map(|other| self.range_of(other?)).collect()
            }
        }
    }

    fn weighted(&self, score: &Score, over: &Operands) -> Option<Vec<Range>> {
        let ranges = self.ranges(score, over)?;
        parts(over)
            .iter()
            .zip(ranges)
            .map(|(part, (low, high))| {
                let weight = score.weight_of(part);
                Some(ordered(low.times(weight)?, high.times(weight)?))
            })
            .collect()
    }

    /// What an item can count in a score. Reversing maps its span onto itself.
    fn keyed_range(&self, item: &str) -> Option<Range> {
        let item = self.item(item)?;
        let (mut low, mut high) = item.span()?;
        if let Some(linear) = self.key.rescale.get(&item.id) {
            (low, high) = ordered(linear.of(low)?, linear.of(high)?);
        }
        let skipped = self.key.skips.iter().any(|skip| skip.items.contains(&item.id));
        let beside = [item.na, (skipped || item.shown.is_some()).then_some(Number::ZERO)];
        for value in beside.into_iter().flatten() {
            low = low.min(value);
            high = high.max(value);
        }
        Some((low, high))
    }

    fn products(&self, pairs: &[Pair]) -> Option<Vec<Range>> {
        pairs
            .iter()
            .map(|pair| {
                let (low, high) = self.keyed_range(&pair.item)?;
                let (least, most) = self.keyed_range(&pair.weight)?;
                let corners = [low.times(least)?, low.times(most)?, high.times(least)?, high.times(most)?];
                corners.iter().copied().min().zip(corners.iter().copied().max())
            })
            .collect()
    }

    /// Over all value sets: which one counts is the study's choice.
    fn value_set_range(&self, items: &[String]) -> Option<Range> {
        let mut values = Vec::new();
        for set in self.key.valuesets.values() {
            values.push(set.full);
            let mut worst = set.constant;
            for item in items {
                worst = worst.minus(*set.decrements.get(item)?.iter().max()?)?;
            }
            values.push(worst);
        }
        values.iter().copied().min().zip(values.iter().copied().max())
    }
}

fn parts(over: &Operands) -> &[String] {
    match over {
        Operands::Items(parts) | Operands::Scores(parts) => parts,
    }
}

fn ordered(a: Number, b: Number) -> Range {
    (a.min(b), a.max(b))
}

fn added(ranges: &[Range]) -> Option<Range> {
    ranges.iter().try_fold((Number::ZERO, Number::ZERO), |(low, high), (least, most)| {
        Some((low.plus(*least)?, high.plus(*most)?))
    })
}
