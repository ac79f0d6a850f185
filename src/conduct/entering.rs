//! Answers that staff enter and read, one questionnaire at a time: their own forms, and what came on paper or was said on the
//! telephone.

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::act::Change;
use crate::conduct::act::Done;
use crate::conduct::act::Refusal;
use crate::conduct::alerting;
use crate::conduct::answering;
use crate::conduct::asking;
use crate::conduct::asking::Answers;
use crate::conduct::asking::Reasons;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::opening::Opened;
use crate::conduct::plan::Plan;
use crate::conduct::record::Unfolded;
use crate::conduct::scores::StoredScores;
use crate::conduct::seeing;
use crate::conduct::seeing::Sight;
use crate::conduct::target::Target;
use crate::conduct::versions;
use crate::conduct::versions::Draft;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::assessment;
use crate::storage::assessment::Assessment;
use crate::storage::response;
use crate::storage::response::ResponseVersion;
use crate::trial::permission::action::Action;
use crate::trial::questionnaire::stored::StoredAnswers;
use crate::trial::role::Respondent;
use crate::trial::role::Role;
use crate::trial::role::words;

words! {
    /// Where answers that staff enter come from.
    Origin {
        /// A sheet of paper.
        Paper = "paper",
        /// The person said it, and staff wrote it down.
        OnBehalf = "on_behalf",
        /// A form of the staff's own.
        Staff = "staff",
    }
}

/// What staff enter of one questionnaire.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Item → answer.
    pub answers: Answers,
    /// Item → why there is no answer.
    pub reasons: Reasons,
    /// Where they come from.
    pub origin: Origin,
}

impl Entry {
    fn draft<'d>(&'d self, instrument: &'d str, kind: &'static str) -> Draft<'d> {
        let Self { answers, reasons, origin } = self;
        Draft { instrument, answers, reasons, kind, origin: origin.as_str(), is_final: kind == "submitted" }
    }
}

/// Which stored version is looked at.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Wanted {
    /// The latest.
    #[default]
    Latest,
    /// The sent version with this number.
    Version(i64),
    /// The latest that was saved by then.
    AsOf(Timestamp),
}

/// The answers to one instrument, as far as the caller may see them.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseView {
    /// The assessment.
    pub assessment: AssessmentId,
    /// The instrument, form or external measure.
    pub instrument: String,
    /// `none`, or the state of the response.
    pub state: String,
    /// The stored version that is shown; `None` where nothing is stored.
    pub shown: Option<VersionView>,
    /// Item → answer; `None` where the caller may not read answers.
    pub answers: Option<StoredAnswers>,
    /// Score → value; `None` where the caller may not read scores.
    pub scores: Option<StoredScores>,
    /// All stored versions, oldest first.
    pub history: Vec<VersionView>,
}

/// One stored version without its answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VersionView {
    /// Its number among the sent ones; 0 for a draft.
    pub version: i64,
    /// `draft`, `submitted`, `partial` or `corrected`.
    pub kind: String,
    /// Where its answers come from.
    pub origin: String,
    /// The language of the words that were shown.
    pub language: String,
    /// When.
    pub saved_at: Timestamp,
    /// By whom.
    pub saved_by: String,
}

impl From<&ResponseVersion> for VersionView {
    fn from(stored: &ResponseVersion) -> Self {
        Self {
            version: stored.version,
            kind: stored.kind.clone(),
            origin: stored.origin.clone(),
            language: stored.language.clone(),
            saved_at: stored.saved_at,
            saved_by: stored.saved_by.clone(),
        }
    }
}

/// Reads the answers to an instrument; the look is written down.
pub fn get(
    ctx: &Ctx,
    id: &AssessmentId,
    instrument: &str,
    wanted: Wanted,
    with_history: bool,
) -> Result<ResponseView, Error> {
    let instrument = instrument.to_owned();
    let target = Target::Assessment(id.clone());
    disclosing::disclose(ctx, Action::ReadAnswers, target, "response.read", move |tx, act| {
        let plan = act.plan(tx)?;
        let open = asked(tx, act, &plan, &instrument)?;
        let mut view = view(tx, act, &open, &instrument, wanted)?;
        if !with_history {
            view.history.clear();
        }
        Ok(view)
    })
}

