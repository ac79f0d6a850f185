//! Participants, and their contact data apart.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::kernel::Error;
use crate::kernel::code::ParticipantCode;
use crate::kernel::ids::AccountId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::SiteId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::kernel::time::Zone;
use crate::storage::db::Tx;
use crate::storage::db::failed;
use crate::storage::schema::contact;
use crate::storage::schema::contact_hash;
use crate::storage::schema::participant;
use crate::storage::schema::step;
use crate::storage::types::Stamp;
use crate::storage::types::Txt;
pub use crate::trial::enrolment::state::ParticipantState;

/// A person in a study, known by a code alone.
#[derive(Clone, Debug)]
pub struct Participant {
    /// The id.
    pub id: ParticipantId,
    /// The study.
    pub study: StudyId,
    /// The pseudonym.
    pub code: ParticipantCode,
    /// The site.
    pub site: SiteId,
    /// The cluster, where people are randomized in groups.
    pub unit: Option<String>,
    /// The therapist.
    pub therapist: Option<AccountId>,
    /// The language.
    pub language: String,
    /// The zone, where known.
    pub time_zone: Option<Zone>,
    /// How the person was reached.
    pub source: String,
    /// The calendar cohort.
    pub cohort: Option<String>,
    /// Where the person stands.
    pub state: ParticipantState,
    /// Why the person is out.
    pub excluded_code: Option<String>,
    /// The criterion behind it.
    pub excluded_criterion: Option<String>,
    /// Whether the identity is still known: `present` or `cut`.
    pub identity: String,
    /// When the person was registered.
    pub registered_at: Timestamp,
    /// By whom.
    pub registered_by: String,
    /// The day on which the last assessment was over.
    pub completed_on: Option<Date>,
    /// The day on which the last of those was over that all arms have.
    pub common_over_on: Option<Date>,
}

#[derive(Queryable)]
struct ParticipantRow {
    id: Txt<ParticipantId>,
    study_id: Txt<StudyId>,
    code: Txt<ParticipantCode>,
    site_id: Txt<SiteId>,
    unit: Option<String>,
    therapist_id: Option<Txt<AccountId>>,
    language: String,
    time_zone: Option<Txt<Zone>>,
    source: String,
    cohort: Option<String>,
    state: Txt<ParticipantState>,
    excluded_code: Option<String>,
    excluded_criterion: Option<String>,
    identity: String,
    registered_at: Stamp,
    registered_by: String,
    completed_on: Option<Date>,
    _chain_seq: i64,
    _chain_hash: String,
    common_over_on: Option<Date>,
}

impl From<ParticipantRow> for Participant {
    fn from(row: ParticipantRow) -> Self {
        Self {
            id: row.id.0,
            study: row.study_id.0,
            code: row.code.0,
            site: row.site_id.0,
            unit: row.unit,
            therapist: row.therapist_id.map(|id| id.0),
            language: row.language,
            time_zone: row.time_zone.map(|zone| zone.0),
            source: row.source,
            cohort: row.cohort,
            state: row.state.0,
            excluded_code: row.excluded_code,
            excluded_criterion: row.excluded_criterion,
            identity: row.identity,
            registered_at: row.registered_at.0,
            registered_by: row.registered_by,
            completed_on: row.completed_on,
            common_over_on: row.common_over_on,
        }
    }
}

impl Participant {
    /// The state as those may know it who may not know arms: after the draw, what only some arms have does not count.
    pub fn common_state(&self) -> ParticipantState {
        match (self.state, self.common_over_on) {
            (ParticipantState::Randomized | ParticipantState::Completed, Some(_)) => {
                ParticipantState::Completed
            }
            (ParticipantState::Randomized | ParticipantState::Completed, None) => {
                ParticipantState::Randomized
            }
            (state, _) => state,
        }
    }
}

