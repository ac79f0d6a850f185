//! What must hold of every list, whatever is drawn.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use equipoise::trial::randomization::design::Design;
use equipoise::trial::randomization::draw::Place;
use equipoise::trial::randomization::draw::Sequences;
use equipoise::trial::randomization::draw::Slot;
use equipoise::trial::randomization::label;
use equipoise::trial::randomization::stream;
use equipoise::trial::randomization::stream::Context;
use equipoise::trial::randomization::stream::Secrets;
use equipoise::trial::randomization::stream::Streams;
use equipoise::trial::randomization::words::Words;
use proptest::prelude::*;

use crate::randomization::blocks;
use crate::randomization::context;
use crate::randomization::first_blocks;
use crate::randomization::secrets;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_slot_is_what_the_list_holds_there(
        ratios in proptest::collection::vec(1_u32..4, 2..5),
        sets in proptest::collection::btree_set(1_u32..5, 1..4),
        label in "[a-zå\"]{0,6}",
        number in 0_usize..120,
    ) {
        let sum: u32 = ratios.iter().sum();
        let sizes: Vec<u32> = sets.iter().map(|sets| sets * sum).collect();
        let design = blocks(&ratios, &sizes);
        let sequences = Sequences::new(&design, &context("S", &design), &secrets(2)).unwrap();
        let listed = sequences.list(&label).nth(number).unwrap();
        prop_assert_eq!(sequences.slot(&label, u64::try_from(number).unwrap()), listed);
        // Whatever stands before the slot, no arm of the open block has had more than its share.
        let Place::Block(block, position) = listed.place else { panic!("a list without blocks") };
        let begin = number + 1 - usize::try_from(position).unwrap();
        let open: Vec<Slot> = sequences.list(&label).skip(begin).take(number + 1 - begin).collect();
        prop_assert!(open.iter().all(|slot| matches!(slot.place, Place::Block(of, _) if of == block)));
        for (arm, ratio) in ratios.iter().enumerate() {
            let had = open.iter().filter(|slot| slot.arm == arm).count();
            prop_assert!(u32::try_from(had).unwrap() <= ratio * sets.last().unwrap());
        }
    }
}

fn complete_blocks_hold_their_shares(count: usize) {
    for (ratios, sizes) in [
        (vec![1, 1], vec![2, 4, 6]),
        (vec![2, 1], vec![3, 6]),
        (vec![1, 1, 1], vec![3, 6]),
        (vec![2, 2, 1], vec![5, 10]),
        (vec![3, 2], vec![5, 10]),
    ] {
        let design = blocks(&ratios, &sizes);
        let sequences = Sequences::new(&design, &context("S", &design), &secrets(3)).unwrap();
        let drawn = first_blocks(&sequences, "[]", count);
        let lengths: BTreeSet<u32> = drawn.iter().map(|block| u32::try_from(block.len()).unwrap()).collect();
        assert_eq!(lengths, BTreeSet::from_iter(sizes));
        let sum: u32 = ratios.iter().sum();
        for block in drawn {
            let sets = u32::try_from(block.len()).unwrap() / sum;
            for (arm, ratio) in ratios.iter().enumerate() {
                let copies = block.iter().filter(|drawn| **drawn == arm).count();
                assert_eq!(u32::try_from(copies).unwrap(), ratio * sets, "{ratios:?} {block:?}");
            }
        }
    }
}

#[test]
fn every_complete_block_holds_exactly_its_shares() {
    complete_blocks_hold_their_shares(1_500);
}

#[test]
#[ignore = "long: a hundred thousand blocks of each ratio"]
fn every_complete_block_of_very_many_holds_exactly_its_shares() {
    complete_blocks_hold_their_shares(100_000);
}

