//! The protocols that ship, and the one that the guide beside them shows, hold what the language asks for.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use equipoise::trial::protocol::checker;
use equipoise::trial::protocol::checker::Checked;
use equipoise::trial::protocol::model::Openness;
use equipoise::trial::protocol::texts::Texts;
use equipoise::trial::source::finding::Severity;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("protocols")
}

/// The files below `messages/<id>`, by their paths from the folder of the protocols.
fn texts(id: &str) -> Texts {
    let mut found = Texts::new();
    let mut open = vec![folder().join("messages").join(id)];
    while let Some(place) = open.pop() {
        for entry in fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder()).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn check(id: &str) -> Checked {
    let file = format!("{id}.toml");
    let text = fs::read_to_string(folder().join(&file)).unwrap();
    checker::check(&file, &text, &texts(id))
}

/// The codes of the findings in the order of the file, each of them a warning.
fn warnings(checked: &Checked) -> Vec<&str> {
    for finding in &checked.findings {
        assert_eq!(finding.severity, Severity::Warning, "{}", finding.text);
    }
    checked.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn the_example_checks_and_warns_only_of_what_a_waitlist_brings_with_it() {
    // P511: follow-up of the treated arms only, so whoever is blind sees no dates there.
    assert_eq!(warnings(&check("example")), ["P511", "P511"]);
}

#[test]
fn the_replica_of_2012_checks_and_warns_of_the_words_that_its_owners_keep() {
    // P602: the six scales are licensed, their words do not ship.
    let expected = ["P511", "P602", "P602", "P602", "P602", "P602", "P602"];
    assert_eq!(warnings(&check("andersson2012")), expected);
}

#[test]
fn protocols_that_ship_say_that_they_are_never_opened_for_real_participants() {
    for id in ["example", "andersson2012"] {
        let protocol = check(id).protocol.unwrap();
        assert_eq!(protocol.study.id, id);
        assert_eq!(protocol.randomization.unwrap().openness, Openness::Public, "{id}");
    }
}

#[test]
fn the_guide_s_first_trial_checks_as_it_stands_and_fits_on_a_page() {
    let guide = fs::read_to_string(folder().join("README.md")).unwrap();
    let (_, rest) = guide.split_once("```toml\n").unwrap();
    let (trial, _) = rest.split_once("```\n").unwrap();
    assert!(trial.lines().count() <= 55, "{} lines", trial.lines().count());
    let documents = ["consent", "help"]
        .map(|name| (format!("messages/first/en/{name}.md"), "# A page of your own words\n".to_owned()));
    let checked = checker::check("first.toml", trial, &Texts::from(documents));
    assert_eq!(warnings(&checked), Vec::<&str>::new());
    assert_eq!(checked.protocol.unwrap().study.id, "first");
}

#[test]
fn a_series_without_end_is_an_error_and_no_flood() {
    let text = fs::read_to_string(folder().join("example.toml")).unwrap();
    let endless = text.replace("every = \"7d\", times = 9", "every = \"7d\", times = 4000000000");
    assert_ne!(text, endless);
    let checked = checker::check("example.toml", &endless, &texts("example"));
    assert!(!checked.is_sound());
    assert!(
        checked.findings.iter().any(|finding| finding.line().contains("times")),
        "{:?}",
        checked.findings
    );
}
