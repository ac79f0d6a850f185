//! What staff judge and decide before the draw: criteria, eligibility, exclusion, dates of events.

use actix_web::HttpRequest;
use actix_web::post;
use actix_web::put;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::api::participants::ParticipantOut;
use crate::api::participants::participant_id;
use crate::api::participants::participant_out;
use crate::api::studies::ReasonIn;
use crate::conduct::anchoring;
use crate::conduct::judging;
use crate::conduct::judging::Decision;
use crate::conduct::judging::Judgement;
use crate::conduct::registering::ParticipantView;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::etag::IfMatch;
use crate::http::idempotency::Retry;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::time::Date;
use crate::trial::expression::evaluation::Truth;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(judge_criterion)
        .service(decide_eligibility)
        .service(exclude_participant)
        .service(set_anchor);
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
#[utoipa::path(tag = "enrolment", security(("bearer" = [])), request_body = JudgementIn, params(("participant" = String, Path, description = "The participant's id."), ("criterion" = String, Path, description = "The criterion's id.")),
    responses((status = 200, description = "Judged.", body = ParticipantOut)))]
#[post("/participants/{participant}/criteria/{criterion}")]
async fn judge_criterion(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    path: Path<(String, String)>,
    known: IfMatch,
    body: Body<JudgementIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let (participant, criterion) = path.into_inner();
    let id = participant_id(&participant)?;
    let sent = body.value;
    let truths = [Truth::Met, Truth::NotMet, Truth::Undetermined];
    let truth = truths.into_iter().find(|truth| truth.as_str() == sent.judgement);
    let truth =
        truth.ok_or_else(|| Error::field("/judgement", "field.choice", "is met, not_met or undetermined"))?;
    let new = Judgement {
        truth,
        evidence_on: sent.evidence_on,
        source: sent.source,
        reason: sent.reason.map(Into::into),
    };
    let is_known = move |view: &ParticipantView| known.check(&participant_out(view.clone()));
    let judge = move |ctx: &_| judging::judge(ctx, &id, &criterion, new, is_known);
    let judged = state.run(ctx, judge).await?;
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
#[utoipa::path(tag = "enrolment", security(("bearer" = [])), request_body = DecisionIn, params(("participant" = String, Path, description = "The participant's id.")),
    responses((status = 200, description = "Decided.", body = ParticipantOut)))]
#[post("/participants/{participant}/decision")]
async fn decide_eligibility(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    participant: Path<String>,
    body: Body<DecisionIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
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
#[utoipa::path(tag = "enrolment", security(("bearer" = [])), request_body = ExclusionIn, params(("participant" = String, Path, description = "The participant's id.")),
    responses((status = 200, description = "Excluded.", body = ParticipantOut)))]
#[post("/participants/{participant}/exclude")]
async fn exclude_participant(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    participant: Path<String>,
    body: Body<ExclusionIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
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
#[utoipa::path(tag = "enrolment", security(("bearer" = [])), request_body = AnchorIn, params(("participant" = String, Path, description = "The participant's id."), ("anchor" = String, Path, description = "The anchor's id.")),
    responses((status = 200, description = "Recorded.", body = ParticipantOut)))]
#[put("/participants/{participant}/anchors/{anchor}")]
async fn set_anchor(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    path: Path<(String, String)>,
    known: IfMatch,
    body: Body<AnchorIn>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let (participant, anchor) = path.into_inner();
    let id = participant_id(&participant)?;
    let AnchorIn { on, reason } = body.value;
    let is_known = move |view: &ParticipantView| known.check(&participant_out(view.clone()));
    let set = move |ctx: &_| anchoring::set_anchor(ctx, &id, &anchor, on, reason.map(Into::into), is_known);
    let set = state.run(ctx, set).await?;
    done(set, participant_out)
}
