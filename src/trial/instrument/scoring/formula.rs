//! The formulas of a key, each a few lines. `None` means numbers beyond 128 bits, never "missing".

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::kernel::number::Number;
use crate::trial::instrument::condition::Condition;
use crate::trial::instrument::condition::Known;
use crate::trial::instrument::condition::Truth;
use crate::trial::instrument::definition::Formula;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::MissingRule;
use crate::trial::instrument::definition::Operands;
use crate::trial::instrument::definition::Pair;
use crate::trial::instrument::definition::Score;
use crate::trial::instrument::scoring::Context;
use crate::trial::instrument::scoring::ScoreResult;
use crate::trial::instrument::scoring::ScoreValue;
use crate::trial::instrument::scoring::Status;
use crate::trial::instrument::scoring::sheet::Reading;
use crate::trial::instrument::scoring::sheet::Sheet;

/// One score on the way: its value, if there is one, and which answers it misses.
#[derive(Clone, Debug, Default)]
struct Computed<'a> {
    value: Option<ScoreValue>,
    missing: BTreeSet<&'a str>,
}

/// What a score is computed from: the values that are there, and what is missing.
#[derive(Default)]
struct Terms<'a> {
    /// Weight and value.
    present: Vec<(Number, Number)>,
    /// The weights of what is not there.
    absent: Vec<Number>,
    missing: BTreeSet<&'a str>,
    /// Something without which there is no score, whatever the missing rule.
    blocked: bool,
}

/// The scores of one sheet, computed in the order of the key.
pub(super) struct Results<'a> {
    instrument: &'a Instrument,
    sheet: &'a Sheet<'a>,
    context: &'a Context,
    computed: BTreeMap<&'a str, Computed<'a>>,
}

impl<'a> Results<'a> {
    pub(super) fn new(instrument: &'a Instrument, sheet: &'a Sheet<'a>, context: &'a Context) -> Self {
        Self { instrument, sheet, context, computed: BTreeMap::new() }
    }

    /// Computes one score from the sheet and the scores before it.
    pub(super) fn compute(&mut self, score: &'a Score, rule: MissingRule) -> Option<()> {
        let mut computed = match &score.formula {
            Formula::Sum(over) => sum(&self.terms(score, over)?, rule)?,
            Formula::Mean(over) => mean(&self.terms(score, over)?, rule)?,
            Formula::Max(over) => largest(&self.terms(score, over)?),
            Formula::Count { over, from } => count(&self.terms(score, over)?, *from),
            Formula::Linear { of, by } => {
                let source = self.computed.get(of.as_str()).cloned().unwrap_or_default();
                let value = source.number().map(|value| by.of(value));
                source.with(lift(value)?)
            }
            Formula::Rule(condition) => self.rule(score, condition)?,
            Formula::Digits(items) => self.digits(score, items),
            Formula::ProductSum(pairs) => {
                let terms = self.products(score, pairs)?;
                sum(&terms, MissingRule::Complete)?
            }
            Formula::ProductMean(pairs) => {
                let terms = self.products(score, pairs)?;
                mean(&terms, MissingRule::Complete)?
            }
            Formula::ValueSet(items) => self.value_set(score, items)?,
        };
        let needed = score.needs.iter().filter(|item| self.sheet.reading(item) == Reading::Missing);
        let needed: BTreeSet<&str> = needed.map(|item| self.sheet.unit(score, item)).collect();
        if !needed.is_empty() {
            computed.value = None;
            computed.missing.extend(needed);
        }
        self.computed.insert(&score.id, computed);
        Some(())
    }

    /// The printed scores. A score by value set is there only where the context names a set.
    pub(super) fn printed(&self) -> Vec<(String, ScoreResult)> {
        let without_set = self.context.value_set.is_none();
        let printed = self.instrument.key.scores.iter().filter(|score| {
            let by_set = matches!(score.formula, Formula::ValueSet(_));
            !(score.inner || by_set && without_set)
        });
        printed
            .filter_map(|score| Some((score, self.computed.get(score.id.as_str())?)))
            .map(|(score, computed)| (score.id.clone(), self.result(score, computed)))
            .collect()
    }

