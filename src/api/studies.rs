//! Studies: made, listed, read, opened and closed.

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::get;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::de::Error as _;
use utoipa::IntoParams;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::api::sites::SiteOut;
use crate::api::sites::site_out;
use crate::conduct::studying;
use crate::conduct::studying::Accepted;
use crate::conduct::studying::Mode;
use crate::conduct::studying::StudyView;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::headers;
use crate::http::idempotency::Retry;
use crate::http::page::Page;
use crate::http::page::Paging;
use crate::http::page::Tagged;
use crate::http::page::WhichPage;
use crate::http::problem::UnmetProblem;
use crate::http::query::Query;
use crate::http::run;
use crate::http::run::State;
use crate::http::upload::Upload;
use crate::trial::audit::event::Reason;
use crate::trial::protocol::shipped;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(create_study)
        .service(list_studies)
        .service(get_study)
        .service(open_study)
        .service(close_study)
        .service(lock_study)
        .service(reveal_study)
        .service(get_study_readiness);
}

/// Whether a study is a rehearsal.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModeIn {
    /// A rehearsal, from the same protocol, with its own seed.
    Test,
    /// Real participants. Refused until all that it needs exists.
    Live,
}

/// How a study is made.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HowMade {
    /// For ever.
    #[param(inline)]
    mode: ModeIn,
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
    /// Its arms as the protocol names them.
    pub arms: Vec<ArmOut>,
    /// Its sites.
    pub sites: Vec<SiteOut>,
}

/// An arm of the protocol.
#[derive(Serialize, ToSchema)]
pub struct ArmOut {
    /// Its code.
    #[schema(example = "ipdt")]
    pub code: String,
    /// Its name, for staff.
    pub label: String,
}

/// A protocol version.
#[derive(Serialize, ToSchema)]
pub struct ProtocolOut {
    /// Its number.
    pub version: i64,
    /// SHA-256 of its canonical form.
    pub sha256: String,
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
        arms: view.arms.into_iter().map(|(code, label)| ArmOut { code, label }).collect(),
        sites: view.sites.into_iter().map(site_out).collect(),
    }
}

/// Make a study from a protocol.
///
/// One file, or the folder as a zip file: the protocol at the top, its texts below `messages/`. Texts that ship need not be sent.
#[utoipa::path(tag = "studies", security(("bearer" = [])),
    request_body(content((String = "application/toml"), (Vec<u8> = "application/zip")), description = "The protocol, at most 2 MiB."),
    params(HowMade),
    responses((status = 201, description = "Made, in draft.", body = StudyOut)))]
#[post("/studies")]
async fn create_study(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    how: Query<HowMade>,
    upload: Upload,
) -> Answer {
    let mode = match how.0.mode {
        ModeIn::Test => Mode::Test,
        ModeIn::Live => Mode::Live,
    };
    let retry = key.bind(&request, &format!("{mode} {}", upload.canonical()?));
    let ctx = run::context(&request, &state, retry)?;
    request.extensions_mut().insert(headers::Mode::from(mode));
    let Upload { protocol, texts } = upload;
    let made = state
        .run(ctx, move |ctx| {
            let texts = texts.unwrap_or_else(|| shipped::texts_beside(&protocol));
            studying::create(ctx, mode, protocol, texts)
        })
        .await?;
    done(made, study_out)
}

/// List the studies that you may read, by alias.
#[utoipa::path(tag = "studies", security(("bearer" = [])), params(WhichPage),
    responses((status = 200, description = "A page.", body = Page<Tagged<StudyOut>>)))]
#[get("/studies")]
async fn list_studies(
    signed_in: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    query: Query<WhichPage>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let Query(WhichPage { limit, cursor }) = query;
    let paging = Paging::open(&request, &state, &signed_in.0.holder, limit, cursor.as_deref())?;
    let (after, rows) = (paging.after().map(str::to_owned), paging.rows_to_read());
    let studies = state.run(ctx, move |ctx| studying::list(ctx, after.as_deref(), rows)).await?;
    let studies: Vec<StudyOut> = studies.into_iter().map(study_out).collect();
    paging.page(studies, |study| study.alias.clone()).tagged()?.show(&request)
}

