//! Bodies of requests: read whole within a limit, checked for shape, and kept for the fingerprint of a retry.

use actix_web::FromRequest;
use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header;
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Path;
use serde_path_to_error::Segment;

use crate::http::json;
use crate::http::problem::Problem;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::canonical;

/// The most bytes of a JSON body.
pub const JSON_LIMIT: usize = 256 * 1024;

/// A JSON body. An empty body without a content type counts as `{}`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// Its canonical text (RFC 8785), for the fingerprint of a retry.
    pub canonical: String,
}

/// The body of an operation that takes no field.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

impl<T: DeserializeOwned> Body<T> {
    /// Reads a body that is here as a whole.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let value = json::parse(bytes)?;
        if !value.is_object() {
            return Err(Error::field("", "field.type", "expected an object"));
        }
        let canonical = canonical::to_text(&value);
        Ok(Self { value: shape(value)?, canonical })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let untyped = !request.headers().contains_key(header::CONTENT_TYPE);
        let typed = is_of_type(request, "application/json");
        let length = announced(request);
        let payload = payload.take();
        Box::pin(async move {
            if !untyped && !typed {
                return Err(unsupported("application/json").into());
            }
            let bytes = read(payload, length, JSON_LIMIT).await?;
            match (untyped, bytes.is_empty()) {
                (true, true) => Ok(Self::parse(b"{}")?),
                (true, false) => Err(unsupported("application/json").into()),
                (false, _) => Ok(Self::parse(&bytes)?),
            }
        })
    }
}

/// Whether the body is of this type, in UTF-8 where it is text, and as it is.
pub(in crate::http) fn is_of_type(request: &HttpRequest, wanted: &str) -> bool {
    let charset = request.encoding().map(|encoding| encoding.name());
    let fits = request.content_type().eq_ignore_ascii_case(wanted) && matches!(charset, Ok("UTF-8"));
    fits && !request.headers().contains_key(header::CONTENT_ENCODING)
}

/// The refusal of a body of any other type.
pub(in crate::http) fn unsupported(wanted: &str) -> Error {
    Error::new(Kind::Unsupported, "content_type.unsupported")
        .detail(format!("This operation takes {wanted} in UTF-8, without Content-Encoding."))
}

fn malformed(detail: &str) -> Error {
    Error::new(Kind::Malformed, "request.malformed").detail(detail)
}

/// How long the body is, as its header says.
pub(in crate::http) fn announced(request: &HttpRequest) -> Option<usize> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads a body within a limit.
pub(in crate::http) async fn read(
    mut payload: Payload,
    announced: Option<usize>,
    limit: usize,
) -> Result<Vec<u8>, Error> {
    let too_large = || {
        let detail = format!("This operation takes at most {limit} bytes.");
        Error::new(Kind::TooLarge, "body.too_large").detail(detail)
    };
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk =
            chunk.map_err(|error| malformed("The body has broken off.").caused_by(error.to_string()))?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Gives a value its type; what does not fit is `body.invalid` with a pointer.
fn shape<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let message = error.inner().to_string();
        let (code, missing) = fault(&message);
        let mut pointer = pointer_of(error.path());
        if let Some(field) = missing {
            push_segment(&mut pointer, field);
        }
        Error::field(pointer, code, detail(code, &message))
    })
}

/// The code for a message of serde, and the field if it says that one is missing.
fn fault(message: &str) -> (&'static str, Option<&str>) {
    if let Some(field) = message.strip_prefix("missing field `") {
        return ("field.required", field.strip_suffix('`'));
    }
    let code = match message {
        _ if message.starts_with("unknown field") => "field.unknown",
        _ if message.starts_with("invalid type") => "field.type",
        _ if message.starts_with("unknown variant") => "field.choice",
        _ if message.starts_with("invalid length") => "field.length",
        _ if message.starts_with("invalid value: integer") => "field.range",
        _ => "field.format",
    };
    (code, None)
}

/// What was expected. The beginning of serde's messages, and free ones as a whole, may hold what was sent.
fn detail(code: &str, message: &str) -> String {
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| expected);
    match (code, expected) {
        ("field.required", _) => "must be given".to_owned(),
        ("field.unknown", Some(known)) => {
            format!("unknown; known here: {}", known.trim_start_matches("one of "))
        }
        ("field.unknown", None) => "unknown; no field is known here".to_owned(),
        ("field.format", _) | (_, None) => "not in the form that is asked for".to_owned(),
        (_, Some(expected)) => format!("expected {}", plain(expected)),
    }
}

