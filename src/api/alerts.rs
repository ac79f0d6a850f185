//! Safety alerts: listed, claimed, closed.

use actix_web::HttpRequest;
use actix_web::get;
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
use crate::api::studies::ReasonIn;
use crate::conduct::handling;
use crate::conduct::handling::AlertView;
use crate::conduct::handling::Closing;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::etag::IfMatch;
use crate::http::idempotency::Retry;
use crate::http::page::Limit;
use crate::http::page::Page;
use crate::http::page::Paging;
use crate::http::page::Tagged;
use crate::http::query::Query;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::ids::AlertId;
use crate::trial::audit::event::Reason;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_alerts).service(claim_alert).service(close_alert);
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Nobody has taken it.
    Raised,
    /// Somebody has.
    Claimed,
    /// It is dealt with.
    Closed,
}

impl AlertState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Claimed => "claimed",
            Self::Closed => "closed",
        }
    }
}

/// Which alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichAlerts {
    /// One state.
    #[param(inline)]
    state: Option<AlertState>,
    /// 1 to 200; 50 without it.
    #[serde(default)]
    #[param(value_type = Option<u16>)]
    limit: Limit,
    /// Where the page before ended.
    cursor: Option<String>,
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
    /// The assessment.
    pub assessment_id: String,
    /// Its occasion.
    #[schema(example = "w03")]
    pub occasion: String,
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
    /// Item → state and value: the answers that the rule reads, as they stand now. For whoever has the duty alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answers: Option<Value>,
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
    /// What was written with it: contact, outcome, who was told, reasons. For whoever has the duty alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub content: Option<Value>,
}

fn alert_out(view: AlertView) -> AlertOut {
    let (alert, is_on_duty) = (view.alert, view.answers.is_some());
    let content = |text: &str| serde_json::from_str(text).ok().filter(|_| is_on_duty);
    AlertOut {
        id: alert.id.to_string(),
        code: view.code,
        participant_id: alert.participant.to_string(),
        assessment_id: alert.assessment.to_string(),
        occasion: view.occasion,
        rule: alert.rule,
        instrument: alert.instrument,
        level: alert.level.to_string(),
        cause: alert.cause,
        state: alert.state,
        raised_at: alert.raised_at.to_string(),
        read_by_at: alert.read_by_at.to_string(),
        claimed_by: alert.claimed_by.map(|account| account.to_string()),
        answers: view.answers.map(|answers| serde_json::json!(answers)),
        log: view
            .entries
            .into_iter()
            .map(|entry| AlertLine {
                content: content(&entry.content),
                at: entry.at.to_string(),
                by: entry.by,
                kind: entry.kind,
            })
            .collect(),
    }
}

/// List safety alerts, oldest first. The look is written down.
#[utoipa::path(tag = "safety", security(("bearer" = [])),
    params(("study" = String, Path, description = "Id or alias."), WhichAlerts),
    responses((status = 200, description = "A page of the alerts that the caller may see.", body = Page<Tagged<AlertOut>>)))]
#[get("/studies/{study}/alerts")]
async fn list_alerts(
    signed_in: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    study: Path<String>,
    query: Query<WhichAlerts>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let Query(WhichAlerts { state: which, limit, cursor }) = query;
    let which = which.map(|which| which.as_str().to_owned());
    let paging = Paging::open(&request, &state, &signed_in.0.holder, limit, cursor.as_deref())?;
    let (study, after, rows) = (study.into_inner(), paging.after_instant()?, paging.limit_to_read());
    let alerts = state.run(ctx, move |ctx| handling::list(ctx, &study, which, after, rows)).await?;
    let alerts: Vec<AlertOut> = alerts.into_iter().map(alert_out).collect();
    paging.page(alerts, |alert| Paging::instant_key(&alert.raised_at, &alert.id)).tagged()?.show(&request)
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
#[utoipa::path(tag = "safety", security(("bearer" = [])), request_body = ClaimIn, params(("alert" = String, Path, description = "The alert's id.")),
    responses((status = 200, description = "Claimed, or released.", body = AlertOut)))]
#[post("/alerts/{alert}/claim")]
async fn claim_alert(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    alert: Path<String>,
    known: IfMatch,
    body: Body<ClaimIn>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = alert_id(&alert)?;
    let is_known = move |view: &AlertView| known.check(&alert_out(view.clone()));
    let claimed = state.run(ctx, move |ctx| handling::claim(ctx, &id, body.value.release, is_known)).await?;
    done(claimed, alert_out)
}

/// How an alert ends: all four; or `reopen` alone, which takes it up again.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosingIn {
    /// What the contact came to.
    #[serde(default)]
    #[schema(example = "reached")]
    pub contact_result: Option<String>,
    /// What the risk turned out to be: a code of the rule, where the protocol lists any.
    #[serde(default)]
    #[schema(example = "low")]
    pub risk_outcome: Option<String>,
    /// Who was told.
    #[serde(default)]
    #[schema(example = json!(["nobody"]))]
    pub told: Option<Vec<String>>,
    /// Words.
    #[serde(default)]
    pub text: Option<String>,
    /// Why what was closed is taken up again.
    #[serde(default)]
    pub reopen: Option<ReasonIn>,
}

/// What is to become of an alert.
enum Ending {
    Closed(Closing),
    Reopened(Reason),
}

impl ClosingIn {
    fn ending(self) -> Result<Ending, Error> {
        let Self { contact_result, risk_outcome, told, text, reopen } = self;
        let alone =
            [&contact_result, &risk_outcome, &text].iter().all(|field| field.is_none()) && told.is_none();
        match reopen {
            Some(reason) if alone => return Ok(Ending::Reopened(reason.into())),
            Some(_) => return Err(Error::field("/reopen", "field.choice", "stands alone")),
            None => {}
        }
        let missing = |field: &str| Error::field(format!("/{field}"), "field.required", "must be given");
        Ok(Ending::Closed(Closing {
            contact_result: contact_result.ok_or_else(|| missing("contact_result"))?,
            risk_outcome: risk_outcome.ok_or_else(|| missing("risk_outcome"))?,
            told: told.ok_or_else(|| missing("told"))?,
            text: text.ok_or_else(|| missing("text"))?,
        }))
    }
}

/// Close an alert that one has claimed, or take up again one that was closed.
#[utoipa::path(tag = "safety", security(("bearer" = [])), request_body = ClosingIn, params(("alert" = String, Path, description = "The alert's id.")),
    responses((status = 200, description = "Closed, or reopened.", body = AlertOut)))]
#[post("/alerts/{alert}/close")]
async fn close_alert(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    alert: Path<String>,
    known: IfMatch,
    body: Body<ClosingIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let id = alert_id(&alert)?;
    let ending = body.value.ending()?;
    let is_known = move |view: &AlertView| known.check(&alert_out(view.clone()));
    let end = move |ctx: &_| match ending {
        Ending::Closed(closing) => handling::close(ctx, &id, closing, is_known),
        Ending::Reopened(reason) => handling::reopen(ctx, &id, reason, is_known),
    };
    done(state.run(ctx, end).await?, alert_out)
}
