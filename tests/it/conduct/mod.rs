//! The verbs, called as the doors call them.

mod trial;
