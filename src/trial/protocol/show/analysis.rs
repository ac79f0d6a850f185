//! What is analysed: outcomes, sets, flags, a study's own missing rules, what is kept of the use of a treatment.

use std::collections::BTreeMap;

use crate::trial::instrument::definition::Instrument;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::show::arms;
use crate::trial::protocol::show::listed;
use crate::trial::protocol::show::page::Page;

/// Outcomes, sets, flags, missing rules.
pub fn outcomes(protocol: &Protocol, instruments: &BTreeMap<String, Instrument>, page: &mut Page) {
    let analysis = &protocol.analysis;
    page.heading("What is analysed");
    let rows: Vec<Vec<String>> = analysis
        .outcomes
        .iter()
        .map(|outcome| {
            let instrument = outcome.of.split('.').next().and_then(|id| instruments.get(id));
            let better = outcome.better.clone().or_else(|| instrument.map(|one| one.better.to_string()));
            vec![
                outcome.id.clone(),
                outcome.role.as_str().replace('_', " "),
                outcome.of.clone(),
                outcome.shape.to_string(),
                listed(&outcome.at),
                outcome.base.clone().unwrap_or_else(|| "-".to_owned()),
                arms(outcome.arms.as_deref()),
                better.unwrap_or_else(|| "-".to_owned()),
            ]
        })
        .collect();
    page.table(&["outcome", "role", "of", "shape", "at", "baseline", "arms", "better"], &rows);
    page.line("Sets:");
    page.item("all_randomized: everybody with an allocation");
    for set in &analysis.sets {
        page.item(&format!("{}: {} ({})", set.id, set.say, set.rule));
    }
    if !analysis.flags.is_empty() {
        page.line("Flags:");
    }
    for flag in &analysis.flags {
        page.item(&format!("{}: {} ({})", flag.id, flag.say, flag.rule));
    }
    for (instrument, scoring) in &protocol.scoring {
        let rules = listed(scoring.rules.iter().map(|(score, rule)| format!("{score}: {rule}")));
        page.line(&format!(
            "Missing answers of {instrument}: {rules}, other than the instrument says: {}",
            scoring.why
        ));
    }
    for (id, external) in &protocol.externals {
        let totals = listed(
            external
                .totals
                .iter()
                .map(|(id, low, high)| format!("{id} {} to {}", low.to_cell(), high.to_cell())),
        );
        page.line(&format!("Scored outside: {id}, {} ({totals})", external.title));
    }
}

/// What is kept of the use of a treatment.
pub fn adherence(protocol: &Protocol, page: &mut Page) {
    if protocol.adherence.is_empty() {
        return;
    }
    page.heading("What is kept of the use of a treatment");
    let rows: Vec<Vec<String>> = protocol
        .adherence
        .iter()
        .map(|one| {
            let arms = arms(one.arms.as_deref());
            vec![one.id.clone(), one.say.clone(), one.kind.to_string(), listed(&one.from), arms]
        })
        .collect();
    page.table(&["variable", "what", "kind", "from", "arms"], &rows);
    page.line("Declared only: this version takes in no data on the use of a treatment, and rules that ask for it give no value.");
}
