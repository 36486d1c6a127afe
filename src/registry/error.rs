//! What can go wrong between a request and what a registry makes of it.

use std::fmt;
use std::time::Duration;

use super::problem::{self, Problem};
use super::warning::shorten;
use crate::auth::{self, Challenge};
use crate::content::{Fault, FaultKind, IntegrityError};
use crate::http::{self, DisplayUrl, GaveUp, Response, StatusCode};
use crate::model::DocumentError;

/// The most of an error body that is read, in bytes.
const BODY_LIMIT_BYTES: usize = 64 * 1024;

/// The most that is kept of a challenge's parameter, in bytes.
const CHALLENGE_BYTES: usize = 256;

/// A failure of `registry`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such repository, tag, manifest or blob; private ones may look the same.
    #[error("{0}")]
    NotFound(Box<Refusal>),
    /// Not authenticated (401) or not allowed (403).
    #[error("{0}")]
    Denied(Box<Refusal>),
    /// Too many requests (429), for longer than may be waited. [`Refusal::retry_after`] says until when.
    #[error("{0}")]
    RateLimited(Box<Refusal>),
    /// The registry understood and will not: 400, 405, 409, 412, 413, 415, 507 and the like.
    #[error("{0}")]
    Rejected(Box<Refusal>),
    /// The registry, or what stands in front of it, is out of order: 5xx, 408.
    #[error("{0}")]
    Server(Box<Refusal>),
    /// `/v2/` is not there: whatever answers is no registry of this kind.
    #[error("{host} does not serve the registry API: it answered {status} to /v2/")]
    NotARegistry {
        /// Host and port.
        host: String,
        /// The status.
        status: StatusCode,
    },
    /// The bytes are not what their digest or descriptor says.
    #[error(transparent)]
    Integrity(#[from] IntegrityError),
    /// A document is larger than what is read of its kind.
    #[error("{what} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The document.
        what: String,
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// The bytes are no manifest.
    #[error("cannot use {what}")]
    Document {
        /// What was read.
        what: String,
        /// Why not.
        source: DocumentError,
    },
    /// No usable answer came.
    #[error("cannot {operation}")]
    Http {
        /// What was attempted.
        operation: String,
        /// Why.
        source: http::Error,
    },
    /// The way to a token failed.
    #[error("cannot {operation}")]
    Auth {
        /// What was attempted.
        operation: String,
        /// Why.
        source: auth::Error,
    },
    /// The answer breaks the protocol in a way that cannot be worked around.
    #[error("cannot {operation}: {what}")]
    Protocol {
        /// What was attempted.
        operation: String,
        /// What is wrong with the answer.
        what: String,
    },
    /// The settings name nobody who may be asked.
    #[error("no setting names a place to ask for `{what}` of `{repository}`: the capabilities of all leave it out")]
    NoPlace {
        /// The tag or digest.
        what: String,
        /// The repository.
        repository: String,
    },
    /// A name that does not belong in a URL: never sent.
    #[error("{0:?} is not the name of a repository or tag")]
    Name(String),
    /// An upload kept failing in ways that each could have passed.
    #[error("cannot {operation}: the upload was started {sessions} times, and each session was lost")]
    SessionsLost {
        /// What was attempted.
        operation: String,
        /// How many sessions were opened.
        sessions: u32,
    },
    /// An upload in chunks that does not get on.
    #[error("cannot {operation}: the registry keeps {received_bytes} bytes, and takes no more")]
    Stalled {
        /// What was attempted.
        operation: String,
        /// How many bytes it has.
        received_bytes: u64,
    },
    /// The registry wants larger chunks than are held in memory: `OCI-Chunk-Min-Length`.
    #[error("cannot {operation}: the registry wants chunks of at least {minimum_bytes} bytes, more than {limit_bytes}")]
    ChunkTooLarge {
        /// What was attempted.
        operation: String,
        /// What it wants.
        minimum_bytes: u64,
        /// What it gets at the most.
        limit_bytes: u64,
    },
    /// What was to be sent could not be read.
    #[error(transparent)]
    Source(Fault),
}

/// An answer that is not what was asked for, in the registry's own words; unescaped, but for the URL.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What was attempted: "fetch the manifest `latest` of `library/debian`".
    pub operation: String,
    /// Host and port that answered.
    pub host: String,
    /// The URL that answered, redacted.
    pub url: String,
    /// The repository with its registry, as commands name it; `None` where none was asked for.
    pub repository: Option<String>,
    /// The status.
    pub status: StatusCode,
    /// What the body says; empty where it says nothing.
    pub problems: Vec<Problem>,
    /// The parameters `error` and `scope` of the challenges, where they are given: why a token would not do.
    pub challenge: Option<String>,
    /// Where the credentials are from that were sent; `None` where none were.
    pub credentials_sent: Option<String>,
    /// How long to wait, counted from the answer.
    pub retry_after: Option<Duration>,
    /// How many requests were made.
    pub attempts: u32,
    /// Which limits kept it from being asked for again.
    pub gave_up: GaveUp,
    /// Whether the request was one that is not repeated by itself, so that the caller may.
    pub(super) once: bool,
}

