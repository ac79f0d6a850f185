//! Are the draws as random as they should be? Seeds are fixed, so a test passes always or never; limits are such that a
//! sound generator fails one test in a million.

use std::collections::BTreeMap;

use equipoise::trial::randomization::design::Design;
use equipoise::trial::randomization::draw::Sequences;
use equipoise::trial::randomization::words::Words;

use crate::randomization::blocks;
use crate::randomization::context;
use crate::randomization::first_blocks;
use crate::randomization::secrets;

/// Limits of chi-square at 1e-6, by degrees of freedom.
const LIMITS: [(usize, f64); 7] =
    [(1, 23.9), (2, 27.6), (5, 35.9), (9, 44.8), (19, 63.7), (29, 80.4), (89, 167.4)];

/// The limit of a standard normal deviate at 1e-6, two sides.
const LIMIT: f64 = 4.89;

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

fn assert_chi_square(name: &str, degrees: usize, cells: impl Iterator<Item = (usize, f64)>) {
    let limit = LIMITS.iter().find(|(known, _)| *known == degrees).unwrap().1;
    let chi: f64 = cells.map(|(found, expected)| (number(found) - expected).powi(2) / expected).sum();
    assert!(chi < limit, "{name}: chi-square {chi} with {degrees} degrees of freedom");
}

/// All cells equally likely.
fn assert_uniform(name: &str, cells: usize, counts: &BTreeMap<Vec<usize>, usize>) {
    assert_eq!(counts.len(), cells, "{name}");
    let expected = number(counts.values().sum()) / number(cells);
    assert_chi_square(name, cells - 1, counts.values().map(|found| (*found, expected)));
}

/// Rows and columns independent.
fn assert_independent(name: &str, pairs: &[(usize, usize)]) {
    let (mut table, mut rows, mut columns) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (row, column) in pairs {
        *table.entry((*row, *column)).or_insert(0) += 1;
        *rows.entry(*row).or_insert(0) += 1;
        *columns.entry(*column).or_insert(0) += 1;
    }
    let all = number(pairs.len());
    let cells = rows.iter().flat_map(|(row, in_row)| {
        let (columns, table) = (&columns, &table);
        columns.iter().map(move |(column, in_column)| {
            let found = table.get(&(*row, *column)).copied().unwrap_or(0);
            (found, number(*in_row) * number(*in_column) / all)
        })
    });
    assert_chi_square(name, (rows.len() - 1) * (columns.len() - 1), cells);
}

fn drawn(arms: &[u32], sizes: &[u32], label: &str, seed: u8, count: usize) -> Vec<Vec<usize>> {
    let design = blocks(arms, sizes);
    let sequences = Sequences::new(&design, &context("S", &design), &secrets(seed)).unwrap();
    first_blocks(&sequences, label, count)
}

fn orders_are_uniform(arms: &[u32], size: u32, orders: usize, count: usize) {
    let mut counts = BTreeMap::new();
    for block in drawn(arms, &[size], "[]", 11, count) {
        *counts.entry(block).or_insert(0) += 1;
    }
    assert_uniform(&format!("{arms:?} in blocks of {size}"), orders, &counts);
}

#[test]
fn all_orders_of_a_block_of_two_equal_arms_are_equally_likely() {
    orders_are_uniform(&[1, 1], 4, 6, 6000);
    orders_are_uniform(&[1, 1], 6, 20, 6000);
}

#[test]
fn all_orders_of_a_block_of_one_set_are_equally_likely() {
    orders_are_uniform(&[2, 1], 3, 3, 3000);
    orders_are_uniform(&[1, 1, 1], 3, 6, 3000);
    orders_are_uniform(&[2, 2, 1], 5, 30, 4500);
}

#[test]
fn all_orders_of_a_block_of_two_sets_of_three_arms_are_equally_likely() {
    orders_are_uniform(&[1, 1, 1], 6, 90, 9000);
}

#[test]
fn sizes_are_equally_likely_and_say_nothing_of_the_contents() {
    let blocks = drawn(&[1, 1], &[4, 6, 8], "[]", 12, 6000);
    let mut sizes = BTreeMap::new();
    for block in &blocks {
        *sizes.entry(vec![block.len()]).or_insert(0) += 1;
    }
    assert_uniform("sizes", 3, &sizes);
    let pairs = |at: usize| blocks.iter().map(|block| (block.len(), block[at])).collect::<Vec<_>>();
    assert_independent("size and first arm", &pairs(0));
    assert_independent("size and fourth arm", &pairs(3));
}

#[test]
fn a_size_that_is_listed_twice_comes_twice_as_often() {
    let blocks = drawn(&[1, 1], &[2, 2, 4], "[]", 13, 3000);
    let small = blocks.iter().filter(|block| block.len() == 2).count();
    assert_chi_square("weights", 1, [(small, 2000.0), (blocks.len() - small, 1000.0)].into_iter());
}

