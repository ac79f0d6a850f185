//! Bad input and races: each refused with its code and place, and nothing of it stored.

use actix_web::http::Method;
use futures_util::future::join_all;
use serde_json::Value;
use serde_json::json;

use crate::api::client::Answer;
use crate::api::client::Client;
use crate::conduct::trial;
use crate::conduct::trial::Person;
use crate::world;
use crate::world::World;
use equipoise::conduct::context::Ctx;
use equipoise::conduct::linking;

fn newcomer(client: &Client) -> Value {
    json!({ "site_id": client.world.sites["umea"], "language": "en", "source": "web" })
}

#[actix_web::test]
async fn a_body_that_is_no_json_too_deep_too_large_or_of_another_shape_is_refused_at_its_place() {
    let client = Client::new(World::open());
    let path = "/studies/linden/participants";
    let by = client.world.coordinator.clone();
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    let large = format!("{{\"source\":\"{}\"}}", "x".repeat(256 * 1024));
    for (text, status, code) in [
        ("{\"site_id\":", 400, "request.malformed"),
        ("{\"source\":\"a\\u0000b\"}", 400, "request.malformed"),
        (deep.as_str(), 400, "request.malformed"),
        (large.as_str(), 413, "body.too_large"),
    ] {
        let refused = client.post_as(path, "application/json", text).by(&by).key().send().await;
        assert_eq!(refused.refusal(), (status, code), "{}", &text[..20]);
    }
    let plain = client.post_as(path, "text/plain", "{}").by(&by).key().send().await;
    assert_eq!(plain.refusal(), (415, "content_type.unsupported"));
    for (name, value, code) in [
        ("arm", json!("wl"), "field.unknown"),
        ("language", json!(7), "field.type"),
        ("site_id", json!("nowhere"), "field.format"),
        ("time_zone", json!("Mars/Olympus"), "field.format"),
    ] {
        let mut body = newcomer(&client);
        body[name] = value;
        let refused = client.post(path, body).by(&by).key().send().await;
        let told = (refused.refusal(), refused.text("/errors/0/pointer"), refused.text("/errors/0/code"));
        assert_eq!(told, ((422, "body.invalid"), format!("/{name}"), code.to_owned()), "{}", refused.body);
    }
    let mut short = newcomer(&client);
    short.as_object_mut().unwrap().remove("source");
    let refused = client.post(path, short).by(&by).key().send().await;
    assert_eq!(
        (refused.text("/errors/0/pointer").as_str(), refused.text("/errors/0/code").as_str()),
        ("/source", "field.required")
    );
    assert_eq!(client.get("/no/such/place").send().await.refusal(), (404, "not_found"));
    assert_eq!(client.call(Method::DELETE, "/version-of-nothing").send().await.refusal(), (404, "not_found"));
    assert_eq!(client.world.count_events("participant.registered"), 0);
}

/// What an answer says, but for the id of its request.
fn bare(answer: &Answer, path: &str) -> (u16, String, Vec<String>) {
    let mut body = answer.body.clone();
    body.as_object_mut().unwrap().remove("request_id");
    let mut headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
    headers.sort();
    (answer.status, body.to_string().replace(path, "PATH"), headers)
}

