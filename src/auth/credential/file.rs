//! Credential files: reading one, and what it says about a registry.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use serde::Deserialize;
use serde_json::error::Category;
use zeroize::Zeroizing;

use super::entry::Entry;
use super::key::{self, Dialect};
use super::{Credential, CredentialError, document};
use crate::model::Registry;

/// A login for each of ten thousand registries fits.
const LIMIT_BYTES: u64 = 4 << 20;

/// Which of the shapes a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `{"auths": {...}, "credsStore": ..., "credHelpers": ...}`
    Config(Dialect),
    /// `.dockercfg`: the value of `auths` alone.
    Legacy,
}

/// A credential file, or text of the same form, that has been read.
#[derive(Debug)]
pub(super) struct AuthFile {
    /// Its path, or the variable that holds it.
    pub(super) name: String,
    pub(super) dialect: Dialect,
    text: Zeroizing<String>,
    shape: Shape,
    auths: BTreeMap<String, Option<Entry>>,
    store: Option<String>,
    helpers: BTreeMap<String, Option<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    auths: Option<BTreeMap<String, Option<Entry>>>,
    creds_store: Option<String>,
    cred_helpers: Option<BTreeMap<String, Option<String>>>,
}

/// The text of a file, and whether others than its owner may read it. None if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<(Zeroizing<String>, bool)>, CredentialError> {
    let failed = |source| CredentialError::Read { file: path.to_owned(), source };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    let metadata = file.metadata().map_err(failed)?;
    // One more than the limit, or a file of exactly that size could not be told from a larger one; and in one piece:
    // growing would leave copies of secrets behind.
    let capacity = usize::try_from(metadata.len().min(LIMIT_BYTES) + 1).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    file.by_ref().take(LIMIT_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LIMIT_BYTES {
        return Err(CredentialError::TooLarge { file: path.display().to_string(), limit_bytes: LIMIT_BYTES });
    }
    let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = Zeroizing::new(error.into_bytes());
        CredentialError::File {
            file: path.display().to_string(),
            line: bytes[..valid].split(|byte| *byte == b'\n').count(),
            message: "this is not UTF-8 text".to_owned(),
        }
    })?;
    Ok(Some((Zeroizing::new(text), others_may_read(&metadata))))
}

#[cfg(unix)]
fn others_may_read(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.is_file() && metadata.permissions().mode() & 0o044 != 0
}

#[cfg(not(unix))]
fn others_may_read(_: &fs::Metadata) -> bool {
    false
}

impl AuthFile {
    /// Reads `text`, which is called `name` in errors. A text of nothing but white space is an empty file.
    pub(super) fn parse(name: &str, text: Zeroizing<String>, shape: Shape) -> Result<Self, CredentialError> {
        let file = |line, message: String| CredentialError::File { file: name.to_owned(), line, message };
        if text.len() as u64 > LIMIT_BYTES {
            return Err(CredentialError::TooLarge { file: name.to_owned(), limit_bytes: LIMIT_BYTES });
        }
        let json = if text.trim().is_empty() { "{}" } else { text.trim_start() };
        let skipped = text[..text.len() - text.trim_start().len()].matches('\n').count();
        // serde reads structures from arrays too.
        if !json.starts_with('{') {
            return Err(file(skipped + 1, "expected a JSON object".to_owned()));
        }
        let content = match shape {
            Shape::Config(_) => serde_json::from_str::<Content>(json),
            Shape::Legacy => serde_json::from_str(json).map(|auths| Content {
                auths: Some(auths),
                creds_store: None,
                cred_helpers: None,
            }),
        };
        let content = content.map_err(|error| file(skipped + error.line(), explain(&error)))?;
        Ok(Self {
            name: name.to_owned(),
            dialect: match shape {
                Shape::Config(dialect) => dialect,
                Shape::Legacy => Dialect::Docker,
            },
            shape,
            auths: content.auths.unwrap_or_default(),
            store: content.creds_store,
            helpers: content.cred_helpers.unwrap_or_default(),
            text,
        })
    }

    /// Whether a secret stands in it in plain text.
    pub(super) fn has_secrets(&self) -> bool {
        self.auths.values().flatten().any(|entry| !entry.is_marker())
    }

    /// The helper that it names for `registry` alone; the empty name, which says that the common one is not for this
    /// registry, is `Some("")`.
    pub(super) fn own_helper(&self, registry: &Registry) -> Option<&str> {
        key::aliases(registry)
            .into_iter()
            .find_map(|key| self.helpers.get(key))
            .map(|name| name.as_deref().unwrap_or(""))
    }

    /// The helper that it names for all registries.
    pub(super) fn common_helper(&self) -> Option<&str> {
        self.store.as_deref().filter(|name| !name.is_empty())
    }

    /// The helpers that it names: for single registries, then for all.
    pub(super) fn helpers(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let own = self.helpers.iter().filter_map(|(key, name)| Some((Some(key.as_str()), name.as_deref()?)));
        own.filter(|(_, name)| !name.is_empty()).chain(self.common_helper().map(|name| (None, name)))
    }

    /// The entries of `auths` that apply, best first, by their keys; None for a mark that the secret is elsewhere.
    pub(super) fn matches(
        &self,
        registry: &Registry,
        repository: Option<&str>,
    ) -> impl Iterator<Item = Result<(&str, Option<Credential>), CredentialError>> {
        let keys = key::matching(self.auths.keys().map(String::as_str), registry, repository, self.dialect);
        keys.into_iter().map(|key| {
            let entry = self.auths.get(key).and_then(Option::as_ref);
            entry.map_or(Ok(None), Entry::credential).map(|credential| (key, credential)).map_err(|message| {
                CredentialError::File {
                    file: self.name.clone(),
                    line: document::line_of(&self.text, &self.path_of(key)),
                    message: format!("the entry for `{key}`: {message}"),
                }
            })
        })
    }

    /// The keys of `auths`, each with whether it is a mark only.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, bool)> {
        self.auths.iter().map(|(key, entry)| (key.as_str(), entry.as_ref().is_none_or(Entry::is_marker)))
    }

    fn path_of<'k>(&self, key: &'k str) -> Vec<&'k str> {
        match self.shape {
            Shape::Config(_) => vec!["auths", key],
            Shape::Legacy => vec![key],
        }
    }
}

/// What is wrong, without the value that it is wrong with: that may be a secret.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    if error.classify() != Category::Data {
        return text.to_owned();
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None if text.starts_with("duplicate field `") => text.to_owned(),
        None => "this is not a value that belongs here".to_owned(),
    }
}
