//! The datasets by name: which file each is, what identifies its rows, which columns it has and how it is written.

use std::io::Write;

use crate::trial::dataset::agenda::Agenda;
use crate::trial::dataset::codelist;
use crate::trial::dataset::codelist::CodeList;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::derived;
use crate::trial::dataset::derived::Declared;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::naming;
use crate::trial::dataset::record::ParticipantRecord;
use crate::trial::dataset::record::Source;
use crate::trial::dataset::row::Table;
use crate::trial::dataset::table;
use crate::trial::dataset::view::ArmView;
use crate::trial::dataset::view::View;
use crate::trial::role::words;

words! {
    /// The datasets, in the order of the package.
    Dataset {
        /// One row for each participant.
        Participants = "participants",
        /// One row for each step of enrolment and criterion.
        Screening = "screening",
        /// One row for each score of a response.
        ScoresLong = "scores_long",
        /// One row for each item that was due, answered or not.
        ItemsLong = "items_long",
        /// One row for each planned assessment.
        Assessments = "assessments",
        /// One row for each trial event.
        Events = "events",
        /// One row for each participant and each flag or analysis set.
        Derived = "derived",
        /// One row for each allocation.
        Allocations = "allocations",
        /// One row for each participant, one column for each measurement.
        Wide = "wide",
        /// One row for each column of each dataset.
        Dictionary = "dictionary",
        /// One row for each code and language.
        Codelists = "codelists",
        /// One row for each planned time of measurement.
        Occasions = "occasions",
    }
}

/// What a dataset is written from, besides the records.
pub struct Frame<'p> {
    /// What is asked of whom and when.
    pub agenda: Agenda<'p>,
    /// What the reader may see.
    pub view: View,
    /// The code lists.
    pub lists: Vec<CodeList>,
    /// Flags and sets, as the protocol in force lists them.
    pub derived: Vec<Declared<'p>>,
    columns: Vec<(Dataset, Vec<Column>)>,
}

impl<'p> Frame<'p> {
    /// Settles all columns; an error if a name is too long or stands twice.
    pub fn new(agenda: Agenda<'p>, view: View) -> Result<Self, DatasetError> {
        let lists = codelist::lists(&agenda, &view);
        let in_view = |dataset: &&Dataset| **dataset != Dataset::Allocations || view.arms == ArmView::Shown;
        let columns: Vec<(Dataset, Vec<Column>)> = Dataset::ALL
            .iter()
            .filter(in_view)
            .map(|dataset| (*dataset, dataset.columns_of(&agenda, &view)))
            .collect();
        for (dataset, columns) in &columns {
            check_names(*dataset, columns)?;
        }
        let derived = derived::declared(&agenda)?;
        Ok(Self { agenda, view, lists, derived, columns })
    }

    /// The datasets of this view with their columns, in the order of the package.
    pub fn datasets(&self) -> impl Iterator<Item = (Dataset, &[Column])> {
        self.columns.iter().map(|(dataset, columns)| (*dataset, columns.as_slice()))
    }

    /// The columns of a dataset; none if this view does not have it.
    pub fn columns(&self, dataset: Dataset) -> Option<&[Column]> {
        self.datasets().find(|(known, _)| *known == dataset).map(|(_, columns)| columns)
    }

    /// Writes a dataset as CSV, one participant at a time.
    pub fn write(
        &self,
        dataset: Dataset,
        source: &mut dyn Source,
        sink: &mut dyn Write,
    ) -> Result<(), DatasetError> {
        let unplanned = || DatasetError::Unplanned { what: "dataset", name: dataset.to_string() };
        let mut table = Table::new(sink, self.columns(dataset).ok_or_else(unplanned)?)?;
        match dataset {
            Dataset::Participants => {
                self.each(source, |person| table::participants::write(self, person, &mut table))
            }
            Dataset::Screening => {
                self.each(source, |person| table::screening::write(self, person, &mut table))
            }
            Dataset::ScoresLong => {
                self.each(source, |person| table::scores_long::write(self, person, &mut table))
            }
            Dataset::ItemsLong => {
                self.each(source, |person| table::items_long::write(self, person, &mut table))
            }
            Dataset::Assessments => {
                self.each(source, |person| table::assessments::write(self, person, &mut table))
            }
            Dataset::Events => self.each(source, |person| table::events::write(person, &mut table)),
            Dataset::Derived => self.each(source, |person| table::derived::write(self, person, &mut table)),
            Dataset::Wide => self.each(source, |person| table::wide::write(self, person, &mut table)),
            Dataset::Allocations => table::allocations::write(source, &mut table),
            Dataset::Dictionary => table::dictionary::write(self, &mut table),
            Dataset::Codelists => table::codelists::write(self, &mut table),
            Dataset::Occasions => table::occasions::write(self, &mut table),
        }?;
        table.finish()
    }

