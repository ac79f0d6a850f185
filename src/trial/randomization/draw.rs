//! The draw: which arm a slot of a label's list holds. A pure function of design, secrets and place; nothing is remembered.

use crate::kernel::digest::Hash;
use crate::trial::randomization::design::Design;
use crate::trial::randomization::parameters::Parameters;
use crate::trial::randomization::stream::Context;
use crate::trial::randomization::stream::NO_BEACON;
use crate::trial::randomization::stream::Secrets;
use crate::trial::randomization::stream::Streams;
use crate::trial::randomization::words::Words;

/// The longest block that is drawn: far beyond any trial, and small enough for the memory of any machine.
pub const LONGEST_BLOCK: u32 = 1_000_000;

/// Lists that can't be drawn.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DrawError {
    /// Known, checked, hashed, but not drawn.
    #[error("not supported yet: drawing by {0}")]
    Unsupported(&'static str),
    /// The list stands in a file of its own.
    #[error("an uploaded list is not drawn: its arms stand in its file")]
    Uploaded,
    /// A block longer than `LONGEST_BLOCK`.
    #[error("not supported: a block of {0}; the longest that is drawn has 1000000")]
    BlockTooLong(u32),
    /// Without the value that it names, or with one that it does not, a beacon would give lists that nobody can check.
    #[error("a beacon needs its value, and none has none (beacon_ref '{0}')")]
    Beacon(String),
    /// The context was made for another design.
    #[error("the digest of the design is not the one that was committed")]
    OtherDesign,
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
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
    rule: Rule<'d>,
    streams: Streams,
}

#[derive(Clone, Copy, Debug)]
enum Rule<'d> {
    Simple,
    Blocks(&'d [u32]),
}

/// Whether the lists of a design can be drawn: asked before it is committed, when no beacon has spoken yet.
pub fn drawable(design: &Design) -> Result<(), DrawError> {
    rule(design).map(|_| ())
}

fn rule(design: &Design) -> Result<Rule<'_>, DrawError> {
    match design.parameters() {
        Parameters::Simple => Ok(Rule::Simple),
        Parameters::PermutedBlock(sizes) => match sizes.last() {
            Some(largest) if *largest > LONGEST_BLOCK => Err(DrawError::BlockTooLong(*largest)),
            _ => Ok(Rule::Blocks(sizes)),
        },
        Parameters::Uploaded(_) => Err(DrawError::Uploaded),
        Parameters::BigStick(_)
        | Parameters::BlockUrn(_)
        | Parameters::WeiUrn(..)
        | Parameters::Minimization(_)
        | Parameters::WholeCohort => Err(DrawError::Unsupported(design.parameters().method())),
    }
}

impl<'d> Sequences<'d> {
    /// The lists of the strata. Methods that can't be drawn are refused by name.
    pub fn new(design: &'d Design, context: &Context, secrets: &Secrets) -> Result<Self, DrawError> {
        Self::by(rule(design)?, design, context, secrets)
    }

    /// The list with the label `"fallback"`: by the design's method, but simple where that needs the others' data.
    pub fn fallback(design: &'d Design, context: &Context, secrets: &Secrets) -> Result<Self, DrawError> {
        let rule = match design.parameters() {
            Parameters::Minimization(_) | Parameters::WholeCohort => Rule::Simple,
            _ => rule(design)?,
        };
        Self::by(rule, design, context, secrets)
    }

    fn by(
        rule: Rule<'d>,
        design: &'d Design,
        context: &Context,
        secrets: &Secrets,
    ) -> Result<Self, DrawError> {
        if context.beacon.is_none() != (context.beacon_ref == NO_BEACON) {
            return Err(DrawError::Beacon(context.beacon_ref.clone()));
        }
        if context.design_hash != design.hash() {
            return Err(DrawError::OtherDesign);
        }
        Ok(Self { design, rule, streams: Streams::new(context, secrets) })
    }

    /// The commitment that belongs to these lists.
    pub fn commitment(&self) -> Hash {
        self.streams.commitment()
    }

