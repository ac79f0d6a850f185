//! Datasets: who may see what of them, the data cut, and the records from which they are written.

use std::io::Write;
use std::sync::Arc;

use serde_json::json;

use crate::conduct::act;
use crate::conduct::act::Act;
use crate::conduct::answering;
use crate::conduct::context::Ctx;
use crate::conduct::context::SOFTWARE;
use crate::conduct::enrolling;
use crate::conduct::plan::Plan;
use crate::conduct::record::Record;
use crate::conduct::record::Unfolded;
use crate::conduct::target::Target;
use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::digest;
use crate::kernel::time::Timestamp;
use crate::storage::Tx;
use crate::storage::allocation;
use crate::storage::allocation::Allocation;
use crate::storage::assessment;
use crate::storage::assessment::Assessment;
use crate::storage::audit;
use crate::storage::participant;
use crate::storage::participant::Participant;
use crate::storage::participant::ParticipantFilter;
use crate::storage::people;
use crate::storage::people::SecretKind;
use crate::storage::study::Study;
use crate::storage::study::StudyState;
use crate::trial::dataset::agenda::Agenda;
use crate::trial::dataset::agenda::Version;
use crate::trial::dataset::archive::Archive;
pub use crate::trial::dataset::catalogue::Dataset;
use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::package;
use crate::trial::dataset::package::About;
pub use crate::trial::dataset::package::Shelf;
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
use crate::trial::dataset::view::View;
use crate::trial::expression::evaluation::Truth;
use crate::trial::expression::evaluation::Value;
use crate::trial::expression::evaluation::Values;
use crate::trial::instrument::scoring::ScoreValue;
use crate::trial::permission::action::Action;
use crate::trial::randomization::draw::Place;
use crate::trial::randomization::event::AllocationEvent;
use crate::trial::role::Role;
use crate::trial::role::SeesArm;
use crate::trial::schedule::state::AssessmentState;

/// Participants that are read at a time.
const PAGE: i64 = 100;

/// What is exported.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum What {
    /// One dataset.
    One(Dataset),
    /// The package, zipped.
    Package,
}

/// What an export is, before its first byte: equal data give an equal cut, tag and bytes.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The study's id.
    pub study: String,
    /// Its alias, for file names.
    pub alias: String,
    /// The latest act or window boundary.
    pub cut: Timestamp,
    /// `blinded`, `without_arms`, `with_arms`.
    pub view_name: &'static str,
    /// Names and columns of the datasets of this view.
    pub datasets: Vec<(String, Vec<String>)>,
    /// A tag that changes with the data, the protocol or the view.
    pub tag: String,
    view: View,
    state: StudyState,
}

/// Decides what the caller may see, and settles the cut. The export is written down.
pub fn prepare(ctx: &Ctx, study: &str, what: Option<What>) -> Result<Prepared, Error> {
    let target = Target::Study(study.to_owned());
    let prepared = act::disclose(ctx, Action::ReadDatasets, target, "dataset.read", |tx, act| {
        let study = act.scope.study()?;
        let plan = act.plan(tx)?;
        let cut = cut(tx, study, act.ctx.now)?;
        let (view, view_name) = view_for(act, study, &plan, cut);
        let frame = frame(&plan, view.clone())?;
        let datasets = frame
            .datasets()
            .map(|(dataset, columns)| {
                (dataset.to_string(), columns.iter().map(|column| column.name.clone()).collect())
            })
            .collect();
        let tagged = json!([study.id, cut, plan.sha256, view_name, SOFTWARE]);
        Ok(Prepared {
            study: study.id.to_string(),
            alias: study.alias.clone(),
            cut,
            view_name,
            datasets,
            tag: digest::sha256_hex(canonical::to_text(&tagged).as_bytes()),
            view,
            state: study.state,
        })
    })?;
    match what {
        Some(What::One(dataset)) if !prepared.datasets.iter().any(|(name, _)| name == dataset.as_str()) => {
            Err(Error::not_found())
        }
        Some(_) | None => Ok(prepared),
    }
}

fn view_for(act: &Act<'_>, study: &Study, plan: &Plan, cut: Timestamp) -> (View, &'static str) {
    let revealed = study.state == StudyState::Revealed;
    match (act.grant.role, act.grant.sees_arm) {
        _ if revealed => (View::with_arms(cut), "with_arms"),
        (_, SeesArm::All) => (View::with_arms(cut), "with_arms"),
        (Some(Role::Statistician), SeesArm::None | SeesArm::Own) => {
            let arms = plan.protocol.comparison.arms.iter().map(|arm| arm.id.as_str());
            (View::blinded(cut, act.ctx.keys().mac.bytes(), arms), "blinded")
        }
        (_, SeesArm::None | SeesArm::Own) => (View::without_arms(cut), "without_arms"),
    }
}

