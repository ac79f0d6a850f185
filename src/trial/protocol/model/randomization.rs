//! How arms are drawn: method, factors, where their levels come from.

use serde::Serialize;

use crate::kernel::number::Number;
use crate::trial::role::words;

words! {
    /// How arms are drawn.
    Method {
        /// Each by itself.
        Simple = "simple",
        /// Permuted blocks.
        PermutedBlock = "permuted_block",
        /// Pocock and Simon.
        Minimization = "minimization",
        /// Soares and Wu.
        BigStick = "big_stick",
        /// Zhao and Weng.
        BlockUrn = "block_urn",
        /// Wei.
        WeiUrn = "wei_urn",
        /// All at once.
        WholeCohort = "whole_cohort",
        /// A list prepared outside.
        Uploaded = "uploaded",
    }
}

words! {
    /// Where the restricted parameters are.
    Openness {
        /// Typed in by the unblinded statistician; only in the sealed design.
        Sealed = "sealed",
        /// In this file: an example or replica, never opened for real participants.
        Public = "public",
        /// The method has none.
        Unrestricted = "unrestricted",
    }
}

/// `[randomization]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Randomization {
    /// How arms are drawn.
    pub method: Method,
    /// The number of the design version.
    pub design: u32,
    /// Where the restricted parameters are.
    pub openness: Openness,
    /// Stratification factors in design order.
    pub factors: Vec<Factor>,
    /// The restricted parameters, if public (`blocks` of permuted blocks). Never under the protocol's hash: the few
    /// sensible values are guessed in no time; the salted commitment covers them.
    #[serde(skip)]
    pub blocks: Option<Vec<u32>>,
}

/// A stratification factor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Factor {
    /// Its id.
    pub id: String,
    /// How its level comes about.
    pub derivation: Derivation,
}

/// How a level comes about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Derivation {
    /// A number cut: level k lies below cut k, the last is the rest.
    Cuts {
        /// The number (a dotted name).
        of: String,
        /// The levels.
        levels: Vec<String>,
        /// The cuts, ascending, one less than levels.
        cuts: Vec<Number>,
    },
    /// A choice whose codes are the levels.
    Choice {
        /// The choice field (a dotted name).
        of: String,
        /// The levels.
        levels: Vec<String>,
    },
    /// Open: levels come as logged events (sites).
    Open {
        /// What it is derived of: `site`.
        of: String,
    },
    /// One rule for each level, exactly one met.
    Rules {
        /// The levels.
        levels: Vec<String>,
        /// Their rules (expressions).
        rules: Vec<String>,
    },
}