#[actix_web::test]
async fn what_is_not_for_the_caller_is_answered_as_what_does_not_exist() {
    let client = Client::new(World::open());
    let person = trial::drawn(&client.world, "a@example.org");
    let pre = trial::assessment_of(&client.world, &person, "pre");
    let site = &client.world.sites["umea"];
    let (_, stranger) = world::staff(&client.world.house, "stranger", false, client.world.now());
    let reason = json!({ "reason": { "code": "other", "text": "a test" } });
    let entry = json!({ "answers": {}, "origin": "paper" });
    let none = "00000000000000000000";
    let calls: Vec<(Method, String, String, Option<Value>)> = [
        (Method::GET, "/participants/{par}", None),
        (Method::GET, "/participants/{par}/timeline", None),
        (Method::GET, "/participants/{par}/checklist", None),
        (Method::GET, "/participants/{par}/allocation", None),
        (Method::POST, "/participants/{par}/links", Some(json!({}))),
        (Method::POST, "/participants/{par}/exclude", Some(reason.clone())),
        (Method::PUT, "/participants/{par}/anchors/end", Some(json!({ "on": "2026-07-01" }))),
        (Method::GET, "/assessments/{asm}", None),
        (Method::GET, "/assessments/{asm}/responses/phq9", None),
        (Method::POST, "/assessments/{asm}/responses/phq9/submit", Some(entry)),
        (Method::POST, "/assessments/{asm}/links", Some(json!({ "channel": "in_person" }))),
        (Method::GET, "/sites/{sit}", None),
        (Method::GET, "/studies/{stu}", None),
        (Method::GET, "/studies/{stu}/participants", None),
        (Method::GET, "/studies/{stu}/assessments", None),
        (Method::GET, "/studies/{stu}/alerts", None),
        (Method::GET, "/studies/{stu}/audit", None),
        (Method::GET, "/studies/{stu}/audit/verification", None),
        (Method::GET, "/studies/{stu}/readiness", None),
        (Method::GET, "/studies/{stu}/staff", None),
        (Method::GET, "/studies/{stu}/design", None),
        (Method::GET, "/studies/{stu}/certificate", None),
        (Method::GET, "/studies/{stu}/datasets", None),
        (Method::POST, "/studies/{stu}/close", Some(reason)),
    ]
    .into_iter()
    .map(|(method, path, body)| {
        let real = path
            .replace("{par}", person.id.as_str())
            .replace("{asm}", pre.as_str())
            .replace("{sit}", site.as_str())
            .replace("{stu}", &client.world.study);
        let absent = ["par", "asm", "sit", "stu"].iter().fold(path.to_owned(), |path, kind| {
            path.replace(&format!("{{{kind}}}"), &format!("{kind}_{none}"))
        });
        (method, real, absent, body)
    })
    .collect();
    for (method, real, absent, body) in calls {
        let ask = |path: &str| {
            let call = client.call(method.clone(), path).by(&stranger).key();
            match &body {
                Some(body) => call.json(body.clone()),
                None => call,
            }
        };
        let (foreign, unknown) = (ask(&real).send().await, ask(&absent).send().await);
        assert_eq!(foreign.refusal(), (404, "not_found"), "{method} {real}: {}", foreign.body);
        assert_eq!(bare(&foreign, &real), bare(&unknown, &absent), "{method} {real}");
    }
}

#[actix_web::test]
async fn answers_outside_the_options_the_window_or_sent_before_are_refused() {
    let client = Client::new(World::open());
    let person = trial::register(&client.world);
    trial::consent(&client.world, &person);
    let scr = trial::assessment_of(&client.world, &person, "scr");
    let path = format!("/participant/assessments/{scr}");
    for (answers, pointer) in
        [(json!({ "1": 4 }), "1"), (json!({ "1": "2" }), "1"), (json!({ "wish": 1 }), "wish")]
    {
        let wrong = client.patch(&format!("{path}/responses/phq9"), json!({ "answers": answers }));
        let wrong = wrong.by(&person.session).send().await;
        let told = (wrong.refusal(), wrong.text("/errors/0/pointer"));
        assert_eq!(told, ((422, "answers.invalid"), format!("/responses/phq9/answers/{pointer}")));
    }
    let other = client.patch(&format!("{path}/responses/gad7"), json!({ "answers": { "1": 1 } }));
    assert_eq!(other.by(&person.session).send().await.refusal(), (404, "not_found"), "not asked here");
    let pre = trial::assessment_of(&client.world, &person, "pre");
    let early = client.post(&format!("/participant/assessments/{pre}/submit"), json!({}));
    assert_eq!(early.by(&person.session).key().send().await.refusal(), (409, "assessment.not_open"));
    trial::screen(&client.world, &person);
    let twice = client.post(&format!("{path}/submit"), json!({})).by(&person.session).key().send().await;
    assert_eq!(twice.refusal(), (409, "response.already_submitted"));
    let drawn = trial::drawn(&client.world, "b@example.org");
    let week = trial::assessment_of(&client.world, &drawn, "w01");
    client.advance(13 * 86_400);
    let closed = client.post(&format!("/participant/assessments/{week}/submit"), json!({}));
    // A session of a participant ends before the window does: a new one.
    let service = Ctx::system(&client.world.house, client.state.clock.now(), "test").unwrap();
    let link = linking::issue_person_link(&service, &drawn.id).unwrap().value;
    let session = json!({ "link_token": link.link_token });
    let session = client.post("/participant/sessions", session).send().await;
    let closed = closed.bearer(&session.text("/access_token")).key().send().await;
    assert_eq!(closed.refusal(), (409, "assessment.closed"));
}

fn draw(person: &Person) -> Value {
    json!({ "confirm_code": person.code, "checked_person": true, "strata": { "severity": "high", "site": "umea" } })
}

