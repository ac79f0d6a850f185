//! The package as one zip file that streams: the sink need not seek, times are those of the data cut, so equal data give
//! equal bytes.

use std::io::Write;

use chrono::Datelike;
use chrono::Timelike;
use zip::CompressionMethod;
use zip::DateTime;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;
use zip::write::StreamWriter;

use crate::kernel::time::Timestamp;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::package::Fill;
use crate::trial::dataset::package::Shelf;

/// A zip file while it is written.
pub struct Archive<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    options: SimpleFileOptions,
}

impl<W: Write> Archive<W> {
    /// Begins an archive whose files all bear the time of the cut (in UTC, to two seconds).
    pub fn new(sink: W, cut: Timestamp) -> Result<Self, DatasetError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(6))
            .last_modified_time(time_of(cut))
            .unix_permissions(0o644);
        Ok(Self { zip: ZipWriter::new_stream(sink), options })
    }

    /// Ends the archive: writes its directory and gives the sink back.
    pub fn finish(self) -> Result<W, DatasetError> {
        Ok(self.zip.finish()?.into_inner())
    }
}

impl<W: Write> Shelf for Archive<W> {
    fn file(&mut self, path: &str, fill: &mut Fill<'_>) -> Result<(), DatasetError> {
        self.zip.start_file(path, self.options)?;
        fill(&mut self.zip)
    }
}

/// The first instant that the format knows, where the cut lies outside of its years.
fn time_of(cut: Timestamp) -> DateTime {
    let clock = cut.naive_utc();
    let part = |number: u32| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(clock.year()).unwrap_or_default();
    let (month, day) = (part(clock.month()), part(clock.day()));
    let (hour, minute, second) = (part(clock.hour()), part(clock.minute()), part(clock.second()));
    DateTime::from_date_and_time(year, month, day, hour, minute, second).unwrap_or_default()
}
