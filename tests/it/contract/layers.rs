//! The layers: every path in every source file, wherever it stands, points downward.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::contract::source::paths;

/// Each layer and what it may see of the others.
const LAYERS: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("trial", &["kernel"]),
    ("storage", &["kernel", "trial"]),
    ("conduct", &["kernel", "trial", "storage"]),
    ("simulation", &["kernel", "trial", "storage", "conduct"]),
    ("http", &["kernel", "trial", "conduct"]),
    ("api", &["kernel", "trial", "conduct", "http"]),
    ("web", &["kernel", "trial", "conduct", "http"]),
    ("worker", &["kernel", "trial", "conduct", "config"]),
    ("telemetry", &["kernel", "config"]),
    ("config", &["kernel", "trial", "storage", "conduct", "http"]),
    ("server", TOP),
    ("cli", TOP),
    ("main", TOP),
    ("lib", TOP),
];

const TOP: &[&str] = &[
    "kernel",
    "trial",
    "storage",
    "conduct",
    "simulation",
    "http",
    "api",
    "web",
    "worker",
    "telemetry",
    "config",
    "server",
    "cli",
];

/// Crates and modules that only some layers may name.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("diesel", &["storage"]),
    ("diesel_migrations", &["storage"]),
    ("libsqlite3_sys", &["storage"]),
    ("pq_sys", &["storage"]),
    ("actix_web", &["http", "api", "web", "server", "main"]),
    ("tracing_actix_web", &["http", "api", "web", "server", "telemetry"]),
    ("utoipa", &["http", "api", "web", "server"]),
    ("utoipa_actix_web", &["http", "api", "web", "server"]),
    ("jsonwebtoken", &["http"]),
    ("tokio", &["http", "api", "web", "worker", "server", "main"]),
    ("getrandom", &["kernel"]),
    ("std::env", &["config", "cli", "main"]),
    (
        "std::fs",
        &["storage", "conduct", "http", "api", "web", "worker", "telemetry", "config", "server", "cli"],
    ),
    ("std::net", &["storage", "conduct", "http", "api", "web", "worker", "config", "server", "cli"]),
    ("std::process", &["conduct", "config", "server", "cli", "main"]),
    ("std::thread", &["storage", "conduct", "http", "worker", "server", "cli"]),
    (
        "std::time",
        &["storage", "conduct", "http", "api", "web", "worker", "telemetry", "config", "server", "cli"],
    ),
];

/// What query files may see of their own layer.
const QUERY_MAY: &[&str] = &["schema", "types", "dialect", "db", "Db", "Tx"];
/// The files of `storage` that are the machinery below the queries.
const MACHINERY: &[&str] = &["mod", "db", "dialect", "migrate", "schema", "types", "url", "writer"];

/// Leaves of `trial` that know the protocol although it composes them. This list may only shrink.
const LEAVES_THAT_KNOW_THE_PROTOCOL: &[&str] = &[
    "trial/enrolment/factors.rs",
    "trial/enrolment/progress.rs",
    "trial/questionnaire/asked.rs",
    "trial/safety/reading.rs",
    "trial/safety/rules.rs",
];

/// Why a path may not stand in a file; `file` is the path below `src`.
fn fault(file: &str, path: &[String], in_tests: bool) -> Option<String> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let places: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    let layer = places[0];
    let Some((_, below)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return Some(format!("{layer} is no layer"));
    };
    match path[..] {
        ["super", "*", ..] if in_tests => None,
        ["super", ..] => Some("write the path from crate on".to_owned()),
        ["crate" | "std" | "diesel" | "actix_web" | "utoipa", "as", ..] => {
            Some("another name hides a layer".to_owned())
        }
        ["crate", "{" | "*", ..] => Some("one `use crate::layer::…;` per line".to_owned()),
        ["crate", to, ..] if to != layer && !below.contains(&to) => Some(format!("{layer} may not see {to}")),
        ["crate", "trial", inner, ..] if layer == "http" && inner != "permission" => {
            Some("http may see only trial::permission".to_owned())
        }
        ["crate", "trial", "protocol", ..]
            if is_leaf(&places) && !LEAVES_THAT_KNOW_THE_PROTOCOL.contains(&file) =>
        {
            Some("a leaf of trial may not see the protocol".to_owned())
        }
        ["crate", "storage", inner, ..]
            if layer == "storage"
                && !MACHINERY.contains(&places[1])
                && !QUERY_MAY.contains(&inner)
                && inner != places[1] =>
        {
            Some("a query file may not see a sibling".to_owned())
        }
        ["crate", ..] => None,
        _ => outside_fault(layer, &path, in_tests),
    }
}

/// The protocol composes the leaves; datasets are made of a protocol.
fn is_leaf(places: &[&str]) -> bool {
    places.first() == Some(&"trial") && !matches!(places.get(1), Some(&"protocol" | &"dataset"))
}

/// Unit tests may read files and start threads; they may not see other people's crates.
fn outside_fault(layer: &str, path: &[&str], in_tests: bool) -> Option<String> {
    let (name, may) = OUTSIDE.iter().find(|(name, _)| {
        let name: Vec<&str> = name.split("::").collect();
        path.starts_with(&name) || (name.len() == 2 && path[..2] == [name[0], "*"])
    })?;
    let is_free = may.contains(&layer) || (in_tests && name.starts_with("std::"));
    (!is_free).then(|| format!("{layer} may not see {name}"))
}

