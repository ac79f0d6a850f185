//! From the tree of a file to the typed protocol. The shape was checked before; whatever has the wrong shape has been
//! reported, and stands here as its default, so that the other checks can run in the same go. Rows are never dropped:
//! row n of a list here is row n of the file.

mod answers;
mod conduct;
pub mod ladders;
mod schedule;
mod study;
pub mod take;

use crate::trial::protocol::model::Protocol;
use crate::trial::schedule::definition::Timing;
use crate::trial::source::tree::Node;

/// Reads a file's tree into a protocol.
pub fn protocol(root: &Node) -> Protocol {
    let mut protocol = sections(root);
    for step in &protocol.enrolment.steps {
        for occasion in &mut protocol.schedule.occasions {
            if let Timing::Step { step: named } = &mut occasion.timing
                && step.occasion.as_ref() == Some(&occasion.id)
            {
                named.clone_from(&step.id);
            }
        }
    }
    ladders::fill(&mut protocol);
    protocol
}

fn sections(root: &Node) -> Protocol {
    Protocol {
        study: study::section(take::table(root, "study")),
        registry: root.get("registry").map(study::registry),
        comparison: study::comparison(take::table(root, "comparison")),
        randomization: root.get("randomization").map(study::randomization),
        enrolment: conduct::enrolment(take::table(root, "enrolment")),
        consents: take::keyed(root, "consent", conduct::consent),
        options: take::keyed(root, "options", answers::choices),
        forms: take::keyed(root, "form", answers::form),
        externals: take::keyed(root, "external", answers::external),
        schedule: schedule::section(take::table(root, "schedule")),
        scoring: take::keyed(root, "scoring", answers::scoring),
        contact: conduct::contact(take::table(root, "contact")),
        ladders: take::keyed(root, "ladder", conduct::ladder),
        safety: conduct::safety(take::table(root, "safety")),
        analysis: answers::analysis(take::table(root, "analysis")),
        adherence: take::rows(take::table(root, "adherence"), "variables", answers::variable),
        history: take::rows(take::table(root, "history"), "versions", answers::version),
        accept: take::keyed(root, "accept", |node| node.text().unwrap_or_default().to_owned()),
    }
}
