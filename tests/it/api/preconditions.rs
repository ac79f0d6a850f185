//! Where two people can edit, nobody overwrites what he has not read: `If-Match` with the tag of what was read.

use actix_web::http::Method;
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

/// An act on something that was read, and who does it.
struct Edit<'a> {
    client: &'a Client,
    by: &'a Credential,
    method: Method,
    path: String,
    body: Value,
}

impl Edit<'_> {
    async fn under(&self, tag: Option<&str>) -> (u16, String) {
        let call =
            self.client.call(self.method.clone(), &self.path).json(self.body.clone()).by(self.by).key();
        let call = match tag {
            Some(tag) => call.with("If-Match", tag),
            None => call,
        };
        let answer = call.send().await;
        let (status, code) = answer.refusal();
        (status, code.to_owned())
    }

    /// Refused without a tag and with another one, done with the one that was read, and refused with that one afterwards.
    async fn goes_once_under(&self, read: &str) {
        assert_eq!(self.under(None).await, (428, "precondition.missing".to_owned()), "{}", self.path);
        assert_eq!(self.under(Some("\"0\"")).await, (412, "precondition.failed".to_owned()), "{}", self.path);
        assert_eq!(self.under(Some(read)).await.0, 200, "{}", self.path);
        assert_eq!(self.under(Some(read)).await, (412, "precondition.failed".to_owned()), "{}", self.path);
    }
}

/// A person whose item 9 has raised an alert.
fn alarmed(world: &World) -> trial::Person {
    let person = trial::register(world);
    trial::consent(world, &person);
    trial::screen(world, &person);
    person
}

#[actix_web::test]
async fn an_alert_is_claimed_and_closed_as_it_was_read() {
    let client = Client::new(World::open());
    alarmed(&client.world);
    let lead = client.world.lead.clone();
    let listed = client.get("/studies/linden/alerts").by(&lead).send().await;
    let path = format!("/alerts/{}", listed.text("/items/0/id"));
    let claim = Edit {
        client: &client,
        by: &lead,
        method: Method::POST,
        path: format!("{path}/claim"),
        body: json!({}),
    };
    claim.goes_once_under(&listed.text("/items/0/etag")).await;
    let listed = client.get("/studies/linden/alerts").by(&lead).send().await;
    let body = json!({ "contact_result": "reached", "risk_outcome": "low", "told": ["nobody"], "text": "Synthetic." });
    let close = Edit { path: format!("{path}/close"), body, ..claim };
    close.goes_once_under(&listed.text("/items/0/etag")).await;
    let listed = client.get("/studies/linden/alerts").by(&lead).send().await;
    assert_eq!(listed.text("/items/0/log/2/content/contact_result"), "reached");
    let reason = json!({ "code": "other", "text": "a second call" });
    let both = json!({ "reopen": reason, "text": "Synthetic." });
    let both = Edit { body: both, ..close };
    assert_eq!(both.under(Some("*")).await, (422, "body.invalid".to_owned()));
    let reopen = Edit { body: json!({ "reopen": reason }), ..both };
    reopen.goes_once_under(&listed.text("/items/0/etag")).await;
    let listed = client.get("/studies/linden/alerts?state=raised").by(&lead).send().await;
    assert_eq!(listed.body["items"][0]["claimed_by"], Value::Null);
    assert_eq!(listed.text("/items/0/log/3/kind"), "reopened");
}

#[actix_web::test]
async fn whoever_has_the_duty_reads_the_answers_behind_an_alert_and_nobody_else() {
    let client = Client::new(World::open());
    let person = alarmed(&client.world);
    let listed = client.get("/studies/linden/alerts").by(&client.world.lead).send().await;
    assert_eq!(listed.body["items"][0]["answers"], json!({ "9": { "state": "answered", "value": 1 } }));
    assert_eq!(listed.text("/items/0/occasion"), "scr");
    assert_eq!(
        listed.text("/items/0/assessment_id"),
        trial::assessment_of(&client.world, &person, "scr").to_string()
    );
    let (id, idle) = world::staff(&client.world.house, "second.lead", false, client.world.now());
    client.world.grant(&client.world.administrator, &id, Role::Lead, SeesArm::None, &[]);
    let listed = client.get("/studies/linden/alerts").by(&idle).send().await;
    assert_eq!(listed.items().len(), 1);
    assert_eq!(listed.body["items"][0].get("answers"), None);
    assert_eq!(listed.body["items"][0]["log"][0].get("content"), None);
}

