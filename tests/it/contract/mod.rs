//! Promises about the sources and the outer form of the program.

mod layers;
mod openapi;
mod source;
