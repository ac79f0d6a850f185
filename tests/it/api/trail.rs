//! The audit trail over REST: paged, narrowed, and only to those who may read it.

use equipoise::trial::role::Role;
use equipoise::trial::role::SeesArm;
use serde_json::Value;
use serde_json::json;

use crate::api::client::Client;
use crate::conduct::trial;
use crate::world;
use crate::world::World;

fn types(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["type"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn the_trail_of_a_study_comes_in_pages_and_is_narrowed() {
    let client = Client::new(World::open());
    let person = trial::drawn(&client.world, "a@example.org");
    let lead = client.world.lead.clone();
    let all = client.pages("/studies/linden/audit?limit=7&to=2026-12-01T00:00:00Z", &lead, "id").await;
    let mut once = all.clone();
    once.sort();
    once.dedup();
    assert_eq!(all.len(), once.len(), "each event once");
    let of_person = format!("/studies/linden/audit?participant={}&limit=200", person.id);
    let own = client.get(&of_person).by(&lead).send().await;
    let seen = types(own.items());
    for expected in [
        "participant.registered",
        "consent.given",
        "assessment.submitted",
        "criterion.judged",
        "allocation.made",
    ] {
        assert!(seen.contains(&expected), "{expected} in {seen:?}");
    }
    assert!(own.items().iter().all(|row| row["participant_id"] == person.id.as_str()));
    let arm = trial::arm_of(&client.world, &person);
    let drawn = client.get(&format!("{of_person}&type=allocation.made")).by(&lead).send().await;
    // One in the study's chain, one in the person's.
    assert_eq!(types(drawn.items()), ["allocation.made", "allocation.made"]);
    assert!(!drawn.body.to_string().contains(&format!("\"{arm}\"")), "{}", drawn.body);
    let judged = client.get(&format!("{of_person}&type=criterion.judged&role=lead")).by(&lead).send().await;
    let fields = &judged.items()[0]["fields"];
    assert!(fields.as_object().unwrap().values().any(|field| field["new"] == "not_met"), "{fields}");
    let by_role =
        client.get(&format!("{of_person}&type=criterion.judged&role=monitor")).by(&lead).send().await;
    assert!(by_role.items().is_empty());
    let early = client.get("/studies/linden/audit?to=2026-01-01T00:00:00Z").by(&lead).send().await;
    assert!(early.items().is_empty());
    for wrong in ["participant=x", "role=dog", "from=yesterday", "to=1", "item=9", "limit=0"] {
        let refused = client.get(&format!("/studies/linden/audit?{wrong}")).by(&lead).send().await;
        assert_eq!(refused.refusal(), (400, "query.unknown_parameter"), "{wrong}");
    }
    assert!(client.world.count_events("audit.read") >= 6);
    let checked = client.get("/studies/linden/audit/verification").by(&lead).send().await;
    assert_eq!((checked.status, &checked.body["first_break"]), (200, &Value::Null));
    // How much has happened differs between arms.
    assert_eq!(checked.body["events"], Value::Null);
}

#[actix_web::test]
async fn a_trail_is_for_those_who_may_read_it_and_sites_are_kept_apart() {
    let client = Client::new(World::open());
    let person = trial::register(&client.world);
    let path = "/studies/linden/audit?limit=200";
    for by in [&client.world.administrator, &client.world.unblinded] {
        assert_eq!(client.get(path).by(by).send().await.refusal(), (403, "permission.denied"));
    }
    let stranger = world::staff(&client.world.house, "stranger", false, client.world.now()).1;
    assert_eq!(client.get(path).by(&stranger).send().await.refusal(), (404, "not_found"));
    assert_eq!(client.get(path).send().await.refusal(), (401, "session.missing"));
    let (account, at_leeds) = world::staff(&client.world.house, "leeds", false, client.world.now());
    let role = json!({ "account_id": account, "role": Role::Coordinator, "sees_arm": SeesArm::None, "duties": [],
        "site_ids": [client.world.sites["leeds"]], "from_on": "2026-01-01" });
    let granted = client.post("/studies/linden/staff", role).by(&client.world.lead).key().send().await;
    assert_eq!(granted.status, 201, "{}", granted.body);
    let seen = client.get(path).by(&at_leeds).send().await;
    assert!(!seen.body.to_string().contains(person.id.as_str()), "{}", seen.body);
}

#[actix_web::test]
async fn the_trail_of_the_accounts_is_the_administrator_s_and_holds_no_study() {
    let client = Client::new(World::open());
    client.join("rosalind@example.org", "a walk of seven bridges").await;
    client.sign_in("rosalind@example.org", "not the password").await;
    let person = trial::register(&client.world);
    let looked = client.get(&format!("/participants/{}", person.id)).by(&client.world.lead).send().await;
    assert_eq!(looked.status, 200);
    let seen = client.get("/accounts/audit?limit=200").by(&client.world.administrator).send().await;
    let kinds = types(seen.items());
    for expected in ["account.created", "account.activated", "session.refused"] {
        assert!(kinds.contains(&expected), "{expected} in {kinds:?}");
    }
    assert!(!seen.body.to_string().contains("par_"), "{}", seen.body);
    let lead = client.get("/accounts/audit").by(&client.world.lead).send().await;
    assert_eq!(lead.refusal(), (403, "permission.denied"));
}
