//! The own account: roles and sessions, another password, API tokens.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::get;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::api::staff::RoleOut;
use crate::api::staff::role_out;
use crate::conduct::own_account;
use crate::conduct::own_account::NewToken;
use crate::conduct::own_account::OwnAccount;
use crate::conduct::own_account::Token;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::idempotency::Retry;
use crate::http::rate;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::time::Date;
use crate::trial::role::UnknownWord;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(get_own_account)
        .service(change_password)
        .service(create_api_token)
        .service(revoke_api_token);
}

/// The account of whoever asks.
#[derive(Serialize, ToSchema)]
pub struct OwnAccountOut {
    /// Its id.
    pub id: String,
    /// Its login.
    pub login: String,
    /// The name.
    pub name: String,
    /// The organisation.
    pub organisation: String,
    /// Whether it runs the installation.
    pub is_administrator: bool,
    /// Its roles, ended ones too.
    pub assignments: Vec<OwnRoleOut>,
    /// Its sessions that have not ended.
    pub sessions: Vec<SessionOut>,
    /// Its API tokens that still work.
    pub tokens: Vec<TokenOut>,
}

/// A role of one's own, with its study.
#[derive(Serialize, ToSchema)]
pub struct OwnRoleOut {
    /// The study.
    pub study_id: String,
    /// The role.
    pub role: RoleOut,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub struct SessionOut {
    /// Its id.
    pub id: String,
    /// When it began.
    pub created_at: String,
    /// When it was last used, to the minute.
    pub last_seen_at: String,
    /// When it ends at the latest.
    pub expires_at: String,
}

/// An API token without its secret.
#[derive(Serialize, ToSchema)]
pub struct TokenOut {
    /// The id by which it is taken back.
    pub id: String,
    /// The one study that it is for.
    pub study_id: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
}

fn token_out(token: Token) -> TokenOut {
    TokenOut {
        id: token.id,
        study_id: token.study,
        scopes: token.scopes.iter().map(ToString::to_string).collect(),
        created_at: token.created_at.to_string(),
        expires_at: token.expires_at.to_string(),
    }
}

fn own_account_out(own: OwnAccount) -> OwnAccountOut {
    let OwnAccount { account, assignments, sessions, tokens } = own;
    let sessions = sessions.into_iter().map(|session| SessionOut {
        id: session.id.to_string(),
        created_at: session.created_at.to_string(),
        last_seen_at: session.last_seen_at.to_string(),
        expires_at: session.expires_at.to_string(),
    });
    let assignments = assignments
        .into_iter()
        .map(|granted| OwnRoleOut { study_id: granted.study.to_string(), role: role_out(granted) });
    OwnAccountOut {
        id: account.id.to_string(),
        login: account.login,
        name: account.name,
        organisation: account.organisation,
        is_administrator: account.is_administrator,
        assignments: assignments.collect(),
        sessions: sessions.collect(),
        tokens: tokens.into_iter().map(token_out).collect(),
    }
}

/// Read your own account: roles, sessions, tokens.
#[utoipa::path(tag = "accounts", security(("bearer" = [])),
    responses((status = 200, description = "The account.", body = OwnAccountOut)))]
#[get("/account")]
async fn get_own_account(request: HttpRequest, state: Data<State>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let own = state.run(ctx, own_account::get).await?;
    etag::show(&request, &own_account_out(own))
}

/// Another password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The present one, as a proof of who is there.
    pub current_password: String,
    /// The new one: 12 to 128 characters, any of them.
    pub password: String,
    /// Whether all your other sessions end.
    #[serde(default)]
    pub end_other_sessions: bool,
}

/// Change your password.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = NewPassword,
    responses((status = 204, description = "Changed.")))]
#[post("/account/password")]
async fn change_password(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    body: Body<NewPassword>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    state.rates.sign_in.take(&rate::address(&request, &state), ctx.now)?;
    let NewPassword { current_password, password, end_other_sessions } = body.value;
    let verb =
        move |ctx: &_| own_account::change_password(ctx, &current_password, &password, end_other_sessions);
    state.run_password(ctx, verb).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// An API token to be made.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenIn {
    /// The one study that it is for, by id or alias.
    pub study_id: String,
    /// What it may do: consort:read, datasets:read, audit:read, usage:write, arms:read.
    #[schema(example = json!(["datasets:read"]))]
    pub scopes: Vec<String>,
    /// The last day, UTC; 90 days from now if it is left out, 365 at most; for arms:read, 30.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "date")]
    pub expires_on: Option<Date>,
}

/// An API token that was just made.
#[derive(Serialize, ToSchema)]
pub struct NewTokenOut {
    /// The token.
    #[serde(flatten)]
    pub token: TokenOut,
    /// Goes into the header `Authorization: Bearer …`; shown this once.
    pub secret: String,
}

/// Make an API token for scripts that read one study.
///
/// Its secret is shown once. A retry with the same key finds the token made and can't show the secret again.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = TokenIn,
    responses((status = 201, description = "Made.", body = NewTokenOut)))]
#[post("/account/tokens")]
async fn create_api_token(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    body: Body<TokenIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let TokenIn { study_id, scopes, expires_on } = body.value;
    let scopes = scopes.iter().enumerate().map(|(at, scope)| {
        scope.parse().map_err(|known: UnknownWord| {
            Error::field(format!("/scopes/{at}"), "field.choice", known.to_string())
        })
    });
    let new = NewToken { study: study_id, scopes: scopes.collect::<Result<_, Error>>()?, expires_on };
    let made = state.run(ctx, move |ctx| own_account::create_token(ctx, new)).await?;
    done(made, |(token, secret)| NewTokenOut { token: token_out(token), secret })
}

/// Take an API token back.
#[utoipa::path(tag = "accounts", security(("bearer" = [])),
    params(("token" = String, Path, description = "Id of the token.")),
    responses((status = 204, description = "It works no longer.")))]
#[delete("/account/tokens/{token}")]
async fn revoke_api_token(request: HttpRequest, state: Data<State>, token: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    state.run(ctx, move |ctx| own_account::revoke_token(ctx, &token)).await?;
    Ok(HttpResponse::NoContent().finish())
}
