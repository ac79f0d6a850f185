//! Sites.

use actix_web::HttpRequest;
use actix_web::get;
use actix_web::patch;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::conduct::siting;
use crate::conduct::siting::NewSite;
use crate::conduct::siting::Site;
use crate::conduct::siting::SiteState;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::etag::IfMatch;
use crate::http::idempotency::Retry;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::ids::SiteId;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(create_site).service(get_site).service(update_site);
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

/// A site to be added.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteIn {
    /// Small letters, digits and underscores; a new level of the factor `site`.
    #[schema(example = "umea")]
    pub code: String,
    /// The name.
    pub name: String,
    /// Its IANA zone.
    #[schema(example = "Europe/Stockholm")]
    pub time_zone: String,
}

/// Add a site.
#[utoipa::path(tag = "sites", security(("bearer" = [])), request_body = SiteIn,
    params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 201, description = "Added.", body = SiteOut)))]
#[post("/studies/{study}/sites")]
async fn create_site(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    study: Path<String>,
    body: Body<SiteIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let SiteIn { code, name, time_zone } = body.value;
    let unknown = |_| Error::field("/time_zone", "field.choice", "is no IANA zone");
    let new = NewSite { code, name, time_zone: time_zone.parse().map_err(unknown)? };
    let made = state.run(ctx, move |ctx| siting::create(ctx, &study, new)).await?;
    done(made, site_out)
}

fn site_in(path: &str) -> Result<SiteId, Error> {
    path.parse().map_err(|_| Error::not_found())
}

/// Read a site.
#[utoipa::path(tag = "sites", security(("bearer" = [])), params(("site" = String, Path, description = "Id of the site.")),
    responses((status = 200, description = "The site.", body = SiteOut)))]
#[get("/sites/{site}")]
async fn get_site(_: SignedIn, request: HttpRequest, state: Data<State>, site: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = site_in(&site)?;
    let site = state.run(ctx, move |ctx| siting::get(ctx, id)).await?;
    etag::show(&request, &site_out(site))
}

/// What changes of a site; what is left out stays.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteChangeIn {
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// open or closed.
    #[serde(default)]
    pub state: Option<String>,
}

/// Change a site.
#[utoipa::path(tag = "sites", security(("bearer" = [])), request_body = SiteChangeIn,
    params(("site" = String, Path, description = "Id of the site.")),
    responses((status = 200, description = "Changed.", body = SiteOut)))]
#[patch("/sites/{site}")]
async fn update_site(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    site: Path<String>,
    known: IfMatch,
    body: Body<SiteChangeIn>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = site_in(&site)?;
    let SiteChangeIn { name, state: word } = body.value;
    let unknown = |_| Error::field("/state", "field.choice", "is open or closed");
    let new_state: Option<SiteState> = word.map(|word| word.parse().map_err(unknown)).transpose()?;
    let is_known = move |site: &Site| known.check(&site_out(site.clone()));
    let changed = state.run(ctx, move |ctx| siting::update(ctx, id, name, new_state, is_known)).await?;
    done(changed, site_out)
}
