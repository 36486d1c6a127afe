//! The operating system's keyring: Secret Service, Keychain, Credential Manager.
//!
//! It is asked only where a file says that something is there, because asking may start services, unlock prompts and
//! D-Bus round trips. Each call runs in a thread of its own: the client blocks, which must not happen on a thread of an
//! async runtime, and a locked keyring without a desktop to unlock it on never answers.

#[cfg(test)]
use std::collections::BTreeMap;
#[cfg(test)]
use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::{Credential, CredentialError, Secret};

/// What the keyring knows our entries by, beside their keys.
#[cfg(feature = "keyring")]
const SERVICE: &str = "rcr";

/// The keyring, or what stands for it.
#[derive(Debug)]
pub(super) enum Keyring {
    /// The user wants none.
    Off,
    /// The operating system's.
    System,
    /// In memory.
    #[cfg(test)]
    Memory(Mutex<BTreeMap<String, String>>),
    /// Not there.
    #[cfg(test)]
    Absent,
}

/// An entry's secret, as text: some keyrings keep nothing else.
#[derive(Deserialize)]
struct Kept {
    kind: Kind,
    username: Option<String>,
    secret: Secret,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Basic,
    Identity,
    Registry,
}

#[cfg_attr(not(feature = "keyring"), allow(dead_code, reason = "nobody is there to be given a secret"))]
enum Action {
    Greet,
    Get,
    Set(Zeroizing<String>),
    Erase,
}

impl Keyring {
    /// Whether it may be asked at all.
    pub(super) fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// Whether it answers; nothing is asked for.
    pub(super) fn status(&self, timeout: Duration) -> Result<(), CredentialError> {
        if matches!(self, Self::Off) {
            return Err(unavailable(&"it is switched off"));
        }
        self.perform("", Action::Greet, timeout).map(drop)
    }

    /// What it holds for `server`.
    pub(super) fn get(&self, server: &str, timeout: Duration) -> Result<Option<Credential>, CredentialError> {
        let Some(text) = self.perform(server, Action::Get, timeout)? else { return Ok(None) };
        let content = || CredentialError::KeyringContent { server: server.to_owned() };
        let kept: Kept = serde_json::from_str(&text).map_err(|_| content())?;
        let secret = kept.secret;
        match (kept.kind, kept.username) {
            (Kind::Basic, Some(username)) => Ok(Some(Credential::Basic { username, password: secret })),
            (Kind::Basic, None) => Err(content()),
            (Kind::Identity, username) => Ok(Some(Credential::Identity { username, token: secret })),
            (Kind::Registry, _) => Ok(Some(Credential::RegistryToken(secret))),
        }
    }

    /// Gives it `credential` to keep for `server`.
    pub(super) fn store(
        &self,
        server: &str,
        credential: &Credential,
        timeout: Duration,
    ) -> Result<(), CredentialError> {
        let (kind, username, secret) = match credential {
            Credential::Basic { username, password } => (Kind::Basic, Some(username), password),
            Credential::Identity { username, token } => (Kind::Identity, username.as_ref(), token),
            Credential::RegistryToken(token) => (Kind::Registry, None, token),
        };
        let kept = json!({ "kind": kind, "username": username, "secret": secret.expose() });
        self.perform(server, Action::Set(Zeroizing::new(kept.to_string())), timeout).map(drop)
    }

    /// Makes it forget what it holds for `server`. False: it held nothing.
    pub(super) fn erase(&self, server: &str, timeout: Duration) -> Result<bool, CredentialError> {
        Ok(self.perform(server, Action::Erase, timeout)?.is_some())
    }

    /// Some for what was found, stored or erased; None for no such entry.
    fn perform(
        &self,
        server: &str,
        action: Action,
        timeout: Duration,
    ) -> Result<Option<Zeroizing<String>>, CredentialError> {
        match self {
            Self::Off => Ok(None),
            Self::System => system(server, action, timeout),
            #[cfg(test)]
            Self::Memory(entries) => {
                let mut entries = entries.lock().unwrap();
                Ok(match action {
                    Action::Greet => None,
                    Action::Get => entries.get(server).cloned(),
                    Action::Set(text) => entries.insert(server.to_owned(), (*text).clone()).or(Some(String::new())),
                    Action::Erase => entries.remove(server),
                }
                .map(Zeroizing::new))
            }
            #[cfg(test)]
            Self::Absent => Err(unavailable(&"nobody answers")),
        }
    }
}

fn unavailable(reason: &dyn std::fmt::Display) -> CredentialError {
    CredentialError::KeyringUnavailable { reason: reason.to_string() }
}

#[cfg(not(feature = "keyring"))]
fn system(_: &str, _: Action, _: Duration) -> Result<Option<Zeroizing<String>>, CredentialError> {
    Err(unavailable(&"this program was built without it"))
}

#[cfg(feature = "keyring")]
fn system(server: &str, action: Action, timeout: Duration) -> Result<Option<Zeroizing<String>>, CredentialError> {
    let server = server.to_owned();
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new().name("keyring".to_owned());
    thread
        .spawn(move || {
            // Nobody listens any more: we took too long.
            let _ = sender.send(ask(&server, &action));
        })
        .map_err(|error| unavailable(&error))?;
    match receiver.recv_timeout(timeout) {
        Ok(answer) => answer.map_err(|reason| unavailable(&reason)),
        Err(_) => Err(unavailable(&format!("no answer within {} seconds", timeout.as_secs_f32()))),
    }
}

/// The error is the reason, in one line.
#[cfg(feature = "keyring")]
fn ask(server: &str, action: &Action) -> Result<Option<Zeroizing<String>>, String> {
    use keyring::{Entry, Error};

    if let Err(error) = Entry::store_status() {
        return Err(reason(error));
    }
    let entry = || Entry::new(SERVICE, server);
    let answer = match action {
        Action::Greet => return Ok(None),
        Action::Get => entry().and_then(|entry| entry.get_password()).map(Zeroizing::new),
        Action::Set(text) => entry().and_then(|entry| entry.set_password(text)).map(|()| Zeroizing::default()),
        Action::Erase => entry().and_then(|entry| entry.delete_credential()).map(|()| Zeroizing::default()),
    };
    match answer {
        Ok(text) => Ok(Some(text)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(reason(&error)),
    }
}

/// The words of the cause where there is one: the error's own are about platforms. Variants that carry the entry's
/// bytes are named without them.
#[cfg(feature = "keyring")]
fn reason(error: &keyring::Error) -> String {
    use keyring::Error;

    let text = match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => cause.to_string(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "it holds something that is not text".to_owned(),
        Error::Ambiguous(_) => "it holds more than one entry for this registry".to_owned(),
        error => error.to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
