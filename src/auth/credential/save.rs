//! Saving a credential, and saying where it went.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::file::{AuthFile, Shape};
use super::key::{self, Dialect};
use super::store::{AUTH_CONFIG, Credentials, Source};
use super::{Credential, CredentialError, document, entry, update};
use crate::model::Registry;

/// What became of a credential that was to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Where it is now.
    pub place: Place,
    /// A source that is read before that place and has another credential for the registry.
    pub shadowed_by: Option<String>,
}

/// Where a credential can be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// With a helper: `docker-credential-pass`.
    Helper(String),
    /// In the operating system's keyring.
    Keyring,
    /// In a file, readable for those who can read the file.
    File {
        /// Its path.
        path: PathBuf,
        /// Why it is not in the keyring, where one was wanted. In one line.
        keyring_missing_because: Option<String>,
    },
}

impl Credentials {
    /// Saves `credential` for `registry`: with the helper that the file names, else in the keyring if one answers, else
    /// in the file itself, which is `REGISTRY_AUTH_FILE` or else Docker's. Any earlier one is replaced.
    ///
    /// # Errors
    /// A broken file, a failing helper (the secret is then saved nowhere), a file that cannot be written.
    pub fn save(&self, registry: &Registry, credential: &Credential) -> Result<Saved, CredentialError> {
        check_username(credential)?;
        let (path, shape) = self.target()?;
        let server = key::canonical(registry);
        let shadowed_by = self.shadow(registry)?;
        let file = self.load(&Source::File(path, shape))?;
        let helper = file.as_ref().map(|file| self.helper_for(registry, file)).transpose()?.flatten();
        let mut keyring_missing_because = None;
        let place = if let Some(helper) = helper {
            helper.store(server, credential)?;
            Some(Place::Helper(helper.program().to_owned()))
        } else if self.keyring.is_on() {
            match self.keyring.store(server, credential, self.options.helper_timeout) {
                Ok(()) => Some(Place::Keyring),
                Err(CredentialError::KeyringUnavailable { reason }) => {
                    keyring_missing_because = Some(reason);
                    None
                }
                Err(error) => return Err(error),
            }
        } else {
            None
        };
        let value = if place.is_some() { json!({}) } else { entry::encode(credential) };
        let written = update::update(
            path,
            |text| self.notice(text),
            |text| {
                let file = AuthFile::parse(&path.display().to_string(), text.clone(), shape)?;
                // Nothing to say twice: a file that cannot be written may say it already.
                let marked = place.is_some() && file.keys().any(|(key, is_marker)| key == server && is_marker);
                let text = if text.trim().is_empty() { "{}" } else { text.as_str() };
                Ok((!marked).then(|| document::set(text, &["auths", server], &value)))
            },
        );
        if let (Err(_), Some(Place::Keyring)) = (&written, &place) {
            // Without its mark nobody would find it again; the failure to write is what is reported.
            let _ = self.keyring.erase(server, self.options.helper_timeout);
        }
        written?;
        let place = place.unwrap_or_else(|| Place::File { path: path.to_owned(), keyring_missing_because });
        Ok(Saved { place, shadowed_by })
    }

    /// The file that is written.
    pub(super) fn target(&self) -> Result<(&Path, Shape), CredentialError> {
        let options = &self.options;
        let containers = options.registry_auth_file.as_deref().map(|path| (path, Shape::Config(Dialect::Containers)));
        let docker = || options.docker_config_file.as_deref().map(|path| (path, Shape::Config(Dialect::Docker)));
        containers.or_else(docker).ok_or(CredentialError::NoFile)
    }

    /// The source before the file that is written, if it has a credential for `registry`.
    fn shadow(&self, registry: &Registry) -> Result<Option<String>, CredentialError> {
        let Some(text) = &self.options.docker_auth_config else { return Ok(None) };
        if self.options.registry_auth_file.is_some() {
            return Ok(None);
        }
        let Some(file) = self.load(&Source::Variable(text))? else { return Ok(None) };
        let has_one = file.matches(registry, None).any(|found| found.is_ok_and(|(_, credential)| credential.is_some()));
        Ok(has_one.then(|| AUTH_CONFIG.to_owned()))
    }
}

fn check_username(credential: &Credential) -> Result<(), CredentialError> {
    let username = match credential {
        Credential::Basic { username, .. } => Some(username),
        Credential::Identity { username, .. } => username.as_ref(),
        Credential::RegistryToken(_) => None,
    };
    let carried = |name: &String| !name.is_empty() && !name.contains(|c: char| c == ':' || c.is_control());
    if username.is_none_or(carried) { Ok(()) } else { Err(CredentialError::Username) }
}
