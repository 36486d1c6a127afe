//! How credential stores fail, and what each failure amounts to.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// A failure of a credential store. No variant holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// A credential file does not parse.
    #[error("{file}:{line}: {message}")]
    File {
        /// Its path, or the name of the variable that holds it.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// A credential file is there and cannot be read.
    #[error("cannot read the credential file {}", file.display())]
    Read {
        /// Its path.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A credential file is larger than any such file can reasonably be.
    #[error("{file} is larger than {limit_bytes} bytes, too large for a credential file")]
    TooLarge {
        /// Its path, or the name of the variable that holds it.
        file: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// A file names a helper by something that is not the name of a program. Nothing was run.
    #[error("{file} names the credential helper {name:?}: only letters, digits, `.`, `_` and `-` make a helper's name")]
    HelperName {
        /// The file.
        file: String,
        /// The name.
        name: String,
    },
    /// A helper failed. Never a reason to go on without credentials.
    #[error("{program} could not {action} the credentials for {server}")]
    Helper {
        /// `docker-credential-pass`
        program: String,
        /// `get`, `store`, `erase` or `list`.
        action: &'static str,
        /// The registry, as the helper knows it.
        server: String,
        /// What happened.
        source: HelperError,
    },
    /// There is no keyring to ask: not built in, no session bus, no service, locked.
    #[error("the keyring is not available: {reason}")]
    KeyringUnavailable {
        /// Why, in one line.
        reason: String,
    },
    /// The keyring answered, and what it holds is not ours.
    #[error("what the keyring holds for {server} is not a credential that was saved here")]
    KeyringContent {
        /// The registry, as the keyring knows it.
        server: String,
    },
    /// A user name that Basic authentication cannot carry.
    #[error("a user name must not be empty, and must not contain `:` or control characters")]
    Username,
    /// Helpers hold passwords and identity tokens only.
    #[error("{program} cannot hold a registry token")]
    RegistryTokenInHelper {
        /// `docker-credential-pass`
        program: String,
    },
    /// There is nowhere to save to.
    #[error("there is no credential file to write: neither a home directory nor REGISTRY_AUTH_FILE is known")]
    NoFile,
    /// A credential file could not be replaced; the old one is as it was.
    #[error("cannot write the credential file {}", file.display())]
    Write {
        /// Its path.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process holds the lock of a credential file.
    #[error("another process is changing the credential file: {} was not free within {} seconds",
        lock.display(), waited.as_secs())]
    Locked {
        /// The lock file.
        lock: PathBuf,
        /// For how long we waited.
        waited: Duration,
    },
}

/// What a [`CredentialError`] amounts to; exit codes are chosen by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// A file or a value is wrong: exit 2.
    Config,
    /// A helper or the keyring did not give or take the credential: exit 4.
    Denied,
    /// Reading or writing failed: exit 9.
    Local,
}

impl CredentialError {
    /// What it amounts to.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::File { .. } | Self::TooLarge { .. } | Self::HelperName { .. } | Self::Username => ErrorClass::Config,
            Self::Helper { .. }
            | Self::KeyringUnavailable { .. }
            | Self::KeyringContent { .. }
            | Self::RegistryTokenInHelper { .. } => ErrorClass::Denied,
            Self::Read { .. } | Self::NoFile | Self::Write { .. } | Self::Locked { .. } => ErrorClass::Local,
        }
    }
}

/// How a helper failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HelperError {
    /// There is no such program in the absolute directories of the search path.
    #[error("there is no such program in PATH")]
    Missing,
    /// It is there and does not start.
    #[error("it does not start")]
    Start(#[source] io::Error),
    /// It did not end in time, and was killed.
    #[error("it did not answer within {} seconds", .0.as_secs_f32())]
    Timeout(Duration),
    /// It wrote more than any answer can be, and was killed.
    #[error("it wrote more than {limit_bytes} bytes")]
    TooMuchOutput {
        /// The limit.
        limit_bytes: usize,
    },
    /// It ended with a failure; its own words, free of control characters, if they give nothing away.
    #[error("it failed{}", .0.as_ref().map(|words| format!(": {words}")).unwrap_or_default())]
    Failed(Option<String>),
    /// It succeeded with an answer that is not what the protocol asks for.
    #[error("its answer is not {0}")]
    Answer(&'static str),
}
