//! Studies and roles.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::conduct::siting::Site;
use crate::conduct::staffing;
use crate::conduct::staffing::NewRole;
use crate::conduct::studying;
use crate::conduct::studying::StudyView;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::idempotency::RequiredKey;
use crate::http::problem::ProblemBody;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::time::Date;
use crate::trial::audit::event::Reason;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(create_study)
        .service(get_study)
        .service(open_study)
        .service(close_study)
        .service(lock_study)
        .service(reveal_study)
        .service(grant_role)
        .service(list_staff);
}

/// A protocol with the texts beside it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStudy {
    /// `test`; studies of mode live are refused until what they need exists.
    #[schema(example = "test")]
    pub mode: String,
    /// The protocol file, TOML.
    pub protocol: String,
    /// Path → text of the documents and translations beside it.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
}

/// A study.
#[derive(Serialize, ToSchema)]
pub struct StudyOut {
    /// Its id.
    pub id: String,
    /// Its alias, for ever.
    pub alias: String,
    /// Its title.
    pub title: String,
    /// test or live, for ever.
    pub mode: String,
    /// Where it stands.
    pub state: String,
    /// The protocol in force.
    pub protocol: ProtocolOut,
    /// Its sites.
    pub sites: Vec<SiteOut>,
}

/// A protocol version.
#[derive(Serialize, ToSchema)]
pub struct ProtocolOut {
    /// Its number.
    pub version: i64,
    /// SHA-256 of its canonical form.
    pub sha256: String,
}

/// A site.
#[derive(Serialize, ToSchema)]
pub struct SiteOut {
    /// Its id.
    pub id: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its IANA zone.
    pub time_zone: String,
    /// open or closed.
    pub state: String,
}

/// A study as it is shown.
pub fn study_out(view: StudyView) -> StudyOut {
    let (version, sha256) = view.protocol;
    StudyOut {
        id: view.study.id.to_string(),
        alias: view.study.alias,
        title: view.title,
        mode: view.study.mode.to_string(),
        state: view.study.state.to_string(),
        protocol: ProtocolOut { version, sha256 },
        sites: view.sites.into_iter().map(site_out).collect(),
    }
}

/// A site as it is shown.
pub fn site_out(site: Site) -> SiteOut {
    SiteOut {
        id: site.id.to_string(),
        code: site.code,
        name: site.name,
        time_zone: site.time_zone.name().to_owned(),
        state: site.state.to_string(),
    }
}

/// Make a study of mode test from a protocol.
#[utoipa::path(tag = "studies", security(("bearer" = [])),
    params(("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters, new for each act.")),
    responses((status = 201, description = "Made, in draft.", body = StudyOut),
              (status = "4XX", description = "Refused; an unsound protocol with every finding at its place.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/studies")]
async fn create_study(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: RequiredKey,
    body: Body<NewStudy>,
) -> Answer {
    let retry = key.bind("create_study", &request, &body.canonical);
    let ctx = run::context(&request, &state, Some(retry))?;
    let NewStudy { mode, protocol, texts } = body.value;
    let mode = mode.parse().map_err(|_| Error::field("/mode", "field.choice", "is test or live"))?;
    let made = state.run(ctx, move |ctx| studying::create(ctx, mode, protocol, texts)).await?;
    done(made, study_out)
}

/// Read a study, by id or alias.
#[utoipa::path(tag = "studies", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "The study.", body = StudyOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[get("/studies/{study}")]
async fn get_study(request: HttpRequest, state: Data<State>, study: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let view = state.run(ctx, move |ctx| studying::get(ctx, &study)).await?;
    etag::show(&request, &study_out(view))
}

/// Why something is done.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// The reason.
    pub reason: ReasonIn,
}

/// A reason: a code of the study's list, and words.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonIn {
    /// The code; `other` is always there.
    #[schema(example = "other")]
    pub code: String,
    /// Words.
    pub text: String,
}

impl From<ReasonIn> for Reason {
    fn from(sent: ReasonIn) -> Self {
        Self { code: sent.code, text: sent.text }
    }
}

macro_rules! study_moves {
    ($($(#[doc = $doc:literal])* $name:ident $path:literal $verb:ident;)*) => {$(
        $(#[doc = $doc])*
        #[utoipa::path(tag = "studies", security(("bearer" = [])),
            params(("study" = String, Path, description = "Id or alias."),
                   ("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters, new for each act.")),
            responses((status = 200, description = "Done.", body = StudyOut),
                      (status = "4XX", description = "Refused.", body = ProblemBody),
                      (status = "5XX", description = "Not available.", body = ProblemBody)))]
        #[post($path)]
        async fn $name(
            _: SignedIn,
            request: HttpRequest,
            state: Data<State>,
            key: RequiredKey,
            study: Path<String>,
            body: Body<Why>,
        ) -> Answer {
            let retry = key.bind(stringify!($name), &request, &body.canonical);
            let ctx = run::context(&request, &state, Some(retry))?;
            let (study, reason) = (study.into_inner(), body.value.reason.into());
            let moved = state.run(ctx, move |ctx| studying::$verb(ctx, &study, reason)).await?;
            done(moved, study_out)
        }
    )*};
}

study_moves! {
    /// Open a study: people are taken from now on.
    open_study "/studies/{study}/open" open;
    /// Close a study: recruitment ends, follow-up goes on.
    close_study "/studies/{study}/close" close;
    /// Lock a study: every trial value is fixed.
    lock_study "/studies/{study}/lock" lock;
    /// Reveal a locked study of mode test: seeds and arms are disclosed.
    reveal_study "/studies/{study}/reveal" reveal;
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
        ended_at: role.ended_at.map(|at| at.to_string()),
    }
}

fn read_role(sent: RoleIn) -> Result<NewRole, Error> {
    let choice =
        |pointer: &'static str| move |_| Error::field(pointer, "field.choice", "is not one of the words");
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
#[utoipa::path(tag = "staff", security(("bearer" = [])),
    params(("study" = String, Path, description = "Id or alias."),
           ("Idempotency-Key" = String, Header, description = "16 to 128 visible ASCII characters, new for each act.")),
    responses((status = 201, description = "Granted.", body = RoleOut),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[post("/studies/{study}/staff")]
async fn grant_role(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: RequiredKey,
    study: Path<String>,
    body: Body<RoleIn>,
) -> Answer {
    let retry = key.bind("grant_role", &request, &body.canonical);
    let ctx = run::context(&request, &state, Some(retry))?;
    let (study, new) = (study.into_inner(), read_role(body.value)?);
    let granted = state.run(ctx, move |ctx| staffing::grant(ctx, &study, new)).await?;
    done(granted, role_out)
}

/// Who had which right.
#[utoipa::path(tag = "staff", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "All roles, ended ones too.", body = Vec<RoleOut>),
              (status = "4XX", description = "Refused.", body = ProblemBody),
              (status = "5XX", description = "Not available.", body = ProblemBody)))]
#[get("/studies/{study}/staff")]
async fn list_staff(request: HttpRequest, state: Data<State>, study: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let roles = state.run(ctx, move |ctx| staffing::list(ctx, &study)).await?;
    let roles: Vec<RoleOut> = roles.into_iter().map(role_out).collect();
    Ok(HttpResponse::Ok().json(roles))
}
