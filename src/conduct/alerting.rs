//! Safety alerts: raised by answers, read, claimed and closed by named people.

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::asking;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::plan::Plan;
use crate::conduct::record::Record;
use crate::conduct::seeing;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::error::FieldError;
use crate::kernel::ids::AlertId;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::alert;
use crate::storage::alert::Alert;
use crate::storage::alert::AlertEntry;
use crate::storage::alert::AlertFilter;
use crate::storage::assessment;
use crate::storage::assessment::Assessment;
use crate::trial::audit::event::Event;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Reach;
use crate::trial::permission::decision;
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

fn log(
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

/// An alert with its log, for whoever has the duty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AlertView {
    /// The alert.
    pub alert: Alert,
    /// The participant's code.
    pub code: String,
    /// Its log.
    pub entries: Vec<AlertEntry>,
}

/// Alerts of a study that the caller may see, oldest first. Whoever has the duty sees all: a life comes before the blind.
/// Who has not, and may not know arms, does not see those of what only some arms have.
pub fn list(
    ctx: &Ctx,
    study: &str,
    state: Option<String>,
    after: Option<(Timestamp, String)>,
    limit: i64,
) -> Result<Vec<AlertView>, Error> {
    disclosing::disclose(
        ctx,
        Action::ReadAlerts,
        Target::Study(study.to_owned()),
        "alert.read",
        move |tx, act| {
            let study = &act.scope.study()?.id;
            let caseload_of = act.caller.account().filter(|_| act.grant.reach == Reach::Caseload).cloned();
            let on_duty = decision::decide(Action::HandleAlerts, act.caller, &act.scope.facts()).is_ok();
            let filter = AlertFilter {
                sites: act.grant.sites.clone(),
                caseload_of,
                common_only: !on_duty && !act.may_know_arm(),
                state: state.clone(),
                after: after.clone(),
            };
            let found = alert::list(tx, study, &filter, limit)?;
            seeing::remember_people(tx, act, found.iter().map(|(_, alert)| alert.participant.clone()))?;
            // Whoever reads them out of duty comes to know the arm all the same.
            for (_, alert) in &found {
                if assessment::find(tx, &alert.assessment)?.is_some_and(|of| of.arm_bound) {
                    seeing::remember_told(tx, act, &alert.participant)?;
                }
            }
            found.into_iter().map(|(code, alert)| view(tx, alert, code)).collect()
        },
    )
}

fn view(tx: &mut Tx<'_>, alert: Alert, code: String) -> Result<AlertView, Error> {
    let entries = alert::list_entries(tx, &alert.id)?;
    Ok(AlertView { alert, code, entries })
}

fn replay(tx: &mut Tx<'_>, act: &Act<'_>, _: &str) -> Result<AlertView, Error> {
    let alert = alert::find(tx, &act.scope.alert()?.id)?.ok_or_else(Error::not_found)?;
    view(tx, alert, act.scope.participant()?.code.to_string())
}

/// Claims an alert, or releases one's own claim.
pub fn claim(ctx: &Ctx, id: &AlertId, release: bool) -> Result<Done<AlertView>, Error> {
    act::act(
        ctx,
        Action::HandleAlerts,
        Target::Alert(id.clone()),
        move |tx, act| {
            let before = act.scope.alert()?;
            let account = act.caller.account().cloned();
            let mut alert = before.clone();
            let (state, action) = match (before.state.as_str(), release) {
                ("raised", false) => ("claimed", "alert.claimed"),
                ("claimed", true) if before.claimed_by == account => ("raised", "alert.released"),
                ("claimed", _) => return Err(Error::conflict("alert.claimed").into()),
                _ => return Err(Error::conflict("alert.closed").into()),
            };
            alert.state = state.to_owned();
            alert.claimed_by = account.filter(|_| !release);
            alert.claimed_at = (!release).then_some(act.ctx.now);
            // Whoever takes it has as long as the rule gave for taking it; what is given back waits no longer than before.
            alert.escalates_at = Some(if release {
                alert.read_by_at.max(act.ctx.now)
            } else {
                due_again(&*act.plan(tx)?, &alert, act.ctx.now)
            });
            alert::update(tx, &alert)?;
            log(tx, act, &alert, if release { "released" } else { "claimed" }, &json!({}))?;
            done(tx, act, alert, before, action)
        },
        replay,
    )
}

/// Reading hours of a rule that no version of the protocol knows any more.
const HOURS_WITHOUT_RULE: u32 = 8;

