//! The demonstration: the example trial, begun fourteen months ago and still running, with somebody in every state.

use crate::conduct::asking;
use crate::conduct::context::House;
use crate::conduct::linking;
use crate::conduct::linking::HandedLink;
use crate::conduct::own_account;
use crate::conduct::own_account::NewToken;
use crate::kernel::Error;
use crate::kernel::time::Timestamp;
use crate::simulation::course;
use crate::simulation::course::Course;
use crate::simulation::course::DAY;
use crate::simulation::course::Setup;
use crate::simulation::effect::Effects;
use crate::simulation::population::Way;
use crate::simulation::rates::Rates;
use crate::simulation::report::Counts;
use crate::simulation::staff::Member;
use crate::storage::participant::ParticipantState;
use crate::trial::permission::caller::TokenScope;
use crate::trial::protocol::shipped;
use crate::trial::role::Respondent;
use crate::trial::role::Role;
use crate::trial::schedule::state::AssessmentState;

/// The trial has run for so many days, about fourteen months.
const DAYS: i64 = 425;
/// The last people come within so many seconds before now.
const LAST_HOURS: i64 = 12 * 3600;
/// Between two steps of those who come last.
const STEP_SECONDS: i64 = 600;
/// Steps after which somebody has gone as far as enrolment goes.
const MOST_STEPS: u32 = 40;
/// Those who come first fall out, one in each way.
const EXITS: [Way; 5] = [Way::Declines, Way::Fails, Way::JudgedOut, Way::Lapses, Way::Duplicate];
/// Those who come last have come so far.
const ARRIVALS: [ParticipantState; 3] =
    [ParticipantState::Ready, ParticipantState::Enrolling, ParticipantState::Registered];

/// The trial as whoever tries it out meets it.
pub struct Demonstration {
    /// The study's alias.
    pub alias: String,
    /// The staff with their passwords.
    pub members: Vec<Member>,
    /// What is in the database.
    pub counts: Counts,
    /// Somebody who is asked something today.
    pub guest: Guest,
    /// The secret of an API token of the blinded statistician that reads datasets.
    pub token: String,
}

/// A participant with an open window.
pub struct Guest {
    /// The participant's code.
    pub code: String,
    /// What is asked.
    pub occasion: String,
    /// Until when.
    pub closes_at: Timestamp,
    /// The link that was handed over.
    pub link: HandedLink,
}

/// Fills an empty, held database up to `now`; `people` come evenly over the months, others in the place of those who fall out.
pub fn fill(
    house: &House,
    people: u32,
    now: Timestamp,
    told: &mut dyn FnMut(usize, u32),
) -> Result<Demonstration, Error> {
    let setup = Setup {
        source: shipped::EXAMPLE.to_owned(),
        texts: shipped::texts_beside(shipped::EXAMPLE),
        participants: people,
        seed: "demonstration".to_owned(),
        effects: [("ipdt".to_owned(), 0.8), ("icbt".to_owned(), 0.8)].into(),
        design: serde_json::Map::new(),
        rates: Rates { recruitment_days: u32::try_from(DAYS).unwrap_or(u32::MAX), ..Rates::default() },
        first: EXITS.to_vec(),
        begin: now.plus_seconds(-DAYS * DAY),
        until: Some(now.plus_seconds(-LAST_HOURS)),
    };
    let opened = course::open(house, &setup)?;
    let today = setup.begin.date_in(opened.plan.protocol.study.zone);
    let effects = Effects::find(&opened.plan, &setup.rates, &setup.seed, &setup.effects, today)?;
    let mut course = Course::new(house, &opened, &setup, effects);
    course.run(told)?;
    // Those who come last are wanted as well.
    course.wanted = u32::MAX;
    course.now = course.now.max(now.plus_seconds(-LAST_HOURS));
    for state in ARRIVALS {
        course.bring(state)?;
    }
    course.now = now;
    let guest = course.invite_guest()?;
    let statistician = course.staff.ctx_as(house, now, Role::Statistician, None)?;
    let new =
        NewToken { study: course.study.clone(), scopes: vec![TokenScope::DatasetsRead], expires_on: None };
    let (_, token) = own_account::create_token(&statistician, new)?.value;
    Ok(Demonstration {
        alias: opened.view.study.alias.clone(),
        members: course.staff.members().to_vec(),
        counts: Counts::of(house, &opened.view.study.id)?,
        guest,
        token,
    })
}

impl Course<'_> {
    /// Registers somebody and takes the person so far along enrolment.
    fn bring(&mut self, to: ParticipantState) -> Result<(), Error> {
        let person = self.people.len();
        self.register_for(Way::Through)?;
        for _ in 0..MOST_STEPS {
            if self.record(person)?.participant.state == to {
                return Ok(());
            }
            self.now = self.now.plus_seconds(STEP_SECONDS);
            self.enrol(person)?;
        }
        Err(Error::internal(format!("nobody of the demonstration gets as far as {}", to.as_str())))
    }

    /// Hands a link to the randomized person who has the most time left to answer.
    fn invite_guest(&mut self) -> Result<Guest, Error> {
        let mut open = Vec::new();
        for person in 0..self.people.len() {
            let record = self.record(person)?;
            if record.participant.state != ParticipantState::Randomized {
                continue;
            }
            let asked = record.assessments.iter().filter(|one| one.respondent == Respondent::Participant);
            let asked = asked.filter(|one| asking::times(one).state(self.now) == AssessmentState::Open);
            open.extend(asked.filter_map(|one| Some((one.closes_at?, person, one.occasion.clone()))));
        }
        let (closes_at, person, occasion) =
            open.into_iter().max().ok_or_else(|| Error::internal("nobody is asked anything today"))?;
        let follows_up = self.one_who_follows_up(person)?;
        let known = self.person(person)?;
        let link = linking::issue_person_link(&follows_up, &known.id)?.value;
        Ok(Guest { code: known.code.clone(), occasion, closes_at, link })
    }
}
