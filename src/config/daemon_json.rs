//! Docker's `daemon.json`, as far as it concerns a client.

use std::path::Path;

use serde::Deserialize;

use super::Error;
use super::file::{Rule, read_limited};

/// The keys that are read; all others are the daemon's business.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct DaemonJson {
    #[serde(default)]
    pub(super) insecure_registries: Option<Vec<Rule>>,
    #[serde(default)]
    pub(super) allow_nondistributable_artifacts: Option<Vec<Rule>>,
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
    use crate::endpoint::InsecureRule;

    #[test]
    fn a_broken_file_is_an_error_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("daemon.json");
        assert!(DaemonJson::read(&file).is_ok());
        std::fs::write(&file, "{\n \"insecure-registries\": [\"a\"],\n \"debug\": true\n}").unwrap();
        let listed = || DaemonJson::read(&file).map(|read| read.insecure_registries.unwrap_or_default());
        assert!(listed().is_ok_and(|rules| rules.len() == 1));
        std::fs::write(&file, "{\n \"insecure-registries\": [\"http://a:5000\"]\n}").unwrap();
        assert_eq!(listed().unwrap()[0].0, InsecureRule::parse("a:5000").unwrap());
        std::fs::write(&file, "{\n \"insecure-registries\": [\n  \"a/b\"]\n}").unwrap();
        assert!(DaemonJson::read(&file).unwrap_err().to_string().contains("daemon.json:3: \"a/b\" is neither"));
        std::fs::write(&file, "{\n \"insecure-registries\": \"a\"\n}").unwrap();
        assert!(DaemonJson::read(&file).unwrap_err().to_string().contains("daemon.json:2: "));
    }
}
