//! The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header), and the fingerprint of what it stands for.

use std::future::Ready;
use std::future::ready;

use actix_web::FromRequest;
use actix_web::HttpRequest;
use actix_web::dev::Payload;

use crate::conduct::context::RetryKey;
use crate::http::operations;
use crate::http::operations::Key;
use crate::http::operations::Operation;
use crate::http::problem::Problem;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::digest;
use crate::kernel::digest::Framed;

/// The header.
pub const HEADER: &str = "Idempotency-Key";
const SHORTEST: usize = 16;
const LONGEST: usize = 128;

/// The key of a request, as its operation asks for one.
#[derive(Clone, Debug)]
pub struct Retry {
    operation: &'static Operation,
    key: Option<String>,
}

impl Retry {
    /// The key, if one was sent, with the fingerprint of its request. `canonical` is the body.
    pub fn bind(self, request: &HttpRequest, canonical: &str) -> Option<RetryKey> {
        let fingerprint = fingerprint(self.operation.id, request.path(), canonical);
        self.key.map(|key| RetryKey { key, fingerprint })
    }

    fn of(operation: &'static Operation, request: &HttpRequest) -> Result<Self, Error> {
        let key = sent(request)?;
        if key.is_none() && operation.key == Key::Required {
            return Err(Error::new(Kind::Malformed, "idempotency.key_missing"));
        }
        Ok(Self { operation, key })
    }
}

impl FromRequest for Retry {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = operations::of(request).and_then(|operation| Self::of(operation, request));
        ready(read.map_err(Problem::from))
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
    use crate::http::operations::table;
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

    #[test]
    fn a_key_must_be_sent_where_the_operation_asks_for_one() {
        let request = TestRequest::post().to_http_request();
        let retry = |id: &str| Retry::of(table::row(id).unwrap(), &request);
        assert_eq!(retry("register_participant").unwrap_err().code(), "idempotency.key_missing");
        assert_eq!(retry("end_role").unwrap().bind(&request, "{}"), None);
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
