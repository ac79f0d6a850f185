//! Safety alerts in hand: read, claimed, escalated and closed by named people.

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::alerting;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::plan::Plan;
use crate::conduct::record::Unfolded;
use crate::conduct::seeing;
use crate::conduct::target::Target;
use crate::kernel::Error;
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
use crate::storage::response;
use crate::trial::audit::event::Event;
use crate::trial::audit::event::Reason;
use crate::trial::expression::reader;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Reach;
use crate::trial::permission::decision;
use crate::trial::questionnaire::stored::StoredAnswers;
use crate::trial::safety::reading;
use crate::trial::safety::rules;

/// An alert with its log, for whoever has the duty.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertView {
    /// The alert.
    pub alert: Alert,
    /// The participant's code.
    pub code: String,
    /// Where the assessment stands in the protocol.
    pub occasion: String,
    /// The answers that its rule reads, as they stand now; for whoever has the duty alone.
    pub answers: Option<StoredAnswers>,
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
            let plan = act.plan(tx)?;
            let hidden = seeing::hidden_measures(&plan);
            let filter = AlertFilter {
                sites: act.grant.sites.clone(),
                caseload_of,
                common_only: !on_duty && !act.may_know_arm(),
                hidden: hidden.clone(),
                state: state.clone(),
                after: after.clone(),
            };
            let found = alert::list(tx, study, &filter, limit)?;
            seeing::remember_people(tx, act, found.iter().map(|(_, alert)| alert.participant.clone()))?;
            // Whoever reads them out of duty comes to know the arm all the same.
            for (_, alert) in &found {
                let tells = |of: &Assessment| {
                    of.arm_bound || hidden.contains(&format!("{}/{}", of.occasion, alert.instrument))
                };
                if assessment::find(tx, &alert.assessment)?.is_some_and(|of| tells(&of)) {
                    seeing::remember_told(tx, act, &alert.participant)?;
                }
            }
            found.into_iter().map(|(code, alert)| view(tx, &plan, alert, code, on_duty)).collect()
        },
    )
}

fn view(
    tx: &mut Tx<'_>,
    plan: &Plan,
    alert: Alert,
    code: String,
    is_on_duty: bool,
) -> Result<AlertView, Error> {
    let entries = alert::list_entries(tx, &alert.id)?;
    let assessment = assessment::find(tx, &alert.assessment)?;
    let occasion = assessment.map(|of| of.occasion).unwrap_or_default();
    let answers = if is_on_duty { Some(answers_behind(tx, plan, &alert)?) } else { None };
    Ok(AlertView { alert, code, occasion, answers, entries })
}

/// The answers to what an alert's rule reads, as they were saved last.
fn answers_behind(tx: &mut Tx<'_>, plan: &Plan, alert: &Alert) -> Result<StoredAnswers, Error> {
    let rule = plan.protocol.safety.rules.iter().find(|known| known.id == alert.rule);
    let items = rule.and_then(|rule| reader::read(&rule.rule).ok()).map(|expr| rules::items_of(&expr));
    let responses = response::list_of_assessment(tx, &alert.assessment)?;
    let Some(response) = responses.into_iter().find(|found| found.instrument == alert.instrument) else {
        return Ok(StoredAnswers::new());
    };
    let Some(latest) = response::list_versions(tx, &response.id)?.pop() else {
        return Ok(StoredAnswers::new());
    };
    let mut answers = Unfolded::read(response, latest)?.answers;
    answers.retain(|item, _| items.as_ref().is_some_and(|items| items.contains(item)));
    Ok(answers)
}

fn replay(tx: &mut Tx<'_>, act: &Act<'_>, _: &str) -> Result<AlertView, Error> {
    let alert = alert::find(tx, &act.scope.alert()?.id)?.ok_or_else(Error::not_found)?;
    let plan = act.plan(tx)?;
    view(tx, &plan, alert, act.scope.participant()?.code.to_string(), true)
}

/// An act on an alert, if `is_known` finds it as the caller last saw it.
fn handle(
    ctx: &Ctx,
    id: &AlertId,
    is_known: impl Fn(&AlertView) -> Result<(), Error> + Send + 'static,
    verb: impl Fn(&mut Tx<'_>, &Act<'_>, &Alert) -> Result<Change<AlertView>, Refusal> + Send + 'static,
) -> Result<Done<AlertView>, Error> {
    act::act(
        ctx,
        Action::HandleAlerts,
        Target::Alert(id.clone()),
        move |tx, act| {
            is_known(&replay(tx, act, "")?)?;
            verb(tx, act, act.scope.alert()?)
        },
        replay,
    )
}

/// Claims an alert, or releases one's own claim, if `is_known` finds it as the caller last saw it.
pub fn claim(
    ctx: &Ctx,
    id: &AlertId,
    release: bool,
    is_known: impl Fn(&AlertView) -> Result<(), Error> + Send + 'static,
) -> Result<Done<AlertView>, Error> {
    handle(ctx, id, is_known, move |tx, act, before| {
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
        alerting::log(tx, act, &alert, if release { "released" } else { "claimed" }, &json!({}))?;
        done(tx, act, alert, before, action, |event| event)
    })
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
        alerting::log(tx, act, &alert, "escalated", &json!({ "claimed_by": before.claimed_by }))?;
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
    note: impl FnOnce(Event) -> Event,
) -> Result<Change<AlertView>, Refusal> {
    let event = Event::of_participant(action, &alert.study, &alert.participant, alert.id.as_str()).plain(
        "state",
        Some(json!(before.state)),
        Some(json!(alert.state)),
    );
    let event = note(event);
    let id = alert.id.clone();
    let plan = act.plan(tx)?;
    let view = view(tx, &plan, alert, act.scope.participant()?.code.to_string(), true)?;
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

/// Closes an alert that one has claimed, if `is_known` finds it as the caller last saw it.
pub fn close(
    ctx: &Ctx,
    id: &AlertId,
    closing: Closing,
    is_known: impl Fn(&AlertView) -> Result<(), Error> + Send + 'static,
) -> Result<Done<AlertView>, Error> {
    handle(ctx, id, is_known, move |tx, act, before| {
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
        alerting::log(tx, act, &alert, "closed", &content)?;
        let closing = act.keyed("closing", &content);
        done(tx, act, alert, before, "alert.closed", |event| event.set("closing", closing))
    })
}

/// Takes up an alert again that was closed.
pub fn reopen(
    ctx: &Ctx,
    id: &AlertId,
    reason: Reason,
    is_known: impl Fn(&AlertView) -> Result<(), Error> + Send + 'static,
) -> Result<Done<AlertView>, Error> {
    handle(ctx, id, is_known, move |tx, act, before| {
        if before.state != "closed" {
            return Err(Error::conflict("alert.claimed")
                .detail("only what is closed can be reopened")
                .into());
        }
        let mut alert = before.clone();
        alert.state = "raised".to_owned();
        (alert.claimed_by, alert.claimed_at, alert.closed_at) = (None, None, None);
        alert.escalates_at = Some(due_again(&*act.plan(tx)?, &alert, act.ctx.now));
        alert::update(tx, &alert)?;
        alerting::log(tx, act, &alert, "reopened", &json!({ "reason": reason }))?;
        done(tx, act, alert, before, "alert.reopened", |event| event.because(Some(reason.clone())))
    })
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
    if closing.told.iter().all(|told| told.trim().is_empty()) {
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
