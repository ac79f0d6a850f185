//! Participants: registered, listed, read, and handed their links.

use std::collections::BTreeMap;

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
use crate::conduct::contacting::Contact;
use crate::conduct::linking;
use crate::conduct::linking::HandedLink;
use crate::conduct::registering;
use crate::conduct::registering::NewParticipant;
use crate::conduct::registering::ParticipantFilter;
use crate::conduct::registering::ParticipantState;
use crate::conduct::registering::ParticipantView;
use crate::http::body::Body;
use crate::http::body::NoFields;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::idempotency::Retry;
use crate::http::page::Limit;
use crate::http::page::Page;
use crate::http::page::Paging;
use crate::http::page::Tagged;
use crate::http::query::Query;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::ids::ParticipantId;
use crate::trial::role::UnknownWord;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(register_participant)
        .service(list_participants)
        .service(get_participant)
        .service(issue_person_link);
}

/// The id in a path; a wrong prefix is an unknown object.
pub fn participant_id(text: &str) -> Result<ParticipantId, Error> {
    text.parse().map_err(|_| Error::not_found())
}

/// Who is registered.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ParticipantIn {
    /// The site.
    pub site_id: String,
    /// One of the study's languages.
    #[schema(example = "en")]
    pub language: String,
    /// The person's IANA zone, where known.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// How the person was reached.
    #[schema(example = "web")]
    pub source: String,
    /// The calendar cohort, where the protocol has any.
    #[serde(default)]
    pub cohort: Option<String>,
    /// Contact data: sealed in a table of their own, never shown here again.
    #[serde(default)]
    pub contact: Option<ContactIn>,
}

/// Contact data.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactIn {
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// The mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// The telephone number.
    #[serde(default)]
    pub phone: Option<String>,
    /// The postal address.
    #[serde(default)]
    pub address: Option<String>,
}

/// A participant: pseudonym and progress.
#[derive(Serialize, ToSchema)]
pub struct ParticipantOut {
    /// The id.
    pub id: String,
    /// The code that stands for the person.
    pub code: String,
    /// Where the person stands.
    pub state: String,
    /// The site's code.
    pub site: String,
    /// The language.
    pub language: String,
    /// The step to be done.
    pub step: Option<String>,
    /// The steps in order.
    pub steps: Vec<StepOut>,
    /// Criterion → met, not_met, undetermined, as worded; null before any verdict.
    pub criteria: BTreeMap<String, Option<String>>,
    /// What a decision on eligibility is signed for.
    pub criteria_etag: String,
    /// What holds the person back until somebody has looked.
    pub holds: Vec<String>,
    /// Dates from which windows are counted.
    pub anchors: BTreeMap<String, AnchorOut>,
    /// When the person was registered.
    pub registered_at: String,
}

/// A step.
#[derive(Serialize, ToSchema)]
pub struct StepOut {
    /// Its id.
    pub id: String,
    /// locked, open, complete, failed.
    pub state: String,
}

/// An anchor's date.
#[derive(Serialize, ToSchema)]
pub struct AnchorOut {
    /// The date.
    pub on: String,
    /// Whether it is assumed and not recorded.
    pub assumed: bool,
}

/// A participant as it is shown.
pub fn participant_out(view: ParticipantView) -> ParticipantOut {
    ParticipantOut {
        id: view.id.to_string(),
        code: view.code,
        state: view.state.to_string(),
        site: view.site,
        language: view.language,
        step: view.step,
        steps: view.steps.into_iter().map(|(id, state)| StepOut { id, state }).collect(),
        criteria: view.criteria,
        criteria_etag: view.criteria_etag,
        holds: view.holds,
        anchors: view
            .anchors
            .into_iter()
            .map(|(name, (on, assumed))| (name, AnchorOut { on: on.to_string(), assumed }))
            .collect(),
        registered_at: view.registered_at.to_string(),
    }
}

/// Register a participant.
#[utoipa::path(tag = "participants", security(("bearer" = [])), request_body = ParticipantIn, params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 201, description = "Registered.", body = ParticipantOut)))]
#[post("/studies/{study}/participants")]
async fn register_participant(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    study: Path<String>,
    body: Body<ParticipantIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let sent = body.value;
    let zone = sent.time_zone.map(|zone| zone.parse()).transpose();
    let new = NewParticipant {
        site: sent.site_id.parse().map_err(|_| Error::field("/site_id", "field.format", "is no site id"))?,
        language: sent.language,
        time_zone: zone.map_err(|_| Error::field("/time_zone", "field.format", "is no IANA zone"))?,
        source: sent.source,
        cohort: sent.cohort,
        contact: sent.contact.map(|contact| Contact {
            name: contact.name,
            email: contact.email,
            phone: contact.phone,
            address: contact.address,
        }),
    };
    let study = study.into_inner();
    let made = state.run(ctx, move |ctx| registering::register(ctx, &study, new)).await?;
    done(made, participant_out)
}

