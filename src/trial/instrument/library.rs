//! The instruments that ship with the program: data files, embedded when it is built.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rust_embed::RustEmbed;

use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::reading;
use crate::trial::source::finding::Finding;
use crate::trial::source::finding::did_you_mean;

#[derive(RustEmbed)]
#[folder = "protocols/instruments"]
struct Files;

/// All instruments that ship, by id.
pub fn library() -> &'static BTreeMap<String, Instrument> {
    static LIBRARY: OnceLock<BTreeMap<String, Instrument>> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let files = Files::iter().filter_map(|name| Some((Files::get(&name)?, name)));
        files
            .filter_map(|(file, name)| {
                let text = String::from_utf8_lossy(&file.data).into_owned();
                reading::instrument(&name, &text).0
            })
            .map(|instrument| (instrument.id.clone(), instrument))
            .collect()
    })
}

/// An instrument that the library does not have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no instrument '{id}'.{guess}")]
pub struct UnknownInstrument {
    /// What was asked for.
    pub id: String,
    /// ` Did you mean '…'?`, or nothing.
    pub guess: String,
}

/// An instrument by its id.
pub fn find(id: &str) -> Result<&'static Instrument, UnknownInstrument> {
    library().get(id).ok_or_else(|| UnknownInstrument {
        id: id.to_owned(),
        guess: did_you_mean(id, library().keys().map(String::as_str)),
    })
}

/// What is found in the files that ship; nothing, if they are sound (a test holds them to it).
pub fn findings() -> Vec<Finding> {
    Files::iter()
        .filter_map(|name| Some((Files::get(&name)?, name)))
        .flat_map(|(file, name)| reading::instrument(&name, &String::from_utf8_lossy(&file.data)).1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::instrument::answer::Answer;
    use crate::trial::instrument::scoring;
    use crate::trial::instrument::scoring::Context;
    use crate::trial::instrument::scoring::Overrides;

    fn total(
        id: &str,
        answers: &[(&str, serde_json::Value)],
    ) -> (String, Option<String>, usize, Option<String>) {
        let answers = answers
            .iter()
            .map(|(item, value)| ((*item).to_owned(), Answer::from_json(value).unwrap()))
            .collect();
        let scored =
            scoring::score(&library()[id], &answers, &Context::default(), &Overrides::new()).unwrap();
        let total = scored.score("total").unwrap().clone();
        let value = total.number().map(|number| number.to_string());
        (total.status.as_str().to_owned(), value, total.missing, total.band)
    }

    #[test]
    fn every_file_that_ships_is_sound() {
        let found: Vec<String> = findings().iter().map(Finding::line).collect();
        assert_eq!(found, Vec::<String>::new());
        assert_eq!(library().len(), Files::iter().count());
    }

    #[test]
    fn one_missing_of_nine_is_prorated_and_three_are_not() {
        let answers = |missing: usize| -> Vec<(String, serde_json::Value)> {
            (missing + 1..=9).map(|item| (item.to_string(), 2.into())).collect()
        };
        let scored = |missing: usize| {
            let answers = answers(missing);
            let answers: Vec<(&str, serde_json::Value)> =
                answers.iter().map(|(item, value)| (item.as_str(), value.clone())).collect();
            total("phq9", &answers)
        };
        assert_eq!(scored(0), ("scored".into(), Some("18".into()), 0, Some("moderately_severe".into())));
        assert_eq!(scored(1), ("prorated".into(), Some("18".into()), 1, Some("moderately_severe".into())));
        assert_eq!(scored(3), ("not_scorable".into(), None, 3, None));
    }
}
