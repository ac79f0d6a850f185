//! A whole trail as a file: a row for each field, or an object a line.

use std::io::Write;

use actix_web::HttpResponse;
use serde_json::Value;

use crate::api::Answer;
use crate::api::audit_events::TrailFormat;
use crate::api::audit_events::event_out;
use crate::conduct::auditing;
use crate::conduct::auditing::Trail;
use crate::conduct::context::Ctx;
use crate::http::run::State;
use crate::kernel::Error;

/// Sends a whole trail as an attachment; pages of JSON are not for this.
pub async fn send(state: &State, ctx: Ctx, trail: Trail, format: TrailFormat) -> Answer {
    let (extension, content_type) = match format {
        TrailFormat::Csv => ("csv", "text/csv; charset=utf-8"),
        TrailFormat::Json | TrailFormat::Ndjson => ("ndjson", "application/x-ndjson"),
    };
    let name = format!("{}_audit_{}.{extension}", trail.alias, ctx.now.compact());
    let write = move |ctx: &Ctx, sink: &mut dyn Write| match format {
        TrailFormat::Csv => write_csv(ctx, &trail, sink),
        TrailFormat::Json | TrailFormat::Ndjson => write_lines(ctx, &trail, sink),
    };
    let ((), download) = state.run_download(ctx, write).await?;
    Ok(download.send(HttpResponse::Ok(), &name, content_type))
}

fn unwritable(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::unavailable("unavailable").caused_by(cause)
}

fn write_lines(ctx: &Ctx, trail: &Trail, sink: &mut dyn Write) -> Result<(), Error> {
    auditing::write(ctx, trail, |event| {
        serde_json::to_writer(&mut *sink, &event_out(event)).map_err(unwritable)?;
        sink.write_all(b"\n").map_err(unwritable)
    })
}

/// A row for each field; one with empty cells for an event without.
fn write_csv(ctx: &Ctx, trail: &Trail, sink: &mut dyn Write) -> Result<(), Error> {
    let mut rows = csv::Writer::from_writer(sink);
    rows.write_record([
        "id",
        "at",
        "actor",
        "role",
        "organisation",
        "type",
        "object",
        "participant_id",
        "field",
        "old",
        "new",
        "reason",
        "request_id",
        "software",
    ])
    .map_err(unwritable)?;
    auditing::write(ctx, trail, |event| {
        let event = event_out(event);
        let text = |value: Option<&Value>| value.map(ToString::to_string).unwrap_or_default();
        let mut fields: Vec<(&str, String, String)> = event
            .fields
            .iter()
            .map(|(name, field)| (name.as_str(), text(field.old.as_ref()), text(field.new.as_ref())))
            .collect();
        if fields.is_empty() {
            fields.push(("", String::new(), String::new()));
        }
        let (person, reason) = (event.participant_id.unwrap_or_default(), text(event.reason.as_ref()));
        fields.iter().try_for_each(|(field, old, new)| {
            rows.write_record([
                &event.id,
                &event.at,
                &event.actor,
                &event.role,
                &event.organisation,
                &event.action,
                &event.object,
                &person,
                *field,
                old,
                new,
                &reason,
                &event.request_id,
                &event.software,
            ])
            .map_err(unwritable)
        })
    })?;
    rows.flush().map_err(unwritable)
}
