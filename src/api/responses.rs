//! Answers that staff enter, send and read, one questionnaire at a time.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::get;
use actix_web::patch;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::api::own_answers::assessment_id;
use crate::conduct::entering;
use crate::conduct::entering::Entry;
use crate::conduct::entering::Origin;
use crate::conduct::entering::ResponseView;
use crate::conduct::entering::VersionView;
use crate::conduct::entering::Wanted;
use crate::conduct::scores::StoredScore;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::etag::IfMatch;
use crate::http::idempotency::Retry;
use crate::http::query::Query;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::trial::questionnaire::stored::NoAnswer;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_response).service(save_answers).service(submit_response);
}

/// Answers to one instrument, as far as the caller may read them.
#[derive(Serialize, ToSchema)]
pub struct ResponseOut {
    /// The assessment.
    pub assessment_id: String,
    /// The instrument, form or external measure.
    #[schema(example = "phq9")]
    pub instrument: String,
    /// none, draft, submitted, partial, invalid.
    #[schema(example = "submitted")]
    pub state: String,
    /// The stored version that is shown; null where nothing is stored.
    pub shown: Option<VersionOut>,
    /// Item → state and value; not there for callers who may not read them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answers: Option<Value>,
    /// The scores by id; not there for callers who may not read them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<BTreeMap<String, ScoreOut>>,
    /// All stored versions, oldest first, where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<VersionOut>,
}

/// A score.
#[derive(Serialize, ToSchema)]
pub struct ScoreOut {
    /// scored, prorated, not_scorable.
    #[schema(example = "scored")]
    pub status: String,
    /// A number, or the word of a profile; null where it can't be told.
    #[schema(value_type = Option<f64>, example = 12)]
    pub value: Value,
    /// How many of the answers that it needs are missing.
    pub missing: i64,
    /// The band that it falls in.
    pub band: Option<String>,
}

fn score_out(score: StoredScore) -> ScoreOut {
    let value = match score.number() {
        Some(number) => number.to_json(),
        None => serde_json::json!(score.value),
    };
    ScoreOut { status: score.status, value, missing: score.missing, band: score.band }
}

/// A stored version: who gave it, and when.
#[derive(Serialize, ToSchema)]
pub struct VersionOut {
    /// Its number among those that were sent; 0 for a draft.
    pub version: i64,
    /// draft, submitted, partial, corrected.
    pub kind: String,
    /// self, paper, on_behalf, staff, system.
    pub origin: String,
    /// The language of the words that were shown.
    pub language: String,
    /// When it was saved.
    pub saved_at: String,
    /// Who saved it: an account or participant.
    pub saved_by: String,
}

fn version_out(view: VersionView) -> VersionOut {
    VersionOut {
        version: view.version,
        kind: view.kind,
        origin: view.origin,
        language: view.language,
        saved_at: view.saved_at.to_string(),
        saved_by: view.saved_by,
    }
}

fn response_out(view: ResponseView) -> ResponseOut {
    ResponseOut {
        assessment_id: view.assessment.to_string(),
        instrument: view.instrument,
        state: view.state,
        shown: view.shown.map(version_out),
        answers: view.answers.map(|answers| serde_json::json!(answers)),
        scores: view
            .scores
            .map(|scores| scores.into_iter().map(|(id, score)| (id, score_out(score))).collect()),
        history: view.history.into_iter().map(version_out).collect(),
    }
}

/// Which version.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichVersion {
    /// The number of a version that was sent; the latest without it.
    version: Option<i64>,
    /// The latest that was saved by this instant.
    as_of: Option<String>,
    /// Whether all versions are listed, without their answers.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    history: bool,
}

impl WhichVersion {
    fn wanted(&self) -> Result<Wanted, Error> {
        let unknown = |detail: &str| Error::new(Kind::Malformed, "query.unknown_parameter").detail(detail);
        match (self.version, &self.as_of) {
            (Some(_), Some(_)) => Err(unknown("Either a version or an instant.")),
            (Some(number), None) => Ok(Wanted::Version(number)),
            (None, Some(at)) => {
                at.parse().map(Wanted::AsOf).map_err(|_| unknown("as_of is an RFC 3339 instant."))
            }
            (None, None) => Ok(Wanted::Latest),
        }
    }
}

