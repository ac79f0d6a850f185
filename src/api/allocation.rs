//! The draw, and what stands before it.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::get;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::api::participants::participant_id;
use crate::conduct::allocating;
use crate::conduct::allocating::AllocationRequest;
use crate::conduct::allocating::AllocationView;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::idempotency::Retry;
use crate::http::run;
use crate::http::run::State;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_checklist).service(allocate_participant).service(get_allocation);
}

/// What stands between a person and the draw. No word on what would follow.
#[derive(Serialize, ToSchema)]
pub struct ChecklistOut {
    /// What is unmet.
    pub unmet: Vec<UnmetOut>,
    /// Factor → level; null where it is not defined yet.
    pub strata: BTreeMap<String, Option<String>>,
}

/// One condition that is not met.
#[derive(Serialize, ToSchema)]
pub struct UnmetOut {
    /// The step, factor or hold.
    pub step: String,
    /// A stable code.
    pub code: String,
    /// The object to look at.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}

/// Read the checklist of a person before the draw.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), params(("participant" = String, Path, description = "The participant's id.")),
    responses((status = 200, description = "The checklist.", body = ChecklistOut)))]
#[get("/participants/{participant}/checklist")]
async fn get_checklist(request: HttpRequest, state: Data<State>, participant: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = participant_id(&participant)?;
    let found = state.run(ctx, move |ctx| allocating::checklist(ctx, &id)).await?;
    let unmet = found.unmet.into_iter().map(|unmet| UnmetOut {
        step: unmet.step,
        code: unmet.code.to_owned(),
        object: unmet.object,
    });
    etag::show(&request, &ChecklistOut { unmet: unmet.collect(), strata: found.strata })
}

/// What the person at the keyboard states, so that nobody is drawn by mistake.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllocationIn {
    /// The participant's code, typed in.
    #[schema(example = "LINDEN-7K3QX")]
    pub confirm_code: String,
    /// Whether somebody has made sure who it is.
    pub checked_person: bool,
    /// Factor → level as seen on the checklist.
    pub strata: BTreeMap<String, String>,
}

/// An allocation: the arm only where it may be seen, slot and number never.
#[derive(Serialize, ToSchema)]
pub struct AllocationOut {
    /// Its id.
    pub id: String,
    /// The participant's code.
    pub code: String,
    /// When.
    pub allocated_at: String,
    /// By whom.
    pub by: String,
    /// The design version.
    pub design_version: i64,
    /// Factor → level as used.
    pub strata: BTreeMap<String, String>,
    /// The arm, where the caller may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arm: Option<ArmOut>,
}

/// An arm.
#[derive(Serialize, ToSchema)]
pub struct ArmOut {
    /// Its code.
    pub code: String,
    /// Its name.
    pub label: String,
}

fn allocation_out(view: AllocationView) -> AllocationOut {
    AllocationOut {
        id: view.id.to_string(),
        code: view.code,
        allocated_at: view.allocated_at.to_string(),
        by: view.by,
        design_version: view.design_version,
        strata: view.strata,
        arm: view.arm.map(|(code, label)| ArmOut { code, label }),
    }
}

/// Draw a person's allocation: once, for ever.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), request_body = AllocationIn, params(("participant" = String, Path, description = "The participant's id.")),
    responses((status = 201, description = "Drawn.", body = AllocationOut)))]
#[post("/participants/{participant}/allocation")]
async fn allocate_participant(
    signed_in: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    participant: Path<String>,
    body: Body<AllocationIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    state.rates.allocation.take(&signed_in.0.holder, ctx.now)?;
    let id = participant_id(&participant)?;
    let AllocationIn { confirm_code, checked_person, strata } = body.value;
    let sent = AllocationRequest { confirm_code, checked_person, strata };
    let made = state.run(ctx, move |ctx| allocating::allocate(ctx, &id, sent)).await?;
    done(made, allocation_out)
}

/// Read an allocation. The look is written down.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), params(("participant" = String, Path, description = "The participant's id.")),
    responses((status = 200, description = "The allocation.", body = AllocationOut)))]
#[get("/participants/{participant}/allocation")]
async fn get_allocation(request: HttpRequest, state: Data<State>, participant: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = participant_id(&participant)?;
    let view = state.run(ctx, move |ctx| allocating::get(ctx, &id)).await?;
    etag::show(&request, &allocation_out(view))
}
