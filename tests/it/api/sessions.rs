//! Signing in, staying signed in, and the own account.

use serde_json::json;

use crate::api::client::Client;
use crate::conduct::trial;
use crate::world::World;

const PASSWORD: &str = "seven quiet herons wade";
const OTHER: &str = "nine loud magpies argue";
const LOGIN: &str = "coordinator2@example.org";

fn client() -> Client {
    Client::new(World::draft())
}

#[actix_web::test]
async fn a_refresh_token_works_once_and_shown_again_it_ends_the_session() {
    let client = client();
    client.join(LOGIN, PASSWORD).await;
    let first = client.sign_in(LOGIN, PASSWORD).await;
    assert_eq!((first.status, first.body["level"].as_str()), (200, Some("staff")));
    let renew = |token: String| client.post("/sessions/refresh", json!({ "refresh_token": token })).send();
    let second = renew(first.text("/refresh_token")).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert_eq!(second.text("/session_id"), first.text("/session_id"));
    assert_ne!(second.text("/refresh_token"), first.text("/refresh_token"));
    let access = second.text("/access_token");
    assert_eq!(client.get("/account").bearer(&access).send().await.status, 200);
    for _ in 0..2 {
        assert_eq!(renew(first.text("/refresh_token")).await.refusal(), (401, "session.reused"));
    }
    let ended = client.get("/account").bearer(&access).send().await;
    assert_eq!(ended.refusal(), (401, "session.expired"));
    assert_eq!(renew(second.text("/refresh_token")).await.refusal(), (401, "session.expired"));
}

