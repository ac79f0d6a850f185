//! The checkpoint of the day: once, by whichever process comes first, and only where something has happened.

use std::sync::Arc;
use std::sync::Barrier;

use equipoise::conduct::auditing;
use equipoise::conduct::checkpointing;
use equipoise::conduct::context::House;
use equipoise::kernel::Error;
use equipoise::storage::Db;
use equipoise::storage::audit;
use equipoise::trial::audit::chain::Checkpoint;

use crate::conduct::crossover;
use crate::conduct::crossover::DAY;
use crate::world::World;

fn checkpoints(world: &World) -> Vec<Checkpoint> {
    let found: Result<_, Error> = world.house.db.read(audit::list_checkpoints);
    found.unwrap()
}

fn daily(world: &World) -> bool {
    checkpointing::checkpoint_daily(&world.house, world.now()).unwrap()
}

#[test]
fn the_checkpoint_of_the_day_is_made_once_if_anything_has_happened() {
    let world = crossover::world();
    let before = checkpoints(&world).len();
    // The commit of the design has made one today.
    crossover::register(&world);
    assert!(!daily(&world));
    // 1 June, 8 o'clock: the next day begins in sixteen hours.
    world.advance(16 * 3600 - 1);
    assert!(!daily(&world));
    world.advance(1);
    assert!(daily(&world));
    assert!(!daily(&world));
    let made = checkpoints(&world);
    assert_eq!((made.len(), made.last().unwrap().cause.as_str()), (before + 1, "day"));
    world.advance(DAY);
    assert!(!daily(&world), "nothing has happened");
    crossover::register(&world);
    assert!(daily(&world));
    let verified = auditing::verify(&world.house).unwrap();
    assert!(verified.first_break.is_none());
    assert_eq!(verified.checkpoints, before + 2);
}

#[test]
fn two_processes_at_once_make_one_checkpoint() {
    let world = crossover::world();
    let before = checkpoints(&world).len();
    crossover::register(&world);
    world.advance(DAY);
    let together = Arc::new(Barrier::new(4));
    let made: Vec<bool> = std::thread::scope(|scope| {
        let make = || {
            let house = House { db: Db::open(&world.url).unwrap(), ..world.house.clone() };
            together.wait();
            checkpointing::checkpoint_daily(&house, world.now()).unwrap()
        };
        let started: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|made| **made).count(), 1);
    assert_eq!(checkpoints(&world).len(), before + 1);
    assert!(auditing::verify(&world.house).unwrap().first_break.is_none());
}