#[actix_web::test]
async fn a_draw_before_the_baseline_tells_what_is_unmet_and_the_same_key_works_later() {
    let client = Client::new(World::open());
    let person = trial::register(&client.world);
    let by = client.world.coordinator.clone();
    let path = format!("/participants/{}/allocation", person.id);
    let keyed = |body| client.post(&path, body).by(&by).with("Idempotency-Key", "draw-key-00000001").send();
    let early = keyed(draw(&person)).await;
    assert_eq!(early.refusal(), (409, "allocation.not_ready"), "{}", early.body);
    let unmet: Vec<&str> =
        early.body["unmet"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(unmet.contains(&"consent.missing") && unmet.contains(&"assessment.incomplete"), "{unmet:?}");
    assert_eq!(client.world.count_events("allocation.refused"), 1);
    trial::consent(&client.world, &person);
    trial::screen(&client.world, &person);
    trial::decide(&client.world, &person);
    trial::baseline(&client.world, &person);
    let checklist = client.get(&format!("/participants/{}/checklist", person.id)).by(&by).send().await;
    assert_eq!(checklist.body["unmet"], json!([]), "{}", checklist.body);
    let mut typed = draw(&person);
    typed["confirm_code"] = json!("LINDEN-00000");
    assert_eq!(keyed(typed).await.refusal(), (422, "confirm_code.mismatch"));
    let mut unchecked = draw(&person);
    unchecked["checked_person"] = json!(false);
    assert_eq!(keyed(unchecked).await.refusal(), (422, "confirm_code.mismatch"));
    let mut strata = draw(&person);
    strata["strata"]["severity"] = json!("low");
    assert_eq!(keyed(strata).await.refusal(), (409, "allocation.strata_changed"));
    let made = keyed(draw(&person)).await;
    assert_eq!((made.status, made.body.get("arm")), (201, None), "{}", made.body);
    let again = keyed(draw(&person)).await;
    assert_eq!((again.status, again.header("idempotency-replayed").as_str()), (201, "true"));
    assert_eq!((again.body, again.headers.get("location")), (made.body, made.headers.get("location")));
    let mut other = draw(&person);
    other["strata"]["site"] = json!("leeds");
    assert_eq!(keyed(other).await.refusal(), (422, "idempotency.key_reused"));
    let fresh = client.post(&path, draw(&person)).by(&by).key().send().await;
    assert_eq!(fresh.refusal(), (409, "allocation.exists"));
    let short = client.post(&path, draw(&person)).by(&by).with("Idempotency-Key", "short").send().await;
    assert_eq!(short.refusal(), (400, "idempotency.key_malformed"));
}

#[actix_web::test]
async fn fifty_draws_at_once_over_rest_make_one_allocation() {
    let client = Client::new(World::open());
    let person = trial::register(&client.world);
    trial::consent(&client.world, &person);
    trial::screen(&client.world, &person);
    trial::decide(&client.world, &person);
    trial::baseline(&client.world, &person);
    let path = format!("/participants/{}/allocation", person.id);
    let by = client.world.coordinator.clone();
    let answers = join_all((0..50).map(|_| client.post(&path, draw(&person)).by(&by).key().send())).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.refusal() == (409, "allocation.exists")).count();
    assert_eq!((made, refused), (1, 49));
    // In the study's chain and in the person's.
    assert_eq!(client.world.count_events("allocation.made"), 2);
}

#[actix_web::test]
async fn twenty_requests_at_once_under_one_key_are_one_act() {
    let client = Client::new(World::open());
    let by = client.world.coordinator.clone();
    let ask = || {
        let call = client.post("/studies/linden/participants", newcomer(&client));
        call.by(&by).with("Idempotency-Key", "one-key-for-all-0001").send()
    };
    let answers = join_all((0..20).map(|_| ask())).await;
    let first = answers.iter().filter(|answer| !answer.headers.contains_key("idempotency-replayed"));
    assert_eq!(first.count(), 1);
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
    assert_eq!(client.world.count_events("participant.registered"), 1);
}

#[actix_web::test]
async fn a_slip_in_an_address_is_told_while_it_can_still_be_mended() {
    let client = Client::new(World::open());
    let by = client.world.coordinator.clone();
    let register = async |email: &str| {
        let mut body = newcomer(&client);
        body["contact"] = json!({ "email": email });
        client.post("/studies/linden/participants", body).by(&by).key().send().await
    };
    for slip in ["nonsense", "a@b", "@example.org", "a b@example.org", "a@b@example.org"] {
        let refused = register(slip).await;
        assert_eq!(refused.text("/errors/0/pointer"), "/contact/email", "{slip}");
        assert!(!refused.body.to_string().contains(slip), "{}", refused.body);
    }
    assert_eq!(register("synthetic@example.org").await.status, 201);
}