#[test]
fn each_arm_comes_at_each_position_with_its_share() {
    let blocks = drawn(&[2, 1], &[6], "[]", 14, 6000);
    for position in 0..6 {
        let first = blocks.iter().filter(|block| block[position] == 0).count();
        let z = (number(first) - 4000.0) / (6000.0 * 2.0 / 3.0 / 3.0_f64).sqrt();
        assert!(z.abs() < LIMIT, "position {position}: z {z}");
    }
}

#[test]
fn strata_adjacent_blocks_and_neighbouring_seeds_are_independent() {
    let orders = |label: &str, seed: u8, count: usize| {
        // Three orders of a block of 2:1, told apart by where the second arm stands.
        let place = |block: &Vec<usize>| block.iter().position(|arm| *arm == 1).unwrap();
        drawn(&[2, 1], &[3], label, seed, count).iter().map(place).collect::<Vec<usize>>()
    };
    let low = orders(r#"["low"]"#, 16, 4000);
    let high = orders(r#"["high"]"#, 16, 4000);
    // 3 x 3 cells have four degrees of freedom; folding to "first place or not" leaves one.
    let first = |place: &usize| usize::from(*place == 0);
    let pair = |a: &[usize], b: &[usize]| a.iter().map(first).zip(b.iter().map(first)).collect::<Vec<_>>();
    assert_independent("two strata", &pair(&low, &high));
    assert_independent("adjacent blocks", &pair(&low[1..], &low));
    // The seeds 16 and 17 differ in the lowest bit of each byte.
    let neighbour = orders(r#"["low"]"#, 17, 4000);
    assert_independent("neighbouring seeds", &pair(&low, &neighbour));
}

#[test]
fn simple_draws_have_their_share_their_runs_and_no_memory() {
    let text = r#"{"v":1,"method":"simple","arms":[["A",1],["B",1]],"factors":[]}"#;
    let design = Design::parse(text).unwrap();
    let sequences = Sequences::new(&design, &context("S", &design), &secrets(18)).unwrap();
    let count = 10_000;
    let signs: Vec<f64> =
        sequences.list("[]").take(count).map(|slot| if slot.arm == 0 { 1.0 } else { -1.0 }).collect();
    let all = number(count);
    let z = signs.iter().sum::<f64>() / all.sqrt();
    assert!(z.abs() < LIMIT, "share: z {z}");
    // Of n - 1 neighbours half should differ.
    let changes = number(signs.windows(2).filter(|pair| pair[0] != pair[1]).count());
    let z = (changes - (all - 1.0) / 2.0) / ((all - 1.0) / 4.0).sqrt();
    assert!(z.abs() < LIMIT, "runs: z {z}");
    for lag in 1..=5 {
        let products: f64 = signs.iter().zip(&signs[lag..]).map(|(a, b)| a * b).sum();
        let z = products / number(count - lag).sqrt();
        assert!(z.abs() < LIMIT, "lag {lag}: z {z}");
    }
}

#[test]
fn simple_draws_follow_unequal_ratios() {
    let text = r#"{"v":1,"method":"simple","arms":[["A",1],["B",2],["C",3]],"factors":[]}"#;
    let design = Design::parse(text).unwrap();
    let sequences = Sequences::new(&design, &context("S", &design), &secrets(19)).unwrap();
    let mut counts = [0; 3];
    sequences.list("[]").take(6000).for_each(|slot| counts[slot.arm] += 1);
    assert_chi_square("1:2:3", 2, counts.into_iter().zip([1000.0, 2000.0, 3000.0]));
}

#[test]
fn the_terminal_imbalance_of_many_strata_is_that_of_their_open_blocks() {
    let (strata, size, trials) = (10, 6, 600);
    let design = blocks(&[1, 1], &[6]);
    let sequences = Sequences::new(&design, &context("S", &design), &secrets(20)).unwrap();
    let mut stops = Words::from_key([21; 32]);
    let mut squares = Vec::new();
    for trial in 0..trials {
        let mut difference = 0_i32;
        for stratum in 0..strata {
            // One complete block, then a stop anywhere in the second.
            let stop = size + usize::try_from(stops.below(6)).unwrap();
            let label = format!("[\"{trial}\",\"{stratum}\"]");
            let arms = sequences.list(&label).take(stop);
            let own: i32 = arms.map(|slot| if slot.arm == 0 { 1 } else { -1 }).sum();
            assert!(own.abs() <= 3);
            difference += own;
        }
        assert!(difference.abs() <= 30);
        squares.push(f64::from(difference).powi(2));
    }
    let all = number(squares.len());
    let mean = squares.iter().sum::<f64>() / all;
    let variance = squares.iter().map(|square| (square - mean).powi(2)).sum::<f64>() / (all - 1.0);
    // K (b + 1) / 6 = 70 / 6
    let away = (mean - 70.0 / 6.0) / (variance / all).sqrt();
    assert!(away.abs() < 5.0, "mean {mean}, {away} standard errors away");
}
