//! What keys take that several sections share.

use crate::trial::source::keys::Key;
use crate::trial::source::keys::Takes;
use crate::trial::source::keys::may;

/// Roles that a protocol may name.
pub const ROLES: &[&str] = &["lead", "coordinator", "therapist", "assessor", "statistician", "monitor"];
const ROLE: Takes = Takes::Word(ROLES, "role");
pub const ROLE_LIST: Takes = Takes::List(&ROLE);
pub const TEXT: Takes = Takes::Text;
pub const REFERENCE: Takes = Takes::Reference;
pub const CODE: Takes = Takes::Code;
pub const NAME: Takes = Takes::Name;
pub const RULE: Takes = Takes::Rule;
pub const WHOLE: Takes = Takes::Whole(0, 1_000_000);
pub const POSITIVE: Takes = Takes::Whole(1, 1_000_000);
pub const NUMBER: Takes = Takes::Number;
pub const TRUTH: Takes = Takes::Truth;
pub const DATE: Takes = Takes::Date;
pub const TIME: Takes = Takes::Time;
pub const OFFSET: Takes = Takes::Offset;
pub const POINT: Takes = Takes::Point;
pub const DURATION: Takes = Takes::Duration;
pub const VERSION: Takes = Takes::Version;
pub const TEXTS: Takes = Takes::List(&TEXT);
pub const REFERENCES: Takes = Takes::List(&REFERENCE);
pub const UNTIL: Key = may("until", VERSION, "the version from which on it is retired");
