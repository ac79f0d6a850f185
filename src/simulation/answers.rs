//! How a simulated person answers: every item follows one latent number, the distress of that day, plus a chance of its own.
//! A latent number of 0 is the middle of a scale, 2.5 its ill end, −2.5 its well end.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use crate::conduct::asking::Answers;
use crate::conduct::known::Known;
use crate::kernel::Error;
use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::simulation::chance::Chance;
use crate::simulation::sheets::Sheets;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::reader;
use crate::trial::instrument::answer::Answer;
use crate::trial::instrument::answer::Code;
use crate::trial::instrument::condition;
use crate::trial::instrument::definition::Answers as Codes;
use crate::trial::instrument::definition::Better;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::scoring::Context;
use crate::trial::protocol::model::Choice;
use crate::trial::protocol::model::External;
use crate::trial::protocol::model::FieldType;
use crate::trial::protocol::model::Form;
use crate::trial::protocol::model::FormItem;
use crate::trial::questionnaire::asked::Asked;
use crate::trial::questionnaire::stored::StoredAnswers;

/// How much of an item is the person (the rest is the item's own chance); squares add up to 1.
const LOADING: f64 = 0.8;
const OWN: f64 = 0.6;
/// The latent number at the ends of a scale.
const END: f64 = 2.5;
/// A scale of numbers is answered in so many steps at most.
const FINEST: i64 = 100;
/// Of people who give their age: too young for adults' trials.
const UNDER_AGE: f64 = 0.04;

/// Somebody who answers.
pub struct Respondent<'c> {
    /// Chance.
    pub chance: &'c Chance,
    /// The distress of the day.
    pub latent: f64,
    /// How often an item is left out.
    pub skipped: f64,
    /// How often a yes/no question is answered yes.
    pub yes: f64,
    /// The day.
    pub today: Date,
    /// The item that tells the age, if this measure has it.
    pub age_item: Option<&'c str>,
}

impl Respondent<'_> {
    /// Answers a measure at the sheets' present occasion, and keeps the answers there.
    pub fn answer(&self, uses: &str, sheets: &mut Sheets<'_>) -> Result<Answers, Error> {
        let plan = sheets.plan();
        let answers = match plan.asked(uses)? {
            asked @ Asked::Instrument(instrument) => {
                self.instrument(instrument, &asked.items(&sheets.language))
            }
            asked @ Asked::Form(form, options) => self.form(uses, &asked, form, options, sheets),
            Asked::External(external) => self.external(external),
        };
        sheets.keep(uses, &answers)?;
        Ok(answers)
    }

    fn item_latent(&self) -> f64 {
        LOADING * self.latent + OWN * self.chance.normal()
    }

    fn instrument(&self, instrument: &Instrument, items: &[String]) -> Answers {
        let mut answers = Answers::new();
        let mut codes: BTreeMap<&str, Code> = BTreeMap::new();
        let (scores, context) = (BTreeMap::new(), Context::default());
        for item in instrument.items.iter().filter(|item| items.contains(&item.id)) {
            let known = condition::Known { codes: &codes, scores: &scores, context: &context };
            if item.shown.as_ref().is_some_and(|shown| shown.judge(&known) != Truth::Met) {
                continue;
            }
            if self.chance.happens(self.skipped) {
                answers.insert(item.id.clone(), Value::Null);
                continue;
            }
            let turned = instrument.key.reverse.contains(&item.id);
            let ill_is_high = (instrument.better == Better::Lower) != turned;
            let latent = self.item_latent();
            if let Some(code) = code_of(item, if ill_is_high { latent } else { -latent }) {
                answers.insert(item.id.clone(), Answer::Code(code.clone()).to_json());
                codes.insert(&item.id, code);
            }
        }
        answers
    }

    fn form(
        &self,
        uses: &str,
        asked: &Asked<'_>,
        form: &Form,
        options: &BTreeMap<String, Vec<Choice>>,
        sheets: &mut Sheets<'_>,
    ) -> Answers {
        let mut answers = Answers::new();
        for item in form.items.iter().filter(|item| item.kind != FieldType::Info) {
            if item.shown.as_ref().is_some_and(|rule| !is_met(rule, sheets)) {
                continue;
            }
            let left_out = !item.required && self.chance.happens(self.skipped);
            let value = if left_out { Value::Null } else { self.field(item, options) };
            answers.insert(item.id.clone(), value);
            // Conditions of later items look at what has been answered so far.
            let mut stored = StoredAnswers::new();
            asked.take("", &answers, &mut stored);
            sheets.note(uses, stored);
        }
        answers
    }

    fn field(&self, item: &FormItem, options: &BTreeMap<String, Vec<Choice>>) -> Value {
        let is_age = self.age_item == Some(item.id.as_str());
        match item.kind {
            FieldType::Yesno => json!(self.chance.happens(self.yes)),
            FieldType::Choice => {
                let list = item.options.as_ref().and_then(|name| options.get(name));
                let picked = list.and_then(|list| self.chance.pick(list));
                picked.map_or(Value::Null, |choice| json!(choice.code))
            }
            FieldType::Multi => json!([]),
            FieldType::Number if is_age => json!(self.age()),
            FieldType::Number => {
                let (min, max) =
                    (item.min.unwrap_or(Number::ZERO), item.max.unwrap_or_else(|| Number::from(100)));
                let step = item.step.unwrap_or_else(|| Number::from(1));
                on_grid(min, max, step, self.item_latent()).map_or(Value::Null, Number::to_json)
            }
            FieldType::Vas => {
                let grid = on_grid(Number::ZERO, Number::from(100), Number::from(1), self.item_latent());
                grid.map_or(Value::Null, Number::to_json)
            }
            FieldType::Date if is_age => {
                let days = self.age() * 365 + self.age() / 4 + self.chance.between(0, 360);
                json!(self.days_ago(days).to_string())
            }
            FieldType::Date => json!(self.days_ago(self.chance.between(0, 730)).to_string()),
            FieldType::Text | FieldType::Info => json!("Synthetic words."),
        }
    }

    fn age(&self) -> i64 {
        if self.chance.happens(UNDER_AGE) { self.chance.between(15, 17) } else { self.chance.between(18, 74) }
    }

    fn days_ago(&self, days: i64) -> Date {
        self.today - chrono::TimeDelta::days(days)
    }

    fn external(&self, external: &External) -> Answers {
        let mut answers = Answers::from([("given".to_owned(), json!(true))]);
        for (id, low, high) in &external.totals {
            if let Some(total) = on_grid(*low, *high, Number::from(1), self.item_latent()) {
                answers.insert(id.clone(), total.to_json());
            }
        }
        answers
    }
}

