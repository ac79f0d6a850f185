//! Ids: a readable prefix and 100 random bits, never ordered by time (a time in an id would order allocations).
//! Secrets: a prefix and 256 random bits, kept only as a hash.

use std::fmt;
use std::str::FromStr;

use crate::kernel::crockford;
use crate::kernel::digest;
use crate::kernel::entropy::Entropy;
use crate::kernel::error::Error;

/// Digits behind the prefix of an id: 20 of five bits.
const ID_DIGITS: usize = 20;
/// Digits behind the prefix of a secret: 52 of five bits hold 256.
const SECRET_DIGITS: usize = 52;

/// A text that is no id of the kind asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no id of this kind")]
pub struct NotAnId;

fn random_digits(entropy: &dyn Entropy, length: usize) -> Result<String, Error> {
    let mut bytes = [0; 33];
    entropy.fill(&mut bytes)?;
    Ok(crockford::lower(&bytes, length))
}

fn has_digits(text: &str, prefix: &str, length: usize) -> bool {
    text.strip_prefix(prefix).is_some_and(|digits| {
        digits.len() == length
            && digits.bytes().all(|byte| {
                crockford::ALPHABET.contains(&byte.to_ascii_uppercase()) && !byte.is_ascii_uppercase()
            })
    })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(String);

        impl $name {
            /// The prefix with its underscore.
            pub const PREFIX: &str = $prefix;

            /// A new id.
            pub fn draw(entropy: &dyn Entropy) -> Result<Self, Error> {
                Ok(Self(format!("{}{}", Self::PREFIX, random_digits(entropy, ID_DIGITS)?)))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                if has_digits(text, Self::PREFIX, ID_DIGITS) { Ok(Self(text.to_owned())) } else { Err(NotAnId) }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A trial.
    StudyId "stu_";
    /// A place that recruits.
    SiteId "sit_";
    /// A person of the staff.
    AccountId "acc_";
    /// An account's role in a study.
    AssignmentId "asg_";
    /// A signed-in session.
    SessionId "ses_";
    /// An API token (its record, not its secret).
    TokenId "tok_";
    /// A person in a study.
    ParticipantId "par_";
    /// A consent given or declined.
    ConsentId "con_";
    /// One participant at one occasion, by one respondent.
    AssessmentId "asm_";
    /// The answers to one instrument in one assessment.
    ResponseId "rsp_";
    /// A safety event.
    AlertId "alr_";
    /// A recorded trial event: deviation, adverse event and the like.
    EventId "evt_";
    /// A withdrawal.
    WithdrawalId "wdr_";
    /// A course of treatment.
    EpisodeId "epi_";
    /// An allocation.
    AllocationId "all_";
    /// A version of a randomization design.
    DesignId "dsg_";
    /// A two-person act.
    ProposalId "pro_";
    /// An audit event.
    AuditId "aud_";
    /// A request.
    RequestId "req_";
    /// An approval on record.
    ApprovalId "apv_";
}

macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(String);

        impl $name {
            /// The prefix with its underscore.
            pub const PREFIX: &str = $prefix;

            /// A new secret. Shown once, then only its hash is kept.
            pub fn draw(entropy: &dyn Entropy) -> Result<Self, Error> {
                Ok(Self(format!("{}{}", Self::PREFIX, random_digits(entropy, SECRET_DIGITS)?)))
            }

            /// Reads a secret that somebody presents.
            pub fn parse(text: &str) -> Option<Self> {
                has_digits(text, Self::PREFIX, SECRET_DIGITS).then(|| Self(text.to_owned()))
            }

            /// The secret itself: for its one showing only.
            pub fn reveal(&self) -> &str {
                &self.0
            }

            /// What is stored: SHA-256 in hex. A random secret of 256 bits needs no slow hash.
            pub fn hash(&self) -> String {
                digest::sha256_hex(self.0.as_bytes())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}…", Self::PREFIX)
            }
        }
    )*};
}

secrets! {
    /// Renews a staff or participant session.
    RefreshSecret "eqr_";
    /// An API token.
    TokenSecret "eqt_";
    /// A participant's link.
    LinkSecret "eql_";
    /// An invitation or reset.
    InvitationSecret "eqi_";
    /// A fresh proof of who is there.
    ReauthenticationSecret "eqx_";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::entropy::SeededEntropy;

    #[test]
    fn an_id_reads_back_and_a_wrong_prefix_does_not() {
        let source = SeededEntropy::new("ids");
        let id = StudyId::draw(&source).unwrap();
        assert_eq!(id.as_str().len(), 24);
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        assert_eq!(id.as_str().parse::<SiteId>(), Err(NotAnId));
        assert_eq!(id.as_str().to_uppercase().parse::<StudyId>(), Err(NotAnId));
        assert_ne!(StudyId::draw(&source).unwrap(), id);
    }

    #[test]
    fn a_secret_never_prints() {
        let secret = LinkSecret::draw(&SeededEntropy::new("ids")).unwrap();
        assert_eq!(format!("{secret:?}"), "eql_…");
        assert_eq!(secret.reveal().len(), 56);
        assert_eq!(LinkSecret::parse(secret.reveal()).unwrap().hash(), secret.hash());
        assert!(LinkSecret::parse("eql_").is_none());
    }
}