/// All faults of a file, each with its place.
fn faults(file: &str, source: &str) -> Vec<String> {
    let before_tests = source.lines().position(|line| line.trim() == "#[cfg(test)]").unwrap_or(usize::MAX);
    paths(source)
        .into_iter()
        .filter_map(|(line, path)| {
            let why = fault(file, &path, line > before_tests)?;
            Some(format!("src/{file}:{line}: {}: {why}", path.join("::")))
        })
        .collect()
}

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    let named = |path: PathBuf| {
        let below: Vec<_> =
            path.strip_prefix(&root).unwrap().iter().map(|part| part.to_str().unwrap()).collect();
        (below.join("/"), fs::read_to_string(&path).unwrap())
    };
    files.into_iter().map(named).collect()
}

#[test]
fn every_arrow_points_downward() {
    let sources = sources();
    assert!(sources.len() > 50, "only {} files were found", sources.len());
    let found: Vec<String> = sources.iter().flat_map(|(file, source)| faults(file, source)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_list_of_leaves_that_know_the_protocol_holds_no_other() {
    let sources = sources();
    for listed in LEAVES_THAT_KNOW_THE_PROTOCOL {
        let (_, source) = sources.iter().find(|(file, _)| file == listed).unwrap();
        let knows =
            paths(source).iter().any(|(_, path)| path.join("::").starts_with("crate::trial::protocol"));
        assert!(knows, "{listed} does not know the protocol any more: take it off the list");
    }
}

#[test]
fn wrong_arrows_are_found_wherever_they_stand() {
    for (file, source, line, why) in [
        ("kernel/ids.rs", "use crate::trial::role::Role;", 1, "kernel may not see trial"),
        ("trial/role.rs", "fn a() {}\nfn b(x: crate::storage::Db) {}", 2, "trial may not see storage"),
        ("trial/x/y.rs", "let a = 'x';\nlet s = \"\\\"\"; diesel::insert();", 2, "trial may not see diesel"),
        ("trial/x/y.rs", "use std::{collections::BTreeMap,\n fs};", 2, "trial may not see std::fs"),
        ("trial/x/y.rs", "use std::*;", 1, "trial may not see"),
        ("trial/x/y.rs", "let now = ::std::time::Instant::now();", 1, "trial may not see std::time"),
        ("trial/x/y.rs", "fn f<'a>(x: &'a str) { std::env::var(x) }", 1, "trial may not see std::env"),
        ("trial/x/y.rs", "use crate::trial::protocol::model::Protocol;", 1, "a leaf of trial"),
        ("trial/role.rs", "use crate::trial::protocol;", 1, "a leaf of trial"),
        ("storage/study.rs", "use crate::conduct::act;", 1, "storage may not see conduct"),
        ("storage/study.rs", "/* a /* b */ */ use crate::storage::people;", 1, "a sibling"),
        ("storage/study.rs", "#[cfg(test)]\nmod tests { use crate::storage::people; }", 2, "a sibling"),
        ("conduct/a.rs", "#[derive(utoipa::ToSchema)]", 1, "conduct may not see utoipa"),
        ("conduct/a.rs", "r#\"\"#; use diesel::prelude::*;", 1, "conduct may not see diesel"),
        ("http/a.rs", "use crate::storage::Db;", 1, "http may not see storage"),
        ("http/a.rs", "use crate::trial::role::Role;", 1, "only trial::permission"),
        ("http/a.rs", "use crate::api::study;", 1, "http may not see api"),
        ("api/a.rs", "let x = crate :: storage\n:: Db;", 1, "api may not see storage"),
        ("conduct/a.rs", "use crate::{kernel::Error};", 1, "one `use crate::layer"),
        ("conduct/a.rs", "use crate as me;", 1, "another name"),
        ("conduct/a.rs", "use super::act;", 1, "from crate on"),
        ("conduct/a.rs", "use super::*;", 1, "from crate on"),
        ("helpers/a.rs", "use crate::kernel::Error;", 1, "helpers is no layer"),
    ] {
        let found = faults(file, source);
        let expected = format!("src/{file}:{line}: ");
        assert!(
            found.iter().any(|fault| fault.starts_with(&expected) && fault.contains(why)),
            "{source}: {found:?}"
        );
    }
}

#[test]
fn what_is_allowed_or_only_spoken_of_is_not_found() {
    for (file, source) in [
        ("kernel/ids.rs", "//! See crate::trial::role.\nuse crate::kernel::Error; // diesel::x"),
        (
            "trial/x.rs",
            "let s = \"crate::storage::Db\"; let r = br##\"std::fs \"# \"##; let c = '\"'; 'a: loop {}",
        ),
        ("trial/x.rs", "/* crate::storage::Db /* std::fs */ diesel::x */ let time = my::std::time;"),
        ("trial/x.rs", "#[cfg(test)]\nmod tests { use super::*; use std::fs; }"),
        ("trial/protocol/check.rs", "use crate::trial::protocol::model::Protocol;"),
        ("trial/x.rs", "let x = Foo::<u8>::diesel(); let y = a.storage; pub(super) fn f() {}"),
        (
            "storage/study.rs",
            "use crate::storage::schema::study; use crate::storage::Tx; use diesel::prelude::*;",
        ),
        ("http/a.rs", "use crate::trial::permission::action::Action; use actix_web::web;"),
        ("cli/a.rs", "use std::env; use crate::conduct::act;"),
    ] {
        assert_eq!(faults(file, source), Vec::<String>::new(), "{source}");
    }
}
