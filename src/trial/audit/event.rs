//! An event as a verb states it: what was done to which object, field by field, and why.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::kernel::ids::AccountId;
use crate::kernel::ids::ParticipantId;
use crate::kernel::ids::StudyId;

/// The chain that an event belongs to. Answers of different people never wait for each other.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Chain {
    /// Configuration and allocations of a study.
    Study(StudyId),
    /// Everything about one person.
    Participant(ParticipantId),
    /// Sign-ins, rights and disclosing reads of one account.
    Account(AccountId),
}

impl Chain {
    /// The chain's name: `study:…`, `participant:…`, `account:…`.
    pub fn name(&self) -> String {
        match self {
            Self::Study(id) => format!("study:{id}"),
            Self::Participant(id) => format!("participant:{id}"),
            Self::Account(id) => format!("account:{id}"),
        }
    }

    /// Reads a chain's name.
    pub fn parse(name: &str) -> Option<Self> {
        let (kind, id) = name.split_once(':')?;
        match kind {
            "study" => id.parse().ok().map(Self::Study),
            "participant" => id.parse().ok().map(Self::Participant),
            "account" => id.parse().ok().map(Self::Account),
            _ => None,
        }
    }
}

/// Why a saved value was changed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// A code of the study's list.
    pub code: String,
    /// Words.
    pub text: String,
}

/// A random value that hides what a digest is of: 16 bytes.
pub type Salt = [u8; 16];

/// Where the value of a field is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    /// Beside the event, with its salt.
    Plain,
    /// Only as a digest: arm, slot, contact. The salt is beside the event; the value, if anywhere, in its own row.
    Digest,
    /// In a versioned row, with its own salts (old, new): answers.
    Row(Option<Salt>, Option<Salt>),
}

/// Whether a field of this name is kept as a digest only: arms, slots, designs, contact data, and the columns of rows.
/// Of every other field the value must be there, beside the event or in a versioned row.
pub fn keeps_no_value(name: &str) -> bool {
    matches!(name, "arm" | "slot" | "design" | "row") || name.starts_with("contact.")
}

/// Whether a field's value and salts lie in a versioned row.
pub fn lies_in_row(name: &str) -> bool {
    name.starts_with("answers.")
}

/// One changed field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Where its value is kept.
    pub kept: Kept,
    /// The value before; `None` for none.
    pub old: Option<Value>,
    /// The value after; `None` for none.
    pub new: Option<Value>,
}

/// What was done, before it has its place in a chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The type: `response.submitted`.
    pub action: &'static str,
    /// The chain.
    pub chain: Chain,
    /// The id of the object.
    pub object: String,
    /// The study, for filters.
    pub study: Option<StudyId>,
    /// The participant, for filters.
    pub participant: Option<ParticipantId>,
    /// Why.
    pub reason: Option<Reason>,
    /// What changed.
    pub fields: Vec<Field>,
}

impl Event {
    /// An event in a study's chain.
    pub fn of_study(action: &'static str, study: &StudyId, object: impl Into<String>) -> Self {
        Self::new(action, Chain::Study(study.clone()), object, Some(study.clone()), None)
    }

    /// An event in a participant's chain.
    pub fn of_participant(
        action: &'static str,
        study: &StudyId,
        participant: &ParticipantId,
        object: impl Into<String>,
    ) -> Self {
        let chain = Chain::Participant(participant.clone());
        Self::new(action, chain, object, Some(study.clone()), Some(participant.clone()))
    }

    /// An event in an account's chain.
    pub fn of_account(action: &'static str, account: &AccountId, object: impl Into<String>) -> Self {
        Self::new(action, Chain::Account(account.clone()), object, None, None)
    }

    fn new(
        action: &'static str,
        chain: Chain,
        object: impl Into<String>,
        study: Option<StudyId>,
        participant: Option<ParticipantId>,
    ) -> Self {
        Self { action, chain, object: object.into(), study, participant, reason: None, fields: Vec::new() }
    }

    /// Names the study and person that an account's act is about, for filters.
    #[must_use]
    pub fn about(mut self, study: Option<StudyId>, participant: Option<ParticipantId>) -> Self {
        self.study = study;
        self.participant = participant;
        self
    }

    /// A field whose values are kept beside the event.
    #[must_use]
    pub fn plain(self, name: impl Into<String>, old: Option<Value>, new: Option<Value>) -> Self {
        self.field(name, Kept::Plain, old, new)
    }

    /// A field whose new value is kept beside the event.
    #[must_use]
    pub fn set(self, name: impl Into<String>, new: impl Into<Value>) -> Self {
        self.field(name, Kept::Plain, None, Some(new.into()))
    }

    /// A field of which only digests are kept.
    #[must_use]
    pub fn digest(self, name: impl Into<String>, old: Option<Value>, new: Option<Value>) -> Self {
        self.field(name, Kept::Digest, old, new)
    }

    /// A field whose values and salts lie in a versioned row.
    #[must_use]
    pub fn row(
        self,
        name: impl Into<String>,
        old: Option<(Value, Salt)>,
        new: Option<(Value, Salt)>,
    ) -> Self {
        let (old, old_salt) = old.unzip();
        let (new, new_salt) = new.unzip();
        self.field(name, Kept::Row(old_salt, new_salt), old, new)
    }

    /// Why it was done.
    #[must_use]
    pub fn because(mut self, reason: Option<Reason>) -> Self {
        self.reason = reason;
        self
    }

    /// `null` is no value: beside the event it can't be told from one that was taken away.
    fn field(mut self, name: impl Into<String>, kept: Kept, old: Option<Value>, new: Option<Value>) -> Self {
        let [old, new] = [old, new].map(|value| value.filter(|value| !value.is_null()));
        self.fields.push(Field { name: name.into(), kept, old, new });
        self
    }
}
