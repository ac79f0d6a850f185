//! How arms are drawn: verifiable randomization by HKDF-SHA-256 and ChaCha20.
//!
//! A design (what may be published after the trial), a seed and a nonce (secret until then) give a commitment before the
//! first participant and, after the trial, let anybody recompute every allocation. Slots are computed, never stored ahead:
//! no generator state exists, a crash loses nothing, and one block can be recomputed alone.

pub mod design;
pub mod draw;
pub mod event;
pub mod label;
pub mod lints;
pub mod minimization;
pub mod parameters;
pub mod predictability;
pub mod reveal;
pub mod stream;
pub mod verification;
pub mod words;
