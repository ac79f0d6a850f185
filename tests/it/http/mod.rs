//! What every web door shares.

mod answers;
