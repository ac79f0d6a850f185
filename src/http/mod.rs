//! What every door on the web shares: credentials, bodies, problems, retry keys, cursors, headers, rates, and the one
//! way from async handlers to the verbs.

pub mod body;
pub mod credential;
pub mod cursor;
pub mod download;
pub mod etag;
pub mod headers;
pub mod idempotency;
pub mod json;
pub mod method;
pub mod operations;
pub mod page;
pub mod problem;
pub mod problem_table;
pub mod problem_titles;
pub mod query;
pub mod rate;
pub mod run;
pub mod threads;
pub mod token;
pub mod upload;
