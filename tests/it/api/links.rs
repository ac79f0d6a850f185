//! Links that staff hand over may be used by those who made them: what a link opens shows no more than its maker may know.

use std::collections::BTreeSet;

use equipoise::conduct::allocating;
use equipoise::conduct::auditing;
use equipoise::conduct::context::Credential;
use equipoise::kernel::Error;
use equipoise::kernel::ids::AssessmentId;
use equipoise::storage::assessment;
use equipoise::storage::assessment::Assessment;
use equipoise::storage::audit;
use equipoise::storage::audit::EventFilter;
use equipoise::trial::audit::chain::Linked;
use equipoise::trial::role::Duty;
use equipoise::trial::role::Respondent;
use equipoise::trial::role::Role;
use equipoise::trial::role::SeesArm;
use serde_json::Value;
use serde_json::json;

use crate::api::assessments::one_in_each_arm;
use crate::api::assessments::plain;
use crate::api::client::Answer;
use crate::api::client::Client;
use crate::conduct::trial;
use crate::conduct::trial::Person;
use crate::world;
use crate::world::World;

const DAY: i64 = 86_400;

/// The trial in which each arm has something of its own.
fn apart() -> Client {
    Client::new(World::open_with(&world::apart(), world::texts()))
}

/// A coordinator who follows people up and sees the arm of one person at a time.
fn seeing(world: &World) -> Credential {
    let (id, session) = world::staff(&world.house, "followup", false, world.now());
    world.grant(&world.lead, &id, Role::Coordinator, SeesArm::Own, &[Duty::Contacts]);
    session
}

/// What the participant is asked at an occasion.
fn own(world: &World, person: &Person, occasion: &str) -> AssessmentId {
    let all = world.house.db.read(|tx| assessment::list_of(tx, &person.id));
    let all: Vec<Assessment> = all.unwrap_or_else(|error: Error| panic!("{error}"));
    let mut own = all.into_iter().filter(|one| one.respondent == Respondent::Participant);
    own.find(|one| one.occasion == occasion).unwrap().id
}

async fn link_to(client: &Client, id: &AssessmentId, by: &Credential) -> Answer {
    let made = client.post(&format!("/assessments/{id}/links"), json!({ "channel": "in_person" }));
    made.by(by).key().send().await
}

async fn link_for(client: &Client, person: &Person, by: &Credential) -> Answer {
    client.post(&format!("/participants/{}/links", person.id), json!({})).by(by).key().send().await
}

async fn open(client: &Client, link: &Answer) -> Answer {
    assert_eq!(link.status, 201, "{}", link.body);
    client.post("/participant/sessions", json!({ "link_token": link.text("/link_token") })).send().await
}

async fn renew(client: &Client, session: &Answer) -> Answer {
    let token = json!({ "refresh_token": session.text("/refresh_token") });
    client.post("/sessions/refresh", token).send().await
}

async fn record(client: &Client, session: &Answer) -> Answer {
    client.get("/participant").bearer(&session.text("/access_token")).send().await
}

fn to_do(record: &Answer) -> Vec<&str> {
    let listed = record.body["to_do"].as_array().unwrap_or_else(|| panic!("{}", record.body));
    listed.iter().map(|one| one["id"].as_str().unwrap()).collect()
}

/// A refusal without the id of its request.
fn refused(mut answer: Answer) -> (u16, Value) {
    answer.body.as_object_mut().unwrap().remove("request_id");
    (answer.status, answer.body)
}

fn events(world: &World, action: &str) -> Vec<Linked> {
    let filter = EventFilter { action: Some(action.into()), ..EventFilter::default() };
    let found = world.house.db.read(|tx| audit::list_events(tx, &filter, i64::MAX));
    found.unwrap_or_else(|error: Error| panic!("{error}"))
}

