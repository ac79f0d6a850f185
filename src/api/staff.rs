//! Who has which role.

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
use crate::api::studies::Why;
use crate::conduct::staffing;
use crate::conduct::staffing::NewRole;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::idempotency::Retry;
use crate::http::page::Limit;
use crate::http::page::Page;
use crate::http::page::Paging;
use crate::http::query::Query;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::ids::AssignmentId;
use crate::kernel::time::Date;
use crate::trial::role::UnknownWord;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(grant_role).service(list_staff).service(end_role);
}

/// A role to be granted.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleIn {
    /// To which account.
    pub account_id: String,
    /// lead, coordinator, therapist, assessor, statistician, monitor.
    #[schema(example = "coordinator")]
    pub role: String,
    /// Its sites; none for all.
    #[serde(default)]
    pub site_ids: Vec<String>,
    /// none, own, all; fixed for the role's life.
    #[schema(example = "none")]
    pub sees_arm: String,
    /// randomize, sign_eligibility, alerts, contacts, emergency_unblind.
    #[serde(default)]
    pub duties: Vec<String>,
    /// The first day.
    #[schema(value_type = String, format = "date")]
    pub from_on: Date,
    /// The last day.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date")]
    pub until_on: Option<Date>,
    /// The day of training.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date")]
    pub training_on: Option<Date>,
}

/// A role that somebody has.
#[derive(Serialize, ToSchema)]
pub struct RoleOut {
    /// Its id.
    pub id: String,
    /// Whose.
    pub account_id: String,
    /// Which.
    pub role: String,
    /// Which arms it sees.
    pub sees_arm: String,
    /// Its duties.
    pub duties: Vec<String>,
    /// Its sites; none for all.
    pub site_ids: Vec<String>,
    /// The first day.
    #[schema(value_type = String, format = "date")]
    pub from_on: Date,
    /// The last day.
    #[schema(value_type = Option<String>, format = "date")]
    pub until_on: Option<Date>,
    /// When it was granted.
    pub granted_at: String,
    /// When it was ended.
    pub ended_at: Option<String>,
}

/// A role as it is shown.
pub fn role_out(role: staffing::Granted) -> RoleOut {
    RoleOut {
        id: role.id.to_string(),
        account_id: role.account.to_string(),
        role: role.role.to_string(),
        sees_arm: role.sees_arm.to_string(),
        duties: role.duties.iter().map(ToString::to_string).collect(),
        site_ids: role.sites.iter().map(ToString::to_string).collect(),
        from_on: role.from_on,
        until_on: role.until_on,
        granted_at: role.granted_at.to_string(),
        ended_at: role.ended_at.map(|at| at.to_string()),
    }
}

fn read_role(sent: RoleIn) -> Result<NewRole, Error> {
    let choice = |pointer: &'static str| {
        move |known: UnknownWord| Error::field(pointer, "field.choice", known.to_string())
    };
    Ok(NewRole {
        account: sent
            .account_id
            .parse()
            .map_err(|_| Error::field("/account_id", "field.format", "is no account id"))?,
        role: sent.role.parse().map_err(choice("/role"))?,
        sees_arm: sent.sees_arm.parse().map_err(choice("/sees_arm"))?,
        duties: sent
            .duties
            .iter()
            .map(|duty| duty.parse())
            .collect::<Result<_, _>>()
            .map_err(choice("/duties"))?,
        sites: sent
            .site_ids
            .iter()
            .map(|site| site.parse())
            .collect::<Result<_, _>>()
            .map_err(|_| Error::field("/site_ids", "field.format", "is no site id"))?,
        from_on: sent.from_on,
        until_on: sent.until_on,
        training_on: sent.training_on,
    })
}

/// Grant a role.
#[utoipa::path(tag = "staff", security(("bearer" = [])), request_body = RoleIn,
    params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 201, description = "Granted.", body = RoleOut)))]
#[post("/studies/{study}/staff")]
async fn grant_role(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    study: Path<String>,
    body: Body<RoleIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let (study, new) = (study.into_inner(), read_role(body.value)?);
    let granted = state.run(ctx, move |ctx| staffing::grant(ctx, &study, new)).await?;
    done(granted, role_out)
}

/// Which roles.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichRoles {
    /// Only those that were held at this instant.
    at: Option<String>,
    /// 1 to 200; 50 without it.
    #[serde(default)]
    #[param(value_type = Option<u16>)]
    limit: Limit,
    /// Where the page before ended.
    cursor: Option<String>,
}

/// Who had which right: all roles in the order in which they were granted, ended ones too.
#[utoipa::path(tag = "staff", security(("bearer" = [])),
    params(("study" = String, Path, description = "Id or alias."), WhichRoles),
    responses((status = 200, description = "A page.", body = Page<RoleOut>)))]
#[get("/studies/{study}/staff")]
async fn list_staff(
    signed_in: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    study: Path<String>,
    query: Query<WhichRoles>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let Query(WhichRoles { at, limit, cursor }) = query;
    let unknown =
        |_| Error::new(Kind::Malformed, "query.unknown_parameter").detail("at is an RFC 3339 instant.");
    let at = at.map(|at| at.parse()).transpose().map_err(unknown)?;
    let paging = Paging::open(&request, &state, &signed_in.0.holder, limit, cursor.as_deref())?;
    let (study, after, rows) = (study.into_inner(), paging.after_instant()?, paging.rows_to_read());
    let roles = state.run(ctx, move |ctx| staffing::list(ctx, &study, at, after, rows)).await?;
    let roles: Vec<RoleOut> = roles.into_iter().map(role_out).collect();
    paging.page(roles, |role| Paging::instant_key(&role.granted_at, &role.id)).show(&request)
}

/// End a role at once.
#[utoipa::path(tag = "staff", security(("bearer" = [])), request_body = Why,
    params(("assignment" = String, Path, description = "Id of the role as granted.")),
    responses((status = 200, description = "Ended.", body = RoleOut)))]
#[post("/assignments/{assignment}/end")]
async fn end_role(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    assignment: Path<String>,
    body: Body<Why>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let id: AssignmentId = assignment.parse().map_err(|_| Error::not_found())?;
    let reason = body.value.reason.into();
    let ended = state.run(ctx, move |ctx| staffing::end(ctx, &id, reason)).await?;
    done(ended, role_out)
}
