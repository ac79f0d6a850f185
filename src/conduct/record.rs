//! Everything about one person, as rules look at it: answers, scores, dates, age. The `Values` of expressions.

use std::collections::BTreeMap;

use crate::conduct::plan::Plan;
use crate::conduct::scores::StoredScores;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::kernel::time::Zone;
use crate::storage::Tx;
use crate::storage::allocation;
use crate::storage::allocation::Allocation;
use crate::storage::assessment;
use crate::storage::assessment::Assessment;
use crate::storage::enrolment;
use crate::storage::enrolment::AnchorRecord;
use crate::storage::enrolment::ConsentRecord;
use crate::storage::enrolment::StepRecord;
use crate::storage::enrolment::VerdictRecord;
use crate::storage::participant::Participant;
use crate::storage::response;
use crate::storage::response::Response;
use crate::storage::response::ResponseVersion;
use crate::storage::staff::Site;
use crate::trial::expression::ast::Name;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::expression::evaluation::value_of;
use crate::trial::expression::reader;
use crate::trial::instrument::scoring::Context;
use crate::trial::protocol::model::ZoneOf;
use crate::trial::questionnaire::stored::ItemState;
use crate::trial::questionnaire::stored::StoredAnswers;
use crate::trial::schedule::occasions::element_id;

/// A response with its answers and scores unfolded.
#[derive(Clone, Debug)]
pub struct Unfolded {
    /// The response.
    pub response: Response,
    /// Its latest version.
    pub version: ResponseVersion,
    /// Item → answer.
    pub answers: StoredAnswers,
    /// Score id → score.
    pub scores: StoredScores,
}

impl Unfolded {
    /// Reads answers and scores of a version.
    pub fn read(response: Response, version: ResponseVersion) -> Result<Self, Error> {
        let unreadable = |error| Error::internal("a stored response can't be read").caused_by(error);
        let answers = serde_json::from_str(&version.answers).map_err(unreadable)?;
        let scores = serde_json::from_str(&version.scores).map_err(unreadable)?;
        Ok(Self { response, version, answers, scores })
    }
}

/// Everything about one person.
pub struct Record<'p> {
    /// The plan in force.
    pub plan: &'p Plan,
    /// The person.
    pub participant: Participant,
    /// The site's code.
    pub site_code: String,
    /// The zone whose clock counts.
    pub zone: Zone,
    /// Steps begun.
    pub steps: Vec<StepRecord>,
    /// All verdicts.
    pub verdicts: Vec<VerdictRecord>,
    /// All consents.
    pub consents: Vec<ConsentRecord>,
    /// All anchor dates.
    pub anchors: Vec<AnchorRecord>,
    /// Kinds of holds that are open.
    pub holds: Vec<String>,
    /// All assessments.
    pub assessments: Vec<Assessment>,
    /// Assessment → its responses.
    pub responses: BTreeMap<AssessmentId, Vec<Unfolded>>,
    /// The allocation.
    pub allocation: Option<Allocation>,
    /// The civil date that counts as today.
    pub today: Date,
    /// The instant as of which all of it is looked at.
    pub now: Timestamp,
    /// The assessment that `this` means.
    pub this: Option<AssessmentId>,
}

impl<'p> Record<'p> {
    /// Loads everything about a person.
    pub fn load(
        tx: &mut Tx<'_>,
        plan: &'p Plan,
        participant: &Participant,
        site: &Site,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let zone = match plan.protocol.study.zone_of {
            ZoneOf::Study => plan.protocol.study.zone,
            ZoneOf::Site => site.time_zone,
            ZoneOf::Participant => participant.time_zone.unwrap_or(plan.protocol.study.zone),
        };
        let id = &participant.id;
        let mut responses: BTreeMap<AssessmentId, Vec<Unfolded>> = BTreeMap::new();
        for (response, version) in response::list_latest_of(tx, id)? {
            let assessment = response.assessment.clone();
            responses.entry(assessment).or_default().push(Unfolded::read(response, version)?);
        }
        Ok(Self {
            plan,
            participant: participant.clone(),
            site_code: site.code.clone(),
            zone,
            steps: enrolment::list_steps(tx, id)?,
            verdicts: enrolment::list_verdicts(tx, id)?,
            consents: enrolment::list_consents(tx, id)?,
            anchors: enrolment::list_anchors(tx, id)?,
            holds: enrolment::open_holds(tx, id)?,
            assessments: assessment::list_of(tx, id)?,
            responses,
            allocation: allocation::find_of(tx, id)?,
            today: now.date_in(zone),
            now,
            this: None,
        })
    }

    /// The arm, once drawn.
    pub fn arm(&self) -> Option<&str> {
        self.allocation.as_ref().map(|allocation| allocation.arm.as_str())
    }

    /// The first period's assessments at an occasion.
    pub fn at(&self, occasion: &str) -> impl Iterator<Item = &Assessment> {
        self.assessments.iter().filter(move |assessment| assessment.occasion == occasion)
    }

    /// The response to an instrument in an assessment.
    pub fn response(&self, assessment: &AssessmentId, instrument: &str) -> Option<&Unfolded> {
        self.responses.get(assessment)?.iter().find(|one| one.response.instrument == instrument)
    }

