//! One trial over REST alone, from an account to the reveal: every step of the line, by whom it is for.

use equipoise::conduct::context::Credential;
use equipoise::trial::role::Duty;
use equipoise::trial::role::Role;
use equipoise::trial::role::SeesArm;
use serde_json::Value;
use serde_json::json;

use crate::api::client::Answer;
use crate::api::client::Client;
use crate::world;
use crate::world::World;

/// A door with the people of one study.
struct Line {
    client: Client,
}

impl Line {
    async fn did(&self, by: &Credential, path: &str, body: Value) -> Answer {
        let answer = self.client.post(path, body).by(by).key().with("If-Match", "*").send().await;
        assert!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
        answer
    }

    async fn saw(&self, by: &Credential, path: &str) -> Answer {
        let answer = self.client.get(path).by(by).send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let again = self.client.get(path).by(by).with("If-None-Match", &answer.header("etag")).send().await;
        assert_eq!(again.status, 304, "{path} has an entity tag that holds");
        answer
    }

    /// Design, certificate, opening.
    async fn open(&self) {
        let World { unblinded, lead, .. } = &self.client.world;
        let before = self.saw(lead, "/studies/linden/readiness").await;
        assert!(!before.body["opening"].as_array().unwrap().is_empty());
        let drafted = self.client.put("/studies/linden/design", json!({})).by(unblinded).send().await;
        assert_eq!((drafted.status, drafted.text("/state").as_str()), (200, "draft"), "{}", drafted.body);
        let early =
            self.client.post("/studies/linden/design/activate", json!({})).by(unblinded).key().send().await;
        assert_eq!(early.refusal(), (409, "design.not_committed"));
        let committed = self.did(unblinded, "/studies/linden/design/commit", json!({})).await;
        let again = self.client.put("/studies/linden/design", json!({})).by(unblinded);
        let again = again.with("If-Match", "*").send().await;
        assert_eq!(again.refusal(), (409, "design.immutable"));
        self.did(unblinded, "/studies/linden/design/activate", json!({})).await;
        let read = self.saw(unblinded, "/studies/linden/design").await;
        assert_eq!(read.text("/state"), "active");
        assert!(!read.body.to_string().contains("seed\":"), "no seed before the reveal: {}", read.body);
        let certificate = self.saw(lead, "/studies/linden/certificate").await;
        assert_eq!(certificate.text("/items/0/commitment"), committed.text("/commitment"));
        for blind in [lead, &self.client.world.coordinator, &self.client.world.administrator] {
            let hidden = self.client.get("/studies/linden/design").by(blind).send().await;
            assert_eq!(hidden.refusal(), (404, "not_found"));
        }
        let opened = self.did(lead, "/studies/linden/open", because("ready")).await;
        assert_eq!(opened.text("/state"), "open");
    }

    /// A registered person with a verified session; the person's path and the session's token.
    async fn arrive(&self, email: &str) -> (String, String, String) {
        let by = &self.client.world.coordinator;
        let new = json!({ "site_id": self.client.world.sites["umea"], "language": "en", "source": "web",
            "contact": { "email": email } });
        let made = self.did(by, "/studies/linden/participants", new).await;
        let path = format!("/participants/{}", made.text("/id"));
        assert_eq!(made.header("location"), format!("/api/v1{path}"));
        assert!(!made.body.to_string().contains(email), "contact data stay sealed");
        let link = self.did(by, &format!("{path}/links"), json!({})).await;
        let token = link.text("/link_token");
        let opened = self.client.post("/participant/sessions", json!({ "link_token": token })).send().await;
        assert_eq!(opened.text("/level"), "write");
        let access = opened.text("/access_token");
        let wrong = json!({ "link_token": token, "code": "000000x" });
        let wrong = self.client.post("/participant/sessions", wrong).bearer(&access).send().await;
        assert_eq!(wrong.refusal(), (401, "session.refused"));
        let code = json!({ "link_token": token, "code": link.text("/code") });
        let verified = self.client.post("/participant/sessions", code).bearer(&access).send().await;
        assert_eq!(verified.text("/level"), "verified", "{}", verified.body);
        (path, made.text("/code"), verified.text("/access_token"))
    }

    async fn own(&self, token: &str, path: &str, body: Value) -> Answer {
        let answer = self.client.post(path, body).bearer(token).key().send().await;
        assert!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
        answer
    }

