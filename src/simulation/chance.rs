//! The chance of the simulated people: a function of the seed text alone, the same on every machine. It uses nothing but
//! SHA-256, additions and comparisons, because sines and logarithms differ between platforms in their last bit.

use std::cell::Cell;

use crate::kernel::digest::sha256;

/// 2^32.
const RANGE: f64 = 4_294_967_296.0;

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Chance {
    seed: [u8; 32],
    counter: Cell<u64>,
}

impl Chance {
    /// The stream of a purpose, such as `person/17`: streams of different purposes have nothing to do with each other.
    pub fn new(seed: &str, purpose: &str) -> Self {
        Self { seed: sha256(format!("simulation\0{seed}\0{purpose}").as_bytes()), counter: Cell::new(0) }
    }

    fn word(&self) -> u32 {
        let count = self.counter.get();
        self.counter.set(count + 1);
        let mut message = [0; 40];
        message[..32].copy_from_slice(&self.seed);
        message[32..].copy_from_slice(&count.to_be_bytes());
        let [a, b, c, d, ..] = sha256(&message);
        u32::from_be_bytes([a, b, c, d])
    }

    /// From 0 to below 1.
    pub fn uniform(&self) -> f64 {
        f64::from(self.word()) / RANGE
    }

    /// Near enough to a standard normal number: twelve uniform ones less six (mean 0, variance 1, within ±6).
    pub fn normal(&self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    /// Whether something of this probability happens.
    pub fn happens(&self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A whole number from `from` to `to`, both included.
    pub fn between(&self, from: i64, to: i64) -> i64 {
        let range = i128::from(to.max(from)) - i128::from(from) + 1;
        let scaled = (i128::from(self.word()) * range) >> 32;
        from + i64::try_from(scaled).unwrap_or(0)
    }

    /// One of them; `None` of nothing.
    pub fn pick<'a, T>(&self, among: &'a [T]) -> Option<&'a T> {
        let last = i64::try_from(among.len()).ok()? - 1;
        among.get(usize::try_from(self.between(0, last)).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_a_function_of_seed_and_purpose() {
        let draw = |seed, purpose| Chance::new(seed, purpose).between(0, i64::from(u32::MAX));
        assert_eq!(draw("1", "a"), draw("1", "a"));
        assert_ne!(draw("1", "a"), draw("2", "a"));
        assert_ne!(draw("1", "a"), draw("1", "b"));
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let chance = Chance::new("moments", "");
        let normals: Vec<f64> = (0..4000).map(|_| chance.normal()).collect();
        let mean = normals.iter().sum::<f64>() / 4000.0;
        let variance = normals.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / 3999.0;
        // Five standard errors: 5 / √4000 and 5 · √(2 / 4000).
        assert!(mean.abs() < 0.08, "{mean}");
        assert!((variance - 1.0).abs() < 0.12, "{variance}");
    }

    #[test]
    fn both_ends_of_a_range_are_reached_and_nothing_beyond() {
        let chance = Chance::new("range", "");
        let drawn: std::collections::BTreeSet<i64> = (0..200).map(|_| chance.between(-1, 2)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [-1, 0, 1, 2]);
        assert_eq!(chance.between(5, 5), 5);
        assert_eq!(chance.pick::<u8>(&[]), None);
    }
}
