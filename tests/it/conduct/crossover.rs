//! The trial with a waitlist that is treated later, as far as its tests share it.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use serde_json::json;

use equipoise::conduct::allocating;
use equipoise::conduct::allocating::AllocationRequest;
use equipoise::conduct::anchoring;
use equipoise::conduct::answering;
use equipoise::conduct::asking::Answers;
use equipoise::conduct::auditing;
use equipoise::conduct::settling;
use equipoise::conduct::settling::Settled;
use equipoise::kernel::Error;
use equipoise::storage::allocation::Allocation;
use equipoise::storage::assessment;
use equipoise::storage::assessment::Assessment;
use equipoise::storage::episode::EpisodeRecord;
use equipoise::storage::participant::Participant;
use equipoise::storage::participant::ParticipantState;
use equipoise::trial::role::Role;
use equipoise::trial::role::SeesArm;

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

/// The person's assessment at an occasion, as it is stored.
pub fn stored(world: &World, person: &Person, occasion: &str) -> Option<Assessment> {
    all(world, person).into_iter().find(|one| one.occasion == occasion)
}

pub fn all(world: &World, person: &Person) -> Vec<Assessment> {
    let found = world.house.db.read(|tx| assessment::list_of(tx, &person.id));
    found.unwrap_or_else(|error: equipoise::kernel::Error| panic!("{error}"))
}

/// Sends an occasion with all that it asks.
pub fn send(world: &World, person: &Person, occasion: &str, item_nine: i64) {
    let id = trial::assessment_of(world, person, occasion);
    let mut rest = BTreeMap::from([("phq9".to_owned(), trial::phq9(item_nine))]);
    if occasion == "post" {
        let gad7: Answers = (1..=7).map(|item| (item.to_string(), json!(1))).collect();
        rest.insert("gad7".to_owned(), gad7);
    }
    let sent = answering::submit_own(&world.ctx(&trial::session(world, person)), &id, rest);
    sent.unwrap_or_else(|error| panic!("{occasion}: {error}"));
}

static PEOPLE: AtomicU32 = AtomicU32::new(0);

/// One more person.
pub fn register(world: &World) -> Person {
    let number = PEOPLE.fetch_add(1, Ordering::Relaxed);
    trial::register_as(world, &format!("synthetic.{number}@example.org"))
}

