//! Registers people, lists and reads them, hands out links, keeps their contact data apart.

use std::collections::BTreeMap;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::asking;
use crate::conduct::contacting;
use crate::conduct::contacting::Contact;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::enrolling;
use crate::conduct::holding;
use crate::conduct::planning;
use crate::conduct::record;
use crate::conduct::seeing;
use crate::conduct::standing;
use crate::conduct::target;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::code::ParticipantCode;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::SiteId;
use crate::kernel::time::Timestamp;
use crate::kernel::time::Zone;
use crate::storage::Tx;
use crate::storage::audit;
use crate::storage::enrolment;
use crate::storage::participant;
use crate::storage::participant::Participant;
pub use crate::storage::participant::ParticipantState;
use crate::storage::staff;
use crate::storage::staff::SiteState;
use crate::storage::study::Study;
use crate::storage::study::StudyState;
use crate::trial::audit::event::Event;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Reach;
use crate::trial::permission::decision;

/// What a list of participants is narrowed to.
pub use crate::storage::participant::ParticipantFilter;

/// Who is registered.
#[derive(Clone, Debug)]
pub struct NewParticipant {
    /// The site.
    pub site: SiteId,
    /// The language.
    pub language: String,
    /// The zone, where known.
    pub time_zone: Option<Zone>,
    /// How the person was reached.
    pub source: String,
    /// The calendar cohort, where the protocol has any.
    pub cohort: Option<String>,
    /// Contact data.
    pub contact: Option<Contact>,
}

/// A participant as staff see one: pseudonym and progress.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ParticipantView {
    /// The participant.
    pub id: ParticipantId,
    /// The pseudonym.
    pub code: String,
    /// Where the person stands, as far as the caller may know.
    pub state: ParticipantState,
    /// The site's code.
    pub site: String,
    /// The language.
    pub language: String,
    /// The step to be done.
    pub step: Option<String>,
    /// Each step with its state.
    pub steps: Vec<(String, String)>,
    /// Criterion → latest verdict as worded.
    pub criteria: BTreeMap<String, Option<String>>,
    /// Digest of the verdicts: what a decision is signed for.
    pub criteria_etag: String,
    /// Kinds of holds that are open.
    pub holds: Vec<String>,
    /// Anchor → date and whether assumed; only those that all arms share.
    pub anchors: BTreeMap<String, (crate::kernel::time::Date, bool)>,
    /// When the person was registered.
    pub registered_at: crate::kernel::time::Timestamp,
}

/// Registers a participant.
pub fn register(ctx: &Ctx, study: &str, new: NewParticipant) -> Result<Done<ParticipantView>, Error> {
    act::act(
        ctx,
        Action::Register,
        Target::Study(study.to_owned()),
        move |tx, act| register_verb(tx, act, &new),
        view_again,
    )
}

fn register_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    new: &NewParticipant,
) -> Result<Change<ParticipantView>, Refusal> {
    let study = act.scope.study()?;
    require_recruiting(study)?;
    let plan = act.plan(tx)?;
    let site = staff::find_site(tx, &new.site)?.filter(|site| site.study == study.id);
    let site = site.filter(|site| act.grant.sites.as_ref().is_none_or(|own| own.contains(&site.id)));
    let site = site.ok_or_else(|| {
        Error::field("/site_id", "field.choice", "is no site of this study that you work at")
    })?;
    if site.state != SiteState::Open {
        return Err(Error::conflict("site.closed").into());
    }
    let email = new.contact.as_ref().and_then(|contact| contact.email.as_deref());
    if email.is_some_and(|email| !contacting::looks_like_address(email)) {
        return Err(Error::field("/contact/email", "field.format", "is no mail address").into());
    }
    if !plan.protocol.study.languages.contains(&new.language) {
        let offered = plan.protocol.study.languages.join(", ");
        return Err(Error::field("/language", "field.choice", format!("the study offers {offered}")).into());
    }
    let person = Participant {
        id: ParticipantId::draw(act.ctx.entropy())?,
        study: study.id.clone(),
        code: free_code(tx, act, study)?,
        site: site.id.clone(),
        unit: None,
        therapist: None,
        language: new.language.clone(),
        time_zone: new.time_zone,
        source: new.source.clone(),
        cohort: new.cohort.clone(),
        state: ParticipantState::Registered,
        excluded_code: None,
        excluded_criterion: None,
        identity: "present".to_owned(),
        registered_at: act.ctx.now,
        registered_by: act.actor(),
        completed_on: None,
        common_over_on: None,
    };
    participant::insert(tx, &person)?;
    planning::plan_enrolment(tx, act, &plan, &person)?;
    let mut event =
        Event::of_participant("participant.registered", &study.id, &person.id, person.id.as_str())
            .set("code", person.code.as_str())
            .set("site", site.code.as_str())
            .set("language", person.language.as_str())
            .set("source", person.source.as_str());
    if let Some(contact) = &new.contact {
        event = contacting::store(tx, act, &person, contact, event)?;
    }
    let moved = enrolling::advance(tx, act, &plan, &person)?;
    let view = view(tx, act, &person.id)?;
    let location = format!("/api/v1/participants/{}", person.id);
    Ok(Change::new(view, person.id.as_str(), event).and_all(moved).created(location))
}

/// New people are taken while the study is open.
pub fn require_recruiting(study: &Study) -> Result<(), Error> {
    match study.state {
        StudyState::Open => Ok(()),
        StudyState::Paused => Err(Error::conflict("study.paused")),
        StudyState::Locked | StudyState::Revealed => Err(Error::conflict("study.locked")),
        StudyState::Draft | StudyState::Closed => Err(Error::conflict("study.not_open")),
    }
}

