//! Who a request says it comes from: the `Authorization` header (RFC 6750), read without the database.

use std::future::Ready;
use std::future::ready;

use actix_web::FromRequest;
use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::http::header::HeaderMap;

use crate::conduct::context::Credential;
use crate::http::problem::Problem;
use crate::http::run;
use crate::http::run::Moment;
use crate::http::token;
use crate::kernel::Error;
use crate::kernel::ids::TokenSecret;
use crate::kernel::sealing::SecretKey;
use crate::kernel::time::Timestamp;

/// A credential that looks right, and a name for whoever holds it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// What the verbs are given.
    pub credential: Credential,
    /// The account or participant of a session, or the hash of an API token: what cursors and rates are bound to.
    pub holder: String,
}

impl Identity {
    /// Whoever does not say who it is.
    pub fn nobody() -> Self {
        Self { credential: Credential::Nobody, holder: String::new() }
    }
}

/// Reads the credential. None is `Nobody`; one that is no good is refused with 401.
pub fn read(headers: &HeaderMap, key: &SecretKey, now: Timestamp) -> Result<Identity, Error> {
    let malformed =
        || Error::unauthenticated("session.missing").detail("Send one header: Authorization: Bearer …");
    let mut sent = headers.get_all(header::AUTHORIZATION);
    let value = match (sent.next(), sent.next()) {
        (None, _) => return Ok(Identity::nobody()),
        (Some(value), None) => value.to_str().map_err(|_| malformed())?,
        (Some(_), Some(_)) => return Err(malformed()),
    };
    let (scheme, secret) = value.split_once(' ').ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("bearer") || secret.trim().is_empty() {
        return Err(malformed());
    }
    identify(secret.trim(), key, now)
}

fn identify(secret: &str, key: &SecretKey, now: Timestamp) -> Result<Identity, Error> {
    if secret.starts_with(TokenSecret::PREFIX) {
        let token = TokenSecret::parse(secret).ok_or_else(|| Error::unauthenticated("session.expired"))?;
        return Ok(Identity { credential: Credential::ApiToken(token.hash()), holder: token.hash() });
    }
    let claims = token::verify(key, secret, now)?;
    Ok(Identity { credential: Credential::Session(claims.sid), holder: claims.sub })
}

/// A request that shows a credential. As the first argument of a handler it answers 401 before the body is looked at;
/// whether the session still stands is found out within the verb.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedIn(pub Identity);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(signed_in(request).map_err(Problem::from))
    }
}

fn signed_in(request: &HttpRequest) -> Result<SignedIn, Error> {
    let state = run::state(request)?;
    let Moment { now, .. } = Moment::of(&mut request.extensions_mut(), state)?;
    let identity = read(request.headers(), &state.house.keys.token, now)?;
    match identity.credential {
        Credential::Nobody => Err(Error::unauthenticated("session.missing")),
        Credential::Session(_) | Credential::ApiToken(_) | Credential::System(_) => Ok(SignedIn(identity)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::token::Claims;
    use crate::kernel::entropy::SeededEntropy;
    use crate::kernel::ids::SessionId;
    use actix_web::test::TestRequest;

    fn key() -> SecretKey {
        SecretKey::new([3; 32])
    }

    fn now() -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000).unwrap()
    }

    fn of(values: &[&str]) -> Result<Identity, &'static str> {
        let request = values.iter().fold(TestRequest::get(), |request, value| {
            request.append_header((header::AUTHORIZATION, *value))
        });
        read(request.to_http_request().headers(), &key(), now()).map_err(|error| error.code())
    }

    #[test]
    fn sessions_and_api_tokens_are_told_apart() {
        let source = SeededEntropy::new("credential");
        let session = SessionId::draw(&source).unwrap();
        let claims = Claims::new("acc_1", session.clone(), now(), &source).unwrap();
        let jwt = token::issue(&key(), &claims).unwrap();
        let expected = Identity { credential: Credential::Session(session), holder: "acc_1".to_owned() };
        assert_eq!(of(&[&format!("Bearer {jwt}")]), Ok(expected.clone()));
        assert_eq!(of(&[&format!("bearer {jwt}")]), Ok(expected));
        let api = TokenSecret::draw(&source).unwrap();
        let found = of(&[&format!("Bearer {}", api.reveal())]).unwrap();
        assert_eq!(found.credential, Credential::ApiToken(api.hash()));
        assert!(!found.holder.contains(api.reveal()));
        assert_eq!(of(&[]), Ok(Identity::nobody()));
    }

    #[test]
    fn a_credential_that_is_no_good_is_not_taken_for_nobody() {
        for bad in ["", "Bearer", "Bearer  ", "Basic YTpi", "token"] {
            assert_eq!(of(&[bad]), Err("session.missing"), "{bad}");
        }
        for bad in ["Bearer eqt_short", "Bearer a.b.c", "Bearer ses_00000000000000000000"] {
            assert_eq!(of(&[bad]), Err("session.expired"), "{bad}");
        }
        assert_eq!(of(&["Bearer a.b.c", "Bearer a.b.c"]), Err("session.missing"));
    }
}