    /// What is to be done first, with its questions.
    async fn to_do(&self, token: &str) -> String {
        let record = self.client.get("/participant").bearer(token).send().await;
        let path = format!("/participant/assessments/{}", record.text("/to_do/0/id"));
        let asked = self.client.get(&path).bearer(token).send().await;
        assert!(!asked.body["asks"].as_array().unwrap().is_empty(), "{}", asked.body);
        path
    }

    async fn consent(&self, token: &str) {
        let record = self.client.get("/participant").bearer(token).send().await;
        let shown = &record.body["consent"];
        let body = json!({ "document_version": shown["document_version"], "language": shown["language"],
            "sha256": shown["sha256"], "items": { "join": "yes", "later": "no" }, "typed_name": "Synthetic Person",
            "decision": "given" });
        assert_eq!(self.own(token, "/participant/consents", body).await.text("/state"), "in_force");
    }

    async fn screen(&self, token: &str) {
        let path = self.to_do(token).await;
        let first = self.client.patch(&format!("{path}/responses/phq9"), json!({ "answers": { "9": 1 } }));
        let first = first.bearer(token).send().await;
        assert_eq!(first.body["support"]["read_first"], true, "{}", first.body);
        let entry = json!({ "birth": "1990-05-04", "sex": "f", "drug": false });
        let body =
            json!({ "responses": { "entry": { "answers": entry }, "phq9": { "answers": items(9, 2, 1) } } });
        assert_eq!(self.own(token, &format!("{path}/submit"), body).await.text("/state"), "submitted");
    }

    async fn alert(&self) {
        let World { lead, coordinator, .. } = &self.client.world;
        let alerts = self.saw(lead, "/studies/linden/alerts?state=raised").await;
        let path = format!("/alerts/{}", alerts.text("/items/0/id"));
        let foreign = self.client.post(&format!("{path}/claim"), json!({})).by(coordinator).send().await;
        assert_eq!(foreign.refusal(), (403, "permission.duty_missing"));
        let unclaimed = json!({ "contact_result": "reached", "risk_outcome": "low", "told": ["nobody"], "text": "Synthetic." });
        self.did(lead, &format!("{path}/claim"), json!({})).await;
        let closed = self.did(lead, &format!("{path}/close"), unclaimed.clone()).await;
        assert_eq!(closed.text("/state"), "closed");
        let twice = self.client.post(&format!("{path}/close"), unclaimed).by(lead).key();
        let twice = twice.with("If-Match", "*").send().await;
        assert_eq!(twice.refusal(), (409, "alert.closed"));
    }

    async fn decide(&self, person: &str) {
        let lead = &self.client.world.lead;
        let judgement = json!({ "judgement": "not_met", "evidence_on": "2026-06-01", "source": "call" });
        let judged = self.did(lead, &format!("{person}/criteria/risk"), judgement).await;
        let stale = json!({ "outcome": "include", "criteria_etag": "0" });
        let stale = self.client.post(&format!("{person}/decision"), stale).by(lead).key().send().await;
        assert_eq!(stale.refusal(), (412, "precondition.failed"));
        let decision = json!({ "outcome": "include", "criteria_etag": judged.text("/criteria_etag") });
        assert_eq!(self.did(lead, &format!("{person}/decision"), decision).await.text("/step"), "base");
    }

    async fn draw(&self, person: &str, code: &str) {
        let by = &self.client.world.coordinator;
        let checklist = self.saw(by, &format!("{person}/checklist")).await;
        let body =
            json!({ "confirm_code": code, "checked_person": true, "strata": checklist.body["strata"] });
        let drawn = self.did(by, &format!("{person}/allocation"), body).await;
        assert!(drawn.body.get("arm").is_none(), "{}", drawn.body);
        let read = self.saw(by, &format!("{person}/allocation")).await;
        assert_eq!(read.body, drawn.body);
        let seen = self.saw(&self.client.world.unblinded, &format!("{person}/allocation")).await;
        assert!(seen.text("/arm/code").len() > 1);
    }
}

fn because(text: &str) -> Value {
    json!({ "reason": { "code": "other", "text": text } })
}

fn items(count: u32, each: u32, last: u32) -> Value {
    let answer = |item: u32| (item.to_string(), json!(if item == count { last } else { each }));
    Value::Object((1..=count).map(answer).collect())
}

