//! Which safety rules an assessment's answers meet, and which can't be judged because an item is unanswered.

use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::names;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::reader;
use crate::trial::protocol::model::AlertLevel;
use crate::trial::protocol::model::SafetyRule;
use crate::trial::role::words;

words! {
    /// What raised an alert.
    Cause {
        /// The rule is met.
        Met = "met",
        /// An item that the rule reads was left unanswered.
        Unanswered = "unanswered",
    }
}

/// An alert that must be raised.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Raised {
    /// The rule.
    pub rule: String,
    /// The instrument that it reads.
    pub instrument: String,
    /// How soon it must be read.
    pub level: AlertLevel,
    /// What raised it.
    pub cause: Cause,
    /// Reading hours until it must be claimed.
    pub within_hours: u32,
}

/// The instrument of this assessment that a rule reads: the second word behind `this`.
pub fn instrument_of(expr: &Expr) -> Option<String> {
    names(expr).into_iter().find_map(|name| match name.path().as_slice() {
        ["this", instrument, ..] => Some((*instrument).to_owned()),
        _ => None,
    })
}

/// The alerts that answers raise. Rules whose instrument is not asked at this assessment say nothing. `is_over` is whether
/// the page was left, the form sent or the window closed: only then is a missing answer an unanswered one.
pub fn raised(rules: &[SafetyRule], asked: &[String], values: &dyn Values, is_over: bool) -> Vec<Raised> {
    rules
        .iter()
        .filter_map(|rule| {
            let expr = reader::read(&rule.rule).ok()?;
            let instrument = instrument_of(&expr).filter(|instrument| asked.contains(instrument))?;
            let (level, cause) = match evaluate(&expr, values) {
                Truth::Met => (rule.level, Cause::Met),
                Truth::Undetermined if is_over => (rule.unanswered?, Cause::Unanswered),
                Truth::Undetermined | Truth::NotMet => return None,
            };
            Some(Raised { rule: rule.id.clone(), instrument, level, cause, within_hours: rule.within_hours })
        })
        .collect()
}
