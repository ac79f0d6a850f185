//! The types of answers, scores and facts.

use crate::kernel::number::Number;
use crate::trial::expression::typing::Type;
use crate::trial::instrument::answer::Code;
use crate::trial::instrument::definition::Answers;
use crate::trial::instrument::definition::Formula;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::definition::Score;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::model::AdherenceKind;
use crate::trial::protocol::model::FieldType;
use crate::trial::protocol::model::FormItem;

/// An item: a number where its codes are numbers, else a choice of codes.
pub fn of_item(item: &Item) -> Type {
    match &item.answers {
        Answers::Choice { options, .. } => {
            let numbers: Option<Vec<Number>> = options
                .iter()
                .map(|option| match &option.code {
                    Code::Number(number) => Some(*number),
                    Code::Text(_) => None,
                })
                .collect();
            match numbers {
                Some(numbers) => Type::Number(numbers.iter().min().copied(), numbers.iter().max().copied()),
                None => Type::Choice(options.iter().map(|option| option.code.to_string()).collect()),
            }
        }
        Answers::Number { min, max, .. } => Type::Number(Some(*min), Some(*max)),
    }
}

/// A score: a number in its range, or a profile of digits.
pub fn of_score(instrument: &Instrument, score: &Score) -> Type {
    if matches!(score.formula, Formula::Digits(_)) {
        return Type::Text;
    }
    let range = instrument.range_of(score);
    Type::Number(range.map(|(low, _)| low), range.map(|(_, high)| high))
}

/// A field of a form; `None` for what has no answer.
pub fn of_field(trial: &Trial<'_>, field: &FormItem) -> Option<Type> {
    match field.kind {
        FieldType::Yesno => Some(Type::Truth),
        FieldType::Choice => {
            let list = field.options.as_ref().and_then(|name| trial.protocol.options.get(name));
            let codes = list.map(|list| list.iter().map(|choice| choice.code.clone()).collect());
            Some(Type::Choice(codes.unwrap_or_default()))
        }
        FieldType::Number => Some(Type::Number(field.min, field.max)),
        FieldType::Date => Some(Type::Date),
        FieldType::Text => Some(Type::Text),
        FieldType::Vas => Some(Type::Number(Some(Number::ZERO), Some(Number::from(100)))),
        FieldType::Multi | FieldType::Info => None,
    }
}

/// A variable of use.
pub fn of_use(kind: AdherenceKind) -> Type {
    match kind {
        AdherenceKind::Count | AdherenceKind::Minutes | AdherenceKind::Share => {
            Type::Number(Some(Number::ZERO), None)
        }
        AdherenceKind::Yesno => Type::Truth,
        AdherenceKind::Date => Type::Date,
    }
}
