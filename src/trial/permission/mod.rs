//! Permission as data: one row per action says who may do it, on what, with which duty. Deny by default.

pub mod action;
pub mod caller;
pub mod decision;
pub mod table;
