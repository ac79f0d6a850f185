//! What programs that we did not write make of a package. They are in the folder that TEST_READERS names.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

use crate::dataset::library;
use crate::dataset::shelf::packed;
use crate::dataset::shelf::packed_of;
use crate::dataset::small::People;
use crate::dataset::small::blinded;
use crate::dataset::small::with_arms;
use crate::dataset::small::without_arms;

fn reader(program: &str) -> PathBuf {
    let folder: OsString =
        std::env::var_os("TEST_READERS").expect("TEST_READERS is not set: run scripts/test");
    let path = Path::new(&folder).join(program);
    assert!(path.exists(), "TEST_READERS has no {program}: remove .venv and run scripts/test");
    path
}

fn validate(package: &Path) -> Output {
    Command::new(reader("frictionless"))
        .arg("validate")
        .arg("datapackage.json")
        .current_dir(package)
        .output()
        .unwrap()
}

fn recompute(package: &Path, options: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/recompute.py");
    Command::new(reader("python")).arg(script).arg(package).args(options).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
#[ignore = "needs the readers that scripts/test installs"]
fn frictionless_finds_every_package_sound() {
    for view in [with_arms(), with_arms().with_free_text(), blinded(), blinded().masked(), without_arms()] {
        let folder = tempfile::tempdir().unwrap();
        packed(&People::new(), view.clone()).unpack(folder.path());
        let output = validate(folder.path());
        assert!(output.status.success(), "{view:?}\n{}", said(&output));
    }
}

#[test]
#[ignore = "needs the readers that scripts/test installs"]
fn every_instrument_that_ships_gives_a_sound_package_whose_scores_pandas_finds_too() {
    let (trial, people) = library::everything(40);
    let folder = tempfile::tempdir().unwrap();
    packed_of(&trial, &people, with_arms()).unpack(folder.path());
    let output = validate(folder.path());
    assert!(output.status.success(), "{}", said(&output));
    let mut options = vec!["--except"];
    options.extend(library::with_keys_of_their_own());
    let output = recompute(folder.path(), &options);
    assert!(output.status.success(), "{}", said(&output));
    let agreed: usize = String::from_utf8_lossy(&output.stdout).split(' ').next().unwrap().parse().unwrap();
    assert!(agreed >= 200, "only {agreed} scores were recomputed");
}

#[test]
#[ignore = "needs the readers that scripts/test installs"]
fn frictionless_refuses_a_package_with_one_changed_byte() {
    for (path, from, to) in [
        ("data/items_long.csv", "More than half the days", "Less than half the days"),
        ("data/wide.csv", ",1,3,2026-02-09,", ",1,4,2026-02-09,"),
        ("dictionary.csv", "Participant code", "Participant Code"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        packed(&People::new(), with_arms()).unpack(folder.path());
        let file = folder.path().join(path);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let output = validate(folder.path());
        assert!(!output.status.success(), "{path}");
        assert!(said(&output).contains("hash"), "{}", said(&output));
    }
}

#[test]
#[ignore = "needs the readers that scripts/test installs"]
fn pandas_finds_the_same_scores_in_items_as_we_do_and_the_same_numbers_in_long_and_wide() {
    let folder = tempfile::tempdir().unwrap();
    packed(&People::new(), with_arms()).unpack(folder.path());
    let output = recompute(folder.path(), &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "3 scores and 15 cells of the wide file agree\n");

    let scores = folder.path().join("data/scores_long.csv");
    let text = fs::read_to_string(&scores).unwrap();
    fs::write(&scores, text.replacen(",total,3,", ",total,4,", 1)).unwrap();
    let output = recompute(folder.path(), &[]);
    assert!(
        !output.status.success() && said(&output).contains("ROWAN-3BT2A pre gad2 total"),
        "{}",
        said(&output)
    );
}
