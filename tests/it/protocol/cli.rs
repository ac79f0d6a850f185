//! `equipoise protocol check` and `protocol show`.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

fn fixture(name: &str) -> String {
    fs::read_to_string(format!("{}/tests/protocol_codes/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A folder with a protocol and what lies beside it.
fn folder(name: &str, text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let study = name.trim_end_matches(".toml");
    let messages = folder.path().join("messages").join(study).join("en");
    fs::create_dir_all(&messages).unwrap();
    for document in ["consent", "help", "note"] {
        fs::write(messages.join(format!("{document}.md")), "A few questions: {link}").unwrap();
    }
    fs::write(folder.path().join(name), text).unwrap();
    folder
}

/// Output, and whether the command succeeded.
fn run(folder: &Path, args: &[&str]) -> (String, bool) {
    let output = Command::cargo_bin("equipoise")
        .unwrap()
        .current_dir(folder)
        .arg("protocol")
        .args(args)
        .output()
        .unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

#[test]
fn a_sound_protocol_passes_and_says_so() {
    let folder = folder("base.toml", &fixture("base.toml"));
    assert_eq!(
        run(folder.path(), &["check", "base.toml"]),
        ("base.toml: no errors, no warnings\n".into(), true)
    );
}

#[test]
fn a_finding_shows_its_line_with_a_caret_and_fails_the_command() {
    let text = fixture("base.toml").replace("scr.phq9.total >= 10", "scrn.phq9.total >= 10");
    let folder = folder("base.toml", &text);
    let (output, success) = run(folder.path(), &["check", "base.toml"]);
    let expected = "base.toml:51:51: P205 This protocol has no occasion 'scrn'. Did you mean 'scr'?\n  \
                    { id = \"depressed\", step = \"online\", include = \"scrn.phq9.total >= 10\", say = \"PHQ-9 of 10 or more\" },\n";
    let caret = format!("{}^^^^\nbase.toml: 1 error, no warnings\n", " ".repeat(50));
    assert_eq!(output, format!("{expected}{caret}"));
    assert!(!success);
}

#[test]
fn warnings_alone_do_not_fail_the_command() {
    let text = fixture("base.toml").replace("blocks = [3, 6, 9]", "blocks = [6]");
    let folder = folder("base.toml", &text);
    let (output, success) = run(folder.path(), &["check", "base.toml"]);
    assert!(output.starts_with("base.toml:33:10: P303 W One fixed block"), "{output}");
    assert!(success);
}

#[test]
fn findings_beside_the_protocol_carry_the_path_from_here() {
    let text = fixture("base.toml").replace("languages = [\"en\"]", "languages = [\"en\", \"sv\"]");
    let folder = folder("base.toml", &text);
    let messages = folder.path().join("messages/base");
    fs::create_dir_all(messages.join("sv")).unwrap();
    for document in ["consent", "help"] {
        fs::write(messages.join(format!("sv/{document}.md")), "Text").unwrap();
    }
    fs::write(messages.join("sv.toml"), "review = \"unreviewed\"\n\"form.entri\" = \"Om dig\"\n").unwrap();
    let parent = folder.path().parent().unwrap();
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    let (output, _) = run(parent, &["check", &format!("{name}/base.toml")]);
    assert!(output.contains(&format!("{name}/messages/base/sv.toml:2:1: P013 ")), "{output}");
    assert!(
        output.contains(
            "\n\"form.entri\" = \"Om dig\"\n^^^^^^^^^^^^\n  Take the line out, or write 'form.entry'."
        ),
        "{output}"
    );
}

#[test]
fn instrument_files_and_protocols_are_checked_in_one_go_and_printed_as_json() {
    let folder = folder("base.toml", &fixture("base.toml").replace("planned = 180", "planed = 180"));
    let key = fs::read_to_string(format!("{}/protocols/instruments/phq2.toml", env!("CARGO_MANIFEST_DIR")))
        .unwrap();
    fs::write(
        folder.path().join("key.toml"),
        key.replace("[[0, \"negative\"], [3,", "[[3, \"negative\"], [3,"),
    )
    .unwrap();
    let (output, success) = run(folder.path(), &["check", "--format", "json", "base.toml", "key.toml"]);
    let found: serde_json::Value = serde_json::from_str(&output).unwrap();
    let codes: Vec<(&str, &str, &str)> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (one["file"].as_str().unwrap(), one["code"].as_str().unwrap(), one["severity"].as_str().unwrap())
        })
        .collect();
    assert_eq!(codes, [("base.toml", "P002", "error"), ("key.toml", "P605", "error")]);
    assert_eq!(found[0]["line"], 11);
    assert_eq!(found[0]["mend"], "Write 'planned', or take the line out.");
    assert!(!success);
}

#[test]
fn the_page_of_a_protocol_has_what_a_board_reads() {
    let folder = folder("full.toml", &fixture("full.toml"));
    let (page, success) = run(folder.path(), &["show", "full.toml"]);
    assert!(success);
    for part in [
        "Blind to arms: assessor, statistician",
        "  guided  Guided       ipdt      2      10     guided    One module a week  use.modules >= 1",
        "active: non_inferiority of alone against guided on depression, margin 0.3 cohen_d",
        "  5. Decision 'decide', by lead, 2 persons must agree",
        "  Suicide risk  decide  judged by lead, from call",
        "  - I take part (required)",
        "Stratified by: severity: pre.phq9.total: low below 15, high from 15 on",
        "  phq9 (s)                                         all     x         x    x        x     x      x",
        "  fu06m     6 months             end            6m-7d             6m   6m+21d  6m+21d",
        "'weekly' for w:\n  - due: text 'due' by email, sms",
        "  item9  this.phq9[9] >= 1  review  none        lead  8 h             called, referred",
        "  margin  not stated  d = 0.3",
        "largest block 10. Accepted: Small strata are known.",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn a_sealed_protocol_shows_no_restricted_value() {
    let text = fixture("full.toml")
        .replace("blocks = [5, 10]\npublic = true", "sealed = true")
        .replace("\n[accept]\nP309 = \"Small strata are known.\"\n", "");
    let folder = folder("full.toml", &text);
    let (page, success) = run(folder.path(), &["show", "full.toml"]);
    assert!(success, "{page}");
    assert!(page.contains("Restrictions:  sealed: known to the unblinded statistician only"));
    assert!(!page.contains("block size"));
}

#[test]
fn a_protocol_with_errors_is_not_shown() {
    let folder = folder("base.toml", &fixture("base.toml").replace("format = 1", "format = 2"));
    let (output, success) = run(folder.path(), &["show", "base.toml"]);
    assert!(output.starts_with("base.toml:2:10: P008 Format 2; this program reads 1.\n"));
    assert!(!success);
    assert!(!run(folder.path(), &["check", "absent.toml"]).1);
}
