//! The science of a trial: pure functions over plain data. No input or output, no clock, no ambient chance.

pub mod audit;
pub mod dataset;
pub mod enrolment;
pub mod expression;
pub mod instrument;
pub mod permission;
pub mod protocol;
pub mod questionnaire;
pub mod randomization;
pub mod role;
pub mod safety;
pub mod schedule;
pub mod source;
