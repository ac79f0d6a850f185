//! Studies, their sites and staff, and what is there to look up.

use serde_json::Value;
use serde_json::json;

use crate::api::client::Client;
use crate::world;
use crate::world::World;

fn protocol(alias: &str) -> String {
    world::fixture("base.toml").replacen("alias = \"", &format!("alias = \"{alias}"), 1)
}

#[actix_web::test]
async fn a_list_of_studies_holds_what_the_caller_may_read() {
    let client = Client::new(World::draft());
    let admin = client.world.administrator.clone();
    let made = client.protocol("/studies?mode=test", &protocol("x")).by(&admin).key().send().await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(client.get("/studies").by(&admin).send().await.items().len(), 2);
    let lead = client.get("/studies").by(&client.world.lead).send().await;
    assert_eq!(lead.items().len(), 1);
    assert_eq!(lead.text("/items/0/id"), client.world.study);
    let foreign = client.get(&format!("/studies/{}", made.text("/id"))).by(&client.world.lead);
    assert_eq!(foreign.send().await.refusal(), (404, "not_found"));
}

#[actix_web::test]
async fn a_study_is_refused_live_under_a_taken_alias_and_with_a_broken_protocol() {
    let client = Client::new(World::draft());
    let admin = client.world.administrator.clone();
    let make = |mode: &str, protocol: String| {
        client.protocol(&format!("/studies?mode={mode}"), &protocol).by(&admin).key().send()
    };
    let live = make("live", protocol("x")).await;
    assert_eq!(live.refusal(), (409, "study.not_ready"));
    let steps: Vec<&str> =
        live.body["unmet"].as_array().unwrap().iter().filter_map(|unmet| unmet["step"].as_str()).collect();
    assert_eq!(steps, ["second_factor", "reauthentication", "two_person_acts"]);
    let taken = make("test", world::fixture("base.toml")).await;
    assert_eq!(taken.refusal(), (409, "study.alias_taken"));
    let broken = make("test", world::fixture("base.toml").replacen("format = 1", "format = 99", 1)).await;
    assert_eq!(broken.refusal(), (422, "protocol.invalid"));
    assert_eq!(broken.text("/errors/0/code"), "P008");
    assert!(broken.body["errors"][0]["line"].is_u64() && broken.body["errors"][0]["column"].is_u64());
    let by_lead = client.protocol("/studies?mode=test", &protocol("y")).by(&client.world.lead).key();
    assert_eq!(by_lead.send().await.refusal(), (403, "permission.denied"));
    assert_eq!(make("rehearsal", protocol("y")).await.refusal(), (400, "query.unknown_parameter"));
    let unsaid = client.protocol("/studies", &protocol("y")).by(&admin).key().send().await;
    assert_eq!(unsaid.refusal(), (400, "query.unknown_parameter"));
}

#[actix_web::test]
async fn readiness_tells_what_is_missing_until_nothing_is() {
    let draft = Client::new(World::draft());
    let path = |client: &Client| format!("/studies/{}/readiness", client.world.study);
    let found = draft.get(&path(&draft)).by(&draft.world.lead).send().await;
    assert_eq!(found.body["opening"], json!([{ "step": "design", "code": "design.not_committed" }]));
    let refused = draft.get(&path(&draft)).by(&draft.world.coordinator).send().await;
    assert_eq!(refused.refusal(), (403, "permission.denied"));
    let open = Client::new(World::open());
    let found = open.get(&path(&open)).by(&open.world.administrator).send().await;
    assert_eq!(found.body, json!({ "opening": [], "locking": [] }));
}

