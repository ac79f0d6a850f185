//! Wording that a team adds to instruments: `messages/<study>/instruments/<instrument>.<language>.toml`.

use std::borrow::Cow;

use crate::trial::instrument::library::library;
use crate::trial::instrument::reading;
use crate::trial::protocol::checks::trial::Trial;
use crate::trial::source::finding::Finding;
use crate::trial::source::finding::did_you_mean;
use crate::trial::source::tree;
use crate::trial::source::tree::Source;

/// Adds the wording of all overlays to the instruments of the trial. Gives what is wrong with the overlays.
pub fn apply(trial: &mut Trial<'_>) -> Vec<Finding> {
    let folder = format!("{}instruments/", trial.folder());
    let texts = trial.texts;
    let files = texts.iter().filter(|(path, _)| path.starts_with(&folder) && path.ends_with(".toml"));
    files.flat_map(|(path, text)| apply_one(trial, path, text)).collect()
}

fn apply_one(trial: &mut Trial<'_>, path: &str, text: &str) -> Vec<Finding> {
    let source = Source::new(path, text);
    let of = tree::read(&source).0.get("overlay").and_then(|head| head.get("of")).cloned();
    let id = of.as_ref().and_then(|node| node.text()).unwrap_or_default();
    let Some(known) = library().get(id) else {
        let span = of.as_ref().map(|node| node.span.clone()).unwrap_or_default();
        let guess = did_you_mean(id, library().keys().map(String::as_str));
        return vec![source.error("P101", &span, format!("No instrument '{id}'.{guess}"))];
    };
    let (overlay, findings) = reading::overlay(path, text, known);
    match overlay {
        Some(overlay) => {
            if let Some(used) = trial.instruments.get_mut(id) {
                *used = Cow::Owned(used.with_overlay(&overlay));
            }
        }
        None => {
            trial.broken_overlays.insert(id.to_owned());
        }
    }
    findings
}
