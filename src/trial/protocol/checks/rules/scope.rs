//! What a name means at its place, and which of its words is wrong.

use crate::kernel::number::Number;
use crate::trial::expression::ast::ExprKind;
use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::Word;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::expression::finding::Span;
use crate::trial::expression::reader;
use crate::trial::expression::typing::Scope;
use crate::trial::expression::typing::Type;
use crate::trial::protocol::checks::rules::place::Fact;
use crate::trial::protocol::checks::rules::place::Place;
use crate::trial::protocol::checks::rules::types;
use crate::trial::protocol::checks::trial::Asked;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::schedule::definition::Measure;
use crate::trial::schedule::definition::Occasion;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::occasions::Element;
use crate::trial::schedule::occasions::element_id;
use crate::trial::source::finding::did_you_mean;

/// The names of one place.
pub struct Names<'t, 'c> {
    /// The protocol.
    pub trial: &'t Trial<'c>,
    /// Where the rule stands.
    pub place: Place<'t>,
}

/// What was looked up, or what is wrong with the name.
pub type Found<T> = Result<T, ExpressionFinding>;

/// `{what} has no {kind} '{word}'`, with a guess.
pub fn unknown<'k>(
    what: &str,
    kind: &str,
    word: &Word,
    known: impl IntoIterator<Item = &'k str>,
) -> ExpressionFinding {
    let known: Vec<&str> = known.into_iter().collect();
    if known.contains(&"") {
        return follows(word.span);
    }
    let guess = did_you_mean(&word.text, known);
    ExpressionFinding::new("P205", word.span, format!("{what} has no {kind} '{}'.{guess}", word.text))
}

/// The code of what only follows from another finding. It is never told.
pub const FOLLOWS: &str = "";

/// A finding that is not told.
pub fn follows(span: Span) -> ExpressionFinding {
    ExpressionFinding::new(FOLLOWS, span, "")
}

