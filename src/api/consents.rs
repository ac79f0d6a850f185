//! Consent that reaches staff on paper.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::post;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::api::own_consents::ConsentOut;
use crate::api::own_consents::agreed;
use crate::api::own_consents::consent_out;
use crate::api::own_consents::is_given;
use crate::api::participants::participant_id;
use crate::conduct::consenting;
use crate::conduct::consenting::NewConsent;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::idempotency::Retry;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::time::Date;
use crate::trial::protocol::model::ConsentHow;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(record_consent);
}

/// Who signed.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Signer {
    /// The participant.
    Participant,
    /// A parent or guardian.
    Guardian,
}

/// How it was signed.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// A signed letter.
    PaperPost,
    /// A sheet signed on site.
    PaperOnsite,
}

/// A decision on a consent document, made on paper.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperConsentIn {
    /// The version that was shown.
    pub document_version: i64,
    /// The language that was shown.
    #[schema(example = "en")]
    pub language: String,
    /// SHA-256 of the text that was shown.
    pub sha256: String,
    /// Item → yes or no.
    pub items: BTreeMap<String, String>,
    /// Who signed.
    pub signer: Signer,
    /// The name as signed; sealed, never shown to staff who see answers.
    pub name: String,
    /// How it was signed.
    pub medium: Medium,
    /// How the person was identified.
    #[schema(example = "identity card")]
    pub identity_check: String,
    /// The day of the signature.
    #[schema(value_type = String, format = "date")]
    pub signed_on: Date,
    /// given or declined.
    pub decision: String,
}

/// Record consent that was given or declined on paper.
#[utoipa::path(tag = "enrolment", security(("bearer" = [])), request_body = PaperConsentIn,
    params(("participant" = String, Path, description = "The participant's id.")),
    responses((status = 201, description = "Recorded.", body = ConsentOut)))]
#[post("/participants/{participant}/consents")]
async fn record_consent(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    key: Retry,
    participant: Path<String>,
    body: Body<PaperConsentIn>,
) -> Answer {
    let retry = key.bind(&request, &body.canonical);
    let ctx = run::context(&request, &state, retry)?;
    let id = participant_id(&participant)?;
    let sent = body.value;
    for (pointer, text) in [("/name", &sent.name), ("/identity_check", &sent.identity_check)] {
        if !(1..=200).contains(&text.trim().chars().count()) {
            return Err(Error::field(pointer, "field.length", "has 1 to 200 characters").into());
        }
    }
    let new = NewConsent {
        document_version: sent.document_version,
        language: sent.language,
        sha256: sent.sha256,
        items: agreed(sent.items)?,
        given: is_given(&sent.decision)?,
        how: match sent.medium {
            Medium::PaperPost => ConsentHow::PaperPost,
            Medium::PaperOnsite => ConsentHow::PaperOnsite,
        },
        name: Some(sent.name),
        signer: match sent.signer {
            Signer::Participant => "participant",
            Signer::Guardian => "guardian",
        }
        .to_owned(),
        identity_check: sent.identity_check,
        signed_on: sent.signed_on,
    };
    let recorded = state.run(ctx, move |ctx| consenting::record(ctx, &id, new)).await?;
    done(recorded, consent_out)
}
