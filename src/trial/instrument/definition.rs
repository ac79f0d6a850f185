//! An instrument as its file states it: what is asked, which codes may be stored, how they are scored.
//! Typed, references resolved, defaults filled in; nothing here reads files or computes scores.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::kernel::number::Number;
use crate::trial::instrument::answer::Code;
use crate::trial::instrument::condition::Condition;
use crate::trial::instrument::wording::Wording;
use crate::trial::role::Respondent;
use crate::trial::role::words;

words! {
    /// What of an instrument may be shipped.
    Licence {
        /// Key and item wording.
        A = "A",
        /// The key only; a team adds the wording that it is licensed for.
        B = "B",
    }
}

words! {
    /// How the items are put before the person.
    Layout {
        /// One item a page.
        Paged = "paged",
        /// Several items a page.
        Stack = "stack",
    }
}

words! {
    /// The direction in which a person gets better.
    Better {
        /// The scores fall.
        Lower = "lower",
        /// The scores rise.
        Higher = "higher",
    }
}

words! {
    /// The value on which a band is looked up.
    BandOn {
        /// Rounded, halves up.
        Rounded = "rounded",
        /// As it is.
        Exact = "exact",
    }
}

/// A questionnaire: items, codes, scores, licence, wording.
#[derive(Clone, Debug, PartialEq)]
pub struct Instrument {
    /// Its id, for ever: `qids_a17_sr`.
    pub id: String,
    /// Its full name, for staff.
    pub title: String,
    /// The version of the file.
    pub version: u32,
    /// What may be shipped.
    pub licence: Licence,
    /// The line that must stay visible.
    pub notice: Option<String>,
    /// The paper to cite.
    pub reference: Option<String>,
    /// The time that the answers are about.
    pub recall: Option<String>,
    /// Who answers.
    pub rater: Respondent,
    /// How the items are put.
    pub layout: Layout,
    /// The direction of improvement.
    pub better: Better,
    /// A change beyond measurement error, in points of the main score.
    pub reliable_change: Option<Number>,
    /// The smallest change that matters to people, in points of the main score.
    pub clinical_change: Option<Number>,
    /// What the file states from memory only: `bands`, `flags.9`.
    pub unverified: Vec<String>,
    /// LOINC codes: `panel`, a score id or an item id → code.
    pub loinc: BTreeMap<String, String>,
    /// Lists of options, each in the order of the form.
    pub options: BTreeMap<String, Vec<OptionCode>>,
    /// The items in the order of the form's numbers.
    pub items: Vec<Item>,
    /// The scoring key.
    pub key: Key,
    /// Language → wording.
    pub wording: BTreeMap<String, Wording>,
}

/// One option of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OptionCode {
    /// What is stored.
    pub code: Code,
    /// What it counts.
    pub value: Number,
}

/// One item of the form.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The number on the original form, with a letter where it is rated twice: `9`, `1f`.
    pub id: String,
    /// What may be stored.
    pub answers: Answers,
    /// What `na` counts; without it the form offers no such answer.
    pub na: Option<Number>,
    /// When the item is asked; `None`: always.
    pub shown: Option<Condition>,
}

/// What may be stored for an item.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answers {
    /// One option of a list.
    Choice {
        /// The name of the list.
        list: String,
        /// Its options.
        options: Vec<OptionCode>,
        /// Codes that the form offers without words.
        unlabelled: Vec<Code>,
    },
    /// A number.
    Number {
        /// The least.
        min: Number,
        /// The largest.
        max: Number,
        /// The distance between neighbours, counted from the least.
        step: Number,
    },
}

/// How answers become scores.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Key {
    /// Items whose value is turned (min + max − x) in every score that does not say otherwise.
    pub reverse: BTreeSet<String>,
    /// Values that are stretched before they are scored.
    pub rescale: BTreeMap<String, Linear>,
    /// Groups of which one answer is enough; blanks beside it are regular.
    pub alternatives: Vec<Vec<String>>,
    /// Blanks that the form asks for.
    pub skips: Vec<Skip>,
    /// The scores, each after those that it is computed from.
    pub scores: Vec<Score>,
    /// Items that ask about suicide or harm.
    pub flags: Vec<FlagItem>,
    /// Names → bands, lowest first.
    pub bands: BTreeMap<String, Vec<Band>>,
    /// National value sets.
    pub valuesets: BTreeMap<String, ValueSet>,
}

