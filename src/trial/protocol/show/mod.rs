//! A protocol as an ethics board reads it: what is compared, who gets in, what is agreed to, who is asked what and when, how
//! arms are drawn, what raises an alert, what is analysed. All defaults are written out; sealed parameters are not there.

mod analysis;
mod enrolment;
mod page;
mod schedule;
mod study;
mod watch;

use std::collections::BTreeMap;

use crate::trial::instrument::definition::Instrument;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::show::page::Page;
use crate::trial::source::finding::Finding;

/// The page of a protocol. `findings` are those of its check: what was accepted is shown with its reason.
pub fn show(protocol: &Protocol, instruments: &BTreeMap<String, Instrument>, findings: &[Finding]) -> String {
    let mut page = Page::default();
    study::study(protocol, &mut page);
    study::comparison(protocol, &mut page);
    enrolment::steps(protocol, &mut page);
    enrolment::criteria(protocol, &mut page);
    enrolment::consents(protocol, &mut page);
    study::randomization(protocol, &mut page);
    schedule::table(protocol, instruments, &mut page);
    schedule::windows(protocol, &mut page);
    schedule::episodes(protocol, &mut page);
    watch::contact(protocol, &mut page);
    watch::safety(protocol, &mut page);
    analysis::outcomes(protocol, instruments, &mut page);
    analysis::adherence(protocol, &mut page);
    study::reservations(protocol, findings, &mut page);
    page.into_text()
}

/// Words with commas between.
fn listed<T: ToString>(words: impl IntoIterator<Item = T>) -> String {
    words.into_iter().map(|word| word.to_string()).collect::<Vec<_>>().join(", ")
}

/// The arms of a list, or `all`.
fn arms(arms: Option<&[String]>) -> String {
    arms.map_or_else(|| "all".to_owned(), listed)
}

/// `Non inferiority` for `non_inferiority`.
fn spoken(word: &str) -> String {
    let spaced = word.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A count with its noun: `1 item`, `2 items`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