#[actix_web::test]
async fn a_criterion_is_judged_on_the_person_as_read() {
    let client = Client::new(World::open());
    let person = alarmed(&client.world);
    let lead = client.world.lead.clone();
    let path = format!("/participants/{}", person.id);
    let judge = Edit {
        client: &client,
        by: &lead,
        method: Method::POST,
        path: format!("{path}/criteria/risk"),
        body: json!({ "judgement": "not_met", "evidence_on": "2026-06-01", "source": "call" }),
    };
    let read = client.get(&path).by(&lead).send().await.header("etag");
    let listed = client.get("/studies/linden/participants").by(&lead).send().await;
    assert_eq!(listed.text("/items/0/etag"), read, "the tag of a row is that of the object");
    judge.goes_once_under(&read).await;
    // What does not exist for somebody is not there, with or without a tag.
    let foreign = Edit { path: "/participants/par_00000000000000000000/criteria/risk".to_owned(), ..judge };
    assert_eq!(foreign.under(None).await, (404, "not_found".to_owned()));
}

#[actix_web::test]
async fn the_date_of_an_event_is_set_on_the_person_as_read() {
    let world = crate::conduct::crossover::world();
    let person = crate::conduct::crossover::draw(&world);
    let client = Client::new(world);
    let by = client.world.coordinator.clone();
    let path = format!("/participants/{}", person.id);
    let read = client.get(&path).by(&by).send().await.header("etag");
    let set = Edit {
        client: &client,
        by: &by,
        method: Method::PUT,
        path: format!("{path}/anchors/start"),
        body: json!({ "on": "2026-06-15" }),
    };
    set.goes_once_under(&read).await;
}

#[actix_web::test]
async fn a_draft_of_the_design_is_begun_freely_and_replaced_as_it_was_read() {
    let client = Client::new(World::draft());
    let by = client.world.unblinded.clone();
    let put = Edit {
        client: &client,
        by: &by,
        method: Method::PUT,
        path: "/studies/linden/design".to_owned(),
        body: json!({}),
    };
    assert_eq!(put.under(Some("*")).await, (412, "precondition.failed".to_owned()));
    assert_eq!(put.under(None).await.0, 200);
    assert_eq!(put.under(None).await, (428, "precondition.missing".to_owned()));
    let read = client.get("/studies/linden/design").by(&by).send().await.header("etag");
    assert_eq!(put.under(Some("\"0\"")).await, (412, "precondition.failed".to_owned()));
    assert_eq!(put.under(Some(&read)).await.0, 200);
}

#[actix_web::test]
async fn an_alert_that_was_read_before_the_answer_changed_must_be_read_again() {
    let client = Client::new(World::open());
    let person = trial::register(&client.world);
    trial::consent(&client.world, &person);
    let scr = trial::assessment_of(&client.world, &person, "scr");
    let save = |value: i64| {
        let answers = std::collections::BTreeMap::from([("9".to_owned(), json!(value))]);
        answering::save_own(&client.world.ctx(&person.session), &scr, "phq9", answers).unwrap();
    };
    save(1);
    let lead = client.world.lead.clone();
    let listed = client.get("/studies/linden/alerts").by(&lead).send().await;
    save(3);
    let claim = Edit {
        client: &client,
        by: &lead,
        method: Method::POST,
        path: format!("/alerts/{}/claim", listed.text("/items/0/id")),
        body: json!({}),
    };
    let tag = listed.text("/items/0/etag");
    assert_eq!(claim.under(Some(&tag)).await, (412, "precondition.failed".to_owned()));
}
