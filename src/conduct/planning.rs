//! Plans a person's assessments: those of enrolment at registration, those of the first period at the draw, and moves
//! windows when an anchor is recorded.

use std::collections::BTreeMap;

use chrono::NaiveTime;
use serde_json::json;

use crate::conduct::act::Act;
use crate::conduct::asking;
use crate::conduct::plan::Plan;
use crate::conduct::record;
use crate::conduct::record::Record;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
use crate::kernel::time::Timestamp;
use crate::kernel::time::instant_of;
use crate::storage::Tx;
use crate::storage::assessment;
use crate::storage::assessment::Assessment;
use crate::storage::audit::ARM_OBJECT;
use crate::storage::enrolment;
use crate::storage::enrolment::AnchorRecord;
use crate::storage::participant::Participant;
use crate::trial::audit::event::Event;
use crate::trial::role::Respondent;
use crate::trial::schedule::anchors;
use crate::trial::schedule::anchors::AnchorFacts;
use crate::trial::schedule::definition::Anchor;
use crate::trial::schedule::definition::AnchorKind;
use crate::trial::schedule::definition::Timing;
use crate::trial::schedule::occasions;
use crate::trial::schedule::occasions::Element;
use crate::trial::schedule::window;
use crate::trial::schedule::window::Planned;

/// Plans what enrolment steps ask: they open with their steps.
pub fn plan_enrolment(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    plan: &Plan,
    person: &Participant,
) -> Result<(), Error> {
    let elements = occasions::elements(&plan.protocol.schedule.occasions);
    for element in elements.iter().filter(|element| element.window.is_none()) {
        for respondent in element.respondents(&plan.protocol.schedule.measures, None) {
            assessment::insert(tx, &new(act, plan, person, element, respondent, None)?)?;
        }
    }
    Ok(())
}

/// Plans everything after the draw, as far as anchors are known.
pub fn plan_period(tx: &mut Tx<'_>, act: &Act<'_>, record: &Record<'_>) -> Result<(), Error> {
    plan_occasions(tx, act, record, None)
}

/// Plans the occasions of a later treatment, as far as anchors are known.
pub fn plan_episode(tx: &mut Tx<'_>, act: &Act<'_>, record: &Record<'_>, episode: &str) -> Result<(), Error> {
    plan_occasions(tx, act, record, Some(episode))
}

fn plan_occasions(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    record: &Record<'_>,
    episode: Option<&str>,
) -> Result<(), Error> {
    let schedule = &record.plan.protocol.schedule;
    let arm = record.arm();
    let elements = occasions::elements(&schedule.occasions);
    let mine = |element: &&Element<'_>| {
        element.window.is_some() && element.is_for(arm) && element.occasion.episode.as_deref() == episode
    };
    for element in elements.iter().filter(mine) {
        for respondent in element.respondents(&schedule.measures, arm) {
            let planned = place(record, element);
            let made = new(act, record.plan, &record.participant, element, respondent, planned)?;
            let wakes_at = if planned.is_none() { wakes_at(record, element) } else { None };
            assessment::insert(tx, &Assessment { wakes_at, ..made })?;
        }
    }
    Ok(())
}

/// Moves windows that are not open yet to where their anchors now say. One event for each: who may not know arms sees
/// those of an arm's own assessments as little as the assessments.
pub fn replan(tx: &mut Tx<'_>, act: &Act<'_>, record: &Record<'_>) -> Result<Vec<Event>, Error> {
    let elements = occasions::elements(&record.plan.protocol.schedule.occasions);
    let mut moved = Vec::new();
    for known in
        record.assessments.iter().filter(|known| known.anchor.is_some() && known.cancelled_at.is_none())
    {
        let element =
            elements.iter().find(|element| asking::is_of(element, known) && element.is_for(record.arm()));
        let Some(element) = element else { continue };
        let before = planned_of(known);
        let Some(after) = place(record, element) else {
            let wakes_at = wakes_at(record, element);
            if before.is_none() && known.wakes_at != wakes_at {
                assessment::update(tx, &Assessment { wakes_at, ..known.clone() })?;
            }
            continue;
        };
        let new = window::replan(before, after, act.ctx.now);
        if before != Some(new) {
            assessment::update(tx, &with_window(known.clone(), Some(new)))?;
            let days =
                |planned: Planned| json!([planned.opens_at, planned.due_on.to_string(), planned.closes_at]);
            let person = &record.participant;
            let event =
                Event::of_participant("assessment.moved", &person.study, &person.id, known.id.as_str());
            moved.push(event.plain("window", before.map(days), Some(days(new))));
        }
    }
    Ok(moved)
}

