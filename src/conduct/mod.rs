//! What people do: one verb, one transaction, one audit event. REST, command line and simulation call the same verbs,
//! so a rule is written once and a page can do nothing that the API cannot.

pub mod act;
pub mod caller;
pub mod context;
pub mod keys;
pub mod target;
