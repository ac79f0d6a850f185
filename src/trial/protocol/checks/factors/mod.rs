//! Stratification factors: one derivation each, levels without a gap, values that are there at the draw.

mod presence;
mod proof;

use std::collections::BTreeSet;

use crate::kernel::number::Number;
use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::names;
use crate::trial::expression::typing::Type;
use crate::trial::protocol::checks::doubts::is_no_truth;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::rules;
use crate::trial::protocol::checks::rules::place::Place;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::source::at::At;

/// Checks each factor of the draw.
pub fn check(trial: &Trial<'_>, report: &mut Report<'_>) {
    let Some(draw) = trial.draw_step() else { return };
    for row in trial.at.path("randomization.factors").items() {
        if is_no_truth(row.key("open")) {
            continue;
        }
        let is_open = row.key("open").written() == "true";
        let derivation =
            [("rules", row.key("rules").is_given()), ("cuts", row.key("cuts").is_given()), ("open", is_open)];
        let given: Vec<&str> = derivation.iter().filter(|(_, given)| *given).map(|(key, _)| *key).collect();
        if let [first, second, ..] = given.as_slice() {
            let text = format!("Unknown key '{second}' in a factor by '{first}'.");
            report.error_with("P002", &row.key(second).name(), text, "Keep one of them.");
            continue;
        }
        check_levels(row, is_open, report);
        match given.first() {
            Some(&"rules") => by_rules(trial, row, draw, report),
            Some(&"cuts") => by_cuts(trial, row, draw, report),
            Some(_) => open(row, report),
            None => by_choice(trial, row, draw, report),
        }
    }
}

fn missing(row: At<'_>, key: &str, what: &str, report: &mut Report<'_>) -> bool {
    let is_missing = !row.key(key).is_given();
    if is_missing {
        let text = format!("A randomization factor has no '{key}': {what}.");
        report.error_with("P005", &row.opening(), text, format!("Add {key} = … to the row."));
    }
    is_missing
}

fn check_levels(row: At<'_>, is_open: bool, report: &mut Report<'_>) {
    let levels = row.key("levels");
    if is_open {
        if levels.is_given() {
            let text = "An open factor has no levels: they come as logged events.";
            report.error("P312", &levels.name(), text);
        }
        return;
    }
    if missing(row, "levels", "its levels in order", report) {
        return;
    }
    let mut seen = BTreeSet::new();
    for level in levels.items() {
        match level.text() {
            Some("") => report.error("P006", &level.value(), "'' is no level: write a name."),
            Some(text) if !seen.insert(text) => {
                report.error("P007", &level.value(), format!("'{text}' twice."))
            }
            _ => {}
        }
    }
}

fn open(row: At<'_>, report: &mut Report<'_>) {
    let of = row.key("of");
    if !missing(row, "of", "site", report) && of.text().is_some_and(|text| text != "site") {
        let text = format!("'{}' is no open factor.", of.text().unwrap_or_default());
        report.error_with("P010", &of.value(), text, "One of site.");
    }
}

fn by_choice(trial: &Trial<'_>, row: At<'_>, draw: usize, report: &mut Report<'_>) {
    let of = row.key("of");
    if missing(row, "of", "a choice, or a number with cuts", report) {
        return;
    }
    let codes = match rules::type_of_name(trial, of, Place::Step(draw), report) {
        Some(Type::Choice(codes)) => codes,
        Some(Type::Truth) => vec!["true".to_owned(), "false".to_owned()],
        Some(other) => {
            let text = format!(
                "{} is {}: levels without cuts need a choice.",
                of.text().unwrap_or_default(),
                other.words()
            );
            return report.error("P204", &of.value(), text);
        }
        None => return,
    };
    let levels = row.key("levels");
    let named: Vec<&str> = levels.items().filter_map(At::text).collect();
    let name = of.text().unwrap_or_default();
    let mut all_fit = levels.is_given();
    for level in levels.items() {
        let is_option = level.text().is_some_and(|text| codes.iter().any(|code| code == text));
        all_fit &= is_option;
        if let Some(text) = level.text().filter(|_| !is_option) {
            let text = format!("'{text}' is no option of {name}: {}.", codes.join(", "));
            report.error("P209", &level.value(), text);
        }
    }
    if let Some(code) = codes.iter().find(|code| !named.contains(&code.as_str())).filter(|_| all_fit) {
        let text = format!("A {} of {code} fits no level.", proof::last_word(name));
        report.error("P305", &levels.value(), text);
    }
    presence::check(trial, row, of, &[name.to_owned()], report);
}

fn by_cuts(trial: &Trial<'_>, row: At<'_>, draw: usize, report: &mut Report<'_>) {
    let (of, cuts) = (row.key("of"), row.key("cuts"));
    let (n, k) = (cuts.items().count(), row.key("levels").items().count());
    if row.key("levels").is_given() && n + 1 != k {
        let text = format!(
            "{n} {} {} {} levels, here are {k}.",
            plural("cut", n),
            if n == 1 { "makes" } else { "make" },
            n + 1
        );
        report.error("P306", &cuts.name(), text);
    }
    let mut before: Option<Number> = None;
    for cut in cuts.items() {
        let number = cut.node().and_then(crate::trial::protocol::reading::take::number_of);
        if before >= number && before.is_some() && number.is_some() {
            report.error("P306", &cut.value(), "Cuts ascend: each level lies above the one before.");
            break;
        }
        before = number;
    }
    if missing(row, "of", "the number that is cut", report) {
        return;
    }
    match rules::type_of_name(trial, of, Place::Step(draw), report) {
        Some(Type::Number(..)) | None => {}
        Some(other) => {
            let text = format!("{} is {}: cuts need a number.", of.text().unwrap_or_default(), other.words());
            return report.error("P204", &of.value(), text);
        }
    }
    presence::check(trial, row, of, &[of.text().unwrap_or_default().to_owned()], report);
}

fn plural(word: &str, count: usize) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn by_rules(trial: &Trial<'_>, row: At<'_>, draw: usize, report: &mut Report<'_>) {
    let of = row.key("of");
    if of.is_given() {
        report.error_with("P002", &of.name(), "Unknown key 'of' in a factor by 'rules'.", "Take it out.");
    }
    let list = row.key("rules");
    let (n, k) = (list.items().count(), row.key("levels").items().count());
    if row.key("levels").is_given() && n != k {
        report.error("P306", &list.name(), format!("{n} {} for {k} levels.", plural("rule", n)));
    }
    let exprs: Option<Vec<Expr>> = list.items().map(rules::read).collect();
    let Some(exprs) = exprs else { return };
    let used: BTreeSet<String> = exprs.iter().flat_map(names).map(Name::to_string).collect();
    proof::prove_one_level(trial, list, draw, &exprs, report);
    presence::check(trial, row, list, &used.into_iter().collect::<Vec<_>>(), report);
}