/// The object that the event of an anchor names. What tells the arm lies below `/arm/` and is kept from whoever may not
/// know it.
pub fn anchor_object(plan: &Plan, person: &Participant, name: &str) -> String {
    if plan.protocol.schedule.anchor_tells_arm(name) {
        format!("{}{ARM_OBJECT}{name}", person.id)
    } else {
        person.id.to_string()
    }
}

/// Records the inclusion as an anchor, the first time that a person is ready.
pub fn record_inclusion(tx: &mut Tx<'_>, act: &Act<'_>, person: &Participant) -> Result<(), Error> {
    let plan = act.plan(tx)?;
    let record = record::of(tx, act, &plan, person)?;
    if record.anchors.iter().any(|anchor| anchor.name == "inclusion") {
        return Ok(());
    }
    record_anchor(tx, act, &record, "inclusion", record.today)
}

/// What is known of a person's anchors.
pub fn anchor_facts(record: &Record<'_>) -> AnchorFacts {
    let mut dates: BTreeMap<String, crate::kernel::time::Date> = BTreeMap::new();
    dates.insert("registered".to_owned(), record.participant.registered_at.date_in(record.zone));
    for anchor in record.anchors.iter().filter(|anchor| !anchor.assumed) {
        dates.insert(anchor.name.clone(), anchor.on);
    }
    if let Some(allocation) = &record.allocation {
        dates.insert("randomization".to_owned(), allocation.allocated_at.date_in(record.zone));
    }
    AnchorFacts {
        dates,
        arm: record.arm().map(str::to_owned),
        cohort: record.participant.cohort.clone(),
        today: record.today,
    }
}

/// Gives anchors that nobody has recorded their fallback date once it has come, marked assumed, and places what waits for it.
pub fn assume(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    plan: &Plan,
    person: &Participant,
) -> Result<Vec<Event>, Error> {
    let record = record::of(tx, act, plan, person)?;
    if record.allocation.is_none() {
        return Ok(Vec::new());
    }
    let mut events = Vec::new();
    let anchors = &plan.protocol.schedule.anchors;
    let facts = anchor_facts(&record);
    let is_event = |anchor: &&Anchor| matches!(anchor.kind, AnchorKind::Event { .. });
    for anchor in anchors.iter().filter(is_event) {
        let known = record.anchors.iter().any(|known| known.name == anchor.id);
        let date = anchors::date_of(anchors, &anchor.id, &facts).filter(|date| date.assumed && !known);
        let Some(date) = date else { continue };
        let new = AnchorRecord {
            episode: episode_of_anchor(plan, &anchor.id),
            name: anchor.id.clone(),
            n: 1,
            on: date.on,
            assumed: true,
            recorded_at: act.ctx.now,
            recorded_by: act.actor(),
        };
        enrolment::insert_anchor(tx, &person.study, &person.id, &new)?;
        let object = anchor_object(plan, person, &anchor.id);
        let event = Event::of_participant("anchor.assumed", &person.study, &person.id, object);
        events.push(event.set(format!("anchor.{}", anchor.id), date.on.to_string()));
    }
    if !events.is_empty() {
        let record = record::of(tx, act, plan, person)?;
        events.extend(replan(tx, act, &record)?);
    }
    Ok(events)
}

/// The episode that an anchor belongs to: the later treatment for which alone it is there, or the first period.
pub fn episode_of_anchor(plan: &Plan, anchor: &str) -> String {
    let later = plan.protocol.schedule.later_treatment_of(anchor);
    later.map_or_else(|| asking::MAIN.to_owned(), |episode| episode.id.clone())
}

