//! Who gets in: the steps in their order, the criteria at each, and what people agree to.

use crate::trial::protocol::model::Judged;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::model::Sense;
use crate::trial::protocol::model::Step;
use crate::trial::protocol::show::listed;
use crate::trial::protocol::show::page::Page;
use crate::trial::protocol::show::spoken;

/// The steps in their order.
pub fn steps(protocol: &Protocol, page: &mut Page) {
    page.heading("Steps to enrolment");
    for (step, number) in protocol.enrolment.steps.iter().zip(1..) {
        page.line(&format!("  {number}. {}", step_text(step)));
    }
    page.line(&format!(
        "Whoever is not eligible is shown other help: the document '{}'.",
        protocol.enrolment.elsewhere
    ));
}

fn step_text(step: &Step) -> String {
    let mut text = format!("{} '{}'", spoken(step.kind.as_str()), step.id);
    if let Some(occasion) = &step.occasion {
        text.push_str(&format!(", questions of '{occasion}'"));
    }
    if let Some(consent) = &step.consent {
        text.push_str(&format!(", document '{consent}'"));
    }
    if !step.by.is_empty() {
        text.push_str(&format!(", by {}", listed(&step.by)));
    }
    if step.quorum > 1 {
        text.push_str(&format!(", {} persons must agree", step.quorum));
    }
    if let Some(hours) = step.within_hours {
        let span = if hours % 24 == 0 { format!("{} days", hours / 24) } else { format!("{hours} hours") };
        text.push_str(&format!(", lapses after {span}"));
    }
    text
}

/// The criteria, including before excluding.
pub fn criteria(protocol: &Protocol, page: &mut Page) {
    page.heading("Who gets in");
    for (sense, title) in
        [(Sense::Include, "Included is who meets all of:"), (Sense::Exclude, "Excluded is who meets any of:")]
    {
        let rows: Vec<Vec<String>> = protocol
            .enrolment
            .criteria
            .iter()
            .filter(|criterion| criterion.sense == sense)
            .map(|criterion| {
                let judged = match &criterion.judged {
                    Judged::Rule(rule) => rule.clone(),
                    Judged::People { by, evidence } => format!("judged by {}, from {evidence}", listed(by)),
                };
                vec![criterion.say.clone(), criterion.step.clone(), judged]
            })
            .collect();
        if !rows.is_empty() {
            page.line(title);
        }
        page.table(&["criterion", "step", "how"], &rows);
    }
}

/// Each consent with its items.
pub fn consents(protocol: &Protocol, page: &mut Page) {
    page.heading("Consent");
    for (id, consent) in &protocol.consents {
        page.line(&format!(
            "'{id}', version {} of {}: document '{}', given {}; a new version asks: {}",
            consent.version,
            consent.dated,
            consent.text,
            listed(consent.how.iter().map(|how| how.as_str().replace('_', " "))),
            consent.reconsent
        ));
        for item in &consent.items {
            let need = if item.required { "required" } else { "free" };
            page.item(&format!("{} ({need})", item.say));
        }
    }
}