/// Makes a participant with an empty chain.
pub fn insert(tx: &mut Tx<'_>, new: &Participant) -> Result<(), Error> {
    diesel::insert_into(participant::table)
        .values((
            participant::id.eq(new.id.as_str()),
            participant::study_id.eq(new.study.as_str()),
            participant::code.eq(new.code.as_str()),
            participant::site_id.eq(new.site.as_str()),
            participant::unit.eq(&new.unit),
            participant::therapist_id.eq(new.therapist.as_ref().map(AccountId::as_str)),
            participant::language.eq(&new.language),
            participant::time_zone.eq(new.time_zone.map(Zone::name)),
            participant::source.eq(&new.source),
            participant::cohort.eq(&new.cohort),
            participant::state.eq(new.state.as_str()),
            participant::identity.eq(&new.identity),
            participant::registered_at.eq(new.registered_at.naive_utc()),
            participant::registered_by.eq(&new.registered_by),
            participant::chain_seq.eq(0),
            participant::chain_hash.eq(""),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// Stores what may change of a participant.
pub fn update(tx: &mut Tx<'_>, changed: &Participant) -> Result<(), Error> {
    diesel::update(participant::table.filter(participant::id.eq(changed.id.as_str())))
        .set((
            participant::site_id.eq(changed.site.as_str()),
            participant::therapist_id.eq(changed.therapist.as_ref().map(AccountId::as_str)),
            participant::language.eq(&changed.language),
            participant::time_zone.eq(changed.time_zone.map(Zone::name)),
            participant::cohort.eq(&changed.cohort),
            participant::state.eq(changed.state.as_str()),
            participant::excluded_code.eq(&changed.excluded_code),
            participant::excluded_criterion.eq(&changed.excluded_criterion),
            participant::identity.eq(&changed.identity),
            participant::completed_on.eq(changed.completed_on),
            participant::common_over_on.eq(changed.common_over_on),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)
        .map(|_| ())
}

/// The participant with this id.
pub fn find(tx: &mut Tx<'_>, id: &ParticipantId) -> Result<Option<Participant>, Error> {
    let row: Option<ParticipantRow> = participant::table
        .filter(participant::id.eq(id.as_str()))
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)?;
    Ok(row.map(Participant::from))
}

/// Whether a study has this code already.
pub fn code_is_taken(tx: &mut Tx<'_>, study: &StudyId, code: &ParticipantCode) -> Result<bool, Error> {
    let found: i64 = participant::table
        .filter(participant::study_id.eq(study.as_str()).and(participant::code.eq(code.as_str())))
        .count()
        .get_result(&mut *tx.connection)
        .map_err(failed)?;
    Ok(found > 0)
}

/// What a list of participants is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct ParticipantFilter {
    /// The sites that may be seen; `None` for all.
    pub sites: Option<Vec<SiteId>>,
    /// The therapist whose caseload may be seen.
    pub caseload_of: Option<AccountId>,
    /// One state.
    pub state: Option<ParticipantState>,
    /// Whether the state is the one that those may know who may not know arms (`Participant::common_state`).
    pub common_only: bool,
    /// One site.
    pub site: Option<SiteId>,
    /// The step that is to be done.
    pub step: Option<String>,
    /// Only these people; `None` for all.
    pub among: Option<BTreeSet<ParticipantId>>,
    /// The beginning of a code.
    pub code_begins: Option<String>,
    /// Behind this code, for pages.
    pub after: Option<String>,
}

/// Participants of a study by code, at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    study: &StudyId,
    filter: &ParticipantFilter,
    limit: i64,
) -> Result<Vec<Participant>, Error> {
    let mut query = participant::table.filter(participant::study_id.eq(study.as_str())).into_boxed();
    if let Some(sites) = &filter.sites {
        let sites: Vec<&str> = sites.iter().map(SiteId::as_str).collect();
        query = query.filter(participant::site_id.eq_any(sites));
    }
    if let Some(therapist) = &filter.caseload_of {
        query = query.filter(participant::therapist_id.eq(therapist.as_str()));
    }
    match (filter.state, filter.common_only) {
        (Some(state @ (ParticipantState::Randomized | ParticipantState::Completed)), true) => {
            let drawn = [ParticipantState::Randomized.as_str(), ParticipantState::Completed.as_str()];
            query = query.filter(participant::state.eq_any(drawn));
            query = if state == ParticipantState::Completed {
                query.filter(participant::common_over_on.is_not_null())
            } else {
                query.filter(participant::common_over_on.is_null())
            };
        }
        (Some(state), _) => query = query.filter(participant::state.eq(state.as_str())),
        (None, _) => {}
    }
    if let Some(site) = &filter.site {
        query = query.filter(participant::site_id.eq(site.as_str()));
    }
    if let Some(wanted) = &filter.step {
        let at_step = step::table.filter(step::step_id.eq(wanted).and(step::state.eq("open")));
        query = query.filter(participant::id.eq_any(at_step.select(step::participant_id)));
    }
    if let Some(among) = &filter.among {
        let among: Vec<&str> = among.iter().map(ParticipantId::as_str).collect();
        query = query.filter(participant::id.eq_any(among));
    }
    if let Some(begin) = &filter.code_begins {
        // Codes are letters, digits and a hyphen, so no character of the pattern has another meaning.
        let plain: String = begin.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        query = query.filter(participant::code.like(format!("{plain}%")));
    }
    if let Some(after) = &filter.after {
        query = query.filter(participant::code.gt(after));
    }
    let rows: Vec<ParticipantRow> =
        query.order(participant::code).limit(limit).load(&mut *tx.connection).map_err(failed)?;
    Ok(rows.into_iter().map(Participant::from).collect())
}

/// The sealed contact data of a participant.
pub fn find_contact(tx: &mut Tx<'_>, id: &ParticipantId) -> Result<Option<String>, Error> {
    contact::table
        .filter(contact::participant_id.eq(id.as_str()))
        .select(contact::sealed)
        .first(&mut *tx.connection)
        .optional()
        .map_err(failed)
}

/// Stores sealed contact data and the keyed hashes that find duplicates (kind, hash).
pub fn store_contact(
    tx: &mut Tx<'_>,
    of: &Participant,
    sealed: &str,
    hashes: &[(&str, String)],
    now: Timestamp,
) -> Result<(), Error> {
    diesel::delete(contact::table.filter(contact::participant_id.eq(of.id.as_str())))
        .execute(&mut *tx.connection)
        .map_err(failed)?;
    diesel::delete(contact_hash::table.filter(contact_hash::participant_id.eq(of.id.as_str())))
        .execute(&mut *tx.connection)
        .map_err(failed)?;
    diesel::insert_into(contact::table)
        .values((
            contact::participant_id.eq(of.id.as_str()),
            contact::study_id.eq(of.study.as_str()),
            contact::sealed.eq(sealed),
            contact::changed_at.eq(now.naive_utc()),
        ))
        .execute(&mut *tx.connection)
        .map_err(failed)?;
    for (kind, hash) in hashes {
        diesel::insert_into(contact_hash::table)
            .values((
                contact_hash::study_id.eq(of.study.as_str()),
                contact_hash::kind.eq(kind),
                contact_hash::hash.eq(hash),
                contact_hash::participant_id.eq(of.id.as_str()),
            ))
            .execute(&mut *tx.connection)
            .map_err(failed)?;
    }
    Ok(())
}

/// Whether somebody else in the study has the same address or number.
pub fn has_twin(
    tx: &mut Tx<'_>,
    study: &StudyId,
    id: &ParticipantId,
    hashes: &[(&str, String)],
) -> Result<bool, Error> {
    let wanted: Vec<&String> = hashes.iter().map(|(_, hash)| hash).collect();
    let found: i64 = contact_hash::table
        .filter(contact_hash::study_id.eq(study.as_str()).and(contact_hash::hash.eq_any(wanted)))
        .filter(contact_hash::participant_id.ne(id.as_str()))
        .count()
        .get_result(&mut *tx.connection)
        .map_err(failed)?;
    Ok(found > 0)
}
