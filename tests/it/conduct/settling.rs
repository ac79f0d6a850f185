//! What the clock writes: once, whoever asks how often, and for each person apart.

use std::sync::Arc;
use std::sync::Barrier;
use std::time::Duration;

use serde_json::json;

use equipoise::conduct::anchoring;
use equipoise::conduct::answering;
use equipoise::conduct::asking::Answers;
use equipoise::conduct::auditing;
use equipoise::conduct::handling;
use equipoise::conduct::handling::AlertView;
use equipoise::conduct::handling::Closing;
use equipoise::conduct::judging;
use equipoise::conduct::registering;
use equipoise::conduct::settling;
use equipoise::conduct::settling::Settled;
use equipoise::conduct::studying;
use equipoise::conduct::studying::Accepted;
use equipoise::kernel::Error;
use equipoise::kernel::time::Clock;
use equipoise::kernel::time::Timestamp;
use equipoise::server::Ticking;
use equipoise::storage::enrolment;
use equipoise::storage::participant;
use equipoise::storage::participant::Participant;
use equipoise::storage::participant::ParticipantState;
use equipoise::storage::response;
use equipoise::storage::response::Response;
use equipoise::storage::response::ResponseVersion;

use crate::conduct::crossover;
use crate::conduct::crossover::DAY;
use crate::conduct::tampering;
use crate::conduct::trial;
use crate::conduct::trial::Person;
use crate::world;
use crate::world::World;

const HOUR: i64 = 3600;
/// Seconds from the draw, on a Monday at 10 in Stockholm, to the end of the next Wednesday but one: `w01` closes.
const END_OF_FIRST_WEEK: i64 = 9 * DAY + 14 * HOUR;

fn settle(world: &World) -> Settled {
    let settled = settling::settle(&world.house, world.now()).unwrap();
    let again = settling::settle(&world.house, world.now()).unwrap();
    assert!(again.is_nothing() || settled.failed > 0, "written twice: {again:?}");
    settled
}

fn is_unbroken(world: &World) -> bool {
    auditing::verify(&world.house).unwrap().first_break.is_none()
}

/// Saves the first items of the PHQ-9.
fn save(world: &World, person: &Person, occasion: &str, items: i64) {
    let answers: Answers = (1..=items).map(|item| (item.to_string(), json!(1))).collect();
    let id = trial::assessment_of(world, person, occasion);
    answering::save_own(&world.ctx(&trial::session(world, person)), &id, "phq9", answers).unwrap();
}

fn latest(world: &World, person: &Person, occasion: &str) -> Option<(Response, ResponseVersion)> {
    let id = trial::assessment_of(world, person, occasion);
    let found: Result<Vec<_>, Error> =
        world.house.db.read(|tx| response::list_latest_of(tx, &person.id, false));
    found.unwrap().into_iter().find(|(response, _)| response.assessment == id)
}

fn alerts(world: &World) -> Vec<AlertView> {
    handling::list(&world.ctx(&world.lead), &world.study, None, None, 50).unwrap()
}

fn stored_person(world: &World, person: &Person) -> Participant {
    let found: Result<_, Error> = world.house.db.read(|tx| participant::find(tx, &person.id));
    found.unwrap().unwrap()
}

