//! Safety alerts: raised by answers, and by what was left unanswered.

use serde_json::json;

use crate::conduct::act::Act;
use crate::conduct::asking;
use crate::conduct::record::Record;
use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::ids::AlertId;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::alert;
use crate::storage::alert::Alert;
use crate::storage::alert::AlertEntry;
use crate::storage::assessment::Assessment;
use crate::trial::audit::event::Event;
use crate::trial::safety::reading;
use crate::trial::safety::rules;
use crate::trial::safety::rules::Raised;

/// When answers are next read.
pub fn next_reading(record: &Record<'_>, now: Timestamp) -> Timestamp {
    reading::next_reading(&record.plan.protocol.safety, now, record.plan.protocol.study.zone)
}

/// Raises the alerts that the answers of an assessment call for; each rule and cause once. `this` of the record is the
/// assessment, and its latest answers are in it.
pub fn raise(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    record: &Record<'_>,
    assessment: &Assessment,
    is_over: bool,
) -> Result<Vec<Event>, Error> {
    let (plan, person) = (record.plan, &record.participant);
    let safety = &plan.protocol.safety;
    let known = alert::list_of_assessment(tx, &assessment.id)?;
    let mut events = Vec::new();
    for raised in judge(record, assessment, is_over)? {
        let cause = raised.cause.as_str();
        if known.iter().any(|known| known.rule == raised.rule && known.cause == cause) {
            continue;
        }
        let read_by_at =
            reading::deadline(safety, act.ctx.now, raised.within_hours, plan.protocol.study.zone);
        let new = Alert {
            id: AlertId::draw(act.ctx.entropy())?,
            participant: person.id.clone(),
            study: person.study.clone(),
            assessment: assessment.id.clone(),
            instrument: raised.instrument,
            rule: raised.rule,
            level: raised.level,
            cause: cause.to_owned(),
            state: "raised".to_owned(),
            raised_at: act.ctx.now,
            read_by_at,
            claimed_at: None,
            claimed_by: None,
            closed_at: None,
            escalates_at: Some(read_by_at),
        };
        alert::insert(tx, &new)?;
        log(tx, act, &new, "raised", &json!({}))?;
        events.push(
            Event::of_participant("alert.raised", &person.study, &person.id, new.id.as_str())
                .set("rule", new.rule.as_str())
                .set("level", new.level.as_str())
                .set("cause", cause),
        );
    }
    Ok(events)
}

/// What the rules say of an assessment's answers. A questionnaire that was sent is over, though others of the assessment are
/// not. What its own condition hides was not asked, so that nothing of it is unanswered; an answer to it counts all the same.
fn judge(record: &Record<'_>, assessment: &Assessment, is_over: bool) -> Result<Vec<Raised>, Error> {
    let (mut over, mut open) = (Vec::new(), Vec::new());
    for measure in asking::measures(record, assessment) {
        let response = record.response(&assessment.id, &measure.uses);
        let is_sent = response.is_some_and(|found| found.response.state == "submitted");
        let is_asked = !asking::is_hidden(record, measure)?;
        let list = if is_asked && (is_over || is_sent) { &mut over } else { &mut open };
        list.push(measure.uses.clone());
    }
    let safety = &record.plan.protocol.safety.rules;
    let unreadable = |error: rules::UnreadableRule| Error::internal(error.to_string());
    let mut raised = rules::raised(safety, &over, record, true).map_err(unreadable)?;
    raised.extend(rules::raised(safety, &open, record, false).map_err(unreadable)?);
    Ok(raised)
}

/// Writes a line into the log of an alert.
pub fn log(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    alert: &Alert,
    kind: &str,
    content: &serde_json::Value,
) -> Result<(), Error> {
    let n = alert::list_entries(tx, &alert.id)?.len();
    let entry = AlertEntry {
        n: i64::try_from(n).unwrap_or(i64::MAX).saturating_add(1),
        at: act.ctx.now,
        by: act.actor(),
        kind: kind.to_owned(),
        content: canonical::to_text(content),
    };
    alert::insert_entry(tx, alert, &entry)
}
