//! Holds the rows that events describe against the digests in those events: every column, every answer.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::json;

use crate::conduct::allocating;
use crate::conduct::consenting;
use crate::conduct::designing;
use crate::conduct::versions;
use crate::kernel::Error;
use crate::kernel::digest;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::ResponseId;
use crate::kernel::ids::StudyId;
use crate::storage::Tx;
use crate::storage::allocation;
use crate::storage::enrolment;
use crate::storage::protocol;
use crate::storage::protocol::ProtocolVersion;
use crate::storage::response;
use crate::storage::response::ResponseVersion;
use crate::trial::audit::chain::Digests;
use crate::trial::audit::chain::Linked;
use crate::trial::audit::chain::value_digest;
use crate::trial::audit::verification;
use crate::trial::questionnaire::stored::StoredAnswers;

/// Where the first break is, and what it is.
pub type Found = Option<(String, String)>;

type Described = [(Linked, Digests)];

fn of<'d>(described: &'d Described, object: &'d str) -> impl Iterator<Item = &'d (Linked, Digests)> {
    described.iter().filter(move |(event, _)| event.object == object)
}

fn row(described: &Described, object: &str, action: &str, image: &serde_json::Value) -> Found {
    let event = of(described, object).find(|(event, _)| event.action.starts_with(action));
    let Some((event, digests)) = event else {
        return Some((object.to_owned(), "no event describes this row".to_owned()));
    };
    verification::check_row(event, digests, image).err().map(|what| (object.to_owned(), what))
}

/// A person's consents, responses and allocation.
pub fn participant(tx: &mut Tx<'_>, id: &ParticipantId, described: &Described) -> Result<Found, Error> {
    for consent in enrolment::list_consents(tx, id)? {
        let found = row(described, consent.id.as_str(), "consent.", &consenting::image(&consent));
        if found.is_some() {
            return Ok(found);
        }
    }
    if let Some(allocation) = allocation::find_of(tx, id)? {
        let image = allocating::image(&allocation);
        let found = row(described, allocation.id.as_str(), "allocation.made", &image);
        if found.is_some() {
            return Ok(found);
        }
    }
    let mut responses: BTreeSet<String> =
        response::list_of(tx, id)?.iter().map(|response| response.id.to_string()).collect();
    let told = described
        .iter()
        .map(|(event, _)| &event.object)
        .filter(|object| object.starts_with(ResponseId::PREFIX));
    responses.extend(told.cloned());
    for object in responses {
        let id: ResponseId = object.parse().map_err(|_| Error::internal("an event names no response"))?;
        let found = versions_of(described, &object, &response::list_versions(tx, &id)?)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Each version has its event, each event its version, each answer its digest.
fn versions_of(described: &Described, object: &str, versions: &[ResponseVersion]) -> Result<Found, Error> {
    let events: Vec<&(Linked, Digests)> = of(described, object).collect();
    if events.len() != versions.len() {
        return Ok(Some((object.to_owned(), "versions and events do not fit".to_owned())));
    }
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for (version, (event, digests)) in versions.iter().zip(events) {
        let place = || format!("{object} version {}", version.n);
        if let Err(what) = verification::check_row(event, digests, &versions::image(version)) {
            return Ok(Some((place(), what)));
        }
        for (name, (_, new)) in digests {
            if let (Some(item), Some(new)) = (name.strip_prefix("answers."), new) {
                known.insert(item.to_owned(), new.clone());
            }
        }
        if !answers_fit(version, &known) {
            return Ok(Some((place(), "an answer or its salt was changed".to_owned())));
        }
    }
    Ok(None)
}

fn answers_fit(version: &ResponseVersion, known: &BTreeMap<String, String>) -> bool {
    let answers: Result<StoredAnswers, _> = serde_json::from_str(&version.answers);
    let salts: Result<BTreeMap<String, String>, _> = serde_json::from_str(&version.salts);
    let (Ok(answers), Ok(salts)) = (answers, salts) else { return false };
    answers.len() == known.len()
        && answers.iter().all(|(item, stored)| {
            let salt = salts.get(item).and_then(|salt| digest::unhex(salt));
            salt.is_some_and(|salt| known.get(item) == Some(&value_digest(&salt, &json!(stored))))
        })
}

/// A study's protocol versions and committed designs.
pub fn study(tx: &mut Tx<'_>, id: &StudyId, described: &Described) -> Result<Found, Error> {
    for version in protocol::list(tx, id)? {
        let object = protocol_object(&version);
        let found = row(described, &object, "protocol.added", &protocol_image(&version));
        if found.is_some() {
            return Ok(found);
        }
    }
    for design in allocation::list_designs(tx, id)?.iter().filter(|design| design.commitment.is_some()) {
        let found = row(described, design.id.as_str(), "design.committed", &designing::image(design));
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The object that the event of a protocol version names: `stu_…/protocol/1`.
pub fn protocol_object(version: &ProtocolVersion) -> String {
    format!("{}/protocol/{}", version.study, version.n)
}

/// The columns of a protocol version, as its event's digest covers them.
pub fn protocol_image(version: &ProtocolVersion) -> serde_json::Value {
    json!({
        "study": version.study, "n": version.n, "source": version.source, "canonical": version.canonical,
        "sha256": version.sha256, "created_at": version.created_at.to_string(), "created_by": version.created_by,
    })
}
