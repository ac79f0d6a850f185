//! How often somebody may ask, and the mode that every answer about a study names.

use equipoise::http::rate::Rate;
use equipoise::http::rate::RateSettings;
use serde_json::json;

use crate::api::client::Client;
use crate::conduct::trial;
use crate::world::World;

const OFTEN: Rate = Rate { count: 10_000, seconds: 1 };

fn rates() -> RateSettings {
    RateSettings {
        sign_in: OFTEN,
        person: OFTEN,
        api_token: OFTEN,
        allocation: OFTEN,
        ..RateSettings::default()
    }
}

#[actix_web::test]
async fn sign_ins_from_one_address_are_ten_a_minute() {
    let client = Client::with_rates(World::draft(), RateSettings::default());
    for number in 0..10 {
        let answer = client.sign_in(&format!("nobody{number}@example.org"), "a wrong password").await;
        assert_eq!(answer.refusal(), (401, "session.refused"));
    }
    let limited = client.sign_in("nobody@example.org", "a wrong password").await;
    assert_eq!((limited.refusal(), limited.header("retry-after").as_str()), ((429, "rate.limited"), "6"));
    client.advance(6);
    assert_eq!(client.sign_in("nobody@example.org", "a wrong password").await.status, 401);
}

#[actix_web::test]
async fn each_person_and_each_token_has_a_bucket_of_its_own() {
    let few = Rate { count: 3, seconds: 60 };
    let client = Client::with_rates(World::open(), RateSettings { person: few, api_token: few, ..rates() });
    let token = json!({ "study_id": client.world.study, "scopes": ["datasets:read"] });
    let token = client.post("/account/tokens", token).by(&client.world.unblinded).key().send().await;
    let secret = token.text("/secret");
    for _ in 0..2 {
        assert_eq!(client.get("/account").by(&client.world.unblinded).send().await.status, 200);
    }
    let limited = client.get("/account").by(&client.world.unblinded).send().await;
    assert_eq!((limited.refusal(), limited.header("retry-after").as_str()), ((429, "rate.limited"), "20"));
    for _ in 0..3 {
        assert_eq!(client.get("/studies/linden/datasets").bearer(&secret).send().await.status, 200);
    }
    assert_eq!(
        client.get("/studies/linden/datasets").bearer(&secret).send().await.refusal(),
        (429, "rate.limited")
    );
    assert_eq!(
        client.get("/account").by(&client.world.lead).send().await.status,
        200,
        "others are not held up"
    );
}

#[actix_web::test]
async fn draws_are_thirty_a_minute_for_one_person() {
    let client = Client::with_rates(
        World::open(),
        RateSettings { allocation: Rate { count: 2, seconds: 60 }, ..rates() },
    );
    let person = trial::register(&client.world);
    let path = format!("/participants/{}/allocation", person.id);
    let body = json!({ "confirm_code": person.code, "checked_person": true, "strata": {} });
    for _ in 0..2 {
        let early = client.post(&path, body.clone()).by(&client.world.coordinator).key().send().await;
        assert_eq!(early.refusal(), (409, "allocation.not_ready"), "{}", early.body);
    }
    let limited = client.post(&path, body).by(&client.world.coordinator).key().send().await;
    assert_eq!((limited.refusal(), limited.header("retry-after").as_str()), ((429, "rate.limited"), "30"));
    assert_eq!(RateSettings::default().allocation, Rate { count: 30, seconds: 60 });
}

#[actix_web::test]
async fn a_login_that_does_not_exist_waits_as_one_that_does() {
    let client = Client::new(World::draft());
    client.join("rosalind@example.org", "a walk of seven bridges").await;
    let mut seen = Vec::new();
    for login in ["rosalind@example.org", "nobody@example.org", " NOBODY2@example.org "] {
        let mut waits = Vec::new();
        for _ in 0..6 {
            let answer = client.sign_in(login, "a wrong password").await;
            let retry = answer.headers.get("retry-after").map(|seconds| seconds.to_str().unwrap().to_owned());
            waits.push((answer.status, answer.body["code"].to_string(), retry));
        }
        seen.push(waits);
    }
    assert_eq!(seen[0][4], (429, "\"sign_in.delayed\"".to_owned(), Some("60".to_owned())));
    assert_eq!((&seen[1], &seen[2]), (&seen[0], &seen[0]));
}

#[actix_web::test]
async fn every_answer_about_a_study_names_its_mode_and_one_about_nothing_known_does_not() {
    let client = Client::new(World::open());
    let person = trial::drawn(&client.world, "a@example.org");
    let pre = trial::assessment_of(&client.world, &person, "pre");
    let coordinator = client.world.coordinator.clone();
    for path in [
        "/studies/linden".to_owned(),
        "/studies/linden/participants".to_owned(),
        "/studies/linden/staff".to_owned(),
        format!("/participants/{}", person.id),
        format!("/participants/{}/timeline", person.id),
        format!("/assessments/{pre}"),
        format!("/assessments/{pre}/responses/phq9"),
    ] {
        let answer = client.get(&path).by(&coordinator).send().await;
        assert!(answer.status == 200 || answer.status == 403, "{path}");
        assert_eq!(answer.header("equipoise-mode"), "test", "{path}");
    }
    let own = client.get("/participant").by(&person.session).send().await;
    assert_eq!(own.header("equipoise-mode"), "test");
    let acted = client.post(&format!("/participants/{}/links", person.id), json!({})).by(&coordinator).key();
    assert_eq!(acted.send().await.header("equipoise-mode"), "test");
    let stranger = crate::world::staff(&client.world.house, "stranger", false, client.world.now()).1;
    for path in [format!("/participants/{}", person.id), "/studies/linden".to_owned(), "/account".to_owned()]
    {
        let answer = client.get(&path).by(&stranger).send().await;
        assert!(answer.headers.get("equipoise-mode").is_none(), "{path}");
    }
}
