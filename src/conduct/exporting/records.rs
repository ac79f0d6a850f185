//! The records of a study as datasets want them: read from storage, one participant at a time.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::conduct::asking;
use crate::conduct::known;
use crate::conduct::plan::Plan;
use crate::conduct::record::Record;
use crate::conduct::record::Unfolded;
use crate::conduct::standing;
use crate::kernel::Error;
use crate::kernel::time::Timestamp;
use crate::kernel::time::Zone;
use crate::storage::Tx;
use crate::storage::allocation;
use crate::storage::allocation::Allocation;
use crate::storage::assessment::Assessment;
use crate::storage::participant;
use crate::storage::participant::Participant;
use crate::storage::participant::ParticipantFilter;
use crate::storage::people;
use crate::storage::people::SecretKind;
use crate::storage::staff;
use crate::storage::study::Study;
use crate::trial::dataset::derived;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::record::AllocationRecord;
use crate::trial::dataset::record::AssessmentRecord;
use crate::trial::dataset::record::Each;
use crate::trial::dataset::record::ParticipantRecord;
use crate::trial::dataset::record::ParticipationRecord;
use crate::trial::dataset::record::ResponseRecord;
use crate::trial::dataset::record::ResponseStatus;
use crate::trial::dataset::record::ScoreRecord;
use crate::trial::dataset::record::Source;
use crate::trial::dataset::record::StepRecord;
use crate::trial::dataset::record::VerdictKind;
use crate::trial::dataset::record::VerdictRecord;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::evaluate;
use crate::trial::expression::reader;
use crate::trial::instrument::scoring::ScoreValue;
use crate::trial::randomization::draw::Place;
use crate::trial::randomization::event::AllocationEvent;
use crate::trial::schedule::state::AssessmentState;

/// Participants that are read at a time.
const PAGE: i64 = 100;

/// The records of a study, read page by page.
pub struct Records<'t, 'c> {
    pub(super) tx: &'t mut Tx<'c>,
    pub(super) plan: &'t Plan,
    pub(super) study: &'t Study,
    pub(super) cut: Timestamp,
}

fn failed(error: Error) -> DatasetError {
    DatasetError::Source(error)
}

impl Source for Records<'_, '_> {
    fn participants(&mut self, each: &mut Each<'_, ParticipantRecord>) -> Result<(), DatasetError> {
        let mut filter = ParticipantFilter::default();
        loop {
            let people = participant::list(self.tx, &self.study.id, &filter, PAGE).map_err(failed)?;
            for person in &people {
                let record = self.record(person).map_err(failed)?;
                each(&record)?;
            }
            match people.last() {
                Some(last) => filter.after = Some(last.code.to_string()),
                None => return Ok(()),
            }
        }
    }

    fn allocations(&mut self, each: &mut Each<'_, AllocationEvent>) -> Result<(), DatasetError> {
        for (code, made) in allocation::list(self.tx, &self.study.id).map_err(failed)? {
            each(&event_of(code, &made).map_err(failed)?)?;
        }
        Ok(())
    }
}

/// An allocation as the files of the reveal state it.
pub fn event_of(code: String, made: &Allocation) -> Result<AllocationEvent, Error> {
    let unreadable = || Error::internal("a stored allocation can't be read");
    let number = |number: i64| u64::try_from(number).map_err(|_| unreadable());
    let place = match (made.block, made.position, made.index) {
        (Some(block), Some(position), None) => Place::Block(number(block)?, number(position)?),
        (None, None, Some(index)) => Place::Index(number(index)?),
        _ => return Err(unreadable()),
    };
    Ok(AllocationEvent {
        participant: code,
        version: number(made.design_version)?,
        label: made.label.clone(),
        place,
        factors: serde_json::from_str(&made.factors).map_err(|_| unreadable())?,
        arm: made.arm.clone(),
        allocated_at: made.allocated_at,
        in_error_after: None,
    })
}

