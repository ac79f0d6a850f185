//! Stores a version of a response: merges what was answered, computes scores at the end, salts what has changed.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use crate::conduct::act::Act;
use crate::conduct::asking;
use crate::conduct::asking::Answers;
use crate::conduct::asking::Reasons;
use crate::conduct::completing;
use crate::conduct::known;
use crate::conduct::record::Record;
use crate::conduct::record::Unfolded;
use crate::conduct::scores;
use crate::conduct::scores::StoredScores;
use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::digest;
use crate::kernel::entropy::sixteen;
use crate::kernel::ids::ResponseId;
use crate::storage::Tx;
use crate::storage::assessment::Assessment;
use crate::storage::response;
use crate::storage::response::Response;
use crate::storage::response::ResponseVersion;
use crate::trial::audit::event::Event;
use crate::trial::audit::event::Salt;
use crate::trial::audit::verification::ROW;
use crate::trial::questionnaire::asked::Asked;
use crate::trial::questionnaire::stored::StoredItem;

/// What is to be stored.
pub struct Draft<'d> {
    /// The instrument, form or external.
    pub instrument: &'d str,
    /// The answers that came.
    pub answers: &'d Answers,
    /// Why others did not come, where staff have said so.
    pub reasons: &'d Reasons,
    /// `draft`, `submitted`, or `partial` for a draft that is kept as it is because its time is over.
    pub kind: &'static str,
    /// Who gave them: `self`, `paper`, `staff`.
    pub origin: &'static str,
    /// Whether nothing more is awaited: scores are computed, untouched items get their state.
    pub is_final: bool,
}

impl Draft<'_> {
    fn is_kept(&self) -> bool {
        self.kind == "partial"
    }

    fn is_sent(&self) -> bool {
        self.is_final && !self.is_kept()
    }
}

type Salts = BTreeMap<String, String>;

/// Stores the next version, in the record too, and gives its event; `None` where nothing came and nothing ends.
pub fn store(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    record: &mut Record<'_>,
    assessment: &Assessment,
    draft: &Draft<'_>,
) -> Result<Option<Event>, Error> {
    if draft.answers.is_empty() && draft.reasons.is_empty() && !draft.is_final {
        return Ok(None);
    }
    let asked = record.plan.asked(draft.instrument)?;
    let before = record.response(&assessment.id, draft.instrument);
    let old = before.map(|before| before.answers.clone()).unwrap_or_default();
    let mut new = old.clone();
    let pointer = format!("/responses/{}/answers", draft.instrument);
    asking::refuse(asked.take(&pointer, draft.answers, &mut new))?;
    asking::refuse(asked.take_reasons("/missing_reasons", draft.reasons, draft.answers, &mut new))?;
    asking::refuse(completing::implausible_birth(record, assessment, draft.instrument, &new, &pointer))?;
    let mut stored_scores = StoredScores::new();
    if draft.is_final {
        let came = if draft.origin == "self" { Some(draft.answers) } else { None };
        asking::refuse(completing::complete(record, &asked, &mut new, came, &pointer)?)?;
        if draft.is_sent() {
            asking::refuse(completing::required_but_missing(&asked, &new, &pointer))?;
        }
        if let Asked::Instrument(instrument) = &asked {
            let context = known::scoring_context(record);
            stored_scores = match scores::score(record.plan, instrument, &new, &context) {
                Ok((scores, _)) => scores,
                // What was kept is kept, whether it can be scored or not.
                Err(_) if draft.is_kept() => StoredScores::new(),
                Err(error) => return Err(error),
            };
        }
    }
    let response = next_response(tx, act, assessment, draft, &asked, before)?;
    let mut salts: Salts = match before {
        Some(before) => serde_json::from_str(&before.version.salts)
            .map_err(|error| Error::internal("stored salts can't be read").caused_by(error))?,
        None => Salts::new(),
    };
    let action = match (draft.is_final, draft.is_kept()) {
        (_, true) => "response.kept",
        (true, false) => "response.submitted",
        (false, false) => "answer.saved",
    };
    let person = &record.participant;
    let mut event = Event::of_participant(action, &person.study, &person.id, response.id.as_str());
    for (item, value) in new.iter().filter(|(item, value)| old.get(*item) != Some(value)) {
        event = salted(act, event, item, old.get(item), value, &mut salts)?;
    }
    let version = ResponseVersion {
        response: response.id.clone(),
        n: response.n,
        version: if draft.is_sent() { response.version } else { 0 },
        kind: draft.kind.to_owned(),
        answers: canonical::text_of(&new)?,
        scores: canonical::text_of(&stored_scores)?,
        salts: canonical::text_of(&salts)?,
        language: person.language.clone(),
        origin: draft.origin.to_owned(),
        saved_at: act.ctx.now,
        saved_by: act.actor(),
    };
    response::insert_version(tx, &response, &version)?;
    let event = event.set("n", version.n).digest(ROW, None, Some(image(&version)));
    record.keep(Unfolded { response, version, answers: new, scores: stored_scores });
    Ok(Some(event))
}

fn salted(
    act: &Act<'_>,
    event: Event,
    item: &str,
    old: Option<&StoredItem>,
    new: &StoredItem,
    salts: &mut Salts,
) -> Result<Event, Error> {
    let fresh = sixteen(act.ctx.entropy())?;
    let before: Option<Salt> =
        salts.get(item).and_then(|salt| digest::unhex(salt)).and_then(|salt| salt.try_into().ok());
    salts.insert(item.to_owned(), digest::hex(&fresh));
    let as_json = |item: &StoredItem| json!(item);
    let old = old.and_then(|old| Some((as_json(old), before?)));
    Ok(event.row(format!("answers.{item}"), old, Some((as_json(new), fresh))))
}

fn next_response(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    assessment: &Assessment,
    draft: &Draft<'_>,
    asked: &Asked<'_>,
    before: Option<&Unfolded>,
) -> Result<Response, Error> {
    let state = if draft.is_sent() { "submitted" } else { draft.kind };
    if let Some(before) = before {
        let mut response = before.response.clone();
        response.n += 1;
        response.version += i64::from(draft.is_sent());
        response.state = state.to_owned();
        response::update(tx, &response)?;
        return Ok(response);
    }
    let response = Response {
        id: ResponseId::draw(act.ctx.entropy())?,
        assessment: assessment.id.clone(),
        participant: assessment.participant.clone(),
        study: assessment.study.clone(),
        instrument: draft.instrument.to_owned(),
        instrument_version: asked.version(),
        state: state.to_owned(),
        n: 1,
        version: i64::from(draft.is_sent()),
    };
    response::insert(tx, &response)?;
    Ok(response)
}

/// The columns of a version, but for answers and salts, as its event's digest covers them.
pub fn image(version: &ResponseVersion) -> Value {
    json!({
        "response": version.response, "n": version.n, "version": version.version, "kind": version.kind,
        "scores": version.scores, "language": version.language, "origin": version.origin,
        "saved_at": version.saved_at.to_string(), "saved_by": version.saved_by,
    })
}
