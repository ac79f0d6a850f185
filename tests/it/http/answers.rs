//! The outer layers of the web door, on a small server: headers of every answer, problems, rates.

use actix_web::App;
use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test;
use actix_web::test::TestRequest;
use actix_web::web;
use equipoise::conduct::context::Credential;
use equipoise::conduct::context::House;
use equipoise::conduct::keys::Keys;
use equipoise::http::body::Body;
use equipoise::http::body::NoFields;
use equipoise::http::credential::SignedIn;
use equipoise::http::headers::Mode;
use equipoise::http::headers::complete;
use equipoise::http::operations::Placed;
use equipoise::http::operations::table;
use equipoise::http::problem::Problem;
use equipoise::http::rate;
use equipoise::http::rate::RateSettings;
use equipoise::http::rate::Rates;
use equipoise::http::run;
use equipoise::http::run::Settings;
use equipoise::http::run::State;
use equipoise::http::threads::Threads;
use equipoise::http::token;
use equipoise::http::token::Claims;
use equipoise::kernel::Error;
use equipoise::kernel::entropy::SeededEntropy;
use equipoise::kernel::ids::SessionId;
use equipoise::kernel::time::Clock;
use equipoise::kernel::time::Timestamp;
use equipoise::storage::Db;
use serde_json::Value;
use std::sync::Arc;
use std::thread;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000).unwrap()
    }
}

fn state_in(folder: &tempfile::TempDir) -> State {
    let entropy = Arc::new(SeededEntropy::new("headers"));
    let url = format!("sqlite:{}", folder.path().join("db.sqlite").display()).parse().unwrap();
    let keys = Keys::draw(entropy.as_ref()).unwrap();
    State {
        house: House::new(Db::open(&url).unwrap(), keys, entropy),
        clock: Arc::new(Noon),
        threads: Threads::start(1).unwrap(),
        rates: Arc::new(Rates::new(&RateSettings {
            person: rate::Rate { count: 2, seconds: 60 },
            ..RateSettings::default()
        })),
        operations: Arc::default(),
        settings: Arc::new(Settings {
            public_url: "https://trial.example".to_owned(),
            ..Settings::default()
        }),
    }
}

async fn fine(request: HttpRequest) -> HttpResponse {
    request.extensions_mut().insert(Mode::Live);
    HttpResponse::Ok().body("fine")
}

async fn broken() -> Result<HttpResponse, Problem> {
    Err(Error::internal("SELECT secret").into())
}

async fn guarded(_: SignedIn, _: Body<NoFields>) -> HttpResponse {
    HttpResponse::NoContent().finish()
}

async fn public() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).body("all")
}

/// Status, headers and JSON body of a request to a small server with both layers.
async fn ask(state: &State, request: TestRequest) -> (u16, HeaderMap, Value) {
    let app = App::new()
        .app_data(web::Data::new(state.clone()))
        .wrap(from_fn(rate::count_caller))
        .wrap(from_fn(complete))
        .service(web::resource("/fine").route(web::get().to(fine)))
        .route("/broken", web::get().to(broken))
        .route("/guarded", web::post().to(guarded))
        .route("/public", web::get().to(public));
    let app = test::init_service(app).await;
    let answer = test::call_service(&app, request.to_request()).await;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = test::read_body(answer).await;
    (status, headers, serde_json::from_slice(&body).unwrap_or_default())
}

