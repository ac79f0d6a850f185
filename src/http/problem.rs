//! The only place where an error becomes an answer: `application/problem+json` (RFC 9457), by the table of codes.

use std::error::Error as StdError;
use std::fmt;

use actix_web::HttpResponse;
use actix_web::ResponseError;
use actix_web::http::StatusCode;
use actix_web::http::header;
use serde::Serialize;

use crate::http::problem_table;
use crate::http::problem_table::INTERNAL;
use crate::http::problem_table::Row;
use crate::http::problem_titles;
use crate::http::problem_titles::Language;
use crate::kernel::Error;
use crate::kernel::error::FieldError;
use crate::kernel::error::Unmet;
use crate::kernel::ids::RequestId;

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error on its way to the client.
#[derive(Debug)]
pub struct Problem(Error);

impl Problem {
    /// The error behind it.
    pub fn error(&self) -> &Error {
        &self.0
    }

    /// The row of its code; a code without a row is a fault of ours.
    pub fn row(&self) -> &'static Row {
        problem_table::row(self.0.code()).unwrap_or(&INTERNAL)
    }

    /// The body. `base` is the public address of the service, without a slash at its end; empty for relative types.
    pub fn body(&self, base: &str, request: Option<&RequestId>, language: Language) -> ProblemBody {
        let row = self.row();
        let is_internal = row.status == INTERNAL.status;
        let shown = |text: Option<&str>| text.filter(|_| !is_internal).map(str::to_owned);
        ProblemBody {
            kind: format!("{base}/problems/{}", row.code),
            title: problem_titles::title(row, language).to_owned(),
            status: row.status,
            detail: Some(shown(self.0.detail_text()).unwrap_or_else(|| row.about.to_owned())),
            code: row.code.to_owned(),
            request_id: request.map(RequestId::to_string),
            errors: if is_internal {
                Vec::new()
            } else {
                self.0.fields().iter().map(FieldProblem::of).collect()
            },
            unmet: if is_internal {
                Vec::new()
            } else {
                self.0.unmet().iter().map(UnmetProblem::of).collect()
            },
        }
    }

    /// The whole answer.
    pub fn respond(&self, base: &str, request: Option<&RequestId>, language: Language) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.0.retry_seconds() {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if let Some(challenge) = challenge(self.row()) {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        response.insert_header((header::CONTENT_TYPE, MEDIA_TYPE));
        match serde_json::to_string(&self.body(base, request, language)) {
            Ok(body) => response.body(body),
            Err(_) => response.finish(),
        }
    }

    /// Writes a fault of ours to the log, with the chain of its causes. To be called once, at the border.
    pub fn log(&self, request: Option<&RequestId>) {
        if self.row().status == INTERNAL.status {
            let request = request.map(RequestId::as_str).unwrap_or_default();
            tracing::error!(request, chain = chain(&self.0), "a request has failed");
        }
    }
}

/// How a client may sign in (RFC 6750 section 3; RFC 9470 section 3 for a fresh proof).
fn challenge(row: &Row) -> Option<&'static str> {
    match (row.status, row.code) {
        (401, "session.missing") => Some("Bearer"),
        (401, "reauthentication.required" | "session.level_too_low") => {
            Some("Bearer error=\"insufficient_user_authentication\"")
        }
        (401, _) => Some("Bearer error=\"invalid_token\""),
        _ => None,
    }
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(" <- ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        self.respond("", None, Language::En)
    }
}

/// What a client is told of a refusal or fault (RFC 9457).
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// The address of a page about the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// A few words, the same for each problem of this code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong in this case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The stable code: what clients compare.
    pub code: String,
    /// The id of the request, for questions to the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Faults in the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// Conditions that are not met yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<UnmetProblem>,
}

/// One fault in the input.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// JSON pointer into the body, or a place in a file.
    pub pointer: String,
    /// The stable code.
    pub code: String,
    /// What is wrong, without the value.
    pub detail: String,
    /// The line in a file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The column in a file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl FieldProblem {
    fn of(field: &FieldError) -> Self {
        Self {
            pointer: field.pointer.clone(),
            code: field.code.clone(),
            detail: field.detail.clone(),
            line: field.place.map(|(line, _)| line),
            column: field.place.map(|(_, column)| column),
            mend: field.mend.clone(),
        }
    }
}

/// One condition that is not met yet.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct UnmetProblem {
    /// The step or check.
    pub step: String,
    /// The stable code.
    pub code: String,
    /// The id of the object to look at.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
}

impl UnmetProblem {
    /// As clients see it.
    pub fn of(unmet: &Unmet) -> Self {
        Self { step: unmet.step.clone(), code: unmet.code.to_owned(), object: unmet.object.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Kind;
    use crate::kernel::entropy::SeededEntropy;
    use serde_json::Value;
    use serde_json::json;

    fn shown(error: Error, base: &str) -> Value {
        let request = RequestId::draw(&SeededEntropy::new("problem")).unwrap();
        let mut value =
            serde_json::to_value(Problem::from(error).body(base, Some(&request), Language::En)).unwrap();
        assert_eq!(value.as_object_mut().unwrap().remove("request_id"), Some(json!(request.as_str())));
        value
    }

    #[test]
    fn a_problem_tells_code_place_and_what_is_unmet() {
        let mut field = FieldError::new("arms/0/ratio", "protocol.invalid", "must be positive");
        field.place = Some((12, 3));
        field.mend = Some("write 1".to_owned());
        let error = Error::conflict("allocation.not_ready")
            .detail("Not yet.")
            .with_field(field)
            .with_unmet(vec![Unmet::new("consent", "consent.missing").at("par_1")]);
        assert_eq!(
            shown(error, "https://trial.example"),
            json!({
                "type": "https://trial.example/problems/allocation.not_ready",
                "title": "Not ready for allocation", "status": 409, "detail": "Not yet.",
                "code": "allocation.not_ready",
                "errors": [{"pointer": "arms/0/ratio", "code": "protocol.invalid", "detail": "must be positive",
                            "line": 12, "column": 3, "mend": "write 1"}],
                "unmet": [{"step": "consent", "code": "consent.missing", "ref": "par_1"}],
            })
        );
    }

    #[test]
    fn a_fault_of_ours_shows_nothing_but_the_request() {
        let secret = Error::internal("SELECT arm FROM allocation").caused_by("disk is full");
        let bare = json!({
            "type": "/problems/internal", "title": "Internal fault", "status": 500, "code": "internal",
            "detail": INTERNAL.about,
        });
        assert_eq!(chain(&secret), "internal: SELECT arm FROM allocation <- disk is full");
        assert_eq!(shown(secret, ""), bare);
        assert_eq!(shown(Error::new(Kind::Conflict, "word.without_row").detail("x"), ""), bare);
    }

    #[test]
    fn headers_tell_when_to_retry_and_how_to_sign_in() {
        let busy = Problem::from(Error::unavailable("unavailable").retry_after(7)).error_response();
        assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(busy.headers().get(header::RETRY_AFTER).unwrap(), "7");
        assert_eq!(busy.headers().get(header::CONTENT_TYPE).unwrap(), MEDIA_TYPE);
        assert!(!busy.headers().contains_key(header::WWW_AUTHENTICATE));
        let nobody = Problem::from(Error::unauthenticated("session.missing")).error_response();
        assert_eq!(nobody.headers().get(header::WWW_AUTHENTICATE).unwrap(), "Bearer");
    }
}
