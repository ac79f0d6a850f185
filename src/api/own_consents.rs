//! What participants decide about taking part.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
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
use crate::conduct::consenting;
use crate::conduct::consenting::ConsentView;
use crate::conduct::consenting::NewConsent;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::idempotency::Retry;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::time::Zone;
use crate::trial::protocol::model::ConsentHow;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(give_own_consent).service(get_own_consent);
}

/// A decision on the consent document.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentIn {
    /// The version that was shown.
    pub document_version: i64,
    /// The language that was shown.
    pub language: String,
    /// SHA-256 of the text that was shown.
    pub sha256: String,
    /// Item → yes or no.
    pub items: BTreeMap<String, String>,
    /// The typed name; sealed, never shown to staff who see answers.
    pub typed_name: String,
    /// given or declined.
    pub decision: String,
}

/// A consent as recorded.
#[derive(Serialize, ToSchema)]
pub struct ConsentOut {
    /// Its id.
    pub id: String,
    /// in_force, outdated, declined.
    pub state: String,
    /// The version.
    pub document_version: i64,
    /// The language.
    pub language: String,
    /// SHA-256 of what was shown.
    pub sha256: String,
    /// When it was recorded.
    pub given_at: String,
}

/// A consent as shown to staff and, after it was given, to the participant.
pub fn consent_out(view: ConsentView) -> ConsentOut {
    ConsentOut {
        id: view.id.to_string(),
        state: view.state.to_owned(),
        document_version: view.document_version,
        language: view.language,
        sha256: view.sha256,
        given_at: view.recorded_at.to_string(),
    }
}

/// Item → agreed, from yes and no.
pub fn agreed(items: BTreeMap<String, String>) -> Result<BTreeMap<String, bool>, Error> {
    let yes_or_no = |(item, word): (String, String)| match word.as_str() {
        "yes" => Ok((item, true)),
        "no" => Ok((item, false)),
        _ => Err(Error::field(format!("/items/{item}"), "field.choice", "is yes or no")),
    };
    items.into_iter().map(yes_or_no).collect()
}

/// Whether a decision is to take part.
pub fn is_given(decision: &str) -> Result<bool, Error> {
    match decision {
        "given" => Ok(true),
        "declined" => Ok(false),
        _ => Err(Error::field("/decision", "field.choice", "is given or declined")),
    }
}

/// Give or decline consent.
#[utoipa::path(tag = "participant", security(("bearer" = [])), request_body = ConsentIn,
    params(),
    responses((status = 201, description = "Recorded.", body = ConsentOut)))]
#[post("/participant/consents")]
async fn give_own_consent(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    body: Body<ConsentIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let sent = body.value;
    let (items, given) = (agreed(sent.items)?, is_given(&sent.decision)?);
    let new = NewConsent {
        document_version: sent.document_version,
        language: sent.language,
        sha256: sent.sha256,
        items,
        given,
        how: ConsentHow::Online,
        name: Some(sent.typed_name),
        signer: "participant".to_owned(),
        identity_check: "link and code".to_owned(),
        signed_on: ctx.now.date_in(Zone::UTC),
    };
    let recorded = state.run(ctx, move |ctx| consenting::give_own(ctx, new)).await?;
    done(recorded, consent_out)
}

/// An own consent with all that was shown.
#[derive(Serialize, ToSchema)]
pub struct OwnConsentOut {
    /// The consent.
    #[serde(flatten)]
    pub consent: ConsentOut,
    /// Item → agreed.
    pub items: BTreeMap<String, bool>,
    /// The text as it was shown.
    pub text: Option<String>,
}

/// Read the own copy of a consent, as it was shown. The look is written down.
#[utoipa::path(tag = "participant", security(("bearer" = [])),
    params(("consent" = String, Path, description = "The consent's id.")),
    responses((status = 200, description = "The consent.", body = OwnConsentOut)))]
#[get("/participant/consents/{consent}")]
async fn get_own_consent(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    consent: Path<String>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = consent.parse().map_err(|_| Error::not_found())?;
    let view = state.run(ctx, move |ctx| consenting::get_own(ctx, &id)).await?;
    let (items, text) = (view.items.clone(), view.text.clone());
    etag::show(&request, &OwnConsentOut { consent: consent_out(view), items, text })
}
