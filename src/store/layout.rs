//! The handle of a store: its places, its locks, and what it owes to the disk.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Semaphore;

use super::Error;
use super::fs::{self, Node};
use super::lock::{Lock, TryLock, Wanted};
use crate::model::{Algorithm, Digest};

/// A blob is touched at reuse only when its time stamp is older than this: far less than any sensible grace period,
/// and it saves a write per blob on every pull that changes nothing.
const FRESH: Duration = Duration::from_secs(60 * 60);

/// What keeps a slow disk from filling the memory.
pub(super) const ROOM_KIB: u32 = 6 << 10;

/// What is made durable before a command succeeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Every blob, every name and the index.
    #[default]
    Full,
    /// The index only: after a power loss blobs may be damaged, which `verify` finds and the next pull heals.
    Relaxed,
}

/// How a store is used.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What is made durable.
    pub durability: Durability,
    /// How long to wait for a lock that another process holds.
    pub lock_wait: Duration,
    /// Whether blobs that are there are hashed before they are relied on, once per process.
    pub verify_existing: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { durability: Durability::Full, lock_wait: Duration::from_secs(5 * 60), verify_existing: false }
    }
}

/// An OCI image layout on disk. Clones are handles of the same store.
#[derive(Clone, Debug)]
pub struct Layout {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    options: Options,
    writable: bool,
    try_lock: TryLock,
    room: Arc<Semaphore>,
    lockless: AtomicBool,
    /// Whether a directory could not be made durable: asking again would succeed, and mean nothing.
    sync_failed: AtomicBool,
    /// Directories that hold names not yet durable.
    dirty: Mutex<BTreeSet<PathBuf>>,
    /// Blobs that this process has hashed from first to last byte.
    verified: Mutex<HashSet<Digest>>,
    /// Blobs that turned out to be wrong when they were to be relied on.
    unsound: Mutex<Vec<Digest>>,
}

/// The store lock, shared: no blob is collected while this lives.
#[derive(Debug)]
#[must_use = "the store is protected only while this lives"]
pub struct Shared {
    _lock: Option<Lock>,
}

