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
                    Node::File { size, changed, .. } if age.is_old(changed) => {
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
            for (kind, age) in [("partial", age), ("tmp", dead), ("bad", age), ("uploads", age)] {
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
                Node::File { size, changed, .. } if age.is_old(changed) => size,
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
            let Node::File { size, changed, .. } = fs::look(&path)? else { continue };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture::{
        LAYER, child, describe, impatient, layer_of, layout, platforms, put_blob, put_image, put_index, tag, writer,
    };

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const NOW: GcOptions = GcOptions { grace: Duration::ZERO, dry_run: false, assume_exclusive: false };

    fn has(layout: &Layout, digest: &Digest) -> bool {
        layout.blob_path(digest).exists()
    }

    #[tokio::test]
    async fn what_a_name_reaches_stays_with_its_referrers() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let image = put_image(&layout, "image", None).await;
        let signature = put_image(&layout, "signature", Some(&image)).await;
        let countersigned = put_image(&layout, "countersigned", Some(&signature)).await;
        let stranger = put_image(&layout, "stranger", None).await;
        let orphan = put_image(&layout, "orphan", Some(&describe(LAYER, b"gone"))).await;
        tag(&layout, "a/b:c", &image).await.unwrap();

        let dry = layout.gc(GcOptions { dry_run: true, ..NOW }).await.unwrap();
        assert!(has(&layout, &stranger.digest));
        let report = layout.gc(NOW).await.unwrap();
        assert_eq!(report, dry, "what was said is what was done");
        assert_eq!(report.removed.len(), 6);
        for (text, manifest) in [("image", image), ("signature", signature), ("countersigned", countersigned)] {
            assert!(has(&layout, &manifest.digest) && has(&layout, &layer_of(text).digest), "{text}");
        }
        for (text, manifest) in [("stranger", stranger), ("orphan", orphan)] {
            assert!(!has(&layout, &manifest.digest) && !has(&layout, &layer_of(text).digest), "{text}");
        }
        assert!(layout.verify(|_, _| {}).await.unwrap().problems.is_empty());
    }

    #[tokio::test]
    async fn the_young_stay() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let blob = put_blob(&layout, LAYER, b"young").await;
        let partial = describe(LAYER, b"half");
        let mut half = writer(&layout, &partial).await;
        crate::store::fixture::append(&mut half, bytes::Bytes::from_static(b"ha")).await;
        drop(half);
        // The next one waits until the dropped one has written what it had.
        assert_eq!(writer(&layout, &partial).await.held(), 2);
        std::fs::write(dir.path().join(".rcr/tmp/index.1.0"), "of a dead process").unwrap();
        std::fs::write(layout.own_path("lock", &blob.digest), "of a dead process").unwrap();
        let partial = layout.own_path("partial", &partial.digest);

        let report = layout.gc(GcOptions::default()).await.unwrap();
        assert_eq!((report.removed.len(), report.young_count, report.young_bytes), (0, 1, 5));
        assert!(has(&layout, &blob.digest) && partial.exists());
        assert_eq!(fs::list(&dir.path().join(".rcr/tmp")).unwrap(), Vec::<String>::new());
        assert_eq!(fs::list(&dir.path().join(".rcr/lock")).unwrap(), ["index", "store"]);

        layout.gc(NOW).await.unwrap();
        assert!(!has(&layout, &blob.digest) && !partial.exists());
    }

    #[test]
    fn age_is_safe_against_clocks() {
        let age = Age::new(DAY);
        let cases = [
            ("just now", age.now, false),
            ("almost old", age.now - DAY, false),
            ("old", age.now - DAY - Duration::from_secs(1), true),
            ("in the future, after the clock was set back", age.now + 365 * DAY, false),
            ("the epoch", SystemTime::UNIX_EPOCH, true),
        ];
        for (name, changed, old) in cases {
            assert_eq!(age.is_old(changed), old, "{name}");
        }
        assert!(Age::new(Duration::ZERO).is_old(age.now + DAY), "without grace nothing is young");
    }

    #[tokio::test]
    async fn a_sparse_image_keeps_what_is_there_of_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let (amd, arm) = (put_image(&layout, "amd", None).await, put_image(&layout, "arm", None).await);
        let gone = describe(crate::model::MediaType::OCI_MANIFEST.as_str(), b"never pulled");
        let children = [child(&amd, "linux/amd64"), child(&arm, "linux/arm64"), child(&gone, "linux/s390x")];
        let index = put_index(&layout, &children).await;
        std::fs::remove_file(layout.blob_path(&layer_of("arm").digest)).unwrap();
        let amd64 = platforms("linux/amd64");
        layout.tag("a/b:c", index, Some(&amd64)).await.unwrap();
        assert_eq!(layout.gc(NOW).await.unwrap().removed, []);
        assert!(has(&layout, &arm.digest));
    }

    #[tokio::test]
    async fn nothing_goes_when_it_is_unknown_what_is_reached() {
        type Spoil = fn(&std::path::Path, &std::path::Path);
        let cases: [(&str, Spoil); 4] = [
            ("a manifest cut short", |_, manifest| std::fs::write(manifest, b"{").unwrap()),
            ("a missing manifest", |_, manifest| std::fs::remove_file(manifest).unwrap()),
            ("an index that does not parse", |index, _| std::fs::write(index, b"{}").unwrap()),
            ("an entry that is not understood", |index, _| {
                let text = std::fs::read_to_string(index).unwrap().replace("sha256:", "sha999:");
                std::fs::write(index, text).unwrap();
            }),
        ];
        for (name, spoil) in cases {
            let dir = tempfile::tempdir().unwrap();
            let layout = layout(dir.path());
            let image = put_image(&layout, "image", None).await;
            tag(&layout, "a/b:c", &image).await.unwrap();
            let stranger = put_blob(&layout, LAYER, b"stranger").await;
            spoil(&layout.index_path(), &layout.blob_path(&image.digest));
            assert!(layout.gc(NOW).await.is_err(), "{name}");
            assert!(has(&layout, &stranger.digest) && has(&layout, &layer_of("image").digest), "{name}");
        }
    }

    #[tokio::test]
    async fn a_running_command_keeps_the_collection_out() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, other) = (impatient(dir.path()), impatient(dir.path()));
        let shared = other.share().await.unwrap();
        assert!(matches!(layout.gc(NOW).await, Err(Error::Busy { lock, .. }) if lock == "store"));
        drop(shared);
        let alone = layout.store_lock(true).attempt().unwrap();
        assert!(matches!(other.share().await, Err(Error::Busy { .. })));
        drop(alone);
        assert!(layout.gc(NOW).await.is_ok());
    }

    #[tokio::test]
    async fn without_locks_the_caller_has_to_vouch() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::without_locks(dir.path());
        assert!(!layout.lacks_locks());
        let shared = layout.share().await.unwrap();
        assert!(layout.lacks_locks());
        drop(shared);
        let image = put_image(&layout, "image", None).await;
        tag(&layout, "a/b:c", &image).await.unwrap();
        let removed = layout.remove(&["a/b:c"], Duration::ZERO).await.unwrap();
        assert!(matches!(removed.deferred, Some(Error::NoLocks { .. })));
        assert!(matches!(layout.gc(NOW).await, Err(Error::NoLocks { .. })));
        assert!(has(&layout, &image.digest));
        layout.gc(GcOptions { assume_exclusive: true, ..NOW }).await.unwrap();
        assert!(!has(&layout, &image.digest));
    }

    #[tokio::test]
    async fn removing_a_name_takes_what_it_alone_needed() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let (one, two) = (put_image(&layout, "one", None).await, put_image(&layout, "two", None).await);
        let both = put_index(&layout, &[child(&one, "linux/amd64"), child(&two, "linux/arm64")]).await;
        let stranger = put_blob(&layout, LAYER, b"stranger").await;
        tag(&layout, "a/b:both", &both).await.unwrap();
        tag(&layout, "a/b:one", &one).await.unwrap();

        let report = layout.remove(&["a/b:both", "a/b:none"], DAY).await.unwrap();
        assert_eq!((report.entries.len(), report.missing), (1, vec!["a/b:none".to_owned()]));
        assert_eq!(report.removed, [], "all are young");
        let sizes = |digests: &[&Digest]| -> u64 {
            digests.iter().map(|d| std::fs::metadata(layout.blob_path(d)).unwrap().len()).sum()
        };
        let config = describe("c", b"{\"author\":\"two\"}");
        let alone = [&both.digest, &two.digest, &layer_of("two").digest, &config.digest];
        assert_eq!(report.remaining_bytes, sizes(&alone));
        assert!(report.deferred.is_none());

        tag(&layout, "a/b:both", &both).await.unwrap();
        let expected = sizes(&alone);
        let report = layout.remove(&["a/b:both"], Duration::ZERO).await.unwrap();
        assert_eq!((report.removed.len(), report.removed_bytes, report.remaining_bytes), (4, expected, 0));
        assert!(has(&layout, &layer_of("one").digest) && has(&layout, &stranger.digest));
        assert!(layout.verify(|_, _| {}).await.unwrap().problems.is_empty());
    }

    #[tokio::test]
    async fn a_running_command_keeps_its_blobs_when_a_name_goes() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let image = put_image(&layout, "one", None).await;
        tag(&layout, "a/b:c", &image).await.unwrap();
        let shared = layout.share().await.unwrap();
        let report = layout.remove(&["a/b:c"], Duration::ZERO).await.unwrap();
        drop(shared);
        assert!(matches!(report.deferred, Some(Error::Busy { .. })));
        assert_eq!(layout.resolve("a/b:c").unwrap(), None);
        assert!(report.remaining_bytes > 0 && has(&layout, &image.digest));
    }
}
