//! Tables of keys: what a section may hold, as data. Reading, unknown-key errors and key lists all come from them.

/// A section or row: its name in messages, and its keys in the order in which they are explained.
#[derive(Debug)]
pub struct Section {
    /// The name: `comparison.arms`.
    pub name: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

/// One key.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Whether it must be there.
    pub required: bool,
    /// One line of explanation.
    pub doc: &'static str,
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// Text for staff, or words for participants.
    Text,
    /// A code: small letters, digits, underscores, from a letter, at most 32.
    Code,
    /// An occasion's id: small letters and digits, from a letter, at most 8.
    OccasionId,
    /// The id of something that is defined elsewhere.
    Reference,
    /// A dotted name: `scr.entry.birth`.
    Name,
    /// A version: digits in quotes.
    Version,
    /// One of these words; the second is what they are: `kind of arm`.
    Word(&'static [&'static str], &'static str),
    /// A whole number from the first to the second.
    Whole(i64, i64),
    /// A number, with or without decimals.
    Number,
    /// `true` or `false`.
    Truth,
    /// A date.
    Date,
    /// A time of day.
    Time,
    /// A duration: `4h 7d 10w 6m 2y`.
    Duration,
    /// Durations with + or -: `6m-14d`.
    Offset,
    /// A base and an offset: `start+10w`.
    Point,
    /// A rule of the expression language.
    Rule,
    /// A list, each item of which is this.
    List(&'static Takes),
    /// Rows: inline tables, or `[[…]]` blocks.
    Rows(&'static Section),
    /// A table with these keys.
    Table(&'static Section),
    /// A table whose keys are codes of the writer's choice, each with such a table.
    Keyed(&'static Section),
    /// A table whose keys are the writer's, each with this.
    KeyedValues(&'static Takes),
    /// Pairs of code and words: `[["f", "Woman"], …]`.
    Choices,
    /// A shape of its own, read where it is used.
    Own(&'static str),
}

impl Takes {
    /// What it takes, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Code => "a code (small letters, digits and _)".into(),
            Self::OccasionId => "an occasion id".into(),
            Self::Reference => "the id of a definition".into(),
            Self::Name => "a dotted name, as scr.entry.birth".into(),
            Self::Version => "a version, digits in quotes".into(),
            Self::Word(words, _) => format!("one of {}", words.join(", ")),
            Self::Whole(..) => "a whole number".into(),
            Self::Number => "a number".into(),
            Self::Truth => "true or false".into(),
            Self::Date => "a date, as 2026-03-02".into(),
            Self::Time => "a time of day, as 17:00:00".into(),
            Self::Duration => "a duration, as 10w".into(),
            Self::Offset => "an offset, as 6m-14d".into(),
            Self::Point => "a point, as start+10w".into(),
            Self::Rule => "a rule in quotes".into(),
            Self::List(item) => format!("a list, each item {}", item.words()),
            Self::Rows(_) => "a list of rows".into(),
            Self::Table(_) | Self::Keyed(_) | Self::KeyedValues(_) => "a table".into(),
            Self::Choices => "pairs of code and words".into(),
            Self::Own(words) => (*words).into(),
        }
    }
}

/// A key that must be there.
pub const fn must(name: &'static str, takes: Takes, doc: &'static str) -> Key {
    Key { name, takes, required: true, doc }
}

/// A key that may be left out.
pub const fn may(name: &'static str, takes: Takes, doc: &'static str) -> Key {
    Key { name, takes, required: false, doc }
}