#[test]
fn the_order_of_arrivals_in_one_stratum_never_changes_another_list() {
    let design = blocks(&[1, 1], &[2, 4]);
    let sequences = Sequences::new(&design, &context("S", &design), &secrets(4)).unwrap();
    let labels = [r#"["low","s1"]"#, r#"["low","s2"]"#, r#"["high","s1"]"#];
    let alone: Vec<Vec<Slot>> = labels.iter().map(|label| sequences.list(label).take(8).collect()).collect();
    let mut order = Words::from_key([9; 32]);
    for _ in 0..150 {
        let mut arrivals: Vec<usize> = (0..24).map(|at| at % 3).collect();
        order.shuffle(&mut arrivals);
        let mut seen: Vec<Vec<Slot>> = vec![Vec::new(); 3];
        for stratum in arrivals {
            let earlier = u64::try_from(seen[stratum].len()).unwrap();
            let slot = sequences.slot(labels[stratum], earlier);
            seen[stratum].push(slot);
        }
        assert_eq!(seen, alone);
    }
}

#[test]
fn the_first_allocations_do_not_depend_on_how_many_are_drawn() {
    for design in [blocks(&[2, 1], &[3, 6]), Design::parse(SIMPLE).unwrap()] {
        let sequences = Sequences::new(&design, &context("S", &design), &secrets(5)).unwrap();
        let long: Vec<Slot> = sequences.list("[]").take(100).collect();
        for count in [0, 1, 2, 7, 50, 99] {
            let short: Vec<Slot> = sequences.list("[]").take(count).collect();
            assert_eq!(short, long[..count]);
        }
    }
}

const SIMPLE: &str = r#"{"v":1,"method":"simple","arms":[["A",1],["B",1]],"factors":[]}"#;

#[test]
fn a_new_site_brings_a_new_list_and_leaves_commitment_and_lists_as_they_are() {
    let text = r#"{"v":1,"method":"permuted_block","arms":[["A",1],["B",1]],"blocks":[4,6],
        "factors":[["sev",["low","high"]],["site",{"open":true}]]}"#;
    let design = Design::parse(text).unwrap();
    let context = context("S", &design);
    let sequences = Sequences::new(&design, &context, &secrets(6)).unwrap();
    let at = |site: &str| {
        let levels = [("sev".to_owned(), "low".to_owned()), ("site".to_owned(), site.to_owned())];
        let label = label::of_levels(&design, &BTreeMap::from(levels)).unwrap();
        sequences.list(&label).take(40).map(|slot| slot.arm).collect::<Vec<usize>>()
    };
    let before = at("umea");
    let new = at("lund");
    assert_ne!(new, before);
    assert_eq!(at("umea"), before);
    // A closed factor that grows is another design, with another commitment.
    let grown = Design::parse(&text.replace(r#""high"]"#, r#""high","top"]"#)).unwrap();
    let committed =
        |design: &Design| stream::commitment(&crate::randomization::context("S", design), &secrets(6));
    assert_ne!(committed(&grown), committed(&design));
}

#[test]
fn another_study_seed_nonce_or_beacon_gives_other_lists() {
    let design = Design::parse(SIMPLE).unwrap();
    let list = |context: &Context, secrets: &Secrets| {
        let sequences = Sequences::new(&design, context, secrets).unwrap();
        sequences.list("[]").take(64).map(|slot| slot.arm).collect::<Vec<usize>>()
    };
    let base = context("S", &design);
    let beacon =
        |value: u8| Context { beacon_ref: "drand:x:1".into(), beacon: Some([value; 32]), ..base.clone() };
    let lists = BTreeSet::from([
        list(&base, &secrets(7)),
        list(&context("T", &design), &secrets(7)),
        list(&base, &secrets(8)),
        list(&base, &Secrets { nonce: [1; 32], ..secrets(7) }),
        list(&beacon(1), &secrets(7)),
        list(&beacon(2), &secrets(7)),
    ]);
    assert_eq!(lists.len(), 6);
}

fn keys_are_all_distinct(labels: u64, indexes: u64) {
    let design = Design::parse(SIMPLE).unwrap();
    let streams = Streams::new(&context("S", &design), &secrets(1));
    let mut keys = BTreeSet::new();
    for label in 0..labels {
        for index in 0..indexes {
            assert!(keys.insert(*streams.key(&format!("[\"{label}\"]"), index)), "{label} {index}");
        }
    }
}

#[test]
fn keys_of_different_labels_and_indexes_differ() {
    let design = Design::parse(SIMPLE).unwrap();
    let streams = Streams::new(&context("S", &design), &secrets(1));
    assert_ne!(streams.key(r#"["a","bc"]"#, 0), streams.key(r#"["ab","c"]"#, 0));
    keys_are_all_distinct(100, 1000);
}

#[test]
#[ignore = "long: a million keys"]
fn a_million_keys_differ() {
    keys_are_all_distinct(1000, 1000);
}
