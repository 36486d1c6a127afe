//! Docker's `daemon.json`, as far as it concerns a client.

use std::path::Path;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::file::Rule;
use crate::endpoint::{Error, InsecureRule, Located, SettingsFile, mirror_url, without_text};
use crate::http::Url;

/// What is read; all other keys are the daemon's business.
#[derive(Clone, Debug, Default)]
pub(super) struct DaemonJson {
    pub(super) insecure_registries: Vec<Located<InsecureRule>>,
    pub(super) allow_nondistributable_artifacts: Vec<Located<InsecureRule>>,
    pub(super) registry_mirrors: Vec<Located<Url>>,
}

/// Values as they are written: where they lie in the text gives their lines.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Written<'a> {
    #[serde(borrow, default)]
    insecure_registries: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    allow_nondistributable_artifacts: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    registry_mirrors: Option<Vec<&'a RawValue>>,
}

/// A mirror of Docker Hub.
struct MirrorUrl(Url);

impl<'de> Deserialize<'de> for MirrorUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        mirror_url(&String::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

impl DaemonJson {
    /// Reads `file`; a missing or empty one says nothing.
    pub(super) fn read(file: &Path) -> Result<Self, Error> {
        let Some(source) = SettingsFile::read(file, false)?.filter(|source| !source.text().trim().is_empty()) else {
            return Ok(Self::default());
        };
        let written: Written<'_> = serde_json::from_str(source.text())
            .map_err(|e| Error::file(file, e.line().max(1), without_text(&e.to_string())))?;
        let rules = |list| values(&source, list, |Rule(rule)| rule);
        Ok(Self {
            insecure_registries: rules(written.insecure_registries)?,
            allow_nondistributable_artifacts: rules(written.allow_nondistributable_artifacts)?,
            registry_mirrors: values(&source, written.registry_mirrors, |MirrorUrl(url)| url)?,
        })
    }
}

fn values<'a, T: Deserialize<'a>, U>(
    source: &'a SettingsFile,
    list: Option<Vec<&'a RawValue>>,
    take: impl Fn(T) -> U,
) -> Result<Vec<Located<U>>, Error> {
    let value = |raw: &'a RawValue| {
        let offset = raw.get().as_ptr().addr() - source.text().as_ptr().addr();
        let value = serde_json::from_str(raw.get()).map_err(|e| source.error(offset, e.to_string()))?;
        Ok(source.located(take(value), offset))
    };
    list.unwrap_or_default().into_iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Provenance;

    #[test]
    fn a_byte_order_mark_says_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("daemon.json");
        std::fs::write(&file, "\u{feff}{\r\n \"insecure-registries\": [\"a\"]}").unwrap();
        let listed = DaemonJson::read(&file).unwrap().insecure_registries;
        assert_eq!(listed[0].from, Provenance::file(&file, 2));
        std::fs::write(&file, "\u{feff}").unwrap();
        assert!(DaemonJson::read(&file).is_ok());
    }

    #[test]
    fn a_broken_file_is_an_error_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("daemon.json");
        assert!(DaemonJson::read(&file).is_ok());
        std::fs::write(&file, "{\n \"insecure-registries\": [\"a\"],\n \"debug\": true\n}").unwrap();
        let listed = || DaemonJson::read(&file).map(|read| read.insecure_registries);
        assert!(listed().is_ok_and(|rules| rules.len() == 1));
        std::fs::write(&file, "{\n \"insecure-registries\": [\"http://a:5000\"]\n}").unwrap();
        assert_eq!(
            listed().unwrap()[0],
            Located::new(InsecureRule::parse("a:5000").unwrap(), Provenance::file(&file, 2))
        );
        std::fs::write(&file, "{\n \"insecure-registries\": [\n  \"a/b\"]\n}").unwrap();
        assert!(DaemonJson::read(&file).unwrap_err().to_string().contains("daemon.json:3: \"a/b\" is neither"));
        std::fs::write(&file, "{\n \"insecure-registries\": \"a\"\n}").unwrap();
        assert!(DaemonJson::read(&file).unwrap_err().to_string().contains("daemon.json:2: "));
    }
}
