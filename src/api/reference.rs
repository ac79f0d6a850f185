//! What is there to look up: the instruments that ship, and the examination of a protocol.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::http::header;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::conduct::checking;
use crate::conduct::checking::Finding;
use crate::conduct::checking::Severity;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::page::Page;
use crate::http::problem::ProblemBody;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::trial::instrument::library;
use crate::trial::instrument::summary;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(check_protocol).service(list_instruments).service(get_instrument);
}

/// A protocol with the texts beside it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProtocolIn {
    /// The protocol file, TOML.
    pub protocol: String,
    /// Path → text of the documents and translations beside it.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
}

/// What a check has found.
#[derive(Serialize, ToSchema)]
pub struct CheckOut {
    /// What makes the protocol unusable.
    pub errors: Vec<FindingOut>,
    /// What somebody should know.
    pub warnings: Vec<FindingOut>,
}

/// One finding.
#[derive(Serialize, ToSchema)]
pub struct FindingOut {
    /// The file.
    #[schema(example = "protocol.toml")]
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The stable code.
    #[schema(example = "P104")]
    pub code: String,
    /// What is wrong.
    pub text: String,
    /// What to write instead.
    pub mend: Option<String>,
}

fn finding_out(finding: Finding) -> FindingOut {
    FindingOut {
        file: finding.file,
        line: finding.place.line,
        column: finding.place.column,
        code: finding.code.to_owned(),
        text: finding.text,
        mend: finding.mend,
    }
}

/// Check a protocol without storing it.
#[utoipa::path(tag = "reference", security(("bearer" = [])), request_body = ProtocolIn,
    responses((status = 200, description = "What was found; nothing, if it is sound.", body = CheckOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/protocol-checks")]
async fn check_protocol(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    body: Body<ProtocolIn>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let ProtocolIn { protocol, texts } = body.value;
    let found = state.run(ctx, move |ctx| checking::check(ctx, &protocol, &texts)).await?;
    let (errors, warnings): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|finding| finding.severity == Severity::Error);
    Ok(HttpResponse::Ok().json(CheckOut {
        errors: errors.into_iter().map(finding_out).collect(),
        warnings: warnings.into_iter().map(finding_out).collect(),
    }))
}

/// The instruments are part of the program, so everybody may keep them for a while.
fn show_to_everybody<T: Serialize>(request: &HttpRequest, value: &T) -> Answer {
    let mut answer = etag::show(request, value)?;
    let for_minutes = header::HeaderValue::from_static("public, max-age=300");
    answer.headers_mut().insert(header::CACHE_CONTROL, for_minutes);
    Ok(answer)
}

/// List the instruments that ship.
#[utoipa::path(tag = "reference", security(()),
    responses((status = 200, description = "The instruments by id, all on one page.", body = Page<Value>),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[get("/instruments")]
async fn list_instruments(request: HttpRequest) -> Answer {
    let all: Vec<Value> = library::library().values().map(summary::summary).collect();
    show_to_everybody(&request, &Page::whole(all))
}

/// Read an instrument: items, codes, scores, bands, licence.
#[utoipa::path(tag = "reference", security(()),
    params(("instrument" = String, Path, description = "Id of the instrument, as phq9.")),
    responses((status = 200, description = "The instrument.", body = Value),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[get("/instruments/{instrument}")]
async fn get_instrument(request: HttpRequest, instrument: Path<String>) -> Answer {
    let found = library::find(&instrument).map_err(|_| Error::not_found())?;
    show_to_everybody(&request, &summary::details(found))
}
