//! Accounts, for the administrator.

use serde_json::json;

use crate::api::client::Client;
use crate::world::World;

const PASSWORD: &str = "seven quiet herons wade";
const LOGIN: &str = "coordinator2@example.org";

#[actix_web::test]
async fn a_disabled_account_is_shut_out_at_once_and_its_invitation_is_dead() {
    let client = Client::new(World::draft());
    let admin = client.world.administrator.clone();
    let id = client.join(LOGIN, PASSWORD).await;
    let signed_in = client.sign_in(LOGIN, PASSWORD).await;
    let invited = client.invite("guest@example.org").await;
    for id in [id.clone(), invited.text("/id")] {
        let path = format!("/accounts/{id}");
        let read = client.get(&path).by(&admin).send().await;
        let change = client.patch(&path, json!({ "disabled": true })).with("If-Match", &read.header("etag"));
        let changed = change.by(&admin).send().await;
        assert_eq!(changed.text("/state"), "disabled");
    }
    let shut_out = client.get("/account").bearer(&signed_in.text("/access_token")).send().await;
    assert_eq!(shut_out.refusal(), (401, "session.expired"));
    let body = json!({ "refresh_token": signed_in.text("/refresh_token") });
    assert_eq!(client.post("/sessions/refresh", body).send().await.refusal(), (401, "session.expired"));
    assert_eq!(client.sign_in(LOGIN, PASSWORD).await.refusal(), (401, "session.refused"));
    let body = json!({ "token": invited.text("/invitation"), "password": PASSWORD });
    assert_eq!(client.post("/credentials", body).send().await.refusal(), (410, "token.gone"));
    let path = format!("/accounts/{id}");
    let enabled = client.patch(&path, json!({ "disabled": false })).with("If-Match", "*").by(&admin);
    assert_eq!(enabled.send().await.text("/state"), "active");
    assert_eq!(client.sign_in(LOGIN, PASSWORD).await.status, 200);
}

#[actix_web::test]
async fn a_change_names_what_it_changes_and_nobody_disables_himself() {
    let client = Client::new(World::draft());
    let admin = client.world.administrator.clone();
    let id = client.join(LOGIN, PASSWORD).await;
    let path = format!("/accounts/{id}");
    let read = client.get(&path).by(&admin).send().await.header("etag");
    let change = |tag: Option<&str>, body| {
        let call = client.patch(&path, body).by(&admin);
        match tag {
            Some(tag) => call.with("If-Match", tag).send(),
            None => call.send(),
        }
    };
    assert_eq!(change(None, json!({})).await.refusal(), (428, "precondition.missing"));
    let changed = change(Some(&read), json!({ "name": "Another name" })).await;
    assert_eq!(changed.text("/name"), "Another name");
    let stale = change(Some(&read), json!({ "name": "Third name" })).await;
    assert_eq!(stale.refusal(), (412, "precondition.failed"));
    let empty = change(Some("*"), json!({ "organisation": " " })).await;
    assert_eq!(empty.refusal(), (422, "body.invalid"));
    let own = client.get("/account").by(&admin).send().await.text("/id");
    let own = client.patch(&format!("/accounts/{own}"), json!({ "disabled": true })).with("If-Match", "*");
    assert_eq!(own.by(&admin).send().await.refusal(), (403, "permission.own_act"));
}

#[actix_web::test]
async fn accounts_come_in_pages_and_only_to_the_administrator() {
    let client = Client::new(World::draft());
    let admin = client.world.administrator.clone();
    client.invite("zz@example.org").await;
    let mut logins = Vec::new();
    let mut path = "/accounts?limit=2".to_owned();
    loop {
        let page = client.get(&path).by(&admin).send().await;
        let items = page.body["items"].as_array().unwrap().clone();
        assert!(items.len() <= 2);
        logins.extend(items.iter().map(|item| item["login"].as_str().unwrap().to_owned()));
        match page.body["next_cursor"].as_str() {
            Some(cursor) => path = format!("/accounts?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    let world = ["admin", "coordinator", "lead", "statistician", "zz"];
    assert_eq!(logins, world.map(|name| format!("{name}@example.org")));
    let invited = client.get("/accounts?state=invited").by(&admin).send().await;
    assert_eq!(invited.body["items"].as_array().unwrap().len(), 1);
    let unknown = client.get("/accounts?state=asleep").by(&admin).send().await;
    assert_eq!(unknown.refusal(), (400, "query.unknown_parameter"));
    let broken = client.get("/accounts?cursor=00").by(&admin).send().await;
    assert_eq!(broken.refusal(), (400, "cursor.invalid"));
    let lead = client.get("/accounts").by(&client.world.lead).send().await;
    assert_eq!(lead.refusal(), (403, "permission.denied"));
    assert_eq!(client.get("/accounts").send().await.refusal(), (401, "session.missing"));
}
