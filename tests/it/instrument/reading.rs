//! Mistakes in instrument files and overlays: their codes, their places, all of them in one run.

use equipoise::trial::instrument::reading;
use equipoise::trial::instrument::wording::Overlay;
use equipoise::trial::source::finding::Finding;
use equipoise::trial::source::finding::Severity;

use crate::instrument::shipped;

const TINY: &str = r#"
[instrument]
id = "tiny"
title = "Three items"
version = "1"
licence = "B"
better = "lower"

[options]
four = [0, 1, 2, 3]

[key]
items = [{ ids = "1..3", type = "choice", options = "four" }]
scores = [{ id = "total", op = "sum", items = "1..3", bands = "degree" }]

[bands]
degree = [[0, "low"], [5, "high"]]
"#;

/// `line:column code` of every error; long lines are a warning.
fn lines(findings: &[Finding]) -> Vec<String> {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors
        .map(|finding| format!("{}:{} {}", finding.place.line, finding.place.column, finding.code))
        .collect()
}

/// The findings of the small file with some lines replaced.
fn findings(changes: &[(&str, &str)]) -> Vec<Finding> {
    let text = changes.iter().fold(TINY.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    });
    let (instrument, findings) = reading::instrument("tiny.toml", text.strip_prefix('\n').unwrap());
    assert_eq!(instrument.is_some(), lines(&findings).is_empty());
    findings
}

/// One change, one finding of this code where the new text has a «.
fn one(old: &str, new: &str, code: &str) {
    let marked = TINY.replace(old, new);
    let before = marked.trim_start().split_once('«').unwrap_or_else(|| panic!("no « in {new}")).0;
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    assert_eq!(
        lines(&findings(&[(old, &new.replace('«', ""))])),
        [format!("{line}:{column} {code}")],
        "{new}"
    );
}

const ITEMS: &str = r#"items = [{ ids = "1..3", type = "choice", options = "four" }]"#;
const SCORES: &str = r#"scores = [{ id = "total", op = "sum", items = "1..3", bands = "degree" }]"#;

#[test]
fn the_small_file_is_sound() {
    assert_eq!(findings(&[]), []);
}

