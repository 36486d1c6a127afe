//! Forgetting credentials, wherever they were saved.

use zeroize::Zeroizing;

use super::file::AuthFile;
use super::helper::Helper;
use super::key::{self, HUB_TOKEN_KEYS};
use super::store::{Credentials, Source};
use super::{CredentialError, document, update};
use crate::model::Registry;

/// What became of a registry's credential that was to be forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Whether there was one in a place that is ours to change.
    pub was_there: bool,
    /// Sources that may still have one: `DOCKER_AUTH_CONFIG`, another program's file, a keyring that does not answer.
    pub remains_in: Vec<String>,
}

/// What became of all credentials.
#[derive(Debug, Default)]
pub struct ErasedAll {
    /// The registries that were forgotten, sorted.
    pub registries: Vec<String>,
    /// Those whose secrets may still be there, and why: a helper or the keyring failed.
    pub failures: Vec<(String, CredentialError)>,
}

impl Credentials {
    /// Forgets the credential of `registry`: with the helper, in the keyring and in the file that [`Credentials::save`]
    /// writes. Docker's tokens for Docker Hub go with the account.
    ///
    /// # Errors
    /// A broken file, a failing helper (the entry then stays), a file that cannot be written. A keyring that is not
    /// available is in the result: the entry is gone, but a secret may be left.
    pub fn erase(&self, registry: &Registry) -> Result<Erased, CredentialError> {
        let (path, shape) = self.target()?;
        let mut was_there = false;
        let mut remains_in = self.remains(registry)?;
        if let Some(file) = self.load(&Source::File(path, shape))? {
            let mut keys: Vec<&str> = key::matching(file.keys().map(|(key, _)| key), registry, None, file.dialect);
            if registry.is_docker_hub() {
                keys.extend(HUB_TOKEN_KEYS.into_iter().filter(|token| file.keys().any(|(key, _)| key == *token)));
            }
            let marks = keys.iter().filter(|key| file.keys().any(|(name, mark)| name == **key && mark)).copied();
            let marks: Vec<&str> = marks.collect();
            was_there = !keys.is_empty();
            match self.erase_secrets(registry, &marks, &file) {
                Ok(found) => was_there |= found,
                // The mark goes all the same: it may be some other program's, and blocks every use of the registry.
                Err(CredentialError::KeyringUnavailable { reason }) => {
                    remains_in.push(format!("the keyring, which is not available: {reason}"));
                }
                Err(error) => return Err(error),
            }
            self.remove(&keys)?;
        }
        Ok(Erased { was_there, remains_in })
    }

    /// Forgets everything that is in the file that [`Credentials::save`] writes, and behind its marks and its common
    /// helper.
    ///
    /// # Errors
    /// A broken file, a file that cannot be written. What a helper or the keyring refuses is in the result.
    pub fn erase_all(&self) -> Result<ErasedAll, CredentialError> {
        let (path, shape) = self.target()?;
        let mut erased = ErasedAll::default();
        let Some(file) = self.load(&Source::File(path, shape))? else { return Ok(erased) };
        let mut keys: Vec<String> = file.keys().map(|(key, _)| key.to_owned()).collect();
        if let Some(name) = file.common_helper() {
            match self.helper(name, &file).and_then(|helper| helper.list()) {
                Ok(theirs) => keys.extend(theirs),
                Err(error) => erased.failures.push((format!("docker-credential-{name}"), error)),
            }
        }
        keys.sort();
        keys.dedup();
        let mut gone = Vec::new();
        for key in &keys {
            let name = key::display(key, file.dialect).unwrap_or_else(|| key.clone());
            let is_plain = file.keys().any(|(other, mark)| other == key && !mark);
            let done = if is_plain { Ok(true) } else { self.erase_key(key, &name, &file) };
            match done {
                Ok(_) => gone.push((key.as_str(), name)),
                Err(error) => {
                    // As with one registry: a mark without keyring goes.
                    if matches!(error, CredentialError::KeyringUnavailable { .. }) {
                        gone.push((key.as_str(), name.clone()));
                    }
                    erased.failures.push((name, error));
                }
            }
        }
        self.remove(&gone.iter().map(|(key, _)| *key).collect::<Vec<_>>())?;
        erased.registries = gone.into_iter().map(|(_, name)| name).collect();
        erased.registries.sort();
        erased.registries.dedup();
        Ok(erased)
    }

    /// Erases what the helper or the keyring holds. `marks` are the file's entries that say that there is something.
    fn erase_secrets(&self, registry: &Registry, marks: &[&str], file: &AuthFile) -> Result<bool, CredentialError> {
        let server = key::canonical(registry);
        let Some(helper) = self.helper_for(registry, file)? else {
            return if marks.contains(&server) {
                self.keyring.erase(server, self.options.helper_timeout)
            } else {
                Ok(false)
            };
        };
        // A helper may be asked for what it does not have; most say then that all went well.
        let mut was_there = false;
        if marks.contains(&server) || helper.get(server)?.is_some() {
            was_there = helper.erase(server)?;
        }
        for mark in marks.iter().filter(|mark| **mark != server) {
            was_there |= helper.erase(mark)?;
        }
        Ok(was_there)
    }

    /// Erases what stands behind one mark, or in the common helper under `key`.
    fn erase_key(&self, key: &str, name: &str, file: &AuthFile) -> Result<bool, CredentialError> {
        let helper: Option<Helper<'_>> = match Registry::parse(name) {
            Ok(registry) => self.helper_for(&registry, file)?,
            Err(_) => file.common_helper().map(|name| self.helper(name, file)).transpose()?,
        };
        match helper {
            Some(helper) => helper.erase(key),
            None => self.keyring.erase(key, self.options.helper_timeout),
        }
    }

    /// Removes entries of `auths` from the file that is ours.
    fn remove(&self, keys: &[&str]) -> Result<(), CredentialError> {
        let (path, shape) = self.target()?;
        if keys.is_empty() {
            return Ok(());
        }
        let removed = update::update(
            path,
            |text| self.notice(text),
            |text| {
                AuthFile::parse(&path.display().to_string(), text.clone(), shape)?;
                let mut changed: Option<Zeroizing<String>> = None;
                for key in keys {
                    changed = document::remove(changed.as_ref().unwrap_or(&text), &["auths", key]).or(changed);
                }
                Ok(changed)
            },
        );
        removed.map(drop)
    }

    /// The sources other than ours that have a credential for `registry` in plain text.
    fn remains(&self, registry: &Registry) -> Result<Vec<String>, CredentialError> {
        let (ours, _) = self.target()?;
        let mut remains = Vec::new();
        for source in self.sources() {
            if matches!(source, Source::File(path, _) if path == ours) {
                continue;
            }
            let Some(file) = self.load(&source)? else { continue };
            if file.matches(registry, None).any(|found| found.is_ok_and(|(_, credential)| credential.is_some())) {
                remains.push(file.name.clone());
            }
        }
        Ok(remains)
    }
}
