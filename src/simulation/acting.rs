//! Who does what in a simulated trial: the members of the staff whom an act needs, and the people themselves.

use crate::conduct::context::Ctx;
use crate::conduct::record::Record;
use crate::kernel::Error;
use crate::simulation::course::Course;
use crate::simulation::course::Person;
use crate::simulation::population::Way;
use crate::storage::participant;
use crate::storage::staff;
use crate::trial::permission::table;
use crate::trial::role::Role;
use crate::trial::role::SeesArm;

impl<'p> Course<'p> {
    /// The lead, signed in.
    pub fn lead(&mut self) -> Result<Ctx, Error> {
        self.staff.ctx_as(&self.house.clone(), self.now, Role::Lead, None)
    }

    /// The coordinator of a person's site, signed in.
    pub fn coordinator(&mut self, person: usize) -> Result<Ctx, Error> {
        let site = self.person(person)?.site.clone();
        self.staff.ctx_as(&self.house.clone(), self.now, Role::Coordinator, Some(&site))
    }

    /// Whoever has one of these roles at a person's site, signed in; the `nth` of them.
    pub fn one_of(&mut self, person: usize, roles: &[Role], nth: usize) -> Result<Ctx, Error> {
        let site = self.person(person)?.site.clone();
        self.staff.ctx_among(&self.house.clone(), self.now, roles, Some(&site), SeesArm::None, nth)
    }

    /// Whoever has one of these roles at a person's site and sees the person's arm, signed in.
    pub fn one_who_sees(&mut self, person: usize, roles: &[Role]) -> Result<Ctx, Error> {
        let site = self.person(person)?.site.clone();
        self.staff.ctx_among(&self.house.clone(), self.now, roles, Some(&site), SeesArm::Own, 0)
    }

    /// Whoever hands over what may tell a person's arm: the coordinator who sees it, or the service itself, where the protocol
    /// lets no coordinator see arms.
    pub fn one_who_follows_up(&mut self, person: usize) -> Result<Ctx, Error> {
        if table::may_see(Role::Coordinator, SeesArm::Own, &self.plan.protocol.study.blind) {
            return self.one_who_sees(person, &[Role::Coordinator]);
        }
        Ctx::system(&self.house, self.now, "simulation")
    }

    /// A person.
    pub fn person(&self, person: usize) -> Result<&Person<'p>, Error> {
        self.people.get(person).ok_or_else(|| Error::internal("nobody of this number is simulated"))
    }

    /// A person, to be changed.
    pub fn person_mut(&mut self, person: usize) -> Result<&mut Person<'p>, Error> {
        self.people.get_mut(person).ok_or_else(|| Error::internal("nobody of this number is simulated"))
    }

    /// The record of a person as the database has it.
    pub fn record(&self, person: usize) -> Result<Record<'p>, Error> {
        let id = self.person(person)?.id.clone();
        let (plan, now) = (self.plan, self.now);
        self.house.db.read(|tx| {
            let person = participant::find(tx, &id)?.ok_or_else(Error::not_found)?;
            let site = staff::find_site(tx, &person.site)?.ok_or_else(Error::not_found)?;
            Record::load(tx, plan, &person, &site, now)
        })
    }

    /// Whether a person's way is this one.
    pub fn goes(&self, person: usize, way: Way) -> bool {
        self.people.get(person).is_some_and(|person| person.candidate.way == way)
    }
}