/// Whether a condition is met by what is known.
pub fn is_met(rule: &str, known: &impl Known) -> bool {
    reader::read(rule).is_ok_and(|expr| evaluate(&expr, known) == Truth::Met)
}

fn code_of(item: &Item, latent: f64) -> Option<Code> {
    match &item.answers {
        Codes::Choice { options, .. } => {
            let mut sorted: Vec<_> = options.iter().collect();
            sorted.sort_by_key(|option| option.value);
            let place = step_of(latent, u32::try_from(sorted.len()).ok()?);
            sorted.get(usize::try_from(place).ok()?).map(|option| option.code.clone())
        }
        Codes::Number { min, max, step } => on_grid(*min, *max, *step, latent).map(Code::Number),
    }
}

/// Which of so many equal parts of the scale a latent number falls into, from 0; beyond the ends the first or last.
fn step_of(latent: f64, parts: u32) -> u32 {
    let limit = |k: u32| -END + 2.0 * END * f64::from(k) / f64::from(parts.max(1));
    (1..parts).take_while(|k| latent >= limit(*k)).last().unwrap_or(0)
}

fn on_grid(min: Number, max: Number, step: Number, latent: f64) -> Option<Number> {
    let whole = max.minus(min)?.over(step)?;
    let (numerator, denominator) = whole.parts();
    let steps = i64::try_from(numerator / denominator).ok()?.min(FINEST);
    let place = step_of(latent, u32::try_from(steps + 1).ok()?);
    min.plus(step.times(Number::from(i64::from(place)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_cut_into_equal_parts_and_its_ends_hold_what_lies_beyond() {
        let parts = |latent| step_of(latent, 4);
        assert_eq!([-9.0, -1.3, -1.25, -0.1, 0.0, 1.2, 1.25, 9.0].map(parts), [0, 0, 1, 1, 2, 2, 3, 3]);
        assert_eq!(step_of(9.0, 1), 0);
    }

    #[test]
    fn a_grid_never_leaves_its_range() {
        let whole = |number: i64| Number::from(number);
        assert_eq!(on_grid(whole(1), whole(7), whole(1), -9.0), Some(whole(1)));
        assert_eq!(on_grid(whole(1), whole(7), whole(1), 9.0), Some(whole(7)));
        assert_eq!(on_grid(whole(0), whole(10), whole(4), 9.0), Some(whole(8)));
    }
}
