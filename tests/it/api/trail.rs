//! The audit trail over REST: paged, narrowed, and only to those who may read it.

use equipoise::conduct::answering;
use equipoise::conduct::context::Credential;
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
    for wrong in [
        "participant=x",
        "role=dog",
        "from=yesterday",
        "to=1",
        "item=9.9.9",
        "changed_after=1",
        "format=pdf",
        "format=csv&limit=5",
        "limit=0",
    ] {
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

/// Somebody whose own answer to item 9 was changed, and whose item 1 was entered by staff over an own one.
async fn with_changes(client: &Client) -> trial::Person {
    let person = trial::register(&client.world);
    trial::consent(&client.world, &person);
    let scr = trial::assessment_of(&client.world, &person, "scr");
    let save = |item: &str, value: i64| {
        let answers = std::collections::BTreeMap::from([(item.to_owned(), json!(value))]);
        answering::save_own(&client.world.ctx(&person.session), &scr, "phq9", answers).unwrap();
    };
    save("9", 1);
    save("9", 0);
    save("1", 2);
    let path = format!("/assessments/{scr}/responses/phq9");
    let body = json!({ "answers": { "2": 3 }, "origin": "on_behalf" });
    let entered = client.patch(&path, body).by(&client.world.coordinator).with("If-Match", "*").send().await;
    assert_eq!(entered.status, 200, "{}", entered.body);
    person
}

#[actix_web::test]
async fn a_trail_is_narrowed_to_an_item_to_changes_and_to_what_another_has_given() {
    let client = Client::new(World::open());
    with_changes(&client).await;
    let lead = client.world.lead.clone();
    let found = async |filter: &str| {
        let answer = client.get(&format!("/studies/linden/audit?{filter}")).by(&lead).send().await;
        let actors = answer.items().iter().map(|row| row["actor"].as_str().unwrap()[..4].to_owned());
        // What has one instant is in an order of chance.
        let mut actors: Vec<String> = actors.collect();
        actors.sort();
        actors
    };
    assert_eq!(found("item=phq9").await, ["acc_", "par_", "par_", "par_"]);
    assert_eq!(found("item=phq9.9").await, ["par_", "par_"]);
    for (unknown, named) in [("item=phq9.77", "item"), ("item=phq99", "item")] {
        let refused = client.get(&format!("/studies/linden/audit?{unknown}")).by(&lead).send().await;
        assert_eq!(refused.refusal(), (400, "query.unknown_parameter"), "{unknown}");
        assert!(refused.text("/detail").contains(named), "{}", refused.body);
    }
    assert_eq!(found("item=phq9&changed_after=2026-01-01T00:00:00Z").await, ["par_"]);
    assert!(found("item=phq9&changed_after=2027-01-01T00:00:00Z").await.is_empty());
    assert_eq!(found("not_originator=true").await, ["acc_"]);
}

#[actix_web::test]
async fn a_whole_trail_is_a_file_of_rows_or_of_lines() {
    let client = Client::new(World::open());
    with_changes(&client).await;
    let lead = client.world.lead.clone();
    let until = "to=2026-11-30T00:00:00Z";
    let ids = client.pages(&format!("/studies/linden/audit?{until}&limit=9"), &lead, "id").await;
    let lines = client.get(&format!("/studies/linden/audit?format=ndjson&{until}")).by(&lead).send().await;
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let text = String::from_utf8(lines.bytes).unwrap();
    let of_lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(of_lines.len() >= ids.len(), "{} {}", of_lines.len(), ids.len());
    assert!(ids.iter().all(|id| of_lines.iter().any(|event| event["id"] == id.as_str())));
    let rows = client.get(&format!("/studies/linden/audit?format=csv&{until}")).by(&lead).send().await;
    assert!(rows.header("content-disposition").starts_with("attachment; filename=\"linden_audit_"));
    let mut table = csv::Reader::from_reader(rows.bytes.as_slice());
    let seen: std::collections::BTreeSet<String> =
        table.records().map(|row| row.unwrap()[0].to_owned()).collect();
    assert!(ids.iter().all(|id| seen.contains(id)));
    let refused = client.get("/studies/linden/audit?format=csv").by(&client.world.unblinded).send().await;
    assert_eq!(refused.refusal(), (403, "permission.denied"));
}

#[actix_web::test]
async fn what_some_arms_are_asked_at_a_common_occasion_is_in_no_trail_of_the_blind() {
    // In the second week the GAD-7 is asked in two of three arms; a rule reads it.
    let tense = "rules = [\n  { id = \"tense\", rule = \"this.gad7[1] >= 1\", level = \"review\", unanswered = \"none\", tell = [\"lead\"], within = \"8h\" },";
    let protocol = world::apart();
    assert_eq!(protocol.matches("rules = [").count(), 1);
    let client = Client::new(World::open_with(&protocol.replace("rules = [", tense), world::texts()));
    let (id, idle) = world::staff(&client.world.house, "second.lead", false, client.world.now());
    client.world.grant(&client.world.administrator, &id, Role::Lead, SeesArm::None, &[]);
    let people: Vec<trial::Person> =
        (0..9).map(|n| trial::drawn(&client.world, &format!("p{n}@example.org"))).collect();
    client.advance(15 * 86_400);
    client.world.advance(15 * 86_400);
    let since = client.world.now();
    let save = |person: &trial::Person, instrument: &str| {
        let session = trial::session(&client.world, person);
        let week = trial::assessment_of(&client.world, person, "w02");
        let one = std::collections::BTreeMap::from([("1".to_owned(), json!(1))]);
        answering::save_own(&client.world.ctx(&session), &week, instrument, one).is_ok()
    };
    let answered = people.iter().filter(|person| save(person, "gad7")).count();
    assert!((1..9).contains(&answered), "{answered} of nine are asked");
    let lead = client.world.lead.clone();
    let of = async |instrument: &str| {
        let path = format!("/studies/linden/audit?item={instrument}&from={since}&limit=200");
        client.get(&path).by(&lead).send().await.items().len()
    };
    assert_eq!(of("gad7").await, 0);
    let alerts = async |by: &Credential| {
        let listed = client.get("/studies/linden/alerts?limit=200").by(by).send().await;
        listed.items().iter().filter(|alert| alert["rule"] == "tense" && alert["occasion"] == "w02").count()
    };
    assert_eq!((alerts(&idle).await, alerts(&lead).await), (0, answered), "a life comes before the blind");
    let ready = client.get("/studies/linden/readiness").by(&idle).send().await;
    let has_draft =
        |body: &Value| body["locking"].as_array().unwrap().iter().any(|one| one["step"] == "draft");
    assert!(!has_draft(&ready.body), "{}", ready.body);
    let touched = client.get(&format!("/studies/linden/participants?updated_since={since}")).by(&lead);
    assert!(touched.send().await.items().is_empty());
    assert!(people.iter().all(|person| save(person, "phq9")), "what all are asked");
    assert_eq!(of("phq9").await, 9);
    let ready = client.get("/studies/linden/readiness").by(&idle).send().await;
    assert!(has_draft(&ready.body), "what all are asked: {}", ready.body);
}

#[actix_web::test]
async fn a_fixed_word_of_an_address_is_no_id_and_a_blank_is_no_reason() {
    let client = Client::new(World::open());
    let (administrator, lead) = (client.world.administrator.clone(), client.world.lead.clone());
    let wrong = client.patch("/accounts/audit", json!({})).by(&administrator).with("If-Match", "*");
    assert_eq!(wrong.send().await.refusal(), (405, "method.not_allowed"));
    let blank = json!({ "reason": { "code": "", "text": " " } });
    let refused = client.post("/studies/linden/close", blank).by(&lead).key().send().await;
    assert_eq!((refused.status, refused.text("/errors/0/pointer").as_str()), (422, "/reason/code"));
}