    /// Slot `number` (from 0) of a label's list. Earlier blocks of several sizes cost one draw each.
    pub fn slot(&self, label: &str, number: u64) -> Slot {
        let Rule::Blocks(sizes) = self.rule else { return self.simple(label, number + 1) };
        let (mut block, mut within) = match sizes {
            [only] => (number / u64::from(*only), number % u64::from(*only)),
            _ => (0, number),
        };
        loop {
            let (mut words, size) = self.open_block(sizes, label, block);
            match within.checked_sub(size) {
                Some(behind) => (block, within) = (block + 1, behind),
                None => {
                    let arm = item(&self.contents(&mut words, size), within);
                    return Slot { place: Place::Block(block, within + 1), arm };
                }
            }
        }
    }

    /// A label's whole list from slot 0, without end.
    pub fn list<'s>(&'s self, label: &'s str) -> Box<dyn Iterator<Item = Slot> + 's> {
        match self.rule {
            Rule::Simple => Box::new((1..).map(|index| self.simple(label, index))),
            Rule::Blocks(sizes) => Box::new((0..).flat_map(move |block| {
                let (mut words, size) = self.open_block(sizes, label, block);
                let arms = self.contents(&mut words, size).into_iter();
                arms.zip(1..).map(move |(arm, position)| Slot { place: Place::Block(block, position), arm })
            })),
        }
    }

    /// The id of a slot's arm. A slot of another design's lists is a fault of the program, and stops it.
    #[expect(clippy::indexing_slicing, reason = "a slot without its arm must stop the allocation")]
    pub fn arm_id(&self, slot: &Slot) -> &'d str {
        &self.design.arms()[slot.arm].id
    }

    /// Each arm with its share of the ratio sum, independent of history.
    fn simple(&self, label: &str, index: u64) -> Slot {
        let drawn = self.streams.words(label, index).below(self.design.ratio_sum());
        let mut reached = 0;
        let passed = self.design.arms().iter().take_while(|arm| {
            reached += u64::from(arm.ratio);
            reached <= drawn
        });
        Slot { place: Place::Index(index), arm: passed.count() }
    }

    /// The words of a block, behind the draw of its size if there are several, and the size.
    fn open_block(&self, sizes: &[u32], label: &str, block: u64) -> (Words, u64) {
        let mut words = self.streams.words(label, block);
        let size = match sizes {
            [only] => *only,
            several => item(several, words.below(u64::try_from(several.len()).unwrap_or(u64::MAX))),
        };
        (words, u64::from(size))
    }

    /// The arms of a block: in design order, each with its share, then shuffled.
    fn contents(&self, words: &mut Words, size: u64) -> Vec<usize> {
        let sets = size / self.design.ratio_sum();
        let mut arms: Vec<usize> = Vec::new();
        for (at, arm) in self.design.arms().iter().enumerate() {
            arms.extend((0..u64::from(arm.ratio) * sets).map(|_| at));
        }
        words.shuffle(&mut arms);
        arms
    }
}