    /// Goes through the participants and holds the source to its order.
    fn each(
        &self,
        source: &mut dyn Source,
        mut write: impl FnMut(&ParticipantRecord) -> Result<(), DatasetError>,
    ) -> Result<(), DatasetError> {
        let mut before = String::new();
        source.participants(&mut |person| {
            if person.code.as_str() <= before.as_str() {
                return Err(DatasetError::Order);
            }
            before.clear();
            before.push_str(person.code.as_str());
            write(person)
        })
    }
}

impl Dataset {
    /// Where it lies in the package.
    pub fn path(self) -> String {
        match self {
            Self::Dictionary | Self::Codelists | Self::Occasions => format!("{self}.csv"),
            _ => format!("data/{self}.csv"),
        }
    }

    /// What a row is.
    pub fn title(self) -> &'static str {
        match self {
            Self::Participants => "One row for each participant",
            Self::Screening => {
                "One row for each step of enrolment that was opened and each criterion judged at it"
            }
            Self::ScoresLong => "One row for each score of each response",
            Self::ItemsLong => "One row for each item that was planned to be asked, answered or not",
            Self::Assessments => "One row for each planned assessment, answered or not",
            Self::Events => "One row for each trial event, without its words",
            Self::Derived => "One row for each participant and each flag or analysis set",
            Self::Allocations => "One row for each allocation, in the order in which they were made",
            Self::Wide => "One row for each participant, one column for each measurement",
            Self::Dictionary => "One row for each column of each of these files",
            Self::Codelists => "One row for each code and language",
            Self::Occasions => "One row for each planned time of measurement",
        }
    }

    /// The columns that tell its rows apart.
    pub fn key(self) -> &'static [&'static str] {
        match self {
            Self::Participants | Self::Wide => &["participant_id"],
            Self::Screening => &["participant_id", "step", "criterion"],
            Self::ScoresLong => {
                &["participant_id", "episode", "occasion", "respondent", "instrument", "score"]
            }
            Self::ItemsLong => &["participant_id", "episode", "occasion", "respondent", "instrument", "item"],
            Self::Assessments => &["participant_id", "episode", "occasion", "respondent"],
            Self::Events => &["event_id"],
            Self::Derived => &["participant_id", "kind", "id"],
            Self::Allocations => &["sequence"],
            Self::Dictionary => &["dataset", "column"],
            Self::Codelists => &["list", "code", "language"],
            Self::Occasions => &["occasion", "arms"],
        }
    }

    /// Columns that must be found in another dataset: fields here, dataset, fields there.
    pub fn foreign_keys(self) -> &'static [(&'static [&'static str], Dataset, &'static [&'static str])] {
        const PERSON: &[&str] = &["participant_id"];
        const SITTING: &[&str] = &["participant_id", "episode", "occasion", "respondent"];
        match self {
            Self::Screening | Self::Events | Self::Derived | Self::Wide => {
                &[(PERSON, Self::Participants, PERSON)]
            }
            Self::Assessments => {
                &[(PERSON, Self::Participants, PERSON), (&["occasion"], Self::Occasions, &["occasion"])]
            }
            Self::ScoresLong | Self::ItemsLong => {
                &[(PERSON, Self::Participants, PERSON), (SITTING, Self::Assessments, SITTING)]
            }
            Self::Participants | Self::Allocations | Self::Dictionary | Self::Codelists | Self::Occasions => {
                &[]
            }
        }
    }

    fn columns_of(self, agenda: &Agenda<'_>, view: &View) -> Vec<Column> {
        match self {
            Self::Participants => table::participants::columns(agenda, view),
            Self::Screening => table::screening::columns(),
            Self::ScoresLong => table::scores_long::columns(),
            Self::ItemsLong => table::items_long::columns(),
            Self::Assessments => table::assessments::columns(),
            Self::Events => table::events::columns(),
            Self::Derived => table::derived::columns(),
            Self::Allocations => table::allocations::columns(),
            Self::Wide => table::wide::columns(agenda, view),
            Self::Dictionary => table::dictionary::columns(),
            Self::Codelists => table::codelists::columns(),
            Self::Occasions => table::occasions::columns(),
        }
    }
}

fn check_names(dataset: Dataset, columns: &[Column]) -> Result<(), DatasetError> {
    let mut names = std::collections::BTreeSet::new();
    for Column { name, .. } in columns {
        if !naming::is_sound(name) {
            return Err(DatasetError::Name { name: name.clone() });
        }
        if !names.insert(name) {
            return Err(DatasetError::NameTwice { dataset: dataset.as_str(), name: name.clone() });
        }
    }
    Ok(())
}
