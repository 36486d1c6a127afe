//! Directories with a directory per registry, listed for people: what is there, not what it says.

use std::fs;
use std::path::{Path, PathBuf};

use super::place::shown;
use super::{Capabilities, Error, Provenance, Registries, TrustSettings, hosts};

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

/// A host that a `hosts.toml` names in front of its registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeMirror {
    /// The registry; `None` for all.
    pub of: Option<String>,
    /// Where it is.
    pub place: String,
    /// What it may be asked for.
    pub capabilities: Capabilities,
    /// Where it is written.
    pub from: Provenance,
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

    /// The mirrors in the `hosts.toml` files of these trees, and what is wrong with the files that cannot be used. A
    /// pull reads the file of its own registry alone.
    #[must_use]
    pub fn hosts_mirrors(&self) -> (Vec<TreeMirror>, Vec<Error>) {
        let (mut mirrors, mut broken) = (Vec::new(), Vec::new());
        for tree in self.hosts_trees() {
            for host in tree.hosts.into_iter().flatten() {
                match hosts::in_directory(&tree.root.join(&host.name)) {
                    Ok(file) => mirrors.extend(file.into_iter().flat_map(|file| file.hosts).filter_map(|mirror| {
                        let place = shown(mirror.base.as_ref()?);
                        let (capabilities, from) = (mirror.capabilities, mirror.from);
                        Some(TreeMirror { of: hosts::subject(&host.name), place, capabilities, from })
                    })),
                    Err(error) => broken.push(error),
                }
            }
        }
        (mirrors, broken)
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

    #[test]
    fn mirrors_of_hosts_files_are_told_and_so_are_files_that_cannot_be_used() {
        let root = tempfile::tempdir().unwrap();
        let write = |dir: &str, text: &str| {
            fs::create_dir_all(root.path().join(dir)).unwrap();
            fs::write(root.path().join(dir).join("hosts.toml"), text).unwrap();
        };
        write("_default", "[host.'http://all.test:5000']\n");
        write("a.test_5000_", "server = 'https://a.test:5000'\n[host.'https://m.test']\ncapabilities = ['pull']\n");
        write("b.test", "server = 7\n");
        let registries = Registries { hosts_dirs: vec![root.path().to_owned()], ..Registries::default() };
        let (mirrors, broken) = registries.hosts_mirrors();
        let told: Vec<_> =
            mirrors.iter().map(|m| (m.of.as_deref(), m.place.as_str(), m.capabilities.resolve)).collect();
        assert_eq!(told, [(None, "http://all.test:5000", true), (Some("a.test:5000"), "https://m.test", false)]);
        assert!(broken.len() == 1 && broken[0].to_string().contains("b.test/hosts.toml:1"), "{broken:?}");
    }
}
