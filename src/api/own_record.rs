//! What participants see: what is to be done, and the consent document while it waits.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::conduct::looking;
use crate::conduct::looking::OwnRecord;
use crate::http::run;
use crate::http::run::State;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_own_record);
}

/// The own record: what is to be done, and the consent document while its step is open.
#[derive(Serialize, ToSchema)]
pub struct OwnRecordOut {
    /// The neutral name of the study.
    pub study: String,
    /// What can be answered now, or soon.
    pub to_do: Vec<ToDoOut>,
    /// The consent document, while it waits for a decision.
    pub consent: Option<ConsentDocumentOut>,
    /// When answers are next read.
    pub next_reading_at: String,
}

/// Something to be answered.
#[derive(Serialize, ToSchema)]
pub struct ToDoOut {
    /// The assessment.
    pub id: String,
    /// open or planned.
    pub state: String,
    /// The planned day.
    pub due_on: Option<String>,
    /// When it can no longer be sent on time.
    pub closes_at: Option<String>,
}

/// A consent document as it is shown.
#[derive(Serialize, ToSchema)]
pub struct ConsentDocumentOut {
    /// The version.
    pub document_version: i64,
    /// The language.
    pub language: String,
    /// SHA-256 of the bytes of the text; it is sent back with the decision.
    pub sha256: String,
    /// The text.
    pub text: String,
    /// What is agreed to, one by one.
    pub items: Vec<ConsentItemOut>,
}

/// One thing that is agreed to.
#[derive(Serialize, ToSchema)]
pub struct ConsentItemOut {
    /// Its id.
    pub id: String,
    /// Whether nobody takes part without it.
    pub required: bool,
    /// What it says.
    pub say: String,
}

fn record_out(record: OwnRecord) -> OwnRecordOut {
    OwnRecordOut {
        study: record.study,
        to_do: record
            .to_do
            .into_iter()
            .map(|one| ToDoOut {
                id: one.id.to_string(),
                state: one.state.to_string(),
                due_on: one.due_on.map(|on| on.to_string()),
                closes_at: one.closes_at.map(|at| at.to_string()),
            })
            .collect(),
        consent: record.consent.map(|document| ConsentDocumentOut {
            document_version: document.version,
            language: document.language,
            sha256: document.sha256,
            text: document.text,
            items: document
                .items
                .into_iter()
                .map(|(id, required, say)| ConsentItemOut { id, required, say })
                .collect(),
        }),
        next_reading_at: record.next_reading_at.to_string(),
    }
}

/// Read the own record. The look is written down.
#[utoipa::path(tag = "participant", security(("bearer" = [])),
    responses((status = 200, description = "The record.", body = OwnRecordOut)))]
#[get("/participant")]
async fn get_own_record(request: HttpRequest, state: Data<State>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let record = state.run(ctx, looking::own_record).await?;
    Ok(HttpResponse::Ok().json(record_out(record)))
}
