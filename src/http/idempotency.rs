//! The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header), and the fingerprint of what it stands for.

use std::future::Ready;
use std::future::ready;

use actix_web::FromRequest;
use actix_web::HttpRequest;
use actix_web::dev::Payload;

use crate::conduct::context::RetryKey;
use crate::http::problem::Problem;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::digest;
use crate::kernel::digest::Framed;

/// The header.
pub const HEADER: &str = "Idempotency-Key";
const SHORTEST: usize = 16;
const LONGEST: usize = 128;

/// The key of an operation that can't do without.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequiredKey(String);

/// The key of an operation that can do without.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OptionalKey(Option<String>);

impl RequiredKey {
    /// The key with the fingerprint of its request. `operation` is the id of the operation, `canonical` the body.
    pub fn bind(self, operation: &str, request: &HttpRequest, canonical: &str) -> RetryKey {
        RetryKey { fingerprint: fingerprint(operation, request.path(), canonical), key: self.0 }
    }
}

impl OptionalKey {
    /// The key, if one was sent, with the fingerprint of its request.
    pub fn bind(self, operation: &str, request: &HttpRequest, canonical: &str) -> Option<RetryKey> {
        self.0.map(|key| RequiredKey(key).bind(operation, request, canonical))
    }
}

impl FromRequest for RequiredKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let missing = || Error::new(Kind::Malformed, "idempotency.key_missing");
        ready(sent(request).and_then(|key| key.ok_or_else(missing)).map(Self).map_err(Problem::from))
    }
}

impl FromRequest for OptionalKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(sent(request).map(Self).map_err(Problem::from))
    }
}

fn sent(request: &HttpRequest) -> Result<Option<String>, Error> {
    let malformed = || Error::new(Kind::Malformed, "idempotency.key_malformed");
    let mut headers = request.headers().get_all(HEADER);
    match (headers.next(), headers.next()) {
        (None, _) => Ok(None),
        (Some(header), None) => header.to_str().ok().and_then(key_in).map(Some).ok_or_else(malformed),
        (Some(_), Some(_)) => Err(malformed()),
    }
}

/// The key in a header: bare, or a string of structured fields (RFC 8941 section 3.3.3).
fn key_in(header: &str) -> Option<String> {
    let key = match header.strip_prefix('"') {
        Some(rest) => unescape(rest.strip_suffix('"')?)?,
        None => header.to_owned(),
    };
    let fits = (SHORTEST..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(key)
}

fn unescape(inside: &str) -> Option<String> {
    let mut key = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => key.push(characters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
            '"' => return None,
            other => key.push(other),
        }
    }
    Some(key)
}

/// SHA-256 in hex of operation, path and canonical body.
fn fingerprint(operation: &str, path: &str, canonical: &str) -> String {
    let framed = Framed::tagged("EQUIPOISE-REQUEST-V1");
    let framed = framed.part(operation.as_bytes()).part(path.as_bytes()).part(canonical.as_bytes());
    digest::hex(&framed.sha256())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

    fn from_headers(values: &[&str]) -> Result<Option<String>, &'static str> {
        let request =
            values.iter().fold(TestRequest::post(), |request, value| request.append_header((HEADER, *value)));
        sent(&request.to_http_request()).map_err(|error| error.code())
    }

    #[test]
    fn a_bare_and_a_quoted_key_are_the_same() {
        assert_eq!(from_headers(&[KEY]), Ok(Some(KEY.to_owned())));
        assert_eq!(from_headers(&[&format!("\"{KEY}\"")]), Ok(Some(KEY.to_owned())));
        assert_eq!(
            from_headers(&[r#""0123456789\"\\abcdef""#]),
            Ok(Some(r#"0123456789"\abcdef"#.to_owned()))
        );
        assert_eq!(from_headers(&[]), Ok(None));
    }

    #[test]
    fn short_long_broken_or_doubled_keys_are_malformed() {
        let long = "k".repeat(129);
        for bad in [
            "",
            "k23456789012345",
            &long,
            "with a blank in it",
            "\"0123456789012345",
            r#""0123456789\n12345""#,
        ] {
            assert_eq!(from_headers(&[bad]), Err("idempotency.key_malformed"), "{bad}");
        }
        assert_eq!(from_headers(&[KEY, KEY]), Err("idempotency.key_malformed"));
        assert!(from_headers(&["k234567890123456"]).is_ok());
        assert!(from_headers(&[&"k".repeat(128)]).is_ok());
    }

    #[actix_web::test]
    async fn a_required_key_must_be_sent() {
        let request = TestRequest::post().to_http_request();
        let error = RequiredKey::extract(&request).await.unwrap_err();
        assert_eq!(error.error().code(), "idempotency.key_missing");
        assert_eq!(OptionalKey::extract(&request).await.unwrap(), OptionalKey(None));
    }

    #[test]
    fn the_fingerprint_differs_with_each_part_and_no_part_runs_into_the_next() {
        let base = fingerprint("allocate", "/a", "{}");
        assert_eq!(base.len(), 64);
        for other in [
            fingerprint("register", "/a", "{}"),
            fingerprint("allocate", "/b", "{}"),
            fingerprint("allocate", "/a", "{\"a\":1}"),
            fingerprint("allocate/", "a", "{}"),
        ] {
            assert_ne!(base, other);
        }
    }
}