#[test]
fn a_draft_is_kept_scored_and_judged_when_its_grace_is_over() {
    let world = crossover::world();
    let person = crossover::draw(&world);
    crossover::start(&world, &person);
    world.advance(7 * DAY);
    save(&world, &person, "w01", 8);
    assert!(settle(&world).is_nothing());
    world.advance(END_OF_FIRST_WEEK - 7 * DAY + HOUR - 1);
    assert!(settle(&world).is_nothing(), "a draft that was begun has an hour of grace");
    world.advance(1);
    let settled = settle(&world);
    assert_eq!(settled, Settled { ended: 1, kept: 1, raised: 1, ..Settled::default() });
    let (response, version) = latest(&world, &person, "w01").unwrap();
    assert_eq!((response.state.as_str(), response.version), ("partial", 0));
    assert_eq!((version.kind.as_str(), version.origin.as_str()), ("partial", "system"));
    assert_eq!((version.saved_by.as_str(), version.version), ("system:clock", 0));
    let scores: serde_json::Value = serde_json::from_str(&version.scores).unwrap();
    assert_eq!((&scores["total"]["status"], &scores["total"]["value"]), (&json!("prorated"), &json!("9")));
    let answers: serde_json::Value = serde_json::from_str(&version.answers).unwrap();
    assert_eq!(answers["9"], json!({ "state": "not_reached" }));
    assert_eq!(answers["8"], json!({ "state": "answered", "value": 1 }));
    let found = alerts(&world);
    assert_eq!((found.len(), found[0].alert.cause.as_str()), (1, "unanswered"));
    assert_eq!(crossover::stored(&world, &person, "w01").unwrap().settled_at, Some(world.now()));
    assert!(is_unbroken(&world));
}

#[test]
fn a_window_without_any_answer_raises_what_the_rule_says_and_no_more() {
    for (unanswered, expected) in [("review", 1), ("none", 0)] {
        let protocol = crossover::protocol()
            .replace("unanswered = \"review\"", &format!("unanswered = \"{unanswered}\""));
        let world = World::open_with(&protocol, world::texts_of("crossover"));
        let person = crossover::draw(&world);
        crossover::start(&world, &person);
        world.advance(END_OF_FIRST_WEEK - 1);
        assert!(settle(&world).is_nothing());
        world.advance(1);
        let settled = settle(&world);
        assert_eq!(settled, Settled { ended: 1, raised: expected, ..Settled::default() }, "{unanswered}");
        assert!(latest(&world, &person, "w01").is_none(), "nothing is made up");
    }
}

#[test]
fn an_alert_that_an_answer_has_raised_is_not_raised_again_at_the_end() {
    let world = crossover::world();
    let person = crossover::draw(&world);
    crossover::start(&world, &person);
    world.advance(7 * DAY);
    save(&world, &person, "w01", 9);
    assert_eq!(alerts(&world).len(), 1);
    world.advance(3 * DAY);
    let settled = settle(&world);
    assert_eq!((settled.kept, settled.raised, settled.escalated), (1, 0, 1));
    assert_eq!(alerts(&world).len(), 1);
}

#[test]
fn a_jump_of_the_clock_over_all_windows_settles_them_all_at_once() {
    let world = crossover::world();
    let people = [crossover::draw_into(&world, "ipdt"), crossover::draw(&world)];
    for person in &people {
        crossover::start(&world, person);
    }
    world.advance(7 * DAY);
    save(&world, &people[0], "w01", 9);
    world.advance(100 * DAY);
    let settled = settle(&world);
    // Three weeks and the last measurement of each, and the wait of those who were drawn besides.
    assert_eq!(settled.kept, 1);
    assert!(settled.ended >= 8 && settled.failed == 0, "{settled:?}");
    for person in &people {
        let all = crossover::all(&world, person);
        let ended = all.iter().filter(|one| one.settled_at.is_some());
        let ended: Vec<&str> = ended.map(|one| one.occasion.as_str()).collect();
        assert_eq!(ended, ["w01", "w02", "w03", "post"]);
    }
    assert!(is_unbroken(&world));
}

