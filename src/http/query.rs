//! Query parameters: an unknown one, a doubled one or a value that is not taken is refused, never ignored.

use std::future::Ready;
use std::future::ready;

use actix_web::FromRequest;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::web;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http::problem::Problem;
use crate::kernel::Error;
use crate::kernel::Kind;

/// The query parameters of an operation. Their struct must be marked `deny_unknown_fields`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Query<T>(pub T);

/// No parameters at all: for operations that know none.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct NoParameters {}

impl<T: DeserializeOwned> Query<T> {
    /// Reads a query string.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let query = web::Query::<T>::from_query(text).map_err(|error| {
            Error::new(Kind::Malformed, "query.unknown_parameter").detail(detail(&error.to_string()))
        })?;
        Ok(Self(query.into_inner()))
    }
}

/// The beginning of serde's messages may hold what was sent; what is known here may be told.
fn detail(message: &str) -> String {
    if message.contains("unknown field") {
        return match message.rsplit_once(", expected ") {
            Some((_, known)) => format!("Known here: {}.", known.trim_start_matches("one of ")),
            None => "This operation knows no parameters.".to_owned(),
        };
    }
    let message = message.strip_prefix("Query deserialize error: ").unwrap_or(message);
    // The names in these messages are ours, whatever was sent.
    let named = |begin: &str| message.strip_prefix(begin)?.strip_suffix('`').map(str::to_owned);
    if let Some(name) = named("missing field `") {
        return format!("The parameter {name} must be given.");
    }
    if let Some(name) = named("duplicate field `") {
        return format!("The parameter {name} is given twice.");
    }
    match message.rsplit_once(", expected ").filter(|_| message.starts_with("unknown variant")) {
        Some((_, known)) => {
            format!("A value is not taken here. Known: {}.", known.trim_start_matches("one of "))
        }
        None => "A parameter has a value that is not taken.".to_owned(),
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request.query_string()).map_err(Problem::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, Eq, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        state: Option<String>,
        limit: Option<u8>,
        kind: Option<Size>,
    }

    #[derive(Debug, Deserialize, Eq, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Size {
        Small,
        Large,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Needed {
        #[expect(dead_code, reason = "read by Debug only")]
        mode: String,
    }

    #[test]
    fn known_parameters_are_read() {
        let query = Query::<Filter>::parse("limit=7&state=a%20b").unwrap();
        assert_eq!(query.0, Filter { state: Some("a b".to_owned()), limit: Some(7), kind: None });
        assert_eq!(Query::<NoParameters>::parse("").unwrap(), Query(NoParameters {}));
    }

    #[test]
    fn unknown_doubled_or_unfit_parameters_are_refused_without_their_value() {
        for (text, detail) in [
            ("secret=1", "Known here: `state`, `limit`, `kind`."),
            ("limit=1&limit=2", "The parameter limit is given twice."),
            ("limit=secret", "A parameter has a value that is not taken."),
            ("limit=256", "A parameter has a value that is not taken."),
            ("kind=secret", "A value is not taken here. Known: `small` or `large`."),
        ] {
            let error = Query::<Filter>::parse(text).unwrap_err();
            assert_eq!((error.kind(), error.code()), (Kind::Malformed, "query.unknown_parameter"));
            assert_eq!(error.detail_text(), Some(detail), "{text}");
        }
        let error = Query::<Needed>::parse("").unwrap_err();
        assert_eq!(error.detail_text(), Some("The parameter mode must be given."));
        let error = Query::<NoParameters>::parse("a=1").unwrap_err();
        assert_eq!(error.detail_text(), Some("This operation knows no parameters."));
    }
}
