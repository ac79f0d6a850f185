//! The REST door: one handler an operation, its wire types beside it. Parses, runs the verb, shows the answer.

pub mod account;
pub mod accounts;
pub mod alerts;
pub mod allocation;
pub mod assessments;
pub mod audit;
pub mod audit_events;
pub mod audit_files;
pub mod consents;
pub mod datasets;
pub mod design;
pub mod enrolment;
pub mod own_answers;
pub mod own_consents;
pub mod own_record;
pub mod participants;
pub mod reference;
pub mod responses;
pub mod sessions;
pub mod sites;
pub mod staff;
pub mod studies;
pub mod timeline;
pub mod visits;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::conduct::act::Done;
use crate::http::etag;
use crate::http::problem::Problem;

/// The path below which everything lies.
pub const BASE: &str = "/api/v1";

/// What a handler answers.
pub type Answer = Result<HttpResponse, Problem>;

/// Registers every operation; what is not registered here is not in the document either.
pub fn configure(config: &mut ServiceConfig<'_>) {
    sessions::configure(config);
    account::configure(config);
    audit::configure(config);
    accounts::configure(config);
    studies::configure(config);
    staff::configure(config);
    sites::configure(config);
    reference::configure(config);
    participants::configure(config);
    timeline::configure(config);
    enrolment::configure(config);
    consents::configure(config);
    assessments::configure(config);
    responses::configure(config);
    alerts::configure(config);
    own_record::configure(config);
    own_consents::configure(config);
    own_answers::configure(config);
    design::configure(config);
    allocation::configure(config);
    datasets::configure(config);
    visits::configure(config);
}

/// Answers an act: its status, its place, whether it was a replay, and the body with its ETag.
pub fn done<T, B: Serialize>(done: Done<T>, body: impl FnOnce(T) -> B) -> Answer {
    let Done { value, status, location, replayed } = done;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut answer = HttpResponse::build(status);
    if let Some(location) = location {
        answer.insert_header((header::LOCATION, location));
    }
    if replayed {
        answer.insert_header(("Idempotency-Replayed", "true"));
    }
    if status == StatusCode::NO_CONTENT {
        return Ok(answer.finish());
    }
    let body = body(value);
    answer.insert_header((header::ETAG, etag::of(&body)?));
    Ok(answer.json(body))
}
