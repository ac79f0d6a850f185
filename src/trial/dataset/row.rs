//! Rows as bytes: RFC 4180 with line feeds, quotes only where needed, UTF-8 without a mark in front. A cell holds exactly
//! what was said, whatever a spreadsheet would make of it; an empty cell is no value.

use std::io::Write;

use csv::ByteRecord;
use csv::QuoteStyle;
use csv::Terminator;
use csv::Writer;
use csv::WriterBuilder;

use crate::kernel::number::Number;
use crate::kernel::time::Date;
use crate::kernel::time::Timestamp;
use crate::trial::dataset::column::Column;
use crate::trial::dataset::fault::DatasetError;

/// A CSV file while it is written.
pub struct Table<'w> {
    csv: Writer<&'w mut dyn Write>,
    columns: Vec<String>,
    row: Row,
}

impl<'w> Table<'w> {
    /// Begins with the header.
    pub fn new(sink: &'w mut dyn Write, columns: &[Column]) -> Result<Self, DatasetError> {
        let mut csv = WriterBuilder::new()
            .quote_style(QuoteStyle::Necessary)
            .terminator(Terminator::Any(b'\n'))
            .from_writer(sink);
        let columns: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        csv.write_record(&columns)?;
        Ok(Self { csv, columns, row: Row::default() })
    }

    /// Writes one row, whose cells `fill` adds from the left. A row of another length than the header is an error.
    pub fn row(&mut self, fill: impl FnOnce(&mut Row)) -> Result<(), DatasetError> {
        self.try_row(|row| {
            fill(row);
            Ok(())
        })
    }

    /// The same, where filling may fail; then the row is not written.
    pub fn try_row(
        &mut self,
        fill: impl FnOnce(&mut Row) -> Result<(), DatasetError>,
    ) -> Result<(), DatasetError> {
        self.row.cells.clear();
        fill(&mut self.row)?;
        if let Some(at) = self.row.nul.take() {
            let column = self.columns.get(at).cloned().unwrap_or_default();
            return Err(DatasetError::Nul { column });
        }
        Ok(self.csv.write_byte_record(&self.row.cells)?)
    }

    /// Ends the file: what is still held back goes to the sink.
    pub fn finish(mut self) -> Result<(), DatasetError> {
        Ok(self.csv.flush()?)
    }
}

/// The cells of a row, filled from the left.
#[derive(Default)]
pub struct Row {
    cells: ByteRecord,
    /// The first cell with a NUL.
    nul: Option<usize>,
}

impl Row {
    /// A text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        if text.contains('\0') {
            self.nul.get_or_insert(self.cells.len());
        }
        self.cells.push_field(text.as_bytes());
        self
    }

    /// A text, or nothing.
    pub fn maybe(&mut self, text: Option<impl AsRef<str>>) -> &mut Self {
        match text {
            Some(text) => self.text(text.as_ref()),
            None => self.nothing(),
        }
    }

    /// Texts, one after the other.
    pub fn texts<T: AsRef<str>>(&mut self, texts: impl IntoIterator<Item = Option<T>>) -> &mut Self {
        for text in texts {
            self.maybe(text);
        }
        self
    }

    /// A number: no exponent, at most six decimals.
    pub fn number(&mut self, number: Option<Number>) -> &mut Self {
        self.maybe(number.map(Number::to_cell))
    }

    /// A whole number.
    pub fn whole(&mut self, whole: Option<i64>) -> &mut Self {
        self.maybe(whole.map(|whole| whole.to_string()))
    }

    /// 0 or 1.
    pub fn truth(&mut self, truth: Option<bool>) -> &mut Self {
        self.maybe(truth.map(|truth| if truth { "1" } else { "0" }))
    }

    /// A civil date: `2026-01-02`.
    pub fn date(&mut self, date: Option<Date>) -> &mut Self {
        self.maybe(date.map(|date| date.to_string()))
    }

    /// An instant: `2026-01-02T03:04:05Z`.
    pub fn instant(&mut self, instant: Option<Timestamp>) -> &mut Self {
        self.maybe(instant.map(Timestamp::to_second))
    }

    /// No value.
    pub fn nothing(&mut self) -> &mut Self {
        self.cells.push_field(b"");
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fill: impl FnOnce(&mut Row)) -> Result<String, DatasetError> {
        let mut bytes = Vec::new();
        let columns = [Column::text("a", ""), Column::text("b", "")];
        let mut table = Table::new(&mut bytes, &columns)?;
        table.row(fill)?;
        table.finish()?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    fn cell(text: &str) -> String {
        let file = written(|row| {
            row.text(text).text("x");
        });
        file.unwrap().strip_prefix("a,b\n").and_then(|line| line.strip_suffix(",x\n")).unwrap().to_owned()
    }

    #[test]
    fn cells_that_spreadsheets_would_change_stay_as_they_are() {
        for plain in [
            "=1+1", "+49 30", "-5", "@x", "\t", "'=a", ";", "🌱", "שלום", "007", "1e5", "2-3", "MARCH1",
            " a ", "ä",
        ] {
            assert_eq!(cell(plain), plain);
        }
        for (text, quoted) in [
            ("\"", "\"\"\"\""),
            ("a\nb", "\"a\nb\""),
            ("\r", "\"\r\""),
            ("1,5", "\"1,5\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
        ] {
            assert_eq!(cell(text), quoted);
        }
        let long = "x".repeat(32_768);
        assert_eq!(cell(&long), long, "no limit of a spreadsheet's cell");
    }

    proptest::proptest! {
        #[test]
        fn every_text_reads_back_as_it_was(text in "([^\\x00]|[,;\"'=\\r\\n\\t \u{feff}]){0,12}") {
            let file = written(|row| {
                row.text(&text).text("x");
            });
            let file = file.unwrap();
            let mut reader = csv::Reader::from_reader(file.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            proptest::prop_assert_eq!(record.iter().collect::<Vec<_>>(), [text.as_str(), "x"]);
        }
    }

    #[test]
    fn nul_is_refused_and_its_column_named() {
        let error = written(|row| {
            row.text("x").text("a\0b");
        });
        assert!(matches!(error, Err(DatasetError::Nul { column }) if column == "b"));
    }

    #[test]
    fn a_row_that_does_not_fit_its_header_is_an_error() {
        for cells in [1, 3] {
            let error = written(|row| {
                row.texts((0..cells).map(|_| Some("x")));
            });
            assert!(matches!(error, Err(DatasetError::Csv(_))), "{cells} cells");
        }
    }

    #[test]
    fn dates_instants_and_numbers_have_one_form() {
        let file = written(|row| {
            row.instant(Some("2026-01-02T03:04:05.999999Z".parse().unwrap())).number(Number::fraction(1, 3));
        });
        assert_eq!(file.unwrap(), "a,b\n2026-01-02T03:04:05Z,0.333333\n");
        let file = written(|row| {
            row.date(Some("2026-01-02".parse().unwrap())).truth(None);
        });
        assert_eq!(file.unwrap(), "a,b\n2026-01-02,\n");
    }
}
