//! Datasets, the package and the reveal over REST: who gets what, in which view, and that it is written down.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::io::Read;

use equipoise::conduct::allocating;
use equipoise::conduct::auditing;
use equipoise::conduct::context::Credential;
use equipoise::conduct::handling;
use equipoise::conduct::handling::Closing;
use equipoise::conduct::studying;
use equipoise::kernel::digest::sha256_hex;
use equipoise::storage::audit::EventFilter;
use equipoise::trial::randomization::event;
use equipoise::trial::randomization::reveal;
use equipoise::trial::randomization::verification;
use equipoise::trial::role::Role;
use equipoise::trial::role::SeesArm;
use serde_json::json;

use crate::api::client::Answer;
use crate::api::client::Client;
use crate::conduct::trial;
use crate::conduct::trial::Person;
use crate::randomization::revealed::in_python;
use crate::world;
use crate::world::World;
use crate::world::fixture;
use crate::world::reason;
use crate::world::texts_of;

fn enrolled(world: &World) -> Person {
    enrolled_as(world, "synthetic@example.org")
}

fn enrolled_as(world: &World, email: &str) -> Person {
    let person = trial::register_as(world, email);
    trial::consent(world, &person);
    trial::screen(world, &person);
    trial::decide(world, &person);
    trial::baseline(world, &person);
    allocating::allocate(&world.ctx(&world.coordinator), &person.id, trial::request(&person)).unwrap();
    person
}

/// A statistician who is blind, beside the one of the world.
fn blind(world: &World) -> Credential {
    let (id, session) = world::staff(&world.house, "blind", false, world.now());
    world.grant(&world.lead, &id, Role::Statistician, SeesArm::None, &[]);
    session
}

fn close_alerts(world: &World) {
    for alert in handling::list(&world.ctx(&world.lead), &world.study, None, None, 50).unwrap() {
        handling::claim(&world.ctx(&world.lead), &alert.alert.id, false, |_| Ok(())).unwrap();
        let closing = Closing {
            contact_result: "reached".into(),
            risk_outcome: "low".into(),
            told: vec!["nobody".into()],
            text: "Synthetic".into(),
        };
        handling::close(&world.ctx(&world.lead), &alert.alert.id, closing, |_| Ok(())).unwrap();
    }
}

async fn token(client: &Client, by: &Credential) -> String {
    let body = json!({ "study_id": client.world.study, "scopes": ["datasets:read"] });
    client.post("/account/tokens", body).by(by).key().send().await.text("/secret")
}

