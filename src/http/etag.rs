//! Strong entity tags: the digest of the representation that this caller gets, so that what is hidden changes nothing.

use std::future::Ready;
use std::future::ready;

use actix_web::FromRequest;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::http::header::ContentType;
use actix_web::http::header::HeaderName;
use serde::Serialize;

use crate::http::problem::Problem;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::digest;

/// Hex digits of a tag: 128 bits.
const DIGITS: usize = 32;

/// The tag of these bytes, with its quotes.
pub fn of_bytes(bytes: &[u8]) -> String {
    of_digest(&digest::sha256_hex(bytes))
}

/// The tag of a value as it would be shown.
pub fn of<T: Serialize>(value: &T) -> Result<String, Error> {
    Ok(of_bytes(text_of(value)?.as_bytes()))
}

/// Shows a value as JSON with its tag; 304 if the client has it already.
pub fn show<T: Serialize>(request: &HttpRequest, value: &T) -> Result<HttpResponse, Problem> {
    let body = text_of(value)?;
    let tag = of_bytes(body.as_bytes());
    if let Some(same) = not_modified(request, &tag) {
        return Ok(same);
    }
    Ok(HttpResponse::Ok().insert_header((header::ETAG, tag)).insert_header(ContentType::json()).body(body))
}

/// 304, if the client has what bears this tag.
pub fn not_modified(request: &HttpRequest, tag: &str) -> Option<HttpResponse> {
    let wanted = named(request, &header::IF_NONE_MATCH)?;
    let has_it = wanted.iter().any(|one| one == "*" || one.trim_start_matches("W/") == tag);
    has_it.then(|| HttpResponse::NotModified().insert_header((header::ETAG, tag)).finish())
}

/// The tag of something whose digest in hex is known.
pub fn of_digest(digest: &str) -> String {
    let digits: String = digest.chars().take(DIGITS).collect();
    format!("\"{digits}\"")
}

fn text_of<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal("an answer has no JSON form").caused_by(error))
}

/// The tags that a header names; `None` without the header.
fn named(request: &HttpRequest, header: &HeaderName) -> Option<Vec<String>> {
    let mut values = request.headers().get_all(header).peekable();
    values.peek()?;
    let tags = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    Some(tags.map(|tag| tag.trim().to_owned()).collect())
}

/// What the client has read before it changes something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// `precondition.failed` if the object, as this caller would be shown it, is none of those; `precondition.missing`
    /// without the header. To be called within the transaction that changes it, once the caller may know of the object.
    pub fn check<T: Serialize>(&self, present: &T) -> Result<(), Error> {
        let missing = || Error::new(Kind::PreconditionMissing, "precondition.missing");
        let sent = self.0.as_ref().ok_or_else(missing)?;
        let tag = of(present)?;
        // A weak tag never matches here (RFC 9110 section 13.1.1).
        let is_known = sent.iter().any(|one| one == "*" || *one == tag);
        is_known.then_some(()).ok_or_else(failed)
    }

    /// The same where nothing may be there yet: a client that has read nothing can't lose anything.
    pub fn check_present<T: Serialize>(&self, present: Option<&T>) -> Result<(), Error> {
        match present {
            Some(present) => self.check(present),
            None if self.0.is_some() => Err(failed()),
            None => Ok(()),
        }
    }
}

fn failed() -> Error {
    Error::new(Kind::PreconditionFailed, "precondition.failed")
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(named(request, &header::IF_MATCH))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;
    use serde_json::Value;
    use serde_json::json;

    #[test]
    fn a_tag_is_the_quoted_beginning_of_sha_256() {
        // SHA-256 of "abc", FIPS 180-2 appendix B.1.
        assert_eq!(of_bytes(b"abc"), "\"ba7816bf8f01cfea414140de5dae2223\"");
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let value = json!({"a": 1});
        let tag = of(&value).unwrap();
        let status = |sent: Option<String>| {
            let mut request = TestRequest::get();
            if let Some(sent) = sent {
                request = request.insert_header((header::IF_NONE_MATCH, sent));
            }
            let response = show(&request.to_http_request(), &value).unwrap();
            assert_eq!(response.headers().get(header::ETAG).unwrap(), tag.as_str());
            response.status()
        };
        assert_eq!(status(None), StatusCode::OK);
        assert_eq!(status(Some("\"0\"".to_owned())), StatusCode::OK);
        assert_eq!(status(Some(format!("\"0\", W/{tag}"))), StatusCode::NOT_MODIFIED);
        assert_eq!(status(Some("*".to_owned())), StatusCode::NOT_MODIFIED);
    }

    #[actix_web::test]
    async fn a_change_needs_the_tag_of_what_is_there() {
        let value = json!({"a": 1});
        let tag = of(&value).unwrap();
        let without = IfMatch::extract(&TestRequest::patch().to_http_request()).await.unwrap();
        assert_eq!(without.check(&value).unwrap_err().code(), "precondition.missing");
        assert_eq!(without.check_present(Some(&value)).unwrap_err().code(), "precondition.missing");
        assert!(without.check_present::<Value>(None).is_ok());
        for (sent, fits) in [
            (tag.clone(), true),
            (format!("\"0\", {tag}"), true),
            ("*".to_owned(), true),
            ("\"0\"".to_owned(), false),
            (format!("W/{tag}"), false),
            (String::new(), false),
        ] {
            let request = TestRequest::patch().insert_header((header::IF_MATCH, sent.as_str()));
            let found = IfMatch::extract(&request.to_http_request()).await.unwrap().check(&value);
            assert_eq!(
                found.map_err(|error| error.code()),
                fits.then_some(()).ok_or("precondition.failed"),
                "{sent}"
            );
        }
    }
}
