//! The keys that lie outside the database, each for one purpose.

use crate::kernel::Error;
use crate::kernel::entropy::Entropy;
use crate::kernel::entropy::thirty_two;
use crate::kernel::sealing::SecretKey;

/// The four keys of an installation.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Seals designs, seeds and nonces. Losing it ends allocation.
    pub seal: SecretKey,
    /// Seals contact data and typed names. Losing it loses contacts.
    pub contact: SecretKey,
    /// Signs access tokens.
    pub token: SecretKey,
    /// Makes keyed hashes: cursors, codes, duplicate search, blind codes.
    pub mac: SecretKey,
}

impl Keys {
    /// Draws four new keys.
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, Error> {
        Ok(Self {
            seal: SecretKey::new(thirty_two(entropy)?),
            contact: SecretKey::new(thirty_two(entropy)?),
            token: SecretKey::new(thirty_two(entropy)?),
            mac: SecretKey::new(thirty_two(entropy)?),
        })
    }
}