#[actix_web::test]
async fn the_link_to_an_assessment_opens_that_one_alone_and_shows_the_same_in_every_arm() {
    let client = apart();
    let people = one_in_each_arm(&client.world);
    let mut seen = BTreeSet::new();
    for person in people.values() {
        let visit = own(&client.world, person, "visit");
        let link = link_to(&client, &visit, &client.world.coordinator).await;
        let session = open(&client, &link).await;
        let session = renew(&client, &session).await;
        assert_eq!(session.status, 200, "{}", session.body);
        let token = session.text("/access_token");
        let shown = record(&client, &session).await;
        assert_eq!(to_do(&shown), [visit.as_str()], "nothing else, after renewing too");
        let asked = client.get(&format!("/participant/assessments/{visit}")).bearer(&token).send().await;
        assert_eq!(asked.status, 200, "{}", asked.body);
        let path = format!("/participant/assessments/{visit}/responses/call");
        let saved = client.patch(&path, json!({ "answers": { "well": true } })).bearer(&token).send().await;
        assert_eq!(saved.status, 200, "{}", saved.body);
        let rest = json!({ "responses": { "phq9": { "answers": trial::phq9(0) } } });
        let path = format!("/participant/assessments/{visit}/submit");
        let sent = client.post(&path, rest).bearer(&token).key().send().await;
        assert_eq!((sent.status, &sent.body["next_due_on"]), (200, &Value::Null), "{}", sent.body);
        let after = record(&client, &session).await;
        assert_eq!(to_do(&after), [""; 0]);
        let all = [shown, asked, saved, sent, after].map(|answer| plain(&answer.body, person));
        seen.insert(all.concat());
    }
    assert_eq!(seen.len(), 1, "one answer to each question, whatever the arm: {seen:#?}");
}

#[actix_web::test]
async fn within_a_session_for_an_assessment_every_other_one_is_unknown() {
    let client = apart();
    let people = one_in_each_arm(&client.world);
    client.advance(7 * DAY);
    for person in people.values() {
        let week = own(&client.world, person, "w01");
        let session = open(&client, &link_to(&client, &week, &client.world.coordinator).await).await;
        let token = session.text("/access_token");
        let begin = trial::find_assessment(&client.world, person, "begin").unwrap();
        let other = own(&client.world, person, "w02");
        let nobody = "asm_00000000000000000000".to_owned();
        let ask = async |id: &str| {
            let path = format!("/participant/assessments/{id}");
            let read = client.get(&path).bearer(&token).send().await;
            let answers = json!({ "answers": { "1": 1 } });
            let save = client.patch(&format!("{path}/responses/phq9"), answers).bearer(&token).send().await;
            let submit = client.post(&format!("{path}/submit"), json!({})).bearer(&token).key().send().await;
            [read, save, submit].map(refused)
        };
        let unknown = ask(&nobody).await;
        for (status, body) in &unknown {
            assert_eq!((*status, body["code"].as_str()), (404, Some("not_found")));
        }
        assert_eq!(ask(begin.as_str()).await, unknown);
        assert_eq!(ask(other.as_str()).await, unknown);
    }
}

