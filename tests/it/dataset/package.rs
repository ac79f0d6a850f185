//! The package: its tree, its checksums, its archive.

use std::io::Read;

use equipoise::kernel::digest;
use equipoise::kernel::time::Timestamp;
use equipoise::trial::dataset::archive::Archive;
use equipoise::trial::dataset::package;

use crate::dataset::shelf::packed;
use crate::dataset::shelf::put;
use crate::dataset::small::CUT;
use crate::dataset::small::People;
use crate::dataset::small::Trial;
use crate::dataset::small::blinded;
use crate::dataset::small::with_arms;
use crate::dataset::small::without_arms;

#[test]
fn the_tree_has_a_fixed_order_with_descriptor_and_checksums_last() {
    let expected = [
        "README.md",
        "data/participants.csv",
        "data/screening.csv",
        "data/scores_long.csv",
        "data/items_long.csv",
        "data/assessments.csv",
        "data/events.csv",
        "data/derived.csv",
        "data/allocations.csv",
        "data/wide.csv",
        "dictionary.csv",
        "codelists.csv",
        "occasions.csv",
        "protocol.toml",
        "datapackage.json",
        "SHA256SUMS",
    ];
    let paths = |package: &crate::dataset::shelf::Memory| -> Vec<String> {
        package.0.iter().map(|(path, _)| path.clone()).collect()
    };
    let shown = packed(&People::new(), with_arms());
    assert_eq!(paths(&shown), expected);
    assert_eq!(package::paths(&Trial::new().frame(with_arms())), expected);
    let blind = packed(&People::new(), blinded());
    assert_eq!(
        paths(&blind),
        expected.into_iter().filter(|path| *path != "data/allocations.csv").collect::<Vec<_>>()
    );
    assert_eq!(blind.text("protocol.toml"), Trial::new().source);
}

#[test]
fn the_checksums_are_those_of_all_files_before_them() {
    let package = packed(&People::new(), with_arms());
    let expected: String = package
        .0
        .iter()
        .filter(|(path, _)| path != "SHA256SUMS")
        .map(|(path, bytes)| format!("{}  {path}\n", digest::sha256_hex(bytes)))
        .collect();
    assert_eq!(package.text("SHA256SUMS"), expected);
}

#[test]
fn the_archive_holds_the_same_bytes_with_the_time_of_the_cut_and_is_the_same_each_time() {
    let cut: Timestamp = CUT.parse().unwrap();
    let zipped = || {
        let mut archive = Archive::new(Vec::new(), cut).unwrap();
        put(&Trial::new(), &People::new(), with_arms(), &mut archive);
        archive.finish().unwrap()
    };
    let bytes = zipped();
    assert_eq!(bytes, zipped());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let package = packed(&People::new(), with_arms());
    assert_eq!(archive.len(), package.0.len());
    for (index, (path, expected)) in package.0.iter().enumerate() {
        let mut file = archive.by_index(index).unwrap();
        assert_eq!(file.name().unwrap(), *path);
        let time = file.last_modified().unwrap();
        assert_eq!((time.year(), time.month(), time.day(), time.hour()), (2026, 3, 1, 12));
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o644));
        let mut found = Vec::new();
        file.read_to_end(&mut found).unwrap();
        assert_eq!(&found, expected, "{path}");
    }
}

#[test]
fn the_readme_says_what_of_the_arms_is_in() {
    let says = |view| packed(&People::new(), view).text("README.md").to_owned();
    assert!(says(with_arms()).contains("Arms are shown."));
    let pattern = "the pattern of rows and dates shows which letter is which";
    let left_out = "Left out: `session` at `w01`, `gad2` at `post`, `tic_p` at `post`.";
    assert!(says(blinded()).contains(pattern) && !says(blinded()).contains("Left out"));
    assert!(!says(blinded().masked()).contains(pattern) && says(blinded().masked()).contains(left_out));
    assert!(
        says(without_arms()).contains("Arms are not in this package")
            && says(without_arms()).contains(left_out)
    );
    assert!(says(with_arms()).contains("free words are left out"));
    assert!(says(with_arms().with_free_text()).contains("free words are in"));
}
