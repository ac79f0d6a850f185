//! What can go wrong, as the callers of the verbs see it: a kind, a stable code, and where the fault lies.
//! Status numbers and texts for people are the concern of `http::problem`.

use std::error::Error as StdError;
use std::fmt;

/// The kinds of refusal, each with its own answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Broken syntax, an unknown query parameter, a missing key header.
    Malformed,
    /// Not signed in, or not any more.
    Unauthenticated,
    /// May know that it exists, may not do it.
    Forbidden,
    /// Unknown, or not for this caller to know.
    NotFound,
    /// Gone for good: a used link, an expired token.
    Gone,
    /// The state does not allow it.
    Conflict,
    /// An `If-Match` that names another representation.
    PreconditionFailed,
    /// An `If-Match` that is missing.
    PreconditionMissing,
    /// Understood, but not valid.
    Invalid,
    /// Too large.
    TooLarge,
    /// A content type that is not taken.
    Unsupported,
    /// Too often.
    TooMany,
    /// The database, a key or a list is not there.
    Unavailable,
    /// A fault of ours; only the request id leaves the house.
    Internal,
}

/// One fault in the input: where it is, and a stable code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldError {
    /// JSON pointer into the body, or a file position for protocols.
    pub pointer: String,
    /// A stable code, such as `field.unknown`.
    pub code: String,
    /// What is wrong, without the value.
    pub detail: String,
    /// Line and column (from 1) for texts such as protocols.
    pub place: Option<(u32, u32)>,
    /// What to write instead.
    pub mend: Option<String>,
}

impl FieldError {
    /// A fault in a JSON body.
    pub fn new(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            code: code.to_owned(),
            detail: detail.into(),
            place: None,
            mend: None,
        }
    }
}

/// One condition that is not met yet: which step, which code, and the object to look at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unmet {
    /// The step or check.
    pub step: String,
    /// A stable code, such as `assessment.incomplete`.
    pub code: &'static str,
    /// The id of an object that the caller may see.
    pub object: Option<String>,
}

impl Unmet {
    /// A condition without an object.
    pub fn new(step: impl Into<String>, code: &'static str) -> Self {
        Self { step: step.into(), code, object: None }
    }

    /// The same, with the object to look at.
    #[must_use]
    pub fn at(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }
}

/// A refusal or failure. Holds no value of a participant, ever.
#[derive(Debug)]
pub struct Error(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: Kind,
    code: &'static str,
    detail: Option<String>,
    fields: Vec<FieldError>,
    unmet: Vec<Unmet>,
    retry_after: Option<u32>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A refusal with a stable code.
    pub fn new(kind: Kind, code: &'static str) -> Self {
        Self(Box::new(Parts {
            kind,
            code,
            detail: None,
            fields: Vec::new(),
            unmet: Vec::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// Unknown, or not for this caller to know: the same answer for both.
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound, "not_found")
    }

    /// The state does not allow it.
    pub fn conflict(code: &'static str) -> Self {
        Self::new(Kind::Conflict, code)
    }

    /// May know that it exists, may not do it.
    pub fn forbidden(code: &'static str) -> Self {
        Self::new(Kind::Forbidden, code)
    }

    /// Not signed in.
    pub fn unauthenticated(code: &'static str) -> Self {
        Self::new(Kind::Unauthenticated, code)
    }

    /// The shape is right, the meaning is not.
    pub fn invalid(code: &'static str) -> Self {
        Self::new(Kind::Invalid, code)
    }

    /// One field of the body is wrong.
    pub fn field(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, "body.invalid").with_field(FieldError::new(pointer, code, detail))
    }

    /// A fault of ours.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(Kind::Internal, "internal").detail(detail)
    }

    /// Something that the service needs is away.
    pub fn unavailable(code: &'static str) -> Self {
        Self::new(Kind::Unavailable, code)
    }

    /// A sentence for the reader; for `Internal` it goes to the log only.
    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.0.detail = Some(text.into());
        self
    }

    /// Adds one fault in the input.
    #[must_use]
    pub fn with_field(mut self, field: FieldError) -> Self {
        self.0.fields.push(field);
        self
    }

    /// Adds faults in the input.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.0.fields.extend(fields);
        self
    }

    /// Adds conditions that are not met.
    #[must_use]
    pub fn with_unmet(mut self, unmet: Vec<Unmet>) -> Self {
        self.0.unmet.extend(unmet);
        self
    }

    /// When to try again, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The kind of refusal.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The sentence for the reader.
    pub fn detail_text(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// Faults in the input.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// Conditions that are not met.
    pub fn unmet(&self) -> &[Unmet] {
        &self.0.unmet
    }

    /// Seconds after which to try again.
    pub fn retry_seconds(&self) -> Option<u32> {
        self.0.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.code)?;
        if let Some(detail) = &self.0.detail {
            write!(f, ": {detail}")?;
        }
        for field in &self.0.fields {
            write!(f, "; {} {}: {}", field.pointer, field.code, field.detail)?;
        }
        for unmet in &self.0.unmet {
            write!(f, "; {} {}", unmet.step, unmet.code)?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_ref().map(|cause| {
            let cause: &(dyn StdError + 'static) = cause.as_ref();
            cause
        })
    }
}
