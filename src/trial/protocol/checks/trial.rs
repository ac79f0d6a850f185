//! The protocol at hand with all that checks look up in it: places, occasions written out, arms, instruments.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::library::library;
use crate::trial::protocol::model::External;
use crate::trial::protocol::model::Form;
use crate::trial::protocol::model::Openness;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::model::StepKind;
use crate::trial::protocol::texts;
use crate::trial::protocol::texts::Texts;
use crate::trial::role::Role;
use crate::trial::schedule::definition::Measure;
use crate::trial::schedule::definition::Occasion;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::occasions;
use crate::trial::schedule::occasions::Element;
use crate::trial::source::at::At;

/// Languages in which the program speaks to participants.
const LANGUAGES: [&str; 3] = ["en", "sv", "de"];

/// A protocol under examination.
pub struct Trial<'c> {
    /// What was read.
    pub protocol: &'c Protocol,
    /// The file, for places.
    pub at: At<'c>,
    /// The files beside it.
    pub texts: &'c Texts,
    /// The instruments in use, with the wording that the study's own files add.
    pub instruments: BTreeMap<String, Cow<'static, Instrument>>,
    /// Instruments with wording of the study that can't be used.
    pub broken_overlays: BTreeSet<String>,
    /// All occasions, series written out.
    pub elements: Vec<Element<'c>>,
}

/// What a measure asks.
#[derive(Clone, Copy)]
pub enum Asked<'t> {
    /// An instrument.
    Instrument(&'t Instrument),
    /// A form of the study.
    Form(&'t Form),
    /// A measure whose items are elsewhere.
    External(&'t External),
}

impl<'c> Trial<'c> {
    /// Looks up what checks need. The instruments come as the library has them.
    pub fn new(protocol: &'c Protocol, at: At<'c>, texts: &'c Texts) -> Self {
        let used = protocol.schedule.measures.iter().filter_map(|measure| library().get(&measure.uses));
        Self {
            protocol,
            at,
            texts,
            instruments: used.map(|known| (known.id.clone(), Cow::Borrowed(known))).collect(),
            broken_overlays: BTreeSet::new(),
            elements: occasions::elements(&protocol.schedule.occasions),
        }
    }

    /// The ids of the arms, in their order.
    pub fn arms(&self) -> impl Iterator<Item = &'c str> {
        self.protocol.comparison.arms.iter().map(|arm| arm.id.as_str()).filter(|id| !id.is_empty())
    }

    /// The ids of the arms, with an empty one for each that is broken.
    pub fn arm_names(&self) -> impl Iterator<Item = &'c str> {
        self.protocol.comparison.arms.iter().map(|arm| arm.id.as_str())
    }

    /// The languages of participants that the program knows.
    pub fn languages(&self) -> impl Iterator<Item = &'c str> {
        let known = |language: &&str| LANGUAGES.contains(language);
        self.protocol.study.languages.iter().map(String::as_str).filter(known)
    }

    /// What a measure asks, by the name that it uses.
    pub fn asked(&self, name: &str) -> Option<Asked<'_>> {
        let instrument = || self.instruments.get(name).map(|found| Asked::Instrument(found));
        let form = || self.protocol.forms.get(name).map(Asked::Form);
        let external = || self.protocol.externals.get(name).map(Asked::External);
        form().or_else(external).or_else(instrument)
    }

    /// The ids by which occasions may be named: occasions, series, elements of series.
    pub fn occasion_names(&self) -> impl Iterator<Item = &str> {
        let written = self.elements.iter().map(|element| element.id.as_str());
        written.chain(self.protocol.schedule.occasions.iter().map(|occasion| occasion.id.as_str()))
    }

    /// The elements that an id means: itself, or all of a series.
    pub fn elements_of(&self, id: &str) -> impl Iterator<Item = &Element<'c>> {
        self.elements.iter().filter(move |element| element.id == id || element.occasion.id == id)
    }

    /// The series that an id names as a whole.
    pub fn series(&self, id: &str) -> Option<&'c Occasion> {
        let is_series = |occasion: &&Occasion| {
            occasion.id == id && matches!(&occasion.timing, Timing::Window { series: Some(_), .. })
        };
        self.protocol.schedule.occasions.iter().find(is_series)
    }

    /// The arms that have an occasion: its own, those of its episode, or all.
    pub fn arms_with(&self, occasion: &Occasion) -> Vec<&'c str> {
        let episodes = self.protocol.schedule.episodes.iter();
        let its = |arm: &str| match &occasion.episode {
            None => true,
            Some(id) => episodes.clone().any(|one| one.id == *id && one.arms.iter().any(|own| own == arm)),
        };
        self.arms().filter(|arm| is_among(occasion.arms.as_deref(), arm) && its(arm)).collect()
    }

    /// The arms in which a measure is asked at an occasion.
    pub fn arms_asked(&self, measure: &Measure, occasion: &Occasion) -> Vec<&'c str> {
        let arms = self.arms_with(occasion).into_iter();
        arms.filter(|arm| is_among(measure.arms.as_deref(), arm)).collect()
    }

    /// The position of the step that opens an occasion.
    pub fn step_of(&self, occasion: &Occasion) -> Option<usize> {
        let steps = &self.protocol.enrolment.steps;
        steps.iter().position(|step| step.occasion.as_deref() == Some(occasion.id.as_str()))
    }

    /// The position of the step at which arms are drawn.
    pub fn draw_step(&self) -> Option<usize> {
        self.protocol.enrolment.steps.iter().position(|step| step.kind == StepKind::Randomization)
    }

    /// Whether a role never sees arms.
    pub fn is_blind(&self, role: Role) -> bool {
        self.protocol.study.blind.contains(&role)
    }

    /// Whether it is an example or replica, which is never opened for real participants.
    pub fn is_public(&self) -> bool {
        self.protocol.randomization.as_ref().is_some_and(|draw| draw.openness == Openness::Public)
    }

    /// The folder of the files beside it.
    pub fn folder(&self) -> String {
        format!("messages/{}/", self.protocol.study.id)
    }

    /// The path of a document in a language.
    pub fn document(&self, language: &str, name: &str) -> String {
        texts::document_path(&self.protocol.study.id, language, name)
    }
}

/// Whether an arm is in a list; no list is all arms.
pub fn is_among(arms: Option<&[String]>, arm: &str) -> bool {
    arms.is_none_or(|arms| arms.iter().any(|one| one == arm))
}
