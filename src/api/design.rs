//! The sealed design.

use actix_web::HttpRequest;
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
use crate::conduct::designing;
use crate::conduct::designing::Certificate;
use crate::conduct::designing::DesignView;
use crate::http::body::Body;
use crate::http::body::NoFields;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::etag::IfMatch;
use crate::http::idempotency::Retry;
use crate::http::page::Page;
use crate::http::run;
use crate::http::run::State;
use crate::trial::randomization::lints::Lint;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(put_design)
        .service(get_design)
        .service(commit_design)
        .service(activate_design)
        .service(get_certificate);
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
    /// What is unwise about it, with figures.
    pub lints: Vec<LintOut>,
}

/// Something about a design that is unwise though it is within the limits.
#[derive(Serialize, ToSchema)]
pub struct LintOut {
    /// Its stable name.
    pub code: String,
    /// refused: it can't be committed so; needs_reason: take another one or know why; advice: think about it.
    pub weight: String,
    /// What it is, with figures. It tells block sizes.
    pub text: String,
}

fn design_out(view: DesignView) -> DesignOut {
    let DesignView { version, state, design, beacon_ref, commitment, lints } = view;
    let lint_out = |Lint { code, weight, text }| LintOut {
        code: String::from(code),
        weight: weight.as_str().to_owned(),
        text,
    };
    let lints = lints.into_iter().map(lint_out).collect();
    DesignOut { version, state: state.to_string(), design, beacon_ref, commitment, lints }
}

/// Write the draft of the design.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), request_body = DesignIn, params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "Drafted.", body = DesignOut)))]
#[put("/studies/{study}/design")]
async fn put_design(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    study: Path<String>,
    known: IfMatch,
    body: Body<DesignIn>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let is_known = move |view: Option<&DesignView>| {
        known.check_present(view.map(|view| design_out(view.clone())).as_ref())
    };
    let put = move |ctx: &_| designing::put(ctx, &study, body.value.parameters, is_known);
    let drafted = state.run(ctx, put).await?;
    done(drafted, design_out)
}

/// Read the design. The look is written down.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "The design.", body = DesignOut)))]
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
#[utoipa::path(tag = "randomization", security(("bearer" = [])), request_body = NoFields, params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "Committed.", body = CertificateOut)))]
#[post("/studies/{study}/design/commit")]
async fn commit_design(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    study: Path<String>,
    body: Body<NoFields>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let study = study.into_inner();
    let committed = state.run(ctx, move |ctx| designing::commit(ctx, &study)).await?;
    done(committed, certificate_out)
}

/// Activate a committed design: draws are made from it.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), request_body = NoFields, params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "Active.", body = CertificateOut)))]
#[post("/studies/{study}/design/activate")]
async fn activate_design(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    study: Path<String>,
    body: Body<NoFields>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let study = study.into_inner();
    let active = state.run(ctx, move |ctx| designing::activate(ctx, &study)).await?;
    done(active, certificate_out)
}

/// Read the certificates of a study: commitments and dates, no parameter.
#[utoipa::path(tag = "randomization", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "The certificates, all on one page.", body = Page<CertificateOut>)))]
#[get("/studies/{study}/certificate")]
async fn get_certificate(request: HttpRequest, state: Data<State>, study: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let found = state.run(ctx, move |ctx| designing::certificates(ctx, &study)).await?;
    let found: Vec<CertificateOut> = found.into_iter().map(certificate_out).collect();
    Page::whole(found).show(&request)
}
