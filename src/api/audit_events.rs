//! What is shown of an event of the trail.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::trial::audit::chain::Linked;

/// Something that was done, refused or looked at.
#[derive(Serialize, ToSchema)]
pub struct AuditEventOut {
    /// Its id.
    pub id: String,
    /// When.
    pub at: String,
    /// Who: an account, a participant, or `system:` with the job.
    pub actor: String,
    /// The role at that time; empty where none was needed.
    pub role: String,
    /// The organisation at that time.
    pub organisation: String,
    /// What.
    #[serde(rename = "type")]
    #[schema(example = "allocation.made")]
    pub action: String,
    /// To which object.
    pub object: String,
    /// The participant that it is about.
    pub participant_id: Option<String>,
    /// Field → values; not there for values that only their digests are kept of.
    pub fields: BTreeMap<String, FieldOut>,
    /// Why.
    #[schema(value_type = Option<Object>)]
    pub reason: Option<Value>,
    /// The request that it was done with.
    pub request_id: String,
    /// The software that it was done by.
    pub software: String,
}

/// The values of a field.
#[derive(Serialize, ToSchema)]
pub struct FieldOut {
    /// Before.
    #[schema(value_type = Value)]
    pub old: Option<Value>,
    /// After.
    #[schema(value_type = Value)]
    pub new: Option<Value>,
}

/// An event as it is shown.
pub fn event_out(event: Linked) -> AuditEventOut {
    let fields = event.kept.into_iter().filter(|(_, kept)| kept.old.is_some() || kept.new.is_some());
    AuditEventOut {
        id: event.id.to_string(),
        at: event.at.to_string(),
        actor: event.signature.actor,
        role: event.signature.role,
        organisation: event.signature.organisation,
        action: event.action,
        object: event.object,
        participant_id: event.participant.map(|id| id.to_string()),
        fields: fields.map(|(name, kept)| (name, FieldOut { old: kept.old, new: kept.new })).collect(),
        reason: serde_json::from_str(&event.reason).ok().filter(|reason: &Value| !reason.is_null()),
        request_id: event.signature.request,
        software: event.signature.software,
    }
}

/// The forms of a trail.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrailFormat {
    /// Pages of JSON.
    #[default]
    Json,
    /// One row for each field of an event.
    Csv,
    /// One JSON object a line.
    Ndjson,
}