#[actix_web::test]
async fn a_lead_adds_renames_and_closes_sites() {
    let client = Client::new(World::draft());
    let lead = client.world.lead.clone();
    let path = format!("/studies/{}/sites", client.world.study);
    let add = |code: &str, zone: &str| {
        let body = json!({ "code": code, "name": "New clinic", "time_zone": zone });
        client.post(&path, body).by(&lead).key().send()
    };
    let made = add("newclinic", "Europe/Oslo").await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(add("newclinic", "Europe/Oslo").await.text("/errors/0/pointer"), "/code");
    assert_eq!(add("New Clinic", "Europe/Oslo").await.text("/errors/0/code"), "field.format");
    assert_eq!(add("third", "Europe/Nowhere").await.text("/errors/0/pointer"), "/time_zone");
    let site = format!("/sites/{}", made.text("/id"));
    let tag = client.get(&site).by(&client.world.coordinator).send().await.header("etag");
    let body = json!({ "name": "Renamed", "state": "closed" });
    let close = |tag: &str| client.patch(&site, body.clone()).by(&lead).with("If-Match", tag).send();
    let closed = close(&tag).await;
    assert_eq!((closed.text("/name"), closed.text("/state")), ("Renamed".into(), "closed".into()));
    assert_eq!(close(&tag).await.refusal(), (412, "precondition.failed"));
    let blank = client.patch(&site, body).by(&lead).send().await;
    assert_eq!(blank.refusal(), (428, "precondition.missing"));
    let refused = client.patch(&site, json!({})).by(&client.world.coordinator).with("If-Match", "*");
    assert_eq!(refused.send().await.refusal(), (403, "permission.denied"));
    let unknown = client.get("/sites/sit_unknown").by(&lead).send().await;
    assert_eq!(unknown.refusal(), (404, "not_found"));
}

#[actix_web::test]
async fn a_role_that_has_ended_opens_nothing_any_more() {
    let client = Client::new(World::draft());
    let (lead, coordinator) = (client.world.lead.clone(), client.world.coordinator.clone());
    let study = format!("/studies/{}", client.world.study);
    let roles = client.get(&format!("{study}/staff")).by(&lead).send().await;
    let role = roles.items().iter().find(|role| role["role"] == "coordinator").unwrap();
    let path = format!("/assignments/{}/end", role["id"].as_str().unwrap());
    let body = json!({ "reason": { "code": "other", "text": "moved away" } });
    assert_eq!(client.get(&study).by(&coordinator).send().await.status, 200);
    let own = client.post(&path, body.clone()).by(&coordinator).send().await;
    assert_eq!(own.refusal(), (403, "permission.denied"));
    client.advance(60);
    let ended = client.post(&path, body.clone()).by(&lead).send().await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    assert_eq!(client.get(&study).by(&coordinator).send().await.refusal(), (404, "not_found"));
    assert_eq!(client.post(&path, body).by(&lead).send().await.refusal(), (409, "proposal.settled"));
    let held = async |at: &str| {
        let roles = client.get(&format!("{study}/staff?at={at}")).by(&lead).send().await;
        roles.items().iter().filter(|role| role["role"] == "coordinator").count()
    };
    let (granted, over) = (role["granted_at"].as_str().unwrap(), ended.text("/ended_at"));
    assert_eq!((held("2026-01-01T00:00:00Z").await, held(granted).await), (0, 1));
    assert_eq!(held(&over).await, 0, "it ends at the instant of its end");
}

#[actix_web::test]
async fn roles_that_do_not_go_together_are_refused() {
    let client = Client::new(World::draft());
    let roles = client.get(&format!("/studies/{}/staff", client.world.study)).by(&client.world.lead);
    let roles = roles.send().await;
    let of = |role: &str| {
        let found = roles.items().iter().find(|entry| entry["role"] == role).unwrap();
        found["account_id"].as_str().unwrap().to_owned()
    };
    let grant = |account: String, role: &str| {
        let body = json!({
            "account_id": account, "role": role, "sees_arm": "none", "duties": [], "from_on": "2026-06-01",
        });
        let path = format!("/studies/{}/staff", client.world.study);
        client.post(&path, body).by(&client.world.lead).key().send()
    };
    assert_eq!(grant(of("coordinator"), "assessor").await.refusal(), (409, "role.incompatible"));
    assert_eq!(grant(of("lead"), "monitor").await.refusal(), (403, "permission.own_act"));
    assert_eq!(grant(of("coordinator"), "lead").await.refusal(), (403, "permission.denied"));
    let unknown = grant(of("coordinator"), "king").await;
    assert_eq!(unknown.text("/errors/0/pointer"), "/role");
    assert!(unknown.text("/errors/0/detail").starts_with("is one of lead, coordinator"), "{}", unknown.body);
}

