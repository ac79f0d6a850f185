//! Code lists: every code that a column can hold, the number that it stands for, and its words in each language of the
//! study. Generated from the protocol and its instruments.

use std::collections::BTreeMap;

use crate::kernel::number::Number;
use crate::trial::dataset::agenda::Agenda;
use crate::trial::dataset::answer;
use crate::trial::dataset::answer::ItemKind;
use crate::trial::dataset::view::ArmView;
use crate::trial::dataset::view::View;
use crate::trial::dataset::vocabulary;
use crate::trial::instrument::definition::Instrument;
use crate::trial::protocol::model::Derivation;
use crate::trial::protocol::model::Sense;
use crate::trial::questionnaire::asked::Asked;

/// A list of codes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CodeList {
    /// Its id.
    pub id: String,
    /// The codes in the order of the form.
    pub codes: Vec<CodeEntry>,
}

/// One code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CodeEntry {
    /// The code.
    pub code: String,
    /// The number that it stands for.
    pub value: Option<Number>,
    /// Language and words.
    pub labels: Vec<(String, String)>,
}

impl CodeList {
    /// An empty list.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), codes: Vec::new() }
    }

    /// Adds a code, unless it is there already.
    pub fn add<L: Into<String>, W: Into<String>>(
        &mut self,
        code: impl Into<String>,
        value: Option<Number>,
        labels: impl IntoIterator<Item = (L, W)>,
    ) {
        let code = code.into();
        if self.codes.iter().all(|known| known.code != code) {
            let labels =
                labels.into_iter().map(|(language, words)| (language.into(), words.into())).collect();
            self.codes.push(CodeEntry { code, value, labels });
        }
    }
}

/// The id of a study's list of options.
pub fn of_options(list: &str) -> String {
    format!("options.{list}")
}

/// The id of an instrument's list of options.
pub fn of_instrument_options(instrument: &str, list: &str) -> String {
    format!("{instrument}.options.{list}")
}

/// The id of the levels of a stratification factor.
pub fn of_factor(factor: &str) -> String {
    format!("factor.{factor}")
}

/// All lists, sorted by id.
pub fn lists(agenda: &Agenda<'_>, view: &View) -> Vec<CodeList> {
    let mut lists = vocabulary::lists();
    lists.extend(arms(agenda, view));
    lists.extend(enrolment(agenda));
    lists.extend(schedule(agenda, view));
    for (id, asked) in agenda.measures(view.arm_bound) {
        lists.extend(measure(agenda, id, &asked));
    }
    lists.extend(options(agenda));
    lists.sort_by(|a, b| a.id.cmp(&b.id));
    lists
}

/// The study's first language: protocols have their words in it.
fn first_language<'p>(agenda: &Agenda<'p>) -> &'p str {
    agenda.protocol.study.languages.first().map_or("en", String::as_str)
}

fn arms(agenda: &Agenda<'_>, view: &View) -> Option<CodeList> {
    match &view.arms {
        ArmView::Absent => None,
        ArmView::Letters(letters) => {
            let mut list = CodeList::new("arm_blind");
            let mut letters: Vec<&String> = letters.values().collect();
            letters.sort_unstable();
            letters.into_iter().for_each(|letter| list.add(letter, None, NO_WORDS));
            Some(list)
        }
        ArmView::Shown => {
            let mut list = CodeList::new("arm");
            for version in agenda.versions() {
                let comparison = &version.protocol.comparison;
                comparison.arms.iter().for_each(|arm| list.add(&arm.id, None, [("en", &arm.label)]));
                comparison.treatments.iter().for_each(|one| list.add(&one.id, None, [("en", &one.label)]));
            }
            Some(list)
        }
    }
}

const NO_WORDS: [(&str, &str); 0] = [];

fn enrolment(agenda: &Agenda<'_>) -> Vec<CodeList> {
    let (mut site, mut step, mut criterion) =
        (CodeList::new("site"), CodeList::new("step"), CodeList::new("criterion"));
    let mut factors: BTreeMap<&str, CodeList> = BTreeMap::new();
    for version in agenda.versions() {
        let protocol = version.protocol;
        protocol.study.sites.iter().for_each(|one| site.add(&one.code, None, [("en", &one.name)]));
        let enrolment = &protocol.enrolment;
        enrolment.steps.iter().for_each(|one| step.add(&one.id, None, [("en", one.kind.as_str())]));
        for one in &enrolment.criteria {
            let sense = match one.sense {
                Sense::Include => "includes",
                Sense::Exclude => "excludes",
            };
            criterion.add(&one.id, None, [("en", format!("{sense}: {}", one.say))]);
        }
        for factor in protocol.randomization.iter().flat_map(|randomization| &randomization.factors) {
            let list = factors.entry(&factor.id).or_insert_with(|| CodeList::new(of_factor(&factor.id)));
            levels(&factor.derivation).iter().for_each(|level| list.add(level, None, NO_WORDS));
        }
    }
    [site, step, criterion]
        .into_iter()
        .chain(factors.into_values().filter(|list| !list.codes.is_empty()))
        .collect()
}

