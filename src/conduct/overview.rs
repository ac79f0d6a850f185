//! Assessments as staff see them: listed, read one by one, and a person's timeline. States follow the clock alone.

use crate::conduct::act::Act;
use crate::conduct::asking;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::record;
use crate::conduct::record::Record;
use crate::conduct::seeing;
use crate::conduct::seeing::Sight;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::assessment;
use crate::storage::assessment::Assessment;
use crate::storage::assessment::AssessmentFilter;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Reach;
use crate::trial::role::Respondent;
use crate::trial::schedule::occasions;
use crate::trial::schedule::state::AssessmentState;

/// What a list of assessments is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// One participant.
    pub participant: Option<ParticipantId>,
    /// One occasion.
    pub occasion: Option<String>,
    /// One state.
    pub state: Option<AssessmentState>,
    /// One kind of respondent.
    pub respondent: Option<Respondent>,
    /// Only what is open although its planned day is over, by the study's clock.
    pub is_overdue: bool,
    /// Behind this code, place and id.
    pub after: Option<(String, i64, String)>,
    /// The instant of the first page, for the pages behind it.
    pub now: Option<Timestamp>,
}

/// An assessment as staff see one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AssessmentView {
    /// The participant's code.
    pub code: String,
    /// The participant's language.
    pub language: String,
    /// Where it stands.
    pub state: AssessmentState,
    /// The assessment.
    pub assessment: Assessment,
}

/// The assessments that the caller may see, by code and place, with the instant that their states are of.
pub fn list(
    ctx: &Ctx,
    study: &str,
    wanted: Wanted,
    limit: i64,
) -> Result<(Timestamp, Vec<AssessmentView>), Error> {
    let target = Target::Study(study.to_owned());
    seeing::look_at_people(ctx, Action::ReadAssessments, &target, |tx, act| {
        let now = wanted.now.unwrap_or(act.ctx.now);
        let Some(filter) = filter(tx, act, &wanted, now)? else {
            return Ok(((now, Vec::new()), Vec::new()));
        };
        let found = assessment::list(tx, &act.scope.study()?.id, &filter, limit)?;
        let mut people: Vec<ParticipantId> =
            found.iter().map(|listed| listed.assessment.participant.clone()).collect();
        people.sort();
        people.dedup();
        let views = found.into_iter().map(|listed| AssessmentView {
            code: listed.code,
            language: listed.language,
            state: asking::times(&listed.assessment).state(now),
            assessment: listed.assessment,
        });
        Ok(((now, views.collect()), people))
    })
}

/// What the caller's role leaves of a wish; `None` where nothing can be left.
fn filter(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Option<AssessmentFilter>, Error> {
    let plan = act.plan(tx)?;
    if let Some(occasion) = &wanted.occasion {
        let elements = occasions::elements(&plan.protocol.schedule.occasions);
        asking::require_known("occasion", occasion, elements.iter().map(|element| element.id.as_str()))?;
    }
    let sight = Sight::of(act, &plan);
    let own = |reach| act.caller.account().filter(|_| act.grant.reach == reach).cloned();
    let is_open = wanted.is_overdue.then_some(AssessmentState::Open);
    if wanted.state.zip(is_open).is_some_and(|(state, open)| state != open) {
        return Ok(None);
    }
    Ok(Some(AssessmentFilter {
        sites: act.grant.sites.clone(),
        caseload_of: own(Reach::Caseload),
        participant: wanted.participant.clone(),
        occasion: wanted.occasion.clone(),
        respondent: wanted.respondent,
        assigned_to: own(Reach::Visit),
        common_only: sight.is_blind(),
        state: wanted.state.or(is_open).map(|state| (state, now)),
        due_before: wanted.is_overdue.then(|| now.date_in(plan.protocol.study.zone)),
        after: wanted.after.clone(),
    }))
}

/// An assessment with what is asked at it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AssessmentDetails {
    /// The assessment.
    pub view: AssessmentView,
    /// Its questionnaires in the order asked.
    pub asks: Vec<AskView>,
}

/// How far one questionnaire is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AskView {
    /// The instrument, form or external measure.
    pub instrument: String,
    /// `none`, or the state of the response.
    pub state: String,
    /// The number of the version that was sent last; 0 for none.
    pub version: i64,
    /// Whether it counts for "complete".
    pub is_required: bool,
}

