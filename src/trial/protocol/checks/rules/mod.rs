//! All rules of a protocol: read, typed at their places, and free of circles.

mod parts;
pub mod place;
pub mod scope;
pub mod types;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::Name;
use crate::trial::expression::ast::names;
use crate::trial::expression::finding::ExpressionFinding;
use crate::trial::expression::reader;
use crate::trial::expression::typing;
use crate::trial::expression::typing::Scope;
use crate::trial::expression::typing::Type;
use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::rules::place::Fact;
use crate::trial::protocol::checks::rules::place::Place;
use crate::trial::protocol::checks::rules::scope::FOLLOWS;
use crate::trial::protocol::checks::rules::scope::Names;
use crate::trial::protocol::checks::rules::scope::name_of;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::schedule::definition::Measure;
use crate::trial::source::at::At;
use crate::trial::source::shape::is_plain_rule;
use crate::trial::source::tree::Node;

/// The rule under a key, if there is one that can be read.
pub fn read(at: At<'_>) -> Option<Expr> {
    reader::read(at.text()?).ok()
}

/// Where in the file a stretch of a rule stands. A rule is one line without escapes, so characters count alike.
fn span_in_file(node: &Node, text: &str, finding: &ExpressionFinding) -> Range<usize> {
    if finding.code == "P210" {
        return node.span.start..node.span.start + 1;
    }
    let byte = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte);
    let start = node.span.start + 1;
    let from = byte(finding.at);
    let to = byte(finding.at + finding.width).max(from + 1);
    start + from..start + to
}

fn place_findings(
    at: At<'_>,
    findings: impl IntoIterator<Item = ExpressionFinding>,
    report: &mut Report<'_>,
) {
    let (Some(node), Some(text)) = (at.node(), at.text()) else { return };
    for finding in findings.into_iter().filter(|finding| finding.code != FOLLOWS) {
        let span = span_in_file(node, text, &finding);
        match finding.mend {
            Some(mend) => report.error_with(finding.code, &span, finding.text, mend),
            None => report.error(finding.code, &span, finding.text),
        }
    }
}

/// Whether the rule under a key can be read and typed. One that can't counts as given, whatever it was meant to say.
pub fn is_sound(trial: &Trial<'_>, at: At<'_>, place: Place<'_>) -> bool {
    at.text().is_some_and(|text| typing::compile(text, &Names { trial, place }).is_ok())
}

/// Checks the rule under a key at its place. A rule that is not one plain line was reported and is not read.
fn check(trial: &Trial<'_>, at: At<'_>, place: Place<'_>, report: &mut Report<'_>) {
    let Some(text) = at.text() else { return };
    if !is_plain_rule(at.written()) {
        return;
    }
    if let Err(findings) = typing::compile(text, &Names { trial, place }) {
        place_findings(at, findings, report);
    }
}

/// The type of a dotted name that is the value of a key; what is wrong with it is reported.
pub fn type_of_name(
    trial: &Trial<'_>,
    at: At<'_>,
    place: Place<'_>,
    report: &mut Report<'_>,
) -> Option<Type> {
    let text = at.text()?;
    let Some(name) = name_of(text) else {
        report.error("P205", &at.value(), format!("'{text}' is no name, as scr.entry.birth is one."));
        return None;
    };
    let kind = Names { trial, place }.value(&name);
    kind.map_err(|finding| place_findings(at, [finding], report)).ok()
}

/// The type of a part of a measure without its occasion: `phq9.total`.
pub fn type_of_part(trial: &Trial<'_>, at: At<'_>, report: &mut Report<'_>) -> Option<Type> {
    let name = name_of(at.text()?)?;
    let word = name.words.first()?;
    let names = Names { trial, place: Place::Results };
    let Some(asked) = trial.asked(&word.text) else {
        let kind =
            if Fact::parse(&word.text).is_some() { names.value(&name) } else { Err(names.not_asked(word)) };
        return kind.map_err(|finding| place_findings(at, [finding], report)).ok();
    };
    names.part(&name, word, asked).map_err(|finding| place_findings(at, [finding], report)).ok()
}

