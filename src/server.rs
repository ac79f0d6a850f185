//! Puts the service together: state, middlewares, operations, the API description, health.

use std::fmt::Debug;
use std::net::TcpListener;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::App;
use actix_web::HttpResponse;
use actix_web::HttpServer;
use actix_web::dev::Server;
use actix_web::get;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use utoipa::OpenApi;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityScheme;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::scope;

use crate::api;
use crate::conduct::checkpointing;
use crate::conduct::context::House;
use crate::conduct::settling;
use crate::http::headers;
use crate::http::method;
use crate::http::operations::Operations;
use crate::http::operations::description as described;
use crate::http::problem::Problem;
use crate::http::problem::ProblemBody;
use crate::http::rate;
use crate::http::rate::RateSettings;
use crate::http::rate::Rates;
use crate::http::run::Settings;
use crate::http::run::State;
use crate::http::threads::Threads;
use crate::kernel::Error;
use crate::kernel::time::Clock;
use crate::kernel::time::SystemClock;
use crate::kernel::time::Timestamp;

/// Threads that run verbs.
const THREADS: usize = 16;

/// The head of the API description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Equipoise",
        description = "Runs randomized controlled trials of Internet-delivered psychotherapy. Writes take an Idempotency-Key; \
                   problems are RFC 9457 with a stable code; what a caller may not know is answered as if it were not there."
    ),
    components(schemas(ProblemBody))
)]
struct Head;

/// The state of a server over a house.
pub fn state(house: House, settings: Settings, rates: &RateSettings) -> Result<State, Error> {
    Ok(State {
        house,
        clock: Arc::new(SystemClock),
        threads: Threads::start(THREADS)?,
        rates: Arc::new(Rates::new(rates)),
        settings: Arc::new(settings),
        operations: Arc::new(Operations::of(&description()?)?),
    })
}

/// The API description as JSON.
pub fn description() -> Result<String, Error> {
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .openapi(Head::openapi())
        .service(scope::scope(api::BASE).configure(api::configure))
        .split_for_parts();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    document.components.get_or_insert_default().add_security_scheme("bearer", bearer);
    let unwritable = |error| Error::internal("the API description can't be written").caused_by(error);
    let mut document = serde_json::to_value(&document).map_err(unwritable)?;
    described::complete(&mut document)?;
    let mut text = serde_json::to_string_pretty(&document).map_err(unwritable)?;
    text.push('\n');
    Ok(text)
}

/// Serves on a listener until it is told to stop: requests that have begun are finished.
pub fn serve(state: State, listener: TcpListener) -> Result<Server, Error> {
    let description = Data::new(description()?);
    let server = HttpServer::new(move || {
        App::new()
            .into_utoipa_app()
            .map(|app| app.wrap(from_fn(rate::count_caller)).wrap(from_fn(headers::complete)))
            .map(|app| app.wrap(from_fn(method::head_as_get)))
            // Before the scope, which answers for everything below its path.
            .map(|app| app.service(get_openapi).service(get_version))
            .app_data(Data::new(state.clone()))
            .app_data(description.clone())
            .service(scope::scope(api::BASE).configure(api::configure))
            .into_app()
            .service(live)
            .service(ready)
    });
    server
        .listen(listener)
        .map(|server| server.shutdown_timeout(30).run())
        .map_err(|error| Error::unavailable("unavailable").caused_by(error))
}

/// Serves until the process is told to stop; `listening` is called when it answers.
pub fn run(state: State, listener: TcpListener, listening: impl FnOnce()) -> Result<(), Error> {
    let ticking = Ticking::start(state.house.clone(), state.clock.clone(), MINUTE)?;
    let served = actix_web::rt::System::new().block_on(async move {
        let server = serve(state, listener)?;
        listening();
        server.await.map_err(|error| Error::unavailable("unavailable").caused_by(error))
    });
    ticking.stop();
    served
}

/// How often the clock is looked at.
const MINUTE: Duration = Duration::from_secs(60);

/// The thread that writes down what the time alone brings about. Several processes on one database may have one each: what
/// one has written the others find done.
pub struct Ticking {
    stop: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Ticking {
    /// Starts it: at once, and then again and again.
    pub fn start(house: House, clock: Arc<dyn Clock>, every: Duration) -> Result<Self, Error> {
        let (stop, stopped) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("clock".to_owned())
            .spawn(move || {
                loop {
                    tick(&house, clock.now());
                    if stopped.recv_timeout(every) != Err(RecvTimeoutError::Timeout) {
                        break;
                    }
                }
            })
            .map_err(|error| Error::internal("the clock's thread can't be started").caused_by(error))?;
        Ok(Self { stop, thread })
    }

    /// Stops it after what it is at.
    pub fn stop(self) {
        // It has ended already only if it could not be told any more.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

fn tick(house: &House, now: Timestamp) {
    // How much was done, not what: some of it only some arms have.
    let settle = || settling::settle(house, now).map(|settled| settled.written());
    attempt("settle what is due", settle, |written| *written > 0);
    attempt("make the checkpoint of the day", || checkpointing::checkpoint_daily(house, now), |made| *made);
}

/// What fails, in whatever way, is a matter of its own: the next tick tries again.
fn attempt<T: Debug>(
    what: &str,
    work: impl FnOnce() -> Result<T, Error>,
    is_worth_telling: impl FnOnce(&T) -> bool,
) {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) if is_worth_telling(&done) => tracing::info!(?done, "the clock did {what}"),
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::error!(%error, "the clock could not {what}"),
        Err(_) => tracing::error!("the clock has panicked, and did not {what}"),
    }
}

#[get("/api/v1/openapi.json")]
async fn get_openapi(description: Data<String>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Cache-Control", "public, max-age=300"))
        .content_type("application/json")
        .body(description.get_ref().clone())
}

#[get("/api/v1/version")]
async fn get_version() -> Result<HttpResponse, Problem> {
    let schema = crate::storage::migrate::schema_version()?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "version": env!("CARGO_PKG_VERSION"), "schema": schema })))
}

#[get("/health/live")]
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "live" }))
}

/// Names what is down.
#[get("/health/ready")]
async fn ready(state: Data<State>) -> HttpResponse {
    let house = state.house.clone();
    let up = state.threads.run(move || Ok(house.db.is_up())).await.unwrap_or(false);
    if up {
        HttpResponse::Ok().json(serde_json::json!({ "status": "ready" }))
    } else {
        HttpResponse::ServiceUnavailable().json(serde_json::json!({ "status": "down", "down": ["database"] }))
    }
}
