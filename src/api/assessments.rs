//! Assessments, as staff see them: listed, read, a person's timeline, and the link to one.

use actix_web::HttpRequest;
use actix_web::get;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::api::own_answers::assessment_id;
use crate::api::participants::LinkOut;
use crate::api::participants::link_out;
use crate::conduct::linking;
use crate::conduct::overview;
use crate::conduct::overview::AssessmentView;
use crate::conduct::overview::Wanted;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::idempotency::Retry;
use crate::http::page::Limit;
use crate::http::page::Page;
use crate::http::page::Paging;
use crate::http::query::Query;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::time::Timestamp;
use crate::trial::role::UnknownWord;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_assessments).service(get_assessment).service(issue_link);
}

/// An assessment: one person at one occasion, by one respondent.
#[derive(Serialize, ToSchema)]
pub struct AssessmentOut {
    /// Its id.
    pub id: String,
    /// The participant's code.
    pub code: String,
    /// The participant.
    pub participant_id: String,
    /// The participant's language.
    pub language: String,
    /// The occasion; `w03` for the third of a series.
    #[schema(example = "w03")]
    pub occasion: String,
    /// Its place in the protocol, from 1.
    pub occasion_no: i64,
    /// `main`, or the later treatment that it belongs to.
    #[schema(example = "main")]
    pub episode: String,
    /// Who answers.
    #[schema(example = "participant")]
    pub respondent: String,
    /// waiting, planned, open, submitted, partial, missed, cancelled.
    #[schema(example = "open")]
    pub state: String,
    /// When it opens; null while its anchor has no date.
    pub opens_at: Option<String>,
    /// The planned day.
    pub due_on: Option<String>,
    /// When its window ends.
    pub closes_at: Option<String>,
    /// When the last late answer is taken.
    pub late_at: Option<String>,
    /// When it was sent.
    pub submitted_at: Option<String>,
    /// in_window, late, outside; null until it is sent.
    pub window_class: Option<String>,
}

/// An assessment as it is shown.
pub fn assessment_out(view: AssessmentView) -> AssessmentOut {
    let AssessmentView { code, language, state, assessment } = view;
    let shown = |at: Option<Timestamp>| at.map(|at| at.to_string());
    AssessmentOut {
        id: assessment.id.to_string(),
        code,
        participant_id: assessment.participant.to_string(),
        language,
        occasion: assessment.occasion,
        occasion_no: assessment.occasion_no,
        episode: assessment.episode,
        respondent: assessment.respondent.to_string(),
        state: state.to_string(),
        opens_at: shown(assessment.opens_at),
        due_on: assessment.due_on.map(|on| on.to_string()),
        closes_at: shown(assessment.closes_at),
        late_at: shown(assessment.late_at),
        submitted_at: shown(assessment.submitted_at),
        window_class: assessment.window_class,
    }
}

/// Which assessments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichAssessments {
    /// One participant, by id.
    participant: Option<String>,
    /// One occasion.
    occasion: Option<String>,
    /// waiting, planned, open, submitted, partial, missed or cancelled.
    state: Option<String>,
    /// participant, assessor, therapist, coordinator or guardian.
    respondent: Option<String>,
    /// Whether only those are listed that are open although their planned day is over.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    overdue: bool,
    /// 1 to 200; 50 without it.
    #[serde(default)]
    #[param(value_type = Option<u16>)]
    limit: Limit,
    /// Where the page before ended.
    cursor: Option<String>,
}

/// Code, place, id, and the instant of the first page: states do not change from page to page.
type SortKey = (String, i64, String, Timestamp);

fn wanted(query: &WhichAssessments, paging: &Paging) -> Result<Wanted, Error> {
    let unknown = |detail: String| Error::new(Kind::Malformed, "query.unknown_parameter").detail(detail);
    let read = |key: &str| serde_json::from_str::<SortKey>(key);
    let after = paging.after().map(read).transpose();
    let after = after.map_err(|error| Error::internal("a cursor of ours can't be read").caused_by(error))?;
    let now = after.as_ref().map(|(_, _, _, now)| *now);
    let word = |text: &Option<String>| text.as_deref().map(str::parse).transpose();
    Ok(Wanted {
        participant: query
            .participant
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| unknown("participant is the id of one, par_….".to_owned()))?,
        occasion: query.occasion.clone(),
        state: word(&query.state).map_err(|known| unknown(format!("state {known}.")))?,
        respondent: query
            .respondent
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|known: UnknownWord| unknown(format!("respondent {known}.")))?,
        is_overdue: query.overdue,
        after: after.map(|(code, number, id, _)| (code, number, id)),
        now,
    })
}

