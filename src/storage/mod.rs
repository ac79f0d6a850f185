//! The database. The only layer that knows SQL and diesel; takes and gives plain types of `trial` and `kernel`.

pub mod audit;
pub mod db;
mod dialect;
pub mod enrolment;
pub mod migrate;
pub mod participant;
pub mod people;
pub mod protocol;
mod schema;
pub mod staff;
pub mod study;
mod types;
pub mod url;
mod writer;

pub use db::Db;
pub use db::Tx;
