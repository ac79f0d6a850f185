//! Events as they are read: by filter, chain by chain, and what they tell of the state of the data.

use std::collections::BTreeMap;

use diesel::dsl::exists;
use diesel::dsl::not;
use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::ids::AuditId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::StudyId;
use crate::storage::audit::asked;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::account;
use crate::storage::schema::alert;
use crate::storage::schema::assessment;
use crate::storage::schema::audit_event;
use crate::storage::schema::audit_value;
use crate::storage::schema::participant;
use crate::storage::schema::response;
use crate::storage::schema::response_version;
use crate::storage::schema::study;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;
use crate::trial::audit::chain::Head;
use crate::trial::audit::chain::Linked;
use crate::trial::audit::chain::Signature;
use crate::trial::audit::event::Chain;

/// The columns of `EventRow`, in its order.
macro_rules! event_columns {
    () => {
        (
            audit_event::id,
            audit_event::chain,
            audit_event::seq,
            audit_event::study_id,
            audit_event::participant_id,
            audit_event::at,
            audit_event::actor,
            audit_event::role,
            audit_event::organisation,
            audit_event::action,
            audit_event::object,
            audit_event::reason,
            audit_event::request_id,
            audit_event::software,
            audit_event::digests,
            audit_event::previous_hash,
            audit_event::hash,
            audit_value::content.nullable(),
        )
    };
}

#[derive(Queryable)]
struct EventRow {
    id: Txt<AuditId>,
    chain: String,
    seq: i64,
    study_id: Option<Txt<StudyId>>,
    participant_id: Option<Txt<ParticipantId>>,
    at: Stamp,
    actor: String,
    role: String,
    organisation: String,
    action: String,
    object: String,
    reason: String,
    request_id: String,
    software: String,
    digests: String,
    previous_hash: String,
    hash: String,
    content: Option<String>,
}

impl EventRow {
    fn into_linked(self) -> Result<Linked, Error> {
        let unreadable = || Error::internal("a stored audit event can't be read");
        let kept = self.content.map(|content| serde_json::from_str(&content)).transpose();
        Ok(Linked {
            id: self.id.0,
            chain: Chain::parse(&self.chain).ok_or_else(unreadable)?,
            seq: self.seq,
            study: self.study_id.map(|id| id.0),
            participant: self.participant_id.map(|id| id.0),
            at: self.at.0,
            signature: Signature {
                actor: self.actor,
                role: self.role,
                organisation: self.organisation,
                request: self.request_id,
                software: self.software,
            },
            action: self.action,
            object: self.object,
            reason: self.reason,
            digests: self.digests,
            previous_hash: self.previous_hash,
            hash: self.hash,
            kept: kept.map_err(|_| unreadable())?.unwrap_or_default(),
        })
    }
}

/// Events to look for. Everything is optional; what is given must hold.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// The study.
    pub study: Option<StudyId>,
    /// Only what is about accounts and no study.
    pub accounts_only: bool,
    /// The participants that may be seen; `None` for all.
    pub participants: Option<Vec<ParticipantId>>,
    /// The acting account or participant.
    pub actor: Option<String>,
    /// The role at that time.
    pub role: Option<String>,
    /// The type.
    pub action: Option<String>,
    /// From this instant on.
    pub from: Option<crate::kernel::time::Timestamp>,
    /// Up to before this instant.
    pub until: Option<crate::kernel::time::Timestamp>,
    /// Behind this event (instant and id), for pages.
    pub after: Option<(crate::kernel::time::Timestamp, String)>,
    /// What is asked: an instrument or form, and one item of it.
    pub item: Option<(String, Option<String>)>,
    /// Whether only events are wanted that put something else in the place of a value.
    pub changes_only: bool,
    /// Whether only those are wanted that touch answers which somebody else has given.
    pub not_originator: bool,
    /// Whether events about what only some arms have are left out.
    pub common_only: bool,
    /// With it: what is asked in some arms only at an occasion that all have, as `occasion/instrument`.
    pub hidden: Vec<String>,
}

/// In the canonical JSON of an event's digests, a field with an old value: `"name":["…","…"]`.
const CHANGED: &str = "%:[\"%";

/// In the same, an answer to an item.
fn answered(item: &str) -> String {
    // An underscore would stand for any character.
    format!("%\"answers.{}\":%", item.replace('_', "\\_"))
}

/// Objects that tell the arm by being there lie below this part of their name: `par_…/arm/own`.
pub const ARM_OBJECT: &str = "/arm/";

