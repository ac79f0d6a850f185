//! A sink that counts and hashes what passes through.

use std::io::Result;
use std::io::Write;

use sha2::Digest;
use sha2::Sha256;

use crate::kernel::digest;

/// Hands everything on, and knows its length and SHA-256.
pub struct Digesting<'w> {
    sink: &'w mut dyn Write,
    hash: Sha256,
    bytes: u64,
}

impl<'w> Digesting<'w> {
    /// In front of a sink.
    pub fn new(sink: &'w mut dyn Write) -> Self {
        Self { sink, hash: Sha256::new(), bytes: 0 }
    }

    /// How many bytes passed, and their SHA-256 in hex.
    pub fn finish(self) -> (u64, String) {
        (self.bytes, digest::hex(&self.hash.finalize()))
    }
}

impl Write for Digesting<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let taken = self.sink.write(bytes)?;
        let passed = bytes.get(..taken).unwrap_or(bytes);
        self.hash.update(passed);
        self.bytes += u64::try_from(taken).unwrap_or(u64::MAX);
        Ok(taken)
    }

    fn flush(&mut self) -> Result<()> {
        self.sink.flush()
    }
}
