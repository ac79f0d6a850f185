//! What is asked, with the codes that it takes. An answer outside of them is refused by item; it is never bent or dropped.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::kernel::error::FieldError;
use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::trial::instrument::answer::Answer;
use crate::trial::instrument::definition::Instrument;
use crate::trial::protocol::model::Choice;
use crate::trial::protocol::model::External;
use crate::trial::protocol::model::FieldType;
use crate::trial::protocol::model::Form;
use crate::trial::protocol::model::FormItem;
use crate::trial::questionnaire::stored::ItemState;
use crate::trial::questionnaire::stored::NoAnswer;
use crate::trial::questionnaire::stored::StoredAnswers;
use crate::trial::questionnaire::stored::StoredItem;

/// A text answer has at most so many characters.
const MAX_TEXT: usize = 10_000;

/// Something that is asked.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'p> {
    /// An instrument.
    Instrument(&'p Instrument),
    /// A form of the study, with the study's lists of choices.
    Form(&'p Form, &'p BTreeMap<String, Vec<Choice>>),
    /// A measure whose totals are typed in.
    External(&'p External),
}

impl Asked<'_> {
    /// The ids of its items in order, as they are asked in a language.
    pub fn items(&self, language: &str) -> Vec<String> {
        match self {
            Self::Instrument(instrument) => {
                let asked = instrument.asked_in(language);
                // A form of which no wording ships is answered on paper or in a simulation: all its items count.
                if asked.is_empty() {
                    instrument.items.iter().map(|item| item.id.clone()).collect()
                } else {
                    asked.into_iter().map(|item| item.id.clone()).collect()
                }
            }
            Self::Form(form, _) => form
                .items
                .iter()
                .filter(|item| item.kind != FieldType::Info)
                .map(|item| item.id.clone())
                .collect(),
            Self::External(external) => std::iter::once("given".to_owned())
                .chain(external.totals.iter().map(|(id, ..)| id.clone()))
                .collect(),
        }
    }

    /// The version that answers refer to.
    pub fn version(&self) -> String {
        match self {
            Self::Instrument(instrument) => instrument.version.to_string(),
            Self::Form(..) | Self::External(_) => "1".to_owned(),
        }
    }

    /// Takes answers into what is stored: `null` is skipped, absent untouched, `"na"` not applicable.
    pub fn take(
        &self,
        pointer: &str,
        answers: &BTreeMap<String, Value>,
        stored: &mut StoredAnswers,
    ) -> Vec<FieldError> {
        let mut faults = Vec::new();
        for (item, value) in answers {
            match self.read(item, value) {
                Ok(read) => {
                    stored.insert(item.clone(), read);
                }
                Err((code, detail)) => {
                    faults.push(FieldError::new(format!("{pointer}/{item}"), code, detail))
                }
            }
        }
        faults
    }

    /// Takes the reasons why items have no answer. An answer and a reason for one item contradict each other.
    pub fn take_reasons(
        &self,
        pointer: &str,
        reasons: &BTreeMap<String, NoAnswer>,
        answers: &BTreeMap<String, Value>,
        stored: &mut StoredAnswers,
    ) -> Vec<FieldError> {
        let mut faults = Vec::new();
        for (item, why) in reasons {
            let answered = answers.get(item).is_some_and(|value| !value.is_null());
            let fault = match self.read(item, &Value::Null) {
                Err((code, detail)) => Some((code, detail)),
                Ok(_) if answered => Some(("field.choice", "the item has an answer".to_owned())),
                Ok(_) => None,
            };
            match fault {
                Some((code, detail)) => {
                    faults.push(FieldError::new(format!("{pointer}/{item}"), code, detail));
                }
                None => {
                    stored.insert(item.clone(), StoredItem::left(*why));
                }
            }
        }
        faults
    }

    fn read(&self, item: &str, value: &Value) -> Result<StoredItem, (&'static str, String)> {
        match self {
            Self::Instrument(instrument) => read_instrument(instrument, item, value),
            Self::Form(form, options) => {
                let field = form.items.iter().find(|field| field.id == item && field.kind != FieldType::Info);
                let field = field.ok_or_else(|| ("field.unknown", format!("there is no item '{item}'")))?;
                if value.is_null() {
                    return Ok(StoredItem::without(ItemState::Skipped));
                }
                read_field(field, options, value).map(StoredItem::answered)
            }
            Self::External(external) => read_external(external, item, value),
        }
    }
}

