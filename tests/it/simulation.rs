//! A simulated trial, run as whoever tries it out runs it: the same bytes from the same seed on either database, nothing in
//! the data that the trail does not know, effects as they were asked for.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use serde_json::Value;

use crate::world::empty_database;

type Row = BTreeMap<String, String>;

fn simulate(arguments: &[&str]) -> (bool, String) {
    let protocol = format!("{}/tests/it/fixtures/base.toml", env!("CARGO_MANIFEST_DIR"));
    let output =
        Command::new(cargo_bin("equipoise")).args(["simulate", &protocol]).args(arguments).output().unwrap();
    let said = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// Path below the folder → bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_path_buf(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn rows(package: &Path, dataset: &str) -> Vec<Row> {
    csv::Reader::from_path(package.join(format!("data/{dataset}.csv")))
        .unwrap()
        .deserialize()
        .map(|row| row.unwrap())
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_either_database_and_another_seed_others() {
    let work = tempfile::tempdir().unwrap();
    let at = |name: &str| work.path().join(name).to_str().unwrap().to_owned();
    let run = |name: &str, seed: &str, more: &[&str]| {
        let (done, said) =
            simulate(&[&["--participants", "5", "--seed", seed, "--out", &at(name)], more].concat());
        assert!(done, "{said}");
        (said, files(&work.path().join(name)))
    };
    let first = run("first", "7", &[]);
    assert!(first.1.contains_key(Path::new("verification/reveal.json")), "{:?}", first.1.keys());
    let (url, _database) = empty_database();
    let again = run("again", "7", &["--database", &url.to_string(), "--keys", &at("keys")]);
    assert_eq!(first.0, again.0);
    let differing: Vec<_> =
        first.1.iter().filter(|(path, bytes)| again.1.get(*path) != Some(bytes)).collect();
    assert!(differing.is_empty() && first.1.len() == again.1.len(), "{differing:?}");
    assert_ne!(first.1, run("other", "8", &[]).1);
    let (done, said) = simulate(&["--participants", "5", "--seed", "7", "--out", &at("first")]);
    assert!(!done && said.contains("first"), "what is there is never written over: {said}");
}

#[derive(QueryableByName)]
struct Happening {
    #[diesel(sql_type = diesel::sql_types::Text)]
    action: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    code: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    content: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    occasion: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    instrument: String,
}

/// What the trail says of people, with the assessment that it is about.
const TRAIL: &str = "
    SELECT e.action, p.code, v.content,
           coalesce(a.occasion || '/' || a.occasion_no || '/' || a.respondent, '') AS occasion,
           coalesce(r.instrument, '') AS instrument
    FROM audit_event e
    JOIN participant p ON p.id = e.participant_id
    JOIN audit_value v ON v.event_id = e.id
    LEFT JOIN response r ON r.id = e.object
    LEFT JOIN assessment a ON a.id = coalesce(r.assessment_id, e.object)
    WHERE e.chain LIKE 'participant:%'";

#[test]
fn the_trail_knows_of_every_row_of_the_package() {
    let work = tempfile::tempdir().unwrap();
    let at = |name: &str| work.path().join(name).to_str().unwrap().to_owned();
    let database = format!("sqlite:{}", at("trial.db"));
    let arguments = ["--participants", "6", "--seed", "3", "--out", &at("package"), "--keys", &at("keys")];
    let (done, said) = simulate(&[&arguments[..], &["--database", &database]].concat());
    assert!(done, "{said}");
    let verify = ["audit", "verify", "--database", &database, "--keys", &at("keys")];
    let verified = Command::new(cargo_bin("equipoise")).args(verify).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let package = work.path().join("package");
    let mut connection = SqliteConnection::establish(&at("trial.db")).unwrap();
    let trail: Vec<Happening> = diesel::sql_query(TRAIL).load(&mut connection).unwrap();
    let of = |action: &str| trail.iter().filter(move |one| one.action == action).collect::<Vec<_>>();
    let people = |action: &str| of(action).iter().map(|one| one.code.clone()).collect::<BTreeSet<_>>();

    let registered: BTreeSet<String> =
        rows(&package, "participants").iter().map(|row| row["participant_id"].clone()).collect();
    assert!(registered.len() > 6);
    assert_eq!(registered, people("participant.registered"));

    let drawn: Vec<String> =
        rows(&package, "allocations").iter().map(|row| row["participant"].clone()).collect();
    assert_eq!(drawn.len(), 6);
    assert_eq!(drawn.iter().cloned().collect::<BTreeSet<_>>(), people("allocation.made"));
    assert_eq!(of("allocation.made").len(), drawn.len());

    let place = |row: &Row| format!("{}/{}/{}", row["occasion"], row["occasion_no"], row["respondent"]);
    let assessments = rows(&package, "assessments");
    let sent: BTreeSet<(String, String)> = assessments
        .iter()
        .filter(|row| !row["submitted_at"].is_empty())
        .map(|row| (row["participant_id"].clone(), place(row)))
        .collect();
    let told =
        of("assessment.submitted").iter().map(|one| (one.code.clone(), one.occasion.clone())).collect();
    assert!(sent.len() > 30);
    assert_eq!(sent, told);

    let response = |row: &Row| (row["participant_id"].clone(), place(row), row["instrument"].clone());
    let stored: BTreeSet<_> = trail
        .iter()
        .filter(|one| one.action == "response.submitted" || one.action == "answer.saved")
        .map(|one| (one.code.clone(), one.occasion.clone(), one.instrument.clone()))
        .collect();
    let answered: BTreeSet<_> = rows(&package, "items_long")
        .iter()
        .filter(|row| !row["answered_at"].is_empty())
        .map(response)
        .collect();
    assert_eq!(answered, stored);
    let scored: BTreeSet<_> = rows(&package, "scores_long").iter().map(response).collect();
    assert!(!scored.is_empty() && scored.is_subset(&stored));

    let mut changed: BTreeSet<(String, String)> = BTreeSet::new();
    for one in &trail {
        let content: Value = serde_json::from_str(&one.content).unwrap();
        changed.extend(content.as_object().unwrap().keys().map(|name| (one.code.clone(), name.clone())));
    }
    let screening = rows(&package, "screening");
    assert!(screening.len() > 20);
    for row in &screening {
        let code = row["participant_id"].clone();
        assert!(changed.contains(&(code.clone(), format!("step.{}", row["step"]))), "{row:?}");
        let criterion = format!("criterion.{}", row["criterion"]);
        assert!(row["verdict"].is_empty() || changed.contains(&(code, criterion)), "{row:?}");
    }
}

#[test]
fn an_effect_that_is_asked_for_is_in_the_data_and_a_wrong_one_is_refused() {
    let work = tempfile::tempdir().unwrap();
    let out = work.path().join("package");
    let arguments = ["--participants", "36", "--seed", "d", "--out", out.to_str().unwrap()];
    let (done, said) = simulate(&[&arguments[..], &["--effect", "ipdt=2"]].concat());
    assert!(done && said.contains("randomized 36\n"), "{said}");
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    let arms: BTreeMap<_, _> = rows(&out, "participants")
        .into_iter()
        .map(|row| (row["participant_id"].clone(), row["arm"].clone()))
        .collect();
    for row in rows(&out, "scores_long") {
        if row["occasion"] == "post" && row["instrument"] == "phq9" && row["score"] == "total" {
            let sum = sums.entry(arms[&row["participant_id"]].clone()).or_default();
            *sum = (sum.0 + row["value"].parse::<f64>().unwrap(), sum.1 + 1.0);
        }
    }
    let mean = |arm: &str| sums[arm].0 / sums[arm].1;
    // A dozen people an arm and a spread of about five points: two deviations are some ten points, no effect is none.
    assert!(mean("wl") - mean("ipdt") > 5.0, "{sums:?}");
    assert!((mean("wl") - mean("icbt")).abs() < 5.0, "{sums:?}");

    let (done, said) = simulate(&["--participants", "5", "--seed", "d", "--effect", "ipd=1"]);
    assert!(!done && said.contains("no arm 'ipd'") && said.contains("ipdt"), "{said}");
    let (done, said) = simulate(&["--participants", "5", "--seed", "d", "--effect", "ipdt=9"]);
    assert!(!done && said.contains("−3 to 3"), "{said}");
}

#[test]
fn a_trial_whose_windows_wait_for_dates_that_staff_record_is_simulated_to_its_end() {
    let protocol = format!("{}/tests/it/fixtures/crossover.toml", env!("CARGO_MANIFEST_DIR"));
    let run = ["simulate", &protocol, "--participants", "6", "--seed", "abc"];
    let output = Command::new(cargo_bin("equipoise")).args(run).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("randomized 6\n"));
}
