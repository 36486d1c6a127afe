//! Docker's `daemon.json`, as far as it concerns a client.

use std::path::Path;

use serde::Deserialize;

use super::Error;
use super::file::read_limited;

/// The keys that are read; all others are the daemon's business.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct DaemonJson {
    #[serde(default)]
    pub(super) insecure_registries: Option<Vec<String>>,
    #[serde(default)]
    pub(super) allow_nondistributable_artifacts: Option<Vec<String>>,
}

impl DaemonJson {
    /// Reads `file`; a missing or empty one says nothing.
    pub(super) fn read(file: &Path) -> Result<Self, Error> {
        match read_limited(file, false)? {
            None => Ok(Self::default()),
            Some(text) if text.trim().is_empty() => Ok(Self::default()),
            Some(text) => serde_json::from_str(&text).map_err(|e| Error::file(file, e.line().max(1), e.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_is_an_error_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("daemon.json");
        assert!(DaemonJson::read(&file).is_ok());
        std::fs::write(&file, "{\n \"insecure-registries\": [\"a\"],\n \"debug\": true\n}").unwrap();
        assert_eq!(DaemonJson::read(&file).unwrap().insecure_registries, Some(vec!["a".to_owned()]));
        std::fs::write(&file, "{\n \"insecure-registries\": \"a\"\n}").unwrap();
        assert!(DaemonJson::read(&file).unwrap_err().to_string().contains("daemon.json:2: "));
    }
}
