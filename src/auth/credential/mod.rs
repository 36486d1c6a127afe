//! Credentials: what they are, where they live, how they are saved and forgotten.
//!
//! Sources, first to last: `REGISTRY_AUTH_FILE`, `DOCKER_AUTH_CONFIG`, Docker's `config.json`, the `auth.json` files of
//! the containers tools, and `.dockercfg`. Each of Docker's shape may name `docker-credential-*` programs, and an empty
//! entry may point to the operating system's keyring. The formats are those of Docker's command-line client and of
//! `containers-auth.json(5)`.
//!
//! Nothing here reads the environment, prints, or knows HTTP. Secrets never implement `Display`, and `Debug` shows no
//! secret.

mod child;
mod document;
mod entry;
mod error;
mod file;
mod forget;
mod helper;
mod key;
mod keyring;
mod overview;
mod save;
mod secret;
mod store;
mod update;

#[cfg(test)]
mod tests;

pub use error::{CredentialError, ErrorClass, HelperError};
pub use forget::{Erased, ErasedAll};
pub use overview::{HelperState, KeyringState, SourceContent, SourceState};
pub use save::{Place, Saved};
pub use secret::Secret;
pub use store::{Credentials, Listed, Options};

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
