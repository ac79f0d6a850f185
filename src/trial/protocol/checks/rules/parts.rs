//! The parts of measures that a name may say behind its occasion: scores, items, fields, totals.

use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::Word;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::expression::typing::Type;
use crate::trial::protocol::checks::rules::scope::Found;
use crate::trial::protocol::checks::rules::scope::Names;
use crate::trial::protocol::checks::rules::scope::follows;
use crate::trial::protocol::checks::rules::scope::unknown;
use crate::trial::protocol::checks::rules::types;
use crate::trial::protocol::checks::trial::Asked;
use crate::trial::schedule::definition::Measure;

impl Names<'_, '_> {
    /// The type of what stands behind the occasion: `phq9.total`, `phq9[9]`, `entry.birth`.
    pub fn answer(&self, name: &Name, where_: &str, measures: &[&Measure]) -> Found<Type> {
        let Some(word) = name.words.get(1) else {
            let text = format!("{name} is no value: name what is asked there.");
            return Err(ExpressionFinding::new("P205", name.span(), text));
        };
        let asked = self.trial.asked(&word.text).filter(|_| measures.iter().any(|one| one.uses == word.text));
        let Some(asked) = asked else {
            if self.trial.doubts_measures() {
                return Err(follows(word.span));
            }
            let kind = match self.trial.asked(&word.text) {
                Some(Asked::Form(_)) => "form",
                Some(Asked::External(_)) => "external",
                _ => "instrument",
            };
            return Err(unknown(where_, kind, word, measures.iter().map(|measure| measure.uses.as_str())));
        };
        self.part(name, word, asked)
    }

    /// What no measure asks.
    pub fn not_asked(&self, word: &Word) -> ExpressionFinding {
        if self.trial.doubts_measures() {
            return follows(word.span);
        }
        let measures = self.trial.protocol.schedule.measures.iter();
        unknown("schedule.measures", "instrument", word, measures.map(|measure| measure.uses.as_str()))
    }

    /// The type of a part of a measure, named behind `word`.
    pub fn part(&self, name: &Name, word: &Word, asked: Asked<'_>) -> Found<Type> {
        let position = name.words.iter().position(|one| std::ptr::eq(one, word)).unwrap_or(0);
        let part = name.words.get(position + 1);
        let too_long = name.words.get(position + 2);
        match (asked, part, &name.item) {
            (_, Some(_), _) if too_long.is_some() => {
                Err(ExpressionFinding::new("P205", name.span(), format!("{name} has a word too many.")))
            }
            (Asked::External(external), Some(part), None) => {
                let found = external.totals.iter().find(|(id, ..)| *id == part.text);
                let known = external.totals.iter().map(|(id, ..)| id.as_str());
                found
                    .map(|(_, low, high)| {
                        let range = (low < high).then_some((*low, *high));
                        Type::Number(range.map(|(low, _)| low), range.map(|(_, high)| high))
                    })
                    .ok_or_else(|| unknown(&word.text, "total", part, known))
            }
            (Asked::External(_), ..) => {
                let text = format!("{} is external: totals, no items.", word.text);
                Err(ExpressionFinding::new("P608", word.span, text))
            }
            (Asked::Instrument(instrument), None, Some(item)) => {
                instrument.item(&item.text).map(types::of_item).ok_or_else(|| {
                    unknown(&word.text, "item", item, instrument.items.iter().map(|i| i.id.as_str()))
                })
            }
            (Asked::Instrument(instrument), Some(part), None) => instrument
                .printed_scores()
                .find(|score| score.id == part.text)
                .map(|score| types::of_score(instrument, score))
                .ok_or_else(|| {
                    unknown(&word.text, "score", part, instrument.printed_scores().map(|s| s.id.as_str()))
                }),
            (Asked::Form(_), Some(part), None) if self.trial.doubts_field(&word.text, &part.text) => {
                Err(follows(part.span))
            }
            (Asked::Form(form), Some(part), None) => form
                .items
                .iter()
                .find(|item| item.id == part.text)
                .and_then(|item| types::of_field(self.trial, item))
                .ok_or_else(|| unknown(&word.text, "field", part, form.items.iter().map(|i| i.id.as_str()))),
            _ => {
                let parts = if matches!(asked, Asked::Form(_)) { "a field" } else { "a score or an item" };
                let text = format!("{name} is no value: name {parts} of {}.", word.text);
                Err(ExpressionFinding::new("P205", word.span, text))
            }
        }
    }
}
