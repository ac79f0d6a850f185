//! The sealed design, the draw, and the trail.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::post;
use actix_web::put;
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
use crate::conduct::auditing;
use crate::conduct::designing;
use crate::conduct::designing::Certificate;
use crate::conduct::designing::DesignView;
use crate::http::body::Body;
use crate::http::body::NoFields;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::idempotency::RequiredKey;
use crate::http::problem::ProblemBody;
use crate::http::run;
use crate::http::run::State;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(put_design)
        .service(get_design)
        .service(commit_design)
        .service(activate_design)
        .service(get_certificate)
        .service(get_checklist)
        .service(allocate_participant)
        .service(get_allocation)
        .service(verify_audit);
}

/// The restricted keys of the design; the rest stands in the protocol.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DesignIn {
    /// For permuted blocks: `{"blocks": [3, 6, 9]}`. Empty for a public protocol.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: serde_json::Map<String, serde_json::Value>,
}

/// A design, for the unblinded statistician.
#[derive(Serialize, ToSchema)]
pub struct DesignOut {
    /// Its number.
    pub version: i64,
    /// Where it stands.
    pub state: String,
    /// The design.
    #[schema(value_type = Object)]
    pub design: serde_json::Value,
    /// The beacon that it names, or none.
    pub beacon_ref: String,
    /// The commitment, once made.
    pub commitment: Option<String>,
}

fn design_out(view: DesignView) -> DesignOut {
    let DesignView { version, state, design, beacon_ref, commitment } = view;
    DesignOut { version, state: state.to_string(), design, beacon_ref, commitment }
}

/// Write the draft of the design.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "Drafted.", body = DesignOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[put("/studies/{study}/design")]
async fn put_design(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    study: Path<String>,
    body: Body<DesignIn>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let drafted = state.run(ctx, move |ctx| designing::put(ctx, &study, body.value.parameters)).await?;
    done(drafted, design_out)
}

/// Read the design. The look is written down.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "The design.", body = DesignOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[get("/studies/{study}/design")]
async fn get_design(request: HttpRequest, state: Data<State>, study: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let view = state.run(ctx, move |ctx| designing::get(ctx, &study)).await?;
    etag::show(&request, &design_out(view))
}

/// What is shown of a design before the first participant.
#[derive(Serialize, ToSchema)]
pub struct CertificateOut {
    /// The design's number.
    pub version: i64,
    /// Where it stands.
    pub state: String,
    /// The commitment, 64 hex digits.
    pub commitment: String,
    /// The beacon, or none: then repeated tries before the commitment are not excluded.
    pub beacon_ref: String,
    /// When it was committed.
    pub committed_at: String,
    /// When it was activated.
    pub activated_at: Option<String>,
}

fn certificate_out(certificate: Certificate) -> CertificateOut {
    CertificateOut {
        version: certificate.version,
        state: certificate.state.to_string(),
        commitment: certificate.commitment,
        beacon_ref: certificate.beacon_ref,
        committed_at: certificate.committed_at.to_string(),
        activated_at: certificate.activated_at.map(|at| at.to_string()),
    }
}

/// Commit the design: seed and nonce are drawn, every byte is fixed.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias."), ("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters, new for each act.")),
    responses((status = 200, description = "Committed.", body = CertificateOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/studies/{study}/design/commit")]
async fn commit_design(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: RequiredKey,
    study: Path<String>,
    body: Body<NoFields>,
) -> Answer {
    let retry = key.bind("commit_design", &request, &body.canonical);
    let ctx = run::context(&request, &state, Some(retry))?;
    let study = study.into_inner();
    let committed = state.run(ctx, move |ctx| designing::commit(ctx, &study)).await?;
    done(committed, certificate_out)
}

/// Activate a committed design: draws are made from it.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias."), ("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters, new for each act.")),
    responses((status = 200, description = "Active.", body = CertificateOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/studies/{study}/design/activate")]
async fn activate_design(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: RequiredKey,
    study: Path<String>,
    body: Body<NoFields>,
) -> Answer {
    let retry = key.bind("activate_design", &request, &body.canonical);
    let ctx = run::context(&request, &state, Some(retry))?;
    let study = study.into_inner();
    let active = state.run(ctx, move |ctx| designing::activate(ctx, &study)).await?;
    done(active, certificate_out)
}

/// Read the certificates of a study: commitments and dates, no parameter.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "The certificates.", body = Vec<CertificateOut>),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[get("/studies/{study}/certificate")]
async fn get_certificate(request: HttpRequest, state: Data<State>, study: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let found = state.run(ctx, move |ctx| designing::certificates(ctx, &study)).await?;
    let found: Vec<CertificateOut> = found.into_iter().map(certificate_out).collect();
    etag::show(&request, &found)
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
    responses((status = 200, description = "The checklist.", body = ChecklistOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
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
#[utoipa::path(tag = "randomization", security(("bearer" = [])), params(("participant" = String, Path, description = "The participant's id."), ("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters, new for each act.")),
    responses((status = 201, description = "Drawn.", body = AllocationOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/participants/{participant}/allocation")]
async fn allocate_participant(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: RequiredKey,
    participant: Path<String>,
    body: Body<AllocationIn>,
) -> Answer {
    let retry = key.bind("allocate_participant", &request, &body.canonical);
    let ctx = run::context(&request, &state, Some(retry))?;
    let id = participant_id(&participant)?;
    let AllocationIn { confirm_code, checked_person, strata } = body.value;
    let sent = AllocationRequest { confirm_code, checked_person, strata };
    let made = state.run(ctx, move |ctx| allocating::allocate(ctx, &id, sent)).await?;
    done(made, allocation_out)
}

/// Read an allocation. The look is written down.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), params(("participant" = String, Path, description = "The participant's id.")),
    responses((status = 200, description = "The allocation.", body = AllocationOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[get("/participants/{participant}/allocation")]
async fn get_allocation(request: HttpRequest, state: Data<State>, participant: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = participant_id(&participant)?;
    let view = state.run(ctx, move |ctx| allocating::get(ctx, &id)).await?;
    etag::show(&request, &allocation_out(view))
}

/// What was checked of the trail.
#[derive(Serialize, ToSchema)]
pub struct VerificationOut {
    /// Chains followed.
    pub chains: usize,
    /// Events followed.
    pub events: usize,
    /// Checkpoints followed.
    pub checkpoints: usize,
    /// The first break; null where there is none.
    pub first_break: Option<String>,
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
    let checked = state.run(ctx, move |ctx| auditing::verify_study(ctx, &study)).await?;
    let first_break = checked.first_break.map(|found| found.to_string());
    Ok(HttpResponse::Ok().json(VerificationOut {
        chains: checked.chains,
        events: checked.events,
        checkpoints: checked.checkpoints,
        first_break,
    }))
}
