//! What makes a questionnaire whole: which items its conditions hide, the state of those that nobody touched, what must not be
//! missing, what can't be true.

use std::collections::BTreeSet;

use crate::conduct::asking::Answers;
use crate::conduct::known;
use crate::conduct::record::Record;
use crate::conduct::scores;
use crate::kernel::Error;
use crate::kernel::error::FieldError;
use crate::storage::assessment::Assessment;
use crate::trial::expression::ast::Name;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::reader;
use crate::trial::instrument::scoring;
use crate::trial::questionnaire::asked::Asked;
use crate::trial::questionnaire::stored::ItemState;
use crate::trial::questionnaire::stored::StoredAnswers;
use crate::trial::questionnaire::stored::StoredItem;

/// Nobody is older, in years.
const OLDEST: u32 = 120;

/// The items that their conditions hide, given these answers; undetermined hides nothing.
pub fn hidden(
    record: &Record<'_>,
    asked: &Asked<'_>,
    answers: &StoredAnswers,
) -> Result<BTreeSet<String>, Error> {
    match asked {
        Asked::Instrument(instrument) => {
            let context = known::scoring_context(record);
            Ok(scoring::hidden_items(instrument, &scores::answers_of(answers), &context))
        }
        Asked::Form(form, _) => {
            let mut hidden = BTreeSet::new();
            for item in &form.items {
                let Some(rule) = &item.shown else { continue };
                let expr =
                    reader::read(rule).map_err(|_| Error::internal("an item's condition can't be read"))?;
                // The record holds what was stored before; what came with this version counts first.
                if evaluate(&expr, &Merged { record, form: asked, answers }) == Truth::NotMet {
                    hidden.insert(item.id.clone());
                }
            }
            Ok(hidden)
        }
        Asked::External(_) => Ok(BTreeSet::new()),
    }
}

/// Gives every item that nobody touched its state: hidden by its condition, or never reached. Who answers a form on a screen
/// does not see what is hidden: an answer of before, to what the later answers hide, is no answer any more (the version that
/// held it stays), and one that comes together with them is a fault. Paper shows everything; what stands on it, stands.
pub fn complete(
    record: &Record<'_>,
    asked: &Asked<'_>,
    answers: &mut StoredAnswers,
    on_screen: Option<&Answers>,
    pointer: &str,
) -> Result<Vec<FieldError>, Error> {
    let hidden = hidden(record, asked, answers)?;
    let mut faults = Vec::new();
    if let (Asked::Form(..), Some(came)) = (asked, on_screen) {
        for item in &hidden {
            if came.get(item).is_some_and(|answer| !answer.is_null()) {
                let detail = "is not asked after the other answers";
                faults.push(FieldError::new(format!("{pointer}/{item}"), "field.unknown", detail));
            }
            answers.remove(item);
        }
    }
    for item in asked.items(&record.participant.language) {
        let state = if hidden.contains(&item) { ItemState::NotShown } else { ItemState::NotReached };
        answers.entry(item).or_insert_with(|| StoredItem::without(state));
    }
    Ok(faults)
}

/// The record with the answers of the form at hand.
struct Merged<'r, 'p> {
    record: &'r Record<'p>,
    form: &'r Asked<'p>,
    answers: &'r StoredAnswers,
}

impl Values for Merged<'_, '_> {
    fn value(&self, name: &Name) -> Option<Value> {
        if let (["this", form, item], Asked::Form(known, _)) = (name.path().as_slice(), self.form) {
            let own = self.record.plan.protocol.forms.get(*form).is_some_and(|named| named == *known);
            if own {
                let stored = self.answers.get(*item).filter(|stored| stored.state == ItemState::Answered)?;
                return known::typed(stored.value.as_ref()?);
            }
        }
        self.record.value(name)
    }

    fn series(&self, name: &Name) -> Vec<Value> {
        self.record.series(name)
    }

    fn is_done(&self, name: &Name) -> bool {
        self.record.is_done(name)
    }

    fn band(&self, name: &Name) -> Option<String> {
        self.record.band(name)
    }
}

/// Items of a form that must be answered and are not.
pub fn required_but_missing(asked: &Asked<'_>, answers: &StoredAnswers, pointer: &str) -> Vec<FieldError> {
    let Asked::Form(form, _) = asked else { return Vec::new() };
    let is_missing = |id: &String| {
        answers.get(id).is_none_or(|item| matches!(item.state, ItemState::Skipped | ItemState::NotReached))
    };
    form.items
        .iter()
        .filter(|item| item.required && is_missing(&item.id))
        .map(|item| FieldError::new(format!("{pointer}/{}", item.id), "field.required", "must be answered"))
        .collect()
}

/// A day of birth that is still to come, or so long ago that nobody has it.
pub fn implausible_birth(
    record: &Record<'_>,
    assessment: &Assessment,
    instrument: &str,
    answers: &StoredAnswers,
    pointer: &str,
) -> Vec<FieldError> {
    let source = record.plan.protocol.study.age_from.as_deref().unwrap_or_default();
    let parts: Vec<&str> = source.split('.').collect();
    let [occasion, form, item] = parts.as_slice() else { return Vec::new() };
    if *occasion != assessment.occasion || *form != instrument {
        return Vec::new();
    }
    let stored = answers.get(*item).and_then(|stored| stored.value.as_ref());
    let Some(Value::Date(birth)) = stored.and_then(known::typed) else { return Vec::new() };
    let is_plausible = record.today.years_since(birth).is_some_and(|years| years <= OLDEST);
    if is_plausible {
        return Vec::new();
    }
    let detail = format!("is a day of birth: not after today, and not more than {OLDEST} years ago");
    vec![FieldError::new(format!("{pointer}/{item}"), "field.range", detail)]
}
