//! The draw: which arm a slot of a stratum holds. A pure function of design, secrets and place; nothing is remembered.

use crate::trial::randomization::design::Design;
use crate::trial::randomization::parameters::Parameters;
use crate::trial::randomization::stream::Context;
use crate::trial::randomization::stream::Secrets;
use crate::trial::randomization::stream::Streams;

/// A method that can't be drawn here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DrawError {
    /// Known, checked, hashed, but not drawn yet.
    #[error("not supported yet: drawing by {0}")]
    Unsupported(&'static str),
    /// The list stands in a file of its own.
    #[error("an uploaded list is not drawn: its arms stand in its file")]
    Uploaded,
}

/// Where in its list a slot lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// A block (from 0) and the position in it (from 1).
    Block(u64, u64),
    /// The number in the list, from 1.
    Index(u64),
}

/// One slot.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Slot {
    /// Where it lies.
    pub place: Place,
    /// The arm's position in the design.
    pub arm: usize,
}

/// The lists of one design version. Every slot is computed when it is asked for.
#[derive(Clone, Debug)]
pub struct Sequences<'d> {
    design: &'d Design,
    streams: Streams,
}

impl<'d> Sequences<'d> {
    /// The lists of a design under its secrets; methods that can't be drawn are refused by name.
    pub fn new(design: &'d Design, context: &Context, secrets: &Secrets) -> Result<Self, DrawError> {
        match design.parameters() {
            Parameters::Simple | Parameters::PermutedBlock(_) => {}
            Parameters::Uploaded(_) => return Err(DrawError::Uploaded),
            Parameters::BigStick(_)
            | Parameters::BlockUrn(_)
            | Parameters::WeiUrn(..)
            | Parameters::Minimization(_)
            | Parameters::WholeCohort => {
                return Err(DrawError::Unsupported(design.parameters().method()));
            }
        }
        Ok(Self { design, streams: Streams::new(context, secrets) })
    }

    /// The commitment that belongs to these lists.
    pub fn commitment(&self) -> [u8; 32] {
        self.streams.commitment()
    }

    /// Slot `number` (from 0) of a label's list.
    pub fn slot(&self, label: &str, number: u64) -> Slot {
        match self.design.parameters() {
            Parameters::PermutedBlock(sizes) => self.block_slot(sizes, label, number),
            _ => {
                let index = number + 1;
                Slot { place: Place::Index(index), arm: self.simple_arm(label, index) }
            }
        }
    }

