//! Where chance comes from. Real studies take it from the operating system; simulations from a seed,
//! so that the same seed gives the same bytes.

use std::sync::Mutex;
use std::sync::PoisonError;

use crate::kernel::digest::sha256;
use crate::kernel::error::Error;

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the slice with random bytes, or says that none can be had.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Error>;

    /// Whether the bytes can be foreseen by whoever knows a seed. A study with seeded chance never allocates for real.
    fn is_seeded(&self) -> bool;
}

/// Thirty-two random bytes.
pub fn thirty_two(entropy: &dyn Entropy) -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

/// Sixteen random bytes.
pub fn sixteen(entropy: &dyn Entropy) -> Result<[u8; 16], Error> {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

/// The random generator of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one door to the system's random generator")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(bytes)
            .map_err(|error| Error::internal("no random bytes from the system").caused_by(error))
    }

    fn is_seeded(&self) -> bool {
        false
    }
}

/// SHA-256 in counter mode over a seed text: for simulations only.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: [u8; 32],
    counter: Mutex<u64>,
}

impl SeededEntropy {
    /// A source that is a function of the seed text alone.
    pub fn new(seed: &str) -> Self {
        Self { seed: sha256(seed.as_bytes()), counter: Mutex::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Error> {
        let mut counter = self.counter.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(32) {
            let mut message = [0; 40];
            message[..32].copy_from_slice(&self.seed);
            message[32..].copy_from_slice(&counter.to_be_bytes());
            let block = sha256(&message);
            *counter += 1;
            chunk.iter_mut().zip(block).for_each(|(byte, random)| *byte = random);
        }
        Ok(())
    }

    fn is_seeded(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_bytes_again_and_another_seed_others() {
        let draw = |seed: &str| {
            let source = SeededEntropy::new(seed);
            (thirty_two(&source).unwrap(), sixteen(&source).unwrap())
        };
        assert_eq!(draw("1"), draw("1"));
        assert_ne!(draw("1"), draw("2"));
        assert!(SeededEntropy::new("1").is_seeded());
        assert!(!OsEntropy.is_seeded());
    }
}
