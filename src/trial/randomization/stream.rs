//! Streams of random words, each a function of seed, nonce, design, study, label and index.
//!
//! Commitment: SHA-256 over tag, study, design hash, beacon, seed, nonce. Key of a stream: HKDF-SHA-256 (RFC 5869) with the
//! beacon as salt and the seed as input. Words: the ChaCha20 keystream (RFC 8439, zero nonce, counter 0) as little-endian
//! u32. Bounded draws by rejection, shuffles by Durstenfeld downwards. No floating point anywhere.

use hkdf::Hkdf;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::Sha256;
use zeroize::Zeroize;
use zeroize::ZeroizeOnDrop;

use crate::kernel::digest::Framed;
use crate::kernel::digest::Hash;

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
    expander: Hkdf<Sha256>,
    prk: Hash,
}

impl std::fmt::Debug for Streams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Streams({})", self.study)
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        self.prk.zeroize();
    }
}

impl Streams {
    /// Extracts the key from which every stream's key is expanded.
    pub fn new(context: &Context, secrets: &Secrets) -> Self {
        let salt = context.beacon.unwrap_or([0; 32]);
        let (prk, expander) = Hkdf::<Sha256>::extract(Some(&salt), &secrets.seed);
        Self {
            study: context.study.clone(),
            commitment: commitment(context, secrets),
            expander,
            prk: prk.into(),
        }
    }

    /// The commitment that belongs to these streams.
    pub fn commitment(&self) -> Hash {
        self.commitment
    }

    /// The pseudorandom key (for published vectors only).
    #[cfg(test)]
    pub fn prk(&self) -> Hash {
        self.prk
    }

    /// The key of one stream.
    pub fn key(&self, label: &str, index: u64) -> Hash {
        let info = Framed::tagged("RCT-RAND-STREAM-V1")
            .part(self.study.as_bytes())
            .part(&self.commitment)
            .part(label.as_bytes())
            .u64(index);
        let mut key = [0; 32];
        // Expanding 32 bytes can't fail: the limit is 255 × 32.
        let _ = self.expander.expand(info.bytes(), &mut key);
        key
    }

    /// The words of one stream, from its start.
    pub fn words(&self, label: &str, index: u64) -> Words {
        Words::from_key(self.key(label, index))
    }
}

/// A stream of 32-bit words and the draws made from it.
#[derive(Clone, Debug)]
pub struct Words {
    source: ChaCha20Rng,
}

impl Words {
    /// The keystream under a key.
    pub fn from_key(key: Hash) -> Self {
        Self { source: ChaCha20Rng::from_seed(key) }
    }

    #[cfg(test)]
    fn at(seed: Hash, stream: u64, word: u128) -> Self {
        let mut source = ChaCha20Rng::from_seed(seed);
        source.set_stream(stream);
        source.set_word_pos(word);
        Self { source }
    }

    /// The next word.
    pub fn next_word(&mut self) -> u32 {
        self.source.next_u32()
    }

    /// A whole number below `n`, each equally likely; at least one word is used. 0 for `n` = 0 or 1.
    ///
    /// For n up to 2^32 one word at a time, for larger n as many as hold it (first word lowest); words at or above the
    /// largest multiple of n are rejected.
    pub fn below(&mut self, n: u64) -> u64 {
        if n <= 1 << 32 {
            let n = n.max(1);
            let limit = (1_u64 << 32) - (1_u64 << 32) % n;
            loop {
                let word = u64::from(self.next_word());
                if word < limit {
                    return word % n;
                }
            }
        }
        let (n, span) = (u128::from(n), 1_u128 << 64);
        let limit = span - span % n;
        loop {
            let low = u128::from(self.next_word());
            let high = u128::from(self.next_word());
            let drawn = low | high << 32;
            if drawn < limit {
                return u64::try_from(drawn % n).unwrap_or(0);
            }
        }
    }

    /// Puts the items in a random order, each equally likely. No word is used for one item or none.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let bound = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
            let other = usize::try_from(self.below(bound)).unwrap_or(0);
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::digest::hex;
    use crate::kernel::digest::unhex32;

    const Z: Hash = [0; 32];

    fn i() -> Hash {
        std::array::from_fn(|at| u8::try_from(at).unwrap())
    }

    fn f() -> Hash {
        unhex32("fff8f1eae3dcd5cec7c0b9b2aba49d968f88817a736c655e575049423b342d26").unwrap()
    }

    fn words(stream: &mut Words, count: usize) -> String {
        let found: Vec<String> = (0..count).map(|_| format!("{:08x}", stream.next_word())).collect();
        found.join(" ")
    }