/// Events that fit the filter, by instant and id, at most `limit`.
pub fn list_events(tx: &mut Tx<'_>, filter: &EventFilter, limit: i64) -> Result<Vec<Linked>, Error> {
    let mut query = audit_event::table
        .left_join(audit_value::table.on(audit_value::event_id.eq(audit_event::id)))
        .select(event_columns!())
        .into_boxed();
    if let Some(id) = &filter.study {
        query = query.filter(audit_event::study_id.eq(id.as_str()));
    }
    if filter.accounts_only {
        query = query.filter(audit_event::chain.like("account:%").and(audit_event::study_id.is_null()));
    }
    if let Some(ids) = &filter.participants {
        let ids: Vec<&str> = ids.iter().map(ParticipantId::as_str).collect();
        query = query.filter(audit_event::participant_id.eq_any(ids));
    }
    if let Some(actor) = &filter.actor {
        query = query.filter(audit_event::actor.eq(actor));
    }
    if let Some(role) = &filter.role {
        query = query.filter(audit_event::role.eq(role));
    }
    if let Some(action) = &filter.action {
        query = query.filter(audit_event::action.eq(action));
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_event::at.ge(from.naive_utc()));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit_event::at.lt(until.naive_utc()));
    }
    if let Some((instrument, item)) = &filter.item {
        let of_instrument = response::table.filter(response::instrument.eq(instrument)).select(response::id);
        query = query.filter(audit_event::object.eq_any(of_instrument));
        if let Some(item) = item {
            query = query.filter(audit_event::digests.like(answered(item)).escape('\\'));
        }
    }
    if filter.changes_only {
        query = query.filter(audit_event::digests.like(CHANGED));
    }
    if filter.not_originator {
        let first_of_another = response_version::table.filter(
            response_version::response_id
                .eq(audit_event::object)
                .and(response_version::n.eq(1))
                .and(response_version::saved_by.ne(audit_event::actor)),
        );
        query = query.filter(exists(first_of_another));
    }
    if filter.common_only {
        let of_assessment = assessment::table
            .filter(assessment::id.eq(audit_event::object).and(assessment::arm_bound.eq(true)));
        let of_response = response::table
            .inner_join(assessment::table.on(assessment::id.eq(response::assessment_id)))
            .filter(response::id.eq(audit_event::object))
            .filter(assessment::arm_bound.eq(true).or(asked!(response::instrument).eq_any(&filter.hidden)));
        let of_alert = alert::table
            .inner_join(assessment::table.on(assessment::id.eq(alert::assessment_id)))
            .filter(alert::id.eq(audit_event::object))
            .filter(assessment::arm_bound.eq(true).or(asked!(alert::instrument).eq_any(&filter.hidden)));
        // When somebody came to answer tells what there was to answer.
        query = query
            .filter(audit_event::object.not_like(format!("%{ARM_OBJECT}%")))
            .filter(
                audit_event::action.not_like("session.%").or(audit_event::chain.not_like("participant:%")),
            )
            .filter(not(exists(of_assessment)))
            .filter(not(exists(of_response)))
            .filter(not(exists(of_alert)));
    }
    if let Some((at, id)) = &filter.after {
        let at = at.naive_utc();
        query = query.filter(audit_event::at.gt(at).or(audit_event::at.eq(at).and(audit_event::id.gt(id))));
    }
    let rows: Vec<EventRow> = query
        .order((audit_event::at, audit_event::id))
        .limit(limit)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    rows.into_iter().map(EventRow::into_linked).collect()
}

/// The events of one chain behind a number, in order, at most `limit`.
pub fn list_chain(tx: &mut Tx<'_>, chain: &str, after: i64, limit: i64) -> Result<Vec<Linked>, Error> {
    let rows: Vec<EventRow> = audit_event::table
        .left_join(audit_value::table.on(audit_value::event_id.eq(audit_event::id)))
        .filter(audit_event::chain.eq(chain).and(audit_event::seq.gt(after)))
        .select(event_columns!())
        .order(audit_event::seq)
        .limit(limit)
        .load(&mut *tx.connection)
        .map_err(failed)?;
    rows.into_iter().map(EventRow::into_linked).collect()
}

/// The heads of all chains, by name; of one study and its people, if one is given.
pub fn list_heads(tx: &mut Tx<'_>, of: Option<&StudyId>) -> Result<BTreeMap<String, Head>, Error> {
    type Rows = Vec<(String, i64, String)>;
    let connection = &mut *tx.connection;
    let mut studies = study::table.select((study::id, study::chain_seq, study::chain_hash)).into_boxed();
    let mut people = participant::table
        .select((participant::id, participant::chain_seq, participant::chain_hash))
        .into_boxed();
    if let Some(id) = of {
        studies = studies.filter(study::id.eq(id.as_str()));
        people = people.filter(participant::study_id.eq(id.as_str()));
    }
    let studies: Rows = studies.load(connection).map_err(failed)?;
    let people: Rows = people.load(connection).map_err(failed)?;
    let accounts: Rows = if of.is_some() {
        Vec::new()
    } else {
        account::table
            .select((account::id, account::chain_seq, account::chain_hash))
            .load(connection)
            .map_err(failed)?
    };
    let named = |kind: &'static str, rows: Rows| {
        rows.into_iter().map(move |(id, seq, hash)| (format!("{kind}:{id}"), Head { seq, hash }))
    };
    Ok(named("study", studies)
        .chain(named("participant", people))
        .chain(named("account", accounts))
        .collect())
}
