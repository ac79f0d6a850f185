//! Access tokens: JWT with HMAC-SHA-256 and nothing else, signed with a key of the installation.
//!
//! A token names a session; who that is and what it may do is read from the database at each request. So a token
//! holds no role, no study, no name.

use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use jsonwebtoken::Algorithm;
use jsonwebtoken::AlgorithmFamily;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use jsonwebtoken::Validation;
use jsonwebtoken::crypto::CryptoProvider;
use jsonwebtoken::crypto::JwtSigner;
use jsonwebtoken::crypto::JwtVerifier;
use jsonwebtoken::crypto::KeyUtils;
use jsonwebtoken::errors::Error as JwtError;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::errors::new_error;
use jsonwebtoken::signature::Error as SignatureError;
use jsonwebtoken::signature::Signer;
use jsonwebtoken::signature::Verifier;
use serde::Deserialize;
use serde::Serialize;
use sha2::Sha256;

use crate::kernel::Error;
use crate::kernel::digest;
use crate::kernel::entropy::Entropy;
use crate::kernel::entropy::sixteen;
use crate::kernel::ids::SessionId;
use crate::kernel::sealing::SecretKey;
use crate::kernel::time::Timestamp;

/// How long a token is good, in seconds.
pub const LIFETIME_SECONDS: i64 = 10 * 60;
/// Who has issued it.
pub const ISSUER: &str = "equipoise";
/// Whom it is for.
pub const AUDIENCE: &str = "equipoise-api";
/// A key shorter than the digest weakens it (RFC 7518 section 3.2).
const SHORTEST_SECRET: usize = 32;

/// What a token says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The audience.
    pub aud: String,
    /// The account or participant, by its id.
    pub sub: String,
    /// The session.
    pub sid: SessionId,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Good before, seconds since 1970.
    pub exp: i64,
    /// A name of this token alone.
    pub jti: String,
}

impl Claims {
    /// The claims of a token for a session of `holder`.
    pub fn new(
        holder: impl Into<String>,
        session: SessionId,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Self, Error> {
        Ok(Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: holder.into(),
            sid: session,
            iat: now.unix_seconds(),
            exp: now.plus_seconds(LIFETIME_SECONDS).unix_seconds(),
            jti: digest::hex(&sixteen(entropy)?),
        })
    }
}

/// Makes this module's HMAC the only cryptography of the token library in this process. Harmless when repeated.
pub fn install() {
    // Refused only if it was installed before.
    let _ = PROVIDER.install_default();
}

/// Signs claims.
pub fn issue(key: &SecretKey, claims: &Claims) -> Result<String, Error> {
    install();
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(key.bytes()))
        .map_err(|error| Error::internal("a token can't be signed").caused_by(error))
}

/// Reads a token that somebody presents: `session.expired` for every fault, so that nothing can be learned by trying.
pub fn verify(key: &SecretKey, token: &str, now: Timestamp) -> Result<Claims, Error> {
    install();
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    // The library would ask the machine's clock; the request has its own moment.
    validation.validate_exp = false;
    let refused = || Error::unauthenticated("session.expired");
    let claims = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_secret(key.bytes()), &validation)
        .map_err(|error| refused().caused_by(error))?
        .claims;
    if now.unix_seconds() < claims.exp { Ok(claims) } else { Err(refused()) }
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| {
        let key = (key.family() == AlgorithmFamily::Hmac).then(|| key.as_bytes());
        Ok(Box::new(HmacSha256::new(*algorithm, key)?))
    },
    verifier_factory: |algorithm, key| {
        let key = key.try_get_as_bytes().ok().filter(|_| key.family() == AlgorithmFamily::Hmac);
        Ok(Box::new(HmacSha256::new(*algorithm, key)?))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct HmacSha256(Hmac<Sha256>);

impl HmacSha256 {
    fn new(algorithm: Algorithm, key: Option<&[u8]>) -> Result<Self, JwtError> {
        if algorithm != Algorithm::HS256 {
            return Err(new_error(ErrorKind::InvalidAlgorithm));
        }
        key.filter(|key| key.len() >= SHORTEST_SECRET)
            .and_then(|key| Hmac::new_from_slice(key).ok())
            .map(Self)
            .ok_or_else(|| new_error(ErrorKind::InvalidKeyFormat))
    }
}

impl Signer<Vec<u8>> for HmacSha256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for HmacSha256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        // Compares in a time that tells nothing.
        self.0.clone().chain_update(message).verify_slice(signature).map_err(|_| SignatureError::new())
    }
}

impl JwtSigner for HmacSha256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for HmacSha256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::entropy::SeededEntropy;

    fn key() -> SecretKey {
        SecretKey::new([7; 32])
    }

    fn moment() -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000).unwrap()
    }

    fn claims() -> Claims {
        let source = SeededEntropy::new("token");
        Claims::new("acc_1", SessionId::draw(&source).unwrap(), moment(), &source).unwrap()
    }

    #[test]
    fn a_token_is_good_for_ten_minutes_of_the_given_clock() {
        let token = issue(&key(), &claims()).unwrap();
        assert_eq!(verify(&key(), &token, moment()).unwrap(), claims());
        assert!(verify(&key(), &token, moment().plus_seconds(599)).is_ok());
        let late = verify(&key(), &token, moment().plus_seconds(600)).unwrap_err();
        assert_eq!(late.code(), "session.expired");
    }

    #[test]
    fn the_signature_is_that_of_rfc_7515_appendix_a_1() {
        let key = "0323354b2b0fa5bc837e0665777ba68f5ab328e6f054c928a90f84b2d2502ebf\
                   d3fb5a92d20647ef968ab4c377623d223d2e2172052e4f08c0cd9af567d080a3";
        let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6\
                       Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        install();
        let key = EncodingKey::from_secret(&digest::unhex(key).unwrap());
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        assert_eq!(signature, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }

    #[test]
    fn a_changed_foreign_unsigned_or_misdirected_token_is_refused() {
        let token = issue(&key(), &claims()).unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let other_audience = issue(&key(), &Claims { aud: "somebody-else".to_owned(), ..claims() }).unwrap();
        let other_issuer = issue(&key(), &Claims { iss: "somebody-else".to_owned(), ..claims() }).unwrap();
        let foreign = issue(&SecretKey::new([8; 32]), &claims()).unwrap();
        // {"alg":"none"}
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", message.split_once('.').unwrap().1);
        for bad in [
            format!("{message}x.{signature}"),
            format!("{message}."),
            other_audience,
            other_issuer,
            foreign,
            unsigned,
            String::new(),
            "a.b.c".to_owned(),
        ] {
            assert_eq!(verify(&key(), &bad, moment()).unwrap_err().code(), "session.expired", "{bad}");
        }
    }

    #[test]
    fn other_algorithms_and_short_secrets_are_refused() {
        install();
        let long = EncodingKey::from_secret(&[1; 64]);
        for algorithm in
            [Algorithm::HS384, Algorithm::HS512, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA]
        {
            assert!(jsonwebtoken::crypto::sign(b"m", &long, algorithm).is_err(), "{algorithm:?}");
        }
        let short = EncodingKey::from_secret(&[1; 31]);
        assert!(jsonwebtoken::crypto::sign(b"m", &short, Algorithm::HS256).is_err());
        assert!(
            jsonwebtoken::crypto::sign(b"m", &EncodingKey::from_secret(&[1; 32]), Algorithm::HS256).is_ok()
        );
    }
}