/// The item at a drawn index.
#[expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "an index out of range must stop the draw, never give another arm"
)]
fn item<T: Copy>(items: &[T], index: u64) -> T {
    items[usize::try_from(index).expect("lists are shorter than the address space")]
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCKS: &str = r#"{"arms":[["A",1],["B",1]],"blocks":[4,6],"factors":[["sev",["low","high"]]],"method":"permuted_block","v":1}"#;

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
            beacon_ref: NO_BEACON.into(),
            beacon: None,
        }
    }

    fn simple(arms: &str) -> Design {
        Design::parse(&format!(r#"{{"v":1,"method":"simple","arms":{arms},"factors":[]}}"#)).unwrap()
    }

    #[test]
    fn a_list_and_its_single_slots_agree() {
        for text in [
            BLOCKS,
            r#"{"arms":[["A",2],["B",1]],"blocks":[6],"factors":[],"method":"permuted_block","v":1}"#,
            r#"{"arms":[["A",2],["B",1]],"factors":[],"method":"simple","v":1}"#,
        ] {
            let design = Design::parse(text).unwrap();
            let sequences = Sequences::new(&design, &context(&design), &secrets()).unwrap();
            for (number, slot) in (0..60).zip(sequences.list("[]")) {
                assert_eq!(sequences.slot("[]", number), slot, "{text}");
            }
        }
    }

    #[test]
    fn large_bounds_take_two_words() {
        let design = Design::parse(BLOCKS).unwrap();
        let streams = Streams::new(&context(&design), &secrets());
        let below = |n: u64| streams.words(r#"["low"]"#, 0).below(n);
        assert_eq!(below(1 << 32), 3_446_933_391);
        assert_eq!(below((1 << 32) + 1), 2_570_009_250);
        assert_eq!(below(1_000_000_000_000_000_000), 766_360_510_114_826_127);
        let large = simple(r#"[["A",2147483647],["B",2147483647],["C",2147483647]]"#);
        let sequences = Sequences::new(&large, &context(&large), &secrets()).unwrap();
        assert!(sequences.list("[]").take(50).all(|slot| slot.arm < 3));
    }

    #[test]
    fn lists_that_can_not_be_drawn_are_refused_by_name() {
        for (method, expected) in [
            (r#""method":"big_stick","mti":3"#, DrawError::Unsupported("big_stick")),
            (r#""method":"block_urn","lambda":2"#, DrawError::Unsupported("block_urn")),
            (r#""method":"wei_urn","alpha":0,"beta":1"#, DrawError::Unsupported("wei_urn")),
            (r#""method":"permuted_block","blocks":[2000000]"#, DrawError::BlockTooLong(2_000_000)),
        ] {
            let text = format!(r#"{{"v":1,"arms":[["A",1],["B",1]],"factors":[],{method}}}"#);
            let design = Design::parse(&text).unwrap();
            let strata = Sequences::new(&design, &context(&design), &secrets()).unwrap_err();
            let fallback = Sequences::fallback(&design, &context(&design), &secrets()).unwrap_err();
            assert_eq!((&strata, &fallback), (&expected, &expected));
            assert_eq!(drawable(&design), Err(expected));
        }
        let list = format!(
            r#"{{"v":1,"arms":[["A",1],["B",1]],"factors":[],"method":"uploaded","sha256":"{}"}}"#,
            "0".repeat(64)
        );
        let design = Design::parse(&list).unwrap();
        let fallback = Sequences::fallback(&design, &context(&design), &secrets()).unwrap_err();
        assert_eq!(fallback, DrawError::Uploaded);
    }

    #[test]
    fn the_fallback_of_a_method_that_needs_the_others_is_simple() {
        let text = r#"{"v":1,"arms":[["A",2],["B",1]],"factors":[],"method":"whole_cohort"}"#;
        let cohort = Design::parse(text).unwrap();
        assert_eq!(
            Sequences::new(&cohort, &context(&cohort), &secrets()).unwrap_err(),
            DrawError::Unsupported("whole_cohort")
        );
        let fallback = Sequences::fallback(&cohort, &context(&cohort), &secrets()).unwrap();
        let slots: Vec<Slot> = fallback.list("\"fallback\"").take(2000).collect();
        assert_eq!(slots[0].place, Place::Index(1));
        // Two in three go to A: 1333 expected, standard deviation 21.1; 4.89 of them are 103.
        let first = slots.iter().filter(|slot| slot.arm == 0).count();
        assert!((1230..=1436).contains(&first), "{first}");
    }

    #[test]
    fn a_beacon_without_its_value_or_another_design_is_never_drawn_from() {
        let design = simple(r#"[["A",1],["B",1]]"#);
        let draw = |context: &Context| Sequences::new(&design, context, &secrets()).map(|_| ());
        let named = Context { beacon_ref: "drand:x:1".into(), ..context(&design) };
        assert_eq!(draw(&named), Err(DrawError::Beacon("drand:x:1".into())));
        assert_eq!(drawable(&design), Ok(()));
        assert_eq!(draw(&Context { beacon: Some([7; 32]), ..named }), Ok(()));
        let valued = Context { beacon: Some([7; 32]), ..context(&design) };
        assert_eq!(draw(&valued), Err(DrawError::Beacon("none".into())));
        let other = context(&simple(r#"[["A",1],["B",2]]"#));
        assert_eq!(draw(&other), Err(DrawError::OtherDesign));
    }
}
