//! Stored answers and the codes that an item takes. Raw codes of the form, before anything is reversed.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::kernel::number::Number;
use crate::trial::instrument::definition::Answers;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::definition::OptionCode;

/// What is stored for an option: numbers compare by value (2.0 is 2), texts letter by letter.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Code {
    /// A number.
    Number(Number),
    /// A text, only where a number can't tell two options apart (`"1a"`).
    Text(String),
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => f.write_str(&number.to_cell()),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// An answer to one item.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// The code of an option, or a number.
    Code(Code),
    /// `"na"`: the form offers it for people whom the item does not concern, or skips the item by its gate.
    NotApplicable,
    /// `null`: asked, not answered.
    Unanswered,
}

/// A JSON value that is no answer to anything: a boolean, a list, an object, a number out of all range.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an answer is a number, a text or null")]
pub struct NotAnAnswer;

impl Answer {
    /// Reads a JSON value.
    pub fn from_json(value: &Value) -> Result<Self, NotAnAnswer> {
        match value {
            Value::Null => Ok(Self::Unanswered),
            Value::String(text) if text == "na" => Ok(Self::NotApplicable),
            Value::String(text) => Ok(Self::Code(Code::Text(text.clone()))),
            Value::Number(number) => {
                let number: Number = number.to_string().parse().map_err(|_| NotAnAnswer)?;
                Ok(Self::Code(Code::Number(number)))
            }
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(NotAnAnswer),
        }
    }

    /// As JSON, the way it is stored.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Code(Code::Number(number)) => number.to_json(),
            Self::Code(Code::Text(text)) => Value::from(text.as_str()),
            Self::NotApplicable => Value::from("na"),
            Self::Unanswered => Value::Null,
        }
    }
}

/// Why an answer can't be taken. Names the item and what it takes, never the answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AnswerFault {
    /// The instrument has no such item.
    #[error("{instrument} has no item '{item}'")]
    UnknownItem {
        /// The instrument.
        instrument: String,
        /// The item.
        item: String,
    },
    /// A code that is not on the form.
    #[error("item {item} of {instrument}: not a code of the form, which are {codes}")]
    InvalidCode {
        /// The instrument.
        instrument: String,
        /// The item.
        item: String,
        /// What it takes.
        codes: String,
    },
    /// The form offers no "not applicable" here.
    #[error("item {item} of {instrument} can't be \"na\"")]
    NotApplicable {
        /// The instrument.
        instrument: String,
        /// The item.
        item: String,
    },
}

impl AnswerFault {
    /// The item that it is about.
    pub fn item(&self) -> &str {
        match self {
            Self::UnknownItem { item, .. }
            | Self::InvalidCode { item, .. }
            | Self::NotApplicable { item, .. } => item,
        }
    }
}

impl Item {
    /// What a stored code counts; `None` for a code that the item does not take.
    pub fn value_of(&self, code: &Code) -> Option<Number> {
        match &self.answers {
            Answers::Choice { options, .. } => {
                let exact = options.iter().find(|option| option.code == *code);
                exact.map(|option| option.value).or_else(|| self.plain_number(code))
            }
            Answers::Number { min, max, step } => {
                let Code::Number(number) = code else { return None };
                let steps = number.minus(*min)?.over(*step)?;
                (number >= min && number <= max && steps.is_whole()).then_some(*number)
            }
        }
    }

    /// Where options are told apart by letters, the number alone is taken too: `2` for `"2a"` or `"2b"`.
    fn plain_number(&self, code: &Code) -> Option<Number> {
        let (Answers::Choice { options, .. }, Code::Number(number)) = (&self.answers, code) else {
            return None;
        };
        options
            .iter()
            .any(|option| matches!(option.code, Code::Text(_)) && option.value == *number)
            .then_some(*number)
    }

    /// The options of a choice in the order of the form; none for a number.
    pub fn options(&self) -> &[OptionCode] {
        match &self.answers {
            Answers::Choice { options, .. } => options,
            Answers::Number { .. } => &[],
        }
    }

    /// The least and the largest value of an answer, before `na` is thought of.
    pub fn span(&self) -> Option<(Number, Number)> {
        match &self.answers {
            Answers::Number { min, max, .. } => Some((*min, *max)),
            Answers::Choice { options, .. } => {
                let values = || options.iter().map(|option| option.value);
                values().min().zip(values().max())
            }
        }
    }

    /// What may be stored, in words: `0, 1, 2, 3` or `0 to 100`.
    pub fn codes_in_words(&self) -> String {
        match &self.answers {
            Answers::Choice { options, .. } => {
                options.iter().map(|option| option.code.to_string()).collect::<Vec<_>>().join(", ")
            }
            Answers::Number { min, max, step } if *step == Number::ONE => {
                format!("{} to {}", min.to_cell(), max.to_cell())
            }
            Answers::Number { min, max, step } => {
                format!("{} to {} in steps of {}", min.to_cell(), max.to_cell(), step.to_cell())
            }
        }
    }
}

impl Instrument {
    /// Whether the item takes this code.
    pub fn is_option(&self, item: &str, code: &Code) -> bool {
        self.item(item).is_some_and(|item| item.value_of(code).is_some())
    }

    /// Reads answers from JSON. All faults at once, by item.
    pub fn read_answers<'a>(
        &self,
        answers: impl IntoIterator<Item = (&'a str, &'a Value)>,
    ) -> Result<BTreeMap<String, Answer>, Vec<AnswerFault>> {
        let mut read = BTreeMap::new();
        let mut faults = Vec::new();
        for (id, value) in answers {
            let answer = Answer::from_json(value).map_err(|_| ());
            match self.fault_of(id, answer.as_ref().ok()) {
                Some(fault) => faults.push(fault),
                None => read.extend(answer.ok().map(|answer| (id.to_owned(), answer))),
            }
        }
        if faults.is_empty() { Ok(read) } else { Err(faults) }
    }

    /// All that is wrong with the answers, by item.
    pub fn faults(&self, answers: &BTreeMap<String, Answer>) -> Vec<AnswerFault> {
        answers.iter().filter_map(|(id, answer)| self.fault_of(id, Some(answer))).collect()
    }

    /// `None` as the answer: something that is no answer to anything.
    fn fault_of(&self, id: &str, answer: Option<&Answer>) -> Option<AnswerFault> {
        let instrument = self.id.clone();
        let Some(item) = self.item(id) else {
            return Some(AnswerFault::UnknownItem { instrument, item: id.to_owned() });
        };
        let fine = match answer {
            Some(Answer::Unanswered) => true,
            Some(Answer::NotApplicable) if item.na.is_some() => true,
            Some(Answer::NotApplicable) => {
                return Some(AnswerFault::NotApplicable { instrument, item: id.to_owned() });
            }
            Some(Answer::Code(code)) => item.value_of(code).is_some(),
            None => false,
        };
        let codes = || item.codes_in_words();
        (!fine).then(|| AnswerFault::InvalidCode { instrument, item: id.to_owned(), codes: codes() })
    }
}
