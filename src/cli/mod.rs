//! The command line: one file a command. Data goes to the output, messages to whoever called.

pub mod doctor;
pub mod export;
mod folder;
pub mod installation;
pub mod instrument;
mod keys;
pub mod protocol;
pub mod randomization;
pub mod simulate;
