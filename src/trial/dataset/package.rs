//! The package: all files of a view in their order, each hashed while it is written, with a descriptor and checksums last.

use std::io::Write;

use crate::trial::dataset::catalogue::Dataset;
use crate::trial::dataset::catalogue::Frame;
use crate::trial::dataset::descriptor;
use crate::trial::dataset::digesting::Digesting;
use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::readme;
use crate::trial::dataset::record::Source;

/// Where a package goes: a folder, an archive. Files come one after the other.
pub trait Shelf {
    /// Makes a file and lets `fill` write its bytes, once.
    fn file(&mut self, path: &str, fill: &mut Fill<'_>) -> Result<(), DatasetError>;
}

/// Writes the bytes of a file.
pub type Fill<'a> = dyn FnMut(&mut dyn Write) -> Result<(), DatasetError> + 'a;

/// What the package says about itself, besides its data. Nothing here may differ between two exports of equal data.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The study's id.
    pub study_id: &'a str,
    /// `live` or `test`.
    pub mode: &'a str,
    /// Whether everything was drawn from a seed.
    pub is_synthetic: bool,
    /// The software with its version.
    pub software: &'a str,
    /// The protocol in force, as it was sent.
    pub protocol: &'a str,
}

/// A file of the package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written {
    /// Its path.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hex.
    pub sha256: String,
}

/// Writes a package. Gives its files in their order.
pub fn write(
    frame: &Frame<'_>,
    source: &mut dyn Source,
    about: &About<'_>,
    shelf: &mut dyn Shelf,
) -> Result<Vec<Written>, DatasetError> {
    let mut written = Vec::new();
    put(shelf, &mut written, "README.md", |sink| Ok(sink.write_all(readme::text(frame, about).as_bytes())?))?;
    for (dataset, _) in frame.datasets() {
        put(shelf, &mut written, &dataset.path(), |sink| frame.write(dataset, source, sink))?;
    }
    put(shelf, &mut written, "protocol.toml", |sink| Ok(sink.write_all(about.protocol.as_bytes())?))?;
    let descriptor = descriptor::text(frame, about, &written);
    put(shelf, &mut written, "datapackage.json", |sink| Ok(sink.write_all(descriptor.as_bytes())?))?;
    let sums: String = written.iter().map(|file| format!("{}  {}\n", file.sha256, file.path)).collect();
    put(shelf, &mut written, "SHA256SUMS", |sink| Ok(sink.write_all(sums.as_bytes())?))?;
    Ok(written)
}

fn put(
    shelf: &mut dyn Shelf,
    written: &mut Vec<Written>,
    path: &str,
    mut fill: impl FnMut(&mut dyn Write) -> Result<(), DatasetError>,
) -> Result<(), DatasetError> {
    let mut measured = None;
    shelf.file(path, &mut |sink| {
        let mut digesting = Digesting::new(sink);
        fill(&mut digesting)?;
        digesting.flush()?;
        measured = Some(digesting.finish());
        Ok(())
    })?;
    if let Some((bytes, sha256)) = measured {
        written.push(Written { path: path.to_owned(), bytes, sha256 });
    }
    Ok(())
}

/// The paths of a package of this view, in their order.
pub fn paths(frame: &Frame<'_>) -> Vec<String> {
    let datasets = frame.datasets().map(|(dataset, _): (Dataset, _)| dataset.path());
    let first = std::iter::once("README.md".to_owned());
    let last = ["protocol.toml", "datapackage.json", "SHA256SUMS"].map(str::to_owned);
    first.chain(datasets).chain(last).collect()
}
