//! An answer as datasets show it: the code that was chosen, the number that it stands for, the words of the option.

use std::borrow::Cow;

use serde_json::Value;

use crate::kernel::number::Number;
use crate::trial::dataset::column::Kind;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::instrument::answer::Answer;
use crate::trial::instrument::definition::Answers;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Item;
use crate::trial::instrument::definition::Licence;
use crate::trial::protocol::model::FieldType;
use crate::trial::protocol::model::FormItem;
use crate::trial::questionnaire::asked::Asked;

/// What an item of a measure is, as far as datasets care.
#[derive(Clone, Copy, Debug)]
pub enum ItemKind<'p> {
    /// An item of an instrument.
    Instrument(&'p Instrument, &'p Item),
    /// A field of a form.
    Field(&'p FormItem),
    /// Whether an external measure was given.
    Given,
    /// A typed total of an external measure: least, largest.
    Total(Number, Number),
}

/// The items of a measure in their order, with their ids.
pub fn items<'p>(asked: &Asked<'p>) -> Vec<(&'p str, ItemKind<'p>)> {
    match *asked {
        Asked::Instrument(instrument) => {
            let kind = |item: &'p Item| (item.id.as_str(), ItemKind::Instrument(instrument, item));
            instrument.items.iter().map(kind).collect()
        }
        Asked::Form(form, _) => {
            let fields = form.items.iter().filter(|field| field.kind != FieldType::Info);
            fields.map(|field| (field.id.as_str(), ItemKind::Field(field))).collect()
        }
        Asked::External(external) => {
            let total = |(id, least, most): &'p (String, Number, Number)| {
                (id.as_str(), ItemKind::Total(*least, *most))
            };
            std::iter::once(("given", ItemKind::Given)).chain(external.totals.iter().map(total)).collect()
        }
    }
}

/// An answer in the cells of the long file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Shown<'a> {
    /// The code, date or (where the view has them) words.
    pub code: Option<Cow<'a, str>>,
    /// The number.
    pub value: Option<Number>,
    /// The option's words in the study's first language.
    pub label: Option<&'a str>,
}

/// Reads a stored answer. What the item does not take is an error, never left out.
pub fn show<'a>(
    asked: &Asked<'a>,
    item: &'a ItemKind<'a>,
    stored: &'a Value,
    language: &str,
    free_text: bool,
) -> Option<Shown<'a>> {
    match item {
        ItemKind::Instrument(instrument, item) => of_item(instrument, item, stored, language),
        ItemKind::Field(field) => of_field(asked, field, stored, free_text),
        ItemKind::Given => stored.as_bool().map(of_truth),
        ItemKind::Total(..) => of_number(stored),
    }
}

/// The error for an answer that `show` can't read.
pub fn unreadable(instrument: &str, item: &str) -> DatasetError {
    DatasetError::Answer { instrument: instrument.to_owned(), item: item.to_owned() }
}

fn of_item<'a>(
    instrument: &'a Instrument,
    item: &'a Item,
    stored: &Value,
    language: &str,
) -> Option<Shown<'a>> {
    let Answer::Code(code) = Answer::from_json(stored).ok()? else { return None };
    let value = Some(item.value_of(&code)?);
    let Answers::Choice { list, .. } = &item.answers else {
        return Some(Shown { value, ..Shown::default() });
    };
    let code = code.to_string();
    let label = words_of(instrument, language).and_then(|wording| wording.label(list, &code));
    Some(Shown { code: Some(code.into()), value, label })
}

/// The wording that may leave the house: what a team holds under a licence of its own may not.
pub fn words_of<'a>(
    instrument: &'a Instrument,
    language: &str,
) -> Option<&'a crate::trial::instrument::wording::Wording> {
    instrument.wording(language).filter(|_| instrument.licence == Licence::A)
}

fn of_field<'a>(
    asked: &Asked<'a>,
    field: &FormItem,
    stored: &'a Value,
    free_text: bool,
) -> Option<Shown<'a>> {
    match field.kind {
        FieldType::Yesno => stored.as_bool().map(of_truth),
        FieldType::Choice => {
            let code = stored.as_str()?;
            let (Asked::Form(_, options), Some(list)) = (asked, &field.options) else { return None };
            let choice = options.get(list)?.iter().find(|choice| choice.code == code)?;
            Some(Shown { code: Some(code.into()), value: code.parse().ok(), label: Some(&choice.label) })
        }
        FieldType::Multi => {
            let chosen: Option<Vec<&str>> = stored.as_array()?.iter().map(Value::as_str).collect();
            let (Asked::Form(_, options), Some(list), Some(chosen)) = (asked, &field.options, chosen) else {
                return None;
            };
            let list = options.get(list)?;
            let known = list.iter().map(|choice| choice.code.as_str()).filter(|code| chosen.contains(code));
            let codes: Vec<&str> = known.collect();
            let all_known = chosen.iter().all(|code| codes.contains(code));
            all_known.then(|| Shown { code: Some(codes.join(" ").into()), ..Shown::default() })
        }
        FieldType::Number | FieldType::Vas => of_number(stored),
        FieldType::Date => Some(Shown { code: Some(stored.as_str()?.into()), ..Shown::default() }),
        FieldType::Text => {
            let text = stored.as_str()?;
            Some(Shown { code: free_text.then_some(text.into()), ..Shown::default() })
        }
        FieldType::Info => None,
    }
}

fn of_truth<'a>(truth: bool) -> Shown<'a> {
    let (code, value, label) = if truth { ("1", Number::ONE, "yes") } else { ("0", Number::ZERO, "no") };
    Shown { code: Some(code.into()), value: Some(value), label: Some(label) }
}

fn of_number<'a>(stored: &Value) -> Option<Shown<'a>> {
    let number = stored.as_number()?.to_string().parse().ok()?;
    Some(Shown { value: Some(number), ..Shown::default() })
}

/// Which of the two the wide file holds: the number where there is one, else the code.
pub fn kind_in_wide(item: &ItemKind<'_>) -> Kind {
    match item {
        ItemKind::Instrument(_, item) => match &item.answers {
            Answers::Choice { options, .. } if options.iter().all(|option| option.value.is_whole()) => {
                Kind::Whole
            }
            Answers::Choice { .. } | Answers::Number { .. } => Kind::Number,
        },
        ItemKind::Field(field) => match field.kind {
            FieldType::Yesno => Kind::Whole,
            FieldType::Number | FieldType::Vas => Kind::Number,
            FieldType::Date => Kind::Date,
            FieldType::Choice | FieldType::Multi | FieldType::Text | FieldType::Info => Kind::Text,
        },
        ItemKind::Given => Kind::Whole,
        ItemKind::Total(..) => Kind::Number,
    }
}
