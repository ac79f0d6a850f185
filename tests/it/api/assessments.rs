//! Assessments as staff see them: lists, single ones, timelines, links. What tells an arm is there for those who see arms.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use equipoise::conduct::context::Credential;
use equipoise::trial::role::Role;
use equipoise::trial::role::SeesArm;
use serde_json::Value;
use serde_json::json;

use crate::api::client::Client;
use crate::conduct::trial;
use crate::conduct::trial::Person;
use crate::world;
use crate::world::World;

/// Somebody of the staff with this role.
fn staff(world: &World, login: &str, role: Role, sees_arm: SeesArm) -> Credential {
    let (id, session) = world::staff(&world.house, login, false, world.now());
    world.grant(&world.lead, &id, role, sees_arm, &[]);
    session
}

/// Three people, one in each arm (the smallest block has three places).
pub fn one_in_each_arm(world: &World) -> BTreeMap<String, Person> {
    let mut found = BTreeMap::new();
    for number in 0..30 {
        let person = trial::drawn(world, &format!("synthetic{number}@example.org"));
        found.entry(trial::arm_of(world, &person)).or_insert(person);
        if found.len() == 3 {
            return found;
        }
    }
    panic!("thirty draws leave an arm without anybody: {:?}", found.keys());
}

fn occasions(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().filter_map(|row| row["occasion"].as_str()).map(str::to_owned).collect()
}

/// The same text with ids and codes taken out: what is left may not differ between arms.
pub fn plain(value: &Value, person: &Person) -> String {
    let text = value.to_string().replace(&person.code, "CODE").replace(person.id.as_str(), "ID");
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("asm_") {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 24..];
    }
    plain + rest
}

#[actix_web::test]
async fn what_tells_an_arm_is_not_there_for_whoever_sees_no_arm() {
    let client = Client::new(World::open_with(&world::apart(), world::texts()));
    let people = one_in_each_arm(&client.world);
    let seeing = staff(&client.world, "seeing", Role::Coordinator, SeesArm::Own);
    let blind = [
        client.world.coordinator.clone(),
        client.world.lead.clone(),
        staff(&client.world, "monitor", Role::Monitor, SeesArm::None),
    ];
    for by in &blind {
        let mut seen = BTreeSet::new();
        for person in people.values() {
            let timeline = client.get(&format!("/participants/{}/timeline", person.id)).by(by).send().await;
            assert_eq!(timeline.status, 200, "{}", timeline.body);
            seen.insert(plain(&timeline.body, person));
            let path = format!("/studies/{}/assessments?participant={}", client.world.study, person.id);
            let list = client.get(&path).by(by).send().await;
            for hidden in ["wait", "begin"] {
                assert!(!occasions(list.items()).contains(hidden), "{hidden}");
                let id = trial::find_assessment(&client.world, person, hidden);
                for id in id.iter().map(ToString::to_string).chain(["asm_00000000000000000000".to_owned()]) {
                    let answer = client.get(&format!("/assessments/{id}")).by(by).send().await;
                    assert_eq!(answer.refusal(), (404, "not_found"), "{hidden}");
                }
            }
            // Within a place the order is that of random ids.
            let mut rows: Vec<String> = list.items().iter().map(|row| plain(row, person)).collect();
            rows.sort();
            seen.insert(rows.concat());
            let week = trial::assessment_of(&client.world, person, "w02");
            let week = client.get(&format!("/assessments/{week}")).by(by).send().await;
            assert_eq!(week.body["responses"].as_array().unwrap().len(), 1, "{}", week.body);
            seen.insert(plain(&week.body, person));
        }
        assert_eq!(seen.len(), 3, "one timeline, one list, one assessment, whatever the arm: {seen:#?}");
    }
    for (arm, person) in &people {
        let path = format!("/studies/{}/assessments?participant={}", client.world.study, person.id);
        let seen = occasions(client.get(&path).by(&seeing).send().await.items());
        assert_eq!((seen.contains("wait"), seen.contains("begin")), (arm == "wl", true), "{arm}");
        let week = trial::assessment_of(&client.world, person, "w02");
        let week = client.get(&format!("/assessments/{week}")).by(&seeing).send().await;
        assert_eq!(
            week.body["responses"].as_array().unwrap().len(),
            if arm == "wl" { 1 } else { 2 },
            "{arm}"
        );
    }
}

