//! Methods: what is read can be asked for without its body.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use actix_web::HttpRequest;
use actix_web::body::BodySize;
use actix_web::body::BoxBody;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::kernel::Error;

/// Middleware, around all others: answers `HEAD` as `GET` in everything but the body (RFC 9110, section 9.3.2). Such a look
/// is written down and counted as any other.
pub async fn head_as_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let is_head = request.method() == Method::HEAD;
    if is_head {
        request.head_mut().method = Method::GET;
    }
    let answer = next.call(request).await?.map_into_boxed_body();
    Ok(if is_head { answer.map_body(|_, body| BoxBody::new(Unsent(body.size()))) } else { answer })
}

/// The methods of each address, as `Allow` tells them (RFC 9110, section 15.5.6).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Methods(BTreeMap<String, String>);

impl Methods {
    /// Those of an API description (OpenAPI, JSON).
    pub fn of(description: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Described {
            paths: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
        }
        let described: Described = serde_json::from_str(description)
            .map_err(|error| Error::internal("the API description can't be read").caused_by(error))?;
        let allowed = described.paths.into_iter().map(|(path, methods)| {
            let mut methods: Vec<String> = methods.into_keys().map(|method| method.to_uppercase()).collect();
            if methods.iter().any(|method| method == "GET") {
                methods.push("HEAD".to_owned());
            }
            methods.sort_unstable();
            (path, methods.join(", "))
        });
        Ok(Self(allowed.collect()))
    }

    /// Those of the address of a request.
    pub fn allowed(&self, request: &HttpRequest) -> Option<&str> {
        let pattern = request.resource_map().match_pattern(request.path())?;
        self.0.get(&pattern).map(String::as_str)
    }
}

/// A body of which nothing but the size is told.
struct Unsent(BodySize);

impl MessageBody for Unsent {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}