#[actix_web::test]
async fn every_answer_is_dressed() {
    let folder = tempfile::tempdir().unwrap();
    let state = state_in(&folder);
    let (status, headers, _) = ask(&state, TestRequest::get().uri("/fine")).await;
    assert_eq!(status, 200);
    for (name, value) in [
        ("cache-control", "no-store"),
        ("vary", "Authorization, Accept, Accept-Language"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("equipoise-mode", "live"),
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ] {
        assert_eq!(headers.get(name).unwrap(), value, "{name}");
    }
    assert!(headers.get("request-id").unwrap().to_str().unwrap().starts_with("req_"));
    let (_, headers, _) = ask(&state, TestRequest::get().uri("/public")).await;
    assert_eq!(headers.get("cache-control").unwrap(), "public, max-age=300");
    assert!(!headers.contains_key("equipoise-mode"));
}

#[actix_web::test]
async fn problems_carry_the_id_of_their_request() {
    let folder = tempfile::tempdir().unwrap();
    let state = state_in(&folder);
    for (request, status, code) in [
        (TestRequest::get().uri("/broken"), 500, "internal"),
        (TestRequest::get().uri("/nowhere"), 404, "not_found"),
        (TestRequest::post().uri("/fine"), 405, "method.not_allowed"),
        (TestRequest::post().uri("/guarded").set_payload("{"), 401, "session.missing"),
    ] {
        let (found, headers, body) = ask(&state, request).await;
        assert_eq!((found, body["code"].as_str()), (status, Some(code)));
        assert_eq!(body["request_id"].as_str(), headers.get("request-id").and_then(|id| id.to_str().ok()));
        assert_eq!(body["type"], format!("https://trial.example/problems/{code}"));
        assert_eq!(headers.get("content-type").unwrap(), "application/problem+json");
        assert_eq!(headers.get("cache-control").unwrap(), "no-store");
        assert!(!body.to_string().contains("SELECT"));
    }
}

#[actix_web::test]
async fn a_person_who_asks_too_often_is_told_when_to_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let state = state_in(&folder);
    let now = state.clock.now();
    let source = state.house.entropy.as_ref();
    let claims = Claims::new("acc_1", SessionId::draw(source).unwrap(), now, source).unwrap();
    let bearer = format!("Bearer {}", token::issue(&state.house.keys.token, &claims).unwrap());
    let request = || {
        let request = TestRequest::post().uri("/guarded");
        request.insert_header((header::AUTHORIZATION, bearer.as_str()))
    };
    assert_eq!(ask(&state, request()).await.0, 204);
    assert_eq!(ask(&state, request()).await.0, 204);
    let (status, headers, body) = ask(&state, request()).await;
    assert_eq!((status, body["code"].as_str()), (429, Some("rate.limited")));
    assert_eq!(headers.get("retry-after").unwrap(), "30");
    assert_eq!(ask(&state, TestRequest::get().uri("/fine")).await.0, 200);
}

/// An operation as it is found on arrival.
fn placed() -> Placed {
    Placed { row: table::row("get_study").unwrap(), takes_query: false }
}

#[actix_web::test]
async fn a_context_has_one_moment_and_refuses_a_stale_credential_where_it_matters() {
    let folder = tempfile::tempdir().unwrap();
    let state = state_in(&folder);
    let (row, request) = (placed(), TestRequest::get().to_http_request());
    assert_eq!(
        run::context(&request, &state, None).map(|_| ()).unwrap_err().error().code(),
        "method.not_allowed"
    );
    request.extensions_mut().insert(row);
    let first = run::context(&request, &state, None).unwrap();
    let second = run::context(&request, &state, None).unwrap();
    assert_eq!((first.now, &first.request), (state.clock.now(), &second.request));
    assert_eq!(first.credential, Credential::Nobody);

    let stale = TestRequest::get().insert_header((header::AUTHORIZATION, "Bearer a.b.c")).to_http_request();
    stale.extensions_mut().insert(row);
    let refused = run::context(&stale, &state, None).map(|ctx| ctx.credential).unwrap_err();
    assert_eq!(refused.error().code(), "session.expired");
    assert_eq!(run::public_context(&stale, &state, None).unwrap().credential, Credential::Nobody);
}

#[actix_web::test]
async fn a_verb_runs_off_the_async_threads_and_its_refusal_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let state = state_in(&folder);
    let request = TestRequest::get().to_http_request();
    request.extensions_mut().insert(placed());
    let ctx = run::context(&request, &state, None).unwrap();
    let here = thread::current().id();
    let there = state.run(ctx.clone(), |_| Ok(thread::current().id())).await.unwrap();
    assert_ne!(here, there);
    let refused = state.run_password(ctx, |_| Err::<(), _>(Error::not_found())).await.unwrap_err();
    assert_eq!(refused.error().code(), "not_found");
}
