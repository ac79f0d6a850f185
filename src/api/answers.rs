//! What participants see and send: their record, consent, questions, answers. And answers that staff enter.

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
use crate::conduct::consenting;
use crate::conduct::consenting::ConsentView;
use crate::conduct::consenting::NewConsent;
use crate::conduct::looking;
use crate::conduct::looking::OwnAssessment;
use crate::conduct::looking::OwnRecord;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::idempotency::RequiredKey;
use crate::http::problem::ProblemBody;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
use crate::kernel::time::Zone;
use crate::trial::protocol::model::ConsentHow;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(get_own_record)
        .service(give_own_consent)
        .service(get_own_assessment)
        .service(save_own_answers)
        .service(submit_own_assessment);
}

fn assessment_id(text: &str) -> Result<AssessmentId, Error> {
    text.parse().map_err(|_| Error::not_found())
}

/// The own record: what is to be done, and the consent document while its step is open.
#[derive(Serialize, ToSchema)]
pub struct OwnRecordOut {
    /// The neutral name of the study.
    pub study: String,
    /// What can be answered now, or soon.
    pub to_do: Vec<ToDoOut>,
    /// The consent document, while it waits for a decision.
    pub consent: Option<ConsentDocumentOut>,
    /// When answers are next read.
    pub next_reading_at: String,
}

/// Something to be answered.
#[derive(Serialize, ToSchema)]
pub struct ToDoOut {
    /// The assessment.
    pub id: String,
    /// open or planned.
    pub state: String,
    /// The planned day.
    pub due_on: Option<String>,
    /// When it can no longer be sent on time.
    pub closes_at: Option<String>,
}

/// A consent document as it is shown.
#[derive(Serialize, ToSchema)]
pub struct ConsentDocumentOut {
    /// The version.
    pub document_version: i64,
    /// The language.
    pub language: String,
    /// SHA-256 of the bytes of the text; it is sent back with the decision.
    pub sha256: String,
    /// The text.
    pub text: String,
    /// What is agreed to, one by one.
    pub items: Vec<ConsentItemOut>,
}

/// One thing that is agreed to.
#[derive(Serialize, ToSchema)]
pub struct ConsentItemOut {
    /// Its id.
    pub id: String,
    /// Whether nobody takes part without it.
    pub required: bool,
    /// What it says.
    pub say: String,
}

fn record_out(record: OwnRecord) -> OwnRecordOut {
    OwnRecordOut {
        study: record.study,
        to_do: record
            .to_do
            .into_iter()
            .map(|one| ToDoOut {
                id: one.id.to_string(),
                state: one.state.to_string(),
                due_on: one.due_on.map(|on| on.to_string()),
                closes_at: one.closes_at.map(|at| at.to_string()),
            })
            .collect(),
        consent: record.consent.map(|document| ConsentDocumentOut {
            document_version: document.version,
            language: document.language,
            sha256: document.sha256,
            text: document.text,
            items: document
                .items
                .into_iter()
                .map(|(id, required, say)| ConsentItemOut { id, required, say })
                .collect(),
        }),
        next_reading_at: record.next_reading_at.to_string(),
    }
}