impl Records<'_, '_> {
    fn record(&mut self, person: &Participant) -> Result<ParticipantRecord, Error> {
        let plan = self.plan;
        let site = staff::find_site(self.tx, &person.site)?
            .ok_or_else(|| Error::internal("a participant without a site"))?;
        let mut record = Record::load(self.tx, plan, person, &site, self.cut)?;
        let links = people::list_secrets(self.tx, SecretKind::Link, person.id.as_str())?;
        let zone = record.zone;
        let day = |at: Timestamp| at.date_in(zone);
        // Age is that of the day of registration, whenever the export is made.
        record.today = day(person.registered_at);
        let person_then = known::scoring_context(&record);
        record.today = day(self.cut);
        let is_drawn = record.allocation.is_some();
        let derived = derived::values(&plan.protocol, &record, is_drawn)
            .map_err(|error| Error::internal("a flag or set can't be derived").caused_by(error))?;
        let allocation = record.allocation.as_ref().map(allocation_record).transpose()?;
        let assessments: Result<Vec<AssessmentRecord>, Error> = record
            .assessments
            .clone()
            .iter()
            .map(|assessment| self.assessment(&mut record, assessment, !links.is_empty()))
            .collect();
        Ok(ParticipantRecord {
            code: person.code.clone(),
            site: record.site_code.clone(),
            language: person.language.clone(),
            state: person.state,
            registered_on: day(person.registered_at),
            consented_on: record
                .consents
                .iter()
                .rfind(|given| given.decision == "given")
                .map(|given| given.signed_on),
            randomized_on: record.allocation.as_ref().map(|made| day(made.allocated_at)),
            completed_on: person.completed_on,
            allocation,
            received_arm: received_arm(&record)?,
            derived,
            age: person_then.age.and_then(|age| age.whole()),
            sex: person_then.sex,
            // No act stops a part of the participation.
            participation: ParticipationRecord {
                treatment: true,
                weekly: true,
                questionnaires: true,
                contact: true,
            },
            is_identified: person.identity == "present",
            steps: steps(&record)?,
            assessments: assessments?,
            events: Vec::new(),
        })
    }

    fn assessment(
        &self,
        record: &mut Record<'_>,
        assessment: &Assessment,
        has_link: bool,
    ) -> Result<AssessmentRecord, Error> {
        let zone = record.zone;
        let day = |at: Timestamp| at.date_in(zone);
        let state = asking::times(assessment).state(self.cut);
        record.this = Some(assessment.id.clone());
        let mut hidden = BTreeSet::new();
        for measure in asking::measures(record, assessment) {
            if assessment.submitted_at.is_some() && asking::is_hidden(record, measure)? {
                hidden.insert(measure.uses.clone());
            }
        }
        let none = Vec::new();
        let responses = record.responses.get(&assessment.id).unwrap_or(&none);
        let responses = responses.iter().filter_map(|one| response(one, state, zone).transpose());
        Ok(AssessmentRecord {
            episode: assessment.episode.clone(),
            occasion: assessment.occasion.clone(),
            respondent: assessment.respondent,
            state,
            opens_on: assessment.opens_at.map(day),
            due_on: assessment.due_on,
            closes_on: assessment.closes_at.map(|at| day(at.plus_seconds(-1))),
            first_answer_at: assessment.first_answer_at,
            submitted_at: assessment.submitted_at,
            window_class: assessment.window_class.as_deref().and_then(|word| word.parse().ok()),
            is_announced: has_link || assessment.first_seen_at.is_some(),
            absence: None,
            seconds: assessment
                .submitted_at
                .zip(assessment.first_seen_at)
                .map(|(sent, seen)| sent.seconds_since(seen)),
            language: assessment.language.clone(),
            protocol_version: assessment.protocol_version,
            hidden,
            responses: responses.collect::<Result<_, Error>>()?,
        })
    }
}

