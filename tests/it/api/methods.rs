//! Methods: HEAD everywhere where there is GET, and a word of its own for a method that an address does not have.

use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;

use actix_web::http::Method;
use actix_web::rt;
use actix_web::web;
use equipoise::server;
use serde_json::json;

use crate::api::client::Client;
use crate::world::World;

#[actix_web::test]
async fn head_answers_as_get_without_the_body() {
    let client = Client::new(World::open());
    let lead = client.world.lead.clone();
    let path = format!("/studies/{}", client.world.study);
    for path in [path.clone(), format!("{path}/participants"), "/instruments".to_owned()] {
        let get = client.get(&path).by(&lead).send().await;
        let head = client.call(Method::HEAD, &path).by(&lead).send().await;
        assert_eq!((head.status, head.bytes.len()), (200, 0), "{path}");
        for name in ["content-type", "cache-control", "etag"] {
            assert_eq!(head.headers.get(name), get.headers.get(name), "{path} {name}");
        }
        assert!(!get.bytes.is_empty());
    }
    for (path, status) in [(path.as_str(), 401), ("/nowhere", 404)] {
        let head = client.call(Method::HEAD, path).send().await;
        assert_eq!((head.status, head.bytes.len()), (status, 0), "{path}");
    }
}

#[actix_web::test]
async fn an_address_without_the_method_is_not_taken_for_one_that_is_not_there() {
    let client = Client::new(World::open());
    let people = format!("/studies/{}/participants", client.world.study);
    for (method, path) in [
        (Method::DELETE, people.as_str()),
        (Method::PUT, people.as_str()),
        (Method::POST, "/instruments"),
        (Method::GET, "/sessions"),
        (Method::HEAD, "/sessions"),
    ] {
        let answer = client.call(method.clone(), path).by(&client.world.lead).send().await;
        assert_eq!(answer.status, 405, "{method} {path}");
        if method != Method::HEAD {
            assert_eq!(answer.refusal(), (405, "method.not_allowed"), "{method} {path}");
        }
    }
    let wrong = client.delete(&people).by(&client.world.lead).send().await;
    assert_eq!(wrong.header("Allow"), "GET, HEAD, POST");
    let nowhere = client.post("/nowhere", json!({})).send().await;
    assert_eq!(nowhere.refusal(), (404, "not_found"));
    let unknown = client.get("/studies/nowhere").by(&client.world.lead).send().await;
    assert_eq!(unknown.refusal(), (404, "not_found"));
}

/// Head and body of an answer as it comes over the wire.
async fn over_the_wire(to: SocketAddr, method: &'static str) -> (String, String) {
    let asked = web::block(move || {
        let mut stream = TcpStream::connect(to).unwrap();
        write!(stream, "{method} /api/v1/version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = asked.await.unwrap().to_lowercase();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[actix_web::test]
async fn over_the_wire_head_tells_the_length_of_what_it_leaves_out() {
    let client = Client::new(World::draft());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = server::serve(client.state.clone(), listener).unwrap();
    let handle = server.handle();
    let served = rt::spawn(server);
    let (_, body) = over_the_wire(address, "GET").await;
    let (head, nothing) = over_the_wire(address, "HEAD").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let lengths: Vec<&str> = head.lines().filter(|line| line.starts_with("content-length")).collect();
    assert_eq!(lengths, [format!("content-length: {}", body.len())]);
    assert_eq!(nothing, "");
    handle.stop(false).await;
    served.await.unwrap().unwrap();
}

#[actix_web::test]
async fn an_operation_that_knows_no_parameters_refuses_any() {
    let client = Client::new(World::open());
    let lead = client.world.lead.clone();
    for path in ["/account", "/studies/linden", "/studies/linden/readiness", "/studies/linden/certificate"] {
        let path = format!("{path}?as_of=2026-06-01T00:00:00Z");
        let refused = client.get(&path).by(&lead).send().await;
        assert_eq!(refused.refusal(), (400, "query.unknown_parameter"), "{path}");
        assert_eq!(client.get(&path).send().await.refusal(), (401, "session.missing"), "{path}");
    }
    let close = client.post("/studies/linden/close?force=true", json!({})).by(&lead).key();
    assert_eq!(close.send().await.refusal().0, 422, "the shape of the body comes first");
}

#[actix_web::test]
async fn the_title_of_a_problem_is_in_the_language_that_is_wanted() {
    let client = Client::new(World::open());
    let title = async |language: &str| {
        let call = client.get("/participants/par_00000000000000000000").by(&client.world.lead);
        call.with("Accept-Language", language).send().await.text("/title")
    };
    assert_eq!(title("sv-SE").await, "Hittades inte");
    assert_eq!(title("de").await, "Nicht gefunden");
    assert_eq!(title("fi, en;q=0.1").await, "Not found");
}