impl<'t> Names<'t, '_> {
    fn fact(&self, fact: Fact, name: &Name) -> Found<Type> {
        let words: Vec<&Word> = name.words.iter().collect();
        let (first, second) = match (words.as_slice(), fact.has_parts(), &name.item) {
            ([first], false, None) => (*first, None),
            ([first, second], true, None) => (*first, Some(*second)),
            _ => {
                let shape = if fact.has_parts() { "a name behind the dot" } else { "nothing behind it" };
                return Err(ExpressionFinding::new("P205", name.span(), format!("{name} takes {shape}.")));
            }
        };
        if !self.place.knows(fact) {
            let place = self.place.words();
            if fact == Fact::Arm {
                let text = format!("'arm' can't be used in {place}: {}.", self.place.why_no_arm());
                return Err(ExpressionFinding::new("P207", first.span, text));
            }
            return Err(ExpressionFinding::new(
                "P205",
                first.span,
                format!("There is no '{first}' in {place}.", first = first.text),
            ));
        }
        self.type_of_fact(fact, first, second, name)
    }

    fn type_of_fact(&self, fact: Fact, first: &Word, second: Option<&Word>, name: &Name) -> Found<Type> {
        let protocol = self.trial.protocol;
        let study = &protocol.study;
        match (fact, second) {
            (Fact::Age, _) => {
                self.behind(study.age_from.as_deref(), "age_from", first)?;
                Ok(Type::Number(Some(Number::ZERO), None))
            }
            (Fact::Sex, _) => self.behind(study.sex_from.as_deref(), "sex_from", first),
            (Fact::Site, _) => Ok(Type::Text),
            (Fact::Language, _) => Ok(Type::Choice(study.languages.clone())),
            (Fact::Country, _) => Ok(Type::Choice(study.countries.clone())),
            (Fact::Today, _) => Ok(Type::Date),
            (Fact::Arm, _) if self.trial.arm_names().any(str::is_empty) => Err(follows(first.span)),
            (Fact::Arm, _) => Ok(Type::Choice(self.trial.arms().map(str::to_owned).collect())),
            (Fact::Cluster, Some(word)) => Err(unknown("This protocol", "field of clusters", word, [])),
            (Fact::Anchor, Some(word)) => {
                let known = self.trial.anchor_names();
                if known.contains(&word.text.as_str()) {
                    Ok(Type::Date)
                } else {
                    Err(unknown("This protocol", "anchor", word, known))
                }
            }
            (Fact::Use, Some(word)) => {
                let found = protocol.adherence.iter().find(|variable| variable.id == word.text);
                let known = protocol.adherence.iter().map(|variable| variable.id.as_str());
                found
                    .map(|variable| types::of_use(variable.kind))
                    .ok_or_else(|| unknown("[adherence]", "variable", word, known))
            }
            (Fact::Flag, Some(word)) => {
                let mut known = protocol.analysis.flags.iter().map(|flag| flag.id.as_str());
                if known.clone().any(|id| id == word.text) {
                    Ok(Type::Truth)
                } else {
                    Err(unknown("This protocol", "flag", word, known.by_ref()))
                }
            }
            (_, None) => Err(ExpressionFinding::new("P205", name.span(), format!("{name} is no value."))),
        }
    }

    /// The field behind `age` or `sex`, which must be asked by the step at hand.
    fn behind(&self, field: Option<&str>, key: &str, word: &Word) -> Found<Type> {
        let Some(field) = field else {
            if self.trial.at.key("study").key(key).is_given() {
                return Err(follows(word.span));
            }
            let text = format!("'{}' isn't known: [study] has no '{key}'.", word.text);
            return Err(ExpressionFinding::new("P205", word.span, text));
        };
        let Some(name) = name_of(field) else { return Ok(Type::Text) };
        let everywhere = Names { trial: self.trial, place: Place::Results };
        let Ok(kind) = everywhere.value(&name) else {
            // The field itself is wrong; that is said where it stands.
            return Ok(if key == "sex_from" { Type::Text } else { Type::Date });
        };
        if let Place::Step(step) = self.place {
            let asked = name.words.first().and_then(|first| self.trial.elements_of(&first.text).next());
            let known = asked.and_then(|element| self.trial.step_of(element.occasion));
            if known.is_none_or(|known| known > step) && !self.trial.doubts_steps() {
                return Err(self.not_known(&word.text, word.span));
            }
        }
        Ok(kind)
    }

    fn not_known(&self, name: &str, span: Span) -> ExpressionFinding {
        let text = match &self.place {
            Place::Step(step) => {
                let id = self.trial.protocol.enrolment.steps.get(*step).map_or("", |step| step.id.as_str());
                format!("{name} isn't known at step '{id}'.")
            }
            place => format!("{name} isn't known in {}.", place.words()),
        };
        ExpressionFinding::new("P206", span, text)
    }

    /// Whether answers of an occasion are there where the rule is judged.
    fn is_known(&self, occasion: &Occasion) -> bool {
        let step = self.trial.step_of(occasion);
        let is_lost = step.is_none() && matches!(occasion.timing, Timing::Step { .. });
        if is_lost && self.trial.doubts_steps() {
            return true;
        }
        match self.place {
            Place::Step(at) => step.is_some_and(|step| step <= at),
            Place::Safety | Place::Shown(_) => step.is_some(),
            Place::Episode | Place::Results => true,
        }
    }

    fn no_occasion(&self, word: &Word) -> ExpressionFinding {
        let facts = Fact::ALL.iter().map(|(_, word)| *word);
        let known: Vec<&str> = self.trial.occasion_names().chain(facts).chain(["this"]).collect();
        if known.contains(&"") {
            return follows(word.span);
        }
        let guess = did_you_mean(&word.text, known);
        let text = format!("This protocol has no occasion '{}'.{guess}", word.text);
        ExpressionFinding::new("P205", word.span, text)
    }

    fn element(&self, name: &Name) -> Found<&'t Element<'_>> {
        let word = first(name)?;
        if let Some(element) = self.trial.elements.iter().find(|element| element.id == word.text) {
            return if self.is_known(element.occasion) {
                Ok(element)
            } else {
                Err(self.not_known(&name.to_string(), name.span()))
            };
        }
        if self.trial.series(&word.text).is_some() {
            let count = self.trial.elements_of(&word.text).count();
            let one = element_id(&word.text, 3.min(u32::try_from(count).unwrap_or(1)));
            let text = format!("'{}' has {count} elements: name one ({one}) or last(…).", word.text);
            return Err(ExpressionFinding::new("P215", word.span, text));
        }
        Err(self.no_occasion(word))
    }

    /// The measures among which `this` looks.
    fn measures_at_hand(&self) -> Vec<&'t Measure> {
        match &self.place {
            Place::Shown(measures) => measures.clone(),
            _ => self.trial.protocol.schedule.measures.iter().collect(),
        }
    }
}