    fn result(&self, score: &Score, computed: &Computed<'_>) -> ScoreResult {
        let status = match (&computed.value, computed.missing.is_empty()) {
            (None, _) => Status::NotScorable,
            (Some(_), true) => Status::Scored,
            (Some(_), false) => Status::Prorated,
        };
        let band = computed.number().and_then(|value| self.instrument.band_of(score, value));
        let band = band.map(str::to_owned);
        ScoreResult { status, value: computed.value.clone(), missing: computed.missing.len(), band }
    }

    fn terms(&self, score: &'a Score, over: &'a Operands) -> Option<Terms<'a>> {
        let mut terms = Terms::default();
        match over {
            Operands::Items(items) => {
                for item in items {
                    let reading = self.sheet.keyed(score, item)?;
                    terms.add(score.weight_of(item), reading, self.sheet.unit(score, item));
                }
            }
            Operands::Scores(scores) => {
                for id in scores {
                    let part = self.computed.get(id.as_str()).cloned().unwrap_or_default();
                    terms.blocked |= part.number().is_none();
                    terms.present.extend(part.number().map(|value| (score.weight_of(id), value)));
                    terms.missing.extend(part.missing);
                }
            }
        }
        Some(terms)
    }

    fn products(&self, score: &'a Score, pairs: &'a [Pair]) -> Option<Terms<'a>> {
        let mut terms = Terms::default();
        for pair in pairs {
            let unit = self.sheet.unit(score, &pair.item);
            match self.sheet.keyed(score, &pair.weight)? {
                Reading::Missing => terms.add(Number::ONE, Reading::Missing, unit),
                Reading::Answered(weight) | Reading::Counts(weight) if weight != Number::ZERO => {
                    let product = match self.sheet.keyed(score, &pair.item)? {
                        Reading::Answered(value) | Reading::Counts(value) => {
                            Reading::Counts(value.times(weight)?)
                        }
                        other => other,
                    };
                    terms.add(Number::ONE, product, unit);
                }
                Reading::Answered(_) | Reading::Counts(_) | Reading::Away => {}
            }
        }
        Some(terms)
    }

    /// A rule with three values would be "not met" as soon as one part is, although answers are missing:
    /// so it is judged only where everything that it names is there.
    fn rule(&self, score: &'a Score, condition: &'a Condition) -> Option<Computed<'a>> {
        let mut terms = Terms::default();
        for item in condition.items() {
            terms.add(Number::ONE, self.sheet.reading(item), self.sheet.unit(score, item));
        }
        let mut scores = BTreeMap::new();
        for id in condition.scores() {
            let part = self.computed.get(id).cloned().unwrap_or_default();
            terms.blocked |= part.value.is_none();
            scores.extend(part.number().map(|value| (id, value)));
            terms.missing.extend(part.missing);
        }
        let codes = self.sheet.codes();
        let truth = condition.judge(&Known { codes, scores: &scores, context: self.context });
        let value = match truth {
            Truth::Met => Some(Number::ONE),
            Truth::NotMet => Some(Number::ZERO),
            Truth::Undetermined => None,
        };
        let complete = !terms.blocked && terms.missing.is_empty();
        Some(Computed::from_number(value.filter(|_| complete), terms.missing))
    }

    fn digits(&self, score: &'a Score, items: &'a [String]) -> Computed<'a> {
        let missing = self.missing_of(score, items);
        let digits: Option<String> =
            items.iter().map(|item| self.sheet.code(item).map(ToString::to_string)).collect();
        let value = digits.filter(|_| missing.is_empty()).map(ScoreValue::Text);
        Computed { value, missing }
    }

    fn value_set(&self, score: &'a Score, items: &'a [String]) -> Option<Computed<'a>> {
        let missing = self.missing_of(score, items);
        let set = self.context.value_set.as_ref().and_then(|set| self.instrument.key.valuesets.get(set));
        let levels = || items.iter().map(|item| Some((item, self.level_of(item)?)));
        let (Some(set), Some(levels)) = (set, levels().collect::<Option<Vec<_>>>()) else {
            return Some(Computed { value: None, missing });
        };
        if levels.iter().all(|(_, level)| *level == 0) {
            return Some(Computed::from_number(Some(set.full), missing));
        }
        let mut value = set.constant;
        for (item, level) in levels {
            value = value.minus(*set.decrements.get(item)?.get(level)?)?;
        }
        Some(Computed::from_number(Some(value.rounded(3)), missing))
    }

    /// Which option of its list was chosen, from 0.
    fn level_of(&self, item: &str) -> Option<usize> {
        let code = self.sheet.code(item)?;
        self.instrument.item(item)?.options().iter().position(|option| option.code == *code)
    }

    fn missing_of(&self, score: &'a Score, items: &'a [String]) -> BTreeSet<&'a str> {
        let missing = items.iter().filter(|item| self.sheet.reading(item) == Reading::Missing);
        missing.map(|item| self.sheet.unit(score, item)).collect()
    }
}

