//! The leak oracle: a secret that a test registers may be in the credential files that it declares, and nowhere else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The secrets of one test. Clones share them, so that a token server can add the tokens that it hands out.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Mutex<BTreeSet<String>>>);

impl Secrets {
    /// Registers one secret. It must be long enough not to turn up by chance.
    pub fn add(&self, secret: &str) {
        assert!(secret.len() >= 8, "{secret:?} is too short to be searched for");
        self.0.lock().unwrap().insert(secret.to_owned());
    }

    /// Registers a password, and the form that it has in `Authorization: Basic` and in Docker's `auth`.
    pub fn add_login(&self, user: &str, password: &str) {
        self.add(password);
        self.add(&STANDARD.encode(format!("{user}:{password}")));
    }

    /// The first secret that occurs in `bytes`.
    pub fn found_in(&self, bytes: &[u8]) -> Option<String> {
        let secrets = self.0.lock().unwrap();
        secrets.iter().find(|secret| contains(bytes, secret.as_bytes())).cloned()
    }

    /// Every file under `root` that holds a secret, except those in `allowed`.
    pub fn leaking_files(&self, root: &Path, allowed: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
        if self.0.lock().unwrap().is_empty() {
            return Vec::new();
        }
        files_under(root)
            .into_iter()
            .filter(|file| !allowed.contains(file))
            .filter(|file| fs::read(file).is_ok_and(|bytes| self.found_in(&bytes).is_some()))
            .collect()
    }
}

/// Every regular file under `root`; directories that vanish meanwhile are no error.
pub fn files_under(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn a_secret_is_found_where_it_may_not_be() {
    let secrets = Secrets::default();
    secrets.add_login("alice", "s3cr3t-marker");
    assert_eq!(secrets.found_in(b"nothing here"), None);
    assert_eq!(secrets.found_in(b"x s3cr3t-marker y").as_deref(), Some("s3cr3t-marker"));
    let basic = STANDARD.encode("alice:s3cr3t-marker");
    assert_eq!(secrets.found_in(format!("Basic {basic}").as_bytes()), Some(basic));

    let root = tempfile::tempdir().unwrap();
    let (plain, declared) = (root.path().join("log"), root.path().join("config.json"));
    fs::write(&plain, "s3cr3t-marker").unwrap();
    fs::write(&declared, "s3cr3t-marker").unwrap();
    assert_eq!(secrets.leaking_files(root.path(), &BTreeSet::from([declared])), [plain]);
}
