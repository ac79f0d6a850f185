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
