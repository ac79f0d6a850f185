//! What the reader of a dataset may see. The decision is made where permission is; here it only takes effect.

use std::collections::BTreeMap;

use crate::kernel::digest;
use crate::kernel::time::Timestamp;

/// How arms are shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ArmView {
    /// Not at all: there is no column.
    Absent,
    /// By letters that mean something within one data cut only: arm → letter.
    Letters(BTreeMap<String, String>),
    /// As they are.
    Shown,
}

/// What the reader of a dataset may see.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct View {
    /// The data cut: the latest act or window boundary that counts.
    pub cut: Timestamp,
    /// How arms are shown.
    pub arms: ArmView,
    /// Whether what only some arms have, or each at a time of its own, is in: its rows alone tell groups apart.
    pub arm_bound: bool,
    /// Whether answers in free words are in: a person may have written a name.
    pub free_text: bool,
}

impl View {
    /// For whoever sees no arms: no arm column, nothing that only some arms have.
    pub fn without_arms(cut: Timestamp) -> Self {
        Self { cut, arms: ArmView::Absent, arm_bound: false, free_text: false }
    }

    /// For the blinded statistician: letters in the order of HMAC-SHA-256(key, data cut ‖ arm), so that they can't be
    /// carried from one data cut to the next. What only some arms have is in; `masked` leaves it out.
    pub fn blinded<'a>(cut: Timestamp, key: &[u8], arms: impl IntoIterator<Item = &'a str>) -> Self {
        let mut order: Vec<_> = arms
            .into_iter()
            .map(|arm| (digest::hmac_sha256(key, format!("{cut}{arm}").as_bytes()), arm))
            .collect();
        order.sort_unstable();
        let letters =
            order.into_iter().zip('A'..='Z').map(|((_, arm), letter)| (arm.to_owned(), letter.to_string()));
        Self { cut, arms: ArmView::Letters(letters.collect()), arm_bound: true, free_text: false }
    }

    /// For whoever may see arms.
    pub fn with_arms(cut: Timestamp) -> Self {
        Self { cut, arms: ArmView::Shown, arm_bound: true, free_text: false }
    }

    /// The same without what only some arms have.
    #[must_use]
    pub fn masked(self) -> Self {
        Self { arm_bound: false, ..self }
    }

    /// The same with answers in free words.
    #[must_use]
    pub fn with_free_text(self) -> Self {
        Self { free_text: true, ..self }
    }

    /// Whether something is in.
    pub fn shows(&self, is_arm_bound: bool) -> bool {
        self.arm_bound || !is_arm_bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(cut: &str, key: &[u8]) -> Vec<(String, String)> {
        let view = View::blinded(cut.parse().unwrap(), key, ["icbt", "ipdt", "wl"]);
        let ArmView::Letters(letters) = view.arms else { panic!("{view:?}") };
        letters.into_iter().collect()
    }

    #[test]
    fn letters_are_a_permutation_that_follows_the_cut_and_the_key() {
        let cuts = (0..60).map(|second| format!("2026-03-01T10:00:{second:02}Z"));
        let mut seen: Vec<_> = cuts
            .map(|cut| {
                let mut drawn = letters(&cut, b"key");
                assert_eq!(letters(&cut, b"key"), drawn);
                let order: Vec<String> = drawn.iter().map(|(_, letter)| letter.clone()).collect();
                drawn.sort_by(|a, b| a.1.cmp(&b.1));
                assert_eq!(drawn.iter().map(|(_, letter)| letter.as_str()).collect::<String>(), "ABC");
                order
            })
            .collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 6, "60 cuts show all six orders of three arms");
    }
}
