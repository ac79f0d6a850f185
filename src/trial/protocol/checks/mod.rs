//! What a protocol must hold beyond its shape, each check with the exact place of what it finds.

pub mod accept;
mod analysis;
mod anchors;
mod clinical;
mod columns;
mod comparison;
mod consent;
mod contact;
mod crossover;
mod doubts;
mod enrolment;
mod factors;
mod measures;
mod minors;
mod occasions;
mod overlays;
mod questions;
mod randomization;
mod references;
mod report;
mod rules;
mod safety;
mod study;
pub mod trial;
mod usage;
mod words;

use std::collections::BTreeMap;

use crate::trial::instrument::definition::Instrument;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::texts::Texts;
use crate::trial::protocol::unsupported::UNSUPPORTED;
use crate::trial::source::at::At;
use crate::trial::source::finding::Finding;
use crate::trial::source::tree::Source;

/// Runs all checks. What the shape has found stands in `findings` already; a second finding at the same place is left
/// out, since it only follows from the first. Gives the instruments in use with the team's own wording.
pub fn run(
    protocol: &Protocol,
    at: At<'_>,
    source: &Source<'_>,
    texts: &Texts,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, Instrument> {
    let mut report = Report::new(source);
    let mut trial = Trial::new(protocol, at, texts);
    report.extend(overlays::apply(&mut trial));
    check_support(&trial, &mut report);
    study::check(&trial, &mut report);
    comparison::check(&trial, &mut report);
    randomization::check(&trial, &mut report);
    factors::check(&trial, &mut report);
    enrolment::check(&trial, &mut report);
    consent::check(&trial, &mut report);
    questions::check(&trial, &mut report);
    anchors::check(&trial, &mut report);
    occasions::check(&trial, &mut report);
    measures::check(&trial, &mut report);
    columns::check(&trial, &mut report);
    crossover::check(&trial, &mut report);
    contact::check(&trial, &mut report);
    safety::check(&trial, &mut report);
    analysis::check(&trial, &mut report);
    rules::check_all(&trial, &mut report);
    usage::check(&trial, &mut report);
    words::check(&trial, &mut report);
    let known: Vec<_> = findings.iter().map(|finding| (finding.file.clone(), finding.place)).collect();
    let new = report.into_findings().into_iter();
    findings.extend(new.filter(|finding| !known.contains(&(finding.file.clone(), finding.place))));
    accept::apply(&trial, source, findings);
    trial.instruments.into_iter().map(|(id, instrument)| (id, instrument.into_owned())).collect()
}

/// P009, once for each thing that can't run yet.
fn check_support(trial: &Trial<'_>, report: &mut Report<'_>) {
    let mut named = Vec::new();
    for unsupported in UNSUPPORTED {
        let Some(at) = unsupported.found_in(trial.at).filter(|_| !named.contains(&unsupported.name)) else {
            continue;
        };
        named.push(unsupported.name);
        let span = if unsupported.value.is_some() { at.value() } else { at.name() };
        report.error("P009", &span, format!("Not supported yet: {}.", unsupported.name));
    }
}
