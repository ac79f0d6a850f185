//! The trail.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::conduct::auditing;
use crate::http::problem::ProblemBody;
use crate::http::run;
use crate::http::run::State;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(verify_audit);
}

/// What was checked of the trail.
#[derive(Serialize, ToSchema)]
pub struct VerificationOut {
    /// Chains followed.
    pub chains: usize,
    /// Events followed; null for who may not know arms, since arms differ in how much happens.
    pub events: Option<usize>,
    /// Checkpoints followed.
    pub checkpoints: usize,
    /// The first break; null where there is none.
    pub first_break: Option<String>,
    /// The first break of every other chain that has one.
    pub further_breaks: Vec<String>,
}

/// Check the audit trail of a study.
#[utoipa::path(tag = "audit", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "What was checked.", body = VerificationOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[get("/studies/{study}/audit/verification")]
async fn verify_audit(request: HttpRequest, state: Data<State>, study: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let (checked, counts_shown) = state.run(ctx, move |ctx| auditing::verify_study(ctx, &study)).await?;
    let first_break = checked.first_break.map(|found| found.to_string());
    Ok(HttpResponse::Ok().json(VerificationOut {
        chains: checked.chains,
        events: counts_shown.then_some(checked.events),
        checkpoints: checked.checkpoints,
        first_break,
        further_breaks: checked.further_breaks.iter().map(ToString::to_string).collect(),
    }))
}
