//! The audit trail: read by those who may, checked from the first event to the last, fixed by checkpoints.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::conduct::act::Act;
use crate::conduct::asking;
use crate::conduct::context::Ctx;
use crate::conduct::context::House;
use crate::conduct::disclosing;
use crate::conduct::seeing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::StudyId;
use crate::storage::Tx;
use crate::storage::audit;
pub use crate::storage::audit::EventFilter;
use crate::storage::participant;
use crate::storage::participant::ParticipantFilter;
use crate::trial::audit::chain::Digests;
use crate::trial::audit::chain::Head;
use crate::trial::audit::chain::Linked;
use crate::trial::audit::event::Chain;
use crate::trial::audit::verification;
use crate::trial::audit::verification::Break;
use crate::trial::audit::verification::Follower;
use crate::trial::permission::action::Action;

/// Events that are followed at a time.
const PAGE: i64 = 500;

/// What was checked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Verification {
    /// Chains followed.
    pub chains: usize,
    /// Events followed.
    pub events: usize,
    /// Checkpoints followed.
    pub checkpoints: usize,
    /// The first break, if any.
    pub first_break: Option<Break>,
    /// The first break of every other chain that has one: one fault must not hide the next.
    pub further_breaks: Vec<Break>,
}

impl Verification {
    fn note(&mut self, found: Break) {
        match self.first_break {
            None => self.first_break = Some(found),
            Some(_) => self.further_breaks.push(found),
        }
    }
}

/// Events of a study that the caller may see: of the own sites' people, if the role has sites; nothing of what only some
/// arms have, if the caller may not know arms. (Numbers in a chain have gaps then: they are not for such eyes either.)
pub fn list(ctx: &Ctx, study: &str, filter: EventFilter, limit: i64) -> Result<Vec<Linked>, Error> {
    disclosing::disclose(
        ctx,
        Action::ReadAudit,
        Target::Study(study.to_owned()),
        "audit.read",
        move |tx, act| {
            let filter = narrowed(tx, act, &filter)?;
            let events = audit::list_events(tx, &filter, limit)?;
            seeing::remember_people(tx, act, events.iter().filter_map(|event| event.participant.clone()))?;
            Ok(events)
        },
    )
}

/// A trail that may be written out whole: what the caller may see of it.
#[derive(Clone, Debug)]
pub struct Trail {
    /// The study's alias, for file names.
    pub alias: String,
    filter: EventFilter,
}

/// Decides what the caller may see of a trail, and writes down that it is read whole.
pub fn prepare(ctx: &Ctx, study: &str, filter: EventFilter) -> Result<Trail, Error> {
    let target = Target::Study(study.to_owned());
    disclosing::disclose(ctx, Action::ReadAudit, target, "audit.read", move |tx, act| {
        let filter = narrowed(tx, act, &filter)?;
        let study = act.scope.study()?;
        let own = ParticipantFilter { sites: act.grant.sites.clone(), ..ParticipantFilter::default() };
        let people = participant::list(tx, &study.id, &own, i64::MAX)?;
        seeing::remember_people(tx, act, people.into_iter().map(|person| person.id))?;
        Ok(Trail { alias: study.alias.clone(), filter })
    })
}

/// Hands out a trail from one state of the database, event by event, oldest first.
pub fn write(
    ctx: &Ctx,
    trail: &Trail,
    mut each: impl FnMut(Linked) -> Result<(), Error>,
) -> Result<(), Error> {
    ctx.house.db.read(|tx| {
        let mut filter = trail.filter.clone();
        loop {
            let events = audit::list_events(tx, &filter, PAGE)?;
            let Some(last) = events.last() else { return Ok(()) };
            filter.after = Some((last.at, last.id.to_string()));
            events.into_iter().try_for_each(&mut each)?;
        }
    })
}

/// What the caller's role leaves of a wish.
fn narrowed(tx: &mut Tx<'_>, act: &Act<'_>, filter: &EventFilter) -> Result<EventFilter, Error> {
    let study = act.scope.study()?.id.clone();
    let own = ParticipantFilter { sites: act.grant.sites.clone(), ..ParticipantFilter::default() };
    let participants = match (&act.grant.sites, &filter.participants) {
        (None, asked) => asked.clone(),
        (Some(_), asked) => {
            let people = participant::list(tx, &study, &own, i64::MAX)?;
            let ids = people.into_iter().map(|person| person.id);
            Some(ids.filter(|id| asked.as_ref().is_none_or(|asked| asked.contains(id))).collect())
        }
    };
    let common_only = !act.may_know_arm();
    let plan = act.plan(tx)?;
    if let Some((instrument, item)) = &filter.item {
        let measures = plan.protocol.schedule.measures.iter();
        asking::require_known("item", instrument, measures.map(|measure| measure.uses.as_str()))?;
        let asked = plan.asked(instrument)?;
        let languages = plan.protocol.study.languages.iter();
        let items: Vec<String> = languages.flat_map(|language| asked.items(language)).collect();
        if let Some(item) = item {
            asking::require_known("item", item, items.iter().map(String::as_str))?;
        }
    }
    let hidden = if common_only { seeing::hidden_measures(&plan) } else { Vec::new() };
    Ok(EventFilter { study: Some(study), participants, common_only, hidden, ..filter.clone() })
}

