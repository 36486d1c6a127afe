//! The sources in their order, and looking a registry up in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use super::file::{self, AuthFile, Shape};
use super::helper::Helper;
use super::key::{self, Dialect};
use super::keyring::Keyring;
use super::{CredentialError, CredentialStore, Found};
use crate::model::Registry;

/// The name of the variable that holds a credential file's text.
pub(super) const AUTH_CONFIG: &str = "DOCKER_AUTH_CONFIG";

/// Where credentials may be. All of it comes from the environment, which is read elsewhere.
#[derive(Clone, Debug)]
pub struct Options {
    /// `REGISTRY_AUTH_FILE`.
    pub registry_auth_file: Option<PathBuf>,
    /// The text in `DOCKER_AUTH_CONFIG`.
    pub docker_auth_config: Option<Zeroizing<String>>,
    /// Docker's `config.json`, whether or not it exists; none without a home directory.
    pub docker_config_file: Option<PathBuf>,
    /// The `auth.json` files of the containers tools: that of the runtime directory, then that of the configuration
    /// directory.
    pub containers_auth_files: Vec<PathBuf>,
    /// `.dockercfg`, which Docker read before `config.json`.
    pub legacy_docker_file: Option<PathBuf>,
    /// The directories of `PATH`, where helpers are looked for. Relative ones are passed over.
    pub search_path: Vec<PathBuf>,
    /// How long a helper or the keyring may take for an answer. A person may have to unlock it meanwhile.
    pub helper_timeout: Duration,
    /// Whether the operating system's keyring may be asked.
    pub keyring: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            registry_auth_file: None,
            docker_auth_config: None,
            docker_config_file: None,
            containers_auth_files: Vec::new(),
            legacy_docker_file: None,
            search_path: Vec::new(),
            helper_timeout: Duration::from_secs(30),
            keyring: true,
        }
    }
}

/// A registry that some source has an entry for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// `docker.io`, `host:5000`, `host/namespace`.
    pub registry: String,
    /// The file or helper that has it.
    pub origin: String,
}

/// The user's credentials, wherever they are. Nothing is kept between calls: other programs log in and out too.
#[derive(Debug)]
pub struct Credentials {
    pub(super) options: Options,
    pub(super) keyring: Keyring,
    notices: Mutex<BTreeSet<String>>,
}

/// One place that may have credentials.
pub(super) enum Source<'o> {
    File(&'o Path, Shape),
    Variable(&'o Zeroizing<String>),
}

impl Credentials {
    /// Nothing is read yet.
    pub fn new(options: Options) -> Self {
        let keyring = if options.keyring { Keyring::System } else { Keyring::Off };
        Self { options, keyring, notices: Mutex::default() }
    }

    #[cfg(test)]
    pub(super) fn with_keyring(options: Options, keyring: Keyring) -> Self {
        Self { keyring, ..Self::new(options) }
    }

    /// What people should know about the files read so far, each a sentence: that others may read one.
    pub fn notices(&self) -> Vec<String> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn notice(&self, text: String) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).insert(text);
    }

    /// The registries that any source has an entry for, sorted. Helpers are asked for theirs.
    ///
    /// # Errors
    /// A broken file, a failing helper.
    pub fn list(&self) -> Result<Vec<Listed>, CredentialError> {
        let mut listed = BTreeSet::new();
        for source in self.sources() {
            let Some(file) = self.load(&source)? else { continue };
            let own = file.keys().filter_map(|(key, _)| key::display(key, file.dialect));
            listed.extend(own.map(|registry| Listed { registry, origin: file.name.clone() }));
            if let Some(name) = file.common_helper() {
                let helper = self.helper(name, &file)?;
                let theirs = helper.list()?.into_iter().filter_map(|key| key::display(&key, Dialect::Docker));
                listed.extend(theirs.map(|registry| Listed { registry, origin: helper.program().to_owned() }));
            }
        }
        Ok(listed.into_iter().collect())
    }

    /// The sources, first to last.
    pub(super) fn sources(&self) -> Vec<Source<'_>> {
        let Options { registry_auth_file, docker_auth_config, docker_config_file, .. } = &self.options;
        let docker = Shape::Config(Dialect::Docker);
        let containers = Shape::Config(Dialect::Containers);
        let mut sources = Vec::new();
        sources.extend(registry_auth_file.as_deref().map(|path| Source::File(path, containers)));
        sources.extend(docker_auth_config.as_ref().map(Source::Variable));
        sources.extend(docker_config_file.as_deref().map(|path| Source::File(path, docker)));
        sources.extend(self.options.containers_auth_files.iter().map(|path| Source::File(path, containers)));
        sources.extend(self.options.legacy_docker_file.as_deref().map(|path| Source::File(path, Shape::Legacy)));
        sources
    }

    /// None if there is no such file.
    pub(super) fn load(&self, source: &Source<'_>) -> Result<Option<AuthFile>, CredentialError> {
        match source {
            Source::Variable(text) => {
                AuthFile::parse(AUTH_CONFIG, (*text).clone(), Shape::Config(Dialect::Docker)).map(Some)
            }
            Source::File(path, shape) => {
                let Some((text, others_may_read)) = file::read(path)? else { return Ok(None) };
                let file = AuthFile::parse(&path.display().to_string(), text, *shape)?;
                if others_may_read && file.has_secrets() {
                    let notice = format!("{} holds passwords and can be read by other users", file.name);
                    self.notice(notice);
                }
                Ok(Some(file))
            }
        }
    }

    /// The helper called `name` in `file`.
    pub(super) fn helper(&self, name: &str, file: &AuthFile) -> Result<Helper<'_>, CredentialError> {
        Helper::named(name, &file.name, &self.options.search_path, self.options.helper_timeout)
    }

    /// The helper that `file` names for `registry`: its own, else the common one unless its own is none at all.
    pub(super) fn helper_for(
        &self,
        registry: &Registry,
        file: &AuthFile,
    ) -> Result<Option<Helper<'_>>, CredentialError> {
        let name = file
            .own_helper(registry)
            .map_or_else(|| file.common_helper(), |own| Some(own).filter(|own| !own.is_empty()));
        name.map(|name| self.helper(name, file)).transpose()
    }

    fn find_in(
        &self,
        file: &AuthFile,
        registry: &Registry,
        repository: Option<&str>,
    ) -> Result<Option<Found>, CredentialError> {
        let helper = self.helper_for(registry, file)?;
        if let Some(helper) = &helper {
            let origin = helper.program().to_owned();
            if let Some(credential) = helper.get(key::canonical(registry))? {
                return Ok(Some(Found { credential, origin }));
            }
        }
        for entry in file.matches(registry, repository) {
            let (key, credential) = entry?;
            if let Some(credential) = credential {
                return Ok(Some(Found { credential, origin: file.name.clone() }));
            }
            // Marks under older keys, and those of a helper, are not ours.
            if helper.is_none()
                && key == key::canonical(registry)
                && let Some(credential) = self.keyring.get(key, self.options.helper_timeout)?
            {
                return Ok(Some(Found { credential, origin: "keyring".to_owned() }));
            }
        }
        Ok(None)
    }
}

impl CredentialStore for Credentials {
    fn find(&self, registry: &Registry, repository: Option<&str>) -> Result<Option<Found>, CredentialError> {
        for source in self.sources() {
            if let Some(file) = self.load(&source)?
                && let Some(found) = self.find_in(&file, registry, repository)?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
