//! The study itself, its arms and hypotheses, the draw, and what a reader must know before trusting it.

use crate::trial::protocol::model::Derivation;
use crate::trial::protocol::model::Hypothesis;
use crate::trial::protocol::model::HypothesisKind;
use crate::trial::protocol::model::Method;
use crate::trial::protocol::model::Openness;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::show::listed;
use crate::trial::protocol::show::page::Page;
use crate::trial::protocol::show::spoken;
use crate::trial::source::finding::Finding;
use crate::trial::source::finding::Severity;

/// The study at the head of the page.
pub fn study(protocol: &Protocol, page: &mut Page) {
    let study = &protocol.study;
    page.line(&study.title);
    page.line(&"=".repeat(study.title.chars().count()));
    page.pair("Study", &format!("{}, version {} of {}", study.id, study.version, study.dated));
    page.pair("Known as", &study.alias);
    page.pair("Design", &spoken(study.design.as_str()));
    page.pair("Planned", &study.planned.map_or_else(|| "not stated".to_owned(), |n| format!("{n} persons")));
    page.pair("Languages", &listed(&study.languages));
    page.pair("Countries", &listed(&study.countries));
    page.pair("Time", &format!("{}; the clock of the {} counts", study.zone.name(), study.zone_of));
    let sites = study.sites.iter().map(|site| match site.zone {
        Some(zone) => format!("{} ({}, {})", site.name, site.code, zone.name()),
        None => format!("{} ({})", site.name, site.code),
    });
    page.pair("Sites", &listed(sites));
    let blind = if study.blind.is_empty() { "nobody: open label".to_owned() } else { listed(&study.blind) };
    page.pair("Blind to arms", &blind);
    if let Some(registry) = &protocol.registry {
        let registered = registry.registered.map(|day| format!(", registered {day}")).unwrap_or_default();
        let number = registry.number.as_deref().unwrap_or("no number");
        page.pair("Registry", &format!("{number}{registered}"));
        if let Some((from, to)) = registry.screening {
            page.pair("Screening", &format!("{from} to {to}"));
        }
    }
}

/// Arms, later treatments, hypotheses.
pub fn comparison(protocol: &Protocol, page: &mut Page) {
    let comparison = &protocol.comparison;
    page.heading("What is compared");
    let weeks = |weeks: Option<u32>| weeks.map_or_else(|| "-".to_owned(), |weeks| weeks.to_string());
    let arms: Vec<Vec<String>> = comparison
        .arms
        .iter()
        .map(|arm| {
            vec![
                arm.id.clone(),
                arm.label.clone(),
                arm.kind.to_string(),
                arm.ratio.to_string(),
                weeks(arm.weeks),
                arm.support.to_string(),
                arm.dose.clone().unwrap_or_default(),
                arm.received.clone().unwrap_or_else(|| "not stated".to_owned()),
            ]
        })
        .collect();
    page.table(&["arm", "name", "kind", "ratio", "weeks", "support", "dose", "received when"], &arms);
    if !comparison.treatments.is_empty() {
        page.line("Treatments that may come later:");
    }
    for one in &comparison.treatments {
        page.item(&format!(
            "{}: {} ({}, {} weeks, support {})",
            one.id,
            one.label,
            one.kind,
            weeks(one.weeks),
            one.support
        ));
    }
    if !comparison.hypotheses.is_empty() {
        page.line("Hypotheses:");
    }
    comparison.hypotheses.iter().for_each(|one| page.item(&hypothesis(one)));
}

fn hypothesis(one: &Hypothesis) -> String {
    let groups: Vec<String> = one.compare.iter().map(|group| group.join(" + ")).collect();
    let mut text = format!("{}: {} of {} on {}", one.id, one.kind, groups.join(" against "), one.outcome);
    if let (Some(margin), metric) = (one.margin, one.metric) {
        let metric = metric.map(|metric| format!(" {metric}")).unwrap_or_default();
        text.push_str(&format!(", margin {}{metric}", margin.to_cell()));
    }
    if let Some(target) = one.target {
        text.push_str(&format!(", target {}", target.to_cell()));
    }
    text.push_str(&format!("; set {}", one.set));
    if !one.adjust.is_empty() {
        text.push_str(&format!("; adjusted for {}", listed(&one.adjust)));
    }
    if one.kind != HypothesisKind::Descriptive {
        let stated = |value: Option<String>| value.unwrap_or_else(|| "not stated".to_owned());
        let alpha = stated(one.alpha.map(|alpha| alpha.to_cell()));
        let sides = stated(one.sides.map(|sides| sides.to_string()));
        text.push_str(&format!("; alpha {alpha}, sides {sides}"));
    }
    if let Some(population) = &one.population {
        text.push_str(&format!("; population: {population}"));
    }
    for (event, strategy) in &one.events {
        text.push_str(&format!("; {event}: {strategy}"));
    }
    if let Some(summary) = &one.summary {
        text.push_str(&format!("; summary: {summary}"));
    }
    text
}

