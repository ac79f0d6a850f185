//! A person's timeline: what has happened, and what is planned.

use actix_web::HttpRequest;
use actix_web::get;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::assessments::AssessmentOut;
use crate::api::assessments::assessment_out;
use crate::api::participants::participant_id;
use crate::conduct::overview;
use crate::conduct::overview::Entry;
use crate::http::credential::SignedIn;
use crate::http::page::Page;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::time::Date;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_timeline);
}

/// Something that has happened, or is planned.
#[derive(Serialize, ToSchema)]
pub struct EntryOut {
    /// Its day in the person's zone; null while it has none.
    pub on: Option<String>,
    /// What it is.
    #[serde(flatten)]
    pub what: WhatOut,
}

/// What it is.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WhatOut {
    /// The registration.
    Registration {
        /// When.
        at: String,
    },
    /// A step of enrolment.
    Step {
        /// Its id.
        step: String,
        /// open, complete, failed.
        state: String,
        /// When it began.
        opened_at: String,
        /// When it ended.
        closed_at: Option<String>,
    },
    /// A decision on a consent document.
    Consent {
        /// The document.
        document: String,
        /// Its version.
        document_version: i64,
        /// given or declined.
        decision: &'static str,
        /// When it was recorded.
        at: String,
    },
    /// The date of an event.
    Anchor {
        /// The anchor.
        anchor: String,
        /// Whether it is assumed and not recorded.
        assumed: bool,
    },
    /// The draw. No word on what it gave.
    Allocation {
        /// When.
        at: String,
    },
    /// An assessment, on its planned day.
    Assessment {
        /// The assessment.
        #[schema(value_type = AssessmentOut)]
        assessment: Box<AssessmentOut>,
    },
}

fn entry_out((on, entry): (Option<Date>, Entry)) -> EntryOut {
    let what = match entry {
        Entry::Registered(at) => WhatOut::Registration { at: at.to_string() },
        Entry::Step(step, state, opened_at, closed_at) => WhatOut::Step {
            step,
            state,
            opened_at: opened_at.to_string(),
            closed_at: closed_at.map(|at| at.to_string()),
        },
        Entry::Consent(document, document_version, given, at) => WhatOut::Consent {
            document,
            document_version,
            decision: if given { "given" } else { "declined" },
            at: at.to_string(),
        },
        Entry::Anchor(anchor, _, assumed) => WhatOut::Anchor { anchor, assumed },
        Entry::Allocated(at) => WhatOut::Allocation { at: at.to_string() },
        Entry::Assessment(view) => WhatOut::Assessment { assessment: Box::new(assessment_out(*view)) },
    };
    EntryOut { on: on.map(|on| on.to_string()), what }
}

/// Read a person's timeline, oldest first, all on one page. The look is written down.
///
/// Occasions that only some arms have, or have at a time of their own, are there for callers who see arms.
#[utoipa::path(tag = "participants", security(("bearer" = [])),
    params(("participant" = String, Path, description = "The participant's id.")),
    responses((status = 200, description = "The entries.", body = Page<EntryOut>)))]
#[get("/participants/{participant}/timeline")]
async fn get_timeline(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    participant: Path<String>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = participant_id(&participant)?;
    let entries = state.run(ctx, move |ctx| overview::timeline(ctx, &id)).await?;
    Page::whole(entries.into_iter().map(entry_out).collect()).show(&request)
}