/// `times · x + plus`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Linear {
    /// The factor.
    pub times: Number,
    /// The summand.
    pub plus: Number,
}

/// Items that the form lets a person leave out.
#[derive(Clone, Debug, PartialEq)]
pub struct Skip {
    /// When.
    pub when: Condition,
    /// A blank of these counts 0 and is not missing; an answer in spite of it counts.
    pub items: Vec<String>,
}

/// A number derived from the answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Its id.
    pub id: String,
    /// The shorter name for columns of datasets.
    pub short: Option<String>,
    /// How it is computed.
    pub formula: Formula,
    /// Items turned in this score; `None`: those of the key.
    pub reverse: Option<BTreeSet<String>>,
    /// Weights of items or scores; 1 where none is given.
    pub weights: BTreeMap<String, Number>,
    /// Items without which it can't be scored though the formula does not read them.
    pub needs: Vec<String>,
    /// What happens when answers are missing.
    pub missing: MissingRule,
    /// A step on the way: not printed.
    pub inner: bool,
    /// The name of its bands.
    pub bands: Option<String>,
    /// The value on which the band is looked up.
    pub band_on: BandOn,
}

/// What a score is computed from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Operands {
    /// Items.
    Items(Vec<String>),
    /// Scores that stand before it.
    Scores(Vec<String>),
}

/// How a score is computed.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// The weighted sum.
    Sum(Operands),
    /// The weighted mean.
    Mean(Operands),
    /// The largest.
    Max(Operands),
    /// How many reach `from`.
    Count {
        /// What is counted.
        over: Operands,
        /// The least value that counts.
        from: Number,
    },
    /// Another score, stretched.
    Linear {
        /// The other score.
        of: String,
        /// How.
        by: Linear,
    },
    /// 1 where the condition is met, else 0.
    Rule(Condition),
    /// The codes one after the other, as a text.
    Digits(Vec<String>),
    /// The sum of products; a weight of 0 leaves the pair out.
    ProductSum(Vec<Pair>),
    /// The sum of products by the number of weights other than 0.
    ProductMean(Vec<Pair>),
    /// The value of a health state in the value set of the context.
    ValueSet(Vec<String>),
}

/// An item and the item that weighs it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pair {
    /// The rated item.
    pub item: String,
    /// The item that says how much it counts.
    pub weight: String,
}

/// What happens to a score when answers are missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MissingRule {
    /// It can't be scored.
    Complete,
    /// Up to so many are replaced by the mean of the answered ones.
    Prorate(u32),
}

/// A range of a score with a name; it reaches up to the next one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Band {
    /// Its lower limit, inclusive.
    pub from: Number,
    /// Its id.
    pub id: String,
}

/// An item that asks about suicide or harm, with the default thresholds of the library.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlagItem {
    /// The item.
    pub item: String,
    /// The least value that is flagged.
    pub from: Number,
    /// The least value that calls for somebody at once, where one is proposed.
    pub urgent: Option<Number>,
}

/// One national value set: a constant less one decrement for each item.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ValueSet {
    /// The value from which decrements are taken.
    pub constant: Number,
    /// The value of the state without any problem.
    pub full: Number,
    /// Item → decrement of each option, in the order of the options.
    pub decrements: BTreeMap<String, Vec<Number>>,
}

impl std::fmt::Display for MissingRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Complete => f.write_str("complete"),
            Self::Prorate(most) => write!(f, "prorate {most}"),
        }
    }
}

/// A text that is no missing rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no missing rule: write \"complete\" or \"prorate 2\"")]
pub struct NotAMissingRule;

/// Reads `complete` and `prorate n`.
impl std::str::FromStr for MissingRule {
    type Err = NotAMissingRule;

    fn from_str(text: &str) -> Result<Self, NotAMissingRule> {
        if text == "complete" {
            return Ok(Self::Complete);
        }
        let most = text.strip_prefix("prorate ").ok_or(NotAMissingRule)?;
        let plain = !most.starts_with('0') && most.bytes().all(|byte| byte.is_ascii_digit());
        most.parse().ok().filter(|_| plain).map(Self::Prorate).ok_or(NotAMissingRule)
    }
}
