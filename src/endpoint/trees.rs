//! Directories with a directory per registry, listed for people: what is there, not what it says.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Registries, TrustSettings};

/// The root of such a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Where it is, or would be.
    pub root: PathBuf,
    /// The directories in it, sorted; `None` where it is not there, or cannot be read.
    pub hosts: Option<Vec<TreeHost>>,
}

/// What such a tree holds for one registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeHost {
    /// The name of the directory: `registry.example:5000`, `_default`.
    pub name: String,
    /// The names of the files that count, sorted; at least one.
    pub files: Vec<String>,
}

impl Tree {
    fn read(root: &Path, counts: impl Fn(&str) -> bool) -> Self {
        let below = |dir: PathBuf| {
            let mut files: Vec<String> = names(&dir).unwrap_or_default().into_iter().filter(|n| counts(n)).collect();
            files.sort();
            (!files.is_empty()).then_some(files)
        };
        let hosts = names(root).map(|mut names| {
            names.sort();
            names.into_iter().filter_map(|name| Some(TreeHost { files: below(root.join(&name))?, name })).collect()
        });
        Self { root: root.to_owned(), hosts }
    }
}

fn names(dir: &Path) -> Option<Vec<String>> {
    let entries = fs::read_dir(dir).ok()?;
    Some(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

fn is_certificate(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("crt" | "cert" | "key"))
}

impl TrustSettings {
    /// The trees of certificates, in the order in which they are looked at.
    #[must_use]
    pub fn certificate_trees(&self) -> Vec<Tree> {
        self.certificate_dirs.iter().chain(&self.hosts_dirs).map(|root| Tree::read(root, is_certificate)).collect()
    }
}

impl Registries {
    /// The trees of `hosts.toml` files, in the order in which they are looked at.
    #[must_use]
    pub fn hosts_trees(&self) -> Vec<Tree> {
        self.hosts_dirs.iter().map(|root| Tree::read(root, |name| name == "hosts.toml")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_listed() {
        let root = tempfile::tempdir().unwrap();
        for (dir, file) in [("b.test:5000", "ca.crt"), ("b.test:5000", "notes.txt"), ("a.test", "hosts.toml")] {
            fs::create_dir_all(root.path().join(dir)).unwrap();
            fs::write(root.path().join(dir).join(file), "").unwrap();
        }
        let missing = root.path().join("missing");
        let dirs = vec![root.path().to_owned(), missing.clone()];
        let trust = TrustSettings { certificate_dirs: dirs.clone(), ..TrustSettings::default() };
        let host = |name: &str, file: &str| TreeHost { name: name.to_owned(), files: vec![file.to_owned()] };
        let tree = |host| Tree { root: root.path().to_owned(), hosts: Some(vec![host]) };
        let absent = Tree { root: missing, hosts: None };
        assert_eq!(trust.certificate_trees(), [tree(host("b.test:5000", "ca.crt")), absent.clone()]);
        let registries = Registries { hosts_dirs: dirs, ..Registries::default() };
        assert_eq!(registries.hosts_trees(), [tree(host("a.test", "hosts.toml")), absent]);
    }
}