/// The instant from which the anchor of an occasion will have a date if nobody records one.
fn wakes_at(record: &Record<'_>, element: &Element<'_>) -> Option<Timestamp> {
    let Timing::Window { anchor, .. } = &element.occasion.timing else { return None };
    let anchors = &record.plan.protocol.schedule.anchors;
    let expected = anchors::expected(anchors, anchor, &anchor_facts(record))?;
    (expected.from > record.today).then(|| instant_of(expected.from, NaiveTime::MIN, record.zone))
}

fn place(record: &Record<'_>, element: &Element<'_>) -> Option<Planned> {
    let Timing::Window { anchor, .. } = &element.occasion.timing else { return None };
    let schedule = &record.plan.protocol.schedule;
    let date = anchors::date_of(&schedule.anchors, anchor, &anchor_facts(record))?;
    window::plan(&element.window?, date.on, record.zone, schedule.opens_at)
}

fn planned_of(known: &Assessment) -> Option<Planned> {
    Some(Planned {
        opens_at: known.opens_at?,
        due_on: known.due_on?,
        closes_at: known.closes_at?,
        late_at: known.late_at?,
    })
}

fn with_window(mut assessment: Assessment, planned: Option<Planned>) -> Assessment {
    assessment.wakes_at = None;
    assessment.opens_at = planned.map(|planned| planned.opens_at);
    assessment.due_on = planned.map(|planned| planned.due_on);
    assessment.closes_at = planned.map(|planned| planned.closes_at);
    assessment.late_at = planned.map(|planned| planned.late_at);
    assessment
}

fn new(
    act: &Act<'_>,
    plan: &Plan,
    person: &Participant,
    element: &Element<'_>,
    respondent: Respondent,
    planned: Option<Planned>,
) -> Result<Assessment, Error> {
    let anchor = match &element.occasion.timing {
        Timing::Step { .. } => None,
        Timing::Window { anchor, .. } => Some(anchor.clone()),
    };
    let assessment = Assessment {
        id: AssessmentId::draw(act.ctx.entropy())?,
        participant: person.id.clone(),
        study: person.study.clone(),
        episode: element.occasion.episode.clone().unwrap_or_else(|| asking::MAIN.to_owned()),
        occasion: element.id.clone(),
        occasion_no: element.number,
        respondent,
        anchor,
        arm_bound: tells_arm(plan, element, respondent),
        assigned_to: None,
        protocol_version: plan.n,
        opens_at: None,
        due_on: None,
        closes_at: None,
        late_at: None,
        first_seen_at: None,
        first_answer_at: None,
        submitted_at: None,
        submitted_by: None,
        window_class: None,
        cancelled_at: None,
        reopened_until: None,
        settled_at: None,
        language: None,
        wakes_at: None,
    };
    Ok(with_window(assessment, planned))
}

/// Whether the row itself, or its dates, tell the arm: the occasion does, or its respondent has nothing to answer in some arm.
fn tells_arm(plan: &Plan, element: &Element<'_>, respondent: Respondent) -> bool {
    let schedule = &plan.protocol.schedule;
    let arms = &plan.protocol.comparison.arms;
    schedule.occasion_tells_arm(element)
        || arms.iter().any(|arm| element.measures(&schedule.measures, Some(&arm.id), respondent).is_empty())
}

/// Records the date of a built-in anchor; a date that stands is not recorded again.
pub fn record_anchor(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    record: &Record<'_>,
    name: &str,
    on: crate::kernel::time::Date,
) -> Result<(), Error> {
    let last = record.anchors.iter().rfind(|anchor| anchor.name == name && anchor.episode == asking::MAIN);
    if last.is_some_and(|last| last.on == on) {
        return Ok(());
    }
    let new = AnchorRecord {
        episode: asking::MAIN.to_owned(),
        name: name.to_owned(),
        n: last.map_or(1, |last| last.n + 1),
        on,
        assumed: false,
        recorded_at: act.ctx.now,
        recorded_by: act.actor(),
    };
    enrolment::insert_anchor(tx, &record.participant.study, &record.participant.id, &new)
}