#[test]
fn two_processes_at_once_write_everything_once() {
    let world = crossover::world();
    let people: Vec<Person> = (0..4).map(|_| crossover::draw(&world)).collect();
    for person in &people {
        crossover::start(&world, person);
    }
    world.advance(7 * DAY);
    for person in &people {
        save(&world, person, "w01", 8);
    }
    world.advance(100 * DAY);
    let together = Arc::new(Barrier::new(4));
    let written: Vec<Settled> = std::thread::scope(|scope| {
        let settle = || {
            // Another process has its own connections.
            let house = equipoise::conduct::context::House {
                db: equipoise::storage::Db::open(&world.url).unwrap(),
                ..world.house.clone()
            };
            together.wait();
            settling::settle(&house, world.now()).unwrap()
        };
        let started: Vec<_> = (0..4).map(|_| scope.spawn(settle)).collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let mut all = Settled::default();
    written.into_iter().for_each(|one| all += one);
    assert_eq!((all.ended, all.kept, all.failed), (16, 4, 0), "{all:?}");
    assert_eq!(all.raised, alerts(&world).len());
    assert!(settling::settle(&world.house, world.now()).unwrap().is_nothing());
    assert!(is_unbroken(&world));
}

#[test]
fn a_fault_of_one_person_keeps_nobody_else_waiting() {
    let world = crossover::world();
    let people = [crossover::draw(&world), crossover::draw(&world)];
    for person in &people {
        crossover::start(&world, person);
    }
    world.advance(7 * DAY);
    save(&world, &people[0], "w01", 3);
    save(&world, &people[1], "w01", 3);
    tampering::take_triggers_away(&world.url);
    let broken = format!(
        "UPDATE response_version SET answers = 'x' WHERE participant_id = '{}' AND kind = 'draft'",
        people[0].id
    );
    tampering::sql(&world.url, &broken).unwrap();
    world.advance(4 * DAY);
    let settled = settle(&world);
    assert_eq!((settled.failed, settled.kept), (1, 1));
    assert_eq!(latest(&world, &people[1], "w01").unwrap().0.state, "partial");
}

#[test]
fn a_start_that_nobody_records_is_assumed_and_still_measured() {
    let world = crossover::world();
    let person = crossover::draw(&world);
    let place = |occasion: &str| crossover::stored(&world, &person, occasion).unwrap();
    assert_eq!(place("w01").opens_at, None);
    // 1 June and fourteen days: the fallback day begins at midnight in Stockholm.
    assert_eq!(place("w01").wakes_at.unwrap().to_second(), "2026-06-14T22:00:00Z");
    world.advance(13 * DAY + 14 * HOUR - 1);
    assert!(settle(&world).is_nothing());
    world.advance(1);
    assert_eq!(settle(&world), Settled { assumed: 1, ..Settled::default() });
    assert_eq!(place("w01").opens_at.unwrap().to_second(), "2026-06-21T04:00:00Z");
    assert_eq!(place("post").due_on, Some("2026-07-13".parse().unwrap()));
    assert_eq!(place("w01").wakes_at, None);
    let view = registering::get(&world.ctx(&world.coordinator), &person.id).unwrap();
    assert_eq!(view.anchors["start"], ("2026-06-15".parse().unwrap(), true));
    // What is recorded later replaces what was assumed, without a reason, and moves what is not open yet.
    world.advance(7 * DAY);
    let on = "2026-06-18".parse().unwrap();
    anchoring::set_anchor(&world.ctx(&world.coordinator), &person.id, "start", on, None, |_| Ok(())).unwrap();
    assert_eq!(place("w01").due_on, Some("2026-06-22".parse().unwrap()), "it was open already");
    assert_eq!(place("w02").due_on, Some("2026-07-02".parse().unwrap()));
    assert!(settle(&world).is_nothing());
    assert!(is_unbroken(&world));
}

#[test]
fn an_alert_that_nobody_takes_is_marked_and_one_that_is_not_closed_is_given_back() {
    let world = crossover::world();
    let person = crossover::draw(&world);
    crossover::start(&world, &person);
    world.advance(7 * DAY);
    save(&world, &person, "w01", 9);
    let id = alerts(&world)[0].alert.id.clone();
    let kinds =
        || -> Vec<String> { alerts(&world)[0].entries.iter().map(|line| line.kind.clone()).collect() };
    // Monday at 10 in Stockholm; eight reading hours (9 to 16) end on Tuesday at 11.
    assert_eq!(alerts(&world)[0].alert.read_by_at.to_second(), "2026-06-09T09:00:00Z");
    world.advance(25 * HOUR - 1);
    assert!(settle(&world).is_nothing());
    world.advance(1);
    assert_eq!(settle(&world), Settled { escalated: 1, ..Settled::default() });
    assert_eq!(kinds(), ["raised", "escalated"]);
    // Claimed on Tuesday at 11: eight reading hours end on Wednesday at 12.
    handling::claim(&world.ctx(&world.lead), &id, false, |_| Ok(())).unwrap();
    world.advance(25 * HOUR - 1);
    assert!(settle(&world).is_nothing());
    world.advance(1);
    assert_eq!(settle(&world).escalated, 1);
    let found = alerts(&world).remove(0);
    assert_eq!((found.alert.state.as_str(), found.alert.claimed_by), ("raised", None));
    assert_eq!(kinds(), ["raised", "escalated", "claimed", "escalated"]);
    // Given back, it waits no longer than it did before.
    handling::claim(&world.ctx(&world.lead), &id, false, |_| Ok(())).unwrap();
    handling::claim(&world.ctx(&world.lead), &id, true, |_| Ok(())).unwrap();
    assert_eq!(settle(&world).escalated, 1);
    handling::claim(&world.ctx(&world.lead), &id, false, |_| Ok(())).unwrap();
    let closing = Closing {
        contact_result: "reached".into(),
        risk_outcome: "low".into(),
        told: vec!["nobody".into()],
        text: "Synthetic".into(),
    };
    handling::close(&world.ctx(&world.lead), &id, closing, |_| Ok(())).unwrap();
    world.advance(100 * HOUR);
    assert_eq!(settle(&world).escalated, 0);
    assert_eq!(alerts(&world)[0].alert.state, "closed");
    assert!(is_unbroken(&world));
}

fn outcome(world: &World, person: &Person, step: &str) -> (String, Option<String>) {
    let steps: Result<_, Error> = world.house.db.read(|tx| enrolment::list_steps(tx, &person.id));
    let steps: Vec<enrolment::StepRecord> = steps.unwrap();
    let found = steps.into_iter().find(|known| known.step == step).unwrap();
    (found.state, found.outcome)
}

#[test]
fn a_step_lapses_by_the_time_alone_and_the_clock_writes_it_down() {
    let world = crossover::world();
    let person = crossover::register(&world);
    world.advance(14 * DAY - 1);
    assert!(settle(&world).is_nothing());
    world.advance(1);
    // Refused already, though the clock has written nothing.
    let view = registering::get(&world.ctx(&world.coordinator), &person.id).unwrap();
    assert_eq!((view.step, view.steps[0].1.as_str()), (None, "failed"));
    assert_eq!(settle(&world), Settled { lapsed: 1, ..Settled::default() });
    assert_eq!(outcome(&world, &person, "consent"), ("failed".into(), Some("lapsed".into())));
    world.advance(100 * DAY);
    assert!(settle(&world).is_nothing());
    assert!(is_unbroken(&world));
}

#[test]
fn a_step_with_questions_lapses_with_its_window_and_keeps_what_was_answered() {
    let world = crossover::world();
    let [silent, begun, late] = [(); 3].map(|()| crossover::register(&world));
    for person in [&silent, &begun, &late] {
        trial::consent(&world, person);
    }
    save(&world, &begun, "pre", 4);
    save(&world, &late, "pre", 4);
    world.advance(7 * DAY);
    let settled = settle(&world);
    assert_eq!((settled.lapsed, settled.ended, settled.kept, settled.raised), (1, 1, 0, 1), "{settled:?}");
    assert_eq!(outcome(&world, &silent, "base"), ("failed".into(), Some("lapsed".into())));
    // Within the grace what was begun is sent, and the step is complete.
    crossover::send(&world, &late, "pre", 0);
    assert_eq!(outcome(&world, &late, "base"), ("complete".into(), None));
    world.advance(HOUR);
    let settled = settle(&world);
    assert_eq!((settled.lapsed, settled.ended, settled.kept, settled.raised), (1, 1, 1, 1), "{settled:?}");
    assert_eq!(outcome(&world, &begun, "base"), ("failed".into(), Some("lapsed".into())));
    assert_eq!(latest(&world, &begun, "pre").unwrap().0.state, "partial");
    assert!(is_unbroken(&world));
}

#[test]
fn the_silence_of_somebody_who_was_excluded_raises_nothing() {
    let world = crossover::world();
    let person = crossover::register(&world);
    trial::consent(&world, &person);
    save(&world, &person, "pre", 4);
    judging::exclude(&world.ctx(&world.coordinator), &person.id, world::reason("moved away"), None).unwrap();
    world.advance(8 * DAY);
    assert_eq!(settle(&world), Settled { ended: 1, kept: 1, ..Settled::default() });
    assert!(alerts(&world).is_empty());
}

#[test]
fn a_person_is_through_on_the_day_on_which_the_last_window_ended_whenever_it_is_written() {
    // The start on 1 June, four weeks, twenty days for the last late answer.
    for days in [49, 100] {
        let world = crossover::world();
        let person = crossover::draw_into(&world, "ipdt");
        crossover::start(&world, &person);
        world.advance(48 * DAY + 13 * HOUR);
        settle(&world);
        assert_eq!(stored_person(&world, &person).state, ParticipantState::Randomized);
        world.advance((days - 48) * DAY);
        assert!(settle(&world).completed > 0);
        let stored = stored_person(&world, &person);
        assert_eq!(stored.state, ParticipantState::Completed);
        assert_eq!(stored.completed_on, Some("2026-07-20".parse().unwrap()));
        assert_eq!(stored.common_over_on, stored.completed_on);
        assert!(is_unbroken(&world));
    }
}

#[test]
fn nothing_is_written_once_a_study_is_locked() {
    let world = crossover::world();
    let person = crossover::draw(&world);
    crossover::start(&world, &person);
    world.advance(7 * DAY);
    save(&world, &person, "w01", 8);
    studying::close(&world.ctx(&world.lead), &world.study, world::reason("full")).unwrap();
    let lock = |accepted: Vec<Accepted>| {
        studying::lock(&world.ctx(&world.lead), &world.study, world::reason("over"), accepted)
    };
    let blocked = lock(Vec::new()).unwrap_err();
    assert_eq!((blocked.code(), blocked.unmet()[0].code), ("lock.blocked", "assessment.incomplete"));
    assert_eq!(blocked.unmet().len(), 1);
    let take_on = |code: &str, object: Option<String>| Accepted {
        code: code.to_owned(),
        object,
        reason: world::reason("the person has moved away"),
    };
    let nothing = lock(vec![take_on("hold.open", None)]).unwrap_err();
    assert_eq!(nothing.fields()[0].pointer, "/accepted/0/ref");
    let nobody = lock(vec![take_on("hold.open", Some(person.id.to_string()))]).unwrap_err();
    assert_eq!(nobody.fields()[0].pointer, "/accepted/0");
    lock(vec![take_on("assessment.incomplete", blocked.unmet()[0].object.clone())]).unwrap();
    world.advance(100 * DAY);
    assert!(settle(&world).is_nothing());
    assert_eq!(latest(&world, &person, "w01").unwrap().0.state, "draft");
}

/// A clock that stands still.
struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[test]
fn the_service_settles_by_itself_until_it_is_stopped() {
    let world = crossover::world();
    let person = crossover::draw(&world);
    crossover::start(&world, &person);
    world.advance(END_OF_FIRST_WEEK);
    let clock = Arc::new(Still(world.now()));
    let ticking = Ticking::start(world.house.clone(), clock, Duration::from_millis(10)).unwrap();
    for _ in 0..500 {
        if !alerts(&world).is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(alerts(&world).len(), 1);
    ticking.stop();
    assert_eq!(alerts(&world).len(), 1);
}
