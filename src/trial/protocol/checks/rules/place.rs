//! The places in which rules stand, and what each may say besides answers. Blinding is here, in the grammar.

use crate::trial::schedule::definition::Measure;

/// Where a rule stands.
#[derive(Clone)]
pub enum Place<'t> {
    /// A criterion or a factor: what is known when this step (by its position) is taken.
    Step(usize),
    /// A safety rule.
    Safety,
    /// The condition under which something is shown, with the measures among which it is shown.
    Shown(Vec<&'t Measure>),
    /// The condition of a later treatment.
    Episode,
    /// What is computed at the end: received, flags, sets.
    Results,
}

/// A name that is no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fact {
    /// Full years on the day of the act.
    Age,
    /// The sex, by its code.
    Sex,
    /// The site.
    Site,
    /// The language.
    Language,
    /// The country.
    Country,
    /// The day of the act.
    Today,
    /// The arm.
    Arm,
    /// A field of the cluster.
    Cluster,
    /// The date of an anchor.
    Anchor,
    /// What was used of the treatment.
    Use,
    /// A derived variable.
    Flag,
}

impl Fact {
    /// All facts with their words.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Age, "age"),
        (Self::Sex, "sex"),
        (Self::Site, "site"),
        (Self::Language, "language"),
        (Self::Country, "country"),
        (Self::Today, "today"),
        (Self::Arm, "arm"),
        (Self::Cluster, "cluster"),
        (Self::Anchor, "anchor"),
        (Self::Use, "use"),
        (Self::Flag, "flag"),
    ];

    /// The fact with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(fact, _)| *fact)
    }

    /// Whether a name of it has a second word: `use.modules`.
    pub fn has_parts(self) -> bool {
        matches!(self, Self::Cluster | Self::Anchor | Self::Use | Self::Flag)
    }
}

/// Words that no occasion may be called, since rules give them a meaning.
pub fn is_reserved(word: &str) -> bool {
    word == "this" || Fact::parse(word).is_some()
}

impl Place<'_> {
    /// In words, with an article.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Step(_) => "a criterion or factor",
            Self::Safety => "a safety rule",
            Self::Shown(_) => "a condition of showing",
            Self::Episode => "a condition of an episode",
            Self::Results => "a rule of the analysis",
        }
    }

    /// Whether it may say a fact.
    pub fn knows(&self, fact: Fact) -> bool {
        use Fact as F;
        match self {
            Self::Step(_) => {
                matches!(fact, F::Age | F::Sex | F::Site | F::Language | F::Country | F::Today | F::Cluster)
            }
            Self::Safety => matches!(fact, F::Age | F::Sex),
            Self::Shown(_) => matches!(fact, F::Age | F::Sex | F::Language),
            Self::Episode => !matches!(fact, F::Arm | F::Flag),
            Self::Results => true,
        }
    }

    /// Why it may not say the arm.
    pub fn why_no_arm(&self) -> &'static str {
        match self {
            Self::Step(_) => "there is none yet",
            Self::Safety => "it is the same in every arm",
            Self::Shown(_) => "what is shown would tell it",
            Self::Episode => "its arms are a key of their own",
            Self::Results => "",
        }
    }

    /// Whether it may name the assessment at hand.
    pub fn has_assessment(&self) -> bool {
        matches!(self, Self::Safety | Self::Shown(_))
    }
}