impl Layout {
    pub(super) fn at(dir: &Path, options: Options, writable: bool) -> Self {
        let inner = Inner {
            root: dir.to_owned(),
            options,
            writable,
            try_lock: fs::try_lock,
            room: Arc::new(Semaphore::new(ROOM_KIB as usize)),
            lockless: AtomicBool::new(false),
            sync_failed: AtomicBool::new(false),
            dirty: Mutex::default(),
            verified: Mutex::default(),
            unsound: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// A store that is not there yet, for asking what it would take to fill it: reads as an empty one, and nothing is
    /// created.
    pub fn vacant(dir: &Path, options: Options) -> Self {
        Self::at(dir, options, false)
    }

    pub(super) fn is_writable(&self) -> bool {
        self.inner.writable
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// Whether the file system turned out to have no locks, so that several processes are not kept apart.
    pub fn lacks_locks(&self) -> bool {
        self.inner.lockless.load(Ordering::Relaxed)
    }

    /// Keeps a garbage collection out for as long as the guard lives. Every command takes it first, and once.
    ///
    /// A store that is only read, on a file system that refuses to be written, goes without.
    ///
    /// # Errors
    /// [`Error::Busy`] while a garbage collection runs, or the file system's error.
    pub async fn share(&self) -> Result<Shared, Error> {
        match self.store_lock(false).acquire(self.inner.options.lock_wait).await {
            Ok(lock) => Ok(Shared { _lock: Some(self.noted(lock)) }),
            Err(error) if !self.inner.writable && (error.is_write_refused() || error.is_absent()) => {
                Ok(Shared { _lock: None })
            }
            Err(error) => Err(error),
        }
    }

    /// Makes the names of everything received so far durable: once per batch, and before a tag names it.
    ///
    /// # Errors
    /// [`Error::Sync`], after which nothing that was received since the last call counts as stored.
    pub async fn sync(&self) -> Result<(), Error> {
        let layout = self.clone();
        blocking(move || layout.sync_blocking()).await
    }

    pub(super) fn sync_blocking(&self) -> Result<(), Error> {
        let mut dirty = locked(&self.inner.dirty);
        if self.inner.options.durability == Durability::Full {
            for directory in dirty.iter() {
                if self.inner.sync_failed.load(Ordering::Relaxed) {
                    let source = std::io::Error::other("an earlier attempt failed");
                    return Err(Error::Sync { path: directory.clone(), source });
                }
                fs::sync_dir(directory).inspect_err(|_| self.inner.sync_failed.store(true, Ordering::Relaxed))?;
            }
        }
        dirty.clear();
        Ok(())
    }

    pub(super) fn is_durable(&self) -> bool {
        self.inner.options.durability == Durability::Full
    }

    /// Room for bytes on their way to the disk, in KiB, of all blobs together.
    pub(super) fn room(&self) -> &Arc<Semaphore> {
        &self.inner.room
    }

    pub(super) fn options(&self) -> Options {
        self.inner.options
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.inner.root.join(name)
    }

    pub(super) fn index_path(&self) -> PathBuf {
        self.path("index.json")
    }

    pub(super) fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.inner.root.join("blobs").join(digest.algorithm().as_str()).join(digest.hex())
    }

    /// A name under `.rcr/` that belongs to one digest.
    pub(super) fn own_path(&self, kind: &str, digest: &Digest) -> PathBuf {
        self.inner.root.join(".rcr").join(kind).join(format!("{}-{}", digest.algorithm().as_str(), digest.hex()))
    }

    /// Every file under `blobs/` whose name is a digest, whatever it is.
    pub(super) fn blobs(&self) -> Result<Vec<Digest>, Error> {
        let mut found = Vec::new();
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let directory = self.inner.root.join("blobs").join(algorithm.as_str());
            match fs::look(&directory)? {
                Node::Absent => continue,
                Node::Directory => {}
                _ => return Err(Error::Planted { path: directory, found: "no directory" }),
            }
            let names = fs::list(&directory)?;
            found.extend(names.iter().filter_map(|hex| Digest::parse(&format!("{}:{hex}", algorithm.as_str())).ok()));
        }
        Ok(found)
    }

    /// Whether the blob is there as a plain file of the right size: enough to rely on what was verified when it came.
    pub(super) fn has(&self, digest: &Digest, size_bytes: u64) -> Result<bool, Error> {
        Ok(matches!(fs::look(&self.blob_path(digest))?, Node::File { size, .. } if size == size_bytes))
    }

    /// Takes a stored blob into use again: it counts as young, and its name becomes durable with the next batch,
    /// because the process that brought it may have died before that.
    pub(super) fn reuse(&self, digest: &Digest) -> Result<(), Error> {
        let path = self.blob_path(digest);
        let Node::File { modified, .. } = fs::look(&path)? else { return Ok(()) };
        if SystemTime::now().duration_since(modified).is_ok_and(|age| age > FRESH) {
            // Another user's file cannot be touched; the store lock protects it while this command runs.
            let _ = fs::open(&path).and_then(|file| fs::touch(&file, &path));
        }
        if self.inner.options.durability == Durability::Full && self.has_unsynced()? {
            let file = fs::open(&path)?;
            if let Err(error) = fs::sync_file(&file, &path) {
                // Nobody knows what the disk holds, and the next to ask would be told that all is well.
                let _ = self.quarantine(digest, Some(&file));
                return Err(error);
            }
        }
        self.mark_dirty(&path);
        Ok(())
    }

    /// Remembers, on disk, that this store holds blobs that nobody made durable.
    pub(super) fn note_unsynced(&self) -> Result<(), Error> {
        if self.has_unsynced()? {
            return Ok(());
        }
        let path = self.path(".rcr/relaxed");
        self.replace(&path, "relaxed", b"")
    }

    fn has_unsynced(&self) -> Result<bool, Error> {
        Ok(fs::look(&self.path(".rcr/relaxed"))? != Node::Absent)
    }

    /// The name of the file at `path` is not durable yet.
    pub(super) fn mark_dirty(&self, path: &Path) {
        if let Some(directory) = path.parent() {
            locked(&self.inner.dirty).insert(directory.to_owned());
        }
    }

    pub(super) fn is_verified(&self, digest: &Digest) -> bool {
        locked(&self.inner.verified).contains(digest)
    }

    pub(super) fn set_verified(&self, digest: &Digest, verified: bool) {
        let mut set = locked(&self.inner.verified);
        if verified {
            set.insert(digest.clone());
        } else {
            set.remove(digest);
        }
    }

    /// The blobs that were to be relied on, turned out to be wrong, and count as missing since.
    pub fn take_unsound(&self) -> Vec<Digest> {
        std::mem::take(&mut *locked(&self.inner.unsound))
    }

    pub(super) fn note_unsound(&self, digest: &Digest) {
        locked(&self.inner.unsound).push(digest.clone());
    }

    /// Writes a file in full and puts it in place of the old one, durably.
    pub(super) fn replace(&self, path: &Path, purpose: &str, bytes: &[u8]) -> Result<(), Error> {
        let (mut file, temporary) = fs::create_unique(&self.path(".rcr/tmp"), purpose)?;
        let written = fs::write(&mut file, &temporary, bytes)
            .map_err(|error| error.needing(bytes.len() as u64))
            .and_then(|()| fs::sync_file(&file, &temporary))
            .and_then(|()| fs::rename(&temporary, path));
        if let Err(error) = written {
            // The first error is the one to report.
            let _ = fs::remove(&temporary);
            return Err(error);
        }
        path.parent().map_or(Ok(()), fs::sync_dir)
    }

    /// Moves what stands in a blob's place to `.rcr/bad/`, unless it is another file than `open` by now. Whether it
    /// was moved.
    pub(super) fn quarantine(&self, digest: &Digest, open: Option<&std::fs::File>) -> Result<bool, Error> {
        let path = self.blob_path(digest);
        // Whoever holds this lock is bringing a good copy.
        let Some(_lock) = self.digest_lock(digest).attempt()? else { return Ok(false) };
        if open.is_some_and(|file| !fs::is_at(file, &path)) {
            return Ok(false);
        }
        self.set_verified(digest, false);
        self.set_aside(digest)?;
        Ok(true)
    }

    /// Moves what stands in a blob's place to `.rcr/bad/`. The caller holds the digest's lock.
    pub(super) fn set_aside(&self, digest: &Digest) -> Result<(), Error> {
        fs::make_dir(&self.path(".rcr/bad"))?;
        let mut target = self.own_path("bad", digest);
        let mut count = 1;
        while fs::look(&target)? != Node::Absent {
            target = self.own_path("bad", digest).with_extension(count.to_string());
            count += 1;
        }
        fs::rename(&self.blob_path(digest), &target)
    }

    pub(super) fn index_lock(&self) -> Wanted {
        self.lock("index".to_owned(), self.path(".rcr/lock/index"), true, false)
    }

    pub(super) fn locations_lock(&self) -> Wanted {
        self.lock("locations".to_owned(), self.path(".rcr/lock/locations"), true, false)
    }

    pub(super) fn digest_lock(&self, digest: &Digest) -> Wanted {
        self.lock(digest.to_string(), self.own_path("lock", digest), true, true)
    }

    pub(super) fn store_lock(&self, exclusive: bool) -> Wanted {
        self.lock("store".to_owned(), self.path(".rcr/lock/store"), exclusive, false)
    }

    fn lock(&self, name: String, path: PathBuf, exclusive: bool, transient: bool) -> Wanted {
        Wanted { name, path, exclusive, transient, try_lock: self.inner.try_lock }
    }

    /// Remembers whether the kernel keeps the lock.
    pub(super) fn noted(&self, lock: Lock) -> Lock {
        if !lock.kept {
            self.inner.lockless.store(true, Ordering::Relaxed);
        }
        lock
    }

    #[cfg(test)]
    pub(super) fn without_locks(dir: &Path) -> Self {
        let opened = Self::create_or_open(dir, Options::default()).unwrap();
        let mut layout = Self::at(&opened.inner.root, opened.inner.options, true);
        Arc::get_mut(&mut layout.inner).unwrap().try_lock =
            |_, _| Err(std::fs::TryLockError::Error(std::io::ErrorKind::Unsupported.into()));
        layout
    }
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every critical section leaves the value whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs work that blocks where it holds up nobody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Error::Stopped),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture::{layout, put_image, tag};

