//! Authenticated encryption of fields with keys that lie outside the database.
//!
//! A sealed field is the key's id (8 hex digits), a dot, and hex of nonce and ciphertext (XChaCha20-Poly1305).
//! The place of the field (table, column, row) is bound to it, so that a ciphertext can't be moved to another row.

use chacha20poly1305::Key;
use chacha20poly1305::KeyInit;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::XNonce;
use chacha20poly1305::aead::Aead;
use chacha20poly1305::aead::Payload;
use zeroize::Zeroize;
use zeroize::ZeroizeOnDrop;

use crate::kernel::digest;
use crate::kernel::entropy::Entropy;
use crate::kernel::error::Error;

/// A key of 32 bytes; never printed, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// Takes over 32 bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a cryptographic function.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A name for the key that tells nothing of it: the first 8 hex digits of a tagged hash.
    pub fn id(&self) -> String {
        let hash = digest::Framed::tagged("EQUIPOISE-KEY-ID-V1").part(&self.0).sha256();
        digest::hex(&hash).chars().take(8).collect()
    }

    /// A keyed hash of `message` for `purpose`, 64 hex digits.
    pub fn mac(&self, purpose: &str, message: &[u8]) -> String {
        let framed = digest::Framed::tagged(purpose).part(message);
        digest::hex(&digest::hmac_sha256(&self.0, framed.bytes()))
    }

    /// Encrypts a field for its place.
    pub fn seal(&self, place: &str, plain: &[u8], entropy: &dyn Entropy) -> Result<String, Error> {
        let mut nonce = [0; 24];
        entropy.fill(&mut nonce)?;
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let cipher = XChaCha20Poly1305::new(&Key::from(self.0));
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::internal("a field could not be encrypted"))?;
        Ok(format!("{}.{}{}", self.id(), digest::hex(&nonce), digest::hex(&sealed)))
    }

    /// Decrypts a field at its place; a wrong key, a moved or a changed field is an error.
    pub fn open(&self, place: &str, field: &str) -> Result<Vec<u8>, Error> {
        let broken = || Error::internal("a sealed field does not open: wrong key, or a changed field");
        let (id, body) = field.split_once('.').ok_or_else(broken)?;
        if id != self.id() {
            return Err(Error::internal("a sealed field was made with another key"));
        }
        let bytes = digest::unhex(body).ok_or_else(broken)?;
        let (nonce, sealed) = bytes.split_at_checked(24).ok_or_else(broken)?;
        let nonce: [u8; 24] = nonce.try_into().map_err(|_| broken())?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        XChaCha20Poly1305::new(&Key::from(self.0))
            .decrypt(&XNonce::from(nonce), payload)
            .map_err(|_| broken())
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::entropy::SeededEntropy;

    #[test]
    fn a_field_opens_only_at_its_place_unchanged_and_with_its_key() {
        let source = SeededEntropy::new("seal");
        let key = SecretKey::new([7; 32]);
        let field = key.seal("contact.email/par_1", "a@example.org".as_bytes(), &source).unwrap();
        assert_eq!(key.open("contact.email/par_1", &field).unwrap(), b"a@example.org");
        assert!(key.open("contact.email/par_2", &field).is_err());
        assert!(SecretKey::new([8; 32]).open("contact.email/par_1", &field).is_err());
        let mut changed = field.clone();
        let last = changed.pop().unwrap();
        changed.push(if last == '0' { '1' } else { '0' });
        assert!(key.open("contact.email/par_1", &changed).is_err());
        assert!(!field.contains("example"));
    }
}
