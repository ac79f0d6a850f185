//! Answers that staff enter and read: from paper, in forms of their own, and what of them each role sees.

use equipoise::conduct::context::Credential;
use equipoise::kernel::ids::AccountId;
use equipoise::trial::role::Role;
use equipoise::trial::role::SeesArm;
use serde_json::Value;
use serde_json::json;

use crate::api::client::Answer;
use crate::api::client::Client;
use crate::conduct::trial;
use crate::conduct::trial::Person;
use crate::world;
use crate::world::World;

const DAY: i64 = 86_400;

fn colleague(client: &Client, login: &str, role: Role, sees_arm: SeesArm) -> (AccountId, Credential) {
    let (id, session) = world::staff(&client.world.house, login, false, client.world.now());
    client.world.grant(&client.world.lead, &id, role, sees_arm, &[]);
    (id, session)
}

fn phq9(item_nine: Value) -> Value {
    let mut answers: serde_json::Map<String, Value> =
        (1..=8).map(|item| (item.to_string(), json!(1))).collect();
    answers.insert("9".to_owned(), item_nine);
    Value::Object(answers)
}

/// A drawn person in the second week, where arms are asked different things.
struct Paper {
    client: Client,
    person: Person,
}

impl Paper {
    fn new() -> Self {
        let client = Client::new(World::open_with(&world::apart(), world::texts()));
        let person = trial::drawn(&client.world, "a@example.org");
        Self { client, person }
    }

    fn advance(&self, days: i64) {
        self.client.advance(days * DAY);
        self.client.world.advance(days * DAY);
    }

    fn path(&self, occasion: &str, instrument: &str) -> String {
        let id = trial::assessment_of(&self.client.world, &self.person, occasion);
        format!("/assessments/{id}/responses/{instrument}")
    }

    async fn read(&self, path: &str, by: &Credential) -> Answer {
        self.client.get(path).by(by).send().await
    }

    async fn save(&self, path: &str, by: &Credential, body: Value) -> Answer {
        let known = self.read(path, by).await.header("etag");
        self.client.patch(path, body).by(by).with("If-Match", &known).send().await
    }

    async fn submit(&self, path: &str, by: &Credential, body: Value) -> Answer {
        self.client.post(&format!("{path}/submit"), body).by(by).key().send().await
    }
}

#[actix_web::test]
async fn a_sheet_of_paper_is_entered_sent_and_read_by_right() {
    let paper = Paper::new();
    paper.advance(8);
    let world = &paper.client.world;
    let (coordinator, lead) = (world.coordinator.clone(), world.lead.clone());
    let path = paper.path("w01", "phq9");
    let before = paper.read(&path, &coordinator).await;
    assert_eq!((before.status, before.text("/state").as_str()), (200, "none"), "{}", before.body);
    let draft = json!({ "answers": { "1": 2 }, "origin": "paper" });
    let unseen = paper.client.patch(&path, draft.clone()).by(&coordinator).send().await;
    assert_eq!(unseen.refusal(), (428, "precondition.missing"));
    let saved = paper.save(&path, &coordinator, draft.clone()).await;
    assert_eq!((saved.status, saved.text("/state").as_str()), (200, "draft"), "{}", saved.body);
    assert_eq!(saved.header("etag"), paper.read(&path, &coordinator).await.header("etag"));
    let stale = paper.client.patch(&path, draft).by(&coordinator).with("If-Match", &before.header("etag"));
    assert_eq!(stale.send().await.refusal(), (412, "precondition.failed"));
    let whole = json!({ "answers": phq9(json!(0)), "origin": "paper" });
    let sent = paper.submit(&path, &coordinator, whole.clone()).await;
    assert_eq!((sent.status, sent.text("/state").as_str()), (200, "submitted"), "{}", sent.body);
    assert_eq!(
        (sent.body["shown"]["version"].as_i64(), sent.text("/shown/origin").as_str()),
        (Some(1), "paper")
    );
    let again = paper.submit(&path, &coordinator, whole).await;
    assert_eq!(again.refusal(), (409, "response.already_submitted"));
    let late = paper.save(&path, &coordinator, json!({ "answers": { "1": 3 }, "origin": "paper" })).await;
    assert_eq!(late.refusal(), (409, "response.already_submitted"));
    let assessment = path.split("/responses").next().unwrap();
    let assessment = paper.client.get(assessment).by(&coordinator).send().await;
    assert_eq!(assessment.text("/state"), "submitted", "the only questionnaire of the week");

    // Eight items of 1, item 9 of 0.
    let read = paper.read(&format!("{path}?history=true"), &lead).await;
    assert_eq!(read.body["scores"]["total"]["value"], json!(8), "{}", read.body);
    assert_eq!(read.body["answers"]["9"], json!({ "state": "answered", "value": 0 }));
    let kinds: Vec<&str> =
        read.body["history"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["draft", "submitted"]);
    let first = paper.read(&format!("{path}?as_of={}", saved.text("/shown/saved_at")), &lead).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let own = paper.read(&path, &coordinator).await;
    assert!(own.body.get("answers").is_some() && own.body.get("scores").is_none(), "{}", own.body);
    let (_, other) = colleague(&paper.client, "second", Role::Coordinator, SeesArm::None);
    let foreign = paper.read(&path, &other).await;
    assert_eq!((foreign.status, foreign.text("/state").as_str()), (200, "submitted"));
    assert!(foreign.body.get("answers").is_none() && foreign.body.get("scores").is_none());
    assert_eq!(paper.read(&format!("{path}?version=2"), &lead).await.refusal(), (404, "not_found"));
    for wrong in ["version=1&as_of=2026-06-01T00:00:00Z", "as_of=yesterday", "sort=n", "version=one"] {
        let refused = paper.read(&format!("{path}?{wrong}"), &lead).await;
        assert_eq!(refused.refusal(), (400, "query.unknown_parameter"), "{wrong}");
    }
    let statistician = paper.read(&path, &world.unblinded).await;
    assert_eq!(statistician.refusal(), (404, "not_found"));
    assert!(world.count_events("response.read") > 0);
}

