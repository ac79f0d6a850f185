//! What staff judge, decide and handle: criteria, eligibility, exclusion, anchors, alerts.

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
use crate::api::participants::ParticipantOut;
use crate::api::participants::participant_id;
use crate::api::participants::participant_out;
use crate::api::studies::ReasonIn;
use crate::conduct::alerting;
use crate::conduct::alerting::AlertView;
use crate::conduct::alerting::Closing;
use crate::conduct::judging;
use crate::conduct::judging::Decision;
use crate::conduct::judging::Judgement;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::idempotency::OptionalKey;
use crate::http::idempotency::RequiredKey;
use crate::http::problem::ProblemBody;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::ids::AlertId;
use crate::kernel::time::Date;
use crate::trial::expression::evaluation::Truth;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(judge_criterion)
        .service(decide_eligibility)
        .service(exclude_participant)
        .service(set_anchor)
        .service(list_alerts)
        .service(claim_alert)
        .service(close_alert);
}

/// A judgement of a criterion as it is worded: an exclusion criterion that is met excludes.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JudgementIn {
    /// met, not_met, undetermined.
    #[schema(example = "not_met")]
    pub judgement: String,
    /// The day of the evidence.
    #[schema(value_type = String, format = "date")]
    pub evidence_on: Date,
    /// What it rests on, in words.
    pub source: String,
    /// Why, where a judgement is changed.
    #[serde(default)]
    pub reason: Option<ReasonIn>,
}

