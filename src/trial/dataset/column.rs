//! A column: its name, its type, and everything that the dictionary says of it.

use crate::kernel::number::Number;
use crate::trial::role::Respondent;
use crate::trial::role::words;

words! {
    /// The type of a column, in the words of the Frictionless table schema.
    Kind {
        /// Text or a code.
        Text = "string",
        /// A whole number.
        Whole = "integer",
        /// A number.
        Number = "number",
        /// A civil date.
        Date = "date",
        /// An instant in UTC, to the second.
        Instant = "datetime",
    }
}

/// How a column uses a code list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Coding {
    /// It holds the codes of the list and no others.
    Codes,
    /// It holds the numbers that the codes stand for and no others.
    Values,
    /// It holds codes; the list names those that the protocol knows, others may come.
    Open,
    /// It holds codes with blanks between them.
    Several,
}

/// A column and its entry in the dictionary.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it is, in words.
    pub label: String,
    /// Its type.
    pub kind: Kind,
    /// Whether every row has a value.
    pub is_required: bool,
    /// The code list, and how it is used.
    pub codes: Option<(String, Coding)>,
    /// The least and the largest value.
    pub range: Option<(Number, Number)>,
    /// The unit.
    pub unit: Option<String>,
    /// The instrument, form or external measure.
    pub instrument: Option<String>,
    /// The item or score.
    pub part: Option<String>,
    /// The occasion.
    pub occasion: Option<String>,
    /// Who answers.
    pub respondent: Option<Respondent>,
    /// What an empty cell means, where that is not plain.
    pub missing: Option<String>,
    /// How a score is computed.
    pub formula: Option<String>,
    /// The version of a score's rule.
    pub rule: Option<String>,
    /// The paper to cite.
    pub source: Option<String>,
    /// The terms of the instrument.
    pub licence: Option<String>,
    /// Whether it helps to recognise a person, or speaks of suicide or harm.
    pub is_sensitive: bool,
}

impl Column {
    /// A column of which only the essentials are known.
    pub fn new(name: impl Into<String>, kind: Kind, label: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            kind,
            is_required: false,
            codes: None,
            range: None,
            unit: None,
            instrument: None,
            part: None,
            occasion: None,
            respondent: None,
            missing: None,
            formula: None,
            rule: None,
            source: None,
            licence: None,
            is_sensitive: false,
        }
    }

    /// Text or a code.
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(name, Kind::Text, label)
    }

    /// A whole number.
    pub fn whole(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(name, Kind::Whole, label)
    }

    /// A civil date.
    pub fn date(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(name, Kind::Date, label)
    }

    /// An instant.
    pub fn instant(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(name, Kind::Instant, label)
    }

    /// 0 or 1.
    pub fn truth(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(name, Kind::Whole, label).coded("yesno", Coding::Values)
    }

    /// Every row has a value.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// With a code list.
    #[must_use]
    pub fn coded(mut self, list: impl Into<String>, coding: Coding) -> Self {
        self.codes = Some((list.into(), coding));
        self
    }

    /// Between two numbers.
    #[must_use]
    pub fn between(mut self, range: Option<(Number, Number)>) -> Self {
        self.range = range;
        self
    }

    /// What an empty cell means.
    #[must_use]
    pub fn empty_means(mut self, missing: impl Into<String>) -> Self {
        self.missing = Some(missing.into());
        self
    }

    /// It helps to recognise a person, or speaks of suicide or harm.
    #[must_use]
    pub fn sensitive(mut self, is_sensitive: bool) -> Self {
        self.is_sensitive = is_sensitive;
        self
    }
}

/// The columns with which files about participants begin.
pub mod keys {
    use crate::trial::dataset::column::Coding;
    use crate::trial::dataset::column::Column;

    /// Whose row it is.
    pub fn participant() -> Column {
        Column::text("participant_id", "Participant code").required()
    }

    /// The episode.
    pub fn episode() -> Column {
        Column::text("episode", "Episode of treatment: main, or the id of a later one")
            .required()
            .coded("episode", Coding::Codes)
    }

    /// The occasion.
    pub fn occasion() -> Column {
        Column::text("occasion", "Planned time of measurement").required().coded("occasion", Coding::Codes)
    }

    /// Its place.
    pub fn occasion_no() -> Column {
        Column::whole("occasion_no", "Place of the occasion in the protocol, from 1").required()
    }

    /// Who answers.
    pub fn respondent() -> Column {
        Column::text("respondent", "Who answers").required().coded("respondent", Coding::Codes)
    }

    /// The instrument.
    pub fn instrument() -> Column {
        Column::text("instrument", "Instrument, form or external measure")
            .required()
            .coded("instrument", Coding::Codes)
    }

    /// Its version.
    pub fn instrument_version() -> Column {
        Column::text("instrument_version", "Version of the instrument").required()
    }
}
