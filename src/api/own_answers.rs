//! What participants are asked, and what they answer.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::patch;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::conduct::answering;
use crate::conduct::answering::Saved;
use crate::conduct::answering::Sent;
use crate::conduct::showing;
use crate::conduct::showing::AskedItem;
use crate::conduct::showing::OwnAssessment;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::idempotency::Retry;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_own_assessment).service(save_own_answers).service(submit_own_assessment);
}

/// The id in a path; a wrong prefix is an unknown object.
pub fn assessment_id(text: &str) -> Result<AssessmentId, Error> {
    text.parse().map_err(|_| Error::not_found())
}

/// An own assessment: what is asked, in order, and what this session has answered.
#[derive(Serialize, ToSchema)]
pub struct OwnAssessmentOut {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: String,
    /// What is asked, in order.
    pub asks: Vec<AskOut>,
}

/// One questionnaire.
#[derive(Serialize, ToSchema)]
pub struct AskOut {
    /// Its id.
    pub instrument: String,
    /// The sentence above its items.
    pub lead: Option<String>,
    /// The line that must stay visible.
    pub notice: Option<String>,
    /// Its items in order.
    pub items: Vec<ItemOut>,
}

/// One item.
#[derive(Serialize, ToSchema)]
pub struct ItemOut {
    /// Its id.
    pub id: String,
    /// What kind of answer it takes: choice, multi, yesno, number, vas, date, text; info asks nothing.
    pub kind: String,
    /// Its words in the participant's language.
    pub text: String,
    /// Whether the questionnaire can't be sent without it.
    pub required: bool,
    /// Whether it is asked after what was answered up to now.
    pub shown: bool,
    /// Its options in order; none where a number, date or text is asked.
    pub options: Vec<OptionOut>,
    /// The least number.
    #[schema(value_type = Option<f64>)]
    pub min: Option<Value>,
    /// The largest number.
    #[schema(value_type = Option<f64>)]
    pub max: Option<Value>,
    /// The step between numbers.
    #[schema(value_type = Option<f64>)]
    pub step: Option<Value>,
    /// The unit of a number.
    pub unit: Option<String>,
    /// Whether this session has answered it, or left it out.
    pub touched: bool,
    /// What this session has answered; null where it has left the item out.
    pub answer: Option<Value>,
}

/// One option.
#[derive(Serialize, ToSchema)]
pub struct OptionOut {
    /// What is sent.
    pub code: Value,
    /// Its words.
    pub label: Option<String>,
}

fn assessment_out(view: OwnAssessment) -> OwnAssessmentOut {
    let ask = |ask: showing::Ask| AskOut {
        instrument: ask.instrument,
        lead: ask.lead,
        notice: ask.notice,
        items: ask.items.into_iter().map(item_out).collect(),
    };
    OwnAssessmentOut {
        id: view.id.to_string(),
        state: view.state.to_string(),
        asks: view.asks.into_iter().map(ask).collect(),
    }
}

fn item_out(item: AskedItem) -> ItemOut {
    let [min, max, step] = item.limits.map(|limit| limit.map(|number| number.to_json()));
    ItemOut {
        id: item.id,
        kind: item.kind.to_string(),
        text: item.text,
        required: item.is_required,
        shown: item.is_shown,
        options: item.options.into_iter().map(|(code, label)| OptionOut { code, label }).collect(),
        min,
        max,
        step,
        unit: item.unit,
        touched: item.answer.is_some(),
        answer: item.answer,
    }
}

/// Read what an own assessment asks, with what this session has answered.
#[utoipa::path(tag = "participant", security(("bearer" = [])),
    params(("assessment" = String, Path, description = "The assessment's id.")),
    responses((status = 200, description = "What is asked.", body = OwnAssessmentOut)))]
#[get("/participant/assessments/{assessment}")]
async fn get_own_assessment(request: HttpRequest, state: Data<State>, assessment: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = assessment_id(&assessment)?;
    let view = state.run(ctx, move |ctx| showing::own_assessment(ctx, &id)).await?;
    Ok(HttpResponse::Ok().json(assessment_out(view)))
}

/// Answers: item → answer. Null is skipped, absent untouched.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswersIn {
    /// Item → answer.
    #[schema(value_type = Object)]
    pub answers: BTreeMap<String, Value>,
    /// A word of the client that tells repeated saves apart.
    #[serde(default)]
    pub nonce: Option<String>,
}

/// What was saved.
#[derive(Serialize, ToSchema)]
pub struct SavedOut {
    /// The items.
    pub saved: Vec<String>,
    /// When.
    pub at: String,
    /// What to show before anything else.
    pub support: SupportOut,
}

/// Help.
#[derive(Serialize, ToSchema)]
pub struct SupportOut {
    /// Whether help must be shown first.
    pub read_first: bool,
    /// When answers are next read.
    pub next_reading_at: String,
}

fn saved_out(saved: Saved) -> SavedOut {
    SavedOut {
        saved: saved.items,
        at: saved.at.to_string(),
        support: SupportOut {
            read_first: saved.help_first,
            next_reading_at: saved.next_reading_at.to_string(),
        },
    }
}

/// Save answers, one item or many. A safety item raises its alert at once.
#[utoipa::path(tag = "participant", security(("bearer" = [])), request_body = AnswersIn,
    params(("assessment" = String, Path, description = "The assessment's id."),
           ("instrument" = String, Path, description = "The instrument or form.")),
    responses((status = 200, description = "Saved.", body = SavedOut)))]
#[patch("/participant/assessments/{assessment}/responses/{instrument}")]
async fn save_own_answers(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    path: Path<(String, String)>,
    body: Body<AnswersIn>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let (assessment, instrument) = path.into_inner();
    let id = assessment_id(&assessment)?;
    let answers = body.value.answers;
    let saved = state.run(ctx, move |ctx| answering::save_own(ctx, &id, &instrument, answers)).await?;
    done(saved, saved_out)
}

/// The rest of the answers, by instrument.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmissionIn {
    /// Instrument → answers that were not saved yet.
    #[serde(default)]
    pub responses: BTreeMap<String, AnswersIn>,
}

/// What was sent.
#[derive(Serialize, ToSchema)]
pub struct SentOut {
    /// Where the assessment stands.
    pub state: String,
    /// When it was sent.
    pub submitted_at: Option<String>,
    /// The next planned day.
    pub next_due_on: Option<String>,
    /// What to show before anything else.
    pub support: SupportOut,
}

fn sent_out(sent: Sent) -> SentOut {
    SentOut {
        state: sent.state.to_string(),
        submitted_at: sent.submitted_at.map(|at| at.to_string()),
        next_due_on: sent.next_due_on.map(|on| on.to_string()),
        support: SupportOut {
            read_first: sent.help_first,
            next_reading_at: sent.next_reading_at.to_string(),
        },
    }
}

/// Send an assessment.
#[utoipa::path(tag = "participant", security(("bearer" = [])), request_body = SubmissionIn,
    params(("assessment" = String, Path, description = "The assessment's id.")),
    responses((status = 200, description = "Sent.", body = SentOut)))]
#[post("/participant/assessments/{assessment}/submit")]
async fn submit_own_assessment(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    assessment: Path<String>,
    body: Body<SubmissionIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let id = assessment_id(&assessment)?;
    let rest = body.value.responses.into_iter().map(|(name, sent)| (name, sent.answers)).collect();
    let sent = state.run(ctx, move |ctx| answering::submit_own(ctx, &id, rest)).await?;
    done(sent, sent_out)
}