/// Read a study, by id or alias.
#[utoipa::path(tag = "studies", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "The study.", body = StudyOut)))]
#[get("/studies/{study}")]
async fn get_study(request: HttpRequest, state: Data<State>, study: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let view = state.run(ctx, move |ctx| studying::get(ctx, &study)).await?;
    etag::show(&request, &study_out(view))
}

/// What a study still lacks; nothing, where a list is empty.
#[derive(Serialize, ToSchema)]
pub struct ReadinessOut {
    /// For opening.
    pub opening: Vec<UnmetProblem>,
    /// For the lock.
    pub locking: Vec<UnmetProblem>,
}

/// See what stands between a study and its opening, and its lock.
#[utoipa::path(tag = "studies", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "What is missing.", body = ReadinessOut)))]
#[get("/studies/{study}/readiness")]
async fn get_study_readiness(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    study: Path<String>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let found = state.run(ctx, move |ctx| studying::readiness(ctx, &study)).await?;
    let opening = found.opening.iter().map(UnmetProblem::of).collect();
    let locking = found.locking.iter().map(UnmetProblem::of).collect();
    etag::show(&request, &ReadinessOut { opening, locking })
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
    #[schema(example = "other", min_length = 1)]
    #[serde(deserialize_with = "filled")]
    pub code: String,
    /// Words.
    #[schema(min_length = 1)]
    #[serde(deserialize_with = "filled")]
    pub text: String,
}

/// A blank is no reason.
fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() { Err(D::Error::invalid_length(0, &"words")) } else { Ok(text) }
}

impl From<ReasonIn> for Reason {
    fn from(sent: ReasonIn) -> Self {
        Self { code: sent.code, text: sent.text }
    }
}

/// A lock.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LockIn {
    /// Why now.
    pub reason: ReasonIn,
    /// What stands in the way and is taken on.
    #[serde(default)]
    pub accepted: Vec<AcceptedIn>,
}

/// Something that stands in the way of the lock and is taken on.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedIn {
    /// Its code, as the readiness list has it: alert.open, hold.open, assessment.incomplete.
    #[schema(example = "hold.open")]
    pub code: String,
    /// The object, as the list has it. Drafts (assessment.incomplete) may be taken on together, without it.
    #[serde(default, rename = "ref")]
    pub object: Option<String>,
    /// Why.
    pub reason: ReasonIn,
}

/// Lock a study: every trial value is fixed. What stands in the way is mended before, or taken on with a reason each.
#[utoipa::path(tag = "studies", security(("bearer" = [])), request_body = LockIn,
    params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "Locked.", body = StudyOut)))]
#[post("/studies/{study}/lock")]
async fn lock_study(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    study: Path<String>,
    body: Body<LockIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let (study, LockIn { reason, accepted }) = (study.into_inner(), body.value);
    let accepted = accepted.into_iter().map(|one| Accepted {
        code: one.code,
        object: one.object,
        reason: one.reason.into(),
    });
    let accepted: Vec<Accepted> = accepted.collect();
    let lock = move |ctx: &_| studying::lock(ctx, &study, reason.into(), accepted);
    done(state.run(ctx, lock).await?, study_out)
}

macro_rules! study_moves {
    ($($(#[doc = $doc:literal])* $name:ident $path:literal $verb:ident;)*) => {$(
        $(#[doc = $doc])*
        #[utoipa::path(tag = "studies", security(("bearer" = [])), request_body = Why,
            params(("study" = String, Path, description = "Id or alias.")),
            responses((status = 200, description = "Done.", body = StudyOut)))]
        #[post($path)]
        async fn $name(
            _: SignedIn,
            request: HttpRequest,
            state: Data<State>,
            key: Retry,
            study: Path<String>,
            body: Body<Why>,
        ) -> Answer {
            let retry = key.bind(&request, &body.canonical);
            let ctx = run::context(&request, &state, retry)?;
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
    /// Reveal a locked study of mode test: seeds and arms are disclosed.
    reveal_study "/studies/{study}/reveal" reveal;
}