/// Judge a criterion.
#[utoipa::path(tag = "enrolment", security(("bearer" = [])), params(("participant" = String, Path, description = "The participant's id."), ("criterion" = String, Path, description = "The criterion's id.")),
    responses((status = 200, description = "Judged.", body = ParticipantOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/participants/{participant}/criteria/{criterion}")]
async fn judge_criterion(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: OptionalKey,
    path: Path<(String, String)>,
    body: Body<JudgementIn>,
) -> Answer {
    let retry = key.bind("judge_criterion", &request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let (participant, criterion) = path.into_inner();
    let id = participant_id(&participant)?;
    let sent = body.value;
    let known = [Truth::Met, Truth::NotMet, Truth::Undetermined];
    let truth = known.into_iter().find(|truth| truth.as_str() == sent.judgement);
    let truth =
        truth.ok_or_else(|| Error::field("/judgement", "field.choice", "is met, not_met or undetermined"))?;
    let new = Judgement {
        truth,
        evidence_on: sent.evidence_on,
        source: sent.source,
        reason: sent.reason.map(Into::into),
    };
    let judged = state.run(ctx, move |ctx| judging::judge(ctx, &id, &criterion, new)).await?;
    done(judged, participant_out)
}

/// A decision on eligibility.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionIn {
    /// include, exclude, defer.
    #[schema(example = "include")]
    pub outcome: String,
    /// `criteria_etag` of the participant as it was read.
    pub criteria_etag: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<ReasonIn>,
}

/// Sign the decision on eligibility.
#[utoipa::path(tag = "enrolment", security(("bearer" = [])), params(("participant" = String, Path, description = "The participant's id."), ("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters, new for each act.")),
    responses((status = 200, description = "Decided.", body = ParticipantOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/participants/{participant}/decision")]
async fn decide_eligibility(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: RequiredKey,
    participant: Path<String>,
    body: Body<DecisionIn>,
) -> Answer {
    let retry = key.bind("decide_eligibility", &request, &body.canonical);
    let ctx = run::context(&request, &state, Some(retry))?;
    let id = participant_id(&participant)?;
    let sent = body.value;
    if !["include", "exclude", "defer"].contains(&sent.outcome.as_str()) {
        return Err(Error::field("/outcome", "field.choice", "is include, exclude or defer").into());
    }
    let new = Decision {
        outcome: sent.outcome,
        criteria_etag: sent.criteria_etag,
        reason: sent.reason.map(Into::into),
    };
    let decided = state.run(ctx, move |ctx| judging::decide(ctx, &id, new)).await?;
    done(decided, participant_out)
}

/// Why a person is out.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExclusionIn {
    /// The reason.
    pub reason: ReasonIn,
    /// The criterion behind it.
    #[serde(default)]
    pub criterion_id: Option<String>,
}

/// Exclude a person before the draw.
#[utoipa::path(tag = "enrolment", security(("bearer" = [])), params(("participant" = String, Path, description = "The participant's id."), ("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters, new for each act.")),
    responses((status = 200, description = "Excluded.", body = ParticipantOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/participants/{participant}/exclude")]
async fn exclude_participant(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: RequiredKey,
    participant: Path<String>,
    body: Body<ExclusionIn>,
) -> Answer {
    let retry = key.bind("exclude_participant", &request, &body.canonical);
    let ctx = run::context(&request, &state, Some(retry))?;
    let id = participant_id(&participant)?;
    let ExclusionIn { reason, criterion_id } = body.value;
    let excluded = state.run(ctx, move |ctx| judging::exclude(ctx, &id, reason.into(), criterion_id)).await?;
    done(excluded, participant_out)
}

/// The date of an event.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnchorIn {
    /// The date.
    #[schema(value_type = String, format = "date")]
    pub on: Date,
    /// Why, where a date is changed.
    #[serde(default)]
    pub reason: Option<ReasonIn>,
}

/// Record the date of an event; windows that are not open yet move.
#[utoipa::path(tag = "enrolment", security(("bearer" = [])), params(("participant" = String, Path, description = "The participant's id."), ("anchor" = String, Path, description = "The anchor's id.")),
    responses((status = 200, description = "Recorded.", body = ParticipantOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[put("/participants/{participant}/anchors/{anchor}")]
async fn set_anchor(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    path: Path<(String, String)>,
    body: Body<AnchorIn>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let (participant, anchor) = path.into_inner();
    let id = participant_id(&participant)?;
    let AnchorIn { on, reason } = body.value;
    let set =
        state.run(ctx, move |ctx| judging::set_anchor(ctx, &id, &anchor, on, reason.map(Into::into))).await?;
    done(set, participant_out)
}

/// A safety alert, for whoever has the duty.
#[derive(Serialize, ToSchema)]
pub struct AlertOut {
    /// Its id.
    pub id: String,
    /// The participant's code.
    pub code: String,
    /// The participant.
    pub participant_id: String,
    /// The rule of the protocol.
    pub rule: String,
    /// The instrument.
    pub instrument: String,
    /// urgent or review.
    pub level: String,
    /// met or unanswered.
    pub cause: String,
    /// raised, claimed, closed.
    pub state: String,
    /// When it was raised.
    pub raised_at: String,
    /// By when it must be claimed.
    pub read_by_at: String,
    /// Who has claimed it.
    pub claimed_by: Option<String>,
    /// Its log.
    pub log: Vec<AlertLine>,
}

/// One line of an alert's log.
#[derive(Serialize, ToSchema)]
pub struct AlertLine {
    /// When.
    pub at: String,
    /// By whom.
    pub by: String,
    /// What.
    pub kind: String,
}

fn alert_out(view: AlertView) -> AlertOut {
    let alert = view.alert;
    AlertOut {
        id: alert.id.to_string(),
        code: view.code,
        participant_id: alert.participant.to_string(),
        rule: alert.rule,
        instrument: alert.instrument,
        level: alert.level.to_string(),
        cause: alert.cause,
        state: alert.state,
        raised_at: alert.raised_at.to_string(),
        read_by_at: alert.read_by_at.to_string(),
        claimed_by: alert.claimed_by.map(|account| account.to_string()),
        log: view
            .entries
            .into_iter()
            .map(|entry| AlertLine { at: entry.at.to_string(), by: entry.by, kind: entry.kind })
            .collect(),
    }
}

/// List safety alerts, oldest first. The look is written down.
#[utoipa::path(tag = "safety", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "The alerts that the caller may see.", body = Vec<AlertOut>),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[get("/studies/{study}/alerts")]
async fn list_alerts(request: HttpRequest, state: Data<State>, study: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let alerts = state.run(ctx, move |ctx| alerting::list(ctx, &study, None, None, 200)).await?;
    let alerts: Vec<AlertOut> = alerts.into_iter().map(alert_out).collect();
    Ok(HttpResponse::Ok().json(alerts))
}

fn alert_id(text: &str) -> Result<AlertId, Error> {
    text.parse().map_err(|_| Error::not_found())
}

/// Claiming, or releasing one's own claim.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimIn {
    /// Whether the own claim is given back.
    #[serde(default)]
    pub release: bool,
}

/// Claim an alert.
#[utoipa::path(tag = "safety", security(("bearer" = [])), params(("alert" = String, Path, description = "The alert's id.")),
    responses((status = 200, description = "Claimed, or released.", body = AlertOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/alerts/{alert}/claim")]
async fn claim_alert(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    alert: Path<String>,
    body: Body<ClaimIn>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = alert_id(&alert)?;
    let claimed = state.run(ctx, move |ctx| alerting::claim(ctx, &id, body.value.release)).await?;
    done(claimed, alert_out)
}

/// How an alert ends.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosingIn {
    /// What the contact came to.
    pub contact_result: String,
    /// What the risk turned out to be.
    pub risk_outcome: String,
    /// Who was told.
    pub told: Vec<String>,
    /// Words.
    pub text: String,
}

/// Close an alert that one has claimed.
#[utoipa::path(tag = "safety", security(("bearer" = [])), params(("alert" = String, Path, description = "The alert's id."), ("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters, new for each act.")),
    responses((status = 200, description = "Closed.", body = AlertOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/alerts/{alert}/close")]
async fn close_alert(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: RequiredKey,
    alert: Path<String>,
    body: Body<ClosingIn>,
) -> Answer {
    let retry = key.bind("close_alert", &request, &body.canonical);
    let ctx = run::context(&request, &state, Some(retry))?;
    let id = alert_id(&alert)?;
    let ClosingIn { contact_result, risk_outcome, told, text } = body.value;
    let closing = Closing { contact_result, risk_outcome, told, text };
    let closed = state.run(ctx, move |ctx| alerting::close(ctx, &id, closing)).await?;
    done(closed, alert_out)
}