/// The latest act in the study, or window boundary, at or before an instant.
fn cut(tx: &mut Tx<'_>, study: &Study, now: Timestamp) -> Result<Timestamp, Error> {
    let acted = audit::latest_change(tx, &study.id, now)?.unwrap_or(study.created_at);
    let boundary = assessment::latest_boundary(tx, &study.id, now)?;
    Ok(boundary.map_or(acted, |boundary| boundary.max(acted)))
}

fn frame(plan: &Plan, view: View) -> Result<Frame<'_>, Error> {
    let in_force = Version { n: plan.n, protocol: &plan.protocol };
    let broken = |error: DatasetError| Error::internal("a dataset can't be described").caused_by(error);
    Frame::new(Agenda::new(in_force, &[], &plan.instruments).map_err(broken)?, view).map_err(broken)
}

/// Writes what was prepared, from one consistent state of the database.
pub fn write(ctx: &Ctx, prepared: &Prepared, what: What, sink: &mut dyn Write) -> Result<(), Error> {
    with_records(ctx, prepared, |frame, source, about| match what {
        What::One(dataset) => frame.write(dataset, source, sink),
        What::Package => {
            let mut archive = Archive::new(sink, frame.view.cut)?;
            package::write(frame, source, about, &mut archive)?;
            archive.finish().map(|_| ())
        }
    })
}

/// Writes the package onto a shelf, such as a folder.
pub fn write_package(ctx: &Ctx, prepared: &Prepared, shelf: &mut dyn Shelf) -> Result<(), Error> {
    with_records(ctx, prepared, |frame, source, about| {
        package::write(frame, source, about, shelf).map(|_| ())
    })
}

fn with_records(
    ctx: &Ctx,
    prepared: &Prepared,
    write: impl FnOnce(&Frame<'_>, &mut dyn Source, &About<'_>) -> Result<(), DatasetError>,
) -> Result<(), Error> {
    ctx.house.db.read(|tx| {
        let id = prepared.study.parse().map_err(|_| Error::internal("an export names no study"))?;
        let study = crate::storage::study::find(tx, &id)?.ok_or_else(Error::not_found)?;
        if study.state != prepared.state {
            return Err(Error::conflict("conflict").detail("the study has moved on: ask again"));
        }
        let plan = ctx.house.plans.of(tx, &study)?;
        let frame = frame(&plan, prepared.view.clone())?;
        let about = About {
            study_id: study.id.as_str(),
            mode: study.mode.as_str(),
            software: SOFTWARE,
            protocol: &plan.source,
        };
        let cut = prepared.cut;
        let mut records = Records { tx, plan: plan.clone(), study: study.clone(), cut };
        write(&frame, &mut records, &about)
            .map_err(|error| Error::internal("a dataset can't be written").caused_by(error))
    })
}

/// The records of a study, read page by page.
struct Records<'t, 'c> {
    tx: &'t mut Tx<'c>,
    plan: Arc<Plan>,
    study: Study,
    cut: Timestamp,
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
        let plan = self.plan.clone();
        let site = crate::storage::staff::find_site(self.tx, &person.site)?
            .ok_or_else(|| Error::internal("a participant without a site"))?;
        let mut record = Record::load(self.tx, &plan, person, &site, self.cut)?;
        let links = people::list_secrets(self.tx, SecretKind::Link, person.id.as_str())?;
        let zone = record.zone;
        let day = |at: Timestamp| at.date_in(zone);
        // Age is that of the day of registration, whenever the export is made.
        record.today = day(person.registered_at);
        let age = name_of("age", &record).and_then(|value| match value {
            Value::Number(number) => number.whole(),
            _ => None,
        });
        let sex = name_of("sex", &record).and_then(|value| match value {
            Value::Text(code) => Some(code),
            _ => None,
        });
        record.today = day(self.cut);
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
            received_arm: None,
            age,
            sex,
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
        let state = answering::times(assessment).state(self.cut);
        record.this = Some(assessment.id.clone());
        let mut hidden = std::collections::BTreeSet::new();
        for measure in answering::measures(record, assessment) {
            if assessment.submitted_at.is_some() && answering::is_hidden(record, measure)? {
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

fn name_of(word: &str, record: &Record<'_>) -> Option<Value> {
    let expr = crate::trial::expression::reader::read(word).ok()?;
    let names = crate::trial::expression::ast::names(&expr);
    names.first().and_then(|name| record.value(name))
}

fn allocation_record(made: &Allocation) -> Result<AllocationRecord, Error> {
    let factors: std::collections::BTreeMap<String, String> = serde_json::from_str(&made.factors)
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
            let Some(latest) = enrolling::latest(record, &criterion.id) else { continue };
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
fn response(
    one: &Unfolded,
    state: AssessmentState,
    zone: crate::kernel::time::Zone,
) -> Result<Option<ResponseRecord>, Error> {
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