fn due_again(plan: &Plan, alert: &Alert, now: Timestamp) -> Timestamp {
    let safety = &plan.protocol.safety;
    let rule = safety.rules.iter().find(|known| known.id == alert.rule);
    let hours = rule.map_or(HOURS_WITHOUT_RULE, |rule| rule.within_hours);
    reading::deadline(safety, now, hours, plan.protocol.study.zone)
}

/// Escalates an alert whose time has run out: one that somebody has claimed and not closed is everybody's again, one that
/// nobody has claimed is marked. Once, until somebody claims it. `None` where there is nothing to do any more.
pub fn escalate(ctx: &Ctx, id: &AlertId) -> Result<Option<Event>, Error> {
    act::act_if_due(ctx, Target::Alert(id.clone()), |tx, act| {
        let before = act.scope.alert()?;
        if before.state == "closed" || before.escalates_at.is_none_or(|at| at > act.ctx.now) {
            return Ok(None);
        }
        let alert = Alert {
            state: "raised".to_owned(),
            claimed_at: None,
            claimed_by: None,
            escalates_at: None,
            ..before.clone()
        };
        alert::update(tx, &alert)?;
        log(tx, act, &alert, "escalated", &json!({ "claimed_by": before.claimed_by }))?;
        let event =
            Event::of_participant("alert.escalated", &alert.study, &alert.participant, alert.id.as_str())
                .plain("state", Some(json!(before.state)), Some(json!(alert.state)))
                .set("read_by_at", json!(alert.read_by_at));
        Ok(Some(Change::new(event.clone(), alert.id.as_str(), event)))
    })
}

fn done(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    alert: Alert,
    before: &Alert,
    action: &'static str,
) -> Result<Change<AlertView>, Refusal> {
    let event = Event::of_participant(action, &alert.study, &alert.participant, alert.id.as_str()).plain(
        "state",
        Some(json!(before.state)),
        Some(json!(alert.state)),
    );
    let id = alert.id.clone();
    let view = view(tx, alert, act.scope.participant()?.code.to_string())?;
    Ok(Change::new(view, id.as_str(), event))
}

/// How an alert ends: who was reached, what came of it, who was told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Closing {
    /// What the contact came to.
    pub contact_result: String,
    /// What the risk turned out to be.
    pub risk_outcome: String,
    /// Who was told.
    pub told: Vec<String>,
    /// Words.
    pub text: String,
}

/// Closes an alert that one has claimed.
pub fn close(ctx: &Ctx, id: &AlertId, closing: Closing) -> Result<Done<AlertView>, Error> {
    act::act(
        ctx,
        Action::HandleAlerts,
        Target::Alert(id.clone()),
        move |tx, act| {
            let before = act.scope.alert()?;
            match before.state.as_str() {
                "claimed" if before.claimed_by.as_ref() == act.caller.account() => {}
                "claimed" => return Err(Error::conflict("alert.claimed").into()),
                "raised" => return Err(Error::conflict("alert.incomplete").detail("claim it first").into()),
                _ => return Err(Error::conflict("alert.closed").into()),
            }
            let plan = act.plan(tx)?;
            check_closing(&plan, &before.rule, &closing)?;
            let mut alert = before.clone();
            alert.state = "closed".to_owned();
            alert.closed_at = Some(act.ctx.now);
            alert.escalates_at = None;
            alert::update(tx, &alert)?;
            let content = json!({
                "contact_result": closing.contact_result, "risk_outcome": closing.risk_outcome,
                "told": closing.told, "text": closing.text,
            });
            log(tx, act, &alert, "closed", &content)?;
            done(tx, act, alert, before, "alert.closed")
        },
        replay,
    )
}

fn check_closing(plan: &Plan, rule: &str, closing: &Closing) -> Result<(), Error> {
    let mut missing = Vec::new();
    for (field, value) in
        [("contact_result", &closing.contact_result), ("risk_outcome", &closing.risk_outcome)]
    {
        if value.trim().is_empty() {
            missing.push(FieldError::new(format!("/{field}"), "field.required", "say what came of it"));
        }
    }
    if closing.told.is_empty() {
        missing.push(FieldError::new("/told", "field.required", "say who was told, or \"nobody\""));
    }
    if !missing.is_empty() {
        return Err(Error::conflict("alert.incomplete").with_fields(missing));
    }
    let codes = plan.protocol.safety.rules.iter().find(|known| known.id == rule).map(|known| &known.closing);
    match codes {
        Some(codes) if !codes.is_empty() && !codes.contains(&closing.risk_outcome) => {
            let detail = format!("the protocol takes {}", codes.join(", "));
            Err(Error::field("/risk_outcome", "field.choice", detail))
        }
        Some(_) | None => Ok(()),
    }
}
