//! What must be true of a store whenever a command has ended, however it ended: what one command may have changed, and
//! nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::env::TestEnv;
use super::leak::files_under;

/// Files with what is in them.
pub type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// Every file below `root` but not below `except`.
pub fn tree(root: &Path, except: &Path) -> Tree {
    let files = files_under(root).into_iter().filter(|path| !path.starts_with(except));
    files.map(|path| (path.clone(), fs::read(&path).unwrap_or_default())).collect()
}

/// The names of a store and the digests that they stand for, read without rcr.
pub fn names(store: &Path) -> Result<BTreeMap<String, String>, String> {
    let Ok(bytes) = fs::read(store.join("index.json")) else { return Ok(BTreeMap::new()) };
    let index: Value = serde_json::from_slice(&bytes).map_err(|error| format!("index.json: {error}"))?;
    let entries = index["manifests"].as_array().ok_or("index.json has no manifests")?;
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or("index.json: no text".to_owned());
    let name = |entry: &Value| text(&entry["annotations"]["org.opencontainers.image.ref.name"]);
    entries.iter().map(|entry| Ok((name(entry)?, text(&entry["digest"])?))).collect()
}

/// `otherwise` unless it `holds`.
pub fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// A name that a command sets, moves or removes.
#[derive(Clone, Debug)]
pub struct Change {
    /// The name.
    pub name: String,
    /// What it stands for afterwards; none if it is removed.
    pub to: Option<String>,
}

/// How everything was before a command.
pub struct Aftermath<'e> {
    env: &'e TestEnv,
    store: PathBuf,
    before: BTreeMap<String, String>,
    outside: Tree,
    subject: PathBuf,
}

impl<'e> Aftermath<'e> {
    /// Remembers the names of the store, and everything that is not below `subject`: what a command may change.
    pub fn new(env: &'e TestEnv, subject: &Path) -> Self {
        Self::at(env, &env.store(), subject)
    }

    /// The same for a store that is elsewhere.
    pub fn at(env: &'e TestEnv, store: &Path, subject: &Path) -> Self {
        let before = names(store).expect("a store that is whole");
        let outside = tree(env.root(), subject);
        Self { env, store: store.to_owned(), before, outside, subject: subject.to_owned() }
    }

    /// The first thing that is wrong. `change` may have been made, and must have been if the command is `done`.
    pub fn judge(&self, change: Option<&Change>, done: bool) -> Result<(), String> {
        self.surroundings()?;
        let after = names(&self.store)?;
        let named = change.map(|change| &change.name);
        for (name, digest) in self.before.iter().filter(|(name, _)| Some(*name) != named) {
            require(after.get(name) == Some(digest), || format!("{name} was lost"))?;
        }
        if let Some(Change { name, to }) = change {
            let (now, old) = (after.get(name), self.before.get(name));
            require(now == to.as_ref() || (!done && now == old), || format!("{name} stands for {now:?}"))?;
        }
        let known = |name: &String| self.before.contains_key(name) || Some(name) == named;
        require(after.keys().all(known), || format!("new names: {after:?}"))?;
        let verdict = self.env.rcr(["store", "verify"]).arg("--store").arg(&self.store).run();
        require(verdict.exit() == Some(0), || format!("the store is damaged\n{verdict}"))?;
        self.files()?;
        self.locks()
    }

    /// Nothing outside has changed.
    pub fn surroundings(&self) -> Result<(), String> {
        let outside = tree(self.env.root(), &self.subject);
        let (old, new): (BTreeSet<_>, BTreeSet<_>) = (self.outside.iter().collect(), outside.iter().collect());
        let changed: Vec<_> = old.symmetric_difference(&new).map(|(path, _)| path).collect();
        require(changed.is_empty(), || format!("outside, this changed: {changed:?}"))
    }

    /// Whatever is not finished is below `.rcr`.
    fn files(&self) -> Result<(), String> {
        for path in files_under(&self.store) {
            let place = path.strip_prefix(&self.store).expect("below the store").to_str().expect("Unicode");
            let hex = place.strip_prefix("blobs/sha256/").is_some_and(|name| name.len() == 64);
            let known = hex || ["index.json", "oci-layout"].contains(&place) || place.starts_with(".rcr/");
            require(known, || format!("left behind: {place}"))?;
        }
        Ok(())
    }

    /// Nobody holds a lock.
    fn locks(&self) -> Result<(), String> {
        for path in files_under(&self.store.join(".rcr/lock")) {
            let free = fs::File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
            require(free, || format!("still locked: {}", path.display()))?;
        }
        Ok(())
    }

    /// A collection takes away what the dead have left.
    pub fn swept(&self) -> Result<(), String> {
        let collection = self.env.rcr(["store", "gc", "--store"]).arg(&self.store).run();
        require(collection.exit() == Some(0), || format!("no collection\n{collection}"))?;
        let own = self.store.join(".rcr");
        let locks = files_under(&own.join("lock")).into_iter();
        // Those of digests; the others stay for the next command.
        let hex = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.split_once('-')).is_some();
        let locks = locks.filter(hex);
        let left: Vec<_> = files_under(&own.join("tmp")).into_iter().chain(locks).collect();
        require(left.is_empty(), || format!("left behind: {left:?}"))
    }
}

/// Every error as one text; the test fails if there is any.
#[track_caller]
pub fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