#[actix_web::test]
async fn what_is_entered_from_paper_raises_its_alert_at_once_whether_answered_or_left() {
    let paper = Paper::new();
    paper.advance(15);
    let coordinator = paper.client.world.coordinator.clone();
    let raised = paper.client.world.count_events("alert.raised");
    let path = paper.path("w02", "phq9");
    let met = paper.save(&path, &coordinator, json!({ "answers": { "9": 1 }, "origin": "on_behalf" })).await;
    assert_eq!(met.status, 200, "{}", met.body);
    assert_eq!(paper.client.world.count_events("alert.raised"), raised + 1);
    let other = trial::drawn(&paper.client.world, "b@example.org");
    let raised = paper.client.world.count_events("alert.raised");
    let paper = Paper { person: other, ..paper };
    paper.advance(15);
    let path = paper.path("w02", "phq9");
    let left =
        paper.submit(&path, &coordinator, json!({ "answers": phq9(Value::Null), "origin": "paper" })).await;
    assert_eq!(left.status, 200, "{}", left.body);
    assert_eq!(
        paper.client.world.count_events("alert.raised"),
        raised + 1,
        "the unanswered item is told now"
    );
}

#[actix_web::test]
async fn who_may_not_know_the_arm_ends_no_assessment_in_which_arms_are_asked_different_things() {
    let client = Client::new(World::open_with(&world::apart(), world::texts()));
    let people: Vec<Person> =
        (0..6).map(|n| trial::drawn(&client.world, &format!("p{n}@example.org"))).collect();
    client.advance(15 * DAY);
    client.world.advance(15 * DAY);
    let coordinator = client.world.coordinator.clone();
    let mut states = std::collections::BTreeSet::new();
    let mut arms = std::collections::BTreeSet::new();
    for person in &people {
        let id = trial::assessment_of(&client.world, person, "w02");
        let path = format!("/assessments/{id}/responses/phq9/submit");
        let body = json!({ "answers": phq9(json!(0)), "origin": "paper" });
        assert_eq!(client.post(&path, body).by(&coordinator).key().send().await.status, 200);
        let hidden = format!("/assessments/{id}/responses/gad7");
        assert_eq!(client.get(&hidden).by(&coordinator).send().await.refusal(), (404, "not_found"));
        let seen = client.get(&format!("/assessments/{id}")).by(&coordinator).send().await;
        states.insert(seen.text("/state"));
        arms.insert(trial::arm_of(&client.world, person) == "wl");
    }
    assert_eq!((states.len(), arms.len()), (1, 2), "{states:?}");
}

#[actix_web::test]
async fn a_form_is_filled_in_by_whom_it_asks() {
    let paper = Paper::new();
    let client = &paper.client;
    let coordinator = client.world.coordinator.clone();
    let all =
        client.get(&format!("/studies/linden/assessments?participant={}&occasion=visit", paper.person.id));
    let all = all.by(&coordinator).send().await;
    let of = |respondent: &str| {
        let mut rows = all.items().iter();
        let row = rows.find(|row| row["respondent"] == respondent);
        format!("/assessments/{}/responses/call", row.unwrap()["id"].as_str().unwrap())
    };
    let entry = |origin: &str| json!({ "answers": { "well": true }, "origin": origin });
    let own = paper.submit(&of("coordinator"), &coordinator, entry("staff")).await;
    assert_eq!(own.status, 200, "{}", own.body);
    for foreign in ["assessor", "therapist"] {
        let refused = paper.submit(&of(foreign), &coordinator, entry("staff")).await;
        assert_eq!(refused.refusal(), (403, "permission.denied"), "{foreign}");
    }
    let wrong = paper.submit(&of("participant"), &coordinator, entry("staff")).await;
    assert_eq!(
        (wrong.refusal(), wrong.text("/errors/0/pointer").as_str()),
        ((422, "body.invalid"), "/origin")
    );
    let (_, therapist) = colleague(client, "therapist", Role::Therapist, SeesArm::Own);
    let stranger = paper.submit(&of("therapist"), &therapist, entry("staff")).await;
    assert_eq!(stranger.refusal(), (404, "not_found"), "not of the own caseload");
    let (rater, assessor) = colleague(client, "rater", Role::Assessor, SeesArm::None);
    let unassigned = paper.submit(&of("assessor"), &assessor, entry("staff")).await;
    assert_eq!(unassigned.refusal(), (404, "not_found"));
    let visit = of("assessor").replace("/responses/call", "/assignment");
    let assigned = client.post(&visit, json!({ "account_id": rater })).by(&coordinator).send().await;
    assert_eq!(assigned.status, 200, "{}", assigned.body);
    let rated = paper.submit(&of("assessor"), &assessor, entry("staff")).await;
    assert_eq!(rated.status, 200, "{}", rated.body);
    assert!(rated.body.get("answers").is_some() && rated.body.get("scores").is_none());
    assert_eq!(paper.read(&of("participant"), &assessor).await.refusal(), (404, "not_found"));
}