#[actix_web::test]
async fn a_protocol_is_checked_without_being_stored() {
    let client = Client::new(World::draft());
    let check = |protocol: String| {
        client.protocol("/protocol-checks", &protocol).by(&client.world.coordinator).send()
    };
    let sound = check(protocol("x")).await;
    assert_eq!(sound.body["errors"], json!([]));
    let schedule = sound.body["schedule"].as_array().unwrap();
    assert_eq!(schedule.len(), 14);
    assert_eq!((&schedule[0]["step"], &schedule[0]["window"]), (&json!("online"), &Value::Null));
    let third = schedule.iter().find(|planned| planned["occasion"] == "w03").unwrap();
    let window = json!({ "opens": "20d", "due": "21d", "closes": "26d", "late": "26d" });
    assert_eq!((&third["anchor"], &third["window"]), (&json!("randomization"), &window));
    let asked = json!([{ "instrument": "phq9", "respondent": "participant" }]);
    assert_eq!(third["measures"], asked);
    let broken = check("format = ".to_owned()).await;
    assert_eq!(broken.body["schedule"], Value::Null);
    assert_eq!(
        (broken.text("/errors/0/code"), &broken.body["errors"][0]["line"]),
        ("P001".into(), &json!(1))
    );
    let studies = client.get("/studies").by(&client.world.administrator).send().await;
    assert_eq!(studies.items().len(), 1);
}

#[actix_web::test]
async fn everybody_may_look_up_the_instruments() {
    let client = Client::new(World::draft());
    let all = client.get("/instruments").send().await;
    assert!(all.items().iter().any(|instrument| instrument["id"] == "phq9"));
    let one = client.get("/instruments/phq9").send().await;
    // The tenth, on how hard it all makes life, is not part of the total (Kroenke, Spitzer & Williams 2001).
    let scored = |item: &&Value| item["scored"] == true;
    assert_eq!(one.body["items"].as_array().unwrap().iter().filter(scored).count(), 9);
    assert_eq!(one.header("cache-control"), "public, max-age=300");
    let kept = client.get("/instruments/phq9").with("If-None-Match", &one.header("etag")).send().await;
    assert_eq!((kept.status, kept.body), (304, Value::Null));
    assert_eq!(client.get("/instruments/phq99").send().await.refusal(), (404, "not_found"));
}

#[actix_web::test]
async fn studies_staff_and_alerts_come_in_pages_that_hold_each_row_once() {
    let client = Client::new(World::draft());
    let admin = client.world.administrator.clone();
    for alias in ["a", "b", "z"] {
        let made = client.protocol("/studies?mode=test", &protocol(alias)).by(&admin).key().send().await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let aliases = client.pages("/studies?limit=2", &admin, "alias").await;
    assert_eq!(aliases, ["alinden", "blinden", "linden", "zlinden"]);
    let staff = format!("/studies/{}/staff?limit=2", client.world.study);
    let mut roles = client.pages(&staff, &admin, "role").await;
    roles.sort();
    assert_eq!(roles, ["coordinator", "lead", "statistician"]);
    let first = client.get("/studies?limit=2").by(&admin).send().await;
    assert!(first.header("link").contains("rel=\"next\""));
    let foreign = format!("/studies/{}/alerts?cursor={}", client.world.study, first.text("/next_cursor"));
    let foreign = client.get(&foreign).by(&client.world.lead).send().await;
    assert_eq!(foreign.refusal(), (400, "cursor.invalid"));
    for query in ["limit=0", "sort=alias", "limit=1&limit=2"] {
        let refused = client.get(&format!("/studies?{query}")).by(&admin).send().await;
        assert_eq!(refused.refusal(), (400, "query.unknown_parameter"), "{query}");
    }
    let alerts = format!("/studies/{}/alerts?state=asleep", client.world.study);
    let refused = client.get(&alerts).by(&client.world.lead).send().await;
    assert_eq!(refused.refusal(), (400, "query.unknown_parameter"));
}
