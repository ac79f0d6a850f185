//! `[randomization]`: what may be read here, block sizes, numbers of strata.

use crate::kernel::number::Number;
use crate::trial::protocol::checks::doubts::is_no_truth;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::model::Derivation;
use crate::trial::protocol::model::Method;
use crate::trial::protocol::model::Randomization;
use crate::trial::protocol::model::StepKind;
use crate::trial::protocol::sections::RESTRICTED;
use crate::trial::source::at::At;

/// Checks the section.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let section = trial.at.key("randomization");
    let Some(draw) = &trial.protocol.randomization else {
        if trial.at.key("comparison").is_given() {
            let text = "The file has no 'randomization': how arms are drawn.";
            report.error("P005", &trial.at.opening(), text);
        }
        return;
    };
    let Some(method) = section.key("method").text().and_then(|word| word.parse::<Method>().ok()) else {
        return;
    };
    match method {
        Method::Simple => check_foreign_keys(section, method, &[], report),
        Method::PermutedBlock => {
            check_foreign_keys(section, method, &["blocks"], report);
            check_openness(section, report);
            check_blocks(trial, section.key("blocks"), report);
            check_strata(trial, draw, report);
        }
        // Refused as a whole: P009.
        Method::Minimization
        | Method::BigStick
        | Method::BlockUrn
        | Method::WeiUrn
        | Method::WholeCohort
        | Method::Uploaded => {}
    }
}

/// A key of another method is unknown here.
fn check_foreign_keys(section: At<'_>, method: Method, own: &[&str], report: &mut Report<'_>) {
    for key in RESTRICTED.iter().filter(|key| !own.contains(key)) {
        let at = section.key(key);
        if at.is_given() {
            let text = format!("Unknown key '{key}' in randomization by {method}.");
            report.error_with("P002", &at.name(), text, "Take the line out.");
        }
    }
    for row in section.key("factors").items() {
        let weight = row.key("weight");
        if weight.is_given() {
            let text = format!("Unknown key 'weight' in randomization.factors by {method}.");
            report.error_with("P002", &weight.name(), text, "Take it out.");
        }
    }
}

/// Restricted keys are either sealed or public, never just there.
fn check_openness(section: At<'_>, report: &mut Report<'_>) {
    if ["sealed", "public"].iter().any(|key| is_no_truth(section.key(key))) {
        return;
    }
    let is_true = |key: &str| section.key(key).written() == "true";
    let given = RESTRICTED.iter().map(|key| (*key, section.key(key))).find(|(_, at)| at.is_given());
    match (is_true("sealed"), is_true("public"), given) {
        (false, true, Some(_)) | (true, false, None) => {}
        (false, true, None) => {
            let text = "randomization has no 'blocks': total block sizes.";
            report.error_with("P005", &section.opening(), text, "Add blocks = … to the table.");
        }
        (_, _, given) => {
            let (key, span) = given.map_or(("blocks", section.opening()), |(key, at)| (key, at.name()));
            let text = format!("'{key}' can be read here: sealed = true, or public = true (example).");
            report.error("P304", &span, text);
        }
    }
}

fn ratio_sum(trial: &Trial<'_>) -> i64 {
    trial.protocol.comparison.arms.iter().map(|arm| i64::from(arm.ratio)).sum()
}

fn check_blocks(trial: &Trial<'_>, blocks: At<'_>, report: &mut Report<'_>) {
    let sum = ratio_sum(trial);
    let sizes: Vec<i64> =
        blocks.items().filter_map(|at| at.node()).filter_map(|node| node.integer()).collect();
    if blocks.is_given() && blocks.items().next().is_none() {
        return report.error("P004", &blocks.value(), "'blocks' takes at least one size, here is none.");
    }
    let ratios = trial.at.path("comparison.arms").items().map(|row| row.key("ratio"));
    let is_number = |at: At<'_>| at.node().is_some_and(|node| node.integer().is_some());
    if !blocks.items().all(is_number) || !ratios.filter(|ratio| ratio.is_given()).all(is_number) || sum == 0 {
        return;
    }
    let mut sound = true;
    for (at, size) in blocks.items().zip(&sizes) {
        if *size <= 0 || size % sum != 0 {
            sound = false;
            report.error("P301", &at.value(), format!("Block {size} is no multiple of the ratio sum {sum}."));
        }
    }
    let (Some(first), true) = (sizes.first(), sound) else { return };
    if sizes.iter().any(|size| size != first) {
        return;
    }
    if *first == sum {
        let text =
            format!("The only block equals the ratio sum: every {} allocation is certain.", ordinal(sum));
        report.error_with("P302", &blocks.value(), text, "Give several sizes.");
    } else if recruiters_learn(trial) {
        let text = "One fixed block where recruiters learn allocations.";
        report.warning("P303", &blocks.value(), text);
    }
}

fn ordinal(number: i64) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// Whether somebody who draws or includes may see arms.
fn recruiters_learn(trial: &Trial<'_>) -> bool {
    let steps = trial.protocol.enrolment.steps.iter();
    steps
        .filter(|step| matches!(step.kind, StepKind::Randomization | StepKind::Inclusion))
        .flat_map(|step| &step.by)
        .any(|role| !trial.is_blind(*role))
}

fn check_strata(trial: &Trial<'_>, draw: &Randomization, report: &mut Report<'_>) {
    let factors = trial.at.path("randomization.factors");
    let Some(planned) = trial.protocol.study.planned.map(i64::from) else { return };
    if draw.factors.is_empty() {
        return;
    }
    let sites = trial.protocol.study.sites.len();
    let levels = draw.factors.iter().map(|factor| match &factor.derivation {
        Derivation::Cuts { levels, .. }
        | Derivation::Choice { levels, .. }
        | Derivation::Rules { levels, .. } => levels.len().max(1),
        Derivation::Open { .. } => sites.max(1),
    });
    let strata = levels.fold(1_i64, |all, one| all.saturating_mul(i64::try_from(one).unwrap_or(i64::MAX)));
    if strata.saturating_mul(2) > planned {
        let text = format!("{strata} strata for {planned} persons, limit n/2: use minimization.");
        return report.error("P308", &factors.name(), text);
    }
    let largest = draw.blocks.as_ref().and_then(|blocks| blocks.iter().max()).copied().map(i64::from);
    let (Some(largest), Some(expected)) = (largest, Number::fraction(planned.into(), strata.into())) else {
        return;
    };
    let text = format!("{} expected per stratum, largest block {largest}.", expected.rounded(1).to_cell());
    if expected < Number::from(largest) {
        let mend = "Fewer factors, smaller blocks, or minimization.";
        report.error_with("P309", &factors.name(), text, mend);
    } else if expected < Number::from(2 * largest) {
        report.warning("P309", &factors.name(), text);
    }
}
