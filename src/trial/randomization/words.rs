//! Draws from a stream of ChaCha20 words: bounded numbers by rejection, shuffles by Durstenfeld downwards. Only the raw
//! words of the cipher are used, and no floating point, so that any language can repeat every draw.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::kernel::digest::Hash;

/// A stream of 32-bit words and the draws made from it.
#[derive(Clone)]
pub struct Words {
    source: ChaCha20Rng,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words(…)")
    }
}

impl Words {
    /// The keystream under a key.
    pub fn from_key(key: Hash) -> Self {
        Self { source: ChaCha20Rng::from_seed(key) }
    }

    /// The next word.
    pub fn next_word(&mut self) -> u32 {
        self.source.next_u32()
    }

    /// A whole number below `n`, each equally likely; at least one word is used. 0 for `n` = 0 or 1.
    ///
    /// For n up to 2^32 one word at a time, for larger n two (the first is the low half); numbers at or above the
    /// largest multiple of n that fits are rejected.
    pub fn below(&mut self, n: u64) -> u64 {
        loop {
            let low = u64::from(self.next_word());
            let accepted = if n <= 1 << 32 {
                remainder(low, u64::from(u32::MAX), n)
            } else {
                remainder(low | u64::from(self.next_word()) << 32, u64::MAX, n)
            };
            if let Some(drawn) = accepted {
                return drawn;
            }
        }
    }

    /// Puts the items in a random order, each equally likely. No word is used for one item or none.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let bound = u64::try_from(last).map_or(u64::MAX, |last| last + 1);
            // An index that does not fit stops the swap; it can't move another item.
            let other = usize::try_from(self.below(bound)).unwrap_or(usize::MAX);
            items.swap(last, other);
        }
    }
}

/// `drawn` mod n where `drawn` is uniform from 0 to `most`; `None` at or above the largest multiple of n.
fn remainder(drawn: u64, most: u64, n: u64) -> Option<u64> {
    let n = n.max(1);
    let spare = (most % n + 1) % n;
    (drawn <= most - spare).then_some(drawn % n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::digest::hex;
    use crate::kernel::digest::unhex32;

    const Z: Hash = [0; 32];

    fn at(seed: Hash, stream: u64, word: u128) -> Words {
        let mut source = ChaCha20Rng::from_seed(seed);
        source.set_stream(stream);
        source.set_word_pos(word);
        Words { source }
    }

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
    fn v1_bytes_are_the_words_in_little_endian() {
        let mut bytes = [0; 64];
        Words::from_key(Z).source.fill_bytes(&mut bytes);
        assert_eq!(
            hex(&bytes),
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7\
             da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
        );
    }

    #[test]
    fn v2_holds_for_words_pairs_of_words_and_bytes() {
        let stream = 0x0123_4567_89ab_cdef;
        assert_eq!(
            words(&mut at(i(), stream, 0), 16),
            "c141f42e 930922f0 c8563029 5390c59f 43273bbc 9cc435e4 cd9eefe1 50a37081 \
             4366d644 1fa0d595 1f2fb884 1170870c 7cd8ef86 661332fe 6715e898 856e4ab5"
        );
        let mut pairs = at(i(), stream, 0).source;
        assert_eq!([pairs.next_u64(), pairs.next_u64()], [0x9309_22f0_c141_f42e, 0x5390_c59f_c856_3029]);
        let mut last = at(i(), stream, 63).source;
        assert_eq!((last.next_u64(), last.get_word_pos()), (0xbb7a_5c13_60e5_c4ed, 65));
        let mut bytes = [0; 5];
        let mut cut = at(i(), stream, 0).source;
        cut.fill_bytes(&mut bytes);
        assert_eq!(hex(&bytes), "2ef441c1f0");
        assert_eq!((cut.next_u32(), cut.get_word_pos()), (0xc856_3029, 3));
    }

    #[test]
    fn v3_carries_the_block_counter() {
        assert_eq!(
            words(&mut at(f(), 1, (1 << 36) - 8), 16),
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
            let mut stream = at(i(), 7, 0);
            let drawn: Vec<u64> = (0..8).map(|_| stream.below(n)).collect();
            assert_eq!(drawn, expected, "n = {n}");
            assert_eq!(stream.source.get_word_pos(), position, "n = {n}");
        }
    }

    #[test]
    fn shuffles_agree_with_the_table() {
        let shuffled = |m: u32| {
            let mut stream = at(i(), 7, 0);
            let mut items: Vec<u32> = (0..m).collect();
            stream.shuffle(&mut items);
            (items, stream.source.get_word_pos())
        };
        assert_eq!(shuffled(0), (vec![], 0));
        assert_eq!(shuffled(1), (vec![0], 0));
        assert_eq!(shuffled(2), (vec![1, 0], 1));
        assert_eq!(shuffled(10), (vec![5, 2, 4, 1, 3, 0, 7, 6, 9, 8], 9));
        let deck = "51 40 17 25 35 38 14 7 30 0 50 28 29 42 47 34 15 39 45 22 48 37 16 4 10 9 33 49 13 6 3 18 41 26 \
                    20 44 46 19 21 8 2 12 31 1 43 11 5 36 27 24 23 32";
        assert_eq!(shuffled(52), (deck.split(' ').map(|card| card.parse().unwrap()).collect(), 51));
    }

    #[test]
    fn a_draw_rejects_exactly_the_rest_above_the_largest_multiple() {
        let word = |drawn: u64, n: u64| remainder(drawn, u64::from(u32::MAX), n);
        assert_eq!(word(0xffff_fffe, 3), Some(2));
        assert_eq!(word(0xffff_ffff, 3), None);
        assert_eq!(word(0x8000_0000, (1 << 31) + 1), Some(1 << 31));
        assert_eq!(word(0x8000_0001, (1 << 31) + 1), None);
        assert_eq!(word(0xffff_ffff, 1 << 32), Some(0xffff_ffff));
        assert_eq!(word(0xffff_ffff, 1), Some(0));
        // 2^64 mod (2^32 + 1) = 1, so only the last number of two words is left over.
        assert_eq!(remainder(u64::MAX - 1, u64::MAX, (1 << 32) + 1), Some(1 << 32));
        assert_eq!(remainder(u64::MAX, u64::MAX, (1 << 32) + 1), None);
    }

    #[test]
    fn about_half_of_the_words_are_rejected_for_one_more_than_half_their_range() {
        let mut stream = Words::from_key(i());
        (0..10_000).for_each(|_| assert!(stream.below((1 << 31) + 1) <= 1 << 31));
        // 10 000 successes at p = 0.5: standard deviation of the words used is 141; 4.89 of them are 692.
        let used = stream.source.get_word_pos();
        assert!((19_308..=20_692).contains(&used), "{used}");
    }

    #[test]
    fn coin_and_fold_agree() {
        let mut stream = at(f(), 3, 0);
        let coin: String = (0..32).map(|_| if stream.below(10) < 7 { '1' } else { '0' }).collect();
        assert_eq!(coin, "01111011110111111011011111011110");
        let mut stream = at(f(), 4, 0);
        let fold = (0..1_000_000).fold(0_u32, |x, _| x.rotate_left(1) ^ stream.next_word());
        assert_eq!(format!("{fold:08x}"), "8f91137d");
    }
}
