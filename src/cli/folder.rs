//! A folder as the shelf of a package: new or empty, one file after the other.

use std::fs;
use std::fs::File;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::bail;

use crate::trial::dataset::fault::DatasetError;
use crate::trial::dataset::package::Fill;
use crate::trial::dataset::package::Shelf;

/// A folder that was new or empty.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes the folder. Refuses one that holds anything: files of two exports must not lie side by side.
    pub fn make(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        fs::create_dir_all(path).with_context(|| format!("can't make the folder {shown}"))?;
        let mut entries = fs::read_dir(path).with_context(|| format!("can't read the folder {shown}"))?;
        if entries.next().is_some() {
            bail!("{shown} is not empty: name a new folder");
        }
        Ok(Self(path.to_owned()))
    }
}

impl Shelf for Folder {
    fn file(&mut self, path: &str, fill: &mut Fill<'_>) -> Result<(), DatasetError> {
        let path = self.0.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut sink = BufWriter::new(File::create_new(&path)?);
        fill(&mut sink)?;
        sink.flush()?;
        sink.get_ref().sync_all()?;
        Ok(())
    }
}