/// List assessments by participant and place.
///
/// States are those of the first page's instant. Occasions that only some arms have are there for callers who see arms.
#[utoipa::path(tag = "assessments", security(("bearer" = [])),
    params(("study" = String, Path, description = "Id or alias."), WhichAssessments),
    responses((status = 200, description = "A page.", body = Page<AssessmentOut>)))]
#[get("/studies/{study}/assessments")]
async fn list_assessments(
    signed_in: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    study: Path<String>,
    query: Query<WhichAssessments>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let query = query.0;
    let paging = Paging::open(&request, &state, &signed_in.0.holder, query.limit, query.cursor.as_deref())?;
    let (wanted, rows) = (wanted(&query, &paging)?, paging.limit_to_read());
    let (now, found) = state.run(ctx, move |ctx| overview::list(ctx, &study, wanted, rows)).await?;
    let found: Vec<AssessmentOut> = found.into_iter().map(assessment_out).collect();
    let key =
        |last: &AssessmentOut| serde_json::json!([last.code, last.occasion_no, last.id, now]).to_string();
    paging.page(found, key).show(&request)
}

/// An assessment and how far it is answered.
#[derive(Serialize, ToSchema)]
pub struct AssessmentDetailsOut {
    /// The assessment.
    #[serde(flatten)]
    pub assessment: AssessmentOut,
    /// When it was first opened.
    pub first_seen_at: Option<String>,
    /// When the first answer was saved.
    pub first_answer_at: Option<String>,
    /// What is asked, in order.
    pub responses: Vec<ProgressOut>,
}

/// How far one questionnaire is.
#[derive(Serialize, ToSchema)]
pub struct ProgressOut {
    /// The instrument, form or external measure.
    #[schema(example = "phq9")]
    pub instrument: String,
    /// none, draft, submitted, partial, invalid.
    #[schema(example = "draft")]
    pub state: String,
    /// The number of the version that was sent last; 0 for none.
    pub version: i64,
    /// Whether it counts for "complete".
    pub required: bool,
}

/// Read an assessment: its window, and how far it is answered. The look is written down.
#[utoipa::path(tag = "assessments", security(("bearer" = [])),
    params(("assessment" = String, Path, description = "The assessment's id.")),
    responses((status = 200, description = "The assessment.", body = AssessmentDetailsOut)))]
#[get("/assessments/{assessment}")]
async fn get_assessment(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    assessment: Path<String>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = assessment_id(&assessment)?;
    let found = state.run(ctx, move |ctx| overview::get(ctx, &id)).await?;
    let asks = found.asks.into_iter().map(|ask| ProgressOut {
        instrument: ask.instrument,
        state: ask.state,
        version: ask.version,
        required: ask.is_required,
    });
    let details = AssessmentDetailsOut {
        first_seen_at: found.view.assessment.first_seen_at.map(|at| at.to_string()),
        first_answer_at: found.view.assessment.first_answer_at.map(|at| at.to_string()),
        responses: asks.collect(),
        assessment: assessment_out(found.view),
    };
    etag::show(&request, &details)
}

/// How a link reaches its person.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Whoever makes it hands it over.
    InPerson,
}

/// A link to be made.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkIn {
    /// How it reaches its person.
    pub channel: Channel,
}

/// Make a link for one assessment, to be handed over.
///
/// Token and code are shown once, to whoever hands them over. A retry with the same key can't show them again. A session
/// that the link opens shows this assessment and no other. Where not every arm is asked the same, it is made by those alone
/// who may know the arm (403).
#[utoipa::path(tag = "assessments", security(("bearer" = [])), request_body = LinkIn,
    params(("assessment" = String, Path, description = "The assessment's id.")),
    responses((status = 201, description = "Made; shown this once.", body = LinkOut)))]
#[post("/assessments/{assessment}/links")]
async fn issue_link(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    assessment: Path<String>,
    body: Body<LinkIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let id = assessment_id(&assessment)?;
    let made = state.run(ctx, move |ctx| linking::issue_assessment_link(ctx, &id)).await?;
    done(made, link_out)
}