#[actix_web::test]
async fn answers_outside_the_options_the_window_or_the_plan_are_refused() {
    let paper = Paper::new();
    let coordinator = paper.client.world.coordinator.clone();
    let early = paper.submit(&paper.path("w01", "phq9"), &coordinator, json!({ "origin": "paper" })).await;
    assert_eq!(early.refusal(), (409, "assessment.not_open"));
    paper.advance(8);
    let path = paper.path("w01", "phq9");
    for (answers, pointer) in
        [(json!({ "1": 7 }), "/responses/phq9/answers/1"), (json!({ "77": 1 }), "/responses/phq9/answers/77")]
    {
        let wrong = paper.submit(&path, &coordinator, json!({ "answers": answers, "origin": "paper" })).await;
        let told = (wrong.refusal(), wrong.text("/errors/0/pointer"));
        assert_eq!(told, ((422, "answers.invalid"), pointer.to_owned()));
    }
    let unknown = paper.submit(&paper.path("w01", "pcl5"), &coordinator, json!({ "origin": "paper" })).await;
    assert_eq!(unknown.refusal(), (404, "not_found"));
    paper.advance(5);
    let closed = paper.submit(&path, &coordinator, json!({ "origin": "paper" })).await;
    assert_eq!(closed.refusal(), (409, "assessment.closed"));
}

#[actix_web::test]
async fn why_there_is_no_answer_is_kept_and_reaches_the_dataset() {
    let paper = Paper::new();
    paper.advance(8);
    let coordinator = paper.client.world.coordinator.clone();
    let path = paper.path("w01", "phq9");
    let entry = |answers: Value, reasons: Value| json!({ "answers": answers, "missing_reasons": reasons, "origin": "paper" });
    for (answers, reasons, pointer, code) in [
        (json!({ "1": 2 }), json!({ "1": "refused" }), "/missing_reasons/1", "field.choice"),
        (json!({}), json!({ "77": "refused" }), "/missing_reasons/77", "field.unknown"),
        (json!({}), json!({ "1": "tired" }), "/missing_reasons/1", "field.choice"),
    ] {
        let refused = paper.save(&path, &coordinator, entry(answers, reasons)).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        let found = (refused.text("/errors/0/pointer"), refused.text("/errors/0/code"));
        assert_eq!(found, (pointer.to_owned(), code.to_owned()), "{}", refused.body);
    }
    let saved = paper.save(&path, &coordinator, entry(json!({ "1": 2 }), json!({ "2": "refused" }))).await;
    assert_eq!(saved.body["answers"]["2"], json!({ "state": "skipped", "why": "refused" }), "{}", saved.body);
    // What comes later stands in its place.
    let mended = paper.save(&path, &coordinator, entry(json!({ "2": 1 }), json!({ "3": "technical" }))).await;
    assert_eq!(mended.body["answers"]["2"], json!({ "state": "answered", "value": 1 }));
    let rest = json!({ "4": 1, "5": 1, "6": 1, "7": null, "8": 1 });
    let sent = paper.submit(&path, &coordinator, entry(rest, json!({ "9": "refused" }))).await;
    assert_eq!(sent.text("/state"), "submitted", "{}", sent.body);
    // Nobody knows what item 9 would have been: that is looked at.
    let alerts = paper.client.get("/studies/linden/alerts?state=raised").by(&paper.client.world.lead);
    assert!(alerts.send().await.items().iter().any(|alert| alert["cause"] == "unanswered"));
    let statistician = paper.client.world.unblinded.clone();
    let items = paper.client.get("/studies/linden/datasets/items_long").by(&statistician).send().await;
    let text = String::from_utf8(items.bytes).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let head = rows.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|column| column == name).unwrap();
    let reasons: Vec<(String, String)> = rows
        .records()
        .map(Result::unwrap)
        .filter(|row| &row[at("occasion")] == "w01" && &row[at("instrument")] == "phq9")
        .map(|row| (row[at("item")].to_owned(), row[at("missing_reason")].to_owned()))
        .collect();
    for (item, reason) in [("1", ""), ("2", ""), ("3", "technical"), ("7", "skipped"), ("9", "refused")] {
        assert!(reasons.contains(&(item.to_owned(), reason.to_owned())), "{item} {reason}: {reasons:?}");
    }
}
