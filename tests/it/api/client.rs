//! Requests against the whole door of a small installation, without a network: the real layers, a clock that moves.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::io::Write;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use actix_web::App;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test;
use actix_web::test::TestRequest;
use actix_web::web::Data;
use equipoise::api;
use equipoise::conduct::context::Credential;
use equipoise::http::headers;
use equipoise::http::method;
use equipoise::http::operations::Operations;
use equipoise::http::rate;
use equipoise::http::rate::Rate;
use equipoise::http::rate::RateSettings;
use equipoise::http::rate::Rates;
use equipoise::http::run::Settings;
use equipoise::http::run::State;
use equipoise::http::threads::Threads;
use equipoise::http::token;
use equipoise::http::token::Claims;
use equipoise::kernel::Error;
use equipoise::kernel::time::Clock;
use equipoise::kernel::time::Timestamp;
use equipoise::server;
use equipoise::storage::people;
use serde_json::Value;
use serde_json::json;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::scope;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::world;
use crate::world::START;
use crate::world::World;

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// The door of a world.
pub struct Client {
    pub world: World,
    pub state: State,
    hands: Arc<Hands>,
    keys: AtomicU32,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body as JSON; null if it is none.
    pub body: Value,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Status and code of a refusal.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    pub fn text(&self, pointer: &str) -> String {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no {pointer} in {} {}", self.status, self.body)).to_owned()
    }

    /// The rows of a page.
    pub fn items(&self) -> &Vec<Value> {
        let items = self.body["items"].as_array();
        items.unwrap_or_else(|| panic!("no page in {} {}", self.status, self.body))
    }

    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap().to_owned()
    }
}

/// One request under way.
pub struct Call<'a> {
    client: &'a Client,
    request: TestRequest,
}

impl Call<'_> {
    /// With a bearer token as it is.
    pub fn bearer(mut self, secret: &str) -> Self {
        self.request = self.request.insert_header(("Authorization", format!("Bearer {secret}")));
        self
    }

    /// With a fresh access token of a session.
    pub fn by(self, credential: &Credential) -> Self {
        let Credential::Session(session) = credential else { panic!("no session") };
        let state = &self.client.state;
        let found = state.house.db.read(|tx| people::find_session(tx, session));
        let found = found.unwrap_or_else(|error: Error| panic!("{error}")).unwrap();
        let (now, entropy) = (state.clock.now(), state.house.entropy.as_ref());
        let claims = Claims::new(&found.holder, session.clone(), now, entropy);
        let secret = token::issue(&state.house.keys.token, &claims.unwrap()).unwrap();
        self.bearer(&secret)
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.insert_header((name, value));
        self
    }

    /// With a retry key of its own.
    pub fn key(self) -> Self {
        let number = self.client.keys.fetch_add(1, Ordering::SeqCst);
        self.with("Idempotency-Key", &format!("test-key-{number:08}"))
    }

    pub fn json(mut self, body: Value) -> Self {
        self.request = self.request.set_json(body);
        self
    }

    fn body(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.request = self.request.insert_header(("Content-Type", content_type)).set_payload(bytes.into());
        self
    }

    pub async fn send(self) -> Answer {
        let app = App::new()
            .into_utoipa_app()
            .map(|app| app.wrap(from_fn(rate::count_caller)).wrap(from_fn(headers::complete)))
            .map(|app| app.wrap(from_fn(method::head_as_get)))
            .app_data(Data::new(self.client.state.clone()))
            .service(scope::scope(api::BASE).configure(api::configure))
            .into_app();
        let app = test::init_service(app).await;
        let answer = test::call_service(&app, self.request.to_request()).await;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let operation = self.client.state.operations.find(answer.request());
        let bytes = test::read_body(answer).await.to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if let Some(operation) = operation {
            require_described(operation.row.id, status, &body);
        }
        Answer { status, headers, body, bytes }
    }
}

