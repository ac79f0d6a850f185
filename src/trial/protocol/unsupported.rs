//! What the language knows and this program can't run yet: refused by name (P009), never skipped. The list ends empty.

use crate::trial::source::at::At;

/// One thing that can't run yet.
#[derive(Debug)]
pub struct Unsupported {
    /// Its name, as the finding says it.
    pub name: &'static str,
    /// The key that asks for it: `[]` stands for each row of a list, `*` for each table.
    pub path: &'static str,
    /// The value that asks for it; without one the key itself does.
    pub value: Option<&'static str>,
}

const fn key(path: &'static str, name: &'static str) -> Unsupported {
    Unsupported { name, path, value: None }
}

const fn value(path: &'static str, value: &'static str, name: &'static str) -> Unsupported {
    Unsupported { name, path, value: Some(value) }
}

const CLUSTERS: &str = "randomization of clusters";
const FACTORIAL: &str = "factorial designs";
const LATER_DRAW: &str = "a draw after an occasion, of some participants only";
const GUARDIAN: &str = "a guardian's consent and answers";
const RETIRED: &str = "retired rows";

/// All of it.
pub const UNSUPPORTED: &[Unsupported] = &[
    value("study.design", "cluster", CLUSTERS),
    key("cluster", CLUSTERS),
    value("randomization.unit", "cluster", CLUSTERS),
    value("study.design", "factorial", FACTORIAL),
    key("comparison.dimensions", FACTORIAL),
    key("comparison.arms[].cell", FACTORIAL),
    value("study.design", "single_group", "designs with a single group"),
    key("comparison.groups", "closed groups"),
    value("randomization.method", "minimization", "minimization"),
    value("randomization.method", "big_stick", "big stick randomization"),
    value("randomization.method", "block_urn", "block urn randomization"),
    value("randomization.method", "wei_urn", "Wei's urn randomization"),
    value("randomization.method", "whole_cohort", "randomization of whole cohorts"),
    value("randomization.method", "uploaded", "uploaded randomization lists"),
    key("enrolment.steps[].after", LATER_DRAW),
    key("enrolment.steps[].when", LATER_DRAW),
    key("consent.*.guardian_when", GUARDIAN),
    value("schedule.measures[].by", "guardian", GUARDIAN),
    value("consent.*.countersign", "true", "countersigned consents"),
    key("consent.*.checks", "questions on understanding"),
    value("consent.*.how[]", "eid", "consent by electronic identity"),
    value("form.*.items[].type", "multi", "items with several answers"),
    key("schedule.measures[].valueset", "value sets"),
    key("schedule.episodes[].choice", "treatments that participants choose"),
    key("contact.messages", "messages that are content"),
    key("contact.incentives", "incentives"),
    key("comparison.arms[].until", RETIRED),
    key("comparison.treatments[].until", RETIRED),
    key("comparison.hypotheses[].until", RETIRED),
    key("enrolment.steps[].until", RETIRED),
    key("enrolment.criteria[].until", RETIRED),
    key("consent.*.until", RETIRED),
    key("form.*.until", RETIRED),
    key("form.*.items[].until", RETIRED),
    key("external.*.until", RETIRED),
    key("schedule.anchors[].until", RETIRED),
    key("schedule.occasions[].until", RETIRED),
    key("schedule.measures[].until", RETIRED),
    key("schedule.episodes[].until", RETIRED),
    key("safety.rules[].until", RETIRED),
    key("analysis.outcomes[].until", RETIRED),
    key("analysis.flags[].until", RETIRED),
    key("analysis.sets[].until", RETIRED),
    key("adherence.variables[].until", RETIRED),
];

impl Unsupported {
    /// Where a file asks for it first.
    pub fn found_in<'n>(&self, root: At<'n>) -> Option<At<'n>> {
        let mut places = vec![root];
        for part in self.path.split('.') {
            let name = part.trim_end_matches("[]");
            places = match name {
                "*" => places.iter().flat_map(|at| at.entries().map(|(_, at)| at)).collect(),
                _ => places.iter().map(|at| at.key(name)).filter(|at| at.is_given()).collect(),
            };
            if part.ends_with("[]") {
                places = places.iter().flat_map(|at| at.items()).collect();
            }
        }
        places.into_iter().find(|at| self.value.is_none_or(|value| at.written().trim_matches('"') == value))
    }
}
