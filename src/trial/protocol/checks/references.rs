//! Ids that name something defined elsewhere (P101). Broken ids that were found before count as given.

use crate::trial::protocol::checks::report::Report;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::schedule::definition::BUILT_IN_ANCHORS;
use crate::trial::source::at::At;
use crate::trial::source::finding::did_you_mean;

/// Checks the text under a key against the known ids.
pub fn check<'k>(at: At<'_>, kind: &str, known: impl IntoIterator<Item = &'k str>, report: &mut Report<'_>) {
    let Some(id) = at.text() else { return };
    named(at, id, kind, known, report);
}

/// Checks each text of a list.
pub fn check_each<'k, K>(at: At<'_>, kind: &str, known: impl Fn() -> K, report: &mut Report<'_>)
where
    K: IntoIterator<Item = &'k str>,
{
    at.items().for_each(|item| check(item, kind, known(), report));
}

/// Checks a name that a value says (the base of a point) at the place of the value.
pub fn named<'k>(
    at: At<'_>,
    id: &str,
    kind: &str,
    known: impl IntoIterator<Item = &'k str>,
    report: &mut Report<'_>,
) {
    let known: Vec<&str> = known.into_iter().collect();
    // Where the id of a definition is broken, nobody knows whether it is the one that is named.
    let is_doubtful = id.is_empty() || known.contains(&"");
    if !is_doubtful && !known.contains(&id) {
        let guess = did_you_mean(id, known.iter().copied());
        report.error("P101", &at.value(), format!("No {kind} '{id}'.{guess}"));
    }
}

impl Trial<'_> {
    /// Checks a list of arms.
    pub fn check_arms(&self, at: At<'_>, report: &mut Report<'_>) {
        check_each(at, "arm", || self.arm_names().collect::<Vec<_>>(), report);
    }

    /// The ids of anchors, built in and own.
    pub fn anchor_names(&self) -> Vec<&str> {
        let own = self.protocol.schedule.anchors.iter().map(|anchor| anchor.id.as_str());
        BUILT_IN_ANCHORS.iter().copied().chain(own).collect()
    }

    /// Checks that a document is there in each language.
    pub fn check_document(&self, at: At<'_>, report: &mut Report<'_>) {
        let Some(name) = at.text().filter(|name| !name.is_empty()) else { return };
        for language in self.languages() {
            let path = self.document(language, name);
            if !self.texts.contains_key(&path) && !self.protocol.study.id.is_empty() {
                let text = format!("No document '{name}' ({path}).");
                report.error("P101", &at.value(), text);
            }
        }
    }
}