/// Saves a draft, if `is_known` finds the answers as the caller last saw them.
pub fn save(
    ctx: &Ctx,
    id: &AssessmentId,
    instrument: &str,
    entry: Entry,
    is_known: impl Fn(&ResponseView) -> Result<(), Error> + Send + 'static,
) -> Result<Done<ResponseView>, Error> {
    let (instrument, again) = (instrument.to_owned(), instrument.to_owned());
    act::act(
        ctx,
        Action::EnterAnswers,
        Target::Assessment(id.clone()),
        move |tx, act| {
            let plan = act.plan(tx)?;
            let mut open = asked(tx, act, &plan, &instrument)?;
            is_known(&latest(tx, act, &open, &instrument)?)?;
            require_taken(act, &open, &instrument, entry.origin)?;
            let draft = entry.draft(&instrument, "draft");
            let event = versions::store(tx, act, &mut open.record, &open.assessment, &draft)?;
            let event =
                event.ok_or_else(|| Error::field("/answers", "field.required", "at least one answer"))?;
            let begun = open.begun(act);
            assessment::update(tx, &begun)?;
            let alerts = alerting::raise(tx, act, &open.record, &begun, false)?;
            let view = latest(tx, act, &open, &instrument)?;
            Ok(Change::new(view, begun.id.as_str(), event).and_all(alerts))
        },
        move |tx, act, _| replay(tx, act, &again),
    )
}

/// Sends the answers to one instrument. The last one of an assessment sends the assessment; where arms are asked different
/// things and the caller may not know the arm, its window ends it, so that its state tells nothing.
pub fn submit(
    ctx: &Ctx,
    id: &AssessmentId,
    instrument: &str,
    entry: Entry,
) -> Result<Done<ResponseView>, Error> {
    let (instrument, again) = (instrument.to_owned(), instrument.to_owned());
    act::act(
        ctx,
        Action::EnterAnswers,
        Target::Assessment(id.clone()),
        move |tx, act| submit_verb(tx, act, &instrument, &entry),
        move |tx, act, _| replay(tx, act, &again),
    )
}

fn submit_verb(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    instrument: &str,
    entry: &Entry,
) -> Result<Change<ResponseView>, Refusal> {
    let plan = act.plan(tx)?;
    let mut open = asked(tx, act, &plan, instrument)?;
    require_taken(act, &open, instrument, entry.origin)?;
    let draft = entry.draft(instrument, "submitted");
    let stored = versions::store(tx, act, &mut open.record, &open.assessment, &draft)?;
    let stored = stored.ok_or_else(|| Error::internal("what is sent makes an event"))?;
    let events = if is_complete(act, &plan, &open)? {
        let (_, event, mut events) = answering::send(tx, act, &open, entry.origin.as_str())?;
        events.push(event);
        events
    } else {
        let begun = open.begun(act);
        assessment::update(tx, &begun)?;
        alerting::raise(tx, act, &open.record, &begun, false)?
    };
    let view = latest(tx, act, &open, instrument)?;
    Ok(Change::new(view, open.assessment.id.as_str(), stored).and_all(events))
}

/// Whether nothing more is awaited of an assessment, for all that the caller may know.
fn is_complete(act: &Act<'_>, plan: &Plan, open: &Opened<'_>) -> Result<bool, Error> {
    for measure in open.measures() {
        if !open.is_sent(&measure.uses) && !asking::is_hidden(&open.record, measure)? {
            return Ok(false);
        }
    }
    Ok(Sight::of(act, plan).asks_alike(&open.assessment))
}

/// The assessment, where the instrument is asked at it and is there for the caller.
fn asked<'p>(tx: &mut Tx<'_>, act: &Act<'_>, plan: &'p Plan, instrument: &str) -> Result<Opened<'p>, Error> {
    let open = Opened::load(tx, act, plan)?;
    let is_asked = open.measures().iter().any(|measure| measure.uses == instrument);
    let is_there = Sight::of(act, plan).shows_measure(&open.assessment, instrument);
    if !is_asked || !is_there {
        return Err(Error::not_found());
    }
    seeing::remember(tx, act)?;
    Ok(open)
}

