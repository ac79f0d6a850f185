//! Randomization: vectors, lists, statistics, the verification of a revealed trial, the commands.

mod cli;
mod lists;
pub mod revealed;
mod statistics;
mod vectors;
mod verification;

use equipoise::trial::randomization::design::Design;
use equipoise::trial::randomization::draw::Place;
use equipoise::trial::randomization::draw::Sequences;
use equipoise::trial::randomization::draw::Slot;
use equipoise::trial::randomization::stream::Context;
use equipoise::trial::randomization::stream::Secrets;

/// The secrets of a test: the seed's bytes are all alike.
fn secrets(seed: u8) -> Secrets {
    Secrets { seed: [seed; 32], nonce: [0; 32] }
}

fn context(study: &str, design: &Design) -> Context {
    Context { study: study.into(), design_hash: design.hash(), beacon_ref: "none".into(), beacon: None }
}

fn blocks(arms: &[u32], sizes: &[u32]) -> Design {
    let arms: Vec<String> =
        arms.iter().zip('A'..).map(|(ratio, id)| format!(r#"["{id}",{ratio}]"#)).collect();
    let arms = arms.join(",");
    let text =
        format!(r#"{{"v":1,"method":"permuted_block","arms":[{arms}],"blocks":{sizes:?},"factors":[]}}"#);
    Design::parse(&text).unwrap()
}

/// The first blocks of a label's list.
fn first_blocks(sequences: &Sequences<'_>, label: &str, count: usize) -> Vec<Vec<usize>> {
    let mut drawn: Vec<Vec<usize>> = vec![Vec::new()];
    for Slot { place, arm } in sequences.list(label) {
        let Place::Block(block, position) = place else { panic!("a list without blocks") };
        if usize::try_from(block).unwrap() == drawn.len() {
            if drawn.len() == count {
                break;
            }
            drawn.push(Vec::new());
        }
        let open = drawn.last_mut().unwrap();
        open.push(arm);
        assert_eq!(u64::try_from(open.len()).unwrap(), position);
    }
    drawn
}
