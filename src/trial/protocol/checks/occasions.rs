//! Occasions and episodes: windows in order, series without overlap, arms that fit, and who may chase an arm's own.

use crate::trial::protocol::checks::references;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::rules::place::is_reserved;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::protocol::checks::trial::is_among;
use crate::trial::protocol::reading::ladders;
use crate::trial::protocol::reading::take;
use crate::trial::role::Role;
use crate::trial::schedule::definition::Occasion;
use crate::trial::schedule::definition::Offset;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::occasions::element_id;
use crate::trial::source::at::At;

/// Checks each occasion and episode.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let rows = trial.at.path("schedule.occasions");
    for (occasion, row) in trial.protocol.schedule.occasions.iter().zip(rows.items()) {
        check_references(trial, row, report);
        check_opening(trial, occasion, row, report);
        check_window(row, report);
        check_series(row, report);
        check_anchor_arms(trial, occasion, row, report);
        check_chasers(trial, occasion, row, report);
    }
    check_twice(trial, rows, report);
    check_dates_shown(trial, rows, report);
    for row in trial.at.path("schedule.episodes").items() {
        check_episode(trial, row, report);
    }
}

fn check_references(trial: &Trial<'_>, row: At<'_>, report: &mut Report<'_>) {
    let id = row.key("id");
    if let Some(text) = id.text().filter(|text| is_reserved(text)) {
        let text = format!("'{text}' is no occasion id: rules use the word themselves.");
        report.error("P006", &id.value(), text);
    }
    let schedule = &trial.protocol.schedule;
    references::check(row.key("anchor"), "anchor", trial.anchor_names(), report);
    let episodes = schedule.episodes.iter().map(|episode| episode.id.as_str());
    references::check(row.key("episode"), "episode", episodes, report);
    let own = trial.at.key("ladder").entries().map(|(name, _)| name);
    references::check(row.key("ladder"), "ladder", own.chain(ladders::NAMES), report);
    trial.check_arms(row.key("arms"), report);
}

const WINDOW: [&str; 4] = ["opens", "due", "closes", "late"];

/// Either a step names it, or it has an anchor with a window.
fn check_opening(trial: &Trial<'_>, occasion: &Occasion, row: At<'_>, report: &mut Report<'_>) {
    let is_anchored = row.key("anchor").is_given();
    match (is_anchored, trial.step_of(occasion)) {
        (false, None) if occasion.id.is_empty() || trial.doubts_steps() => {}
        (false, None) => {
            let id = &occasion.id;
            report.error("P509", &row.opening(), format!("'{id}' has no anchor and no step names it."));
        }
        (true, Some(_)) => {
            let text = format!("'{}' has an anchor, and a step opens it: keep one of them.", occasion.id);
            report.error("P509", &row.key("anchor").name(), text);
        }
        (false, Some(_)) => {
            for key in WINDOW.into_iter().chain(["every", "times", "arms", "episode"]) {
                if row.key(key).is_given() {
                    let text = format!("Unknown key '{key}' in an occasion that a step opens.");
                    report.error_with("P002", &row.key(key).name(), text, "Take it out.");
                }
            }
        }
        (true, None) => {
            let pair = [("every", "times"), ("times", "every")];
            let series = pair.into_iter().filter(|(one, _)| row.key(one).is_given()).map(|(_, other)| other);
            for key in ["opens", "due", "closes"].into_iter().chain(series) {
                if !row.key(key).is_given() {
                    let text = format!("Occasion '{}' has no '{key}'.", occasion.id);
                    report.error_with("P005", &row.opening(), text, format!("Add {key} = … to the row."));
                }
            }
        }
    }
}

fn offset(row: At<'_>, key: &str) -> Option<Offset> {
    row.node().and_then(|node| take::maybe_offset(node, key))
}

/// opens, due, closes, late in this order on every possible day of the anchor.
fn check_window(row: At<'_>, report: &mut Report<'_>) {
    let given: Vec<(&str, Offset)> =
        WINDOW.into_iter().filter_map(|key| Some((key, offset(row, key)?))).collect();
    for ((before, x), (after, y)) in given.iter().zip(given.iter().skip(1)) {
        if y.is_before(*x) != Some(false) {
            let written = |key: &str| row.key(key).text().unwrap_or_default().to_owned();
            let text = format!("{after} ({}) is before {before} ({}).", written(after), written(before));
            return report.error("P501", &row.key(after).value(), text);
        }
    }
}

/// An element closes before the next one opens.
fn check_series(row: At<'_>, report: &mut Report<'_>) {
    let (Some(opens), Some(closes), Some(every)) =
        (offset(row, "opens"), offset(row, "closes"), offset(row, "every"))
    else {
        return;
    };
    let times = row.key("times").node().and_then(|node| node.integer()).unwrap_or(0);
    let Some(next) = opens.plus_times(every, 1).filter(|_| times > 1) else { return };
    if closes.is_before(next) != Some(true) {
        let id = row.key("id").text().unwrap_or_default();
        let text = format!(
            "{} closes on {}, {} opens on {}.",
            element_id(id, 1),
            day(closes),
            element_id(id, 2),
            day(next)
        );
        report.error("P502", &row.key("closes").value(), text);
    }
}

