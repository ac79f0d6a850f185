//! Reading protocol and instrument files: TOML with places, driven by tables of keys, all findings in one run.

pub mod at;
pub mod finding;
pub mod keys;
pub mod shape;
pub mod tree;