/// The arm, where the protocol says when its intervention counts as received and the person's record meets that.
fn received_arm(record: &Record<'_>) -> Result<Option<String>, Error> {
    let arms = &record.plan.protocol.comparison.arms;
    let Some(arm) = arms.iter().find(|arm| Some(arm.id.as_str()) == record.arm()) else { return Ok(None) };
    let Some(rule) = &arm.received else { return Ok(None) };
    let expr = reader::read(rule)
        .map_err(|_| Error::internal("the rule of what counts as received can't be read"))?;
    Ok((evaluate(&expr, record) == Truth::Met).then(|| arm.id.clone()))
}

fn allocation_record(made: &Allocation) -> Result<AllocationRecord, Error> {
    let factors: BTreeMap<String, String> = serde_json::from_str(&made.factors)
        .map_err(|error| Error::internal("a stored allocation can't be read").caused_by(error))?;
    Ok(AllocationRecord {
        arm: made.arm.clone(),
        design_version: made.design_version,
        true_factors: factors.clone(),
        factors,
    })
}

fn steps(record: &Record<'_>) -> Result<Vec<StepRecord>, Error> {
    let order = &record.plan.protocol.enrolment.steps;
    let mut steps = Vec::new();
    for step in order {
        let Some(known) = record.steps.iter().find(|known| known.step == step.id) else { continue };
        let mut verdicts = Vec::new();
        for criterion in record.plan.protocol.enrolment.criteria.iter().filter(|one| one.step == step.id) {
            let Some(latest) = standing::latest(record, &criterion.id) else { continue };
            let unreadable = || Error::internal("a stored verdict can't be read");
            let known = [Truth::Met, Truth::NotMet, Truth::Undetermined];
            verdicts.push(VerdictRecord {
                criterion: criterion.id.clone(),
                kind: latest.kind.parse::<VerdictKind>().map_err(|_| unreadable())?,
                verdict: known
                    .into_iter()
                    .find(|truth| truth.as_str() == latest.outcome)
                    .ok_or_else(unreadable)?,
                judged_by_role: latest.judged_by_role.clone(),
                protocol_version: latest.protocol_version,
            });
        }
        steps.push(StepRecord {
            step: step.id.clone(),
            on: known.closed_at.map(|at| at.date_in(record.zone)),
            outcome: known.outcome.clone().or_else(|| Some(known.state.clone())),
            reason_code: known.reason_code.clone(),
            verdicts,
        });
    }
    Ok(steps)
}

/// A response that was sent, or a draft that the end of its window has kept; open drafts stay out.
fn response(one: &Unfolded, state: AssessmentState, zone: Zone) -> Result<Option<ResponseRecord>, Error> {
    let status = match (one.response.state.as_str(), state) {
        ("draft", AssessmentState::Partial) | ("partial", _) => ResponseStatus::Partial,
        ("draft", _) => return Ok(None),
        ("invalid", _) => ResponseStatus::Invalid,
        _ if one.response.version > 1 => ResponseStatus::Corrected,
        _ => ResponseStatus::Submitted,
    };
    let unreadable = |_| Error::internal("a stored score can't be read");
    let scores = one.scores.iter().map(|(id, score)| {
        let value = score.value.as_ref().map(|text| match text.parse() {
            Ok(number) => ScoreValue::Number(number),
            Err(_) => ScoreValue::Text(text.clone()),
        });
        Ok((
            id.clone(),
            ScoreRecord {
                status: score.status.parse().map_err(unreadable)?,
                value,
                missing: score.missing,
                band: score.band.clone(),
                rule_version: score.rule.clone(),
            },
        ))
    });
    Ok(Some(ResponseRecord {
        instrument: one.response.instrument.clone(),
        instrument_version: one.response.instrument_version.clone(),
        status,
        version: one.response.version,
        answered_at: one.version.saved_at,
        answered_on: one.version.saved_at.date_in(zone),
        answers: one.answers.clone(),
        scores: scores.collect::<Result<_, Error>>()?,
    }))
}