#[test]
fn an_item_that_is_scored_and_not_asked_is_p604_at_the_items_of_the_score() {
    let found = findings(&[(r#"items = "1..3", bands"#, r#"items = "1..4", bands"#)]);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.line(), "tiny.toml:13:47: P604 Item 4 is in score 'total' and not in items.");
}

#[test]
fn bands_that_do_not_ascend_or_start_above_the_least_value_are_p605_at_the_first_such_limit() {
    let found = findings(&[(r#"[5, "high"]]"#, r#"[5, "high"], [4, "higher"]]"#)]);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.line(), "tiny.toml:16:37: P605 Bands must ascend from the minimum.");
    one(r#"[[0, "low"]"#, r#"[[«1, "low"]"#, "P605");
}

#[test]
fn shape_has_the_codes_of_the_language() {
    one("title = \"Three items\"", "title = \"Three items«", "P001");
    one("better = \"lower\"", "«beter = \"lower\"", "P002");
    one("title = \"Three items\"", "title = «3", "P004");
    one("version = \"1\"", "version = «1", "P004");
    assert_eq!(lines(&findings(&[("better = \"lower\"\n", "")])), ["1:1 P005"]);
    one("id = \"tiny\"", "id = «\"Tiny\"", "P006");
    one("licence = \"B\"", "licence = «\"C\"", "P010");
    one("op = \"sum\"", "op = «\"summ\"", "P010");
    one("type = \"choice\"", "type = «\"choise\"", "P010");
}

#[test]
fn mistakes_of_shape_and_of_the_key_come_in_one_run() {
    let found = findings(&[
        (r#"better = "lower""#, r#"better = "lowr""#),
        ("four = [0, 1, 2, 3]", "four = [0, 1, 1, \"x\"]"),
        (r#"items = "1..3", bands"#, r#"items = "1..4", bands"#),
        (r#"[5, "high"]]"#, r#"[5, "high"], [4, "higher"]]"#),
    ]);
    assert_eq!(lines(&found), ["6:10 P010", "9:15 P007", "9:18 P004", "13:47 P604", "16:37 P605"]);
}

#[test]
fn an_id_that_stands_twice_is_p007() {
    one("[0, 1, 2, 3]", "[0, 1, 2, «2.0]", "P007");
    one(r#"ids = "1..3""#, r#"ids = «"1..3 2""#, "P007");
    one(r#"items = "1..3", bands"#, r#"items = «"1..3 2", bands"#, "P007");
    one(r#"[5, "high"]"#, r#"[5, «"low"]"#, "P007");
    one(SCORES, &SCORES.replace(" }]", " }, { id = «\"total\", op = \"max\", items = \"1\" }]"), "P007");
}

#[test]
fn a_list_of_items_that_can_not_be_read_is_p006() {
    for list in ["1-3", "3..1", "1,2,3"] {
        let found = findings(&[(r#"ids = "1..3""#, &format!("ids = \"{list}\""))]);
        assert!(lines(&found).contains(&"12:18 P006".to_owned()), "{list}: {found:?}");
    }
    one(r#"items = "1..3", bands"#, r#"items = «"", bands"#, "P006");
}

#[test]
fn a_name_that_nothing_has_is_p101_with_the_nearest() {
    one(r#"options = "four""#, r#"options = «"fuor""#, "P101");
    let found = findings(&[(r#"options = "four""#, r#"options = "fuor""#)]);
    assert_eq!(found[0].text, "No option list 'fuor'. Did you mean 'four'?");
    one(r#"bands = "degree""#, r#"bands = «"degre""#, "P101");
    one(SCORES, &SCORES.replace(r#"items = "1..3""#, r#"of = «"part""#), "P101");
    one(TINY, &format!("{TINY}[loinc]\n«totl = \"44261-6\"\n"), "P101");
}

#[test]
fn a_list_that_nothing_uses_is_p102_at_its_name() {
    one("four = [0, 1, 2, 3]", "four = [0, 1, 2, 3]\n«five = [1, 2]", "P102");
    one("degree = ", "«other = [[0, \"a\"]]\ndegree = ", "P102");
}

#[test]
fn a_key_without_meaning_beside_the_formula_is_not_ignored() {
    for key in ["from = 2", r#"with = "1..3""#, "times = 2", r#"rule = "age >= 18""#] {
        one(SCORES, &SCORES.replace("bands", &format!("«{key}, bands")), "P002");
    }
    one(
        SCORES,
        &SCORES.replace(
            ", bands = \"degree\"",
            ", «band_on = \"exact\" }, { id = \"b\", op = \"max\", items = \"1\", bands = \"degree\"",
        ),
        "P002",
    );
    one(ITEMS, &ITEMS.replace(" }", ", «max = 4 }"), "P002");
}

#[test]
fn what_a_formula_needs_is_p005_at_its_row() {
    for op in ["count\", items = \"1..3", "linear", "rule", "sum", "product_sum\", items = \"1..3"] {
        let row = format!("scores = [«{{ id = \"total\", op = \"{op}\", bands = \"degree\" }}]");
        one(SCORES, &row, "P005");
    }
    one(ITEMS, r#"items = [«{ ids = "1..3", type = "choice" }]"#, "P005");
}

#[test]
fn missing_rules_weights_and_flags_that_fit_nothing_are_refused() {
    for (key, code) in [
        (r#"missing = «"prorate 3""#, "P004"),
        (r#"missing = «"prorate""#, "P004"),
        (r#"weights = [[«"4", 2]]"#, "P604"),
        (r#"weights = [["1", «"a/3"]]"#, "P004"),
        (r#"reverse = «"1 7""#, "P604"),
        (r#"needs = «"1 7""#, "P604"),
    ] {
        one(SCORES, &SCORES.replace("bands", &format!("{key}, bands")), code);
    }
    for (row, code) in [
        (r#"flags = [{ item = «"4", from = 1 }]"#, "P604"),
        (r#"flags = [{ item = "1", from = «4 }]"#, "P208"),
        (r#"flags = [{ item = "1", from = «0 }]"#, "P208"),
        (r#"flags = [{ item = "1", from = 1, urgent = «4 }]"#, "P208"),
        (r#"flags = [{ item = «"1 2", from = 1 }]"#, "P006"),
        (r#"reverse = «"1 7""#, "P604"),
        (r#"alternatives = [«"1 7"]"#, "P604"),
        (r#"rescale = [{ items = «"1 7", times = 2 }]"#, "P604"),
        (r#"rescale = [{ items = "1", times = «"half" }]"#, "P004"),
    ] {
        one(SCORES, &format!("{SCORES}\n{row}"), code);
    }
}

#[test]
fn conditions_have_the_codes_of_rules_at_their_place_in_the_line() {
    let shown = |rule: &str| {
        let row = format!("{{ ids = \"4 5\", type = \"choice\", options = \"four\", shown = \"{rule}\" }}");
        ITEMS.replace(" }]", &format!(" }}, {row}]"))
    };
    assert_eq!(findings(&[(ITEMS, &shown("this[2] >= 1"))]), []);
    for (rule, code) in [
        ("this[«7] >= 1", "P205"),
        ("this[1] >= 1 and this[«#] >= 1", "P206"),
        ("«this[2] >= 4", "P208"),
        ("«arm == 'wl'", "P205"),
    ] {
        one(ITEMS, &shown(rule), code);
    }
    let skip = |rule: &str| format!("{SCORES}\nskips = [{{ when = \"{rule}\", items = \"2 3\" }}]");
    assert_eq!(findings(&[(SCORES, &skip("this[1] == 0"))]), []);
    one(SCORES, &skip("score.«total == 0"), "P205");
    one(SCORES, &skip("this[1] == 0 and score.«x == 0"), "P205");
}

#[test]
fn a_finding_behind_a_filled_in_number_stands_where_the_file_has_it() {
    let options = "[options]\nfour = [0, 1, 2, 3]\n";
    let items = "items = [{ ids = \"10o..12o\", type = \"choice\", options = \"four\" }, { ids = \"10i..12i\", type = \"choice\", options = \"four\", shown = \"this[#o] == 1 and this[77] == 1\" }]";
    let text = format!(
        "[instrument]\nid = \"t\"\ntitle = \"T\"\nversion = \"1\"\nlicence = \"B\"\nbetter = \"lower\"\n{options}[key]\n{items}\nscores = [{{ id = \"total\", op = \"sum\", items = \"10i..12i\" }}]\n"
    );
    let (_, found) = reading::instrument("t.toml", &text);
    let column = items.find("77").unwrap() + 1;
    assert_eq!(lines(&found), [format!("10:{column} P205")]);
}

#[test]
fn value_sets_fit_the_score_that_reads_them() {
    let scores = SCORES.replace(" }]", " }, { id = \"index\", op = \"valueset\", items = \"1..3\" }]");
    let set = |rows: &str| format!("{TINY}[valueset.here]\nconstant = 1\n{rows}").replace(SCORES, &scores);
    let whole = "\"1\" = [0, 0.1, 0.2, 0.3]\n\"2\" = [0, 0.1, 0.2, 0.3]\n\"3\" = [0, 0.1, 0.2, 0.3]\n";
    assert_eq!(findings(&[(TINY, &set(whole))]), []);
    one(TINY, &set(&whole.replace("\"3\" = [0, 0.1, 0.2, 0.3]", "\"3\" = «[0, 0.1, 0.2]")), "P004");
    one(TINY, &set(&format!("{whole}«\"4\" = [0, 0.1, 0.2, 0.3]\n")), "P604");
    one(TINY, &format!("{TINY}[valueset.«here]\nconstant = 1\n"), "P102");
    assert_eq!(lines(&findings(&[(SCORES, &scores)])), ["11:1 P005"]);
}

fn overlay(change: impl Fn(&str) -> String) -> (Option<Overlay>, Vec<Finding>) {
    let pswq = &shipped()["pswq"];
    let text = format!(
        "[overlay]\nof = \"pswq\"\nkey_sha256 = \"{}\"\nlicence = \"Held by the team\"\nnotice = \"© Test\"\nobtained = 2026-01-02\n\n[wording.en]\nreview = \"unreviewed\"\nlead = \"Test only\"\n\"1\" = \"First\"\n\"five.1\" = \"Not at all\"\n",
        pswq.key_sha256()
    );
    reading::overlay("messages/base/instruments/pswq.en.toml", &change(&text), pswq)
}

#[test]
fn an_overlay_adds_the_wording_of_a_team_and_its_terms() {
    let (overlay, findings) = overlay(str::to_owned);
    assert_eq!(findings, []);
    let worded = shipped()["pswq"].with_overlay(&overlay.unwrap());
    let wording = worded.wording("en").unwrap();
    assert_eq!(wording.lead.as_deref(), Some("Test only"));
    assert_eq!(wording.label("five", "1"), Some("Not at all"));
    assert_eq!(wording.terms.as_ref().map(|terms| terms.notice.as_str()), Some("© Test"));
    // Fifteen items have no words yet.
    assert!(!worded.is_worded("en"));
    assert_eq!(worded.key_sha256(), shipped()["pswq"].key_sha256());
    assert_ne!(worded.sha256(), shipped()["pswq"].sha256());
}

#[test]
fn an_overlay_for_another_key_is_p603_and_nothing_else_of_it_is_read() {
    let key = shipped()["pswq"].key_sha256();
    let (read, findings) = overlay(|text| text.replace(&key, &"0".repeat(64)).replace("lead", "leed"));
    assert!(read.is_none());
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!(
        finding.line(),
        "messages/base/instruments/pswq.en.toml:3:14: P603 The overlay was made for another key."
    );
}

#[test]
fn an_overlay_with_words_for_nothing_or_without_terms_is_refused() {
    let refused = |old: &str, new: &str| {
        let (read, findings) = overlay(|text| text.replace(old, new));
        assert!(read.is_none(), "{new}");
        lines(&findings)
    };
    assert_eq!(refused("\"1\" =", "\"17\" ="), ["11:1 P013"]);
    assert_eq!(refused("five.1", "five.6"), ["12:1 P013"]);
    assert_eq!(refused("review = \"unreviewed\"\n", ""), ["8:1 P005"]);
    assert_eq!(refused("\"unreviewed\"", "\"yes\""), ["9:10 P004"]);
    assert_eq!(refused("notice = \"© Test\"\n", ""), ["1:1 P005"]);
    assert_eq!(refused("wording.en", "wording.English"), ["8:10 P006"]);
    assert_eq!(refused("[wording.en]", "[key]\nreverse = \"1\"\n[wording.en]"), ["8:2 P002"]);
}

#[test]
fn a_reviewed_wording_names_who_and_when() {
    let (read, findings) =
        overlay(|text| text.replace("\"unreviewed\"", "{ by = \"A. Berg\", on = 2026-03-02 }"));
    assert_eq!(findings, []);
    let review = format!("{:?}", read.unwrap().wording["en"].review);
    assert!(review.contains("A. Berg") && review.contains("2026-03-02"), "{review}");
}

#[test]
fn the_key_has_another_digest_as_soon_as_anything_in_it_changes_and_the_same_for_another_layout() {
    let digest = |old: &str, new: &str| {
        let text = TINY.replace(old, new);
        reading::instrument("tiny.toml", &text).0.unwrap().key_sha256()
    };
    let same = digest("", "");
    for (old, new) in [
        ("[0, 1, 2, 3]", "[0, 1, 2, 4]"),
        (r#""sum""#, r#""max""#),
        (r#"[5, "high"]"#, r#"[6, "high"]"#),
        (r#"bands = "degree""#, r#"bands = "degree", missing = "prorate 1""#),
        ("[key]\n", "[key]\nreverse = \"1\"\n"),
        ("[key]\n", "[key]\nflags = [{ item = \"1\", from = 1 }]\n"),
        (r#"id = "tiny""#, r#"id = "tiny_2""#),
    ] {
        assert_ne!(digest(old, new), same, "{new}");
    }
    for (old, new) in [
        ("Three items", "3 items"),
        (r#""1..3", type"#, r#""1 2 3", type"#),
        ("[0, 1, 2, 3]", "[0, 1, 2.0, 3]   # all"),
        (r#"bands = "degree""#, r#"bands = "degree", missing = "complete""#),
    ] {
        assert_eq!(digest(old, new), same, "{new}");
    }
}
