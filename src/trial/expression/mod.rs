//! The language of rules in protocols and instruments: typed at load, total, three-valued, exact.
//!
//! A rule is read (`reader`), typed against the names of its place (`typing`; `typing::compile` does both), and
//! evaluated against values (`evaluation`). A missing value is never 0, never "no": a comparison with it is
//! undetermined.

pub mod ast;
pub mod evaluation;
pub mod finding;
mod function;
mod lexer;
pub mod printing;
pub mod reader;
pub mod typing;
mod value;

#[cfg(test)]
mod place;
#[cfg(test)]
mod properties;
