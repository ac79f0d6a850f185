//! The language of rules in protocols and instruments: typed at load, total, three-valued, exact.
//!
//! A rule is read (`reader`), typed against the names of its place (`typing`), and evaluated against values
//! (`evaluation`). A missing value is never 0, never "no": a comparison with it is undetermined.

pub mod ast;
pub mod evaluation;
pub mod finding;
mod lexer;
pub mod printing;
pub mod reader;
pub mod typing;