#[actix_web::test]
async fn a_session_is_over_after_half_an_hour_without_use_and_after_twelve_hours() {
    let client = client();
    client.join(LOGIN, PASSWORD).await;
    let first = client.sign_in(LOGIN, PASSWORD).await;
    let mut token = first.text("/refresh_token");
    for _ in 0..24 {
        client.advance(30 * 60 - 1);
        let renewed = client.post("/sessions/refresh", json!({ "refresh_token": token })).send().await;
        token = renewed.text("/refresh_token");
    }
    client.advance(24);
    let late = client.post("/sessions/refresh", json!({ "refresh_token": token })).send().await;
    assert_eq!(late.refusal(), (401, "session.expired"));
    let second = client.sign_in(LOGIN, PASSWORD).await;
    client.advance(30 * 60 + 1);
    let body = json!({ "refresh_token": second.text("/refresh_token") });
    assert_eq!(client.post("/sessions/refresh", body).send().await.refusal(), (401, "session.expired"));
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_login_are_answered_alike_then_tries_wait() {
    let client = client();
    client.join(LOGIN, PASSWORD).await;
    let mut wrong = client.sign_in(LOGIN, OTHER).await;
    let mut unknown = client.sign_in("nobody@example.org", OTHER).await;
    assert_eq!(wrong.refusal(), (401, "session.refused"));
    for answer in [&mut wrong, &mut unknown] {
        answer.body.as_object_mut().unwrap().remove("request_id");
    }
    assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
    for _ in 0..3 {
        assert_eq!(client.sign_in(LOGIN, OTHER).await.status, 401);
    }
    let delayed = client.sign_in(LOGIN, PASSWORD).await;
    assert_eq!(delayed.refusal(), (429, "sign_in.delayed"));
    client.advance(delayed.header("retry-after").parse().unwrap());
    assert_eq!(client.sign_in(LOGIN, PASSWORD).await.status, 200);
}

#[actix_web::test]
async fn an_invitation_takes_one_good_password() {
    let client = client();
    let invitation = client.invite("rosalind@example.org").await.text("/invitation");
    let set = |password: &str| {
        let body = json!({ "token": invitation, "password": password });
        client.post("/credentials", body).send()
    };
    for weak in ["short", "passwordpassword", "my rosalind is twelve", &"x".repeat(129)] {
        assert_eq!(set(weak).await.refusal(), (422, "password.weak"), "{weak}");
    }
    assert_eq!(set(PASSWORD).await.status, 204);
    assert_eq!(set(OTHER).await.refusal(), (410, "token.gone"));
    let made_up = json!({ "token": "eqi_0", "password": PASSWORD });
    assert_eq!(client.post("/credentials", made_up).send().await.refusal(), (410, "token.gone"));
    let late = client.invite("late@example.org").await.text("/invitation");
    client.advance(7 * 24 * 3600);
    let body = json!({ "token": late, "password": PASSWORD });
    assert_eq!(client.post("/credentials", body).send().await.refusal(), (410, "token.gone"));
}

#[actix_web::test]
async fn one_ends_one_s_own_sessions_and_nobody_else_s() {
    let client = client();
    client.join(LOGIN, PASSWORD).await;
    client.join("other@example.org", PASSWORD).await;
    let mine = client.sign_in(LOGIN, PASSWORD).await;
    let second = client.sign_in(LOGIN, PASSWORD).await;
    let foreign = client.sign_in("other@example.org", PASSWORD).await;
    let access = mine.text("/access_token");
    let end = |id: String| client.delete(&format!("/sessions/{id}")).bearer(&access).send();
    assert_eq!(end(foreign.text("/session_id")).await.refusal(), (404, "not_found"));
    assert_eq!(end("ses_unknown".to_owned()).await.refusal(), (404, "not_found"));
    assert_eq!(end(second.text("/session_id")).await.status, 204);
    let ended = client.get("/account").bearer(&second.text("/access_token")).send().await;
    assert_eq!(ended.refusal(), (401, "session.expired"));
    assert_eq!(end("current".to_owned()).await.status, 204);
    assert_eq!(end("current".to_owned()).await.refusal(), (401, "session.expired"));
    let foreign = client.get("/account").bearer(&foreign.text("/access_token")).send().await;
    assert_eq!(foreign.status, 200);
}

#[actix_web::test]
async fn a_new_password_needs_the_present_one_and_ends_other_sessions_on_wish() {
    let client = client();
    client.join(LOGIN, PASSWORD).await;
    let asking = client.sign_in(LOGIN, PASSWORD).await.text("/access_token");
    let other = client.sign_in(LOGIN, PASSWORD).await.text("/access_token");
    let change = |present: &str, new: &str| {
        let body = json!({ "current_password": present, "password": new, "end_other_sessions": true });
        client.post("/account/password", body).bearer(&asking).send()
    };
    assert_eq!(change(OTHER, OTHER).await.refusal(), (401, "session.refused"));
    assert_eq!(change(PASSWORD, "short").await.refusal(), (422, "password.weak"));
    assert_eq!(change(PASSWORD, OTHER).await.status, 204);
    assert_eq!(client.get("/account").bearer(&asking).send().await.status, 200);
    let ended = client.get("/account").bearer(&other).send().await;
    assert_eq!(ended.refusal(), (401, "session.expired"));
    assert_eq!(client.sign_in(LOGIN, PASSWORD).await.refusal(), (401, "session.refused"));
    assert_eq!(client.sign_in(LOGIN, OTHER).await.status, 200);
}

#[actix_web::test]
async fn an_api_token_reads_one_study_until_it_is_taken_back() {
    let client = client();
    let lead = client.world.lead.clone();
    let study = client.world.study.clone();
    let body = json!({ "study_id": study, "scopes": ["datasets:read"] });
    let make = || client.post("/account/tokens", body.clone()).by(&lead);
    let made = make().with("Idempotency-Key", "token-key-0000001").send().await;
    assert_eq!(made.status, 201, "{}", made.body);
    // 1 June and 90 days, to the end of the last.
    assert_eq!(made.text("/expires_at"), "2026-08-31T00:00:00.000000Z");
    let again = make().with("Idempotency-Key", "token-key-0000001").send().await;
    assert_eq!(again.refusal(), (409, "idempotency.secret_gone"));
    assert_eq!(make().send().await.refusal(), (400, "idempotency.key_missing"));
    let own = client.get("/account").by(&lead).send().await;
    assert_eq!(own.text("/tokens/0/id"), made.text("/id"));
    assert!(!own.body.to_string().contains(&made.text("/secret")));
    let secret = made.text("/secret");
    let read = |path: String| client.get(&path).bearer(&secret).send();
    assert_eq!(read(format!("/studies/{study}")).await.status, 200);
    let staff = read(format!("/studies/{study}/staff")).await;
    assert_eq!(staff.refusal(), (403, "permission.token_scope"));
    assert_eq!(read("/account".to_owned()).await.refusal(), (404, "not_found"));
    let path = format!("/account/tokens/{}", made.text("/id"));
    let foreign = client.delete(&path).by(&client.world.coordinator).send().await;
    assert_eq!(foreign.refusal(), (404, "not_found"));
    for _ in 0..2 {
        assert_eq!(client.delete(&path).by(&lead).send().await.status, 204);
    }
    assert_eq!(read(format!("/studies/{study}")).await.refusal(), (401, "session.expired"));
}

#[actix_web::test]
async fn a_token_that_reads_arms_is_for_whoever_sees_them_and_for_thirty_days() {
    let client = client();
    let study = client.world.study.clone();
    let scopes = json!(["arms:read", "datasets:read"]);
    let ask = |body| client.post("/account/tokens", body).key();
    let body = json!({ "study_id": study, "scopes": scopes });
    let blind = ask(body.clone()).by(&client.world.lead).send().await;
    assert_eq!(blind.refusal(), (403, "permission.token_scope"));
    let seeing = ask(body).by(&client.world.unblinded).send().await;
    assert_eq!(seeing.text("/expires_at"), "2026-07-02T00:00:00.000000Z");
    for (body, refusal) in [
        (json!({ "study_id": study, "scopes": scopes, "expires_on": "2026-07-02" }), (422, "body.invalid")),
        (json!({ "study_id": study, "scopes": [] }), (422, "body.invalid")),
        (json!({ "study_id": study, "scopes": ["arms:write"] }), (422, "body.invalid")),
        (json!({ "study_id": "elsewhere", "scopes": ["datasets:read"] }), (404, "not_found")),
    ] {
        assert_eq!(ask(body).by(&client.world.unblinded).send().await.refusal(), refusal);
    }
    let foreign = ask(json!({ "study_id": study, "scopes": ["datasets:read"] }));
    assert_eq!(foreign.by(&client.world.administrator).send().await.refusal(), (404, "not_found"));
}

#[actix_web::test]
async fn a_code_confirms_the_session_that_the_link_has_opened_and_five_wrong_ones_end_the_code() {
    let client = Client::new(World::open());
    let person = trial::register(&client.world);
    let coordinator = client.world.coordinator.clone();
    let open = async |code: Option<&str>| {
        let made = client.post(&format!("/participants/{}/links", person.id), json!({}));
        let link = made.by(&coordinator).key().send().await;
        let opened = client.post("/participant/sessions", json!({ "link_token": link.text("/link_token") }));
        let opened = opened.send().await;
        assert_eq!((opened.status, opened.text("/level").as_str()), (200, "write"));
        let code = code.map_or_else(|| link.text("/code"), str::to_owned);
        let body = json!({ "link_token": link.text("/link_token"), "code": code });
        (link, opened, body)
    };
    let (_, opened, body) = open(None).await;
    let nobody = client.post("/participant/sessions", body.clone()).send().await;
    assert_eq!(nobody.refusal(), (401, "session.missing"));
    let confirmed =
        client.post("/participant/sessions", body).bearer(&opened.text("/access_token")).send().await;
    assert_eq!((confirmed.status, confirmed.text("/level").as_str()), (200, "verified"));
    assert_eq!(confirmed.text("/session_id"), opened.text("/session_id"));
    let renew = |token: String| client.post("/sessions/refresh", json!({ "refresh_token": token })).send();
    let renewed = renew(confirmed.text("/refresh_token")).await;
    assert_eq!((renewed.status, renewed.text("/level").as_str()), (200, "verified"));
    assert_eq!(renew(opened.text("/refresh_token")).await.refusal(), (401, "session.expired"));

    let (link, opened, wrong) = open(Some("no code")).await;
    let right = json!({ "link_token": link.text("/link_token"), "code": link.text("/code") });
    for body in [&wrong, &wrong, &wrong, &wrong, &wrong, &right] {
        let access = opened.text("/access_token");
        let tried = client.post("/participant/sessions", body.clone()).bearer(&access).send().await;
        assert_eq!(tried.refusal(), (401, "session.refused"));
    }
    let again = json!({ "link_token": link.text("/link_token") });
    assert_eq!(client.post("/participant/sessions", again).send().await.status, 200);
}
