//! Credentials: what they are, where they live. Secrets never implement `Display`, and `Debug` shows no secret.

mod secret;

pub use secret::Secret;

use crate::model::Registry;

/// What a registry, or its token server, is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// User name and password or access token.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// An identity (refresh) token, exchanged at the token server by POST: user name `<token>` in helpers,
    /// `identitytoken` in files.
    Identity {
        /// The account, where it is known.
        username: Option<String>,
        /// The token.
        token: Secret,
    },
    /// A registry token, sent as `Bearer` as it is: `registrytoken` in files.
    RegistryToken(Secret),
}

/// A credential and where it was found, for people: `/home/u/.docker/config.json`, `docker-credential-pass`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The credential.
    pub credential: Credential,
    /// The file, helper or keyring it came from.
    pub origin: String,
}

/// Where credentials live. Calls may block (files, helper processes, D-Bus): async code goes through
/// `spawn_blocking`.
pub trait CredentialStore: Send + Sync {
    /// The credential for `registry`, for requests to `repository` where the store knows path-scoped keys.
    ///
    /// # Errors
    /// A broken file, a failing helper: never an absent entry.
    fn find(&self, registry: &Registry, repository: Option<&str>) -> Result<Option<Found>, CredentialError>;
}

/// A failure of a credential store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// A credential file does not parse.
    #[error("{file}:{line}: {message}")]
    File {
        /// Its path.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
}