/// Read the own record. The look is written down.
#[utoipa::path(tag = "participant", security(("bearer" = [])),
    responses((status = 200, description = "The record.", body = OwnRecordOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[get("/participant")]
async fn get_own_record(request: HttpRequest, state: Data<State>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let record = state.run(ctx, looking::own_record).await?;
    Ok(HttpResponse::Ok().json(record_out(record)))
}

/// A decision on the consent document.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentIn {
    /// The version that was shown.
    pub document_version: i64,
    /// The language that was shown.
    pub language: String,
    /// SHA-256 of the text that was shown.
    pub sha256: String,
    /// Item → yes or no.
    pub items: BTreeMap<String, String>,
    /// The typed name; sealed, never shown to staff who see answers.
    pub typed_name: String,
    /// given or declined.
    pub decision: String,
}

/// A consent as recorded.
#[derive(Serialize, ToSchema)]
pub struct ConsentOut {
    /// Its id.
    pub id: String,
    /// in_force, outdated, declined.
    pub state: String,
    /// The version.
    pub document_version: i64,
    /// The language.
    pub language: String,
    /// SHA-256 of what was shown.
    pub sha256: String,
    /// When it was recorded.
    pub given_at: String,
}

fn consent_out(view: ConsentView) -> ConsentOut {
    ConsentOut {
        id: view.id.to_string(),
        state: view.state.to_owned(),
        document_version: view.document_version,
        language: view.language,
        sha256: view.sha256,
        given_at: view.recorded_at.to_string(),
    }
}

/// Give or decline consent.
#[utoipa::path(tag = "participant", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters, new for each act.")),
    responses((status = 201, description = "Recorded.", body = ConsentOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/participant/consents")]
async fn give_own_consent(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: RequiredKey,
    body: Body<ConsentIn>,
) -> Answer {
    let retry = key.bind("give_own_consent", &request, &body.canonical);
    let ctx = run::context(&request, &state, Some(retry))?;
    let sent = body.value;
    let yes_or_no = |(item, word): (String, String)| match word.as_str() {
        "yes" => Ok((item, true)),
        "no" => Ok((item, false)),
        _ => Err(Error::field(format!("/items/{item}"), "field.choice", "is yes or no")),
    };
    let items = sent.items.into_iter().map(yes_or_no).collect::<Result<_, Error>>()?;
    let given = match sent.decision.as_str() {
        "given" => true,
        "declined" => false,
        _ => return Err(Error::field("/decision", "field.choice", "is given or declined").into()),
    };
    let new = NewConsent {
        document_version: sent.document_version,
        language: sent.language,
        sha256: sent.sha256,
        items,
        given,
        how: ConsentHow::Online,
        name: Some(sent.typed_name),
        signer: "participant".to_owned(),
        identity_check: "link and code".to_owned(),
        signed_on: ctx.now.date_in(Zone::UTC),
    };
    let recorded = state.run(ctx, move |ctx| consenting::give_own(ctx, new)).await?;
    done(recorded, consent_out)
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
    /// Its words.
    pub text: String,
    /// Its options in order; none where a number, date or text is asked.
    pub options: Vec<OptionOut>,
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
    let ask = |ask: looking::Ask| AskOut {
        instrument: ask.instrument,
        lead: ask.lead,
        notice: ask.notice,
        items: ask
            .items
            .into_iter()
            .map(|item| ItemOut {
                id: item.id,
                text: item.text,
                options: item.options.into_iter().map(|(code, label)| OptionOut { code, label }).collect(),
            })
            .collect(),
    };
    OwnAssessmentOut {
        id: view.id.to_string(),
        state: view.state.to_string(),
        asks: view.asks.into_iter().map(ask).collect(),
    }
}

/// Read what an own assessment asks.
#[utoipa::path(tag = "participant", security(("bearer" = [])),
    params(("assessment" = String, Path, description = "The assessment's id.")),
    responses((status = 200, description = "What is asked.", body = OwnAssessmentOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[get("/participant/assessments/{assessment}")]
async fn get_own_assessment(request: HttpRequest, state: Data<State>, assessment: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = assessment_id(&assessment)?;
    let view = state.run(ctx, move |ctx| looking::own_assessment(ctx, &id)).await?;
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
#[utoipa::path(tag = "participant", security(("bearer" = [])),
    params(("assessment" = String, Path, description = "The assessment's id."),
           ("instrument" = String, Path, description = "The instrument or form.")),
    responses((status = 200, description = "Saved.", body = SavedOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
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
#[utoipa::path(tag = "participant", security(("bearer" = [])),
    params(("assessment" = String, Path, description = "The assessment's id."),
           ("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters, new for each act.")),
    responses((status = 200, description = "Sent.", body = SentOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/participant/assessments/{assessment}/submit")]
async fn submit_own_assessment(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: RequiredKey,
    assessment: Path<String>,
    body: Body<SubmissionIn>,
) -> Answer {
    let retry = key.bind("submit_own_assessment", &request, &body.canonical);
    let ctx = run::context(&request, &state, Some(retry))?;
    let id = assessment_id(&assessment)?;
    let rest = body.value.responses.into_iter().map(|(name, sent)| (name, sent.answers)).collect();
    let sent = state.run(ctx, move |ctx| answering::submit_own(ctx, &id, rest)).await?;
    done(sent, sent_out)
}
