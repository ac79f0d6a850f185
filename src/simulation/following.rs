//! A simulated person after the draw: what is answered, when, how completely, and by whom else.

use std::collections::BTreeMap;

use crate::conduct::anchoring;
use crate::conduct::answering;
use crate::conduct::asking;
use crate::conduct::asking::Answers;
use crate::conduct::record::Record;
use crate::kernel::Error;
use crate::kernel::ids::AssessmentId;
use crate::kernel::time::Timestamp;
use crate::simulation::answers::Respondent as Answering;
use crate::simulation::answers::is_met;
use crate::simulation::course::Course;
use crate::simulation::course::DAY;
use crate::simulation::course::Wake;
use crate::simulation::population;
use crate::storage::assessment::Assessment;
use crate::trial::role::Respondent;
use crate::trial::role::Role;
use crate::trial::schedule::definition::AnchorKind;
use crate::trial::schedule::definition::Measure;

/// Days after the end of what comes before it on which somebody's own treatment begins.
const OWN_START: (i64, i64) = (2, 14);
/// Days after the draw on which other events are recorded.
const EVENT: (i64, i64) = (1, 7);

impl Course<'_> {
    /// Plans everything about a person that is not planned yet: answers to windows that have a date, dates to be recorded.
    pub(super) fn follow(&mut self, person: usize) -> Result<(), Error> {
        let record = self.record(person)?;
        if record.allocation.is_none() {
            return Ok(());
        }
        if !self.person(person)?.is_followed {
            self.person_mut(person)?.is_followed = true;
            self.settle_drop_out(person, &record)?;
            self.plan_anchors(person, &record)?;
        }
        for assessment in &record.assessments {
            let is_new =
                assessment.anchor.is_some() && !self.person(person)?.planned.contains(&assessment.id);
            if let (true, Some(opens)) = (is_new, assessment.opens_at) {
                self.person_mut(person)?.planned.insert(assessment.id.clone());
                self.plan_answer(person, assessment, opens)?;
            }
        }
        Ok(())
    }

    /// Some stop answering at a moment between the draw and the end of what is planned.
    fn settle_drop_out(&mut self, person: usize, record: &Record<'_>) -> Result<(), Error> {
        let last = record.assessments.iter().filter_map(|one| one.closes_at).max().unwrap_or(self.now);
        let now = self.now;
        let dropped_out = self.rates.dropped_out;
        let known = self.person_mut(person)?;
        if known.chance.happens(dropped_out) {
            let seconds = known.chance.between(0, last.seconds_since(now).max(0));
            known.gone_from = Some(now.plus_seconds(seconds));
        }
        Ok(())
    }

    /// Dates that staff record: the start of a later treatment after what comes before it, other events after the draw.
    fn plan_anchors(&mut self, person: usize, record: &Record<'_>) -> Result<(), Error> {
        let schedule = &self.plan.protocol.schedule;
        for anchor in &schedule.anchors {
            let AnchorKind::Event { .. } = &anchor.kind else { continue };
            let here = |arms: &Vec<String>| arms.iter().any(|arm| Some(arm.as_str()) == record.arm());
            if !anchor.arms.as_ref().is_none_or(here) {
                continue;
            }
            let episode = schedule.episodes.iter().find(|episode| episode.anchor == anchor.id);
            let chance = &self.person(person)?.chance;
            let at = match episode {
                Some(episode) if here(&episode.arms) => {
                    let ends = record.at(&episode.after).filter_map(|one| one.late_at).max();
                    ends.map(|end| end.plus_seconds(chance.between(OWN_START.0, OWN_START.1) * DAY))
                }
                Some(_) => None,
                None => Some(self.now.plus_seconds(chance.between(EVENT.0, EVENT.1) * DAY)),
            };
            if let Some(at) = at {
                self.wait_until(at);
                self.at(at, Wake::Anchor(person, anchor.id.clone()));
            }
        }
        Ok(())
    }

    /// Records that something has happened today.
    pub(super) fn record_anchor(&mut self, person: usize, name: &str) -> Result<(), Error> {
        let anchors = &self.plan.protocol.schedule.anchors;
        let roles = anchors.iter().find_map(|anchor| match &anchor.kind {
            AnchorKind::Event { record, .. } if anchor.id == name => Some(record.clone()),
            AnchorKind::Event { .. } | AnchorKind::Calendar(_) | AnchorKind::Offset(_) => None,
        });
        // Therapists have no caseload yet, and a therapist's right reaches no further.
        let roles: Vec<Role> =
            roles.unwrap_or_default().into_iter().filter(|role| *role != Role::Therapist).collect();
        let recorder = match self.plan.protocol.schedule.arms_of_anchor(name) {
            Some(_) => self.one_who_sees(person, &roles)?,
            None => self.one_of(person, &roles, 0)?,
        };
        let today = self.now.date_in(self.record(person)?.zone);
        anchoring::set_anchor(&recorder, &self.person(person)?.id, name, today, None, |_| Ok(()))?;
        self.follow(person)
    }

    fn plan_answer(&mut self, person: usize, assessment: &Assessment, opens: Timestamp) -> Result<(), Error> {
        let closes = assessment.closes_at.unwrap_or(opens);
        let late = assessment.late_at.unwrap_or(closes);
        self.wait_until(late);
        let rates = self.rates;
        let known = self.person(person)?;
        let chance = &known.chance;
        let is_self = assessment.respondent == Respondent::Participant;
        let is_late = is_self && late > closes && chance.happens(rates.late);
        let (from, until) = if is_late { (closes, late) } else { (opens, closes) };
        // Within a window most answer early.
        let length = until.seconds_since(from).max(2) - 1;
        let share = chance.between(0, length).min(chance.between(0, length));
        let at = from.plus_seconds(share);
        let missed = chance.happens(if is_self { rates.missed } else { rates.visit_missed });
        let is_gone = is_self && known.gone_from.is_some_and(|gone| at >= gone);
        if !missed && !is_gone {
            self.at(at.max(self.now), Wake::Answer(person, assessment.id.clone()));
        }
        Ok(())
    }

    /// Answers an assessment whose time has come.
    pub(super) fn answer(&mut self, person: usize, id: &AssessmentId) -> Result<(), Error> {
        let record = self.record(person)?;
        let assessment = record.assessments.iter().find(|known| known.id == *id).cloned();
        let assessment = assessment.ok_or_else(|| Error::internal("a planned assessment is gone"))?;
        let answers = self.draw_answers(person, &record, &assessment)?;
        let unsent = self.rates.unsent;
        let is_self = assessment.respondent == Respondent::Participant;
        if is_self && self.person(person)?.chance.happens(unsent) {
            return self.leave_unsent(person, &assessment, answers);
        }
        self.send(person, &assessment, answers)?;
        self.follow(person)
    }

    fn draw_answers(
        &mut self,
        person: usize,
        record: &Record<'_>,
        assessment: &Assessment,
    ) -> Result<BTreeMap<String, Answers>, Error> {
        let measures: Vec<Measure> = asking::measures(record, assessment).into_iter().cloned().collect();
        let relief = self.relief(record, assessment);
        let (plan, rates, now) = (self.plan, self.rates, self.now);
        let known = self.person_mut(person)?;
        let latent = known.candidate.severity - relief + population::WITHIN * known.chance.normal();
        known.candidate.sheets.this.clone_from(&assessment.occasion);
        known.candidate.sheets.today = now.date_in(record.zone);
        let mut answers = BTreeMap::new();
        for measure in measures {
            let hidden = measure.shown.as_ref().is_some_and(|rule| !is_met(rule, &known.candidate.sheets));
            if hidden {
                continue;
            }
            let respondent = Answering {
                chance: &known.chance,
                latent,
                skipped: rates.skipped,
                yes: rates.yes,
                today: now.date_in(record.zone),
                age_item: population::age_item(plan, &assessment.occasion, &measure.uses),
            };
            let given = respondent.answer(&measure.uses, &mut known.candidate.sheets)?;
            answers.insert(measure.uses, given);
        }
        Ok(answers)
    }

    /// How much less distressed the person is: by the arm since the draw, in a later episode by its treatment too.
    fn relief(&self, record: &Record<'_>, assessment: &Assessment) -> f64 {
        use crate::trial::schedule::definition::EpisodeTreatment;
        let drawn = record.allocation.as_ref().map_or(self.now, |made| made.allocated_at);
        let since = |at: Timestamp| self.now.seconds_since(at) / DAY;
        let first = record.arm().map_or(0.0, |arm| self.effects.relief(arm, since(drawn)));
        let episodes = &self.plan.protocol.schedule.episodes;
        let later = episodes.iter().find(|episode| episode.id == assessment.episode);
        let Some(later) = later else { return first };
        let begun = record.anchors.iter().rfind(|anchor| anchor.name == later.anchor);
        let begun = begun.map_or(self.now, |anchor| Timestamp::midnight_utc(anchor.on));
        let own = match &later.gives {
            EpisodeTreatment::Named(treatment) => self.effects.relief(treatment, since(begun)),
            EpisodeTreatment::Chosen(_) => 0.0,
        };
        first + own
    }

    /// Saves the first half of the first measure and leaves it at that.
    fn leave_unsent(
        &mut self,
        person: usize,
        assessment: &Assessment,
        answers: BTreeMap<String, Answers>,
    ) -> Result<(), Error> {
        let Some((uses, first)) = answers.into_iter().next() else { return Ok(()) };
        let half = first.len().div_ceil(2);
        let half: Answers = first.into_iter().take(half).collect();
        let own = self.session_for(person, assessment)?;
        let saved = answering::save_own(&own, &assessment.id, &uses, half)?.value;
        if saved.help_first {
            self.alerts_are_up();
        }
        Ok(())
    }

    /// Sends an assessment, by whoever answers it; some save a part first.
    pub(super) fn send(
        &mut self,
        person: usize,
        assessment: &Assessment,
        mut answers: BTreeMap<String, Answers>,
    ) -> Result<(), Error> {
        let saved_first = self.rates.saved_first;
        let by = match assessment.respondent {
            Respondent::Participant => self.session_for(person, assessment)?,
            Respondent::Assessor => {
                self.assign(person, assessment)?;
                self.one_of(person, &[Role::Assessor], 0)?
            }
            Respondent::Coordinator if assessment.arm_bound => {
                self.one_who_sees(person, &[Role::Coordinator])?
            }
            Respondent::Coordinator => self.coordinator(person)?,
            Respondent::Therapist | Respondent::Guardian => {
                let detail = format!("answers by the {} can't be simulated", assessment.respondent);
                return Err(Error::invalid("protocol.unsupported").detail(detail));
            }
        };
        let mut help = false;
        let sent = if assessment.respondent == Respondent::Participant {
            if self.person(person)?.chance.happens(saved_first)
                && let Some((uses, first)) = answers.pop_first()
            {
                help = answering::save_own(&by, &assessment.id, &uses, first)?.value.help_first;
            }
            answering::submit_own(&by, &assessment.id, answers)?
        } else {
            answering::submit_for(&by, &assessment.id, answers, "staff")?
        };
        if help || sent.value.help_first {
            self.alerts_are_up();
        }
        Ok(())
    }
}