#[actix_web::test]
async fn a_link_to_what_tells_the_arm_is_made_by_those_alone_who_may_know_it() {
    let client = apart();
    let people = one_in_each_arm(&client.world);
    let seeing = seeing(&client.world);
    client.advance(14 * DAY);
    let mut seen = Vec::new();
    for (arm, person) in &people {
        let week = own(&client.world, person, "w02");
        for blind in [&client.world.coordinator, &client.world.lead] {
            let other = link_to(&client, &week, blind).await;
            assert_eq!(other.refusal(), (403, "permission.denied"), "other questions in other arms");
            seen.push(refused(other));
        }
        assert_eq!(open(&client, &link_to(&client, &week, &seeing).await).await.status, 200);
        if arm == "wl" {
            let wait = own(&client.world, person, "wait");
            for blind in [&client.world.coordinator, &client.world.lead] {
                assert_eq!(link_to(&client, &wait, blind).await.refusal(), (404, "not_found"));
            }
            let session = open(&client, &link_to(&client, &wait, &seeing).await).await;
            assert_eq!(to_do(&record(&client, &session).await), [wait.as_str()]);
            // Of this session the trail of those who see no arm says nothing.
            let about = |by: &Credential| {
                let participants = Some(vec![person.id.clone()]);
                let filter = EventFilter { participants, ..EventFilter::default() };
                let ctx = client.world.ctx(by);
                let found = auditing::list(&ctx, &client.world.study, filter, i64::MAX).unwrap();
                found.into_iter().filter(|event| event.object == wait.as_str()).count()
            };
            assert_eq!((about(&client.world.coordinator), about(&seeing)), (0, 3), "issued, started, read");
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
}

#[actix_web::test]
async fn after_the_draw_a_link_for_the_person_is_made_by_those_alone_who_may_know_the_arm() {
    let client = apart();
    let people = one_in_each_arm(&client.world);
    let seeing = seeing(&client.world);
    let mut seen = Vec::new();
    for (arm, person) in &people {
        for blind in [&client.world.coordinator, &client.world.lead] {
            let denied = link_for(&client, person, blind).await;
            assert_eq!(denied.refusal(), (403, "permission.denied"));
            assert!(denied.text("/detail").contains("make one for an assessment"), "{}", denied.body);
            seen.push(refused(denied));
        }
        let session = open(&client, &link_for(&client, person, &seeing).await).await;
        let shown = record(&client, &session).await;
        let wait = trial::find_assessment(&client.world, person, "wait");
        assert_eq!(wait.is_some_and(|wait| to_do(&shown).contains(&wait.as_str())), arm == "wl");
        assert!(to_do(&shown).len() > 10, "all that the person is asked");
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
}

#[actix_web::test]
async fn the_draw_ends_what_a_link_for_the_person_has_opened_unless_its_maker_may_know_the_arm() {
    let client = apart();
    let seeing = seeing(&client.world);
    let person = trial::register(&client.world);
    trial::consent(&client.world, &person);
    trial::screen(&client.world, &person);
    trial::decide(&client.world, &person);
    let blind_link = link_for(&client, &person, &client.world.coordinator).await;
    let blind = open(&client, &blind_link).await;
    let seeing_link = link_for(&client, &person, &seeing).await;
    let sees = open(&client, &seeing_link).await;
    let pre = own(&client.world, &person, "pre");
    let bound = open(&client, &link_to(&client, &pre, &client.world.coordinator).await).await;
    for session in [&blind, &sees, &bound] {
        assert_eq!(to_do(&record(&client, session).await), [pre.as_str()]);
    }
    trial::baseline(&client.world, &person);
    let drawn = client.world.ctx(&client.world.coordinator);
    allocating::allocate(&drawn, &person.id, trial::request(&person)).unwrap();

    assert_eq!(record(&client, &blind).await.refusal(), (401, "session.expired"));
    let read = client.get(&format!("/participant/assessments/{pre}")).bearer(&blind.text("/access_token"));
    assert_eq!(read.send().await.refusal(), (401, "session.expired"));
    assert_eq!(renew(&client, &blind).await.refusal(), (401, "session.expired"));
    assert_eq!(open(&client, &blind_link).await.refusal(), (410, "link.gone"));
    let body = json!({ "link_token": blind_link.text("/link_token"), "code": blind_link.text("/code") });
    let confirmed = client.post("/participant/sessions", body).bearer(&sees.text("/access_token"));
    assert_eq!(confirmed.send().await.refusal(), (401, "session.refused"));

    let again = open(&client, &seeing_link).await;
    for session in [&sees, &again, &renew(&client, &sees).await] {
        assert!(to_do(&record(&client, session).await).len() > 10);
    }
    for session in [&bound, &renew(&client, &bound).await] {
        assert_eq!(to_do(&record(&client, session).await), [""; 0]);
    }
}

#[actix_web::test]
async fn the_trail_says_by_which_link_a_session_was_started() {
    let client = Client::new(World::open());
    let person = trial::register(&client.world);
    trial::consent(&client.world, &person);
    let scr = own(&client.world, &person, "scr");
    let coordinator = client.world.coordinator.clone();
    let link = link_to(&client, &scr, &coordinator).await;
    open(&client, &link).await;
    open(&client, &link_for(&client, &person, &coordinator).await).await;
    let named = |action: &str| -> Vec<Value> {
        let found = events(&client.world, action).into_iter();
        let of_person = found.filter(|event| event.participant.as_ref() == Some(&person.id));
        of_person.map(|event| event.kept["link"].new.clone().unwrap()).collect()
    };
    let (issued, started) = (named("link.issued"), named("session.started"));
    // The first is that of the registration.
    assert_eq!((issued.len(), started.len()), (3, 3));
    assert_eq!(issued.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(), 3);
    assert_eq!(
        issued.iter().map(Value::to_string).collect::<BTreeSet<_>>(),
        started.iter().map(Value::to_string).collect::<BTreeSet<_>>()
    );
    let token = link.text("/link_token");
    assert!(issued.iter().all(|link| !token.contains(link.as_str().unwrap())));
}