    /// The id of a slot's arm.
    pub fn arm_id(&self, slot: &Slot) -> &'d str {
        self.design.arms().get(slot.arm).map_or("", |arm| arm.id.as_str())
    }

    /// Each arm with its share of the ratio sum, independent of history.
    fn simple_arm(&self, label: &str, index: u64) -> usize {
        let drawn = self.streams.words(label, index).below(self.design.ratio_sum());
        let mut reached = 0;
        let arms = self.design.arms().iter();
        arms.take_while(|arm| {
            reached += u64::from(arm.ratio);
            reached <= drawn
        })
        .count()
    }

    fn block_slot(&self, sizes: &[u32], label: &str, number: u64) -> Slot {
        let (mut block, mut before) = (0, 0);
        loop {
            let arms = self.block(sizes, label, block);
            let size = u64::try_from(arms.len()).unwrap_or(u64::MAX);
            let within = number - before;
            if let Some(arm) = usize::try_from(within).ok().and_then(|at| arms.get(at)) {
                return Slot { place: Place::Block(block, within + 1), arm: *arm };
            }
            before += size.max(1);
            block += 1;
        }
    }

    /// One block: its size drawn, if there are several, then its arms shuffled.
    fn block(&self, sizes: &[u32], label: &str, block: u64) -> Vec<usize> {
        let mut words = self.streams.words(label, block);
        let size = match sizes {
            [only] => *only,
            several => {
                let count = u64::try_from(several.len()).unwrap_or(u64::MAX);
                let drawn = usize::try_from(words.below(count)).unwrap_or(0);
                several.get(drawn).copied().unwrap_or(0)
            }
        };
        let sets = u64::from(size) / self.design.ratio_sum();
        let mut arms: Vec<usize> = Vec::new();
        for (at, arm) in self.design.arms().iter().enumerate() {
            let copies = usize::try_from(u64::from(arm.ratio) * sets).unwrap_or(0);
            arms.extend(std::iter::repeat_n(at, copies));
        }
        words.shuffle(&mut arms);
        arms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::digest::hex;

    const BASE: &str = r#"{"arms":[["A",1],["B",1]],"blocks":[4,6],"factors":[["sev",["low","high"]]],"method":"permuted_block","v":1}"#;

    fn secrets() -> Secrets {
        Secrets {
            seed: std::array::from_fn(|at| u8::try_from(at).unwrap()),
            nonce: std::array::from_fn(|at| u8::try_from(at + 32).unwrap()),
        }
    }

    fn context(design: &Design) -> Context {
        Context {
            study: "TEST-001".into(),
            design_hash: design.hash(),
            beacon_ref: "none".into(),
            beacon: None,
        }
    }

    fn arms(design: &str, label: &str, count: u64) -> String {
        let design = Design::parse(design).unwrap();
        let sequences = Sequences::new(&design, &context(&design), &secrets()).unwrap();
        let ids: Vec<&str> = (0..count).map(|at| sequences.arm_id(&sequences.slot(label, at))).collect();
        ids.join(" ")
    }

    fn commitment(design: &str) -> String {
        let design = Design::parse(design).unwrap();
        hex(&crate::trial::randomization::stream::commitment(&context(&design), &secrets()))[..16].to_owned()
    }

    #[test]
    fn the_published_vector_holds_byte_for_byte() {
        let design = Design::parse(BASE).unwrap();
        assert_eq!(hex(&design.hash()), "f8f99049594c1513a94703f11362e3baa575122028988ea6ba79baba9afe7e2b");
        let streams = Streams::new(&context(&design), &secrets());
        assert_eq!(
            hex(&streams.commitment()),
            "fb3b504c79fc0a7efdb1b40ae5ee06795bfd60d90c3418658221ebff8fcb99f5"
        );
        assert_eq!(hex(&streams.prk()), "46bd320605c5a6b6163ab70bc6345b92a5f908e79fe58979c23ebb47d1a5e307");
        assert_eq!(
            hex(&streams.key(r#"["low"]"#, 0)),
            "dbf5d1f89f9fc15289b7f96201e71f36505ddac9f8c9c4d459f994f6946059f9"
        );
        let mut words = streams.words(r#"["low"]"#, 0);
        assert_eq!(
            [words.next_word(), words.next_word(), words.next_word()],
            [3_446_933_391, 876_924_141, 2_873_609_739]
        );
        assert_eq!(arms(BASE, r#"["low"]"#, 20), "A B A A B B A B A B B A B B A A B A B A");
        assert_eq!(arms(BASE, r#"["high"]"#, 22), "A B A B A A B B B A A B B A B A A B A B A B");
    }

    #[test]
    fn the_other_vectors_hold() {
        let simple = r#"{"arms":[["A",1],["B",2],["C",2]],"factors":[["sev",["low","high"]]],"method":"simple","v":1}"#;
        assert_eq!(arms(simple, r#"["low"]"#, 16), "C A A C A A A B C C B B B A C A");
        assert_eq!(commitment(simple), "0875cefe6d22a404");
        let clusters = r#"{"arms":[["A",1],["B",1]],"blocks":[4,6],"factors":[["sev",["low","high"]]],"method":"permuted_block","unit":"cluster","v":1}"#;
        assert_eq!(arms(clusters, r#"["low"]"#, 16), "A B B A B A A B A B A B B A A B");
        assert_eq!(commitment(clusters), "64ab177fbbe7a9e8");
    }

    #[test]
    fn commitments_of_methods_that_are_not_drawn_yet_hold() {
        let one = |rest: &str| format!(r#"{{"factors":[["sev",["low","high"]]],"v":1,{rest}}}"#);
        for (rest, expected) in [
            (r#""arms":[["A",1],["B",1]],"method":"big_stick","mti":3"#, "dec582a4755f56cb"),
            (r#""arms":[["A",1],["B",1],["C",1]],"method":"wei_urn","alpha":0,"beta":1"#, "982ae28c2e7798ab"),
            (r#""arms":[["A",1],["B",1],["C",2]],"method":"block_urn","lambda":2"#, "caad26b6b3da57ad"),
            (r#""arms":[["A",2],["B",1]],"method":"whole_cohort""#, "e8793eb60a9322d4"),
        ] {
            let design = one(rest);
            assert_eq!(commitment(&design), expected, "{rest}");
            let design = Design::parse(&design).unwrap();
            assert!(matches!(
                Sequences::new(&design, &context(&design), &secrets()),
                Err(DrawError::Unsupported(_))
            ));
        }
    }

    #[test]
    fn large_bounds_take_two_words() {
        let design = Design::parse(BASE).unwrap();
        let streams = Streams::new(&context(&design), &secrets());
        let below = |n: u64| streams.words(r#"["low"]"#, 0).below(n);
        assert_eq!(below(1 << 32), 3_446_933_391);
        assert_eq!(below((1 << 32) + 1), 2_570_009_250);
        assert_eq!(below(1_000_000_000_000_000_000), 766_360_510_114_826_127);
    }

    #[test]
    fn every_complete_block_holds_its_shares() {
        for (arms, blocks, sum) in
            [("[[\"A\",1],[\"B\",1]]", "[4,6]", 2), ("[[\"A\",2],[\"B\",2],[\"C\",1]]", "[5,10]", 5)]
        {
            let text = format!(
                r#"{{"arms":{arms},"blocks":{blocks},"factors":[],"method":"permuted_block","v":1}}"#
            );
            let design = Design::parse(&text).unwrap();
            let sequences = Sequences::new(&design, &context(&design), &secrets()).unwrap();
            let Parameters::PermutedBlock(sizes) = design.parameters() else { panic!() };
            for block in 0..2000 {
                let drawn = sequences.block(sizes, "[]", block);
                assert!(sizes.contains(&u32::try_from(drawn.len()).unwrap()));
                for (at, arm) in design.arms().iter().enumerate() {
                    let share = drawn.len() / sum * usize::try_from(arm.ratio).unwrap();
                    assert_eq!(drawn.iter().filter(|drawn| **drawn == at).count(), share);
                }
            }
        }
    }

    #[test]
    fn six_sequences_of_a_block_of_four_are_equally_likely() {
        let text = r#"{"arms":[["A",1],["B",1]],"blocks":[4],"factors":[],"method":"permuted_block","v":1}"#;
        let design = Design::parse(text).unwrap();
        let sequences = Sequences::new(&design, &context(&design), &secrets()).unwrap();
        let mut counts = std::collections::BTreeMap::new();
        for block in 0..6000 {
            *counts.entry(sequences.block(&[4], "[]", block)).or_insert(0_i64) += 1;
        }
        assert_eq!(counts.len(), 6);
        // Chi-square with 5 degrees of freedom: 35.9 is exceeded once in a million.
        let chi: f64 =
            counts.values().map(|n| f64::from(i32::try_from((n - 1000).pow(2)).unwrap()) / 1000.0).sum();
        assert!(chi < 35.9, "{chi}");
    }

    #[test]
    fn keys_of_different_labels_and_indexes_differ() {
        let design = Design::parse(BASE).unwrap();
        let streams = Streams::new(&context(&design), &secrets());
        assert_ne!(streams.key(r#"["a","bc"]"#, 0), streams.key(r#"["ab","c"]"#, 0));
        let mut keys = std::collections::BTreeSet::new();
        for label in 0..100 {
            for index in 0..200 {
                assert!(keys.insert(streams.key(&format!("[\"{label}\"]"), index)));
            }
        }
    }

    #[test]
    fn broken_designs_are_refused_by_key() {
        let key = |text: &str| Design::parse(text).unwrap_err().key;
        for (text, expected) in [
            (r#"[]"#, "design"),
            (r#"{"method":"simple","arms":[["A",1],["B",1]],"factors":[]}"#, "v"),
            (r#"{"v":1,"method":"simple","arms":[["A",1]],"factors":[]}"#, "arms"),
            (r#"{"v":1,"method":"simple","arms":[["A",1],["A",1]],"factors":[]}"#, "arms"),
            (r#"{"v":1,"method":"simple","arms":[["A",0],["B",1]],"factors":[]}"#, "arms"),
            (r#"{"v":1,"method":"simple","arms":[["A",1],["B",1]],"factors":[],"blocks":[4]}"#, "blocks"),
            (r#"{"v":1,"method":"permuted_block","arms":[["A",1],["B",1]],"factors":[]}"#, "blocks"),
            (
                r#"{"v":1,"method":"permuted_block","arms":[["A",1],["B",1]],"factors":[],"blocks":[3]}"#,
                "blocks",
            ),
            (
                r#"{"v":1,"method":"permuted_block","arms":[["A",1],["B",1]],"factors":[],"blocks":[6,4]}"#,
                "blocks",
            ),
            (
                r#"{"v":1,"method":"permuted_block","arms":[["A",1],["B",1]],"factors":[],"blocks":[]}"#,
                "blocks",
            ),
            (r#"{"v":1,"method":"simple","unit":"person","arms":[["A",1],["B",1]],"factors":[]}"#, "unit"),
            (r#"{"v":1,"method":"big_stick","mti":1,"arms":[["A",1],["B",1]],"factors":[]}"#, "mti"),
            (r#"{"v":1,"method":"block_urn","lambda":1,"arms":[["A",1],["B",1]],"factors":[]}"#, "lambda"),
            (
                r#"{"v":1,"method":"wei_urn","alpha":0,"beta":0,"arms":[["A",1],["B",1]],"factors":[]}"#,
                "beta",
            ),
            (r#"{"v":1,"method":"simple","arms":[["A",1],["B",1]],"factors":[["s",[]]]}"#, "factors"),
            (r#"{"v":1,"method":"magic","arms":[["A",1],["B",1]],"factors":[]}"#, "method"),
            (r#"{"v":1,"method":"uploaded","sha256":"00","arms":[["A",1],["B",1]],"factors":[]}"#, "sha256"),
        ] {
            assert_eq!(key(text), expected, "{text}");
        }
        let m1 = r#"{"arms":[["A",1],["B",1],["C",1]],"counts":"corrected","factors":[["age",["y","o"],1],["exp",["n","s","m"],2]],"imbalance":"range","method":"minimization","overall":0,"p":700000,"probability":"a","run_in":0,"unequal":"none","v":1}"#;
        assert_eq!(commitment(m1), "090de6628957d90f");
        assert_eq!(key(&m1.replace("700000", "333332")), "p");
        assert_eq!(key(&m1.replace("700000", "1000001")), "p");
        assert_eq!(key(&m1.replace("\"none\"", "\"arp\"")), "unequal");
    }
}
