//! Removing what nobody needs.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use super::fs::{self, Node};
use super::index::Entry;
use super::layout::blocking;
use super::{Error, Layout};
use crate::model::Digest;

/// How a garbage collection is to go.
#[derive(Clone, Copy, Debug)]
pub struct GcOptions {
    /// What is younger stays; zero removes whatever is not reached.
    pub grace: Duration,
    /// Whether only to say what would go.
    pub dry_run: bool,
    /// Whether to go on where the file system has no locks: the caller vouches that no other process uses the store.
    pub assume_exclusive: bool,
}

impl Default for GcOptions {
    fn default() -> Self {
        Self { grace: Duration::from_secs(24 * 60 * 60), dry_run: false, assume_exclusive: false }
    }
}

/// What a garbage collection did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GcReport {
    /// The blobs removed.
    pub removed: Vec<Digest>,
    /// Their bytes.
    pub removed_bytes: u64,
    /// How many blobs nothing reaches, and are too young to go.
    pub young_count: usize,
    /// Their bytes.
    pub young_bytes: u64,
    /// Partial downloads, temporary files and files found wrong that were removed.
    pub leftover_count: usize,
    /// Their bytes.
    pub leftover_bytes: u64,
}

/// What a removal of names did.
#[derive(Debug, Default)]
pub struct RemoveReport {
    /// The entries that are gone.
    pub entries: Vec<Entry>,
    /// The names that were not there.
    pub missing: Vec<String>,
    /// The blobs removed with them.
    pub removed: Vec<Digest>,
    /// Their bytes.
    pub removed_bytes: u64,
    /// Bytes that nothing needs any more, and that stay until they are old enough and a later collection.
    pub remaining_bytes: u64,
    /// Why no blob could be removed now, although the names are gone.
    pub deferred: Option<Error>,
}

impl Layout {
    /// Removes the blobs that neither the index nor a referrer reaches, and what dead processes have left. Takes the
    /// store lock alone: the caller does not hold it.
    ///
    /// # Errors
    /// [`Error::Busy`] while other commands run; [`Error::NoLocks`]; and, with nothing removed, whatever is wrong
    /// with `index.json` or a manifest that it reaches.
    pub async fn gc(&self, options: GcOptions) -> Result<GcReport, Error> {
        let lock = self.noted(self.store_lock(true).acquire(self.options().lock_wait).await?);
        if !lock.kept && !options.assume_exclusive {
            return Err(Error::NoLocks { path: self.root().to_owned() });
        }
        let layout = self.clone();
        blocking(move || {
            let marked = layout.mark()?;
            let candidates = layout.blobs()?.into_iter().filter(|digest| !marked.contains(digest));
            let mut report = GcReport::default();
            let age = Age::new(options.grace);
            for digest in candidates {
                let path = layout.blob_path(&digest);
                match fs::look(&path)? {
                    Node::File { size, changed } if age.is_old(changed) => {
                        if !options.dry_run {
                            fs::remove(&path)?;
                        }
                        report.removed.push(digest);
                        report.removed_bytes += size;
                    }
                    Node::File { size, .. } => {
                        report.young_count += 1;
                        report.young_bytes += size;
                    }
                    // `verify` shows these.
                    Node::Absent | Node::Directory | Node::Other(_) => {}
                }
            }
            // With the lock, every process that wrote a temporary file is gone; its partials may still be of use.
            let dead = if lock.kept { Age::new(Duration::ZERO) } else { age };
            for (kind, age) in [("partial", age), ("tmp", dead), ("bad", age)] {
                layout.sweep_leftovers(kind, age, options.dry_run, &mut report)?;
            }
            if !options.dry_run {
                layout.sweep_locks()?;
            }
            drop(lock);
            Ok(report)
        })
        .await
    }

    fn sweep_leftovers(&self, kind: &str, age: Age, dry_run: bool, report: &mut GcReport) -> Result<(), Error> {
        let directory = self.path(".rcr").join(kind);
        for name in fs::list(&directory)? {
            let path = directory.join(name);
            let size_bytes = match fs::look(&path)? {
                Node::File { size, changed } if age.is_old(changed) => size,
                Node::Other(_) => 0,
                _ => continue,
            };
            if !dry_run {
                fs::remove(&path)?;
            }
            report.leftover_count += 1;
            report.leftover_bytes += size_bytes;
        }
        Ok(())
    }

    /// Removes the lock files of digests that a dead process held.
    fn sweep_locks(&self) -> Result<(), Error> {
        for name in fs::list(&self.path(".rcr/lock"))? {
            if let Some((algorithm, hex)) = name.split_once('-')
                && let Ok(digest) = Digest::parse(&format!("{algorithm}:{hex}"))
            {
                // The file goes with the lock.
                drop(self.digest_lock(&digest).attempt()?);
            }
        }
        Ok(())
    }

    /// Removes names, and the blobs that only they needed as far as those are older than `grace`. Takes the store
    /// lock itself, and does not wait for other commands to let it have the blobs.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Busy`] on the index, or the file system's error; the names before it are gone.
    pub async fn remove(&self, names: &[&str], grace: Duration) -> Result<RemoveReport, Error> {
        let mut report = RemoveReport::default();
        let shared = self.share().await?;
        for name in names {
            match self.untag(name).await? {
                Some(entry) => report.entries.push(entry),
                None => report.missing.push((*name).to_owned()),
            }
        }
        drop(shared);
        let layout = self.clone();
        blocking(move || {
            if let Err(error) = layout.sweep_removed(&mut report, Age::new(grace)) {
                report.deferred = Some(error);
            }
            Ok(report)
        })
        .await
    }

    fn sweep_removed(&self, report: &mut RemoveReport, age: Age) -> Result<(), Error> {
        let lock = self.store_lock(true);
        let held = lock.attempt()?.map(|held| self.noted(held));
        if held.is_none() {
            report.deferred = Some(lock.busy(Duration::ZERO));
        } else if self.lacks_locks() {
            report.deferred = Some(Error::NoLocks { path: self.root().to_owned() });
        }
        let marked = self.mark()?;
        let mut reached = HashSet::new();
        for entry in &report.entries {
            self.mark_from(&entry.descriptor, entry.platforms.as_ref(), false, 0, &mut reached)?;
        }
        for digest in reached.difference(&marked) {
            let path = self.blob_path(digest);
            let Node::File { size, changed } = fs::look(&path)? else { continue };
            if report.deferred.is_none() && age.is_old(changed) {
                fs::remove(&path)?;
                report.removed.push(digest.clone());
                report.removed_bytes += size;
            } else {
                report.remaining_bytes += size;
            }
        }
        report.removed.sort_unstable();
        Ok(())
    }
}

/// The line between young and old, drawn once.
#[derive(Clone, Copy)]
struct Age {
    now: SystemTime,
    grace: Duration,
}

impl Age {
    fn new(grace: Duration) -> Self {
        Self { now: SystemTime::now(), grace }
    }

    /// A time in the future, after a clock was set back, is young; without a grace period nothing is.
    fn is_old(self, changed: SystemTime) -> bool {
        self.grace.is_zero() || self.now.duration_since(changed).is_ok_and(|age| age > self.grace)
    }
}
