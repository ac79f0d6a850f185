//! Conditions inside an instrument: when an item is shown, when blanks are regular, a diagnosis by rule.

use std::collections::BTreeMap;

use crate::kernel::number::Number;
use crate::trial::instrument::answer::Code;
use crate::trial::instrument::scoring::Context;

/// met, not met, undetermined
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Truth {
    /// met
    Met,
    /// not
    NotMet,
    /// unknown
    Undetermined,
}

/// A condition
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    text: String,
}

/// What is known
pub struct Known<'a> {
    /// codes
    pub codes: &'a BTreeMap<&'a str, Code>,
    /// scores
    pub scores: &'a BTreeMap<&'a str, Number>,
    /// context
    pub context: &'a Context,
}

impl Condition {
    /// text
    pub fn text(&self) -> &str {
        &self.text
    }
    /// items
    pub fn items(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
    /// scores
    pub fn scores(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
    /// judge
    pub fn judge(&self, _known: &Known<'_>) -> Truth {
        Truth::Undetermined
    }
}