fn read_instrument(
    instrument: &Instrument,
    item: &str,
    value: &Value,
) -> Result<StoredItem, (&'static str, String)> {
    let answer = Answer::from_json(value).map_err(|error| ("field.type", error.to_string()))?;
    let one = BTreeMap::from([(item.to_owned(), answer)]);
    if let Some(fault) = instrument.faults(&one).into_iter().next() {
        let code = if instrument.item(item).is_some() { "field.choice" } else { "field.unknown" };
        return Err((code, fault.to_string()));
    }
    Ok(match one.into_values().next() {
        Some(Answer::NotApplicable) => StoredItem::without(ItemState::NotApplicable),
        Some(answer @ Answer::Code(_)) => StoredItem::answered(answer.to_json()),
        Some(Answer::Unanswered) | None => StoredItem::without(ItemState::Skipped),
    })
}

fn read_field(
    field: &FormItem,
    options: &BTreeMap<String, Vec<Choice>>,
    value: &Value,
) -> Result<Value, (&'static str, String)> {
    let wrong = |what: &str| ("field.type", format!("takes {what}"));
    let is_option = |code: &str| {
        let list = field.options.as_ref().and_then(|name| options.get(name));
        list.is_some_and(|list| list.iter().any(|choice| choice.code == code))
    };
    match field.kind {
        FieldType::Yesno => value.as_bool().map(Value::from).ok_or_else(|| wrong("true or false")),
        FieldType::Choice => {
            let code = value.as_str().ok_or_else(|| wrong("the code of an option"))?;
            if is_option(code) {
                Ok(Value::from(code))
            } else {
                Err(("field.choice", "is none of the options".to_owned()))
            }
        }
        FieldType::Multi => {
            let codes: Option<Vec<&str>> =
                value.as_array().map(|list| list.iter().filter_map(Value::as_str).collect());
            let codes = codes.ok_or_else(|| wrong("a list of codes"))?;
            if codes.iter().all(|code| is_option(code)) {
                Ok(Value::from(codes))
            } else {
                Err(("field.choice", "holds a code that is none of the options".to_owned()))
            }
        }
        FieldType::Number | FieldType::Vas => {
            let number = value.as_number().and_then(|number| number.to_string().parse::<Number>().ok());
            let number = number.ok_or_else(|| wrong("a number"))?;
            let (least, most) = match field.kind {
                FieldType::Vas => (Some(Number::ZERO), Some(Number::from(100))),
                _ => (field.min, field.max),
            };
            if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
                return Err(("field.range", "is outside of the range".to_owned()));
            }
            Ok(number.to_json())
        }
        FieldType::Date => {
            let date: Option<Date> = value.as_str().and_then(|text| text.parse().ok());
            date.map(|date| Value::from(date.to_string())).ok_or_else(|| wrong("a date, as 1990-03-02"))
        }
        FieldType::Text | FieldType::Info => {
            let text = value.as_str().ok_or_else(|| wrong("text"))?;
            if text.chars().count() > MAX_TEXT {
                return Err(("field.length", format!("has more than {MAX_TEXT} characters")));
            }
            Ok(Value::from(text))
        }
    }
}

fn read_external(
    external: &External,
    item: &str,
    value: &Value,
) -> Result<StoredItem, (&'static str, String)> {
    if item == "given" {
        let given = value.as_bool().ok_or_else(|| ("field.type", "takes true or false".to_owned()))?;
        return Ok(StoredItem::answered(Value::from(given)));
    }
    let total = external.totals.iter().find(|(id, ..)| id == item);
    let (_, low, high) = total.ok_or_else(|| ("field.unknown", format!("there is no total '{item}'")))?;
    if value.is_null() {
        return Ok(StoredItem::without(ItemState::Skipped));
    }
    let number = value.as_number().and_then(|number| number.to_string().parse::<Number>().ok());
    match number {
        Some(number) if *low <= number && number <= *high => Ok(StoredItem::answered(number.to_json())),
        Some(_) => Err(("field.range", format!("is not {} to {}", low.to_cell(), high.to_cell()))),
        None => Err(("field.type", "takes a number".to_owned())),
    }
}
