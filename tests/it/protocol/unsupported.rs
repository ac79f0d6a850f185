//! What the language knows and the program can't run yet is refused by name.

use equipoise::trial::protocol::checker;
use equipoise::trial::protocol::texts::Texts;
use equipoise::trial::protocol::unsupported::UNSUPPORTED;
use equipoise::trial::source::finding::Finding;

fn findings(text: &str) -> Vec<Finding> {
    checker::check("p.toml", text, &Texts::new()).findings
}

/// A file that holds little more than the key of a path, and that key with its value.
fn smallest(path: &str, value: Option<&str>) -> (String, String) {
    let value = match value {
        Some("true") => "true".to_owned(),
        Some(word) => format!("\"{word}\""),
        None => "\"x\"".to_owned(),
    };
    let parts: Vec<&str> = path.split('.').collect();
    let (key, above) = parts.split_last().unwrap();
    let pair = match key.strip_suffix("[]") {
        Some(list) => format!("{list} = [{value}]"),
        None => format!("{key} = {value}"),
    };
    let text = match above {
        [] => format!("[{key}]\nlabel = \"x\"\n"),
        [list, "*", rows] => format!("[{list}.x]\n{} = [{{ {pair} }}]\n", rows.trim_end_matches("[]")),
        [list, "*"] => format!("[{list}.x]\n{pair}\n"),
        [table, rows] => format!("[{table}]\n{} = [{{ {pair} }}]\n", rows.trim_end_matches("[]")),
        [table] => format!("[{table}]\n{pair}\n"),
        _ => panic!("{path}"),
    };
    (text, if key.ends_with("[]") { value } else { (*key).to_owned() })
}

#[test]
fn what_cannot_run_yet_is_refused_by_name_at_its_key_or_value() {
    for one in UNSUPPORTED {
        let (text, key) = smallest(one.path, one.value);
        let says = format!("Not supported yet: {}.", one.name);
        let found: Vec<Finding> =
            findings(&text).into_iter().filter(|finding| finding.text == says).collect();
        let [finding] = found.as_slice() else { panic!("{}: {found:?}", one.path) };
        assert_eq!(finding.code, "P009");
        let line = text.lines().nth(usize::try_from(finding.place.line).unwrap() - 1).unwrap();
        let marked = &line[usize::try_from(finding.place.column).unwrap() - 1..];
        let wanted = one.value.map_or(key, |value| value.to_owned());
        assert!(marked.trim_start_matches('"').starts_with(&wanted), "{}: {marked}", one.path);
    }
}

#[test]
fn one_thing_that_cannot_run_is_refused_once() {
    let text =
        "[study]\ndesign = \"cluster\"\n[cluster]\nlabel = \"x\"\n[randomization]\nunit = \"cluster\"\n";
    assert_eq!(findings(text).iter().filter(|finding| finding.code == "P009").count(), 1);
}
