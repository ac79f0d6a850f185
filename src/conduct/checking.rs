//! Examining a protocol without storing anything.

use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::trial::permission::action::Action;
use crate::trial::protocol::checker;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::texts::Texts;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::definition::Window;
use crate::trial::schedule::occasions;
use crate::trial::schedule::occasions::Element;

/// What a check finds in one place.
pub use crate::trial::source::finding::Finding;
/// How much a finding weighs.
pub use crate::trial::source::finding::Severity;

/// What an examination shows.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What was found.
    pub findings: Vec<Finding>,
    /// Who is asked what and when, as far as the plan alone tells; `None` where it has errors.
    pub schedule: Option<Vec<PlannedOccasion>>,
}

/// A planned time of measurement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedOccasion {
    /// The occasion; `w03` for the third of a series.
    pub occasion: String,
    /// What staff read.
    pub label: String,
    /// Its place, from 1.
    pub number: i64,
    /// What opens it.
    pub opened_by: Opener,
    /// The arms that have it; `None` for all.
    pub arms: Option<Vec<String>>,
    /// The later treatment that it belongs to.
    pub episode: Option<String>,
    /// What is asked: the instrument, form or external, and who answers.
    pub measures: Vec<(String, String)>,
}

/// What opens an occasion.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Opener {
    /// A step of enrolment, while it is open.
    Step(String),
    /// A window around an anchor.
    Anchor(String, Window),
}

/// Checks a protocol with the texts beside it.
pub fn check(ctx: &Ctx, source: &str, texts: &Texts) -> Result<Examined, Error> {
    disclosing::look(ctx, Action::CheckProtocol, &Target::Installation, |_, _| {
        let checked = checker::check("protocol.toml", source, texts);
        let sound = checked.protocol.as_ref().filter(|_| checked.is_sound());
        let schedule = sound.map(schedule);
        Ok(Examined { findings: checked.findings, schedule })
    })
}

fn schedule(protocol: &Protocol) -> Vec<PlannedOccasion> {
    let elements = occasions::elements(&protocol.schedule.occasions);
    elements.iter().map(|element| planned(protocol, element)).collect()
}

fn planned(protocol: &Protocol, element: &Element<'_>) -> PlannedOccasion {
    let occasion = element.occasion;
    let opened_by = match (&occasion.timing, element.window) {
        (Timing::Step { step }, _) => Opener::Step(step.clone()),
        (Timing::Window { anchor, window, .. }, moved) => {
            Opener::Anchor(anchor.clone(), moved.unwrap_or(*window))
        }
    };
    let asked = protocol.schedule.measures.iter().filter(|measure| element.has(measure));
    PlannedOccasion {
        occasion: element.id.clone(),
        label: occasion.label.clone(),
        number: element.number,
        opened_by,
        arms: occasion.arms.clone(),
        episode: occasion.episode.clone(),
        measures: asked.map(|measure| (measure.uses.clone(), measure.by.to_string())).collect(),
    }
}
