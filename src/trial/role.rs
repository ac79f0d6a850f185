//! The roles that people have in a study, and the duties that go with an assignment.

/// A text that is none of the words of a list; the error names those that are.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("is one of {}", .0.join(", "))]
pub struct UnknownWord(pub &'static [&'static str]);

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name { $($(#[$word_doc])* $variant,)* }

        impl $name {
            /// All of them, in their fixed order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            const WORDS: &[&str] = &[$($word,)*];

            /// The word that protocols, the API and the database use.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::trial::role::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($word => Ok(Self::$variant),)* _ => Err($crate::trial::role::UnknownWord(Self::WORDS)) }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(|_| serde::de::Error::unknown_variant(&text, Self::WORDS))
            }
        }
    };
}
pub(crate) use words;

words! {
    /// A role in a study.
    Role {
        /// Leads the study (principal investigator, with the duty to sign eligibility).
        Lead = "lead",
        /// Enrols, randomizes, chases.
        Coordinator = "coordinator",
        /// Treats; sees the own caseload.
        Therapist = "therapist",
        /// Rates blindly.
        Assessor = "assessor",
        /// Analyses; blinded unless the assignment sees all arms.
        Statistician = "statistician",
        /// Oversees.
        Monitor = "monitor",
        /// Runs the installation; sees no data.
        Administrator = "administrator",
    }
}

words! {
    /// Which arms an assignment may see. Fixed for the assignment's life.
    SeesArm {
        /// None: the default.
        None = "none",
        /// One participant at a time, own site or caseload.
        Own = "own",
        /// All arms together.
        All = "all",
    }
}

words! {
    /// What an assignment may do besides its role.
    Duty {
        /// Draws allocations.
        Randomize = "randomize",
        /// Signs the decision on eligibility.
        SignEligibility = "sign_eligibility",
        /// Reads and handles safety alerts.
        Alerts = "alerts",
        /// Sees contact data and hands out links.
        Contacts = "contacts",
        /// Breaks the code in an emergency.
        EmergencyUnblind = "emergency_unblind",
    }
}

words! {
    /// Who answers a measure.
    Respondent {
        /// The participant.
        Participant = "participant",
        /// A blinded rater.
        Assessor = "assessor",
        /// The therapist.
        Therapist = "therapist",
        /// The coordinator.
        Coordinator = "coordinator",
        /// A parent or guardian.
        Guardian = "guardian",
    }
}
