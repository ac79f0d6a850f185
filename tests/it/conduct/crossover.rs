//! The trial with a waitlist that is treated later, as far as its tests share it.

use std::collections::BTreeMap;

use serde_json::json;

use equipoise::conduct::allocating;
use equipoise::conduct::allocating::AllocationRequest;
use equipoise::conduct::answering;
use equipoise::conduct::answering::Answers;
use equipoise::conduct::context::Credential;
use equipoise::conduct::judging;
use equipoise::conduct::linking;

use crate::conduct::trial;
use crate::conduct::trial::Person;
use crate::world;
use crate::world::World;

pub const DAY: i64 = 86_400;

pub fn protocol() -> String {
    world::fixture("crossover.toml")
}

pub fn world() -> World {
    World::open_with(&protocol(), world::texts_of("crossover"))
}

/// A session of today: the one of the registration has ended long ago.
pub fn session(world: &World, person: &Person) -> Credential {
    let link = linking::issue_person_link(&world.ctx(&world.coordinator), &person.id).unwrap().value;
    let opened = linking::open_session(&world.ctx(&Credential::Nobody), &link.link_token).unwrap();
    Credential::Session(opened.session)
}

/// Sends an occasion with all that it asks.
pub fn send(world: &World, person: &Person, occasion: &str, item_nine: i64) {
    let id = trial::assessment_of(world, person, occasion);
    let mut rest = BTreeMap::from([("phq9".to_owned(), trial::phq9(item_nine))]);
    if occasion == "post" {
        let gad7: Answers = (1..=7).map(|item| (item.to_string(), json!(1))).collect();
        rest.insert("gad7".to_owned(), gad7);
    }
    let sent = answering::submit_own(&world.ctx(&session(world, person)), &id, rest);
    sent.unwrap_or_else(|error| panic!("{occasion}: {error}"));
}

/// A person who has just been drawn.
pub fn draw(world: &World) -> Person {
    let person = trial::register(world);
    trial::consent(world, &person);
    send(world, &person, "pre", 0);
    let request = AllocationRequest {
        confirm_code: person.code.clone(),
        checked_person: true,
        strata: BTreeMap::from([("site".to_owned(), "umea".to_owned())]),
    };
    allocating::allocate(&world.ctx(&world.coordinator), &person.id, request).unwrap();
    person
}

pub fn arm(world: &World, person: &Person) -> String {
    let made = world.house.db.read(|tx| equipoise::storage::allocation::find_of(tx, &person.id));
    let made: Option<equipoise::storage::allocation::Allocation> =
        made.unwrap_or_else(|error: equipoise::kernel::Error| panic!("{error}"));
    made.unwrap().arm
}

/// Begins the first period today.
pub fn start(world: &World, person: &Person) {
    let on = world.now().date_in(equipoise::kernel::time::Zone::Europe__Stockholm);
    judging::set_anchor(&world.ctx(&world.coordinator), &person.id, "start", on, None).unwrap();
}