/// Whatever an operation refuses stands in its description.
fn require_described(operation: &str, status: u16, body: &Value) {
    static CODES: OnceLock<BTreeSet<(String, String)>> = OnceLock::new();
    let codes = CODES.get_or_init(|| {
        let description: Value = serde_json::from_str(&server::description().unwrap()).unwrap();
        let paths = description["paths"].as_object().unwrap().values();
        let operations = paths.flat_map(|methods| methods.as_object().unwrap().values());
        let pairs = operations.flat_map(|operation| {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let answers = operation["responses"].as_object().unwrap().values();
            let codes = answers.filter_map(|answer| answer["x-equipoise-codes"].as_array()).flatten();
            codes.map(move |code| (id.clone(), code.as_str().unwrap().to_owned())).collect::<Vec<_>>()
        });
        pairs.collect()
    });
    // A look at the head alone has no body to tell a code.
    if status >= 400 && !body.is_null() {
        let code = body["code"].as_str().unwrap_or_default().to_owned();
        let is_described = codes.contains(&(operation.to_owned(), code.clone()));
        assert!(is_described, "{operation} is not described to refuse with {status} {code}: {body}");
    }
}

impl Client {
    /// With rates that no test reaches.
    pub fn new(world: World) -> Self {
        let often = Rate { count: 10_000, seconds: 1 };
        let rates = RateSettings {
            sign_in: often,
            person: often,
            api_token: often,
            allocation: often,
            ..RateSettings::default()
        };
        Self::with_rates(world, rates)
    }

    pub fn with_rates(world: World, rates: RateSettings) -> Self {
        let hands = Arc::new(Hands(AtomicI64::new(START)));
        let state = State {
            house: world.house.clone(),
            clock: hands.clone(),
            threads: Threads::start(2).unwrap(),
            rates: Arc::new(Rates::new(&rates)),
            operations: Arc::new(Operations::of(&server::description().unwrap()).unwrap()),
            settings: Arc::new(Settings::default()),
        };
        Self { world, state, hands, keys: AtomicU32::new(0) }
    }

    pub fn advance(&self, seconds: i64) {
        self.hands.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        let request = TestRequest::with_uri(&format!("{}{path}", api::BASE)).method(method);
        Call { client: self, request }
    }

    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str, body: Value) -> Call<'_> {
        self.call(Method::POST, path).json(body)
    }

    /// With a body of another type than JSON.
    pub fn post_as(&self, path: &str, content_type: &str, bytes: impl Into<Vec<u8>>) -> Call<'_> {
        self.call(Method::POST, path).body(content_type, bytes)
    }

    /// A protocol with the texts of the base trial beside it.
    pub fn protocol(&self, path: &str, protocol: &str) -> Call<'_> {
        let folder = world::texts().into_iter().chain([("protocol.toml".to_owned(), protocol.to_owned())]);
        self.post_as(path, "application/zip", zipped(folder))
    }

    pub fn patch(&self, path: &str, body: Value) -> Call<'_> {
        self.call(Method::PATCH, path).json(body)
    }

    pub fn put(&self, path: &str, body: Value) -> Call<'_> {
        self.call(Method::PUT, path).json(body)
    }

    pub fn delete(&self, path: &str) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    /// One member of every row of a list, page by page; the path holds a limit.
    pub async fn pages(&self, path: &str, by: &Credential, member: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut next = path.to_owned();
        loop {
            let page = self.get(&next).by(by).send().await;
            found.extend(page.items().iter().map(|row| row[member].as_str().unwrap().to_owned()));
            match page.body["next_cursor"].as_str() {
                Some(cursor) => next = format!("{path}&cursor={cursor}"),
                None => return found,
            }
        }
    }

    /// Makes an account and redeems its invitation; the account's id.
    pub async fn join(&self, login: &str, password: &str) -> String {
        let made = self.invite(login).await;
        let body = json!({ "token": made.text("/invitation"), "password": password });
        assert_eq!(self.post("/credentials", body).send().await.status, 204);
        made.text("/id")
    }

    pub async fn invite(&self, login: &str) -> Answer {
        let body = json!({ "login": login, "name": "Synthetic person", "organisation": "Clinic" });
        let made = self.post("/accounts", body).by(&self.world.administrator).key().send().await;
        assert_eq!(made.status, 201, "{}", made.body);
        made
    }

    pub async fn sign_in(&self, login: &str, password: &str) -> Answer {
        self.post("/sessions", json!({ "login": login, "password": password })).send().await
    }
}

/// A zip file of these files.
pub fn zipped(files: impl IntoIterator<Item = (String, String)>) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
