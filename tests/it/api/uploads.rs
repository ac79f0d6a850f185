//! Protocols as they are sent: one file, a folder, and what is refused of them.

use crate::api::client::Client;
use crate::api::client::zipped;
use crate::world;
use crate::world::World;

fn example() -> String {
    std::fs::read_to_string(format!("{}/protocols/example.toml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn file(name: &str, content: &str) -> (String, String) {
    (name.to_owned(), content.to_owned())
}

#[actix_web::test]
async fn a_protocol_that_ships_makes_a_study_from_its_one_file() {
    let client = Client::new(World::draft());
    let admin = client.world.administrator.clone();
    let send = |path: &str| client.post_as(path, "application/toml", example()).by(&admin);
    let checked = send("/protocol-checks").send().await;
    assert_eq!(checked.body["errors"], serde_json::json!([]));
    let made = send("/studies?mode=test").key().send().await;
    assert_eq!((made.status, made.text("/state").as_str()), (201, "draft"), "{}", made.body);
    let location = made.header("location").replacen("/api/v1", "", 1);
    assert_eq!(client.get(&location).by(&admin).send().await.body, made.body);
}

#[actix_web::test]
async fn a_folder_sent_again_under_its_key_is_the_same_study_however_it_was_packed() {
    let client = Client::new(World::draft());
    let admin = client.world.administrator.clone();
    let protocol = world::fixture("base.toml").replacen("alias = \"linden\"", "alias = \"aspen\"", 1);
    let mut folder: Vec<(String, String)> = world::texts().into_iter().collect();
    folder.push(file("aspen.toml", &protocol));
    let send = |path: &str, folder: Vec<(String, String)>| {
        let call = client.post_as(path, "application/zip", zipped(folder)).by(&admin);
        call.with("Idempotency-Key", "upload-key-0000001").send()
    };
    let first = send("/studies?mode=test", folder.clone()).await;
    assert_eq!(first.status, 201, "{}", first.body);
    folder.reverse();
    let again = send("/studies?mode=test", folder.clone()).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.header("location"), first.header("location"));
    let live = send("/studies?mode=live", folder.clone()).await;
    assert_eq!(live.refusal(), (422, "idempotency.key_reused"));
    folder[0].1 = protocol.replacen("aspen", "birch", 1);
    let other = send("/studies?mode=test", folder).await;
    assert_eq!(other.refusal(), (422, "idempotency.key_reused"));
}

#[actix_web::test]
async fn folders_that_lead_elsewhere_hold_more_or_are_too_large_make_nothing() {
    let client = Client::new(World::draft());
    let admin = client.world.administrator.clone();
    let send = |content_type: &str, bytes: Vec<u8>| {
        client.post_as("/studies?mode=test", content_type, bytes).by(&admin).key().send()
    };
    let protocol = || file("base.toml", &world::fixture("base.toml"));
    for (folder, pointer, code) in [
        (vec![protocol(), file("../evil.toml", "x")], "/..~1evil.toml", "field.format"),
        (vec![protocol(), file("/etc/evil.toml", "x")], "/~1etc~1evil.toml", "field.format"),
        (vec![protocol(), file("run.sh", "x")], "/run.sh", "field.unknown"),
        (vec![protocol(), file("second.toml", "x")], "", "field.required"),
        (vec![file("messages/base/en/help.md", "x")], "", "field.required"),
    ] {
        let refused = send("application/zip", zipped(folder)).await;
        assert_eq!(refused.refusal(), (422, "body.invalid"));
        assert_eq!(
            (refused.text("/errors/0/pointer"), refused.text("/errors/0/code")),
            (pointer.into(), code.into())
        );
    }
    let bomb = zipped([protocol(), file("messages/base/en/help.md", &" ".repeat(9 * 1024 * 1024))]);
    assert!(bomb.len() < 100_000);
    assert_eq!(send("application/zip", bomb).await.refusal(), (413, "body.too_large"));
    for content_type in ["application/toml", "application/zip"] {
        let large = send(content_type, vec![b' '; 2 * 1024 * 1024 + 1]).await;
        assert_eq!(large.refusal(), (413, "body.too_large"));
    }
    assert_eq!(send("application/zip", b"PK".to_vec()).await.refusal(), (400, "request.malformed"));
    assert_eq!(send("application/toml", b"\xff".to_vec()).await.refusal(), (400, "request.malformed"));
    assert_eq!(send("application/json", b"{}".to_vec()).await.refusal(), (415, "content_type.unsupported"));
    // Without the texts that it names, a protocol is not sound.
    let alone = send("application/toml", world::fixture("base.toml").into_bytes()).await;
    assert_eq!((alone.refusal(), alone.text("/errors/0/code").as_str()), ((422, "protocol.invalid"), "P101"));
    assert_eq!(client.get("/studies").by(&admin).send().await.items().len(), 1);
}
