//! A later treatment of the same person, such as that of a waitlist after its wait: planned once the occasion before it is
//! over. Never touches the allocation, and nothing of the first period.

use crate::conduct::act::Act;
use crate::conduct::asking;
use crate::conduct::planning;
use crate::conduct::record::Record;
use crate::kernel::Error;
use crate::kernel::ids::EpisodeId;
use crate::storage::Tx;
use crate::storage::audit::ARM_OBJECT;
use crate::storage::episode;
use crate::storage::episode::EpisodeRecord;
use crate::storage::participant::ParticipantState;
use crate::trial::audit::event::Event;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::evaluation::value_of;
use crate::trial::expression::reader;
use crate::trial::schedule::definition::Episode;
use crate::trial::schedule::definition::EpisodeTreatment;
use crate::trial::schedule::occasions;

/// Plans the later treatments whose turn has come, with their occasions. Only some arms have them, so that their events are
/// kept from whoever may not know arms.
pub fn plan_due(tx: &mut Tx<'_>, act: &Act<'_>, record: &Record<'_>) -> Result<Vec<Event>, Error> {
    let person = &record.participant;
    let all = &record.plan.protocol.schedule.episodes;
    if all.is_empty() || person.state != ParticipantState::Randomized {
        return Ok(Vec::new());
    }
    let known = episode::list_of(tx, &person.id)?;
    let mut events = Vec::new();
    for later in all.iter().filter(|later| !known.iter().any(|known| known.name == later.id)) {
        let Some(treatment) = treatment_due(record, later)? else { continue };
        let new = EpisodeRecord {
            id: EpisodeId::draw(act.ctx.entropy())?,
            name: later.id.clone(),
            treatment,
            created_at: act.ctx.now,
        };
        episode::insert(tx, &person.study, &person.id, &new)?;
        planning::plan_episode(tx, act, record, &later.id)?;
        let object = format!("{}{ARM_OBJECT}{}", person.id, later.id);
        let event = Event::of_participant("episode.planned", &person.study, &person.id, object);
        events.push(event.set("treatment", new.treatment));
    }
    Ok(events)
}

/// What a later treatment gives; `None` while its turn has not come: the arm has none, the occasion before it is not over,
/// its condition is not met or can't be told yet, or nothing was chosen.
fn treatment_due(record: &Record<'_>, later: &Episode) -> Result<Option<String>, Error> {
    let has_it = record.arm().is_some_and(|arm| later.arms.iter().any(|one| one == arm));
    if !has_it || !is_over(record, &later.after) {
        return Ok(None);
    }
    if let Some(rule) = &later.when {
        let rule = reader::read(rule).map_err(|_| unreadable(&later.id))?;
        if evaluate(&rule, record) != Truth::Met {
            return Ok(None);
        }
    }
    match &later.gives {
        EpisodeTreatment::Named(treatment) => Ok(Some(treatment.clone())),
        EpisodeTreatment::Chosen(field) => {
            let field = reader::read(field).map_err(|_| unreadable(&later.id))?;
            Ok(match value_of(&field, record) {
                Some(Value::Text(chosen)) => Some(chosen),
                _ => None,
            })
        }
    }
}

fn unreadable(episode: &str) -> Error {
    Error::internal(format!("the condition or choice of episode '{episode}' can't be read"))
}

/// Whether everything that was planned at an occasion is sent, cancelled or over.
fn is_over(record: &Record<'_>, occasion: &str) -> bool {
    let elements = occasions::elements(&record.plan.protocol.schedule.occasions);
    let mut planned = elements
        .iter()
        .filter(|element| element.id == occasion || element.occasion.id == occasion)
        .filter(|element| element.is_for(record.arm()))
        .flat_map(|element| record.assessments.iter().filter(|known| asking::is_of(element, known)))
        .peekable();
    planned.peek().is_some() && planned.all(|known| asking::over_at(record, known).is_some())
}