fn require_taken(act: &Act<'_>, open: &Opened<'_>, instrument: &str, origin: Origin) -> Result<(), Error> {
    open.require_open(act)?;
    open.require_unsent(instrument)?;
    for measure in open.measures().into_iter().filter(|measure| measure.uses == instrument) {
        if asking::is_hidden(&open.record, measure)? {
            return Err(Error::not_found());
        }
    }
    let known: &[Origin] = match open.assessment.respondent {
        Respondent::Participant | Respondent::Guardian => &[Origin::Paper, Origin::OnBehalf],
        Respondent::Assessor | Respondent::Therapist | Respondent::Coordinator => &[Origin::Staff],
    };
    if known.contains(&origin) {
        return Ok(());
    }
    let known: Vec<&str> = known.iter().map(|origin| origin.as_str()).collect();
    Err(Error::field("/origin", "field.choice", format!("here it is {}", known.join(" or "))))
}

fn replay(tx: &mut Tx<'_>, act: &Act<'_>, instrument: &str) -> Result<ResponseView, Error> {
    let plan = act.plan(tx)?;
    let open = asked(tx, act, &plan, instrument)?;
    latest(tx, act, &open, instrument)
}

/// The present view, as it is shown after a change.
fn latest(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    open: &Opened<'_>,
    instrument: &str,
) -> Result<ResponseView, Error> {
    let view = view(tx, act, open, instrument, Wanted::Latest)?;
    Ok(ResponseView { history: Vec::new(), ..view })
}

fn view(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    open: &Opened<'_>,
    instrument: &str,
    wanted: Wanted,
) -> Result<ResponseView, Error> {
    let nothing = ResponseView {
        assessment: open.assessment.id.clone(),
        instrument: instrument.to_owned(),
        state: "none".to_owned(),
        shown: None,
        answers: None,
        scores: None,
        history: Vec::new(),
    };
    let Some(known) = open.record.response(&open.assessment.id, instrument) else {
        return if wanted == Wanted::Latest { Ok(nothing) } else { Err(Error::not_found()) };
    };
    let response = known.response.clone();
    let versions = response::list_versions(tx, &response.id)?;
    let found = match wanted {
        Wanted::Latest => versions.last(),
        Wanted::Version(number) => {
            versions.iter().rfind(|stored| number > 0 && stored.version == number && stored.kind != "draft")
        }
        Wanted::AsOf(at) => versions.iter().rfind(|stored| stored.saved_at <= at),
    };
    let found = found.ok_or_else(Error::not_found)?;
    let sees = Sees::of(act, &open.assessment, &versions);
    let state = response.state.clone();
    let Unfolded { answers, scores, .. } = Unfolded::read(response, found.clone())?;
    Ok(ResponseView {
        state,
        shown: Some(found.into()),
        answers: sees.answers.then_some(answers),
        scores: sees.scores.then_some(scores),
        history: versions.iter().map(VersionView::from).collect(),
        ..nothing
    })
}

/// What a role sees of a response: those who treat and those who answer for the trial its answers and scores, raters their own
/// forms, coordinators what they have entered themselves.
struct Sees {
    answers: bool,
    scores: bool,
}

impl Sees {
    fn of(act: &Act<'_>, assessment: &Assessment, versions: &[ResponseVersion]) -> Self {
        let actor = act.actor();
        let is_own = versions.iter().all(|stored| stored.saved_by == actor);
        match act.grant.role {
            Some(Role::Lead | Role::Therapist | Role::Monitor) => Self { answers: true, scores: true },
            Some(Role::Assessor) => {
                Self { answers: assessment.respondent == Respondent::Assessor, scores: false }
            }
            Some(Role::Coordinator) => Self { answers: is_own, scores: false },
            Some(Role::Statistician | Role::Administrator) | None => Self { answers: false, scores: false },
        }
    }
}
