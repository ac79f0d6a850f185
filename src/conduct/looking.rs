//! What a participant sees: what is to be done, the consent document, the questions in the own language.

use serde_json::Value;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::alerting;
use crate::conduct::answering;
use crate::conduct::consenting;
use crate::conduct::consenting::ConsentDocument;
use crate::conduct::context::Ctx;
use crate::conduct::enrolling;
use crate::conduct::plan::Plan;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::trial::instrument::answer::Answer;
use crate::trial::permission::action::Action;
use crate::trial::protocol::model::FieldType;
use crate::trial::protocol::model::StepKind;
use crate::trial::questionnaire::asked::Asked;
use crate::trial::schedule::state::AssessmentState;

/// The own record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnRecord {
    /// The neutral name of the study.
    pub study: String,
    /// What can be answered now, or next.
    pub to_do: Vec<ToDo>,
    /// The consent document, while it waits for a decision.
    pub consent: Option<ConsentDocument>,
    /// When answers are next read.
    pub next_reading_at: Timestamp,
}

/// Something to be answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ToDo {
    /// The assessment.
    pub id: AssessmentId,
    /// `open` or `planned`.
    pub state: AssessmentState,
    /// The planned day.
    pub due_on: Option<Date>,
    /// When it can no longer be sent on time.
    pub closes_at: Option<Timestamp>,
}

/// The participant's own record; the look is written down.
pub fn own_record(ctx: &Ctx) -> Result<OwnRecord, Error> {
    act::disclose(ctx, Action::OwnRecord, Target::Own, "own.read", |tx, act| {
        let plan = act.plan(tx)?;
        let person = act.scope.participant()?;
        let record = enrolling::record(tx, act, &plan, person)?;
        let progress = enrolling::progress(&record)?;
        let open =
            plan.protocol.enrolment.steps.iter().find(|step| Some(step.id.as_str()) == progress.open());
        let consent = open
            .filter(|step| step.kind == StepKind::Consent)
            .and_then(|step| step.consent.as_deref())
            .and_then(|document| consenting::document(&plan, document, &person.language));
        let to_do = record
            .assessments
            .iter()
            .filter(|assessment| answering::is_self(assessment) && answering::is_spanned(act, assessment))
            .map(|assessment| ToDo {
                id: assessment.id.clone(),
                state: answering::times(assessment).state(act.ctx.now),
                due_on: assessment.due_on,
                closes_at: assessment.closes_at,
            })
            .filter(|to_do| matches!(to_do.state, AssessmentState::Open | AssessmentState::Planned))
            .collect();
        Ok(OwnRecord {
            study: act.scope.study()?.alias.clone(),
            to_do,
            consent,
            next_reading_at: alerting::next_reading(&record, act.ctx.now),
        })
    })
}

/// An own assessment with its questions.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnAssessment {
    /// The assessment.
    pub id: AssessmentId,
    /// Where it stands.
    pub state: AssessmentState,
    /// What is asked, in order.
    pub asks: Vec<Ask>,
}

/// One questionnaire in the person's language.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Its id.
    pub instrument: String,
    /// The sentence above its items.
    pub lead: Option<String>,
    /// The line that must stay visible.
    pub notice: Option<String>,
    /// Its items.
    pub items: Vec<AskedItem>,
}

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedItem {
    /// Its id.
    pub id: String,
    /// Its words; empty where no wording ships and none was added.
    pub text: String,
    /// Code and words of its options.
    pub options: Vec<(Value, Option<String>)>,
}

/// What an own assessment asks; only while it can be answered.
pub fn own_assessment(ctx: &Ctx, id: &AssessmentId) -> Result<OwnAssessment, Error> {
    act::look(ctx, Action::OwnRecord, &Target::OwnAssessment(id.clone()), own_assessment_view)
}

fn own_assessment_view(tx: &mut Tx<'_>, act: &Act<'_>) -> Result<OwnAssessment, Error> {
    let plan = act.plan(tx)?;
    let opened = answering::Opened::load(tx, act, &plan)?;
    let state = answering::times(&opened.assessment).state(act.ctx.now);
    if matches!(state, AssessmentState::Waiting | AssessmentState::Planned) {
        return Err(Error::conflict("assessment.not_open"));
    }
    let language = &opened.record.participant.language;
    let asks: Result<Vec<Ask>, Error> =
        opened.measures().iter().map(|measure| ask(&plan, &measure.uses, language)).collect();
    Ok(OwnAssessment { id: opened.assessment.id.clone(), state, asks: asks? })
}

fn ask(plan: &Plan, uses: &str, language: &str) -> Result<Ask, Error> {
    let empty = Ask { instrument: uses.to_owned(), lead: None, notice: None, items: Vec::new() };
    Ok(match plan.asked(uses)? {
        Asked::Instrument(instrument) => {
            let wording = instrument.wording(language);
            let items = instrument.asked_in(language).into_iter().map(|item| AskedItem {
                id: item.id.clone(),
                text: wording.and_then(|wording| wording.items.get(&item.id).cloned()).unwrap_or_default(),
                options: item
                    .options()
                    .iter()
                    .map(|option| {
                        let code = Answer::Code(option.code.clone()).to_json();
                        let label = wording.and_then(|wording| match &item.answers {
                            crate::trial::instrument::definition::Answers::Choice { list, .. } => {
                                wording.label(list, &option.code.to_string()).map(str::to_owned)
                            }
                            crate::trial::instrument::definition::Answers::Number { .. } => None,
                        });
                        (code, label)
                    })
                    .collect(),
            });
            Ask {
                items: items.collect(),
                lead: wording.and_then(|wording| wording.lead.clone()),
                notice: instrument.notice.clone(),
                ..empty
            }
        }
        Asked::Form(form, options) => Ask {
            lead: Some(form.title.clone()),
            items: form
                .items
                .iter()
                .filter(|item| item.kind != FieldType::Info)
                .map(|item| {
                    let list = item.options.as_ref().and_then(|name| options.get(name));
                    let choices = list.map(Vec::as_slice).unwrap_or_default();
                    let option = |choice: &crate::trial::protocol::model::Choice| {
                        (Value::from(choice.code.as_str()), Some(choice.label.clone()))
                    };
                    AskedItem {
                        id: item.id.clone(),
                        text: item.ask.clone(),
                        options: choices.iter().map(option).collect(),
                    }
                })
                .collect(),
            ..empty
        },
        Asked::External(_) => empty,
    })
}