impl<'a> Terms<'a> {
    fn add(&mut self, weight: Number, reading: Reading, unit: &'a str) {
        match reading {
            Reading::Answered(value) | Reading::Counts(value) => self.present.push((weight, value)),
            Reading::Missing => {
                self.absent.push(weight);
                self.missing.insert(unit);
            }
            Reading::Away => {}
        }
    }

    /// Whether the missing rule lets a score stand.
    fn stands(&self, rule: MissingRule) -> bool {
        let most = match rule {
            MissingRule::Complete => 0,
            MissingRule::Prorate(most) => usize::try_from(most).unwrap_or(0),
        };
        !self.blocked && self.absent.len() <= most && (self.absent.is_empty() || !self.present.is_empty())
    }

    /// Sum of weight × value, and of the weights, of what is there.
    fn totals(&self) -> Option<(Number, Number)> {
        self.present.iter().try_fold((Number::ZERO, Number::ZERO), |(total, weights), (weight, value)| {
            Some((total.plus(weight.times(*value)?)?, weights.plus(*weight)?))
        })
    }
}

/// Missing values: the mean of those that are there takes their place.
fn sum<'a>(terms: &Terms<'a>, rule: MissingRule) -> Option<Computed<'a>> {
    if !terms.stands(rule) {
        return Some(Computed::none(terms));
    }
    let (total, weights) = terms.totals()?;
    if terms.absent.is_empty() {
        return Some(Computed::of(total, terms));
    }
    let absent = terms.absent.iter().try_fold(Number::ZERO, |total, weight| total.plus(*weight))?;
    let factor = weights.plus(absent)?.over(weights);
    Some(match factor {
        Some(factor) => Computed::of(total.times(factor)?, terms),
        None => Computed::none(terms),
    })
}

fn mean<'a>(terms: &Terms<'a>, rule: MissingRule) -> Option<Computed<'a>> {
    let (total, weights) = terms.totals()?;
    let mean = total.over(weights).filter(|_| terms.stands(rule));
    Some(Computed::from_number(mean, terms.missing.clone()))
}

fn largest<'a>(terms: &Terms<'a>) -> Computed<'a> {
    let largest = terms.present.iter().map(|(_, value)| *value).max();
    Computed::from_number(largest.filter(|_| terms.stands(MissingRule::Complete)), terms.missing.clone())
}

fn count<'a>(terms: &Terms<'a>, from: Number) -> Computed<'a> {
    let reached = terms.present.iter().filter(|(_, value)| *value >= from).count();
    let reached = i64::try_from(reached).ok().map(Number::from);
    Computed::from_number(reached.filter(|_| terms.stands(MissingRule::Complete)), terms.missing.clone())
}

/// Turns "a value that overflows" inside out: `None` only where there was a value and it does not fit.
fn lift(value: Option<Option<Number>>) -> Option<Option<Number>> {
    match value {
        None => Some(None),
        Some(value) => value.map(Some),
    }
}

impl<'a> Computed<'a> {
    fn from_number(value: Option<Number>, missing: BTreeSet<&'a str>) -> Self {
        Self { value: value.map(ScoreValue::Number), missing }
    }

    fn of(value: Number, terms: &Terms<'a>) -> Self {
        Self::from_number(Some(value), terms.missing.clone())
    }

    fn none(terms: &Terms<'a>) -> Self {
        Self::from_number(None, terms.missing.clone())
    }

    fn with(self, value: Option<Number>) -> Self {
        Self { value: value.map(ScoreValue::Number), ..self }
    }

    fn number(&self) -> Option<Number> {
        match self.value {
            Some(ScoreValue::Number(number)) => Some(number),
            Some(ScoreValue::Text(_)) | None => None,
        }
    }
}
