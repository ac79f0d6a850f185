//! The list of assessments by state, asked of the database, against the state that the clock gives.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use equipoise::kernel::Error;
use equipoise::kernel::ids::AssessmentId;
use equipoise::kernel::ids::StudyId;
use equipoise::kernel::time::Timestamp;
use equipoise::storage::assessment;
use equipoise::storage::assessment::Assessment;
use equipoise::storage::assessment::AssessmentFilter;
use equipoise::trial::schedule::state::AssessmentState;
use equipoise::trial::schedule::state::Times;
use proptest::prelude::*;
use proptest::test_runner::Config;
use proptest::test_runner::TestRunner;

use crate::conduct::trial;
use crate::world::START;
use crate::world::World;

/// Instants that meet each other often: before, at, between and after.
const GRID: i64 = 5;

fn at(step: i64) -> Timestamp {
    Timestamp::from_unix_seconds(START + step).unwrap()
}

fn instant() -> impl Strategy<Value = Option<i64>> {
    prop::option::of(0..GRID)
}

type Steps = (Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

fn times((opens, closes, late, first, submitted, cancelled, reopened): Steps) -> Times {
    Times {
        opens_at: opens.map(at),
        closes_at: closes.map(at),
        late_at: late.map(at),
        first_answer_at: first.map(at),
        submitted_at: submitted.map(at),
        cancelled_at: cancelled.map(at),
        reopened_until: reopened.map(at),
    }
}

#[test]
fn the_database_lists_by_state_as_the_clock_tells_it() {
    let world = World::open();
    let person = trial::register(&world);
    let study: StudyId = world.study.parse().unwrap();
    let all = world.house.db.read(|tx| assessment::list_of(tx, &person.id));
    let all: Vec<Assessment> = all.unwrap_or_else(|error: Error| panic!("{error}"));
    let pattern = all[0].clone();
    let instants = || (instant(), instant(), instant(), instant(), instant(), instant(), instant());
    let mostly_none = || {
        (
            instant(),
            instant(),
            instant(),
            instant(),
            Just(None),
            Just(None),
            prop_oneof![3 => Just(None), 1 => instant()],
        )
    };
    let rows = prop::collection::vec(prop_oneof![1 => instants(), 2 => mostly_none()], 1..40);
    let round = AtomicU32::new(0);
    let mut runner = TestRunner::new(Config { cases: 16, failure_persistence: None, ..Config::default() });
    let checked = runner.run(&rows, |rows| {
        let occasion = format!("round{}", round.fetch_add(1, Ordering::Relaxed));
        let planned: Vec<Assessment> = rows
            .into_iter()
            .enumerate()
            .map(|(number, steps)| {
                let times = times(steps);
                Assessment {
                    id: AssessmentId::draw(world.house.entropy.as_ref()).unwrap(),
                    episode: format!("e{number}"),
                    occasion: occasion.clone(),
                    opens_at: times.opens_at,
                    closes_at: times.closes_at,
                    late_at: times.late_at,
                    first_answer_at: times.first_answer_at,
                    submitted_at: times.submitted_at,
                    cancelled_at: times.cancelled_at,
                    reopened_until: times.reopened_until,
                    ..pattern.clone()
                }
            })
            .collect();
        let stored = planned.clone();
        let written: Result<(), Error> = world.house.db.write(move |tx| {
            for row in &stored {
                assessment::insert(tx, row)?;
                assessment::update(tx, row)?;
            }
            Ok(())
        });
        written.unwrap_or_else(|error| panic!("{error}"));
        for now in (-1..=GRID).map(at) {
            let mut listed = 0;
            for state in AssessmentState::ALL {
                let filter = AssessmentFilter {
                    occasion: Some(occasion.clone()),
                    state: Some((*state, now)),
                    ..AssessmentFilter::default()
                };
                let found = world.house.db.read(|tx| assessment::list(tx, &study, &filter, i64::MAX));
                let found = found.unwrap_or_else(|error: Error| panic!("{error}"));
                listed += found.len();
                for row in found {
                    prop_assert_eq!(&equipoise::conduct::asking::times(&row.assessment).state(now), state);
                }
            }
            prop_assert_eq!(listed, planned.len(), "each row stands in one state");
        }
        Ok(())
    });
    checked.unwrap_or_else(|fault| panic!("{fault}"));
}
