//! The protocol language: its error codes, its canonical form, what can't run yet, the commands.

mod canonical;
mod cli;
mod codes;
mod refusals;
mod unsupported;