/// In the words of JSON what serde says in those of Rust.
fn plain(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if expected.starts_with("struct ") => "an object",
        _ => expected,
    }
}

fn pointer_of(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push_segment(&mut pointer, &index.to_string()),
            Segment::Map { key } => push_segment(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// JSON pointer escapes (RFC 6901 section 3).
pub(in crate::http) fn push_segment(pointer: &mut String, segment: &str) {
    pointer.push('/');
    pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::SiteId;
    use actix_web::test::TestRequest;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "snake_case")]
    enum Sex {
        Female,
        Male,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by Debug only")]
    struct Contact {
        email: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by Debug only")]
    struct Person {
        age: u8,
        sex: Option<Sex>,
        site: Option<SiteId>,
        #[serde(default)]
        contacts: Vec<Contact>,
    }

    fn fault_of(text: &str) -> (String, String, String) {
        let error = Body::<Person>::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "body.invalid", "{error}");
        let field = error.fields().first().unwrap();
        (field.pointer.clone(), field.code.clone(), field.detail.clone())
    }

    #[test]
    fn a_fault_is_told_with_its_place_and_without_the_value() {
        for (text, pointer, code) in [
            (r#"{"age": 30, "secretive": 1}"#, "/secretive", "field.unknown"),
            (r#"{"age": 30, "contacts": [{"email": "a", "a/b": 1}]}"#, "/contacts/0/a~1b", "field.unknown"),
            (r#"{"age": "secret"}"#, "/age", "field.type"),
            (r#"{"age": 1234567}"#, "/age", "field.range"),
            (r#"{"contacts": []}"#, "/age", "field.required"),
            (r#"{"age": 30, "contacts": [{"email": "x"}, {}]}"#, "/contacts/1/email", "field.required"),
            (r#"{"age": 30, "contacts": [{"email": 5555}]}"#, "/contacts/0/email", "field.type"),
            (r#"{"age": 30, "sex": "secret"}"#, "/sex", "field.choice"),
            (r#"{"age": 30, "site": "secret, expected secret"}"#, "/site", "field.format"),
            (r#"["secret"]"#, "", "field.type"),
        ] {
            let (found_pointer, found_code, detail) = fault_of(text);
            assert_eq!((found_pointer.as_str(), found_code.as_str()), (pointer, code), "{text}: {detail}");
            for value in ["secret", "5555", "1234567"] {
                assert!(!detail.contains(value), "{text}: {detail}");
            }
        }
    }

    #[test]
    fn the_canonical_text_is_the_same_for_the_same_meaning() {
        let one = Body::<Value>::parse(br#"{"b": 1, "a": [true]}"#).unwrap();
        let two = Body::<Value>::parse(br#"{"a":[ true ],"b":1}"#).unwrap();
        assert_eq!(one.canonical, r#"{"a":[true],"b":1}"#);
        assert_eq!(one, two);
    }

    async fn extract(content_type: Option<&str>, body: Vec<u8>) -> Result<Body<NoFields>, &'static str> {
        let mut request = TestRequest::post().set_payload(body);
        if let Some(content_type) = content_type {
            request = request.insert_header((header::CONTENT_TYPE, content_type));
        }
        let (request, mut payload) = request.to_http_parts();
        let body = Body::<NoFields>::from_request(&request, &mut payload).await;
        body.map_err(|problem| problem.error().code())
    }

    #[actix_web::test]
    async fn content_type_and_length_are_checked() {
        assert!(extract(Some("application/json"), b"{}".to_vec()).await.is_ok());
        assert!(extract(Some("application/json; charset=utf-8"), b"{}".to_vec()).await.is_ok());
        assert!(extract(None, Vec::new()).await.is_ok());
        for wrong in
            [None, Some("text/plain"), Some("application/json; charset=latin1"), Some("application/jsonp")]
        {
            assert_eq!(
                extract(wrong, b"{}".to_vec()).await.unwrap_err(),
                "content_type.unsupported",
                "{wrong:?}"
            );
        }
        let padded = |length: usize| format!("{{}}{}", " ".repeat(length - 2)).into_bytes();
        assert!(extract(Some("application/json"), padded(JSON_LIMIT)).await.is_ok());
        let large = extract(Some("application/json"), padded(JSON_LIMIT + 1)).await;
        assert_eq!(large.unwrap_err(), "body.too_large");
        assert_eq!(extract(Some("application/json"), Vec::new()).await.unwrap_err(), "request.malformed");
    }
}
