//! Signing in, staff and participants; accounts by invitation.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::delete;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::conduct::linking;
use crate::conduct::linking::ParticipantSession;
use crate::conduct::renewing;
use crate::conduct::renewing::Renewed;
use crate::conduct::signing_in;
use crate::conduct::signing_in::Invited;
use crate::conduct::signing_in::NewAccount;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::idempotency::Retry;
use crate::http::problem::Problem;
use crate::http::rate;
use crate::http::run;
use crate::http::run::State;
use crate::http::token;
use crate::http::token::Claims;
use crate::kernel::Error;
use crate::kernel::ids::SessionId;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(create_session)
        .service(refresh_session)
        .service(end_session)
        .service(set_credentials)
        .service(create_account)
        .service(create_participant_session);
}

/// Login and password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// The login.
    #[schema(example = "lead@example.org")]
    pub login: String,
    /// The password.
    #[schema(example = "a long phrase of your own")]
    pub password: String,
}

/// A signed-in session.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// Goes into the header `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds until the access token ends.
    pub expires_in: i64,
    /// Renews the session, once.
    pub refresh_token: String,
    /// The session.
    pub session_id: String,
    /// What it may do: staff, write, verified.
    pub level: &'static str,
}

fn tokens(
    request: &HttpRequest,
    state: &State,
    holder: &str,
    session: SessionId,
    refresh: String,
    level: &'static str,
) -> Result<Tokens, Error> {
    let moment = run::Moment::of(&mut actix_web::HttpMessage::extensions_mut(request), state)?;
    let claims = Claims::new(holder, session.clone(), moment.now, state.house.entropy.as_ref())?;
    Ok(Tokens {
        access_token: token::issue(&state.house.keys.token, &claims)?,
        token_type: "Bearer",
        expires_in: claims.exp - claims.iat,
        refresh_token: refresh,
        session_id: session.to_string(),
        level,
    })
}

/// Sign in with login and password.
///
/// Known and unknown logins get the same answer. After some failures the next try waits, never longer than 15 minutes.
#[utoipa::path(tag = "sessions", security(()), request_body = NewSession,
    responses((status = 200, description = "Signed in.", body = Tokens)))]
#[post("/sessions")]
async fn create_session(request: HttpRequest, state: Data<State>, body: Body<NewSession>) -> Answer {
    let ctx = run::public_context(&request, &state, None)?;
    state.rates.sign_in.take(&rate::address(&request, &state), ctx.now)?;
    let NewSession { login, password } = body.value;
    let signed_in = state.run_password(ctx, move |ctx| signing_in::sign_in(ctx, &login, &password)).await?;
    let holder = signed_in.account.to_string();
    let tokens = tokens(&request, &state, &holder, signed_in.session, signed_in.refresh, "staff")?;
    Ok(HttpResponse::Ok().json(tokens))
}

/// A token that renews a session.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// The token; good for one renewal.
    pub refresh_token: String,
}

/// Renew a session.
///
/// A refresh token works once. Shown a second time it is in two hands, and the session that it belongs to ends.
#[utoipa::path(tag = "sessions", security(()), request_body = Renewal,
    responses((status = 200, description = "Renewed.", body = Tokens)))]
#[post("/sessions/refresh")]
async fn refresh_session(request: HttpRequest, state: Data<State>, body: Body<Renewal>) -> Answer {
    let ctx = run::public_context(&request, &state, None)?;
    let token = body.value.refresh_token;
    let renewed = state.run(ctx, move |ctx| renewing::refresh(ctx, &token)).await?;
    let Renewed { session, holder, level, refresh } = renewed;
    Ok(HttpResponse::Ok().json(tokens(&request, &state, &holder, session, refresh, level)?))
}

/// End one of your sessions.
#[utoipa::path(tag = "sessions", security(("bearer" = [])),
    params(("session" = String, Path, description = "Id of the session, or `current`.")),
    responses((status = 204, description = "Ended.")))]
#[delete("/sessions/{session}")]
async fn end_session(request: HttpRequest, state: Data<State>, session: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    state.run(ctx, move |ctx| renewing::end(ctx, &session)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// An invitation with the password that its holder chooses.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCredentials {
    /// The invitation.
    pub token: String,
    /// 12 to 128 characters, any of them.
    pub password: String,
}

/// Redeem an invitation.
#[utoipa::path(tag = "sessions", security(()), request_body = NewCredentials,
    responses((status = 204, description = "The account is active.")))]
#[post("/credentials")]
async fn set_credentials(request: HttpRequest, state: Data<State>, body: Body<NewCredentials>) -> Answer {
    let ctx = run::public_context(&request, &state, None)?;
    state.rates.sign_in.take(&rate::address(&request, &state), ctx.now)?;
    let NewCredentials { token, password } = body.value;
    state.run_password(ctx, move |ctx| signing_in::set_credentials(ctx, &token, &password)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who gets an account.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountIn {
    /// What will be typed at sign-in.
    #[schema(example = "coordinator@example.org")]
    pub login: String,
    /// The name.
    pub name: String,
    /// The organisation.
    pub organisation: String,
}

/// An account that was just made.
#[derive(Serialize, ToSchema)]
pub struct AccountOut {
    /// Its id.
    pub id: String,
    /// Its login.
    pub login: String,
    /// The invitation, shown this once.
    pub invitation: String,
}

/// Make an account.
///
/// The invitation is shown once, to whoever makes the account.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = AccountIn,
    params(),
    responses((status = 201, description = "Made.", body = AccountOut)))]
#[post("/accounts")]
async fn create_account(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    body: Body<AccountIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let AccountIn { login, name, organisation } = body.value;
    let new = NewAccount { login, name, organisation };
    let made = state.run(ctx, move |ctx| signing_in::invite(ctx, new)).await?;
    done(made, |Invited { account, login, invitation }| AccountOut {
        id: account.to_string(),
        login,
        invitation,
    })
}

/// A participant's link; with a code, the second step.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewParticipantSession {
    /// The link's token.
    pub link_token: String,
    /// The six digits that came with it.
    #[serde(default)]
    pub code: Option<String>,
}

/// Open a participant's session from a link, or confirm it with the code.
///
/// A link that is unknown, taken back or over is gone, whichever it is. One that was made for an assessment opens a session
/// that shows this assessment and no other. With the code, the session that the link has
/// opened must be sent as bearer token; afterwards it may consent.
#[utoipa::path(tag = "participant", security((), ("bearer" = [])), request_body = NewParticipantSession,
    responses((status = 200, description = "Opened, or confirmed.", body = Tokens)))]
#[post("/participant/sessions")]
async fn create_participant_session(
    request: HttpRequest,
    state: Data<State>,
    body: Body<NewParticipantSession>,
) -> Result<HttpResponse, Problem> {
    let NewParticipantSession { link_token, code } = body.value;
    let opened = match code {
        Some(code) => {
            let ctx = run::context(&request, &state, None)?;
            state.rates.sign_in.take(&rate::address(&request, &state), ctx.now)?;
            state.run(ctx, move |ctx| linking::verify_session(ctx, &link_token, &code)).await?
        }
        None => {
            let ctx = run::public_context(&request, &state, None)?;
            state.run(ctx, move |ctx| linking::open_session(ctx, &link_token)).await?
        }
    };
    let ParticipantSession { session, participant, level, refresh } = opened;
    let tokens = tokens(&request, &state, participant.as_str(), session, refresh, level.as_str())?;
    Ok(HttpResponse::Ok().json(tokens))
}