    #[tokio::test]
    async fn relaxed_blobs_are_made_durable_by_whoever_relies_on_them() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { durability: Durability::Relaxed, ..Options::default() };
        let relaxed = Layout::create_or_open(dir.path(), options).unwrap();
        assert!(!relaxed.has_unsynced().unwrap());
        let image = put_image(&relaxed, "one", None).await;
        assert!(relaxed.has_unsynced().unwrap());
        let full = layout(dir.path());
        tag(&full, "a/b:c", &image).await.unwrap();
        assert!(full.verify(|_, _| {}).await.unwrap().problems.is_empty());
    }

    #[tokio::test]
    async fn what_is_reused_is_made_durable_with_the_batch() {
        let dir = tempfile::tempdir().unwrap();
        let image = put_image(&layout(dir.path()), "one", None).await;
        let next = layout(dir.path());
        let dirty = || locked(&next.inner.dirty).iter().cloned().collect::<Vec<_>>();
        assert!(crate::content::Sink::contains(&next, &image).await.unwrap());
        assert_eq!(dirty(), [dir.path().join("blobs/sha256")], "its name may have been given by a process that died");
        next.sync().await.unwrap();
        assert_eq!(dirty(), Vec::<PathBuf>::new());
    }

    #[tokio::test]
    async fn a_directory_that_failed_to_sync_is_not_believed_later() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let image = put_image(&layout, "one", None).await;
        layout.mark_dirty(&dir.path().join("gone/blob"));
        assert!(layout.sync().await.is_err());
        std::fs::create_dir(dir.path().join("gone")).unwrap();
        assert!(matches!(layout.sync().await, Err(Error::Sync { .. })));
        assert!(tag(&layout, "a/b:c", &image).await.is_err());
        assert_eq!(layout.resolve("a/b:c").unwrap(), None);
    }

    #[tokio::test]
    async fn a_file_that_was_healed_meanwhile_is_not_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let image = put_image(&layout, "one", None).await;
        let path = layout.blob_path(&image.digest);
        let wrong = std::fs::File::open(&path).unwrap();
        std::fs::copy(&path, dir.path().join("good")).unwrap();
        std::fs::rename(dir.path().join("good"), &path).unwrap();
        assert!(!layout.quarantine(&image.digest, Some(&wrong)).unwrap());
        assert!(path.exists());
        let right = std::fs::File::open(&path).unwrap();
        let healing = layout.digest_lock(&image.digest).attempt().unwrap();
        assert!(!layout.quarantine(&image.digest, Some(&right)).unwrap(), "someone is bringing a good copy");
        drop(healing);
        assert!(layout.quarantine(&image.digest, Some(&right)).unwrap());
        assert!(!path.exists());
    }
}