/// Method, ratio, strata; restricted values only where they are public.
pub fn randomization(protocol: &Protocol, page: &mut Page) {
    let Some(draw) = &protocol.randomization else { return };
    page.heading("How arms are drawn");
    page.pair("Method", &spoken(draw.method.as_str()));
    let ratio: Vec<String> = protocol.comparison.arms.iter().map(|arm| arm.ratio.to_string()).collect();
    let arms = listed(protocol.comparison.arms.iter().map(|arm| &arm.id));
    page.pair("Ratio", &format!("{} ({arms})", ratio.join(":")));
    page.pair("Design", &draw.design.to_string());
    let restrictions = match (draw.openness, &draw.blocks) {
        (Openness::Sealed, _) => "sealed: known to the unblinded statistician only".to_owned(),
        (Openness::Public, Some(sizes)) => {
            format!(
                "block sizes {} (public: an example or replica, never opened for real participants)",
                listed(sizes)
            )
        }
        (Openness::Public | Openness::Unrestricted, _) => "none".to_owned(),
    };
    if draw.method != Method::Simple {
        page.pair("Restrictions", &restrictions);
    } else if draw.openness == Openness::Public {
        page.pair("Restrictions", "none (public: an example or replica, never opened for real participants)");
    }
    if draw.factors.is_empty() {
        page.pair("Strata", "none");
    }
    for factor in &draw.factors {
        let text = match &factor.derivation {
            Derivation::Cuts { of, levels, cuts } => cut_levels(of, levels, cuts),
            Derivation::Choice { of, levels } => format!("{of}: {}", listed(levels)),
            Derivation::Open { of } => format!("{of}: levels come as logged events"),
            Derivation::Rules { levels, rules } => {
                listed(levels.iter().zip(rules).map(|(level, rule)| format!("{level} if {rule}")))
            }
        };
        page.pair("Stratified by", &format!("{}: {text}", factor.id));
    }
}

/// `low below 15, high from 15 on`.
fn cut_levels(of: &str, levels: &[String], cuts: &[crate::kernel::number::Number]) -> String {
    let cells: Vec<String> = cuts.iter().map(|cut| cut.to_cell()).collect();
    let named = levels.iter().enumerate().map(|(at, level)| {
        let from = at.checked_sub(1).and_then(|before| cells.get(before));
        match (from, cells.get(at)) {
            (None, Some(to)) => format!("{level} below {to}"),
            (Some(from), Some(to)) => format!("{level} from {from} to below {to}"),
            (Some(from), None) => format!("{level} from {from} on"),
            (None, None) => level.clone(),
        }
    });
    format!("{of}: {}", listed(named))
}

/// What differs from the registry, what was accepted, what is known to be open, and the versions.
pub fn reservations(protocol: &Protocol, findings: &[Finding], page: &mut Page) {
    let differences =
        protocol.registry.as_ref().map(|registry| registry.differences.as_slice()).unwrap_or_default();
    if !differences.is_empty() {
        page.heading("What differs from the registry");
        let rows: Vec<Vec<String>> = differences
            .iter()
            .map(|one| vec![one.what.clone(), one.registry.clone(), one.paper.clone()])
            .collect();
        page.table(&["about", "registry", "paper"], &rows);
    }
    let warnings: Vec<&Finding> = findings.iter().filter(|one| one.severity == Severity::Warning).collect();
    if !warnings.is_empty() {
        page.heading("What was accepted or needs attention");
        for one in warnings {
            page.item(&format!("{} (line {}): {}", one.code, one.place.line, one.text));
        }
    }
    if !protocol.history.is_empty() {
        page.heading("Versions");
    }
    for entry in &protocol.history {
        let mut text = format!("{} of {}: {}", entry.version, entry.dated, entry.say);
        if !entry.allows.is_empty() {
            text.push_str(&format!("; changes {}", listed(&entry.allows)));
        }
        if let Some(why) = &entry.why {
            text.push_str(&format!("; why: {why}"));
        }
        if let Some(approved) = &entry.approved {
            text.push_str(&format!("; approved: {approved}"));
        }
        if let Some(reconsent) = entry.reconsent {
            text.push_str(&format!("; asks again: {reconsent}"));
        }
        page.item(&text);
    }
}
