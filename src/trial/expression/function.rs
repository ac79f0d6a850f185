//! The functions of the language, and how many arguments of what kind each takes.

/// The functions, all of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Function {
    /// Whether there is a value: never undetermined.
    Answered,
    /// Whether the required measures of an occasion are sent.
    Done,
    /// The band of a score.
    Band,
    /// Without its sign.
    Abs,
    /// The least.
    Min,
    /// The largest.
    Max,
    /// Whether so many are met.
    AtLeastMet,
    /// The latest value of a series.
    Last,
    /// The lowest value of a series.
    Lowest,
    /// The highest value of a series.
    Highest,
    /// How many values of a series are there.
    Count,
}

impl Function {
    /// All functions with their words.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Answered, "answered"),
        (Self::Done, "done"),
        (Self::Band, "band"),
        (Self::Abs, "abs"),
        (Self::Min, "min"),
        (Self::Max, "max"),
        (Self::AtLeastMet, "at_least"),
        (Self::Last, "last"),
        (Self::Lowest, "lowest"),
        (Self::Highest, "highest"),
        (Self::Count, "number"),
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(function, _)| *function == self).map_or("", |(_, word)| word)
    }

    /// How many arguments it takes at least.
    pub fn least(self) -> usize {
        if self == Self::AtLeastMet { 2 } else { 1 }
    }

    /// How many arguments it takes at most.
    pub fn most(self) -> usize {
        if matches!(self, Self::Min | Self::Max | Self::AtLeastMet) { usize::MAX } else { 1 }
    }

    /// Whether its argument is a name, not any value.
    pub fn takes_a_name(self) -> bool {
        match self {
            Self::Answered
            | Self::Done
            | Self::Band
            | Self::Last
            | Self::Lowest
            | Self::Highest
            | Self::Count => true,
            Self::Abs | Self::Min | Self::Max | Self::AtLeastMet => false,
        }
    }

    /// The function with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(function, _)| *function)
    }
}
