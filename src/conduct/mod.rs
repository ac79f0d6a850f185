//! What people do: one verb, one transaction, one audit event. REST, command line and simulation call the same verbs,
//! so a rule is written once and a page can do nothing that the API cannot.

pub mod accounts;
pub mod act;
pub mod alerting;
pub mod allocating;
pub mod answering;
pub mod auditing;
pub mod caller;
pub mod checking;
pub mod consenting;
pub mod context;
mod described;
pub mod designing;
pub mod enrolling;
pub mod exporting;
pub mod judging;
pub mod keys;
pub mod linking;
pub mod looking;
pub mod overview;
pub mod own_account;
pub mod plan;
pub mod planning;
pub mod record;
pub mod registering;
pub mod renewing;
pub mod revealing;
pub mod scores;
pub mod seeing;
pub mod settling;
pub mod signing_in;
pub mod siting;
pub mod staffing;
pub mod studying;
pub mod target;
pub mod versions;
