//! How an event is hashed and linked: digests of values, then the event, then the one before.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::digest;
use crate::kernel::digest::Framed;
use crate::kernel::entropy::Entropy;
use crate::kernel::entropy::sixteen;
use crate::kernel::ids::AuditId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Timestamp;
use crate::trial::audit::event::Chain;
use crate::trial::audit::event::Event;
use crate::trial::audit::event::Field;
use crate::trial::audit::event::Kept;
use crate::trial::audit::event::Salt;

/// The end of a chain: how many events it has, and the hash of the last (empty for none).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Head {
    /// The number of the last event; 0 for none.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

/// Who acted, as the event states it for ever.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signature {
    /// An account, participant or `system:<job>`.
    pub actor: String,
    /// The role at that time.
    pub role: String,
    /// The organisation at that time.
    pub organisation: String,
    /// The request.
    pub request: String,
    /// The software.
    pub software: String,
}

/// Digests of a field: old and new, hex; `None` where there was no value.
pub type Digests = BTreeMap<String, (Option<String>, Option<String>)>;

/// What is kept beside an event for one field. Values are absent where only a digest is kept.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct KeptValue {
    /// The salt, hex.
    pub salt: String,
    /// The value before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// The value after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

/// An event in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Linked {
    /// Its id.
    pub id: AuditId,
    /// Its chain.
    pub chain: Chain,
    /// Its number in the chain, from 1.
    pub seq: i64,
    /// The study, for filters.
    pub study: Option<StudyId>,
    /// The participant, for filters.
    pub participant: Option<ParticipantId>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub signature: Signature,
    /// What.
    pub action: String,
    /// To which object.
    pub object: String,
    /// Why: canonical JSON, `null` for no reason.
    pub reason: String,
    /// Digests of the fields: canonical JSON of field → [old, new].
    pub digests: String,
    /// The hash of the event before; empty for the first.
    pub previous_hash: String,
    /// The hash of this event.
    pub hash: String,
    /// What is kept beside it.
    pub kept: BTreeMap<String, KeptValue>,
}

/// The digest of a value under a salt: SHA-256(salt ‖ canonical JSON), hex.
pub fn value_digest(salt: &[u8], value: &Value) -> String {
    let mut bytes = salt.to_vec();
    bytes.extend_from_slice(canonical::to_text(value).as_bytes());
    digest::sha256_hex(&bytes)
}

/// Puts an event at the end of a chain.
pub fn link(
    event: &Event,
    head: &Head,
    at: Timestamp,
    signature: &Signature,
    entropy: &dyn Entropy,
) -> Result<Linked, Error> {
    let (digests, kept) = digest_fields(&event.fields, entropy)?;
    let mut linked = Linked {
        id: AuditId::draw(entropy)?,
        chain: event.chain.clone(),
        seq: head.seq + 1,
        study: event.study.clone(),
        participant: event.participant.clone(),
        at,
        signature: signature.clone(),
        action: event.action.to_owned(),
        object: event.object.clone(),
        reason: canonical::text_of(&event.reason)?,
        digests: canonical::text_of(&digests)?,
        previous_hash: head.hash.clone(),
        hash: String::new(),
        kept,
    };
    linked.hash = event_hash(&linked);
    Ok(linked)
}

fn digest_fields(
    fields: &[Field],
    entropy: &dyn Entropy,
) -> Result<(Digests, BTreeMap<String, KeptValue>), Error> {
    let mut digests = Digests::new();
    let mut kept = BTreeMap::new();
    for field in fields {
        let under =
            |salt: &Salt, value: &Option<Value>| value.as_ref().map(|value| value_digest(salt, value));
        let pair = match &field.kept {
            Kept::Plain | Kept::Digest => {
                let salt = sixteen(entropy)?;
                let plain = field.kept == Kept::Plain;
                let beside = |value: &Option<Value>| if plain { value.clone() } else { None };
                let value =
                    KeptValue { salt: digest::hex(&salt), old: beside(&field.old), new: beside(&field.new) };
                kept.insert(field.name.clone(), value);
                (under(&salt, &field.old), under(&salt, &field.new))
            }
            Kept::Row(old, new) => (
                old.as_ref().and_then(|salt| under(salt, &field.old)),
                new.as_ref().and_then(|salt| under(salt, &field.new)),
            ),
        };
        digests.insert(field.name.clone(), pair);
    }
    Ok((digests, kept))
}

/// The hash of an event: SHA-256 over the tag and, each with its length, chain, number, instant, actor, role, organisation,
/// action, object, reason, request, software, digests and the hash before.
pub fn event_hash(event: &Linked) -> String {
    let signature = &event.signature;
    let framed = Framed::tagged("EQUIPOISE-AUDIT-V1")
        .part(event.chain.name().as_bytes())
        .part(event.seq.to_string().as_bytes())
        .part(event.at.to_string().as_bytes())
        .part(signature.actor.as_bytes())
        .part(signature.role.as_bytes())
        .part(signature.organisation.as_bytes())
        .part(event.action.as_bytes())
        .part(event.object.as_bytes())
        .part(event.reason.as_bytes())
        .part(signature.request.as_bytes())
        .part(signature.software.as_bytes())
        .part(event.digests.as_bytes())
        .part(event.previous_hash.as_bytes());
    digest::hex(&framed.sha256())
}

/// A checkpoint: all chain heads at one instant, chained to the checkpoint before, so that a dropped chain is noticed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// Its number, from 1.
    pub n: i64,
    /// When.
    pub at: Timestamp,
    /// What it was made for.
    pub cause: String,
    /// Canonical JSON of chain name → [number, hash].
    pub heads: String,
    /// The hash of the checkpoint before; empty for the first.
    pub previous_hash: String,
    /// Its hash.
    pub hash: String,
}

/// The hash of a checkpoint.
pub fn checkpoint_hash(checkpoint: &Checkpoint) -> String {
    let framed = Framed::tagged("EQUIPOISE-CHECKPOINT-V1")
        .part(checkpoint.n.to_string().as_bytes())
        .part(checkpoint.at.to_string().as_bytes())
        .part(checkpoint.cause.as_bytes())
        .part(checkpoint.heads.as_bytes())
        .part(checkpoint.previous_hash.as_bytes());
    digest::hex(&framed.sha256())
}

/// Makes the next checkpoint over all heads.
pub fn checkpoint(
    before: Option<&Checkpoint>,
    at: Timestamp,
    cause: &str,
    heads: &BTreeMap<String, Head>,
) -> Result<Checkpoint, Error> {
    let heads: BTreeMap<&String, (i64, &String)> =
        heads.iter().map(|(chain, head)| (chain, (head.seq, &head.hash))).collect();
    let mut made = Checkpoint {
        n: before.map_or(1, |before| before.n + 1),
        at,
        cause: cause.to_owned(),
        heads: canonical::text_of(&heads)?,
        previous_hash: before.map(|before| before.hash.clone()).unwrap_or_default(),
        hash: String::new(),
    };
    made.hash = checkpoint_hash(&made);
    Ok(made)
}
