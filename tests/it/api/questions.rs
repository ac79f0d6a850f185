//! What a participant is asked on a telephone: in the own language, with all that a page needs, and with what was answered
//! in this session alone.

use serde_json::Value;
use serde_json::json;

use equipoise::conduct::context::Credential;
use equipoise::conduct::context::Ctx;
use equipoise::conduct::linking;
use equipoise::conduct::registering;
use equipoise::conduct::registering::NewParticipant;
use equipoise::kernel::ids::ParticipantId;
use equipoise::trial::protocol::shipped;

use crate::api::client::Client;
use crate::conduct::trial;
use crate::world::World;

fn swede(world: &World) -> ParticipantId {
    let new = NewParticipant {
        site: world.sites["umea"].clone(),
        language: "sv".into(),
        time_zone: None,
        source: "web".into(),
        cohort: None,
        contact: None,
    };
    registering::register(&world.ctx(&world.coordinator), &world.study, new).unwrap().value.id
}

async fn session(client: &Client, person: &ParticipantId) -> String {
    let service = Ctx::system(&client.world.house, client.state.clock.now(), "test").unwrap();
    let link = linking::issue_person_link(&service, person).unwrap().value;
    let body = json!({ "link_token": link.link_token });
    let access = client.post("/participant/sessions", body.clone()).send().await.text("/access_token");
    let body = json!({ "link_token": link.link_token, "code": link.code });
    client.post("/participant/sessions", body).bearer(&access).send().await.text("/access_token")
}

#[actix_web::test]
async fn consent_and_questions_are_in_the_language_of_the_person() {
    let texts = shipped::texts_beside(shipped::EXAMPLE);
    let client = Client::new(World::open_with(shipped::EXAMPLE, texts));
    let own = session(&client, &swede(&client.world)).await;
    let record = client.get("/participant").bearer(&own).send().await;
    let consent = &record.body["consent"];
    assert!(consent["items"][0]["say"].as_str().unwrap().starts_with("Jag har läst"), "{consent}");
    let decision = json!({
        "document_version": consent["document_version"], "language": "sv", "sha256": consent["sha256"],
        "items": { "join": "yes", "data": "yes", "later": "no" }, "typed_name": " ", "decision": "given",
    });
    let nameless = client.post("/participant/consents", decision.clone()).bearer(&own).key().send().await;
    assert_eq!(
        (nameless.refusal(), nameless.text("/errors/0/pointer").as_str()),
        ((422, "body.invalid"), "/typed_name")
    );
    let mut named = decision;
    named["typed_name"] = json!("Synthetic Person");
    assert_eq!(client.post("/participant/consents", named).bearer(&own).key().send().await.status, 201);
    let to_do = client.get("/participant").bearer(&own).send().await.text("/to_do/0/id");
    let asks = client.get(&format!("/participant/assessments/{to_do}")).bearer(&own).send().await;
    let entry = &asks.body["asks"][0];
    assert_eq!((entry["instrument"].as_str(), entry["lead"].as_str()), (Some("entry"), Some("Om dig")));
    let item = |at: usize| &entry["items"][at];
    assert_eq!(item(0)["text"], "När är du född?");
    assert_eq!((&item(0)["kind"], &item(0)["required"]), (&json!("date"), &json!(true)));
    assert_eq!(item(1)["options"][0], json!({ "code": "f", "label": "Kvinna" }));
    assert_eq!((&item(2)["kind"], &item(3)["shown"]), (&json!("yesno"), &json!(true)));
    let phq9 = &asks.body["asks"][1];
    assert_eq!((&phq9["instrument"], &phq9["items"][0]["kind"]), (&json!("phq9"), &json!("choice")));
    assert_ne!(phq9["items"][0]["options"][0]["label"], Value::Null);
}