    /// Age and sex, as scoring keys may ask for them.
    pub fn scoring_context(&self, value_set: Option<String>) -> Context {
        let age = match self.age() {
            Some(Value::Number(number)) => Some(number),
            _ => None,
        };
        let sex = match self.sex() {
            Some(Value::Text(code)) => Some(code),
            _ => None,
        };
        Context { value_set, age, sex }
    }

    /// Whether an assessment's required measures are all sent.
    pub fn is_sent(&self, assessment: &Assessment) -> bool {
        assessment.submitted_at.is_some()
    }

    fn source(&self, name: Option<&String>) -> Option<Value> {
        value_of(&reader::read(name?).ok()?, self)
    }

    fn age(&self) -> Option<Value> {
        match self.source(self.plan.protocol.study.age_from.as_ref())? {
            Value::Date(birth) => {
                let years = self.today.years_since(birth)?;
                Some(Value::Number(Number::from(i64::from(years))))
            }
            number @ Value::Number(_) => Some(number),
            Value::Text(_) | Value::Truth(_) | Value::Days(_) | Value::Months(_) => None,
        }
    }

    fn sex(&self) -> Option<Value> {
        self.source(self.plan.protocol.study.sex_from.as_ref())
    }

    fn measured(&self, occasion: &str, instrument: &str) -> Option<&Unfolded> {
        if occasion == "this" {
            return self.response(self.this.as_ref()?, instrument);
        }
        self.at(occasion).find_map(|assessment| self.response(&assessment.id, instrument))
    }

    fn answer(&self, occasion: &str, instrument: &str, item: &str) -> Option<Value> {
        let unfolded = self.measured(occasion, instrument)?;
        let stored = unfolded.answers.get(item)?;
        if stored.state != ItemState::Answered {
            return None;
        }
        typed(stored.value.as_ref()?)
    }

    fn score(&self, occasion: &str, instrument: &str, score: &str) -> Option<Value> {
        self.measured(occasion, instrument)?.scores.get(score)?.number().map(Value::Number)
    }

    fn series_elements(&self, series: &str) -> Vec<String> {
        use crate::trial::schedule::definition::Timing;
        let occasion = self.plan.protocol.schedule.occasions.iter().find(|occasion| occasion.id == series);
        match occasion.map(|occasion| &occasion.timing) {
            Some(Timing::Window { series: Some(repeated), .. }) => {
                (1..=repeated.times).map(|k| element_id(series, k)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A stored JSON answer as a value of rules. Texts that are dates are dates: forms store them so.
fn typed(value: &serde_json::Value) -> Option<Value> {
    match value {
        serde_json::Value::Bool(truth) => Some(Value::Truth(*truth)),
        serde_json::Value::Number(number) => number.to_string().parse().ok().map(Value::Number),
        serde_json::Value::String(text) => match text.parse::<Date>() {
            Ok(date) => Some(Value::Date(date)),
            Err(_) => Some(Value::Text(text.clone())),
        },
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => None,
    }
}

impl Values for Record<'_> {
    fn value(&self, name: &Name) -> Option<Value> {
        match (name.path().as_slice(), &name.item) {
            (["age"], None) => self.age(),
            (["sex"], None) => self.sex(),
            (["site"], None) => Some(Value::Text(self.site_code.clone())),
            (["language"], None) => Some(Value::Text(self.participant.language.clone())),
            (["today"], None) => Some(Value::Date(self.today)),
            (["arm"], None) => self.arm().map(|arm| Value::Text(arm.to_owned())),
            (["anchor", anchor], None) => self
                .anchors
                .iter()
                .rfind(|record| record.name == *anchor)
                .map(|record| Value::Date(record.on)),
            ([occasion, instrument], Some(item)) => self.answer(occasion, instrument, &item.text),
            ([occasion, instrument, last], None) => {
                if self.plan.instruments.contains_key(*instrument) {
                    self.score(occasion, instrument, last)
                } else {
                    self.answer(occasion, instrument, last)
                }
            }
            _ => None,
        }
    }

    fn series(&self, name: &Name) -> Vec<Value> {
        let path = name.path();
        let Some((series, rest)) = path.split_first() else { return Vec::new() };
        let elements = self.series_elements(series);
        elements
            .iter()
            .filter_map(|element| match (rest, &name.item) {
                ([instrument, score], None) => self.score(element, instrument, score),
                ([instrument], Some(item)) => self.answer(element, instrument, &item.text),
                _ => None,
            })
            .collect()
    }

    fn is_done(&self, name: &Name) -> bool {
        let path = name.path();
        let [occasion] = path.as_slice() else { return false };
        let mut found = self.at(occasion).peekable();
        found.peek().is_some() && found.all(|assessment| self.is_sent(assessment))
    }

    fn band(&self, name: &Name) -> Option<String> {
        match name.path().as_slice() {
            [occasion, instrument, score] => {
                self.measured(occasion, instrument)?.scores.get(*score)?.band.clone()
            }
            _ => None,
        }
    }
}
