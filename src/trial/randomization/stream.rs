//! Streams of random words, each a function of seed, nonce, design, study, label and index.
//!
//! Commitment: SHA-256 over tag, study, design hash, beacon, seed, nonce. Key of a stream: HKDF-SHA-256 (RFC 5869) with the
//! beacon as salt and the seed as input. Words: the ChaCha20 keystream (RFC 8439, zero nonce, counter 0) as little-endian
//! u32.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroize;
use zeroize::ZeroizeOnDrop;
use zeroize::Zeroizing;

use crate::kernel::digest::Framed;
use crate::kernel::digest::Hash;
use crate::trial::randomization::words::Words;

/// The beacon reference of a sequence that mixes no public beacon in.
pub const NO_BEACON: &str = "none";

/// What a sequence is drawn from. Wiped when dropped, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secrets {
    /// 32 random bytes.
    pub seed: [u8; 32],
    /// 32 random bytes that hide a guessable design inside the commitment.
    pub nonce: [u8; 32],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// The public side of a sequence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Context {
    /// The study's id.
    pub study: String,
    /// SHA-256 of the canonical design.
    pub design_hash: Hash,
    /// The public beacon that is mixed in, or `none`.
    pub beacon_ref: String,
    /// Its value; `None` for `none`.
    pub beacon: Option<Hash>,
}

/// The commitment C: published before the first participant.
pub fn commitment(context: &Context, secrets: &Secrets) -> Hash {
    Framed::tagged("RCT-RAND-COMMIT-V1")
        .part(context.study.as_bytes())
        .part(&context.design_hash)
        .part(context.beacon_ref.as_bytes())
        .part(&secrets.seed)
        .part(&secrets.nonce)
        .sha256()
}

/// All streams of one design version of one study.
#[derive(Clone)]
pub struct Streams {
    study: String,
    commitment: Hash,
    prk: Zeroizing<Hash>,
}

impl std::fmt::Debug for Streams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Streams({})", self.study)
    }
}

impl Streams {
    /// Extracts the key from which every stream's key is expanded.
    pub fn new(context: &Context, secrets: &Secrets) -> Self {
        let salt = context.beacon.unwrap_or([0; 32]);
        let (prk, _) = Hkdf::<Sha256>::extract(Some(&salt), &secrets.seed);
        Self {
            study: context.study.clone(),
            commitment: commitment(context, secrets),
            prk: Zeroizing::new(prk.into()),
        }
    }

    /// The commitment that belongs to these streams.
    pub fn commitment(&self) -> Hash {
        self.commitment
    }

    /// The key of one stream.
    #[expect(
        clippy::expect_used,
        reason = "a failed expansion must stop the draw, never go on with a known key"
    )]
    pub fn key(&self, label: &str, index: u64) -> Zeroizing<Hash> {
        let info = Framed::tagged("RCT-RAND-STREAM-V1")
            .part(self.study.as_bytes())
            .part(&self.commitment)
            .part(label.as_bytes())
            .u64(index);
        let mut key = Zeroizing::new([0; 32]);
        let expander = Hkdf::<Sha256>::from_prk(self.prk.as_slice()).expect("32 bytes are a key of SHA-256");
        expander.expand(info.bytes(), key.as_mut_slice()).expect("32 bytes are one block of SHA-256");
        key
    }

    /// The words of one stream, from its start.
    pub fn words(&self, label: &str, index: u64) -> Words {
        Words::from_key(*self.key(label, index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::digest::hex;

    #[test]
    fn a_debug_print_shows_no_secret() {
        let secrets = Secrets { seed: [0xaa; 32], nonce: [0xbb; 32] };
        let context =
            Context { study: "S".into(), design_hash: [0; 32], beacon_ref: "none".into(), beacon: None };
        let streams = Streams::new(&context, &secrets);
        let words = streams.words("[]", 0);
        assert_eq!(format!("{secrets:?} {streams:?} {words:?}"), "Secrets(…) Streams(S) Words(…)");
    }

    #[test]
    fn the_published_key_is_extracted() {
        let context = Context {
            study: "TEST-001".into(),
            design_hash: [0; 32],
            beacon_ref: "none".into(),
            beacon: None,
        };
        let streams = Streams::new(
            &context,
            &Secrets { seed: std::array::from_fn(|at| u8::try_from(at).unwrap()), nonce: [0; 32] },
        );
        assert_eq!(
            hex(streams.prk.as_slice()),
            "46bd320605c5a6b6163ab70bc6345b92a5f908e79fe58979c23ebb47d1a5e307"
        );
    }
}
