//! What the clock must write: the end of windows, alerts for safety items that were never answered, alerts that nobody has
//! taken, steps that have lapsed, dates that nobody has recorded, people who are through. One idempotent verb under the name
//! of the service, in small acts. No state depends on it: it only writes down what the time alone has brought about.

use std::ops::AddAssign;

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::asking;
use crate::conduct::context::Ctx;
use crate::conduct::context::House;
use crate::conduct::crossing;
use crate::conduct::ending;
use crate::conduct::enrolling;
use crate::conduct::handling;
use crate::conduct::planning;
use crate::conduct::record;
use crate::conduct::record::Record;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::AlertId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::StudyId;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::alert;
use crate::storage::assessment::Assessment;
use crate::storage::audit::ARM_OBJECT;
use crate::storage::due;
use crate::storage::participant;
use crate::storage::participant::ParticipantState;
use crate::storage::study;
use crate::storage::study::Study;
use crate::storage::study::StudyState;
use crate::trial::audit::event::Event;

/// What was written down.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Settled {
    /// Assessments that have ended.
    pub ended: usize,
    /// Drafts that were kept.
    pub kept: usize,
    /// Alerts that were raised.
    pub raised: usize,
    /// Alerts that were escalated.
    pub escalated: usize,
    /// Steps that have lapsed.
    pub lapsed: usize,
    /// Anchors that have taken their fallback date.
    pub assumed: usize,
    /// Later treatments that were planned.
    pub planned: usize,
    /// People of whom everything is over.
    pub completed: usize,
    /// Acts that have failed: the log says why, and the next call tries again.
    pub failed: usize,
}

impl Settled {
    /// Whether nothing was written, and nothing has failed.
    pub fn is_nothing(&self) -> bool {
        self.written() == 0 && self.failed == 0
    }

    /// How much was written in all.
    pub fn written(&self) -> usize {
        let Self { ended, kept, raised, escalated, lapsed, assumed, planned, completed, .. } = self;
        ended + kept + raised + escalated + lapsed + assumed + planned + completed
    }

    fn of(events: &[Event]) -> Self {
        let count = |action: &str| events.iter().filter(|event| event.action == action).count();
        let lapsed = |event: &&Event| event.fields.iter().any(|field| field.name == enrolling::LAPSED);
        Self {
            ended: count("assessment.ended"),
            kept: count("response.kept"),
            raised: count("alert.raised"),
            escalated: count("alert.escalated"),
            lapsed: events.iter().filter(lapsed).count(),
            assumed: count("anchor.assumed"),
            planned: count("episode.planned"),
            completed: count("participant.completed"),
            failed: 0,
        }
    }
}

impl AddAssign for Settled {
    fn add_assign(&mut self, more: Self) {
        self.ended += more.ended;
        self.kept += more.kept;
        self.raised += more.raised;
        self.escalated += more.escalated;
        self.lapsed += more.lapsed;
        self.assumed += more.assumed;
        self.planned += more.planned;
        self.completed += more.completed;
        self.failed += more.failed;
    }
}

/// Writes down what the time has brought about up to an instant, in all studies, person by person. One act for each person
/// and each alert, so that a fault of one keeps nothing else waiting. Called again, or by two processes at once, it writes
/// nothing twice: each act looks again under the lock of the person.
pub fn settle(house: &House, now: Timestamp) -> Result<Settled, Error> {
    let mut settled = Settled::default();
    for (study, id) in house.db.read(|tx| due_people(tx, house, now))? {
        settled += counted(&id, settle_person(house, now, &id));
        match house.db.read::<_, Error>(|tx| alert::list_to_escalate(tx, &study, &id, now)) {
            Ok(alerts) => {
                for alert in alerts {
                    settled += counted(&id, escalate(house, now, &alert));
                }
            }
            Err(error) => settled += counted(&id, Err(error)),
        }
    }
    Ok(settled)
}

/// The name under which the clock acts.
const JOB: &str = "clock";

fn due_people(
    tx: &mut Tx<'_>,
    house: &House,
    now: Timestamp,
) -> Result<Vec<(StudyId, ParticipantId)>, Error> {
    let mut people = Vec::new();
    for study in study::list(tx)?.iter().filter(|study| takes_values(study)) {
        let grace = house.plans.of(tx, study)?.protocol.schedule.grace_minutes;
        let due = due::list_people(tx, &study.id, now, grace)?;
        people.extend(due.into_iter().map(|id| (study.id.clone(), id)));
    }
    Ok(people)
}