fn free_code(tx: &mut Tx<'_>, act: &Act<'_>, study: &Study) -> Result<ParticipantCode, Error> {
    // A million codes: with ten thousand people one draw in a hundred meets a taken one.
    for _ in 0..50 {
        let code = ParticipantCode::draw(&study.alias, act.ctx.entropy())?;
        if !participant::code_is_taken(tx, &study.id, &code)? {
            return Ok(code);
        }
    }
    Err(Error::internal("no free participant code was found"))
}

/// Reads a participant; the look is written down.
pub fn get(ctx: &Ctx, id: &ParticipantId) -> Result<ParticipantView, Error> {
    let target = Target::Participant(id.clone());
    disclosing::disclose(ctx, Action::ReadParticipant, target, "participant.read", |tx, act| {
        view(tx, act, &act.scope.participant()?.id)
    })
}

/// Participants that the caller may see, by code.
pub fn list(
    ctx: &Ctx,
    study: &str,
    mut filter: ParticipantFilter,
    updated_since: Option<Timestamp>,
    limit: i64,
) -> Result<Vec<ParticipantView>, Error> {
    let target = Target::Study(study.to_owned());
    seeing::look_at_people(ctx, Action::ListParticipants, &target, |tx, act| {
        narrow(act, &mut filter);
        let plan = act.plan(tx)?;
        if let Some(step) = &filter.step {
            let steps = plan.protocol.enrolment.steps.iter().map(|step| step.id.as_str());
            asking::require_known("step", step, steps)?;
        }
        let study = &act.scope.study()?.id;
        if let Some(since) = updated_since {
            let hidden = filter.common_only.then(|| seeing::hidden_measures(&plan));
            filter.among = Some(audit::list_touched(tx, study, since, hidden.as_deref())?);
        }
        let people = participant::list(tx, study, &filter, limit)?;
        let views: Result<Vec<ParticipantView>, Error> =
            people.iter().map(|person| shown(tx, act, person)).collect();
        Ok((views?, people.into_iter().map(|person| person.id).collect()))
    })
}

/// Leaves in a filter only what the caller's role reaches.
pub fn narrow(act: &Act<'_>, filter: &mut ParticipantFilter) {
    filter.sites = act.grant.sites.clone();
    filter.common_only = !act.may_know_arm();
    if act.grant.reach == Reach::Caseload {
        filter.caseload_of = act.caller.account().cloned();
    }
}

/// A person who was registered in the study that the act is about, with today's rights to that person.
fn view_again(tx: &mut Tx<'_>, act: &Act<'_>, object: &str) -> Result<ParticipantView, Error> {
    let id: ParticipantId = object.parse().map_err(|_| Error::internal("an act names no participant"))?;
    let scope = target::resolve(tx, &Target::Participant(id.clone()), act.caller)?;
    let grant = decision::decide(Action::ReadParticipant, act.caller, &scope.facts())?;
    view(tx, &Act { grant: &grant, scope: &scope, ..*act }, &id)
}

/// The participant whom the act is about or has registered, as staff see one. Whoever may know arms is remembered.
pub fn view(tx: &mut Tx<'_>, act: &Act<'_>, id: &ParticipantId) -> Result<ParticipantView, Error> {
    let person = participant::find(tx, id)?.ok_or_else(Error::not_found)?;
    if act.scope.participant().is_ok() {
        seeing::remember(tx, act)?;
    }
    shown(tx, act, &person)
}

fn shown(tx: &mut Tx<'_>, act: &Act<'_>, person: &Participant) -> Result<ParticipantView, Error> {
    let plan = act.plan(tx)?;
    let record = record::shown_to(tx, act, &plan, person)?;
    let progress = standing::progress(&record)?;
    let criteria: BTreeMap<String, Option<String>> = plan
        .protocol
        .enrolment
        .criteria
        .iter()
        .map(|criterion| {
            let latest = standing::latest(&record, &criterion.id);
            (criterion.id.clone(), latest.map(|verdict| verdict.outcome.clone()))
        })
        .collect();
    let shared = |name: &str| !plan.protocol.schedule.anchor_tells_arm(name);
    Ok(ParticipantView {
        id: person.id.clone(),
        code: person.code.to_string(),
        state: if act.may_know_arm() { person.state } else { person.common_state() },
        site: record.site_code.clone(),
        language: person.language.clone(),
        step: progress.open().map(str::to_owned),
        steps: progress.steps.iter().map(|(id, state)| (id.clone(), state.as_str().to_owned())).collect(),
        criteria_etag: criteria_etag(&record.verdicts)?,
        criteria,
        holds: holding::known_kinds(act, &record.holds),
        anchors: record
            .anchors
            .iter()
            .filter(|anchor| shared(&anchor.name))
            .map(|anchor| (anchor.name.clone(), (anchor.on, anchor.assumed)))
            .collect(),
        registered_at: person.registered_at,
    })
}

/// A digest of all verdicts: what a decision is signed for.
pub fn criteria_etag(verdicts: &[enrolment::VerdictRecord]) -> Result<String, Error> {
    let lines: Vec<(&str, i64, &str)> = verdicts
        .iter()
        .map(|verdict| (verdict.criterion.as_str(), verdict.n, verdict.outcome.as_str()))
        .collect();
    Ok(crate::kernel::digest::sha256_hex(canonical::text_of(&lines)?.as_bytes()))
}
