//! SHA-256, HMAC, and the length-prefixed framing that every hashed record of this program uses.

use std::fmt::Write;

use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use sha2::Digest;
use sha2::Sha256;

/// A SHA-256 value: 32 bytes.
pub type Hash = [u8; 32];

/// SHA-256 of the bytes.
pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// SHA-256 of the bytes as 64 small hex digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

/// HMAC-SHA-256 of `message` under `key` (any length).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Hash {
    // HMAC takes a key of any length, so there is no error to meet here.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Small hex digits, two for each byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads hex digits of either case; `None` for anything else.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect()
}

/// Reads exactly 64 hex digits.
pub fn unhex32(text: &str) -> Option<Hash> {
    unhex(text)?.try_into().ok()
}

/// A message built of length-prefixed parts: u32 big-endian length, then the bytes
/// (the framing LP of the randomization construction).
#[derive(Clone, Debug)]
pub struct Framed(Vec<u8>);

impl Framed {
    /// Starts with a domain tag and a zero byte, so that no two kinds of record can be taken for each other.
    pub fn tagged(tag: &str) -> Self {
        let mut bytes = tag.as_bytes().to_vec();
        bytes.push(0);
        Self(bytes)
    }

    /// Appends one length-prefixed part.
    #[must_use]
    pub fn part(mut self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a 64-bit number, big-endian, without a length.
    #[must_use]
    pub fn u64(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// The whole message.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// SHA-256 of the whole message.
    pub fn sha256(&self) -> Hash {
        sha256(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_there_and_back() {
        assert_eq!(unhex("00ff1A"), Some(vec![0, 255, 26]));
        assert_eq!(hex(&[0, 255, 26]), "00ff1a");
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
        assert_eq!(unhex("éé"), None);
    }

    #[test]
    fn parts_carry_their_length() {
        assert_eq!(Framed::tagged("T").part(b"ab").u64(1).bytes(), b"T\0\0\0\0\x02ab\0\0\0\0\0\0\0\x01");
    }

    #[test]
    fn hmac_agrees_with_rfc_4231_case_2() {
        let mac = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