fn counted(id: &ParticipantId, done: Result<Option<Settled>, Error>) -> Settled {
    done.map(Option::unwrap_or_default).unwrap_or_else(|error| {
        tracing::error!(participant.id = id.as_str(), %error, "the clock could not settle a person");
        Settled { failed: 1, ..Settled::default() }
    })
}

fn escalate(house: &House, now: Timestamp, id: &AlertId) -> Result<Option<Settled>, Error> {
    let event = handling::escalate(&Ctx::system(house, now, JOB)?, id)?;
    Ok(event.map(|event| Settled::of(&[event])))
}

/// Whether anything is written in a study: before it opens there is nothing, after the lock nothing changes.
fn takes_values(study: &Study) -> bool {
    match study.state {
        StudyState::Open | StudyState::Paused | StudyState::Closed => true,
        StudyState::Draft | StudyState::Locked | StudyState::Revealed => false,
    }
}

fn settle_person(house: &House, now: Timestamp, id: &ParticipantId) -> Result<Option<Settled>, Error> {
    let ctx = Ctx::system(house, now, JOB)?;
    act::act_if_due(&ctx, Target::Participant(id.clone()), |tx, act| {
        if !takes_values(act.scope.study()?) {
            return Ok(None);
        }
        let events = settle_verb(tx, act)?;
        let settled = Settled::of(&events);
        let id = &act.scope.participant()?.id;
        let mut events = events.into_iter();
        let first = events.next();
        Ok(first.map(|first| Change::new(settled, id.as_str(), first).and_all(events.collect())))
    })
}

/// All that is due of one person, in the order in which one thing brings about the next.
fn settle_verb(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<Vec<Event>, Error> {
    let plan = act.plan(tx)?;
    let person = act.scope.participant()?;
    let mut events = Vec::new();
    // A later treatment may be over before anybody looks.
    loop {
        events.extend(planning::assume(tx, act, &plan, person)?);
        events.extend(ending::end_all(tx, act, &plan)?);
        let record = record::of(tx, act, &plan, person)?;
        let planned = crossing::plan_due(tx, act, &record)?;
        if planned.is_empty() {
            break;
        }
        events.extend(planned);
    }
    events.extend(enrolling::advance(tx, act, &plan, person)?);
    let person = participant::find(tx, &person.id)?.ok_or_else(Error::not_found)?;
    let record = record::of(tx, act, &plan, &person)?;
    events.extend(complete(tx, &record)?);
    Ok(events)
}

/// Completes a randomized person whose assessments are all over; nothing where something is still to come. That everything
/// is over which all arms have is written down apart: it is what those may know who may not know arms.
pub fn complete(tx: &mut Tx<'_>, record: &Record<'_>) -> Result<Vec<Event>, Error> {
    let person = &record.participant;
    if !matches!(person.state, ParticipantState::Randomized | ParticipantState::Enrolled) {
        return Ok(Vec::new());
    }
    let last_day = |counts: fn(&Assessment) -> bool| {
        let over: Option<Vec<Timestamp>> = record
            .assessments
            .iter()
            .filter(|one| counts(one))
            .map(|assessment| asking::over_at(record, assessment))
            .collect();
        Some(over?.into_iter().max()?.date_in(record.zone))
    };
    let mut changed = person.clone();
    let mut events = Vec::new();
    changed.common_over_on = person.common_over_on.or_else(|| last_day(|one| !one.arm_bound));
    if let (None, Some(on)) = (person.common_over_on, changed.common_over_on) {
        let event = Event::of_participant("participant.over", &person.study, &person.id, person.id.as_str());
        events.push(event.set("common_over_on", on.to_string()));
    }
    if let Some(on) = last_day(|_| true) {
        changed.state = ParticipantState::Completed;
        changed.completed_on = Some(on);
        let object = format!("{}{ARM_OBJECT}state", person.id);
        let event = Event::of_participant("participant.completed", &person.study, &person.id, object)
            .plain("state", Some(json!(person.state)), Some(json!(changed.state)))
            .set("completed_on", on.to_string());
        events.push(event);
    }
    if !events.is_empty() {
        participant::update(tx, &changed)?;
    }
    Ok(events)
}