fn day(offset: Offset) -> String {
    if offset.months == 0 { format!("day {}", offset.days) } else { offset.to_string() }
}

/// P505: who has the occasion must have its anchor, and all that the anchor is counted from.
fn check_anchor_arms(trial: &Trial<'_>, occasion: &Occasion, row: At<'_>, report: &mut Report<'_>) {
    let Timing::Window { anchor, .. } = &occasion.timing else { return };
    let chain = trial.anchor_chain(anchor);
    let is_doubtful = chain.iter().any(|anchor| trial.doubts_arms(anchor.arms.as_deref()));
    if is_doubtful || row.key("episode").is_given() && occasion.episode.is_none() {
        return;
    }
    let lacks = |arm: &&str| chain.iter().any(|anchor| !is_among(anchor.arms.as_deref(), arm));
    if let Some(arm) = trial.arms_with(occasion).into_iter().find(lacks) {
        let text = format!("'{}' is for {arm}, anchor '{anchor}' is not.", occasion.id);
        report.error("P505", &row.key("anchor").value(), text);
    }
}

/// Roles that may chase an assessment that is late.
const CHASERS: [Role; 2] = [Role::Lead, Role::Coordinator];

/// P513: an occasion of some arms only tells the arm, so somebody who sees arms must be there to chase it.
fn check_chasers(trial: &Trial<'_>, occasion: &Occasion, row: At<'_>, report: &mut Report<'_>) {
    let arms = trial.arms_with(occasion);
    let is_own = !arms.is_empty() && arms.len() < trial.arms().count();
    if is_own && CHASERS.iter().all(|role| trial.is_blind(*role)) {
        let key = if row.key("arms").is_given() { "arms" } else { "episode" };
        let arms = arms.join(", ");
        let text = format!("Occasions of arm {arms} only, and every role that may chase them is blind.");
        report.error("P513", &row.key(key).value(), text);
    }
}

/// P007: an id may stand twice, for disjoint arms; an element of a series is an id too.
fn check_twice(trial: &Trial<'_>, rows: At<'_>, report: &mut Report<'_>) {
    let occasions = &trial.protocol.schedule.occasions;
    for (number, (occasion, row)) in occasions.iter().zip(rows.items()).enumerate() {
        let id = row.key("id");
        if occasion.id.is_empty() {
            continue;
        }
        let arms = trial.arms_with(occasion);
        for before in occasions.iter().take(number).filter(|before| before.id == occasion.id) {
            let both = trial.arms_with(before).into_iter().find(|arm| arms.contains(arm));
            if let Some(arm) = both.or_else(|| occasion.arms.is_none().then_some("all")) {
                let text = format!("'{}' twice for arm {arm}.", occasion.id);
                report.error_with("P007", &id.value(), text, "Rename one, or give both disjoint arms.");
                break;
            }
        }
        let is_element = |element: &crate::trial::schedule::occasions::Element<'_>| {
            element.id == occasion.id && element.occasion.id != occasion.id
        };
        if trial.elements.iter().any(is_element) {
            let text = format!("'{}' twice: an element of a series has this id.", occasion.id);
            report.error("P007", &id.value(), text);
        }
    }
}

/// P511, once for each id: at the second where it stands twice, else at its arms.
fn check_dates_shown(trial: &Trial<'_>, rows: At<'_>, report: &mut Report<'_>) {
    if trial.protocol.study.blind.is_empty() {
        return;
    }
    let occasions = &trial.protocol.schedule.occasions;
    for (number, (occasion, row)) in occasions.iter().zip(rows.items()).enumerate() {
        let is_second = occasions.iter().take(number).any(|before| before.id == occasion.id);
        let is_first_of_two = occasions.iter().skip(number + 1).any(|after| after.id == occasion.id);
        let key = if is_second { "id" } else { "arms" };
        if occasion.episode.is_some() || is_first_of_two || !row.key("arms").is_given() {
            continue;
        }
        let text = format!("{} differs between arms: blinded roles see no dates.", occasion.id);
        report.warning("P511", &row.key(key).value(), text);
    }
}

fn check_episode(trial: &Trial<'_>, row: At<'_>, report: &mut Report<'_>) {
    let comparison = &trial.protocol.comparison;
    trial.check_arms(row.key("arms"), report);
    let treatments = comparison.treatments.iter().map(|treatment| treatment.id.as_str());
    references::check(row.key("treatment"), "arm or treatment", trial.arms().chain(treatments), report);
    references::check(row.key("after"), "occasion", trial.occasion_names(), report);
    references::check(row.key("anchor"), "anchor", trial.anchor_names(), report);
    match (row.key("treatment").is_given(), row.key("choice").is_given()) {
        (false, false) => {
            let text = "An episode has no 'treatment': an arm or treatment.";
            report.error_with("P005", &row.opening(), text, "Add treatment = … to the row.");
        }
        (true, true) => {
            let text = "Unknown key 'choice' in an episode that has a treatment.";
            report.error_with("P002", &row.key("choice").name(), text, "Keep one of them.");
        }
        (true, false) | (false, true) => {}
    }
}
