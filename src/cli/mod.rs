//! The command line: one file a command. Data goes to the output, messages to whoever called.

pub mod demo;
pub mod doctor;
pub mod export;
mod folder;
pub mod installation;
pub mod instrument;
mod keys;
mod progress;
pub mod protocol;
pub mod randomization;
pub mod simulate;
