//! Operations as data: what each may do, write down and refuse, and what it asks of a request. The door acts by these rows,
//! and the API description is written from them.

pub mod description;
pub mod table;

use std::collections::BTreeMap;

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::http::Method;
use serde::Deserialize;

use crate::conduct::context::Remit;
use crate::kernel::Error;
use crate::kernel::Kind;

/// Whether a request is recognised when it is sent again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Key {
    /// Nothing is made, or the same again changes nothing.
    None,
    /// By a key, if one is sent.
    Optional,
    /// By a key that must be sent.
    Required,
}

/// Whether a request must tell what its sender has read (RFC 9110, section 13.1.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Match {
    /// It need not.
    None,
    /// Where there is something already.
    Present,
    /// Always.
    Required,
}

/// One operation.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Its id, the name of its handler.
    pub id: &'static str,
    /// What it may do and write down.
    pub remit: Remit,
    /// Its retry key.
    pub key: Key,
    /// Its precondition.
    pub matching: Match,
    /// The codes of its own refusals; those of every operation of its kind are not named again.
    pub refusals: &'static [&'static str],
}

/// An operation at its address.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// Its row.
    pub row: &'static Operation,
    /// Whether it knows any parameter in the query.
    pub takes_query: bool,
}

/// All operations by address and method.
#[derive(Clone, Debug, Default)]
pub struct Operations(BTreeMap<String, BTreeMap<String, Placed>>);

impl Operations {
    /// Those of an API description (OpenAPI, JSON).
    pub fn of(description: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Described {
            paths: BTreeMap<String, BTreeMap<String, Named>>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Named {
            operation_id: String,
            #[serde(default)]
            parameters: Vec<Parameter>,
        }
        #[derive(Deserialize)]
        struct Parameter {
            #[serde(rename = "in")]
            place: String,
        }
        let described: Described = serde_json::from_str(description)
            .map_err(|error| Error::internal("the API description can't be read").caused_by(error))?;
        let mut all = Self::default();
        for (path, methods) in described.paths {
            for (method, named) in methods {
                let row = table::row(&named.operation_id)?;
                let takes_query = named.parameters.iter().any(|parameter| parameter.place == "query");
                let placed = Placed { row, takes_query };
                all.0.entry(path.clone()).or_default().insert(method.to_uppercase(), placed);
            }
        }
        Ok(all)
    }

    /// The operation that a request asks for. `HEAD` asks for what `GET` gives.
    pub fn find(&self, request: &HttpRequest) -> Option<Placed> {
        let method = if request.method() == Method::HEAD { "GET" } else { request.method().as_str() };
        self.at(request)?.get(method).copied()
    }

    /// The methods of the address of a request, as `Allow` tells them (RFC 9110, section 15.5.6).
    pub fn allowed(&self, request: &HttpRequest) -> Option<String> {
        let mut methods: Vec<&str> = self.at(request)?.keys().map(String::as_str).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        Some(methods.join(", "))
    }

    fn at(&self, request: &HttpRequest) -> Option<&BTreeMap<String, Placed>> {
        self.0.get(&request.resource_map().match_pattern(request.path())?)
    }
}

/// The operation that a request asks for, as it was found on arrival. Where the router has taken a fixed word of an address
/// for an id, there is none.
pub fn of(request: &HttpRequest) -> Result<&'static Operation, Error> {
    placed(request).map(|placed| placed.row)
}

/// Refuses parameters where the operation knows none; one that knows some refuses others by itself.
pub fn require_query(request: &HttpRequest) -> Result<(), Error> {
    if request.query_string().is_empty() || placed(request)?.takes_query {
        return Ok(());
    }
    Err(Error::new(Kind::Malformed, "query.unknown_parameter").detail("This operation knows no parameters."))
}

fn placed(request: &HttpRequest) -> Result<Placed, Error> {
    let found = request.extensions().get::<Placed>().copied();
    found.ok_or_else(|| Error::new(Kind::Malformed, "method.not_allowed"))
}
