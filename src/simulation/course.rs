//! The course of a simulated trial: a calendar of what happens next, and the people to whom it happens. Everything is done
//! by the verbs that everybody uses; nothing is written past them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Map;
use serde_json::Value;

use crate::conduct::context::House;
use crate::conduct::designing;
use crate::conduct::plan::Plan;
use crate::conduct::settling;
use crate::conduct::studying;
use crate::conduct::studying::StudyView;
use crate::kernel::Error;
use crate::kernel::ids::AlertId;
use crate::kernel::ids::AssessmentId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::SiteId;
use crate::kernel::time::Timestamp;
use crate::simulation::chance::Chance;
use crate::simulation::effect::Effects;
use crate::simulation::population::Candidate;
use crate::simulation::population::Way;
use crate::simulation::rates::Rates;
use crate::simulation::staff::Staff;
use crate::storage::study::Mode;
use crate::trial::audit::event::Reason;
use crate::trial::protocol::texts::Texts;
use crate::trial::role::Role;

/// A day in seconds.
pub const DAY: i64 = 86_400;
/// Acts between two commits.
const BATCH: u32 = 400;
/// Registrations between which a trial that has lost people asks for more, at most.
const ROUNDS: u32 = 20;

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The protocol.
    pub source: String,
    /// The texts beside it.
    pub texts: Texts,
    /// How many are randomized (registered, where the protocol does not randomize).
    pub participants: u32,
    /// The seed text of all chance.
    pub seed: String,
    /// Standardized differences by arm, positive = better.
    pub effects: BTreeMap<String, f64>,
    /// The restricted keys of a sealed protocol.
    pub design: Map<String, Value>,
    /// How often things happen.
    pub rates: Rates,
    /// What becomes of those who come first; of the others chance decides.
    pub first: Vec<Way>,
    /// When it begins.
    pub begin: Timestamp,
    /// When it stops, wherever everybody stands; `None`: when everybody is through.
    pub until: Option<Timestamp>,
}

/// What happens at some time.
#[derive(Clone, Debug)]
pub enum Wake {
    /// Somebody is registered.
    Register,
    /// The next thing in somebody's enrolment.
    Enrol(usize),
    /// Somebody answers, or somebody answers about them.
    Answer(usize, AssessmentId),
    /// A date is recorded for somebody.
    Anchor(usize, String),
    /// Alerts are read.
    ReadAlerts,
    /// A claimed alert is closed.
    CloseAlert(AlertId),
    /// The clock of the service ticks.
    Tick,
}

/// A person of the trial.
pub struct Person<'p> {
    /// The participant.
    pub id: ParticipantId,
    /// The code.
    pub code: String,
    /// Site code.
    pub site: String,
    /// The person's own chance.
    pub chance: Chance,
    /// Who it is.
    pub candidate: Candidate<'p>,
    /// Assessments of which it is settled when they are answered, or that they are not.
    pub planned: BTreeSet<AssessmentId>,
    /// Whether it is settled what follows the draw.
    pub is_followed: bool,
    /// From when on nothing is answered any more.
    pub gone_from: Option<Timestamp>,
}

/// The trial while it runs.
pub struct Course<'p> {
    /// The house.
    pub house: House,
    /// The plan.
    pub plan: &'p Plan,
    /// The study's id.
    pub study: String,
    /// Its sites.
    pub sites: Vec<(String, SiteId)>,
    /// The staff.
    pub staff: Staff,
    /// Now.
    pub now: Timestamp,
    /// How often things happen.
    pub rates: Rates,
    /// What treatments do.
    pub effects: Effects,
    /// The seed text.
    pub seed: String,
    /// The people.
    pub people: Vec<Person<'p>>,
    /// The chance of the trial as such.
    pub chance: Chance,
    /// What becomes of those who come first.
    pub first: Vec<Way>,
    /// How many are to be drawn.
    pub wanted: u32,
    /// How many are.
    pub drawn: u32,
    until: Option<Timestamp>,
    pub(super) calendar: BTreeMap<(Timestamp, u64), Wake>,
    entries: u64,
    last_window: Timestamp,
    acts: u32,
    rounds: u32,
}

/// A study that is open, with its staff.
pub struct Opened {
    /// The study.
    pub view: StudyView,
    /// The staff.
    pub staff: Staff,
    /// The plan.
    pub plan: Arc<Plan>,
}

/// Makes the staff and the study, seals the design, opens recruitment.
pub fn open(house: &House, setup: &Setup) -> Result<Opened, Error> {
    let now = setup.begin;
    let mut staff = Staff::begin(house, now)?;
    let administrator = staff.ctx(house, now, 0)?;
    let made = studying::create(&administrator, Mode::Test, setup.source.clone(), setup.texts.clone())?.value;
    let id = made.study.id.to_string();
    let sites: Vec<_> = made.sites.iter().map(|site| (site.code.clone(), site.id.clone())).collect();
    let plan = house.db.read(|tx| house.plans.of(tx, &made.study))?;
    staff.grow(house, now, &id, &sites, &plan.protocol.study.blind)?;
    if plan.protocol.randomization.is_some() {
        let unblinded = staff.unblinded(house, now)?;
        designing::put(&unblinded, &id, setup.design.clone(), |_| Ok(()))?;
        designing::commit(&unblinded, &id)?;
        designing::activate(&unblinded, &id)?;
    }
    let lead = staff.ctx_as(house, now, Role::Lead, None)?;
    let view = studying::open(&lead, &id, because("Recruitment begins."))?.value;
    Ok(Opened { view, staff, plan })
}