/// The levels of a factor; none where they come as logged events.
pub fn levels(derivation: &Derivation) -> &[String] {
    match derivation {
        Derivation::Cuts { levels, .. }
        | Derivation::Choice { levels, .. }
        | Derivation::Rules { levels, .. } => levels,
        Derivation::Open { .. } => &[],
    }
}

fn schedule(agenda: &Agenda<'_>, view: &View) -> Vec<CodeList> {
    let (mut occasion, mut episode) = (CodeList::new("occasion"), CodeList::new("episode"));
    episode.add("main", None, [("en", "the first period")]);
    for planned in agenda.occasions.iter().filter(|planned| view.shows(planned.is_arm_bound)) {
        occasion.add(&planned.element.id, None, [("en", &planned.element.occasion.label)]);
        if let Some(id) = &planned.element.occasion.episode {
            episode.add(id, None, [("en", "a later treatment")]);
        }
    }
    let mut instrument = CodeList::new("instrument");
    for (id, asked) in agenda.measures(view.arm_bound) {
        let title = match asked {
            Asked::Instrument(instrument) => &instrument.title,
            Asked::Form(form, _) => &form.title,
            Asked::External(external) => &external.title,
        };
        instrument.add(id, None, [("en", title)]);
    }
    vec![occasion, episode, instrument]
}

/// Items, scores, options and bands of what is asked.
fn measure(agenda: &Agenda<'_>, id: &str, asked: &Asked<'_>) -> Vec<CodeList> {
    let mut items = CodeList::new(format!("{id}.items"));
    for (item, kind) in answer::items(asked) {
        items.add(item, None, questions(agenda, item, &kind));
    }
    let Asked::Instrument(instrument) = asked else { return vec![items] };
    let mut scores = CodeList::new(format!("{id}.scores"));
    instrument.printed_scores().for_each(|score| scores.add(&score.id, None, NO_WORDS));
    let mut lists = vec![items, scores];
    lists.extend(instrument.options.keys().map(|list| option_list(agenda, instrument, list)));
    for (name, bands) in &instrument.key.bands {
        let mut list = CodeList::new(format!("{id}.bands.{name}"));
        bands.iter().for_each(|band| list.add(&band.id, Some(band.from), NO_WORDS));
        lists.push(list);
    }
    lists
}

/// What an item asks, in each language of the study.
pub fn questions(agenda: &Agenda<'_>, id: &str, kind: &ItemKind<'_>) -> Vec<(String, String)> {
    match kind {
        ItemKind::Instrument(instrument, item) => {
            let languages = agenda.protocol.study.languages.iter();
            let asked = |language: &String| {
                let words = answer::words_of(instrument, language)?.items.get(&item.id)?;
                Some((language.clone(), words.clone()))
            };
            languages.filter_map(asked).collect()
        }
        ItemKind::Field(field) => vec![(first_language(agenda).to_owned(), field.ask.clone())],
        ItemKind::Given => vec![("en".to_owned(), "whether it was given".to_owned())],
        ItemKind::Total(..) => vec![("en".to_owned(), format!("total '{id}', typed in"))],
    }
}

fn option_list(agenda: &Agenda<'_>, instrument: &Instrument, name: &str) -> CodeList {
    let mut list = CodeList::new(of_instrument_options(&instrument.id, name));
    for option in instrument.options.get(name).into_iter().flatten() {
        let code = option.code.to_string();
        let labels: Vec<(&String, &str)> = agenda
            .protocol
            .study
            .languages
            .iter()
            .filter_map(|language| {
                Some((language, answer::words_of(instrument, language)?.label(name, &code)?))
            })
            .collect();
        list.add(&code, Some(option.value), labels);
    }
    list
}

fn options(agenda: &Agenda<'_>) -> Vec<CodeList> {
    let mut lists: BTreeMap<&str, CodeList> = BTreeMap::new();
    for version in agenda.versions() {
        for (name, choices) in &version.protocol.options {
            let list = lists.entry(name).or_insert_with(|| CodeList::new(of_options(name)));
            for choice in choices {
                list.add(&choice.code, choice.code.parse().ok(), [(first_language(agenda), &choice.label)]);
            }
        }
    }
    lists.into_values().collect()
}
