//! Why a dataset can't be written. No message holds a value of a participant.

use crate::trial::dataset::naming;

/// Why a dataset can't be written.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A record speaks of something that no version of the protocol asks.
    #[error("{what} '{name}' is in the records and in no version of the protocol")]
    Unplanned {
        /// What kind of thing: an occasion, an instrument, an item, an arm.
        what: &'static str,
        /// Its id.
        name: String,
    },
    /// A rule that can't be read.
    #[error("the rule of '{id}' can't be read")]
    Rule {
        /// The flag or set.
        id: String,
    },
    /// An answer that its item does not take.
    #[error("item '{item}' of '{instrument}' holds something that it does not take")]
    Answer {
        /// The instrument or form.
        instrument: String,
        /// The item.
        item: String,
    },
    /// A column that statistical programs would cut or refuse.
    #[error(
        "column '{name}' has {} characters, or others than a-z, 0-9 and _: {} are allowed; give the score a short name",
        name.chars().count(),
        naming::LONGEST
    )]
    Name {
        /// The name.
        name: String,
    },
    /// Two columns with one name.
    #[error("two columns of '{dataset}' would be named '{name}': rename the item or score")]
    NameTwice {
        /// The dataset.
        dataset: &'static str,
        /// The name.
        name: String,
    },
    /// A text with the character NUL, which no CSV reader takes.
    #[error("a text for column '{column}' holds the character NUL")]
    Nul {
        /// The column.
        column: String,
    },
    /// The source does not keep the order that the files promise.
    #[error("participants must come sorted by code, each once")]
    Order,
    /// A row does not fit its header, or the sink failed.
    #[error("the table can't be written")]
    Csv(#[from] csv::Error),
    /// The sink failed.
    #[error("the file can't be written")]
    Io(#[from] std::io::Error),
    /// The archive can't be written.
    #[error("the archive can't be written")]
    Zip(#[from] zip::result::ZipError),
    /// The source of the records failed.
    #[error("the records can't be read")]
    Source(#[from] crate::kernel::Error),
}
