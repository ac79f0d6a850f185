//! A simulated person's way through enrolment: registered, handed a link, consenting, answering, judged, decided on, drawn.

use std::collections::BTreeMap;

use crate::conduct::allocating;
use crate::conduct::allocating::AllocationRequest;
use crate::conduct::asking;
use crate::conduct::assigning;
use crate::conduct::consenting;
use crate::conduct::consenting::NewConsent;
use crate::conduct::contacting::Contact;
use crate::conduct::context::Credential;
use crate::conduct::context::Ctx;
use crate::conduct::judging;
use crate::conduct::judging::Decision;
use crate::conduct::judging::Judgement;
use crate::conduct::linking;
use crate::conduct::linking::HandedLink;
use crate::conduct::record::Record;
use crate::conduct::registering;
use crate::conduct::registering::NewParticipant;
use crate::conduct::seeing::Sight;
use crate::conduct::standing;
use crate::kernel::Error;
use crate::simulation::chance::Chance;
use crate::simulation::course::Course;
use crate::simulation::course::DAY;
use crate::simulation::course::Person;
use crate::simulation::course::Wake;
use crate::simulation::course::because;
use crate::simulation::population;
use crate::simulation::population::Way;
use crate::storage::assessment::Assessment;
use crate::storage::participant::ParticipantState;
use crate::trial::enrolment::progress::StepState;
use crate::trial::expression::evaluation::Truth;
use crate::trial::protocol::model::ConsentHow;
use crate::trial::protocol::model::Criterion;
use crate::trial::protocol::model::Judged;
use crate::trial::protocol::model::Sense;
use crate::trial::protocol::model::Step;
use crate::trial::protocol::model::StepKind;
use crate::trial::role::Respondent;
use crate::trial::role::Role;