    #[test]
    fn v1_is_the_first_keystream_of_rfc_8439() {
        assert_eq!(
            words(&mut Words::from_key(Z), 16),
            "ade0b876 903df1a0 e56a5d40 28bd8653 b819d2bd 1aed8da0 ccef36a8 c70d778b \
             7c5941da 8d485751 3fe02477 374ad8b8 f4b8436a 1ca11815 69b687c3 8665eeb2"
        );
    }

    #[test]
    fn v2_and_v3_agree_across_streams_and_the_counter_s_carry() {
        assert_eq!(
            words(&mut Words::at(i(), 0x0123_4567_89ab_cdef, 0), 4),
            "c141f42e 930922f0 c8563029 5390c59f"
        );
        assert_eq!(
            words(&mut Words::at(f(), 1, (1 << 36) - 8), 16),
            "a62c8545 080fecf2 864df28c 586bebe1 5d06663c 486ef9a5 9c101fb9 a41683e4 \
             b0fe9896 a0e10f8c 6842a80a 298a6f63 da21edd5 2e377b18 5193060f 52a4dc02"
        );
    }

    #[test]
    fn a_change_of_stream_keeps_the_word_position() {
        for (k, next) in [
            (0, "2a2bc7d1"),
            (1, "d3a0144f"),
            (5, "2ef46e45"),
            (63, "d4ba041e"),
            (64, "b26616ac"),
            (65, "6a333a6c"),
            (128, "92bde9b7"),
        ] {
            let mut stream = Words::from_key(i());
            words(&mut stream, k);
            stream.source.set_stream(9);
            assert_eq!(words(&mut stream, 1), next, "after {k} words");
        }
    }

    #[test]
    fn bounded_draws_agree_with_the_table() {
        let cases: [(u64, [u64; 8], u128); 8] = [
            (1, [0; 8], 8),
            (2, [0, 1, 0, 1, 0, 1, 1, 1], 8),
            (3, [2, 2, 2, 2, 0, 1, 0, 1], 8),
            (6, [2, 5, 2, 5, 0, 1, 3, 1], 8),
            (10, [8, 1, 4, 7, 4, 3, 7, 3], 8),
            (1000, [968, 721, 974, 927, 884, 283, 337, 843], 8),
            (
                2_147_483_649,
                [
                    1_061_424_968,
                    850_975_721,
                    443_877_974,
                    1_944_842_337,
                    1_588_993_608,
                    553_716_728,
                    388_108_768,
                    1_428_201,
                ],
                14,
            ),
            (
                4_294_967_295,
                [
                    1_061_424_968,
                    850_975_721,
                    443_877_974,
                    4_154_126_927,
                    2_677_636_884,
                    3_063_576_283,
                    1_944_842_337,
                    3_370_609_843,
                ],
                8,
            ),
        ];
        for (n, expected, position) in cases {
            let mut stream = Words::at(i(), 7, 0);
            let drawn: Vec<u64> = (0..8).map(|_| stream.below(n)).collect();
            assert_eq!(drawn, expected, "n = {n}");
            assert_eq!(stream.source.get_word_pos(), position, "n = {n}");
        }
    }

    #[test]
    fn shuffles_agree_with_the_table() {
        let shuffled = |m: u32| {
            let mut stream = Words::at(i(), 7, 0);
            let mut items: Vec<u32> = (0..m).collect();
            stream.shuffle(&mut items);
            (items, stream.source.get_word_pos())
        };
        assert_eq!(shuffled(0), (vec![], 0));
        assert_eq!(shuffled(1), (vec![0], 0));
        assert_eq!(shuffled(2), (vec![1, 0], 1));
        assert_eq!(shuffled(10), (vec![5, 2, 4, 1, 3, 0, 7, 6, 9, 8], 9));
        let (deck, position) = shuffled(52);
        assert_eq!(deck[..6], [51, 40, 17, 25, 35, 38]);
        assert_eq!(deck[45..], [11, 5, 36, 27, 24, 23, 32]);
        assert_eq!(position, 51);
    }

    #[test]
    fn coin_and_fold_agree() {
        let mut stream = Words::at(f(), 3, 0);
        let coin: String = (0..32).map(|_| if stream.below(10) < 7 { '1' } else { '0' }).collect();
        assert_eq!(coin, "01111011110111111011011111011110");
        let mut stream = Words::at(f(), 4, 0);
        let fold = (0..1_000_000).fold(0_u32, |x, _| x.rotate_left(1) ^ stream.next_word());
        assert_eq!(format!("{fold:08x}"), "8f91137d");
    }

    #[test]
    fn a_debug_print_shows_no_secret() {
        let secrets = Secrets { seed: [0xaa; 32], nonce: [0xbb; 32] };
        let printed = format!("{secrets:?}");
        assert!(!printed.contains("aa") && !printed.contains("170"), "{printed}");
        assert_eq!(hex(&secrets.seed).len(), 64);
    }
}
