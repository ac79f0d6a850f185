//! What is unwise about a design is told before it is fixed.

use equipoise::conduct::designing;
use equipoise::trial::randomization::lints::Weight;

use crate::conduct::crossover;
use crate::world;
use crate::world::World;

/// The waitlist trial, two sites, with other blocks or another number of participants.
fn drafted(from: &str, to: &str) -> Vec<(&'static str, Weight)> {
    let protocol = crossover::protocol().replace(from, to);
    let world = World::draft_of(&protocol, world::texts_of("crossover"));
    let put = designing::put(&world.ctx(&world.unblinded), &world.study, serde_json::Map::new(), |_| Ok(()))
        .unwrap();
    put.value.lints.iter().map(|lint| (lint.code, lint.weight)).collect()
}

#[test]
fn a_design_is_drafted_with_what_is_unwise_about_it() {
    assert_eq!(drafted("", ""), []);
    assert_eq!(drafted("blocks = [2, 4]", "blocks = [4]"), [("block_size_fixed", Weight::Advice)]);
    // Seven people at a site, where blocks have up to four: fewer than two blocks.
    let sparse = [("strata_below_two_blocks", Weight::Advice)];
    assert_eq!(drafted("planned = 120", "planned = 14"), sparse);
}
