//! Answers as they are stored: each item with its state, raw codes, nothing reversed, nothing defaulted.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::trial::role::words;

words! {
    /// What became of an item.
    ItemState {
        /// There is an answer.
        Answered = "answered",
        /// Seen, and left.
        Skipped = "skipped",
        /// Its condition did not hold.
        NotShown = "not_shown",
        /// The form offers "not applicable", and it was taken.
        NotApplicable = "not_applicable",
        /// Never seen.
        NotReached = "not_reached",
    }
}

words! {
    /// Why staff who enter answers have none to an item.
    NoAnswer {
        /// The person was asked and said no.
        Refused = "refused",
        /// Something of ours did not work: a page that is lost, a line that broke.
        Technical = "technical",
    }
}

/// One item.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct StoredItem {
    /// What became of it.
    pub state: ItemState,
    /// The raw answer, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Why there is none, where somebody has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<NoAnswer>,
}

impl StoredItem {
    /// An item without an answer.
    pub fn without(state: ItemState) -> Self {
        Self { state, value: None, why: None }
    }

    /// An item that was left, and why.
    pub fn left(why: NoAnswer) -> Self {
        Self { why: Some(why), ..Self::without(ItemState::Skipped) }
    }

    /// An answer.
    pub fn answered(value: Value) -> Self {
        Self { state: ItemState::Answered, value: Some(value), why: None }
    }
}

/// All items of a response that were touched: id → item.
pub type StoredAnswers = BTreeMap<String, StoredItem>;
