//! Everything about one person, as rules look at it: answers, scores, dates, age. The `Values` of expressions.

use std::collections::BTreeMap;

use crate::conduct::act::Act;
use crate::conduct::known;
use crate::conduct::known::Known;
use crate::conduct::plan::Plan;
use crate::conduct::scores::StoredScores;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
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
use crate::storage::staff;
use crate::storage::staff::Site;
use crate::trial::expression::ast::Name;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::protocol::model::ZoneOf;
use crate::trial::questionnaire::stored::StoredAnswers;

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
        Self::with(tx, plan, participant, site, now, false)
    }

    /// With `common_only`, without what only some arms have: how much there is of it must not be felt by whoever may not know
    /// arms, not even in the time that an answer takes.
    fn with(
        tx: &mut Tx<'_>,
        plan: &'p Plan,
        participant: &Participant,
        site: &Site,
        now: Timestamp,
        common_only: bool,
    ) -> Result<Self, Error> {
        let id = &participant.id;
        let mut assessments = assessment::list_of(tx, id)?;
        assessments.retain(|assessment| !common_only || !assessment.arm_bound);
        let zone = match plan.protocol.study.zone_of {
            ZoneOf::Study => plan.protocol.study.zone,
            ZoneOf::Site => site.time_zone,
            ZoneOf::Participant => participant.time_zone.unwrap_or(plan.protocol.study.zone),
        };
        let mut responses: BTreeMap<AssessmentId, Vec<Unfolded>> = BTreeMap::new();
        for (response, version) in response::list_latest_of(tx, id, common_only)? {
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
            assessments,
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

    /// Puts in a response that has just been stored, in the place of what was known of it.
    pub fn keep(&mut self, stored: Unfolded) {
        let known = self.responses.entry(stored.response.assessment.clone()).or_default();
        known.retain(|one| one.response.id != stored.response.id);
        known.push(stored);
    }

    /// Whether an assessment's required measures are all sent.
    pub fn is_sent(&self, assessment: &Assessment) -> bool {
        assessment.submitted_at.is_some()
    }
}

impl Known for Record<'_> {
    fn plan(&self) -> &Plan {
        self.plan
    }

    fn measured(&self, occasion: &str, uses: &str) -> Option<(&StoredAnswers, &StoredScores)> {
        let found = if occasion == "this" {
            self.response(self.this.as_ref()?, uses)
        } else {
            self.at(occasion).find_map(|assessment| self.response(&assessment.id, uses))
        };
        found.map(|found| (&found.answers, &found.scores))
    }

    fn today(&self) -> Date {
        self.today
    }

    fn site(&self) -> &str {
        &self.site_code
    }

    fn language(&self) -> &str {
        &self.participant.language
    }

    fn arm(&self) -> Option<&str> {
        Record::arm(self)
    }

    fn anchor(&self, name: &str) -> Option<Date> {
        self.anchors.iter().rfind(|record| record.name == name).map(|record| record.on)
    }
}

impl Values for Record<'_> {
    fn value(&self, name: &Name) -> Option<Value> {
        known::value(self, name)
    }

    fn series(&self, name: &Name) -> Vec<Value> {
        known::series(self, name)
    }

    fn is_done(&self, name: &Name) -> bool {
        let path = name.path();
        let [occasion] = path.as_slice() else { return false };
        let mut found = self.at(occasion).peekable();
        found.peek().is_some() && found.all(|assessment| self.is_sent(assessment))
    }

    fn band(&self, name: &Name) -> Option<String> {
        known::band(self, name)
    }
}

/// Loads of a participant's record what may be shown to whoever asks.
pub fn shown_to<'p>(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    plan: &'p Plan,
    person: &Participant,
) -> Result<Record<'p>, Error> {
    if act.may_know_arm() {
        return of(tx, act, plan, person);
    }
    let site = site_of(tx, person)?;
    Record::with(tx, plan, person, &site, act.ctx.now, true)
}

/// Loads the record of a participant under the plan in force.
pub fn of<'p>(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    plan: &'p Plan,
    person: &Participant,
) -> Result<Record<'p>, Error> {
    let site = site_of(tx, person)?;
    Record::load(tx, plan, person, &site, act.ctx.now)
}

fn site_of(tx: &mut Tx<'_>, person: &Participant) -> Result<Site, Error> {
    staff::find_site(tx, &person.site)?.ok_or_else(|| Error::internal("a participant without a site"))
}
