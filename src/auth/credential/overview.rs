//! What the sources are and which helpers they name: for people who ask where their credentials come from. No helper
//! is run, and no keyring is unlocked.

use super::store::AUTH_CONFIG;
use super::{CredentialError, Credentials, helper};

/// A source of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceState {
    /// Its path, or the variable that holds it.
    pub name: String,
    /// What it holds; `None` where it is not there.
    pub content: Option<SourceContent>,
}

/// What a source holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceContent {
    /// How many registries it has an entry for.
    pub entries: usize,
    /// The helpers that it names.
    pub helpers: Vec<HelperState>,
}

/// A helper that a source names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelperState {
    /// The registry that it is for; `None` for all.
    pub registry: Option<String>,
    /// Its file name: `docker-credential-pass`.
    pub program: String,
    /// Whether it is on the search path.
    pub found: bool,
}

/// Whether the operating system's keyring answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyringState {
    /// It does.
    Available,
    /// It does not, for this reason.
    Unavailable(String),
}

impl Credentials {
    /// The sources, in the order in which they are asked.
    ///
    /// # Errors
    /// A broken file.
    pub fn overview(&self) -> Result<Vec<SourceState>, CredentialError> {
        let mut states = Vec::new();
        for source in self.sources() {
            let content = match self.load(&source)? {
                None => None,
                Some(file) => {
                    let mut helpers = Vec::new();
                    for (registry, name) in file.helpers() {
                        let helper = self.helper(name, &file)?;
                        helpers.push(HelperState {
                            registry: registry.map(str::to_owned),
                            program: helper.program().to_owned(),
                            found: helper::find(helper.program(), &self.options.search_path).is_some(),
                        });
                    }
                    Some(SourceContent { entries: file.keys().count(), helpers })
                }
            };
            states.push(SourceState { name: source.name(), content });
        }
        Ok(states)
    }

    /// Whether the keyring answers. It is asked for nothing; may take as long as a helper.
    #[must_use]
    pub fn keyring_state(&self) -> KeyringState {
        match self.keyring.status(self.options.helper_timeout) {
            Ok(()) => KeyringState::Available,
            Err(CredentialError::KeyringUnavailable { reason }) => KeyringState::Unavailable(reason),
            Err(error) => KeyringState::Unavailable(error.to_string()),
        }
    }
}

impl super::store::Source<'_> {
    fn name(&self) -> String {
        match self {
            Self::File(path, _) => path.display().to_string(),
            Self::Variable(_) => AUTH_CONFIG.to_owned(),
        }
    }
}