/// Reads an assessment; the look is written down.
pub fn get(ctx: &Ctx, id: &AssessmentId) -> Result<AssessmentDetails, Error> {
    let target = Target::Assessment(id.clone());
    disclosing::disclose(ctx, Action::ReadAssessments, target, "response.read", |tx, act| {
        let plan = act.plan(tx)?;
        let sight = Sight::of(act, &plan);
        let assessment = act.scope.assessment()?;
        sight.require(assessment)?;
        seeing::remember(tx, act)?;
        let record = record::shown_to(tx, act, &plan, act.scope.participant()?)?;
        let asked = asking::measures(&record, assessment);
        let shown = asked.into_iter().filter(|measure| sight.shows_measure(assessment, &measure.uses));
        let asks = shown.map(|measure| {
            let response = record.response(&assessment.id, &measure.uses).map(|found| &found.response);
            AskView {
                instrument: measure.uses.clone(),
                state: response.map_or("none", |response| response.state.as_str()).to_owned(),
                version: response.map_or(0, |response| response.version),
                is_required: measure.required,
            }
        });
        Ok(AssessmentDetails { view: view(&record, assessment, act.ctx.now), asks: asks.collect() })
    })
}

fn view(record: &Record<'_>, assessment: &Assessment, now: Timestamp) -> AssessmentView {
    AssessmentView {
        code: record.participant.code.to_string(),
        language: record.participant.language.clone(),
        state: asking::times(assessment).state(now),
        assessment: assessment.clone(),
    }
}

/// Something that has happened to a person, or will.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Entry {
    /// The person was registered.
    Registered(Timestamp),
    /// A step of enrolment has begun: its id and state, when it began and ended.
    Step(String, String, Timestamp, Option<Timestamp>),
    /// A decision on a document: the document, its version, whether it was given.
    Consent(String, i64, bool, Timestamp),
    /// The date of an event, and whether it is assumed.
    Anchor(String, Date, bool),
    /// The draw.
    Allocated(Timestamp),
    /// An assessment.
    Assessment(Box<AssessmentView>),
}

/// A person's timeline, oldest first, what has no date yet at the end; the look is written down.
pub fn timeline(ctx: &Ctx, id: &ParticipantId) -> Result<Vec<(Option<Date>, Entry)>, Error> {
    let target = Target::Participant(id.clone());
    disclosing::disclose(ctx, Action::ReadParticipant, target, "participant.read", |tx, act| {
        let plan = act.plan(tx)?;
        let sight = Sight::of(act, &plan);
        let record = record::shown_to(tx, act, &plan, act.scope.participant()?)?;
        seeing::remember(tx, act)?;
        let mut entries = past(&record);
        let latest = |name: &str| record.anchors.iter().rfind(|anchor| anchor.name == name);
        for anchor in record.anchors.iter().filter(|anchor| sight.shows_anchor(&anchor.name)) {
            if latest(&anchor.name) == Some(anchor) {
                let entry = Entry::Anchor(anchor.name.clone(), anchor.on, anchor.assumed);
                entries.push((Some(anchor.on), entry));
            }
        }
        for assessment in record.assessments.iter().filter(|assessment| sight.shows(assessment)) {
            let view = view(&record, assessment, act.ctx.now);
            entries.push((assessment.due_on, Entry::Assessment(Box::new(view))));
        }
        // Stable: what falls on one day stays in the order of the list above.
        entries.sort_by_key(|(on, _)| (on.is_none(), *on));
        Ok(entries)
    })
}

fn past(record: &Record<'_>) -> Vec<(Option<Date>, Entry)> {
    let day = |at: Timestamp| Some(at.date_in(record.zone));
    let registered = record.participant.registered_at;
    let mut entries = vec![(day(registered), Entry::Registered(registered))];
    entries.extend(record.steps.iter().map(|step| {
        let entry = Entry::Step(step.step.clone(), step.state.clone(), step.opened_at, step.closed_at);
        (day(step.opened_at), entry)
    }));
    entries.extend(record.consents.iter().map(|consent| {
        let given = consent.decision == "given";
        let (document, version) = (consent.document.clone(), consent.document_version);
        (day(consent.recorded_at), Entry::Consent(document, version, given, consent.recorded_at))
    }));
    entries.extend(
        record
            .allocation
            .iter()
            .map(|allocation| (day(allocation.allocated_at), Entry::Allocated(allocation.allocated_at))),
    );
    entries
}