#[actix_web::test]
async fn a_trial_goes_over_rest_from_its_design_to_its_reveal() {
    let line = Line { client: Client::new(World::draft()) };
    line.open().await;
    let (person, code, token) = line.arrive("synthetic@example.org").await;
    line.consent(&token).await;
    line.screen(&token).await;
    line.alert().await;
    line.decide(&person).await;
    let path = line.to_do(&token).await;
    let body = json!({ "responses": { "phq9": { "answers": items(9, 1, 0) }, "gad7": { "answers": items(7, 1, 1) } } });
    line.own(&token, &format!("{path}/submit"), body).await;
    line.draw(&person, &code).await;
    let World { lead, coordinator, unblinded, .. } = &line.client.world;
    let read = line.saw(coordinator, &person).await;
    assert_eq!((read.text("/state").as_str(), read.text("/code")), ("randomized", code.clone()));
    let listed = line
        .saw(coordinator, &format!("/studies/linden/participants?state=randomized&q={}", &code[..9]))
        .await;
    assert_eq!(listed.items().len(), 1);

    let (out, _, _) = line.arrive("second@example.org").await;
    let reason = json!({ "reason": { "code": "other", "text": "moved away" } });
    let excluded = line.did(coordinator, &format!("{out}/exclude"), reason.clone()).await;
    assert_eq!(excluded.text("/state"), "excluded");
    let twice =
        line.client.post(&format!("{out}/exclude"), reason.clone()).by(coordinator).key().send().await;
    assert_eq!(twice.refusal(), (409, "participant.excluded"));
    let drawn = line.client.post(&format!("{person}/exclude"), reason).by(coordinator).key().send().await;
    assert_eq!(drawn.refusal(), (409, "allocation.exists"));

    let early = line.client.get("/studies/linden/reveal").by(lead).send().await;
    assert_eq!(early.refusal(), (409, "reveal.not_locked"));
    assert_eq!(line.did(lead, "/studies/linden/close", because("over")).await.text("/state"), "closed");
    let late = json!({ "site_id": line.client.world.sites["umea"], "language": "en", "source": "web" });
    let late = line.client.post("/studies/linden/participants", late).by(coordinator).key().send().await;
    assert_eq!(late.refusal(), (409, "study.not_open"));
    assert_eq!(line.did(lead, "/studies/linden/lock", because("over")).await.text("/state"), "locked");
    let locked = json!({ "judgement": "met", "evidence_on": "2026-06-01", "source": "call" });
    let locked =
        line.client.post(&format!("{out}/criteria/risk"), locked).by(lead).with("If-Match", "*").send().await;
    assert_eq!(locked.refusal(), (409, "study.locked"));
    assert_eq!(
        line.did(unblinded, "/studies/linden/reveal", because("over")).await.text("/state"),
        "revealed"
    );
    let bundle = line.client.get("/studies/linden/reveal").by(lead).send().await;
    assert_eq!((bundle.status, &bundle.bytes[..2]), (200, &b"PK"[..]));
    let checked = line.saw_without_tag(lead, "/studies/linden/audit/verification").await;
    assert_eq!(checked.body["first_break"], Value::Null);
}

impl Line {
    async fn saw_without_tag(&self, by: &Credential, path: &str) -> Answer {
        let answer = self.client.get(path).by(by).send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer
    }
}

#[actix_web::test]
async fn the_date_of_an_event_is_recorded_by_whom_the_protocol_names() {
    let world = crate::conduct::crossover::world();
    let (id, seeing) = world::staff(&world.house, "seeing", false, world.now());
    world.grant(&world.lead, &id, Role::Coordinator, SeesArm::Own, &[Duty::Alerts]);
    let person = crate::conduct::crossover::draw(&world);
    let client = Client::new(world);
    let path = format!("/participants/{}/anchors", person.id);
    let set = |name: &str, body: Value| {
        client.put(&format!("{path}/{name}"), body).by(&seeing).with("If-Match", "*").send()
    };
    let on = "2026-06-15";
    let first = set("start", json!({ "on": on })).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.text("/anchors/start/on"), on);
    let silent = set("start", json!({ "on": "2026-06-20" })).await;
    assert_eq!(silent.refusal(), (422, "reason.required"));
    let reason = json!({ "code": "other", "text": "a slip of the pen" });
    let moved = set("start", json!({ "on": "2026-06-20", "reason": reason })).await;
    assert_eq!(moved.text("/anchors/start/on"), "2026-06-20");
    assert_eq!(set("nowhere", json!({ "on": on })).await.refusal(), (404, "not_found"));
    let wrong = set("start", json!({ "on": "the first of June" })).await;
    assert_eq!((wrong.refusal(), wrong.text("/errors/0/pointer").as_str()), ((422, "body.invalid"), "/on"));
}
