//! The trail: read by those who may, and checked.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::audit_events::AuditEventOut;
use crate::api::audit_events::TrailFormat;
use crate::api::audit_events::event_out;
use crate::api::audit_files;
use crate::conduct::auditing;
use crate::conduct::auditing::EventFilter;
use crate::http::credential::SignedIn;
use crate::http::page::Limit;
use crate::http::page::Page;
use crate::http::page::Paging;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::ids::ParticipantId;
use crate::kernel::time::Timestamp;
use crate::trial::audit::chain::Linked;
use crate::trial::role::Role;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_audit_events).service(list_account_audit_events).service(verify_audit);
}

/// What was checked of the trail.
#[derive(Serialize, ToSchema)]
pub struct VerificationOut {
    /// Chains followed.
    pub chains: usize,
    /// Events followed; null for who may not know arms, since arms differ in how much happens.
    pub events: Option<usize>,
    /// Checkpoints followed.
    pub checkpoints: usize,
    /// The first break; null where there is none.
    pub first_break: Option<String>,
    /// The first break of every other chain that has one.
    pub further_breaks: Vec<String>,
}

/// Check the audit trail of a study.
#[utoipa::path(tag = "audit", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "What was checked.", body = VerificationOut)))]
#[get("/studies/{study}/audit/verification")]
async fn verify_audit(request: HttpRequest, state: Data<State>, study: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let (checked, counts_shown) = state.run(ctx, move |ctx| auditing::verify_study(ctx, &study)).await?;
    let first_break = checked.first_break.map(|found| found.to_string());
    Ok(HttpResponse::Ok().json(VerificationOut {
        chains: checked.chains,
        events: counts_shown.then_some(checked.events),
        checkpoints: checked.checkpoints,
        first_break,
        further_breaks: checked.further_breaks.iter().map(ToString::to_string).collect(),
    }))
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichEvents {
    /// One participant, by id.
    participant: Option<String>,
    /// One actor: the id of an account or participant.
    account: Option<String>,
    /// One role at that time.
    role: Option<String>,
    /// One type, such as `alert.raised`.
    #[serde(rename = "type")]
    action: Option<String>,
    /// From this instant on.
    from: Option<String>,
    /// Up to before this instant.
    to: Option<String>,
    /// What is asked: an instrument or form, `phq9`, or one item of it, `phq9.9`.
    item: Option<String>,
    /// Only what put something else in the place of a value, from this instant on.
    changed_after: Option<String>,
    /// Only what touches answers that somebody else has given.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    not_originator: bool,
    /// json comes in pages; csv and ndjson are the whole trail as a file.
    #[serde(default)]
    #[param(value_type = Option<TrailFormat>, inline)]
    format: TrailFormat,
    /// 1 to 200; 50 without it.
    #[param(value_type = Option<u16>)]
    limit: Option<Limit>,
    /// Where the page before ended.
    cursor: Option<String>,
}

fn unknown(detail: impl Into<String>) -> Error {
    Error::new(Kind::Malformed, "query.unknown_parameter").detail(detail)
}

impl WhichEvents {
    fn paging(&self, request: &HttpRequest, state: &State, signed_in: &SignedIn) -> Result<Paging, Problem> {
        let limit = self.limit.unwrap_or_default();
        Paging::open(request, state, &signed_in.0.holder, limit, self.cursor.as_deref())
    }

    fn filter(&self, paging: &Paging) -> Result<EventFilter, Error> {
        let no_instant =
            |name: &str| unknown(format!("{name} is an RFC 3339 instant, 2026-06-01T00:00:00Z."));
        let no_item = || unknown("item is an instrument or form, phq9, or one item of it, phq9.9.");
        let instant = |text: &Option<String>| text.as_deref().map(str::parse::<Timestamp>).transpose();
        let person = self.participant.as_deref().map(str::parse::<ParticipantId>).transpose();
        let role = self.role.as_deref().map(str::parse::<Role>).transpose();
        let from = instant(&self.from).map_err(|_| no_instant("from"))?;
        let changed = instant(&self.changed_after).map_err(|_| no_instant("changed_after"))?;
        Ok(EventFilter {
            participants: person
                .map_err(|_| unknown("participant is the id of one, par_…."))?
                .map(|id| vec![id]),
            actor: self.account.clone(),
            role: role.map_err(|known| unknown(format!("role {known}.")))?.map(|role| role.to_string()),
            action: self.action.clone(),
            from: from.max(changed),
            until: instant(&self.to).map_err(|_| no_instant("to"))?,
            item: self.item.as_deref().map(|item| item_in(item).ok_or_else(no_item)).transpose()?,
            changes_only: changed.is_some(),
            not_originator: self.not_originator,
            after: paging.after_instant()?,
            ..EventFilter::default()
        })
    }
}

/// `phq9` or `phq9.9`.
fn item_in(text: &str) -> Option<(String, Option<String>)> {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let (instrument, item) = text.split_once('.').map_or((text, None), |(before, item)| (before, Some(item)));
    let is_fine = is_word(instrument) && item.is_none_or(is_word);
    is_fine.then(|| (instrument.to_owned(), item.map(str::to_owned)))
}

fn page(request: &HttpRequest, paging: &Paging, found: Vec<Linked>) -> Answer {
    let found: Vec<AuditEventOut> = found.into_iter().map(event_out).collect();
    paging.page(found, |event| Paging::instant_key(&event.at, &event.id)).show(request)
}

/// List what was done in a study, by whom and why, oldest first. The look is written down.
///
/// Of the own sites' people where the role has sites; nothing that tells an arm for callers who see no arm.
#[utoipa::path(tag = "audit", security(("bearer" = [])),
    params(("study" = String, Path, description = "Id or alias."), WhichEvents),
    responses((status = 200, description = "A page.", body = Page<AuditEventOut>)))]
#[get("/studies/{study}/audit")]
async fn list_audit_events(
    signed_in: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    study: Path<String>,
    query: Query<WhichEvents>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let query = query.0;
    let paging = query.paging(&request, &state, &signed_in)?;
    let (study, filter, rows) = (study.into_inner(), query.filter(&paging)?, paging.limit_to_read());
    if query.format != TrailFormat::Json {
        if query.limit.is_some() || query.cursor.is_some() {
            return Err(unknown("A file is the whole trail. Leave limit and cursor out.").into());
        }
        let trail = state.run(ctx.clone(), move |ctx| auditing::prepare(ctx, &study, filter.clone())).await?;
        return audit_files::send(&state, ctx, trail, query.format).await;
    }
    let found = state.run(ctx, move |ctx| auditing::list(ctx, &study, filter.clone(), rows)).await?;
    page(&request, &paging, found)
}

/// List what was done to the accounts, oldest first. The look is written down.
#[utoipa::path(tag = "audit", security(("bearer" = [])), params(WhichEvents),
    responses((status = 200, description = "A page.", body = Page<AuditEventOut>)))]
#[get("/accounts/audit")]
async fn list_account_audit_events(
    signed_in: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    query: Query<WhichEvents>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let query = query.0;
    if query.format != TrailFormat::Json {
        return Err(unknown("The trail of the accounts comes as json.").into());
    }
    let paging = query.paging(&request, &state, &signed_in)?;
    let (filter, rows) = (query.filter(&paging)?, paging.limit_to_read());
    let found = state.run(ctx, move |ctx| auditing::list_of_accounts(ctx, filter.clone(), rows)).await?;
    page(&request, &paging, found)
}
