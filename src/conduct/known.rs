//! What rules may ask about a person, whoever keeps it: the names of the expression language, looked up in one place.

use crate::conduct::plan::Plan;
use crate::conduct::scores::StoredScores;
use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::trial::expression::ast::Name;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::evaluation::value_of;
use crate::trial::expression::reader;
use crate::trial::instrument::scoring::Context;
use crate::trial::questionnaire::stored::ItemState;
use crate::trial::questionnaire::stored::StoredAnswers;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::occasions::element_id;

/// Somebody about whom rules can be asked.
pub trait Known: Values {
    /// The plan in force.
    fn plan(&self) -> &Plan;
    /// Answers and scores of a measure at an occasion; `this` is the occasion that is being answered.
    fn measured(&self, occasion: &str, uses: &str) -> Option<(&StoredAnswers, &StoredScores)>;
    /// The civil date that counts as today.
    fn today(&self) -> Date;
    /// The site's code.
    fn site(&self) -> &str;
    /// The language.
    fn language(&self) -> &str;
    /// The arm, once drawn.
    fn arm(&self) -> Option<&str>;
    /// The date of a recorded anchor.
    fn anchor(&self, name: &str) -> Option<Date>;
}

/// The value of a name; `None` where nothing is known.
pub fn value(known: &impl Known, name: &Name) -> Option<Value> {
    match (name.path().as_slice(), &name.item) {
        (["age"], None) => age(known),
        (["sex"], None) => sex(known),
        (["site"], None) => Some(Value::Text(known.site().to_owned())),
        (["language"], None) => Some(Value::Text(known.language().to_owned())),
        (["today"], None) => Some(Value::Date(known.today())),
        (["arm"], None) => known.arm().map(|arm| Value::Text(arm.to_owned())),
        (["anchor", anchor], None) => known.anchor(anchor).map(Value::Date),
        ([occasion, uses], Some(item)) => answer(known, occasion, uses, &item.text),
        ([occasion, uses, last], None) => {
            if known.plan().instruments.contains_key(*uses) {
                score(known, occasion, uses, last)
            } else {
                answer(known, occasion, uses, last)
            }
        }
        _ => None,
    }
}

/// The values of a name over the elements of a series, of those that are known.
pub fn series(known: &impl Known, name: &Name) -> Vec<Value> {
    let path = name.path();
    let Some((series, rest)) = path.split_first() else { return Vec::new() };
    let elements = series_elements(known.plan(), series);
    elements
        .iter()
        .filter_map(|element| match (rest, &name.item) {
            ([uses, last], None) => score(known, element, uses, last),
            ([uses], Some(item)) => answer(known, element, uses, &item.text),
            _ => None,
        })
        .collect()
}

/// The band of a score.
pub fn band(known: &impl Known, name: &Name) -> Option<String> {
    match name.path().as_slice() {
        [occasion, uses, score] => known.measured(occasion, uses)?.1.get(*score)?.band.clone(),
        _ => None,
    }
}

/// Age and sex, as scoring keys may ask for them.
pub fn scoring_context(known: &impl Known) -> Context {
    let age = match age(known) {
        Some(Value::Number(number)) => Some(number),
        _ => None,
    };
    let sex = match sex(known) {
        Some(Value::Text(code)) => Some(code),
        _ => None,
    };
    Context { value_set: None, age, sex }
}

/// Full years of age today, or the number that was given as the age.
pub fn age(known: &impl Known) -> Option<Value> {
    match source(known, known.plan().protocol.study.age_from.as_ref())? {
        Value::Date(birth) => {
            let years = known.today().years_since(birth)?;
            Some(Value::Number(Number::from(i64::from(years))))
        }
        number @ Value::Number(_) => Some(number),
        Value::Text(_) | Value::Truth(_) | Value::Days(_) | Value::Months(_) => None,
    }
}

/// The code of the sex, as the study's own list has it.
pub fn sex(known: &impl Known) -> Option<Value> {
    source(known, known.plan().protocol.study.sex_from.as_ref())
}

fn source(known: &impl Known, name: Option<&String>) -> Option<Value> {
    value_of(&reader::read(name?).ok()?, known)
}

fn answer(known: &impl Known, occasion: &str, uses: &str, item: &str) -> Option<Value> {
    let stored = known.measured(occasion, uses)?.0.get(item)?;
    if stored.state != ItemState::Answered {
        return None;
    }
    typed(stored.value.as_ref()?)
}

fn score(known: &impl Known, occasion: &str, uses: &str, score: &str) -> Option<Value> {
    known.measured(occasion, uses)?.1.get(score)?.number().map(Value::Number)
}

fn series_elements(plan: &Plan, series: &str) -> Vec<String> {
    let occasion = plan.protocol.schedule.occasions.iter().find(|occasion| occasion.id == series);
    match occasion.map(|occasion| &occasion.timing) {
        Some(Timing::Window { series: Some(repeated), .. }) => {
            (1..=repeated.times).map(|k| element_id(series, k)).collect()
        }
        _ => Vec::new(),
    }
}

/// A stored JSON answer as a value of rules. Texts that are dates are dates: forms store them so.
/// A stored answer as expressions see it; lists have no value.
pub fn typed(value: &serde_json::Value) -> Option<Value> {
    match value {
        serde_json::Value::Bool(truth) => Some(Value::Truth(*truth)),
        serde_json::Value::Number(number) => number.to_string().parse().ok().map(Value::Number),
        serde_json::Value::String(text) => match text.parse::<Date>() {
            Ok(date) => Some(Value::Date(date)),
            Err(_) => Some(Value::Text(text.clone())),
        },
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => None,
    }
}