/// Read the answers to an instrument. The look is written down.
///
/// Leads, therapists of the participant and monitors see items and scores; raters their own forms; coordinators what they have
/// entered themselves.
#[utoipa::path(tag = "assessments", security(("bearer" = [])),
    params(("assessment" = String, Path, description = "The assessment's id."),
           ("instrument" = String, Path, description = "The instrument or form."), WhichVersion),
    responses((status = 200, description = "The answers.", body = ResponseOut)))]
#[get("/assessments/{assessment}/responses/{instrument}")]
async fn get_response(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    path: Path<(String, String)>,
    query: Query<WhichVersion>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let (assessment, instrument) = path.into_inner();
    let (id, wanted, with_history) = (assessment_id(&assessment)?, query.0.wanted()?, query.0.history);
    let view = state.run(ctx, move |ctx| entering::get(ctx, &id, &instrument, wanted, with_history)).await?;
    etag::show(&request, &response_out(view))
}

/// Where answers come from that staff enter.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OriginIn {
    /// A sheet of paper that the person has filled in.
    Paper,
    /// The person said it, and staff wrote it down.
    OnBehalf,
    /// A form of the staff's own.
    Staff,
}

impl From<OriginIn> for Origin {
    fn from(sent: OriginIn) -> Self {
        match sent {
            OriginIn::Paper => Self::Paper,
            OriginIn::OnBehalf => Self::OnBehalf,
            OriginIn::Staff => Self::Staff,
        }
    }
}

/// Answers that staff enter: item → answer. Null is skipped, absent untouched.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryIn {
    /// Item → answer.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub answers: BTreeMap<String, Value>,
    /// Item → why there is no answer to it: refused, technical.
    #[serde(default)]
    pub missing_reasons: BTreeMap<String, NoAnswerIn>,
    /// Where they come from.
    pub origin: OriginIn,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoAnswerIn {
    /// The person was asked and said no.
    Refused,
    /// Something of ours did not work: a page that is lost, a line that broke.
    Technical,
}

impl From<NoAnswerIn> for NoAnswer {
    fn from(sent: NoAnswerIn) -> Self {
        match sent {
            NoAnswerIn::Refused => Self::Refused,
            NoAnswerIn::Technical => Self::Technical,
        }
    }
}

impl From<EntryIn> for Entry {
    fn from(sent: EntryIn) -> Self {
        let reasons = sent.missing_reasons.into_iter().map(|(item, why)| (item, why.into())).collect();
        Self { answers: sent.answers, reasons, origin: sent.origin.into() }
    }
}

/// Save answers that staff enter, as a draft. A safety item raises its alert at once.
#[utoipa::path(tag = "assessments", security(("bearer" = [])), request_body = EntryIn,
    params(("assessment" = String, Path, description = "The assessment's id."),
           ("instrument" = String, Path, description = "The instrument or form.")),
    responses((status = 200, description = "Saved.", body = ResponseOut)))]
#[patch("/assessments/{assessment}/responses/{instrument}")]
async fn save_answers(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    path: Path<(String, String)>,
    known: IfMatch,
    body: Body<EntryIn>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let (assessment, instrument) = path.into_inner();
    let (id, entry) = (assessment_id(&assessment)?, Entry::from(body.value));
    let is_known = move |view: &ResponseView| known.check(&response_out(view.clone()));
    let save = move |ctx: &_| entering::save(ctx, &id, &instrument, entry, is_known);
    let saved = state.run(ctx, save).await?;
    done(saved, response_out)
}

/// Send the answers to an instrument, with those that were not saved yet. They are scored, and never change without a trace.
///
/// The last questionnaire sends the assessment.
#[utoipa::path(tag = "assessments", security(("bearer" = [])), request_body = EntryIn,
    params(("assessment" = String, Path, description = "The assessment's id."),
           ("instrument" = String, Path, description = "The instrument or form.")),
    responses((status = 200, description = "Sent.", body = ResponseOut)))]
#[post("/assessments/{assessment}/responses/{instrument}/submit")]
async fn submit_response(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    path: Path<(String, String)>,
    body: Body<EntryIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let (assessment, instrument) = path.into_inner();
    let (id, entry) = (assessment_id(&assessment)?, Entry::from(body.value));
    let sent = state.run(ctx, move |ctx| entering::submit(ctx, &id, &instrument, entry)).await?;
    done(sent, response_out)
}