/// Checks all rules of the protocol.
pub fn check_all(trial: &Trial<'_>, report: &mut Report<'_>) {
    let root = trial.at;
    let steps = &trial.protocol.enrolment.steps;
    let position = |id: Option<&str>| steps.iter().position(|step| Some(step.id.as_str()) == id);
    for row in root.path("enrolment.criteria").items() {
        let Some(step) = position(row.key("step").text()) else { continue };
        check(trial, row.key("include"), Place::Step(step), report);
        check(trial, row.key("exclude"), Place::Step(step), report);
    }
    for row in root.path("comparison.arms").items() {
        check(trial, row.key("received"), Place::Results, report);
    }
    if let Some(draw) = trial.draw_step() {
        for row in root.path("randomization.factors").items() {
            row.key("rules").items().for_each(|rule| check(trial, rule, Place::Step(draw), report));
        }
    }
    check_shown(trial, report);
    for row in root.path("safety.rules").items() {
        check(trial, row.key("rule"), Place::Safety, report);
    }
    for row in root.path("schedule.episodes").items() {
        check(trial, row.key("when"), Place::Episode, report);
    }
    for list in ["analysis.flags", "analysis.sets"] {
        for row in root.path(list).items() {
            check(trial, row.key("rule"), Place::Results, report);
        }
    }
    check_circles(trial, report);
}

fn check_shown(trial: &Trial<'_>, report: &mut Report<'_>) {
    let measures = &trial.protocol.schedule.measures;
    for (measure, row) in measures.iter().zip(trial.at.path("schedule.measures").items()) {
        let place = Place::Shown(asked_together(trial, |other| std::ptr::eq(other, measure)));
        check(trial, row.key("shown"), place, report);
    }
    for name in trial.protocol.forms.keys() {
        let together = asked_together(trial, |other| other.uses == *name);
        for item in trial.at.key("form").key(name).key("items").items() {
            check(trial, item.key("shown"), Place::Shown(together.clone()), report);
        }
    }
}

/// The measures that are asked in one assessment with one of these.
fn asked_together<'t>(trial: &'t Trial<'_>, these: impl Fn(&Measure) -> bool) -> Vec<&'t Measure> {
    let all = &trial.protocol.schedule.measures;
    let hand: Vec<&Measure> = all.iter().filter(|measure| these(measure)).collect();
    let meets = |other: &&Measure| {
        hand.iter().any(|one| {
            one.by == other.by && trial.elements.iter().any(|element| element.has(one) && element.has(other))
        })
    };
    all.iter().filter(meets).collect()
}

/// Flags that need each other (P216), once for each circle.
fn check_circles(trial: &Trial<'_>, report: &mut Report<'_>) {
    let rows: Vec<At<'_>> = trial.at.path("analysis.flags").items().collect();
    let rules: Vec<Option<Expr>> = rows.iter().map(|row| read(row.key("rule"))).collect();
    let ids: Vec<Option<&str>> = rows.iter().map(|row| row.key("id").text()).collect();
    let needs = |at: usize| -> Vec<usize> {
        let Some(Some(rule)) = rules.get(at) else { return Vec::new() };
        let flags =
            names(rule).into_iter().filter(|name| name.words.first().is_some_and(|w| w.text == "flag"));
        flags
            .filter_map(|name| name.words.get(1))
            .filter_map(|word| ids.iter().position(|id| *id == Some(word.text.as_str())))
            .collect()
    };
    for circle in circles(rows.len(), needs) {
        let (Some(first), Some(next)) = (circle.first(), circle.get(1).or(circle.first())) else { continue };
        let (Some(row), Some(Some(rule))) = (rows.get(*first), rules.get(*first)) else { continue };
        let next_id = ids.get(*next).copied().flatten().unwrap_or_default();
        let own_id = ids.get(*first).copied().flatten().unwrap_or_default();
        let is_next = |name: &&Name| name.path() == ["flag", next_id];
        let Some(name) = names(rule).into_iter().find(is_next) else { continue };
        let text = format!("Flags {own_id} and {next_id} need each other.");
        place_findings(row.key("rule"), [ExpressionFinding::new("P216", name.span(), text)], report);
    }
}

/// The circles among numbered things, each once and from its least number on.
pub fn circles(count: usize, needs: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    let mut closed = BTreeSet::new();
    for start in 0..count {
        let mut path = Vec::new();
        if !closed.contains(&start) && leads_back(start, start, &needs, &mut path, &mut BTreeSet::new()) {
            closed.extend(path.iter().copied());
            found.push(path);
        }
    }
    found
}

fn leads_back(
    from: usize,
    start: usize,
    needs: &impl Fn(usize) -> Vec<usize>,
    path: &mut Vec<usize>,
    seen: &mut BTreeSet<usize>,
) -> bool {
    if !seen.insert(from) {
        return false;
    }
    path.push(from);
    for next in needs(from) {
        if next == start || leads_back(next, start, needs, path, seen) {
            return true;
        }
    }
    path.pop();
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_circle_is_found_once_from_its_first_member() {
        let needs = |at: usize| match at {
            0 => vec![3],
            1 => vec![2],
            2 => vec![1],
            4 => vec![4],
            _ => vec![],
        };
        assert_eq!(circles(5, needs), vec![vec![1, 2], vec![4]]);
    }
}
