//! Which safety rules an assessment's answers meet, and which can't be judged because an item is unanswered.

use crate::trial::expression::ast::Expr;
use crate::trial::expression::ast::Name;
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

/// The items and form fields that a rule names, in the order of its text.
pub fn items_of(expr: &Expr) -> Vec<String> {
    let item = |name: &Name| match (&name.item, name.path().as_slice()) {
        (Some(item), _) => Some(item.text.clone()),
        (None, ["this", _, field]) => Some((*field).to_owned()),
        (None, _) => None,
    };
    names(expr).into_iter().filter_map(item).collect()
}

/// A safety rule that can't be read: never passed over in silence.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("safety rule '{0}' can't be read")]
pub struct UnreadableRule(pub String);

/// The alerts that answers raise. Rules whose instrument is not asked at this assessment say nothing. `is_over` is whether
/// the page was left, the form sent or the window closed: only then is a missing answer an unanswered one.
pub fn raised(
    rules: &[SafetyRule],
    asked: &[String],
    values: &dyn Values,
    is_over: bool,
) -> Result<Vec<Raised>, UnreadableRule> {
    let mut alerts = Vec::new();
    for rule in rules {
        let expr = reader::read(&rule.rule).map_err(|_| UnreadableRule(rule.id.clone()))?;
        let Some(instrument) = instrument_of(&expr).filter(|instrument| asked.contains(instrument)) else {
            continue;
        };
        let found = match evaluate(&expr, values) {
            Truth::Met => Some((rule.level, Cause::Met)),
            Truth::Undetermined if is_over => rule.unanswered.map(|level| (level, Cause::Unanswered)),
            Truth::Undetermined | Truth::NotMet => None,
        };
        alerts.extend(found.map(|(level, cause)| Raised {
            rule: rule.id.clone(),
            instrument,
            level,
            cause,
            within_hours: rule.within_hours,
        }));
    }
    Ok(alerts)
}