#[actix_web::test]
async fn a_list_of_assessments_is_narrowed_and_paged_and_keeps_the_instant_of_its_first_page() {
    let client = Client::new(World::open());
    let people = [trial::drawn(&client.world, "a@example.org"), trial::drawn(&client.world, "b@example.org")];
    let by = client.world.coordinator.clone();
    let path = |filter: &str| format!("/studies/{}/assessments?{filter}", client.world.study);
    let all = client.pages(&path("limit=5"), &by, "id").await;
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (28, 28));
    let own = client.get(&path(&format!("participant={}", people[0].id))).by(&by).send().await;
    assert_eq!(own.items().len(), 14);
    let first = &own.items()[0];
    assert_eq!((first["occasion"].as_str(), first["state"].as_str()), (Some("scr"), Some("submitted")));
    assert_eq!(
        (first["code"].as_str(), first["language"].as_str()),
        (Some(people[0].code.as_str()), Some("en"))
    );
    let count = |filter: String| {
        let call = client.get(&filter).by(&by);
        async move { call.send().await.items().len() }
    };
    assert_eq!(count(path("state=submitted")).await, 4);
    assert_eq!(count(path("state=planned&occasion=w01")).await, 2);
    assert_eq!(count(path("respondent=assessor")).await, 0);
    assert_eq!(count(path("overdue=true")).await, 0);
    assert_eq!(count(path("participant=par_00000000000000000000")).await, 0);
    // Into the second week: w01 is open and its planned day is over.
    client.advance(9 * 86_400);
    assert_eq!(count(path("overdue=true")).await, 2);
    assert_eq!(count(path("overdue=true&state=planned")).await, 0);
    // On the last evening of the first week; four hours later it is over.
    client.advance(3 * 86_400 + 12 * 3600);
    let page = client.get(&path("state=open&limit=1")).by(&by).send().await;
    assert_eq!(page.items().len(), 1);
    client.advance(4 * 3600);
    assert_eq!(count(path("state=open")).await, 0);
    let next = path(&format!("state=open&limit=1&cursor={}", page.text("/next_cursor")));
    let second = client.get(&next).by(&by).send().await;
    assert_eq!(second.text("/items/0/state"), "open", "as when the first page was read");
    assert_ne!(second.text("/items/0/code"), page.text("/items/0/code"));
    let other = client.get(&next).by(&client.world.lead).send().await;
    assert_eq!(other.refusal(), (400, "cursor.invalid"));
    for unknown in ["state=asleep", "respondent=dog", "participant=x", "overdue=1", "arm=wl", "sort=id"] {
        let refused = client.get(&path(unknown)).by(&client.world.coordinator).send().await;
        assert_eq!(refused.refusal(), (400, "query.unknown_parameter"), "{unknown}");
    }
    let statistician = client.get(&path("")).by(&client.world.unblinded).send().await;
    assert_eq!(statistician.refusal(), (403, "permission.denied"));
}

#[actix_web::test]
async fn an_assessment_tells_how_far_it_is_and_the_look_is_written_down() {
    let client = Client::new(World::open());
    let person = trial::drawn(&client.world, "a@example.org");
    let pre = trial::assessment_of(&client.world, &person, "pre");
    let path = format!("/assessments/{pre}");
    let read = client.get(&path).by(&client.world.coordinator).send().await;
    assert_eq!((read.status, read.text("/state").as_str()), (200, "submitted"), "{}", read.body);
    let sent = json!([
        { "instrument": "phq9", "state": "submitted", "version": 1, "required": true },
        { "instrument": "gad7", "state": "submitted", "version": 1, "required": true },
    ]);
    assert_eq!(read.body["responses"], sent);
    assert!(!read.body.to_string().contains("score"));
    let again = client.get(&path).by(&client.world.coordinator).with("If-None-Match", &read.header("etag"));
    assert_eq!(again.send().await.status, 304);
    let therapist = staff(&client.world, "therapist", Role::Therapist, SeesArm::Own);
    assert_eq!(client.get(&path).by(&therapist).send().await.refusal(), (404, "not_found"));
    let administrator = client.get(&path).by(&client.world.administrator).send().await;
    assert_eq!(administrator.refusal(), (404, "not_found"));
    let by_participant = client.get(&path).by(&person.session).send().await;
    assert_eq!(by_participant.refusal(), (404, "not_found"));
    let looks = client.world.count_events("response.read");
    assert_eq!(looks, 2);
    let timeline = format!("/participants/{}/timeline", person.id);
    let timeline = client.get(&timeline).by(&client.world.coordinator).send().await;
    let kinds: Vec<&str> = timeline.items().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[0], "registration");
    for (kind, count) in [("step", 5), ("consent", 1), ("allocation", 1), ("assessment", 14)] {
        assert_eq!(kinds.iter().filter(|one| **one == kind).count(), count, "{kind}");
    }
    assert_eq!(client.world.count_events("participant.read"), 1);
}