/// A person who has just been drawn.
pub fn draw(world: &World) -> Person {
    let person = register(world);
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

/// People are drawn until one has this arm. (Blocks of two and four: at most three are drawn.)
pub fn draw_into(world: &World, arm_wanted: &str) -> Person {
    (0..4).map(|_| draw(world)).find(|person| arm(world, person) == arm_wanted).unwrap()
}

/// Begins the first period today.
pub fn start(world: &World, person: &Person) {
    let on = world.now().date_in(equipoise::kernel::time::Zone::Europe__Stockholm);
    anchoring::set_anchor(&world.ctx(&world.coordinator), &person.id, "start", on, None, |_| Ok(())).unwrap();
}

fn occasions_of(world: &World, person: &Person, episode: &str) -> Vec<String> {
    all(world, person).into_iter().filter(|one| one.episode == episode).map(|one| one.occasion).collect()
}

fn episodes(world: &World, person: &Person) -> Vec<(String, String)> {
    let found: Result<Vec<EpisodeRecord>, Error> =
        world.house.db.read(|tx| equipoise::storage::episode::list_of(tx, &person.id));
    found.unwrap().into_iter().map(|one| (one.name, one.treatment)).collect()
}

fn own() -> Vec<(String, String)> {
    vec![("own".to_owned(), "ipdt".to_owned())]
}

fn allocation(world: &World, person: &Person) -> Allocation {
    let made: Result<Option<Allocation>, Error> =
        world.house.db.read(|tx| equipoise::storage::allocation::find_of(tx, &person.id));
    made.unwrap().unwrap()
}

fn settle(world: &World) -> Settled {
    settling::settle(&world.house, world.now()).unwrap()
}

/// A person of an arm whose last measurement is open.
fn at_post(world: &World, arm: &str) -> Person {
    let person = draw_into(world, arm);
    start(world, &person);
    world.advance(30 * DAY);
    person
}

/// Begins the own treatment of a waitlist; who may know arms records it.
fn begin_own(world: &World, person: &Person, on: &str) {
    let (id, seeing) = world::staff(&world.house, "seeing", false, world.now());
    world.grant(&world.lead, &id, Role::Coordinator, SeesArm::Own, &[]);
    anchoring::set_anchor(&world.ctx(&seeing), &person.id, "own", on.parse().unwrap(), None, |_| Ok(()))
        .unwrap();
}

#[test]
fn a_waitlist_gets_its_own_treatment_once_the_last_measurement_is_sent() {
    let world = world();
    let person = at_post(&world, "wl");
    let drawn = allocation(&world, &person);
    let first_period = |occasion: &str| {
        let one = stored(&world, &person, occasion).unwrap();
        (one.opens_at, one.due_on, one.closes_at, one.late_at)
    };
    settle(&world);
    let before = ["w01", "w02", "w03", "post"].map(first_period);
    assert!(occasions_of(&world, &person, "own").is_empty());
    send(&world, &person, "post", 0);
    assert_eq!(occasions_of(&world, &person, "own"), ["xpost", "xlate"]);
    assert_eq!(episodes(&world, &person), own());
    assert_eq!(stored(&world, &person, "xpost").unwrap().due_on, None, "nobody knows yet when it begins");
    // 1 July: the own treatment begins on 3 July, and is measured from there.
    begin_own(&world, &person, "2026-07-03");
    assert_eq!(stored(&world, &person, "xpost").unwrap().due_on, Some("2026-07-31".parse().unwrap()));
    assert_eq!(stored(&world, &person, "xlate").unwrap().due_on, Some("2026-08-28".parse().unwrap()));
    assert_eq!(["w01", "w02", "w03", "post"].map(first_period), before);
    assert_eq!(allocation(&world, &person), drawn, "the allocation stays what it was");
    assert!(auditing::verify(&world.house).unwrap().first_break.is_none());
}

#[test]
fn the_arm_that_was_treated_at_once_gets_no_later_treatment() {
    let world = world();
    let person = at_post(&world, "ipdt");
    send(&world, &person, "post", 0);
    world.advance(100 * DAY);
    settle(&world);
    assert!(episodes(&world, &person).is_empty() && occasions_of(&world, &person, "own").is_empty());
}

#[test]
fn a_last_measurement_that_nobody_sends_is_followed_by_the_own_treatment_all_the_same() {
    let world = world();
    let person = at_post(&world, "wl");
    settle(&world);
    // `post` takes late answers until the twentieth day after its first.
    world.advance(18 * DAY);
    assert_eq!(settle(&world).planned, 0);
    assert!(episodes(&world, &person).is_empty());
    world.advance(DAY);
    let mut settled = settle(&world);
    assert_eq!(settled.planned, 1, "{settled:?}");
    assert_eq!(occasions_of(&world, &person, "own"), ["xpost", "xlate"]);
    settled += settle(&world);
    assert_eq!((settled.planned, settled.failed), (1, 0), "once");
}

#[test]
fn a_later_treatment_waits_for_a_condition_that_is_not_met_or_not_known() {
    // Everybody has sixteen points.
    for (condition, sends, expected) in [
        ("post.phq9.total >= 16", true, 1),
        ("post.phq9.total >= 17", true, 0),
        ("post.phq9.total >= 16", false, 0),
    ] {
        let protocol =
            protocol().replace("when = \"pre.phq9.total >= 5\"", &format!("when = \"{condition}\""));
        let world = World::open_with(&protocol, world::texts_of("crossover"));
        let person = at_post(&world, "wl");
        if sends {
            send(&world, &person, "post", 0);
        }
        world.advance(100 * DAY);
        settle(&world);
        assert_eq!(episodes(&world, &person).len(), expected, "{condition}, sent: {sends}");
    }
}

#[test]
fn a_person_is_through_only_when_the_later_treatment_is_measured_too() {
    let world = world();
    let person = at_post(&world, "wl");
    send(&world, &person, "post", 0);
    begin_own(&world, &person, "2026-07-03");
    let state = || {
        let found: Result<Option<Participant>, Error> =
            world.house.db.read(|tx| equipoise::storage::participant::find(tx, &person.id));
        let found = found.unwrap().unwrap();
        (found.state, found.common_over_on)
    };
    let over = Some("2026-07-01".parse().unwrap());
    settle(&world);
    assert_eq!(state(), (ParticipantState::Randomized, over));
    world.advance(66 * DAY);
    assert!(settle(&world).completed > 0);
    assert_eq!(state(), (ParticipantState::Completed, over));
}