/// What a list of participants is narrowed to.
#[derive(Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ParticipantQuery {
    /// registered, enrolling, ready, excluded, randomized, enrolled or completed.
    state: Option<String>,
    /// The step that is to be done, by its id in the protocol.
    step: Option<String>,
    /// One site, by id.
    site: Option<String>,
    /// The beginning of a code.
    q: Option<String>,
    /// Only people of whom something was written since this instant.
    updated_since: Option<String>,
    /// 1 to 200; 50 without it.
    #[serde(default)]
    #[param(value_type = Option<u16>)]
    limit: Limit,
    /// Where the page before ended.
    cursor: Option<String>,
}

/// List participants by code.
#[utoipa::path(tag = "participants", security(("bearer" = [])), params(("study" = String, Path, description = "Id or alias."), ParticipantQuery),
    responses((status = 200, description = "A page.", body = Page<Tagged<ParticipantOut>>)))]
#[get("/studies/{study}/participants")]
async fn list_participants(
    signed_in: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    study: Path<String>,
    query: Query<ParticipantQuery>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let query = query.0;
    let paging = Paging::open(&request, &state, &signed_in.0.holder, query.limit, query.cursor.as_deref())?;
    let unknown = |known: &str| Error::new(Kind::Malformed, "query.unknown_parameter").detail(known);
    let since = query.updated_since.map(|at| at.parse()).transpose();
    let since = since.map_err(|_| unknown("updated_since is an RFC 3339 instant."))?;
    let site = query.site.map(|id| id.parse()).transpose();
    let stands: Result<Option<ParticipantState>, UnknownWord> =
        query.state.map(|word| word.parse()).transpose();
    let filter = ParticipantFilter {
        state: stands.map_err(|known| unknown(&format!("state {known}.")))?,
        step: query.step,
        site: site.map_err(|_| unknown("site is the id of a site, sit_…."))?,
        code_begins: query.q.map(|begin| begin.to_uppercase()),
        after: paging.after().map(str::to_owned),
        ..ParticipantFilter::default()
    };
    let rows = i64::try_from(paging.rows_to_read()).unwrap_or(i64::MAX);
    let study = study.into_inner();
    let found = state.run(ctx, move |ctx| registering::list(ctx, &study, filter, since, rows)).await?;
    let found: Vec<ParticipantOut> = found.into_iter().map(participant_out).collect();
    paging.page(found, |participant| participant.code.clone()).tagged()?.show(&request)
}

/// Read a participant. The look is written down.
#[utoipa::path(tag = "participants", security(("bearer" = [])), params(("participant" = String, Path, description = "The participant's id.")),
    responses((status = 200, description = "The participant.", body = ParticipantOut)))]
#[get("/participants/{participant}")]
async fn get_participant(request: HttpRequest, state: Data<State>, participant: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = participant_id(&participant)?;
    let view = state.run(ctx, move |ctx| registering::get(ctx, &id)).await?;
    etag::show(&request, &participant_out(view))
}

/// A link and its code, shown once.
#[derive(Serialize, ToSchema)]
pub struct LinkOut {
    /// The link's token.
    pub link_token: String,
    /// The six digits that confirm who it is.
    pub code: String,
    /// When both end.
    pub expires_at: String,
}

/// A link as it is shown, once.
pub fn link_out(link: HandedLink) -> LinkOut {
    LinkOut { link_token: link.link_token, code: link.code, expires_at: link.expires_at.to_string() }
}

/// Make a link for a person, to be handed over.
///
/// Token and code are shown once, to whoever hands them over. After the draw what a person is asked tells the arm, so such a
/// link is made by those alone who may know it (403), and one that was made before by anybody else is gone with the draw,
/// as are the sessions that it has opened. Whoever may not know arms makes a link for an assessment.
#[utoipa::path(tag = "participants", security(("bearer" = [])), request_body = NoFields, params(("participant" = String, Path, description = "The participant's id.")),
    responses((status = 201, description = "Made; shown this once.", body = LinkOut)))]
#[post("/participants/{participant}/links")]
async fn issue_person_link(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    participant: Path<String>,
    body: Body<NoFields>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let id = participant_id(&participant)?;
    let made = state.run(ctx, move |ctx| linking::issue_person_link(ctx, &id)).await?;
    done(made, link_out)
}
