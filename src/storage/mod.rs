//! The database. The only layer that knows SQL and diesel; takes and gives plain types of `trial` and `kernel`.

pub mod alert;
pub mod allocation;
pub mod assessment;
pub mod audit;
pub mod db;
mod dialect;
pub mod due;
pub mod enrolment;
pub mod episode;
pub mod migrate;
pub mod participant;
pub mod people;
pub mod protocol;
pub mod response;
mod schema;
pub mod staff;
pub mod study;
mod types;
pub mod url;
mod writer;

pub use db::Db;
pub use db::Tx;