impl Course<'_> {
    /// Registers somebody new; others come in the place of those who will fall out.
    pub(super) fn register(&mut self) -> Result<(), Error> {
        let number = self.people.len();
        let drawn = || Way::draw(&Chance::new(&self.seed, &format!("way/{number}")), &self.rates);
        let way = self.first.get(number).copied().unwrap_or_else(drawn);
        if way != Way::Through {
            let at = self.in_days(1);
            self.at(at, Wake::Register);
        }
        self.register_for(way)
    }

    /// Registers somebody of whom it is known what will become.
    pub(super) fn register_for(&mut self, way: Way) -> Result<(), Error> {
        let number = self.people.len();
        let chance = Chance::new(&self.seed, &format!("person/{number}"));
        let language = chance.pick(&self.plan.protocol.study.languages).cloned().unwrap_or_default();
        let (site, site_id) = chance
            .pick(&self.sites)
            .cloned()
            .ok_or_else(|| Error::internal("a simulated study without sites"))?;
        let today = self.now.date_in(self.plan.protocol.study.zone);
        let candidate = population::draw(
            self.plan,
            &self.rates,
            &chance,
            way,
            (site.as_str(), language.as_str()),
            today,
        )?;
        // The second registration of a person bears the address of the first.
        let twin = if way == Way::Duplicate { number.saturating_sub(1) } else { number };
        let coordinator = self.staff.ctx_as(&self.house.clone(), self.now, Role::Coordinator, Some(&site))?;
        let new = NewParticipant {
            site: site_id,
            language,
            time_zone: None,
            source: if chance.happens(0.7) { "web" } else { "referral" }.to_owned(),
            cohort: self.cohort(),
            contact: Some(Contact {
                name: Some(format!("Synthetic Person {number}")),
                email: Some(format!("synthetic.{twin}@example.org")),
                ..Contact::default()
            }),
        };
        let made = registering::register(&coordinator, &self.study.clone(), new)?.value;
        self.people.push(Person {
            id: made.id,
            code: made.code,
            site,
            chance,
            candidate,
            planned: std::collections::BTreeSet::new(),
            is_followed: false,
            gone_from: None,
        });
        let at = self.in_days(1);
        self.at(at, Wake::Enrol(number));
        Ok(())
    }

    /// The earliest calendar cohort whose date is still far enough ahead.
    fn cohort(&self) -> Option<String> {
        use crate::trial::schedule::definition::AnchorKind;
        let enough = self.now.plus_seconds(45 * DAY).date_in(self.plan.protocol.study.zone);
        let anchors = self.plan.protocol.schedule.anchors.iter();
        let dates = anchors.filter_map(|anchor| match &anchor.kind {
            AnchorKind::Calendar(dates) => Some(dates),
            AnchorKind::Event { .. } | AnchorKind::Offset(_) => None,
        });
        let mut cohorts: Vec<_> =
            dates.flatten().filter_map(|date| Some((date.date, date.cohort.clone()?))).collect();
        cohorts.sort();
        let next = cohorts.iter().find(|(date, _)| *date >= enough).or_else(|| cohorts.last());
        next.map(|(_, cohort)| cohort.clone())
    }

    /// Does the next thing of somebody's enrolment, whoever has to do it.
    pub(super) fn enrol(&mut self, person: usize) -> Result<(), Error> {
        let record = self.record(person)?;
        match record.participant.state {
            ParticipantState::Registered | ParticipantState::Enrolling | ParticipantState::Ready => {}
            ParticipantState::Excluded
            | ParticipantState::Randomized
            | ParticipantState::Enrolled
            | ParticipantState::Completed => return Ok(()),
        }
        let progress = standing::progress(&record)?;
        let steps = &self.plan.protocol.enrolment.steps;
        let in_state = |wanted| steps.iter().find(|step| progress.state(&step.id) == Some(wanted));
        if let Some(failed) = in_state(StepState::Failed) {
            return self.exclude(person, &record, failed);
        }
        let Some(step) = in_state(StepState::Open) else { return Ok(()) };
        if self.stops_at(person, step, &record) {
            return Ok(());
        }
        self.act_on(person, &record, step)?;
        let days = self.person(person)?.chance.between(0, longest_wait(step));
        let at = self.in_days(days);
        self.at(at, Wake::Enrol(person));
        Ok(())
    }

    /// Whoever lapses stops after consent, at the first questions; a duplicate waits for a decision nobody makes; when as many
    /// are drawn as are wanted, nobody else is.
    fn stops_at(&self, person: usize, step: &Step, record: &Record<'_>) -> bool {
        let lapses = self.goes(person, Way::Lapses) && step.occasion.is_some();
        let is_full = self.drawn >= self.wanted;
        lapses || (step.kind == StepKind::Randomization && (is_full || !record.holds.is_empty()))
    }

    fn act_on(&mut self, person: usize, record: &Record<'_>, step: &Step) -> Result<(), Error> {
        match step.kind {
            StepKind::Consent => self.consent(person, step),
            StepKind::Screening | StepKind::Baseline | StepKind::Interview => {
                let mut here = step.occasion.iter().flat_map(|occasion| record.at(occasion));
                match here.find(|one| one.submitted_at.is_none()).cloned() {
                    Some(assessment) => self.answer_in_enrolment(person, &assessment),
                    None => self.judge_next(person, record, step).map(|_| ()),
                }
            }
            StepKind::Document => self.judge_next(person, record, step).map(|_| ()),
            StepKind::Decision | StepKind::Inclusion => {
                if self.judge_next(person, record, step)? {
                    return Ok(());
                }
                self.decide(person, record, step)
            }
            StepKind::Randomization => self.allocate(person),
        }
    }

    /// The session of a person who has just been handed a link by the coordinator and has confirmed it with its code.
    fn confirmed_session(&mut self, person: usize) -> Result<Ctx, Error> {
        let coordinator = self.coordinator(person)?;
        let link = linking::issue_person_link(&coordinator, &self.person(person)?.id)?.value;
        let own = self.opened(&link)?;
        linking::verify_session(&own, &link.link_token, &link.code)?;
        Ok(own)
    }

    /// The session of a person who has just been handed the link to an assessment; where that tells the arm, by somebody who
    /// sees it.
    pub(super) fn session_for(&mut self, person: usize, assessment: &Assessment) -> Result<Ctx, Error> {
        let blind = Sight::blind(self.plan);
        let hands_over = if blind.shows(assessment) && blind.asks_alike(assessment) {
            self.coordinator(person)?
        } else {
            self.one_who_follows_up(person)?
        };
        let link = linking::issue_assessment_link(&hands_over, &assessment.id)?.value;
        self.opened(&link)
    }

    fn opened(&self, link: &HandedLink) -> Result<Ctx, Error> {
        let nobody = Ctx::new(&self.house, self.now, Credential::Nobody)?;
        let opened = linking::open_session(&nobody, &link.link_token)?;
        Ctx::new(&self.house, self.now, Credential::Session(opened.session))
    }

    fn consent(&mut self, person: usize, step: &Step) -> Result<(), Error> {
        let id = step.consent.as_deref().unwrap_or_default();
        let plan = self.plan;
        let language = self.person(person)?.candidate.sheets.language.clone();
        let shown = consenting::document(plan, id, &language)
            .ok_or_else(|| Error::internal("a consent without its document"))?;
        let how = plan.protocol.consents.get(id).and_then(|consent| consent.how.first().copied());
        let how = how.ok_or_else(|| Error::internal("a consent that can't be given"))?;
        let given = !self.goes(person, Way::Declines);
        let chance = &self.person(person)?.chance;
        let items = shown
            .items
            .iter()
            .map(|(item, required, _)| (item.clone(), given && (*required || chance.happens(0.8))));
        let new = NewConsent {
            document_version: shown.version,
            language,
            sha256: shown.sha256,
            items: items.collect(),
            given,
            how,
            name: given.then(|| format!("Synthetic Person {person}")),
            signer: "participant".to_owned(),
            identity_check: "link and code".to_owned(),
            signed_on: self.now.date_in(plan.protocol.study.zone),
        };
        if how == ConsentHow::Online {
            consenting::give_own(&self.confirmed_session(person)?, new)?;
        } else {
            let coordinator = self.coordinator(person)?;
            consenting::record(&coordinator, &self.person(person)?.id.clone(), new)?;
        }
        Ok(())
    }

    fn answer_in_enrolment(&mut self, person: usize, assessment: &Assessment) -> Result<(), Error> {
        let asked = asking::measures(&self.record(person)?, assessment);
        let known = self.person(person)?;
        let prepared = asked.into_iter().filter_map(|measure| {
            let key = (assessment.occasion.clone(), measure.uses.clone());
            Some((measure.uses.clone(), known.candidate.prepared.get(&key)?.clone()))
        });
        let prepared: BTreeMap<_, _> = prepared.collect();
        self.send(person, assessment, prepared)
    }

    /// Sees to it that a visit has its rater.
    pub(super) fn assign(&mut self, person: usize, assessment: &Assessment) -> Result<(), Error> {
        if assessment.respondent != Respondent::Assessor || assessment.assigned_to.is_some() {
            return Ok(());
        }
        let rater = self.staff.assessor().cloned();
        let rater = rater.ok_or_else(|| Error::internal("the simulated staff has no assessor"))?;
        let coordinator = self.coordinator(person)?;
        assigning::assign(&coordinator, &assessment.id, rater, None).map(|_| ())
    }

    /// Judges the next criterion of a step that people judge; `false` where none is left.
    fn judge_next(&mut self, person: usize, record: &Record<'_>, step: &Step) -> Result<bool, Error> {
        let open =
            self.plan.protocol.enrolment.criteria.iter().find_map(|criterion| match &criterion.judged {
                Judged::People { by, .. }
                    if criterion.step == step.id && standing::latest(record, &criterion.id).is_none() =>
                {
                    Some((criterion, by))
                }
                Judged::People { .. } | Judged::Rule(_) => None,
            });
        let Some((criterion, by)) = open else { return Ok(false) };
        let judge = self.one_of(person, by, 0)?;
        let judgement = Judgement {
            truth: self.judgement(person, criterion),
            evidence_on: self.now.date_in(record.zone),
            source: "synthetic".to_owned(),
            reason: None,
        };
        judging::judge(&judge, &self.person(person)?.id, &criterion.id, judgement, |_| Ok(()))?;
        Ok(true)
    }

    fn judgement(&self, person: usize, criterion: &Criterion) -> Truth {
        let passes = !self.goes(person, Way::JudgedOut);
        if passes == (criterion.sense == Sense::Include) { Truth::Met } else { Truth::NotMet }
    }

    fn decide(&mut self, person: usize, record: &Record<'_>, step: &Step) -> Result<(), Error> {
        let known = record.steps.iter().find(|known| known.step == step.id);
        let is_second = known.is_some_and(|known| known.outcome.is_some());
        let decider = self.one_of(person, &step.by, usize::from(is_second))?;
        let out = self.goes(person, Way::JudgedOut);
        let decision = Decision {
            outcome: if out { "exclude" } else { "include" }.to_owned(),
            criteria_etag: registering::criteria_etag(&record.verdicts)?,
            reason: out.then(|| because("Decided against.")),
        };
        judging::decide(&decider, &self.person(person)?.id, decision).map(|_| ())
    }

    fn exclude(&mut self, person: usize, record: &Record<'_>, failed: &Step) -> Result<(), Error> {
        let failing = self.plan.protocol.enrolment.criteria.iter().find(|criterion| {
            let verdict = standing::latest(record, &criterion.id).map(|verdict| verdict.outcome.as_str());
            let out = if criterion.sense == Sense::Include { Truth::NotMet } else { Truth::Met };
            criterion.step == failed.id && verdict == Some(out.as_str())
        });
        let coordinator = self.coordinator(person)?;
        let criterion = failing.map(|criterion| criterion.id.clone());
        judging::exclude(&coordinator, &self.person(person)?.id, because("Not eligible."), criterion)
            .map(|_| ())
    }

    fn allocate(&mut self, person: usize) -> Result<(), Error> {
        let steps = &self.plan.protocol.enrolment.steps;
        let step = steps.iter().find(|step| step.kind == StepKind::Randomization);
        let by = step.map(|step| step.by.clone()).unwrap_or_default();
        let by = if by.is_empty() { vec![Role::Coordinator] } else { by };
        let drawer = self.one_of(person, &by, 0)?;
        let known = self.person(person)?;
        let checklist = allocating::checklist(&drawer, &known.id)?;
        let request = AllocationRequest {
            confirm_code: known.code.clone(),
            checked_person: true,
            strata: checklist.strata.into_iter().filter_map(|(id, level)| Some((id, level?))).collect(),
        };
        allocating::allocate(&drawer, &known.id, request)?;
        self.drawn += 1;
        self.follow(person)
    }
}

/// Days until the next thing at most: so short that no step lapses that is not meant to.
fn longest_wait(step: &Step) -> i64 {
    step.within_hours.map_or(4, |hours| (i64::from(hours) / 24 / 4).min(4))
}
