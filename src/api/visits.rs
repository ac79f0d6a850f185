//! Visits: who of the blinded assessors rates them.

use actix_web::HttpRequest;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::api::studies::ReasonIn;
use crate::conduct::assigning;
use crate::conduct::assigning::Visit;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::idempotency::Retry;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
use crate::trial::audit::event::Reason;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(assign_assessment);
}

/// Who rates a visit.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitIn {
    /// An account with the role of assessor.
    pub account_id: String,
    /// Why, where another rater is replaced.
    #[serde(default)]
    pub reason: Option<ReasonIn>,
}

/// A visit and its rater.
#[derive(Serialize, ToSchema)]
pub struct VisitOut {
    /// The assessment.
    pub id: String,
    /// The rater.
    pub assigned_to: Option<String>,
}

fn visit_out(visit: Visit) -> VisitOut {
    VisitOut { id: visit.assessment.to_string(), assigned_to: visit.rater.map(|rater| rater.to_string()) }
}

/// Assign a visit to a blinded assessor who has not seen the participant's arm.
#[utoipa::path(tag = "assessments", security(("bearer" = [])), request_body = VisitIn,
    params(("assessment" = String, Path, description = "The assessment's id.")),
    responses((status = 200, description = "Assigned.", body = VisitOut)))]
#[post("/assessments/{assessment}/assignment")]
async fn assign_assessment(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    assessment: Path<String>,
    key: Retry,
    body: Body<VisitIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let id: AssessmentId = assessment.parse().map_err(|_| Error::not_found())?;
    let VisitIn { account_id, reason } = body.value;
    let unknown = || Error::field("/account_id", "field.choice", "is no assessor of this study");
    let rater = account_id.parse().map_err(|_| unknown())?;
    let assigned =
        state.run(ctx, move |ctx| assigning::assign(ctx, &id, rater, reason.map(Reason::from))).await?;
    done(assigned, visit_out)
}
