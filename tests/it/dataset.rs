//! Datasets of a small trial made by hand: bytes, concealment, the package, and what outside programs make of it.

mod bytes;
mod concealment;
mod description;
mod library;
mod package;
mod readers;
mod refusals;
mod shelf;
mod small;
mod versions;
