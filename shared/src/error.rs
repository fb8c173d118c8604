//! One error for the whole system. Code branches on its [`Kind`], people read its sentence.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

pub use crate::model::microsoft::Refusal;

/// What went wrong, where, and what lies beneath.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    context: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The closed list of what somebody branches on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is not there (or not yet, where Microsoft is eventually consistent).
    NotFound,
    /// Somebody else was faster: a condition failed, or two writes collided.
    Conflict,
    /// The request or the data is wrong and will be wrong again.
    Invalid,
    /// Microsoft refused a request about a licence or a number for a reason that has a way out of its own.
    Refused(Refusal),
    /// This caller may not do this to this target (HTTP 403).
    Denied,
    /// It would have changed something, and this tenant is only read from.
    ReadOnly,
    /// The tenant does not accept our identity (HTTP 401 after a fresh token, or the token endpoint refused).
    Unauthorised,
    /// Slow down; the time to wait if one was named.
    Throttled(Option<Duration>),
    /// The other side is not able to answer now; nothing was changed.
    Unavailable,
    /// The answer is missing: a change may or may not have happened.
    UnknownOutcome,
    /// A delta token is too old: read everything again.
    Resync,
    /// The lease or the function's time is over: stop, somebody else goes on.
    OutOfTime,
}

impl Error {
    /// A new error; `context` says what was attempted and on what.
    pub fn new(kind: Kind, context: impl Into<String>) -> Self {
        Self {
            kind,
            context: context.into(),
            source: None,
        }
    }

    /// The same with the error beneath it.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same for somebody else whom it concerns.
    pub fn like(&self) -> Self {
        Self::new(self.kind.clone(), self.to_string())
    }

    /// What to branch on.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }
}

impl Kind {
    /// Whether it concerns more than the one request: no identity, no time, no pace. Everything else is that request's own.
    pub fn concerns_all(&self) -> bool {
        match self {
            Self::Unauthorised | Self::ReadOnly | Self::OutOfTime | Self::Throttled(_) => true,
            Self::NotFound
            | Self::Conflict
            | Self::Invalid
            | Self::Refused(_)
            | Self::Denied
            | Self::Unavailable
            | Self::UnknownOutcome
            | Self::Resync => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)?;
        let mut beneath = self.source.as_deref().map(|s| s as &dyn StdError);
        while let Some(error) = beneath {
            write!(f, ": {error}")?;
            beneath = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}

/// The result of everything that can fail here.
pub type Result<T> = std::result::Result<T, Error>;

/// Where reading JSON went wrong, without the text that was there: anybody may have written it.
pub fn place(error: &serde_json::Error) -> String {
    format!(
        "{:?} error at line {} column {}",
        error.classify(),
        error.line(),
        error.column()
    )
}