fn names(listed: &Answer) -> Vec<&str> {
    listed.body["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

fn files(zip: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    (0..archive.len())
        .map(|number| {
            let mut file = archive.by_index(number).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

#[actix_web::test]
async fn a_statistician_pulls_a_dataset_with_a_token_and_sees_no_arm() {
    let client = Client::new(World::open());
    let person = enrolled(&client.world);
    let statistician = blind(&client.world);
    let secret = token(&client, &statistician).await;
    let study = &client.world.study;
    let listed = client.get(&format!("/studies/{study}/datasets")).bearer(&secret).send().await;
    assert_eq!((listed.status, listed.text("/view").as_str()), (200, "blinded"));
    assert!(names(&listed).contains(&"wide") && !names(&listed).contains(&"allocations"));

    let path = format!("/studies/{study}/datasets/participants?format=csv");
    let pulled = client.get(&path).bearer(&secret).send().await;
    assert_eq!((pulled.status, pulled.header("content-type").as_str()), (200, "text/csv; charset=utf-8"));
    assert_eq!(pulled.header("Equipoise-View"), "blinded");
    assert_eq!(pulled.header("Equipoise-Data-Cut"), "2026-06-01T08:00:00.000000Z");
    let name = "attachment; filename=\"linden_participants_20260601T080000Z.csv\"";
    assert_eq!(pulled.header("content-disposition"), name);
    let text = String::from_utf8(pulled.bytes.clone()).unwrap();
    let (header, row) = text.split_once('\n').unwrap();
    assert!(header.contains(",arm_blind,") && !header.contains(",arm,"), "{header}");
    assert!(row.starts_with(&person.code) && !row.contains("ipdt") && !row.contains("wl"), "{row}");

    // Equal data are not sent again.
    let again = client.get(&path).bearer(&secret).with("If-None-Match", &pulled.header("etag")).send().await;
    assert_eq!((again.status, again.bytes.len()), (304, 0));
    trial::register(&client.world);
    let later = client.get(&path).bearer(&secret).with("If-None-Match", &pulled.header("etag")).send().await;
    assert_eq!(later.status, 200);
}

#[actix_web::test]
async fn the_masked_package_leaves_out_what_only_some_arms_have() {
    let client = Client::new(World::open_with(&fixture("crossover.toml"), texts_of("crossover")));
    let statistician = blind(&client.world);
    let study = &client.world.study;
    let occasions = async |query: &str| {
        let path = format!("/studies/{study}/datasets/occasions{query}");
        let pulled = client.get(&path).by(&statistician).send().await;
        (pulled.header("Equipoise-View"), String::from_utf8(pulled.bytes).unwrap())
    };
    let (usual, masked) = (occasions("").await, occasions("?masked=true").await);
    assert_eq!((usual.0.as_str(), masked.0.as_str()), ("blinded", "masked"));
    let later = usual.1.lines().find(|line| line.starts_with("xpost,")).unwrap();
    assert!(!masked.1.contains(later), "{}", masked.1);
    assert!(masked.1.lines().all(|line| usual.1.contains(line)));
    let package = client.get(&format!("/studies/{study}/package?masked=true")).by(&statistician).send().await;
    assert_eq!(files(&package.bytes)["occasions.csv"], masked.1.as_bytes());
    let unblinded = client.world.unblinded.clone();
    let refused = client.get(&format!("/studies/{study}/package?masked=true")).by(&unblinded).send().await;
    assert_eq!(refused.refusal(), (400, "query.unknown_parameter"));
}

#[actix_web::test]
async fn who_may_see_arms_sees_them_but_by_token_only_with_its_scope() {
    let client = Client::new(World::open());
    enrolled(&client.world);
    let unblinded = client.world.unblinded.clone();
    let study = &client.world.study;
    let path = format!("/studies/{study}/datasets/allocations");
    let seen = client.get(&path).by(&unblinded).send().await;
    assert_eq!((seen.status, seen.header("Equipoise-View").as_str()), (200, "with_arms"));
    assert_eq!(String::from_utf8(seen.bytes).unwrap().lines().count(), 2);
    let secret = token(&client, &unblinded).await;
    assert_eq!(client.get(&path).bearer(&secret).send().await.refusal(), (404, "not_found"));
    let monitor = {
        let (id, session) = world::staff(&client.world.house, "monitor", false, client.world.now());
        client.world.grant(&client.world.lead, &id, Role::Monitor, SeesArm::None, &[]);
        session
    };
    let listed = client.get(&format!("/studies/{study}/datasets")).by(&monitor).send().await;
    assert_eq!(listed.text("/view"), "without_arms");
    let columns = listed.body["items"][0]["columns"].to_string();
    assert!(!columns.contains("arm"), "{columns}");
}

#[actix_web::test]
async fn what_is_not_for_the_caller_or_not_there_is_refused() {
    let client = Client::new(World::open());
    let study = client.world.study.clone();
    let statistician = blind(&client.world);
    let coordinator = client.world.coordinator.clone();
    for path in ["datasets", "datasets/wide", "package"] {
        let refused = client.get(&format!("/studies/{study}/{path}")).by(&coordinator).send().await;
        assert_eq!(refused.refusal(), (403, "permission.denied"), "{path}");
        let foreign = client.get(&format!("/studies/elsewhere/{path}")).by(&statistician).send().await;
        assert_eq!(foreign.refusal(), (404, "not_found"), "{path}");
    }
    for (path, refusal) in [
        ("datasets/allocations", (404, "not_found")),
        ("datasets/everything", (404, "not_found")),
        ("datasets/wide?format=xlsx", (400, "query.unknown_parameter")),
        ("datasets/wide?arm=ipdt", (400, "query.unknown_parameter")),
        ("package?profile=all", (400, "query.unknown_parameter")),
        ("reveal", (409, "reveal.not_locked")),
    ] {
        let refused = client.get(&format!("/studies/{study}/{path}")).by(&statistician).send().await;
        assert_eq!(refused.refusal(), refusal, "{path}");
    }
    assert_eq!(
        client.get(&format!("/studies/{study}/package")).send().await.refusal(),
        (401, "session.missing")
    );
}

#[actix_web::test]
async fn a_package_is_whole_and_the_look_is_in_the_trail() {
    let client = Client::new(World::open());
    enrolled(&client.world);
    let statistician = blind(&client.world);
    let study = &client.world.study;
    let path = format!("/studies/{study}/package");
    let pulled = client.get(&path).by(&statistician).send().await;
    assert_eq!((pulled.status, pulled.header("content-type").as_str()), (200, "application/zip"));
    assert_eq!(
        client.get(&path).by(&statistician).send().await.bytes,
        pulled.bytes,
        "equal data, equal bytes"
    );
    let files = files(&pulled.bytes);
    let sums = String::from_utf8(files["SHA256SUMS"].clone()).unwrap();
    assert_eq!(sums.lines().count(), files.len() - 1);
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        assert_eq!(sha256_hex(&files[name]), sum, "{name}");
    }
    let filter = EventFilter { action: Some("dataset.read".into()), ..EventFilter::default() };
    let events = auditing::list(&client.world.ctx(&client.world.lead), study, filter, 10).unwrap();
    assert_eq!(events.len(), 2);
    let checked = auditing::verify(&client.world.house).unwrap();
    assert_eq!((checked.first_break, checked.checkpoints), (None, 4));
}

#[actix_web::test]
async fn after_the_lock_the_draw_is_disclosed_and_recomputes() {
    let client = Client::new(World::open());
    let world = &client.world;
    for name in ["a", "b", "c"] {
        enrolled_as(world, &format!("synthetic.{name}@example.org"));
    }
    let statistician = blind(world);
    let study = &world.study;
    close_alerts(world);
    studying::close(&world.ctx(&world.lead), study, reason("over")).unwrap();
    studying::lock(&world.ctx(&world.lead), study, reason("clean"), Vec::new()).unwrap();
    let path = format!("/studies/{study}/reveal");
    assert_eq!(client.get(&path).by(&statistician).send().await.refusal(), (409, "reveal.not_locked"));
    studying::reveal(&world.ctx(&world.unblinded), study, reason("analysed")).unwrap();
    assert_eq!(client.get(&path).by(&world.coordinator).send().await.refusal(), (403, "permission.denied"));
    let pulled = client.get(&path).by(&statistician).send().await;
    assert_eq!(pulled.status, 200, "{}", pulled.body);
    let files = files(&pulled.bytes);
    let disclosed = reveal::read_reveal(&files["reveal.json"]).unwrap();
    let rows = event::read_allocations(&files["allocations.csv"]).unwrap();
    assert_eq!(verification::verify(&disclosed, &rows).unwrap().allocations, 3);
    let verdict = String::from_utf8(files["verification.txt"].clone()).unwrap();
    assert!(verdict.starts_with("recomputed: 3 allocations"), "{verdict}");
    let pair = (files["reveal.json"].clone(), files["allocations.csv"].clone());
    assert_eq!(in_python(&[pair])[0].0, 0);
    let seen = client.get(&format!("/studies/{study}/datasets/participants")).by(&statistician).send().await;
    assert_eq!(seen.header("Equipoise-View"), "with_arms");
}
