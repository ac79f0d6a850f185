//! The canonical form: what is not meaning does not change it, and every key that is meaning does.

use std::collections::BTreeMap;

use equipoise::trial::protocol::canonical;
use equipoise::trial::protocol::checker;
use equipoise::trial::protocol::reading;
use equipoise::trial::protocol::sections;
use equipoise::trial::protocol::texts::Texts;
use equipoise::trial::protocol::unsupported::UNSUPPORTED;
use equipoise::trial::source::finding::Severity;
use equipoise::trial::source::keys::Section;
use equipoise::trial::source::keys::Takes;
use equipoise::trial::source::tree;
use equipoise::trial::source::tree::Node;
use equipoise::trial::source::tree::NodeKind;
use equipoise::trial::source::tree::Source;
use proptest::prelude::*;

fn full() -> String {
    std::fs::read_to_string(format!("{}/tests/protocol_codes/full.toml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn texts() -> Texts {
    let files = [
        ("messages/full/en/consent.md", "You may stop at any time."),
        ("messages/full/en/help.md", "Call 112."),
        ("messages/full/en/note.md", "A few questions are ready: {link}"),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

fn form(text: &str) -> String {
    let (root, findings) = tree::read(&Source::new("full.toml", text));
    assert!(findings.iter().all(|finding| finding.code != "P001"), "{findings:?}");
    canonical::of(&reading::protocol(&root), &Texts::new(), &BTreeMap::new()).unwrap().text
}

/// A leaf of the file: its path, its bytes, what it takes.
struct Leaf {
    path: String,
    span: std::ops::Range<usize>,
    takes: Takes,
}

fn leaves(node: &Node, takes: &Takes, path: &str, found: &mut Vec<Leaf>) {
    match takes {
        Takes::Table(section) => table(node, section, path, found),
        Takes::Rows(section) => node.items().iter().for_each(|row| table(row, section, path, found)),
        Takes::Keyed(section) => {
            node.entries().iter().for_each(|entry| table(&entry.value, section, &format!("{path}.*"), found));
        }
        Takes::KeyedValues(inside) => {
            node.entries().iter().for_each(|entry| leaves(&entry.value, inside, &format!("{path}.*"), found));
        }
        Takes::List(inside) => node.items().iter().for_each(|item| leaves(item, inside, path, found)),
        Takes::Choices | Takes::Own(_) => {
            let parts = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value));
            parts.clone().for_each(|part| leaves(part, &Takes::Own(""), path, found));
            if parts.count() == 0 {
                found.push(Leaf {
                    path: path.to_owned(),
                    span: node.span.clone(),
                    takes: of_kind(&node.kind),
                });
            }
        }
        _ => found.push(Leaf { path: path.to_owned(), span: node.span.clone(), takes: *takes }),
    }
}

fn of_kind(kind: &NodeKind) -> Takes {
    match kind {
        NodeKind::Integer(_) | NodeKind::Decimal(_) => Takes::Number,
        NodeKind::Date(_) => Takes::Date,
        _ => Takes::Text,
    }
}

fn table(node: &Node, section: &Section, path: &str, found: &mut Vec<Leaf>) {
    for entry in node.entries() {
        let key = section.keys.iter().find(|key| key.name == entry.key).unwrap();
        let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        leaves(&entry.value, &key.takes, &path, found);
    }
}

fn all_leaves(text: &str) -> Vec<Leaf> {
    let (root, _) = tree::read(&Source::new("full.toml", text));
    let mut found = Vec::new();
    table(&root, &sections::FILE, "", &mut found);
    found
}

/// Another value that the key takes.
fn other(path: &str, written: &str, takes: &Takes) -> String {
    let inside = written.trim_matches('"');
    match takes {
        // Kept in the form of the time zone's name, so another name is needed.
        Takes::Text if inside.contains('/') && path.starts_with("study.") => "\"Europe/Oslo\"".to_owned(),
        Takes::Word(words, _) => format!("\"{}\"", words.iter().find(|word| **word != inside).unwrap()),
        Takes::Version => format!("\"{inside}1\""),
        Takes::Whole(..) | Takes::Number => {
            if written.contains('.') {
                format!("{written}1")
            } else {
                format!("{}", written.parse::<i64>().unwrap() + 1)
            }
        }
        Takes::Truth => if written == "true" { "false" } else { "true" }.to_owned(),
        Takes::Date => "2031-07-09".to_owned(),
        Takes::Time => "05:04:03".to_owned(),
        Takes::Duration => "\"9d\"".to_owned(),
        Takes::Offset | Takes::Point => format!("\"{inside}+1d\""),
        _ => format!("\"{inside}x\""),
    }
}

#[test]
fn the_file_with_every_key_is_sound() {
    let checked = checker::check("full.toml", &full(), &texts());
    let lines: Vec<String> = checked.findings.iter().map(|finding| finding.line()).collect();
    assert!(checked.is_sound(), "{}", lines.join("\n"));
    assert_eq!(
        lines.iter().map(|line| line.split(' ').nth(1).unwrap()).collect::<Vec<_>>(),
        ["P309", "P511"],
        "{lines:?}"
    );
}

#[test]
fn the_file_has_every_key_that_can_run() {
    fn paths(section: &'static Section, path: &str, found: &mut Vec<String>) {
        for key in section.keys {
            let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
            match &key.takes {
                Takes::Table(inside) | Takes::Rows(inside) => paths(inside, &path, found),
                Takes::Keyed(inside) => paths(inside, &format!("{path}.*"), found),
                Takes::KeyedValues(_) => found.push(format!("{path}.*")),
                _ => found.push(path),
            }
        }
    }
    let mut known = Vec::new();
    paths(&sections::FILE, "", &mut known);
    let given: Vec<String> = all_leaves(&full()).into_iter().map(|leaf| leaf.path).collect();
    let unsupported: Vec<String> =
        UNSUPPORTED.iter().filter(|one| one.value.is_none()).map(|one| one.path.replace("[]", "")).collect();
    let absent: Vec<&String> = known
        .iter()
        .filter(|path| !given.iter().any(|one| one.starts_with(path.as_str())))
        .filter(|path| !unsupported.iter().any(|one| path.starts_with(one.as_str())))
        .collect();
    // What only other methods of randomization, clusters and sealed designs have.
    let other: Vec<&str> =
        absent.iter().map(|path| path.as_str()).filter(|path| !path.starts_with("randomization.")).collect();
    assert_eq!(other, Vec::<&str>::new());
}

#[test]
fn a_value_of_the_wrong_type_gives_one_finding_and_nothing_that_follows_from_it() {
    let text = full();
    let lines = |text: &str| -> Vec<String> {
        let found = checker::check("full.toml", text, &texts()).findings;
        let errors = found.iter().filter(|finding| finding.severity == Severity::Error);
        errors.map(|finding| finding.line()).collect()
    };
    let mut wrong = Vec::new();
    for leaf in all_leaves(&text) {
        let mut changed = text.clone();
        changed.replace_range(leaf.span.clone(), "{ q = 1 }");
        let found = lines(&changed);
        if !matches!(found.as_slice(), [one] if one.contains(": P004 ")) {
            wrong.push(format!("{} = {}: {found:#?}", leaf.path, &text[leaf.span]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_key_changes_the_form_but_the_restricted_ones() {
    let text = full();
    let before = form(&text);
    let mut silent = Vec::new();
    for leaf in all_leaves(&text) {
        let written = &text[leaf.span.clone()];
        let mut changed = text.clone();
        changed.replace_range(leaf.span.clone(), &other(&leaf.path, written, &leaf.takes));
        if form(&changed) == before {
            silent.push(format!("{} = {written}", leaf.path));
        }
    }
    assert_eq!(silent, ["format = 1", "randomization.blocks = 5", "randomization.blocks = 10"]);
}

#[test]
fn spelling_layout_and_written_defaults_do_not_change_the_form() {
    let text = full();
    let before = form(&text);
    for (line, by) in [
        ("point = \"start+10w\"", "point = \"start+70d\""),
        ("opens = \"8w\"", "opens = \"56d\""),
        ("zone_of = \"site\"", "zone_of    =    \"site\"   # whose clock counts"),
        ("ratio = 1 },", "ratio = 1, support = \"none\" },"),
        ("kind = \"waitlist\", ratio = 1 },", "kind = \"waitlist\" },"),
        ("blocks = [5, 10]", "blocks = [10, 5]"),
        ("id = \"int\"\nlabel = \"Interview\"", "label = \"Interview\"\nid = \"int\""),
        ("within = \"8h\"", "within = '''8h'''"),
        (
            "use = \"gad7\"\nat = [\"pre\", \"post\"]",
            "use = \"gad7\"\nat = [\n  \"pre\",\n  \"post\",\n]\nby = \"participant\"",
        ),
        ("closes = \"6m+21d\"", "closes = \"6m+3w\"\nlate = \"6m+21d\""),
        (
            "silent = [{ use = \"gad7\", why = \"No item about suicide\" }]\n",
            "[[safety.silent]]\nuse = \"gad7\"\nwhy = \"No item about suicide\"\n",
        ),
        (
            "costs = { title = \"Costs of illness\", totals = [[\"total\", 0, 100000]] }",
            "[external.costs]\ntotals = [[\"total\", 0, 100_000]]\ntitle = \"Costs of illness\"",
        ),
    ] {
        assert_eq!(text.matches(line).count(), 1, "{line}");
        assert_eq!(form(&text.replace(line, by)), before, "{by}");
    }
}

proptest! {
    /// Sections in any order, blank lines and comments anywhere between lines.
    #[test]
    fn the_order_of_sections_and_comments_do_not_change_the_form(
        order in any::<u64>(),
        comments in proptest::collection::vec(0..2_usize, 40),
    ) {
        let text = full();
        let (head, rest) = text.split_once("\n[").unwrap();
        // A section goes with its own blocks, so that rows keep their order.
        let mut parts: Vec<(String, String)> = Vec::new();
        for part in rest.split("\n[") {
            let name = part.trim_start_matches('[').split(['.', ']']).next().unwrap().to_owned();
            match parts.last_mut() {
                Some((last, body)) if *last == name => {
                    body.push_str("\n[");
                    body.push_str(part);
                }
                _ => parts.push((name, part.to_owned())),
            }
        }
        let mut state = order;
        for at in (1..parts.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            parts.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
        }
        let mut shuffled = head.to_owned();
        for ((_, part), comment) in parts.iter().zip(comments.iter().cycle()) {
            shuffled.push_str(if *comment == 1 { "\n# what follows\n\n[" } else { "\n[" });
            shuffled.push_str(part);
        }
        prop_assert_eq!(form(&shuffled), form(&text));
    }
}

#[test]
fn texts_and_instruments_are_part_of_the_form() {
    let protocol = checker::check("full.toml", &full(), &texts());
    let of = |texts: &Texts, checked: &checker::Checked| {
        canonical::of(checked.protocol.as_ref().unwrap(), texts, &checked.instruments).unwrap().sha256
    };
    let before = of(&texts(), &protocol);
    let mut changed = texts();
    changed.insert("messages/full/en/help.md".to_owned(), "Call 113.".to_owned());
    assert_ne!(of(&changed, &protocol), before);
    let mut fewer = protocol.clone();
    fewer.instruments.remove("gad7");
    assert_ne!(of(&texts(), &fewer), before);
    assert!(
        !canonical::of(protocol.protocol.as_ref().unwrap(), &texts(), &protocol.instruments)
            .unwrap()
            .text
            .contains("blocks")
    );
}
