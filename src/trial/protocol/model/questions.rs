//! What is asked beside the instruments of the library: forms, options, measures from outside, scoring rules of the study.

use serde::Serialize;
use std::collections::BTreeMap;

use crate::kernel::number::Number;
use crate::trial::role::words;

/// One option of a list.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Choice {
    /// Its code, for ever.
    pub code: String,
    /// Its words (first language).
    pub label: String,
}

/// `[form.<id>]`: a study's own questionnaire.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Form {
    /// Its title (first language).
    pub title: String,
    /// Its items in order.
    pub items: Vec<FormItem>,
}

words! {
    /// The type of a form's item.
    FieldType {
        /// Yes or no.
        Yesno = "yesno",
        /// One of a list.
        Choice = "choice",
        /// Several of a list.
        Multi = "multi",
        /// A number.
        Number = "number",
        /// A date.
        Date = "date",
        /// Words.
        Text = "text",
        /// A line from 0 to 100.
        Vas = "vas",
        /// Nothing is asked.
        Info = "info",
    }
}

/// One item of a form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FormItem {
    /// Its id.
    pub id: String,
    /// Its type.
    pub kind: FieldType,
    /// The question (first language).
    pub ask: String,
    /// The list of a choice.
    pub options: Option<String>,
    /// The least number.
    pub min: Option<Number>,
    /// The largest number.
    pub max: Option<Number>,
    /// The step between numbers.
    pub step: Option<Number>,
    /// The unit (first language).
    pub unit: Option<String>,
    /// The condition under which it is shown (expression).
    pub shown: Option<String>,
    /// Whether it must be answered.
    pub required: bool,
}

/// A measure whose items are not in this system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct External {
    /// Its title.
    pub title: String,
    /// Totals that are typed in: id, least, largest.
    pub totals: Vec<(String, Number, Number)>,
}

/// `[scoring.<instrument>]`: score → missing rule (`complete` or `prorate n`).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ScoringRule {
    /// Score id → the study's own rule.
    pub rules: BTreeMap<String, String>,
    /// Why.
    pub why: String,
}