impl Refusal {
    /// The registry's first error code.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.problems.iter().map(|p| p.code.as_str()).find(|code| !code.is_empty())
    }

    /// Whether this is one of the registry's error codes.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.problems.iter().any(|p| p.code == code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.operation.contains(&self.host) { "it" } else { &self.host };
        write!(f, "cannot {}: {who} answered {}", self.operation, self.status)?;
        for (at, problem) in self.problems.iter().enumerate() {
            f.write_str(if at == 0 { ", in its words: " } else { "; " })?;
            match (problem.code.as_str(), problem.message.as_str()) {
                ("", message) => f.write_str(message)?,
                (code, "") => f.write_str(code)?,
                (code, message) => write!(f, "{code}: {message}")?,
            }
        }
        if let Some(challenge) = &self.challenge {
            write!(f, " ({challenge})")?;
        }
        Ok(())
    }
}

impl Error {
    /// Reads what a registry answered in place of what was asked for.
    pub(super) async fn refusal(
        operation: String,
        response: Response,
        repository: Option<String>,
        credentials_sent: Option<String>,
        once: bool,
    ) -> Self {
        let status = response.status();
        let challenge = challenge(response.headers());
        let (url, attempts, retry_after) = (response.url().clone(), response.attempts(), response.retry_after());
        let gave_up = response.gave_up();
        let refusal = Box::new(Refusal {
            operation,
            host: url.authority().to_owned(),
            url: DisplayUrl(&url).to_string(),
            repository,
            status,
            // Servers send bodies with 416 whose length is the blob's.
            problems: if status == StatusCode::RANGE_NOT_SATISFIABLE {
                Vec::new()
            } else {
                problem::parse(&response.prefix(BODY_LIMIT_BYTES).await)
            },
            challenge,
            credentials_sent,
            retry_after,
            attempts,
            gave_up,
            once,
        });
        let unknown = |r: &Refusal| ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "BLOB_UNKNOWN"].iter().any(|c| r.has_code(c));
        match status.as_u16() {
            // What a manifest points at is missing, or an upload is: the thing asked for is another.
            404 if refusal.has_code("MANIFEST_BLOB_UNKNOWN") || refusal.has_code("BLOB_UPLOAD_UNKNOWN") => {
                Self::Rejected(refusal)
            }
            404 => Self::NotFound(refusal),
            429 => Self::RateLimited(refusal),
            _ if refusal.has_code("TOOMANYREQUESTS") => Self::RateLimited(refusal),
            401 | 403 => Self::Denied(refusal),
            408 | 499 | 500 | 502..=504 | 520..=599 => Self::Server(refusal),
            400..=499 if unknown(&refusal) => Self::NotFound(refusal),
            400..=599 => Self::Rejected(refusal),
            _ => {
                let Refusal { operation, status, .. } = *refusal;
                Self::Protocol { operation, what: format!("the answer {status} has no meaning here") }
            }
        }
    }

    /// No answer came: `http` failed, or `auth` inside it.
    pub(super) fn unanswered(operation: &str, source: http::Error) -> Self {
        let operation = operation.to_owned();
        match source {
            http::Error::Authorize(inner) => match inner.downcast::<auth::Error>() {
                Ok(source) => Self::Auth { operation, source: *source },
                Err(inner) => Self::Http { operation, source: http::Error::Authorize(inner) },
            },
            source => Self::Http { operation, source },
        }
    }

    /// The registry's answer, where there was one.
    #[must_use]
    pub fn answer(&self) -> Option<&Refusal> {
        match self {
            Self::NotFound(r) | Self::Denied(r) | Self::RateLimited(r) | Self::Rejected(r) | Self::Server(r) => Some(r),
            _ => None,
        }
    }

    /// The status that decided, where there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.answer().map(|r| r.status)
    }

    /// Whether the failure is on this side, so that asking elsewhere would hide it: a certificate file that cannot be
    /// used, say.
    pub(super) fn is_local(&self) -> bool {
        let source = match self {
            Self::Http { source, .. } => source.innermost(),
            Self::Auth { source, .. } => match source.transport() {
                Some(source) => source.innermost(),
                None => return false,
            },
            _ => return false,
        };
        matches!(source, http::Error::CertificateFile { .. } | http::Error::Trust(_) | http::Error::Setup(_))
    }

    /// Whether nobody was reached, so that it does not matter what was asked for.
    pub(super) fn is_unreachable(&self) -> bool {
        use http::Error as E;
        let Self::Http { source, .. } = self else { return false };
        matches!(source.innermost(), E::Connect { .. } | E::Resolve { .. } | E::Proxy { .. })
    }

    /// Whether another attempt may help. What `http` has tried again already counts as settled.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Http { source, .. } => source.is_transient(),
            Self::Server(refusal) | Self::RateLimited(refusal) => refusal.once,
            Self::Source(fault) => fault.kind() == FaultKind::Transient,
            _ => false,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Source(fault) => fault,
            Error::Integrity(error) => error.into(),
            transient if transient.is_transient() => Self::new(FaultKind::Transient, transient),
            permanent => Self::new(FaultKind::Permanent, permanent),
        }
    }
}

/// `error` and `scope` of the challenges: they name what is missing, and hold no secret.
fn challenge(headers: &http::HeaderMap) -> Option<String> {
    let challenges = Challenge::all(headers);
    let challenge = challenges.iter().find(|c| c.error().is_some())?;
    let error = shorten(challenge.error()?, CHALLENGE_BYTES);
    let scope = challenge.scope().map(|scope| format!(", scope {}", shorten(scope, CHALLENGE_BYTES)));
    Some(format!("error {error}{}", scope.unwrap_or_default()))
}
