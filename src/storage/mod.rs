//! The database. The only layer that knows SQL and diesel; takes and gives plain types of `trial` and `kernel`.

pub mod db;
pub mod migrate;
mod schema;
mod types;
pub mod url;
mod writer;

pub use db::Db;
pub use db::Tx;