/// Events of the accounts: sign-ins, invitations, passwords, tokens. What somebody did or looked at in a study is in that
/// study's trail.
pub fn list_of_accounts(ctx: &Ctx, filter: EventFilter, limit: i64) -> Result<Vec<Linked>, Error> {
    disclosing::disclose(ctx, Action::ReadAccountAudit, Target::Installation, "audit.read", move |tx, _| {
        audit::list_events(tx, &EventFilter { accounts_only: true, ..filter.clone() }, limit)
    })
}

/// Checks the trail of a study, for those who may ask; `true` where the caller may be told how many events there are: arms
/// differ in how much happens.
pub fn verify_study(ctx: &Ctx, study: &str) -> Result<(Verification, bool), Error> {
    disclosing::look(ctx, Action::VerifyAudit, &Target::Study(study.to_owned()), |tx, act| {
        let id = act.scope.study()?.id.clone();
        Ok((follow(tx, Some(&id))?, act.may_know_arm()))
    })
}

/// Checks everything.
pub fn verify(house: &House) -> Result<Verification, Error> {
    house.db.read(|tx| follow(tx, None))
}

fn follow(tx: &mut Tx<'_>, study: Option<&StudyId>) -> Result<Verification, Error> {
    let mut done = Verification::default();
    let checkpoints = audit::list_checkpoints(tx)?;
    done.checkpoints = checkpoints.len();
    let held = verification::follow_checkpoints(&checkpoints).unwrap_or_else(|found| {
        done.note(found);
        BTreeMap::new()
    });
    let present: BTreeSet<String> = audit::list_heads(tx, None)?.into_keys().collect();
    if let Some(chain) = verification::dropped_chain(&held, &present) {
        done.note(Break::new(chain.clone(), 1, "a checkpoint holds a chain that is not there any more"));
    }
    for (name, head) in &audit::list_heads(tx, study)? {
        done.chains += 1;
        let checkpointed = held.get(name).cloned().unwrap_or_default();
        if let Some(found) = follow_chain(tx, name, head, checkpointed, &mut done.events)? {
            done.note(found);
        }
    }
    Ok(done)
}

/// The first break of one chain.
fn follow_chain(
    tx: &mut Tx<'_>,
    name: &str,
    head: &Head,
    checkpointed: BTreeMap<i64, String>,
    followed: &mut usize,
) -> Result<Option<Break>, Error> {
    let mut follower = Follower::new(name.to_owned(), checkpointed);
    let mut rows = Rows::default();
    let mut after = 0;
    loop {
        let events = audit::list_chain(tx, name, after, PAGE)?;
        let Some(last) = events.last() else { break };
        after = last.seq;
        for event in &events {
            *followed += 1;
            match follower.follow(event) {
                Ok(digests) => rows.see(event, digests),
                Err(found) => return Ok(Some(found)),
            }
        }
    }
    match follower.finish(head) {
        Ok(()) => rows.check(tx, name),
        Err(found) => Ok(Some(found)),
    }
}

/// The rows that the events of a chain describe.
#[derive(Default)]
struct Rows {
    described: Vec<(Linked, Digests)>,
}

impl Rows {
    fn see(&mut self, event: &Linked, digests: Digests) {
        if digests.contains_key(verification::ROW) || digests.keys().any(|name| name.starts_with("answers."))
        {
            self.described.push((event.clone(), digests));
        }
    }

    /// Holds every described row against its digests, and looks for rows that no event describes.
    fn check(&self, tx: &mut Tx<'_>, chain: &str) -> Result<Option<Break>, Error> {
        let Some(chain_id) = Chain::parse(chain) else { return Ok(None) };
        let found = match chain_id {
            Chain::Participant(id) => crate::conduct::described::participant(tx, &id, &self.described)?,
            Chain::Study(id) => crate::conduct::described::study(tx, &id, &self.described)?,
            Chain::Account(_) => None,
        };
        Ok(found.map(|(at, what)| Break::new(chain, at, what)))
    }
}
