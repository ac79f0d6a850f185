//! The command line: one file a command. Data goes to the output, messages to whoever called.

pub mod instrument;
pub mod randomization;
