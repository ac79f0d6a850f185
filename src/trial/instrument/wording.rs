//! What people read: lead, items and options of an instrument in one language, and who has proof-read it.

use std::collections::BTreeMap;

use crate::kernel::time::Date;
use crate::trial::instrument::definition::Answers;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Item;

/// Whether somebody has proof-read a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Review {
    /// Nobody yet: a live study can't open in this language.
    Unreviewed,
    /// Somebody has.
    Reviewed {
        /// Who.
        by: String,
        /// When.
        on: Date,
    },
}

/// The words of an instrument in one language. What is not there is never taken from another language.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wording {
    /// Whether somebody has proof-read it.
    pub review: Review,
    /// The sentence above the items.
    pub lead: Option<String>,
    /// Item → its text.
    pub items: BTreeMap<String, String>,
    /// List and code (`four.0`) → the option's label.
    pub options: BTreeMap<String, String>,
    /// Where a team added the wording: the terms under which it holds it.
    pub terms: Option<Terms>,
}

/// The terms under which a team holds wording that is not shipped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Terms {
    /// The licence.
    pub licence: String,
    /// The line that must stay visible.
    pub notice: String,
    /// When it was obtained.
    pub obtained: Date,
}

/// A team's own wording of an instrument whose key this library has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Overlay {
    /// The instrument.
    pub of: String,
    /// Language → wording.
    pub wording: BTreeMap<String, Wording>,
}

impl Wording {
    /// The label of an option: `label("four", "0")`.
    pub fn label(&self, list: &str, code: &str) -> Option<&str> {
        self.options.get(&format!("{list}.{code}")).map(String::as_str)
    }

    /// Whether it has all that is needed to ask the item: its text and the labels of its options.
    pub fn asks(&self, item: &Item) -> bool {
        let labelled = match &item.answers {
            Answers::Number { .. } => true,
            Answers::Choice { list, options, unlabelled } => options
                .iter()
                .filter(|option| !unlabelled.contains(&option.code))
                .all(|option| self.label(list, &option.code.to_string()).is_some()),
        };
        labelled && self.items.contains_key(&item.id)
    }
}

impl Instrument {
    /// The same instrument with a team's wording; a language that was there before is replaced as a whole.
    #[must_use]
    pub fn with_overlay(&self, overlay: &Overlay) -> Self {
        let mut worded = self.clone();
        worded.wording.extend(overlay.wording.clone());
        worded
    }

    /// The wording in a language.
    pub fn wording(&self, language: &str) -> Option<&Wording> {
        self.wording.get(language)
    }

    /// Whether it can be asked in a language: every item that a score or a flag reads has its words.
    pub fn is_worded(&self, language: &str) -> bool {
        let read = self.items_read();
        self.wording(language).is_some_and(|wording| {
            self.items.iter().filter(|item| read.contains(item.id.as_str())).all(|item| wording.asks(item))
        })
    }

    /// The items that are asked in a language, in order. An item that nothing reads and that has no words
    /// there is left out; without an item that scores read, nothing is asked.
    pub fn asked_in(&self, language: &str) -> Vec<&Item> {
        match self.wording(language) {
            Some(wording) if self.is_worded(language) => {
                self.items.iter().filter(|item| wording.asks(item)).collect()
            }
            _ => Vec::new(),
        }
    }
}
