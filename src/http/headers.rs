//! The headers that every answer has, and the request id and public address in every problem.

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::http::header::HeaderMap;
use actix_web::http::header::HeaderName;
use actix_web::http::header::HeaderValue;
use actix_web::middleware::Next;

use crate::conduct::context::ModeSeen;
use crate::conduct::studying;
use crate::http::problem::Problem;
use crate::http::problem_titles::Language;
use crate::http::run;
use crate::http::run::Moment;
use crate::http::run::Settings;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::Kind;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const MODE: HeaderName = HeaderName::from_static("equipoise-mode");
const TWO_YEARS: &str = "max-age=63072000; includeSubDomains";

/// Whether an answer is about real participants. Handlers put it into the extensions of their request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// For trying out.
    Test,
    /// Real.
    Live,
}

impl From<studying::Mode> for Mode {
    fn from(mode: studying::Mode) -> Self {
        match mode {
            studying::Mode::Test => Self::Test,
            studying::Mode::Live => Self::Live,
        }
    }
}

impl Mode {
    /// The word in the header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

/// Middleware, the outermost of ours: gives the request its moment, completes the answer, logs faults of ours once.
pub async fn complete(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let (state, moment) = match arrive(&request) {
        Ok(arrived) => arrived,
        Err(error) => return Ok(request.error_response(Problem::from(error))),
    };
    let answer = match next.call(request).await {
        Ok(answer) => answer.map_into_boxed_body(),
        Err(error) => {
            // A layer within ours has failed without an answer, and the request went with it.
            tracing::error!(request = moment.request.as_str(), %error, "a layer has failed");
            return Err(error);
        }
    };
    let mut answer = match as_problem(&answer, &state.settings, &moment) {
        Some(problem) => answer.into_response(problem),
        None => answer,
    };
    let allowed = state.operations.allowed(answer.request());
    let allowed = allowed.and_then(|methods| HeaderValue::try_from(methods).ok());
    if let (StatusCode::METHOD_NOT_ALLOWED, Some(allowed)) = (answer.status(), allowed) {
        answer.headers_mut().insert(header::ALLOW, allowed);
    }
    let mode = mode_of(answer.request()).or(state.settings.mode);
    dress(answer.headers_mut(), &state.settings, &moment, mode);
    Ok(answer)
}

/// The mode of the study that an answer is about: as the handler says, or as the verb found it.
fn mode_of(request: &HttpRequest) -> Option<Mode> {
    let extensions = request.extensions();
    let seen = || extensions.get::<ModeSeen>().and_then(ModeSeen::get);
    extensions.get::<Mode>().copied().or_else(|| seen().map(Mode::from))
}

fn arrive(request: &ServiceRequest) -> Result<(State, Moment), Error> {
    let state = run::state(request.request())?.clone();
    let moment = Moment::of(&mut request.extensions_mut(), &state)?;
    if let Some(operation) = state.operations.find(request.request()) {
        request.extensions_mut().insert(operation);
    }
    Ok((state, moment))
}

/// The problem that an answer stands for, complete.
fn as_problem(answer: &ServiceResponse, settings: &Settings, moment: &Moment) -> Option<HttpResponse> {
    let language = Language::wanted(answer.request());
    let complete = |problem: &Problem| {
        problem.log(Some(&moment.request));
        problem.respond(&settings.public_url, Some(&moment.request), language)
    };
    match answer.response().error().and_then(actix_web::Error::as_error::<Problem>) {
        Some(problem) => Some(complete(problem)),
        None => of_framework(answer).map(Problem::from).as_ref().map(complete),
    }
}

/// What the framework has refused by itself: an unknown route, a wrong method, a broken request.
fn of_framework(answer: &ServiceResponse) -> Option<Error> {
    let status = answer.status();
    let error = answer.response().error();
    let is_bare = error.is_some() || !answer.headers().contains_key(header::CONTENT_TYPE);
    match status {
        _ if !is_bare || !(status.is_client_error() || status.is_server_error()) => None,
        StatusCode::NOT_FOUND if error.is_none() && is_known(answer) => {
            Some(Error::new(Kind::Malformed, "method.not_allowed"))
        }
        StatusCode::NOT_FOUND => Some(Error::not_found()),
        StatusCode::METHOD_NOT_ALLOWED => Some(Error::new(Kind::Malformed, "method.not_allowed")),
        _ if status.is_client_error() => Some(Error::new(Kind::Malformed, "request.malformed")),
        _ => Some(Error::internal(error.map_or_else(|| status.to_string(), ToString::to_string))),
    }
}

/// Whether there is something at the address, for another method.
fn is_known(answer: &ServiceResponse) -> bool {
    let request = answer.request();
    request.resource_map().has_resource(request.path())
}

fn dress(headers: &mut HeaderMap, settings: &Settings, moment: &Moment, mode: Option<Mode>) {
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(REQUEST_ID, moment.request.as_str());
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    if let Some(mode) = mode {
        set(MODE, mode.as_str());
    }
    if settings.public_url.starts_with("https://") {
        set(header::STRICT_TRANSPORT_SECURITY, TWO_YEARS);
    }
    // A page that everybody may keep says so itself.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::VARY, HeaderValue::from_static("Authorization, Accept, Accept-Language"));
    }
}
