//! What goes wrong between a challenge and a token. Every message is safe to show but for terminal control: the
//! servers' own words in it are data. No secret is in any of them.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use super::credential::CredentialError;
use crate::http::{self, StatusCode};

/// A failure to authenticate. `Clone`, because concurrent callers share the outcome of one token request.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The credential store failed, which is not the same as having nothing.
    #[error("cannot look up credentials for {registry}")]
    Lookup {
        /// The registry.
        registry: String,
        /// The store's error: a [`CredentialError`] but for a panic in it.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The credential cannot be put into a header.
    #[error("the credentials for {registry} from {origin} hold characters that no header may have")]
    Unsendable {
        /// The registry.
        registry: String,
        /// Where the credential is from.
        origin: String,
    },
    /// The token server was not contacted, did not answer, or answered too much.
    #[error("cannot get a token for {registry}")]
    Transport {
        /// The registry.
        registry: String,
        /// The cause; [`http::Error::Hop`] where a rule forbids to contact the token server.
        source: Arc<http::Error>,
    },
    /// The token server knows the credentials, and refuses them.
    #[error("the token server {realm} refused the credentials for {registry} from {origin}: {words}")]
    Refused {
        /// The registry.
        registry: String,
        /// The token server's URL, redacted.
        realm: String,
        /// Where the credential is from.
        origin: String,
        /// 401 or 403.
        status: StatusCode,
        /// The server's words, at most 1 KiB.
        words: String,
    },
    /// The token server gives nothing without credentials, and there are none.
    #[error("not logged in to {registry}, and the token server {realm} refuses anonymous access: {words}")]
    NotLoggedIn {
        /// The registry.
        registry: String,
        /// The token server's URL, redacted.
        realm: String,
        /// 401 or 403.
        status: StatusCode,
        /// The server's words, at most 1 KiB.
        words: String,
    },
    /// The token server answered with a status that helps nobody.
    #[error("the token server {realm} answered {status}: {words}")]
    Status {
        /// The token server's URL, redacted.
        realm: String,
        /// The status.
        status: StatusCode,
        /// The server's words, at most 1 KiB.
        words: String,
        /// How long the server asks to wait, counted from the answer.
        retry_after: Option<Duration>,
    },
    /// The token server answered with something else than JSON: a proxy's or a captive portal's page.
    #[error("the token server {realm} did not answer with JSON, but with: {first_line}")]
    NotJson {
        /// The token server's URL, redacted.
        realm: String,
        /// How the answer starts, at most 1 KiB.
        first_line: String,
    },
    /// The token server's answer has no token, an empty one, or one that no header may have.
    #[error("the token server {realm} answered without a usable token")]
    NoToken {
        /// The token server's URL, redacted.
        realm: String,
    },
}

impl Error {
    /// The transport's failure behind this one. A walk along `source` meets it as an `Arc` only.
    #[must_use]
    pub fn transport(&self) -> Option<&http::Error> {
        match self {
            Self::Transport { source, .. } => Some(source),
            _ => None,
        }
    }

    /// The credential store's failure behind this one. A walk along `source` meets it as an `Arc` only.
    #[must_use]
    pub fn lookup(&self) -> Option<&CredentialError> {
        match self {
            Self::Lookup { source, .. } => source.downcast_ref(),
            _ => None,
        }
    }
}
