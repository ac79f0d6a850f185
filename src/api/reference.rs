//! What is there to look up: the instruments that ship, and the examination of a protocol.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::http::header;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::conduct::checking;
use crate::conduct::checking::Finding;
use crate::conduct::checking::Opener;
use crate::conduct::checking::PlannedOccasion;
use crate::conduct::checking::Severity;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::page::Page;
use crate::http::run;
use crate::http::run::State;
use crate::http::upload::Upload;
use crate::kernel::Error;
use crate::trial::instrument::library;
use crate::trial::instrument::summary;
use crate::trial::protocol::shipped;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(check_protocol).service(list_instruments).service(get_instrument);
}

/// What a check has found.
#[derive(Serialize, ToSchema)]
pub struct CheckOut {
    /// What makes the protocol unusable.
    pub errors: Vec<FindingOut>,
    /// What somebody should know.
    pub warnings: Vec<FindingOut>,
    /// Who is asked what and when, in the order of the protocol; null while there are errors.
    pub schedule: Option<Vec<PlannedOccasionOut>>,
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

/// A planned time of measurement.
#[derive(Serialize, ToSchema)]
pub struct PlannedOccasionOut {
    /// The occasion; `w03` for the third of a series.
    #[schema(example = "w03")]
    pub occasion: String,
    /// What staff read.
    pub label: String,
    /// Its place, from 1.
    pub occasion_no: i64,
    /// The step of enrolment that opens it, if any.
    pub step: Option<String>,
    /// Otherwise the anchor from which its window is counted.
    pub anchor: Option<String>,
    /// The window; null where a step opens it.
    pub window: Option<WindowOut>,
    /// The arms that have it; null for all.
    pub arms: Option<Vec<String>>,
    /// The later treatment that it belongs to.
    pub episode: Option<String>,
    /// What is asked.
    pub measures: Vec<MeasureOut>,
}

/// A window as days (d) and months (m) from its anchor.
#[derive(Serialize, ToSchema)]
pub struct WindowOut {
    /// The first day.
    #[schema(example = "20d")]
    pub opens: String,
    /// The planned day.
    pub due: String,
    /// The last day in the window.
    pub closes: String,
    /// The last day on which a late answer is taken.
    pub late: String,
}

/// Something that is asked.
#[derive(Serialize, ToSchema)]
pub struct MeasureOut {
    /// The instrument, form or external measure.
    #[schema(example = "phq9")]
    pub instrument: String,
    /// Who answers.
    #[schema(example = "participant")]
    pub respondent: String,
}

fn planned_out(planned: PlannedOccasion) -> PlannedOccasionOut {
    let (step, anchor, window) = match planned.opened_by {
        Opener::Step(step) => (Some(step), None, None),
        Opener::Anchor(anchor, window) => {
            let window = WindowOut {
                opens: window.opens.to_string(),
                due: window.due.to_string(),
                closes: window.closes.to_string(),
                late: window.late.to_string(),
            };
            (None, Some(anchor), Some(window))
        }
    };
    let measures =
        planned.measures.into_iter().map(|(instrument, respondent)| MeasureOut { instrument, respondent });
    PlannedOccasionOut {
        occasion: planned.occasion,
        label: planned.label,
        occasion_no: planned.number,
        step,
        anchor,
        window,
        arms: planned.arms,
        episode: planned.episode,
        measures: measures.collect(),
    }
}

/// Check a protocol without storing it.
///
/// One file, or the folder as a zip file: the protocol at the top, its texts below `messages/`. Texts that ship need not be sent.
#[utoipa::path(tag = "reference", security(("bearer" = [])),
    request_body(content((String = "application/toml"), (Vec<u8> = "application/zip")), description = "The protocol, at most 2 MiB."),
    responses((status = 200, description = "What was found, and the schedule of a sound protocol.", body = CheckOut)))]
#[post("/protocol-checks")]
async fn check_protocol(_: SignedIn, request: HttpRequest, state: Data<State>, upload: Upload) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let found = state
        .run(ctx, move |ctx| {
            let texts = upload.texts.unwrap_or_else(|| shipped::texts_beside(&upload.protocol));
            checking::check(ctx, &upload.protocol, &texts)
        })
        .await?;
    let (errors, warnings): (Vec<_>, Vec<_>) =
        found.findings.into_iter().partition(|finding| finding.severity == Severity::Error);
    Ok(HttpResponse::Ok().json(CheckOut {
        errors: errors.into_iter().map(finding_out).collect(),
        warnings: warnings.into_iter().map(finding_out).collect(),
        schedule: found.schedule.map(|schedule| schedule.into_iter().map(planned_out).collect()),
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
    responses((status = 200, description = "The instruments by id, all on one page.", body = Page<Value>)))]
#[get("/instruments")]
async fn list_instruments(request: HttpRequest) -> Answer {
    let all: Vec<Value> = library::library().values().map(summary::summary).collect();
    show_to_everybody(&request, &Page::whole(all))
}

/// Read an instrument: items, codes, scores, bands, licence.
#[utoipa::path(tag = "reference", security(()),
    params(("instrument" = String, Path, description = "Id of the instrument, as phq9.")),
    responses((status = 200, description = "The instrument.", body = Value)))]
#[get("/instruments/{instrument}")]
async fn get_instrument(request: HttpRequest, instrument: Path<String>) -> Answer {
    let found = library::find(&instrument).map_err(|_| Error::not_found())?;
    show_to_everybody(&request, &summary::details(found))
}
