//! The questions of an own assessment, each in the participant's language, with what this session has answered.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::conduct::act::Act;
use crate::conduct::asking;
use crate::conduct::completing;
use crate::conduct::context::Ctx;
use crate::conduct::disclosing;
use crate::conduct::opening::Opened;
use crate::conduct::record::Unfolded;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
use crate::kernel::number::Number;
use crate::storage::Tx;
use crate::storage::people;
use crate::storage::response;
use crate::trial::instrument::answer::Answer;
use crate::trial::instrument::definition::Answers;
use crate::trial::instrument::definition::Instrument;
use crate::trial::instrument::definition::Item;
use crate::trial::permission::action::Action;
use crate::trial::permission::caller::Caller;
use crate::trial::protocol::model::FieldType;
use crate::trial::protocol::model::Form;
use crate::trial::protocol::model::FormItem;
use crate::trial::questionnaire::asked::Asked;
use crate::trial::questionnaire::stored::ItemState;
use crate::trial::questionnaire::stored::StoredAnswers;
use crate::trial::schedule::state::AssessmentState;

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
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// What kind of answer it takes.
    pub kind: FieldType,
    /// Its words; empty where no wording ships and none was added.
    pub text: String,
    /// Whether the questionnaire can't be sent without it.
    pub is_required: bool,
    /// Whether it is asked after what was answered up to now.
    pub is_shown: bool,
    /// Code and words of its options.
    pub options: Vec<(Value, Option<String>)>,
    /// Least, largest and step of a number.
    pub limits: [Option<Number>; 3],
    /// The unit of a number.
    pub unit: Option<String>,
    /// What this session has answered; null for an item that it has left out.
    pub answer: Option<Value>,
}

/// What an own assessment asks; only while it can be answered.
pub fn own_assessment(ctx: &Ctx, id: &AssessmentId) -> Result<OwnAssessment, Error> {
    disclosing::look(ctx, Action::OwnRecord, &Target::OwnAssessment(id.clone()), |tx, act| {
        let plan = act.plan(tx)?;
        let opened = Opened::load(tx, act, &plan)?;
        let state = asking::times(&opened.assessment).state(act.ctx.now);
        if matches!(state, AssessmentState::Waiting | AssessmentState::Planned) {
            return Err(Error::conflict("assessment.not_open"));
        }
        let measures = opened.measures();
        let asks: Result<Vec<Ask>, Error> =
            measures.iter().map(|measure| ask(tx, act, &opened, &measure.uses)).collect();
        Ok(OwnAssessment { id: opened.assessment.id.clone(), state, asks: asks? })
    })
}

fn ask(tx: &mut Tx<'_>, act: &Act<'_>, opened: &Opened<'_>, uses: &str) -> Result<Ask, Error> {
    let record = &opened.record;
    let asked = record.plan.asked(uses)?;
    let known = record.response(&opened.assessment.id, uses);
    let stored = known.map(|known| known.answers.clone()).unwrap_or_default();
    let hidden = completing::hidden(record, &asked, &stored)?;
    let given = of_session(tx, act, known)?;
    let mut ask = Ask { instrument: uses.to_owned(), ..Ask::default() };
    let language = record.participant.language.as_str();
    match asked {
        Asked::Instrument(instrument) => {
            let wording = instrument.wording(language);
            ask.lead = wording.and_then(|wording| wording.lead.clone());
            ask.notice = instrument.notice.clone();
            ask.items = instrument
                .asked_in(language)
                .into_iter()
                .map(|item| of_instrument(instrument, item, language))
                .collect();
        }
        Asked::Form(form, _) => {
            let say = |path: &str, original: &str| record.plan.words.say(language, path, original);
            ask.lead = Some(say(&format!("form.{uses}"), &form.title));
            ask.items = of_form(opened, uses, form, &say);
        }
        Asked::External(_) => {}
    }
    for item in &mut ask.items {
        item.is_shown = !hidden.contains(&item.id);
        item.answer = given.get(&item.id).map(|stored| stored.value.clone().unwrap_or_default());
    }
    Ok(ask)
}

fn of_instrument(instrument: &Instrument, item: &Item, language: &str) -> AskedItem {
    let wording = instrument.wording(language);
    let label =
        |list: &str, code: &str| wording.and_then(|wording| wording.label(list, code)).map(str::to_owned);
    let (kind, limits) = match &item.answers {
        Answers::Choice { .. } => (FieldType::Choice, [None; 3]),
        Answers::Number { min, max, step } => (FieldType::Number, [Some(*min), Some(*max), Some(*step)]),
    };
    let options = item.options().iter().map(|option| {
        let code = Answer::Code(option.code.clone()).to_json();
        match &item.answers {
            Answers::Choice { list, .. } => (code, label(list, &option.code.to_string())),
            Answers::Number { .. } => (code, None),
        }
    });
    AskedItem {
        id: item.id.clone(),
        kind,
        text: wording.and_then(|wording| wording.items.get(&item.id).cloned()).unwrap_or_default(),
        is_required: false,
        is_shown: true,
        options: options.collect(),
        limits,
        unit: None,
        answer: None,
    }
}

fn of_form(
    opened: &Opened<'_>,
    uses: &str,
    form: &Form,
    say: &dyn Fn(&str, &str) -> String,
) -> Vec<AskedItem> {
    let lists = &opened.record.plan.protocol.options;
    let one = |item: &FormItem| {
        let path = format!("form.{uses}.{}", item.id);
        let options = item.options.iter().flat_map(|name| {
            let choices = lists.get(name).map(Vec::as_slice).unwrap_or_default();
            choices.iter().map(move |choice| {
                let label = say(&format!("options.{name}.{}", choice.code), &choice.label);
                (Value::from(choice.code.as_str()), Some(label))
            })
        });
        AskedItem {
            id: item.id.clone(),
            kind: item.kind,
            text: say(&path, &item.ask),
            is_required: item.required,
            is_shown: true,
            options: options.collect(),
            limits: [item.min, item.max, item.step],
            unit: item.unit.as_ref().map(|unit| say(&format!("{path}.unit"), unit)),
            answer: None,
        }
    };
    form.items.iter().map(one).collect()
}

/// What this session has answered. What was answered before is not shown: a telephone is lent, and a link is found.
fn of_session(tx: &mut Tx<'_>, act: &Act<'_>, known: Option<&Unfolded>) -> Result<StoredAnswers, Error> {
    let (Some(known), Caller::Participant { id, session, .. }) = (known, act.caller) else {
        return Ok(StoredAnswers::new());
    };
    let begun = people::find_session(tx, session)?.map_or(act.ctx.now, |session| session.created_at);
    let versions = response::list_versions(tx, &known.response.id)?;
    let own = id.to_string();
    let is_of_session =
        |version: &response::ResponseVersion| version.saved_at >= begun && version.saved_by == own;
    let mut given = BTreeSet::new();
    let mut before = StoredAnswers::new();
    for version in versions {
        let counts = is_of_session(&version);
        let answers = Unfolded::read(known.response.clone(), version)?.answers;
        if counts {
            let changed = answers.iter().filter(|(item, stored)| before.get(*item) != Some(stored));
            given.extend(changed.map(|(item, _)| item.clone()));
        }
        before = answers;
    }
    let was_touched =
        |state| matches!(state, ItemState::Answered | ItemState::Skipped | ItemState::NotApplicable);
    before.retain(|item, stored| given.contains(item) && was_touched(stored.state));
    Ok(before)
}
