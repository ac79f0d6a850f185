//! Shelves for tests: a package in memory, and one in a folder.

use std::fs;
use std::io::Write;
use std::path::Path;

use equipoise::trial::dataset::fault::DatasetError;
use equipoise::trial::dataset::package;
use equipoise::trial::dataset::package::About;
use equipoise::trial::dataset::package::Fill;
use equipoise::trial::dataset::package::Shelf;
use equipoise::trial::dataset::package::Written;
use equipoise::trial::dataset::view::View;

use crate::dataset::small::People;
use crate::dataset::small::Trial;

/// Path and bytes of each file, in order.
#[derive(Default)]
pub struct Memory(pub Vec<(String, Vec<u8>)>);

impl Shelf for Memory {
    fn file(&mut self, path: &str, fill: &mut Fill<'_>) -> Result<(), DatasetError> {
        let mut bytes = Vec::new();
        fill(&mut bytes)?;
        self.0.push((path.to_owned(), bytes));
        Ok(())
    }
}

impl Memory {
    /// The text of a file.
    pub fn text(&self, path: &str) -> &str {
        let (_, bytes) =
            self.0.iter().find(|(known, _)| known == path).unwrap_or_else(|| panic!("no {path}"));
        std::str::from_utf8(bytes).unwrap()
    }

    /// The same files in a folder.
    pub fn unpack(&self, folder: &Path) {
        for (path, bytes) in &self.0 {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(path).unwrap().write_all(bytes).unwrap();
        }
    }
}

/// Writes the package of a trial.
pub fn put(trial: &Trial, people: &People, view: View, shelf: &mut dyn Shelf) -> Vec<Written> {
    let about = About {
        is_synthetic: false,
        study_id: "stu_00000000000000000000",
        mode: "test",
        software: "equipoise 0.1.0",
        protocol: &trial.source,
    };
    package::write(&trial.frame(view), &mut people.clone(), &about, shelf).unwrap()
}

/// The package of a trial in memory.
pub fn packed_of(trial: &Trial, people: &People, view: View) -> Memory {
    let mut memory = Memory::default();
    put(trial, people, view, &mut memory);
    memory
}

/// The package of the small trial in memory.
pub fn packed(people: &People, view: View) -> Memory {
    packed_of(&Trial::new(), people, view)
}
