//! The canonical form of a protocol and its hash: typed, defaults written, layout and comments gone, restricted keys left
//! out, with the hashes of its texts and instruments. What consents, verdicts, responses and allocations refer to.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::digest;
use crate::trial::instrument::definition::Instrument;
use crate::trial::protocol::model::Protocol;
use crate::trial::protocol::texts::Texts;

/// The canonical form and its SHA-256.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Canonical {
    /// RFC 8785 JSON.
    pub text: String,
    /// SHA-256 of it, 64 hex digits: the protocol's hash.
    pub sha256: String,
}

#[derive(Serialize)]
struct Form<'p> {
    format: u32,
    #[serde(flatten)]
    protocol: &'p Protocol,
    texts: BTreeMap<&'p String, String>,
    instruments: BTreeMap<&'p String, String>,
}

/// The canonical form of a protocol with its texts and the instruments that it uses.
pub fn of(
    protocol: &Protocol,
    texts: &Texts,
    instruments: &BTreeMap<String, Instrument>,
) -> Result<Canonical, Error> {
    let form = Form {
        format: 1,
        protocol,
        texts: texts.iter().map(|(path, text)| (path, digest::sha256_hex(text.as_bytes()))).collect(),
        instruments: instruments.iter().map(|(id, instrument)| (id, instrument.sha256())).collect(),
    };
    let text = canonical::text_of(&form)?;
    let sha256 = digest::sha256_hex(text.as_bytes());
    Ok(Canonical { text, sha256 })
}
