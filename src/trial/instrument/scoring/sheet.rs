//! One answer sheet as scoring reads it: what each item counts, is missing, or stays out of it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::kernel::number::Number;
use crate::trial::instrument::answer::Answer;
use crate::trial::instrument::answer::Code;
use crate::trial::instrument::condition::Condition;
use crate::trial::instrument::condition::Known;
use crate::trial::instrument::condition::Truth;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::definition::Score;
use crate::trial::instrument::definition::Skip;
use crate::trial::instrument::scoring::Context;

/// What one item gives to a score.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reading {
    /// The value of the code, not reversed yet.
    Answered(Number),
    /// A fixed value that stands for a regular blank or `na`; never reversed.
    Counts(Number),
    /// Asked and not answered.
    Missing,
    /// Not shown, or another answer stands for it: as if the form did not have it.
    Away,
}

/// An answer sheet, read once for all scores.
pub(super) struct Sheet<'a> {
    instrument: &'a Instrument,
    readings: BTreeMap<&'a str, Reading>,
    codes: BTreeMap<&'a str, Code>,
    hidden: BTreeSet<&'a str>,
}

impl<'a> Sheet<'a> {
    /// Reads answers that have been found valid.
    pub(super) fn read(
        instrument: &'a Instrument,
        answers: &BTreeMap<String, Answer>,
        context: &Context,
    ) -> Self {
        let mut sheet =
            Self { instrument, readings: BTreeMap::new(), codes: BTreeMap::new(), hidden: BTreeSet::new() };
        for item in &instrument.items {
            sheet.read_item(item, answers.get(&item.id), context);
        }
        sheet.excuse_skipped(context);
        sheet.excuse_alternatives();
        sheet
    }

    /// What an item gives; an item that the instrument lacks gives nothing.
    pub(super) fn reading(&self, item: &str) -> Reading {
        self.readings.get(item).copied().unwrap_or(Reading::Away)
    }

    /// The code given to a shown item.
    pub(super) fn code(&self, item: &str) -> Option<&Code> {
        self.codes.get(item)
    }

    /// The codes given to shown items.
    pub(super) fn codes(&self) -> &BTreeMap<&'a str, Code> {
        &self.codes
    }

    /// The items that are not shown.
    pub(super) fn hidden(&self) -> &BTreeSet<&'a str> {
        &self.hidden
    }

    /// What an item gives to one score: reversed and stretched as the key says.
    pub(super) fn keyed(&self, score: &Score, item: &str) -> Option<Reading> {
        let Reading::Answered(mut value) = self.reading(item) else { return Some(self.reading(item)) };
        let key = &self.instrument.key;
        if score.reverse.as_ref().unwrap_or(&key.reverse).contains(item) {
            let (min, max) = self.instrument.item(item)?.span()?;
            value = min.plus(max)?.minus(value)?;
        }
        if let Some(linear) = key.rescale.get(item) {
            value = linear.of(value)?;
        }
        Some(Reading::Answered(value))
    }

    /// The name under which a missing answer is counted: items of one group of alternatives, and both
    /// ratings of an item where the score takes them together, count once.
    pub(super) fn unit(&self, score: &Score, item: &'a str) -> &'a str {
        if score.takes_ratings_together() {
            return form_number(item);
        }
        let group = self.instrument.key.alternatives.iter().find(|group| group.iter().any(|one| one == item));
        group.and_then(|group| group.first()).map_or(item, String::as_str)
    }

    fn read_item(&mut self, item: &'a Item, answer: Option<&Answer>, context: &Context) {
        let shown = item.shown.as_ref().is_none_or(|shown| self.judge(shown, context) != Truth::NotMet);
        if !shown {
            self.hidden.insert(&item.id);
        }
        let reading = match answer {
            _ if !shown => Reading::Away,
            Some(Answer::Code(code)) => item.value_of(code).map_or(Reading::Missing, Reading::Answered),
            Some(Answer::NotApplicable) => item.na.map_or(Reading::Missing, Reading::Counts),
            Some(Answer::Unanswered) | None => Reading::Missing,
        };
        if let (Reading::Answered(_), Some(Answer::Code(code))) = (reading, answer) {
            self.codes.insert(&item.id, code.clone());
        }
        self.readings.insert(&item.id, reading);
    }

    fn judge(&self, condition: &Condition, context: &Context) -> Truth {
        condition.judge(&Known { codes: &self.codes, scores: &BTreeMap::new(), context })
    }

    fn excuse_skipped(&mut self, context: &Context) {
        let met = |skip: &&Skip| self.judge(&skip.when, context) == Truth::Met;
        let skipped: Vec<&'a String> =
            self.instrument.key.skips.iter().filter(met).flat_map(|skip| &skip.items).collect();
        for item in skipped {
            if self.reading(item) == Reading::Missing {
                self.readings.insert(item, Reading::Counts(Number::ZERO));
            }
        }
    }

    fn excuse_alternatives(&mut self) {
        for group in &self.instrument.key.alternatives {
            let blank = |item: &&'a String| self.reading(item) == Reading::Missing;
            let blanks: Vec<&'a String> = group.iter().filter(blank).collect();
            // Without any answer the first blank stands for the whole group.
            let answered =
                |item: &String| matches!(self.reading(item), Reading::Answered(_) | Reading::Counts(_));
            let kept = usize::from(!group.iter().any(answered));
            for item in blanks.into_iter().skip(kept) {
                self.readings.insert(item, Reading::Away);
            }
        }
    }
}

/// The number on the form that an item id starts with: `12` of `12f`; the id itself where it has none.
fn form_number(item: &str) -> &str {
    let digits = item.len() - item.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    item.get(..digits).filter(|number| !number.is_empty()).unwrap_or(item)
}