fn first(name: &Name) -> Found<&Word> {
    name.words.first().ok_or_else(|| ExpressionFinding::new("P205", name.span(), "A name is empty."))
}

/// A dotted name on its own, as values of keys hold it.
pub fn name_of(text: &str) -> Option<Name> {
    match reader::read(text).ok()?.kind {
        ExprKind::Name(name) => Some(name),
        _ => None,
    }
}

impl Scope for Names<'_, '_> {
    fn value(&self, name: &Name) -> Found<Type> {
        let word = first(name)?;
        if let Some(fact) = Fact::parse(&word.text) {
            return self.fact(fact, name);
        }
        if word.text == "this" {
            if !self.place.has_assessment() {
                let text = format!("There is no 'this' in {}: name the occasion.", self.place.words());
                return Err(ExpressionFinding::new("P205", word.span, text));
            }
            return self.answer(name, "The assessment at hand", &self.measures_at_hand());
        }
        let element = self.element(name)?;
        let all = &self.trial.protocol.schedule.measures;
        let measures: Vec<&Measure> = all.iter().filter(|measure| element.has(measure)).collect();
        self.answer(name, &word.text, &measures)
    }

    fn series(&self, name: &Name) -> Found<Type> {
        let word = first(name)?;
        let Some(series) = self.trial.series(&word.text) else {
            let known =
                self.trial.occasion_names().filter(|id| id.is_empty() || self.trial.series(id).is_some());
            return Err(unknown("This protocol", "series", word, known));
        };
        if !self.is_known(series) {
            return Err(self.not_known(&name.to_string(), name.span()));
        }
        let all = &self.trial.protocol.schedule.measures;
        let asked =
            |measure: &&Measure| self.trial.elements_of(&word.text).any(|element| element.has(measure));
        let measures: Vec<&Measure> = all.iter().filter(asked).collect();
        self.answer(name, &word.text, &measures)
    }

    fn occasion(&self, name: &Name) -> Found<()> {
        let word = first(name)?;
        if let Some(second) = name.words.get(1).or(name.item.as_ref()) {
            return Err(ExpressionFinding::new("P205", second.span, format!("{name} is no occasion.")));
        }
        self.element(name).map(|_| ()).map_err(|finding| match finding.code {
            "P206" => self.not_known(&format!("done({})", word.text), word.span),
            _ => finding,
        })
    }

    fn bands(&self, name: &Name) -> Found<Vec<String>> {
        self.value(name)?;
        let asked = name.words.get(1).and_then(|word| self.trial.asked(&word.text));
        let bands = match (asked, name.words.get(2)) {
            (Some(Asked::Instrument(instrument)), Some(word)) => instrument
                .score(&word.text)
                .map(|score| instrument.bands_of(score).iter().map(|band| band.id.clone()).collect())
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        if bands.is_empty() {
            return Err(ExpressionFinding::new("P205", name.span(), format!("{name} has no bands.")));
        }
        Ok(bands)
    }

    /// The date of birth behind `age`, compared with a number, means the age.
    fn instead(&self, name: &Name, wanted: &Type) -> Option<String> {
        let is_birth = self.trial.protocol.study.age_from.as_deref() == Some(name.to_string().as_str());
        let wants_number = matches!(wanted, Type::Number(..));
        (is_birth && wants_number && self.place.knows(Fact::Age)).then(|| "age".to_owned())
    }
}
