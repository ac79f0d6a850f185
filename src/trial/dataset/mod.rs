//! Datasets: what a trial gives to its statistician, as CSV whose names, order and bytes are fixed, with a dictionary that
//! has one entry for each column, in a package that outside programs can check. Pure: records in, bytes out, one
//! participant at a time. Who may see what is decided elsewhere and comes in as a `View`.

pub mod agenda;
mod answer;
pub mod archive;
pub mod catalogue;
pub mod codelist;
pub mod column;
pub mod derived;
mod descriptor;
mod digesting;
pub mod fault;
mod missing;
pub mod naming;
pub mod package;
mod readme;
pub mod record;
mod row;
mod table;
pub mod view;
mod vocabulary;