#[actix_web::test]
async fn a_link_is_made_for_what_can_be_answered_now_and_shown_once() {
    let client = Client::new(World::open());
    let person = trial::register(&client.world);
    trial::consent(&client.world, &person);
    let scr = trial::assessment_of(&client.world, &person, "scr");
    let make = |id: String, by: &Credential| {
        client.post(&format!("/assessments/{id}/links"), json!({ "channel": "in_person" })).by(by)
    };
    let coordinator = client.world.coordinator.clone();
    let made = make(scr.to_string(), &coordinator).with("Idempotency-Key", "link-key-00000001").send().await;
    assert_eq!(made.status, 201, "{}", made.body);
    let again = make(scr.to_string(), &coordinator).with("Idempotency-Key", "link-key-00000001").send().await;
    assert_eq!(again.refusal(), (409, "idempotency.secret_gone"));
    let session = json!({ "link_token": made.text("/link_token") });
    let session = client.post("/participant/sessions", session).send().await;
    let own = client.get(&format!("/participant/assessments/{scr}")).bearer(&session.text("/access_token"));
    assert_eq!(own.send().await.status, 200);
    let pre = trial::assessment_of(&client.world, &person, "pre");
    let early = make(pre.to_string(), &coordinator).key().send().await;
    assert_eq!(early.refusal(), (409, "assessment.not_open"));
    trial::screen(&client.world, &person);
    let late = make(scr.to_string(), &coordinator).key().send().await;
    assert_eq!(late.refusal(), (409, "response.already_submitted"));
    let mail = client.post(&format!("/assessments/{scr}/links"), json!({ "channel": "mail" }));
    let mail = mail.by(&coordinator).key().send().await;
    assert_eq!(
        (mail.refusal(), mail.text("/errors/0/pointer").as_str()),
        ((422, "body.invalid"), "/channel")
    );
    let without_duty = staff(&client.world, "second", Role::Coordinator, SeesArm::None);
    let refused = make(scr.to_string(), &without_duty).key().send().await;
    assert_eq!(refused.refusal(), (403, "permission.duty_missing"));
}

#[actix_web::test]
async fn a_list_of_participants_is_narrowed_by_state_step_site_and_time() {
    let client = Client::new(World::open());
    let first = trial::register_as(&client.world, "a@example.org");
    client.advance(86_400);
    client.world.advance(86_400);
    let second = trial::register_as(&client.world, "b@example.org");
    trial::consent(&client.world, &second);
    let lead = client.world.lead.clone();
    let found = async |filter: &str| {
        let answer = client.get(&format!("/studies/linden/participants?{filter}")).by(&lead).send().await;
        let ids = answer.items().iter().map(|row| row["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let (first, second) = (first.id.to_string(), second.id.to_string());
    let steps = client.get(&format!("/participants/{second}")).by(&lead).send().await.text("/step");
    assert_eq!(found(&format!("step={steps}")).await, std::slice::from_ref(&second));
    assert_eq!(found("state=registered").await, std::slice::from_ref(&first));
    assert!(found(&format!("site={}", client.world.sites["leeds"])).await.is_empty());
    assert_eq!(found(&format!("site={}", client.world.sites["umea"])).await.len(), 2);
    let since = client.world.now();
    assert_eq!(found(&format!("updated_since={since}")).await, [second]);
    assert!(found(&format!("updated_since={since}&state=registered")).await.is_empty());
    for (wrong, told) in [
        ("state=happy", "state is one of registered, enrolling, ready"),
        ("site=umea", "sit_"),
        ("updated_since=today", "RFC 3339"),
        ("flag=late", "Known here"),
        ("step=nowhere", "no such step"),
    ] {
        let refused = client.get(&format!("/studies/linden/participants?{wrong}")).by(&lead).send().await;
        assert_eq!(refused.refusal(), (400, "query.unknown_parameter"), "{wrong}");
        assert!(refused.text("/detail").contains(told), "{wrong}: {}", refused.body);
    }
}
