//! The end of an assessment whose time is over: what was begun is kept, scored and judged; what was never answered and
//! should have been raises its alert.

use crate::conduct::act::Act;
use crate::conduct::alerting;
use crate::conduct::asking;
use crate::conduct::asking::Answers;
use crate::conduct::asking::Reasons;
use crate::conduct::plan::Plan;
use crate::conduct::record;
use crate::conduct::record::Record;
use crate::conduct::versions;
use crate::conduct::versions::Draft;
use crate::kernel::Error;
use crate::storage::Tx;
use crate::storage::assessment;
use crate::storage::assessment::Assessment;
use crate::storage::participant::ParticipantState;
use crate::trial::audit::event::Event;

/// Ends all assessments of a person whose time is over, the earliest first.
pub fn end_all(tx: &mut Tx<'_>, act: &Act<'_>, plan: &Plan) -> Result<Vec<Event>, Error> {
    let record = record::of(tx, act, plan, act.scope.participant()?)?;
    let mut over: Vec<&Assessment> =
        record.assessments.iter().filter(|one| is_to_end(&record, one)).collect();
    over.sort_by_key(|one| (one.late_at, one.occasion_no));
    let mut events = Vec::new();
    for assessment in over {
        events.extend(end(tx, act, plan, assessment)?);
    }
    Ok(events)
}

fn is_to_end(record: &Record<'_>, assessment: &Assessment) -> bool {
    let grace = record.plan.protocol.schedule.grace_minutes;
    assessment.settled_at.is_none() && asking::times(assessment).is_over(record.now, grace)
}

fn end(tx: &mut Tx<'_>, act: &Act<'_>, plan: &Plan, assessment: &Assessment) -> Result<Vec<Event>, Error> {
    let mut record = record::of(tx, act, plan, act.scope.participant()?)?;
    record.this = Some(assessment.id.clone());
    let person = record.participant.clone();
    let state = asking::times(assessment).state(act.ctx.now);
    let ended = Event::of_participant("assessment.ended", &person.study, &person.id, assessment.id.as_str());
    let mut events = vec![ended.set("state", state.as_str())];
    let begun = record.responses.get(&assessment.id).map(Vec::as_slice).unwrap_or_default();
    let drafts = begun.iter().filter(|one| one.response.state == "draft");
    let drafts: Vec<String> = drafts.map(|one| one.response.instrument.clone()).collect();
    let nothing_more = Answers::new();
    for instrument in &drafts {
        let kept = Draft {
            instrument,
            answers: &nothing_more,
            reasons: &Reasons::new(),
            kind: "partial",
            origin: "system",
            is_final: true,
        };
        events.extend(versions::store(tx, act, &mut record, assessment, &kept)?);
    }
    let ended = Assessment { settled_at: Some(act.ctx.now), ..assessment.clone() };
    assessment::update(tx, &ended)?;
    // Whoever was excluded could not answer any more: silence says nothing then.
    let could_answer = person.state != ParticipantState::Excluded;
    events.extend(alerting::raise(tx, act, &record, &ended, could_answer)?);
    Ok(events)
}