/// A reason in words.
pub fn because(text: &str) -> Reason {
    Reason { code: "other".to_owned(), text: text.to_owned() }
}

impl<'p> Course<'p> {
    /// A trial that was opened and into which nobody has come yet.
    pub fn new(house: &House, opened: &'p Opened, setup: &Setup, effects: Effects) -> Self {
        let sites = opened.view.sites.iter().map(|site| (site.code.clone(), site.id.clone())).collect();
        Self {
            house: house.clone(),
            plan: &opened.plan,
            study: opened.view.study.id.to_string(),
            sites,
            staff: opened.staff.clone(),
            now: setup.begin,
            rates: setup.rates,
            effects,
            seed: setup.seed.clone(),
            people: Vec::new(),
            chance: Chance::new(&setup.seed, "trial"),
            first: setup.first.clone(),
            wanted: setup.participants,
            drawn: 0,
            until: setup.until,
            calendar: BTreeMap::new(),
            entries: 0,
            last_window: setup.begin,
            acts: 0,
            rounds: 0,
        }
    }

    /// Runs it to its end; `told` hears of each day: done and still to be registered.
    pub fn run(&mut self, told: &mut dyn FnMut(usize, u32)) -> Result<(), Error> {
        self.plan_registrations(self.wanted);
        self.at(self.now.plus_seconds(DAY), Wake::Tick);
        loop {
            let Some(((at, _), wake)) = self.calendar.pop_first() else {
                if self.is_complete()? {
                    return Ok(());
                }
                continue;
            };
            if self.until.is_some_and(|until| at > until) {
                return Ok(());
            }
            if matches!(wake, Wake::Tick) {
                told(self.people.len(), self.wanted);
            }
            self.now = self.now.max(at);
            let what = format!("{wake:?}");
            self.happen(wake).map_err(|error| {
                Error::internal(format!("the simulation has failed at {at} in {what}")).caused_by(error)
            })?;
            self.acts += 1;
            if self.acts.is_multiple_of(BATCH) {
                self.house.db.commit_held()?;
            }
        }
    }

    fn happen(&mut self, wake: Wake) -> Result<(), Error> {
        match wake {
            Wake::Register => self.register(),
            Wake::Enrol(person) => self.enrol(person),
            Wake::Answer(person, assessment) => self.answer(person, &assessment),
            Wake::Anchor(person, name) => self.record_anchor(person, &name),
            Wake::ReadAlerts => self.read_alerts(),
            Wake::CloseAlert(alert) => self.close_alert(&alert),
            Wake::Tick => self.tick(),
        }
    }

    /// Puts something into the calendar.
    pub fn at(&mut self, at: Timestamp, wake: Wake) {
        self.entries += 1;
        self.calendar.insert((at, self.entries), wake);
    }

    /// A moment of a coming day between 7 and 19 o'clock UTC, so many days ahead.
    pub fn in_days(&self, days: i64) -> Timestamp {
        let day = Timestamp::midnight_utc(self.now.date_in(crate::kernel::time::Zone::UTC));
        let at = day.plus_seconds(days * DAY + self.chance.between(7 * 3600, 19 * 3600));
        at.max(self.now.plus_seconds(600))
    }

    /// Windows up to here are waited for.
    pub fn wait_until(&mut self, end: Timestamp) {
        self.last_window = self.last_window.max(end);
    }

    fn plan_registrations(&mut self, through: u32) {
        let days = i64::from(self.rates.recruitment_days);
        for number in 0..through {
            // The days are filled evenly; the moment within them is chance.
            let day = days * i64::from(number) / i64::from(through.max(1));
            let at = self.in_days(day);
            self.at(at, Wake::Register);
        }
    }

    /// Whether everybody is through; if people are missing, more are registered.
    fn is_complete(&mut self) -> Result<bool, Error> {
        let missing = self.wanted.saturating_sub(self.drawn);
        if missing == 0 || self.plan.protocol.randomization.is_none() {
            return Ok(true);
        }
        self.rounds += 1;
        if self.rounds > ROUNDS {
            let detail = format!("{} of {} simulated people could be randomized", self.drawn, self.wanted);
            return Err(Error::invalid("protocol.unsupported").detail(detail));
        }
        for _ in 0..missing {
            let at = self.in_days(1);
            self.at(at, Wake::Register);
        }
        self.at(self.now.plus_seconds(DAY), Wake::Tick);
        Ok(false)
    }

    fn tick(&mut self) -> Result<(), Error> {
        let settled = settling::settle(&self.house, self.now)?;
        if settled.failed > 0 {
            return Err(Error::internal("the clock could not settle a simulated person"));
        }
        if settled.raised > 0 {
            self.alerts_are_up();
        }
        // Ticks go on while anything is to come or any window is open.
        if !self.calendar.is_empty() || self.now < self.last_window.plus_seconds(2 * DAY) {
            self.at(self.now.plus_seconds(DAY), Wake::Tick);
        }
        Ok(())
    }
}