#[actix_web::test]
async fn answers_of_this_session_come_back_and_hide_what_is_not_asked_any_more() {
    let client = Client::new(World::open());
    let person = trial::register(&client.world);
    trial::consent(&client.world, &person);
    let scr = trial::assessment_of(&client.world, &person, "scr");
    let path = format!("/participant/assessments/{scr}");
    let own = session(&client, &person.id).await;
    let save = |answers: Value, own: String| {
        let body = json!({ "answers": answers });
        client.patch(&format!("{path}/responses/entry"), body).bearer(&own).send()
    };
    for wrong in ["2190-05-04", "1850-05-04"] {
        let refused = save(json!({ "birth": wrong }), own.clone()).await;
        assert_eq!(refused.refusal(), (422, "answers.invalid"), "{wrong}");
        assert_eq!(refused.text("/errors/0/code"), "field.range");
    }
    let first = json!({ "birth": "1990-05-04", "sex": null, "drug": true, "changed": "2026-05-30" });
    assert_eq!(save(first, own.clone()).await.status, 200);
    assert_eq!(save(json!({ "drug": false }), own.clone()).await.status, 200);
    let entry = client.get(&path).bearer(&own).send().await.body["asks"][0].clone();
    let item = |at: usize| (&entry["items"][at]["touched"], &entry["items"][at]["answer"]);
    assert_eq!(item(0), (&json!(true), &json!("1990-05-04")));
    assert_eq!(item(1), (&json!(true), &Value::Null), "left out");
    assert_eq!(item(2), (&json!(true), &json!(false)));
    assert_eq!(entry["items"][3]["shown"], false);

    client.advance(60);
    let other = session(&client, &person.id).await;
    assert_eq!(save(json!({ "sex": "f" }), other.clone()).await.status, 200);
    let entry = client.get(&path).bearer(&other).send().await.body["asks"][0].clone();
    let touched: Vec<&Value> =
        entry["items"].as_array().unwrap().iter().map(|item| &item["touched"]).collect();
    assert_eq!(touched, [false, true, false, false], "a session shows what it has answered itself");

    let phq9: serde_json::Map<String, Value> =
        (1..=9).map(|item| (item.to_string(), json!(if item == 9 { 0 } else { 2 }))).collect();
    let send = |entry: Value| {
        let body = json!({ "responses": { "entry": { "answers": entry }, "phq9": { "answers": phq9 } } });
        client.post(&format!("{path}/submit"), body).bearer(&other).key().send()
    };
    let hidden = send(json!({ "changed": "2026-05-30" })).await;
    assert_eq!(hidden.refusal(), (422, "answers.invalid"));
    assert!(hidden.text("/errors/0/pointer").ends_with("/entry/answers/changed"), "{}", hidden.body);
    let sent = send(json!({})).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let seen = client.get(&format!("/assessments/{scr}/responses/entry")).by(&client.world.lead).send().await;
    let changed = &seen.body["answers"]["changed"];
    assert_eq!((&changed["state"], &changed["value"]), (&json!("not_shown"), &Value::Null), "{}", seen.body);
}

#[actix_web::test]
async fn nobody_is_included_over_a_judgement_that_is_not_made() {
    let client = Client::new(World::open());
    let person = trial::register(&client.world);
    trial::consent(&client.world, &person);
    trial::screen(&client.world, &person);
    let lead: Credential = client.world.lead.clone();
    let path = format!("/participants/{}", person.id);
    let decide = async || {
        let etag = client.get(&path).by(&lead).send().await.text("/criteria_etag");
        let body = json!({ "outcome": "include", "criteria_etag": etag });
        client.post(&format!("{path}/decision"), body).by(&lead).key().send().await
    };
    let early = decide().await;
    assert_eq!(early.refusal(), (409, "step.out_of_order"));
    assert!(early.text("/detail").contains("'risk'"), "{}", early.body);
    let judge = |on: &str| {
        let body = json!({ "judgement": "not_met", "evidence_on": on, "source": "call" });
        client.post(&format!("{path}/criteria/risk"), body).by(&lead).key().with("If-Match", "*").send()
    };
    assert_eq!(judge("2027-06-01").await.text("/errors/0/pointer"), "/evidence_on");
    assert_eq!(judge("2026-06-01").await.status, 200);
    assert_eq!(decide().await.status, 200);
}
