//! Consent on paper, and the participant's own copy.

use equipoise::kernel::digest::sha256_hex;
use equipoise::trial::role::Role;
use equipoise::trial::role::SeesArm;
use serde_json::Value;
use serde_json::json;

use crate::api::client::Client;
use crate::conduct::trial;
use crate::world;
use crate::world::World;
use crate::world::fixture;

fn sheet() -> Value {
    json!({
        "document_version": 4, "language": "en",
        "sha256": sha256_hex(fixture("messages/base/en/consent.md").as_bytes()),
        "items": { "join": "yes", "later": "no" }, "signer": "participant", "name": "Synthetic Person",
        "medium": "paper_onsite", "identity_check": "identity card", "signed_on": "2026-06-01", "decision": "given",
    })
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut sheet = sheet();
    sheet[pointer] = value;
    sheet
}

#[actix_web::test]
async fn consent_that_was_signed_on_paper_is_recorded_once() {
    let client = Client::new(World::open_with(&world::apart(), world::texts()));
    let person = trial::register(&client.world);
    let path = format!("/participants/{}/consents", person.id);
    let coordinator = client.world.coordinator.clone();
    for (wrong, code, pointer) in [
        (changed("signed_on", json!("2026-06-03")), "field.range", "/signed_on"),
        (changed("name", json!(" ")), "field.length", "/name"),
        (changed("items", json!({ "join": "maybe", "later": "no" })), "field.choice", "/items/join"),
        (changed("items", json!({ "join": "no", "later": "no" })), "field.choice", "/items/join"),
        (changed("items", json!({ "join": "yes" })), "field.required", "/items/later"),
        (changed("medium", json!("paper_post")), "field.choice", "/medium"),
        (changed("medium", json!("online")), "field.choice", "/medium"),
        (changed("language", json!("sv")), "field.choice", "/language"),
    ] {
        let refused = client.post(&path, wrong).by(&coordinator).key().send().await;
        assert_eq!(refused.refusal(), (422, "body.invalid"), "{}", refused.body);
        let told = (refused.text("/errors/0/code"), refused.text("/errors/0/pointer"));
        assert_eq!((told.0.as_str(), told.1.as_str()), (code, pointer));
    }
    let outdated = client.post(&path, changed("document_version", json!(3))).by(&coordinator).key().send();
    assert_eq!(outdated.await.refusal(), (409, "consent.version_outdated"));
    let unkeyed = client.post(&path, sheet()).by(&coordinator).send().await;
    assert_eq!(unkeyed.refusal(), (400, "idempotency.key_missing"));
    let (_, monitor) = world::staff(&client.world.house, "monitor", false, client.world.now());
    assert_eq!(client.post(&path, sheet()).by(&monitor).key().send().await.refusal(), (404, "not_found"));

    let keyed = || client.post(&path, sheet()).by(&coordinator).with("Idempotency-Key", "paper-key-0000001");
    let given = keyed().send().await;
    assert_eq!((given.status, given.text("/state").as_str()), (201, "in_force"), "{}", given.body);
    assert_eq!(given.header("location"), format!("/api/v1{path}/{}", given.text("/id")));
    let again = keyed().send().await;
    assert_eq!((again.status, again.header("idempotency-replayed").as_str()), (201, "true"));
    assert_eq!(again.body, given.body);
    let second = client.post(&path, sheet()).by(&coordinator).key().send().await;
    assert_eq!(second.refusal(), (409, "consent.already_given"));
    assert_eq!(client.world.count_events("consent.given"), 1);
    assert!(!given.body.to_string().contains("Synthetic"), "the name is sealed");
}

#[actix_web::test]
async fn a_participant_reads_the_own_copy_as_it_was_shown_and_nobody_else_s() {
    let client = Client::new(World::open());
    let person = trial::register(&client.world);
    let record = client.get("/participant").by(&person.session).send().await;
    assert_eq!(record.status, 200, "{}", record.body);
    let shown = record.body["consent"].clone();
    let mut decision = json!({ "typed_name": "Synthetic Person", "decision": "given",
        "items": { "join": "yes", "later": "no" } });
    for same in ["document_version", "language", "sha256"] {
        decision[same] = shown[same].clone();
    }
    let given = client.post("/participant/consents", decision).by(&person.session).key().send().await;
    assert_eq!(given.status, 201, "{}", given.body);
    let path = format!("/participant/consents/{}", given.text("/id"));
    let copy = client.get(&path).by(&person.session).send().await;
    assert_eq!(copy.status, 200, "{}", copy.body);
    assert_eq!(copy.text("/text"), fixture("messages/base/en/consent.md"));
    assert_eq!(copy.body["items"], json!({ "join": true, "later": false }));
    let known = client.get(&path).by(&person.session).with("If-None-Match", &copy.header("etag"));
    assert_eq!(known.send().await.status, 304);
    let other = trial::register_as(&client.world, "other@example.org");
    assert_eq!(client.get(&path).by(&other.session).send().await.refusal(), (404, "not_found"));
    let (id, coordinator) = world::staff(&client.world.house, "second", false, client.world.now());
    client.world.grant(&client.world.lead, &id, Role::Coordinator, SeesArm::None, &[]);
    assert_eq!(client.get(&path).by(&coordinator).send().await.refusal(), (404, "not_found"));
    assert_eq!(client.world.count_events("consent.read"), 2, "each look, and no refused one");
}
