//! The three locks of a store: kernel locks on files under `.rcr/lock/`, taken in a fixed order.
//!
//! 1. `store`: shared for the length of every command, exclusive for a garbage collection.
//! 2. one per digest, exclusive while it is received.
//! 3. `index`: exclusive, for the moment of an update.
//!
//! What a lock file says is for messages only; whether it is held, the kernel knows, and it forgets the lock with the
//! process. A holder may remove its lock file, so whoever gets a lock checks that the file still has its name.

use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Error, fs};

/// How a lock is tried: replaced in tests by what a file system without locks would say.
pub(super) type TryLock = fn(&File, bool) -> Result<(), TryLockError>;

/// A lock, held until dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
    /// Whether the kernel holds it. Without, it is a promise that nobody keeps.
    pub(super) kept: bool,
    transient: bool,
}

/// Which lock, and how.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) path: PathBuf,
    /// What messages call it.
    pub(super) name: String,
    pub(super) exclusive: bool,
    /// Whether the lock file goes with the lock.
    pub(super) transient: bool,
    pub(super) try_lock: TryLock,
}

impl Wanted {
    /// Takes the lock if it is free.
    pub(super) fn attempt(&self) -> Result<Option<Lock>, Error> {
        loop {
            let file = fs::open_to_lock(&self.path)?;
            let kept = match (self.try_lock)(&file, self.exclusive) {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) if lacks_locks(&error) => false,
                Err(TryLockError::Error(error)) => return Err(Error::io("lock", &self.path)(error)),
            };
            if !fs::is_at(&file, &self.path) {
                continue;
            }
            let lock = Lock { file, path: self.path.clone(), kept, transient: self.transient };
            lock.sign();
            return Ok(Some(lock));
        }
    }

    /// Waits for the lock, from async code.
    pub(super) async fn acquire(&self, wait: Duration) -> Result<Lock, Error> {
        let mut pauses = Pauses::new(wait);
        loop {
            if let Some(lock) = self.attempt()? {
                return Ok(lock);
            }
            match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(self.busy(wait)),
            }
        }
    }

    /// Waits for the lock, from a thread that may block.
    pub(super) fn acquire_blocking(&self, wait: Duration) -> Result<Lock, Error> {
        let mut pauses = Pauses::new(wait);
        loop {
            if let Some(lock) = self.attempt()? {
                return Ok(lock);
            }
            match pauses.next() {
                Some(pause) => std::thread::sleep(pause),
                None => return Err(self.busy(wait)),
            }
        }
    }

    pub(super) fn busy(&self, waited: Duration) -> Error {
        let signature = fs::read_up_to(&self.path, 512).unwrap_or_default();
        let signature = String::from_utf8_lossy(&signature);
        let holder = match signature.trim() {
            "" => "another process".to_owned(),
            text => text.to_owned(),
        };
        Error::Busy { lock: self.name.clone(), holder, waited }
    }
}

impl Lock {
    fn sign(&self) {
        // For messages only: a lock without a signature is as good. All have one length, so that none has to be cut
        // off before the next is written: some file systems (ext4) write a file that was cut to the disk when it is
        // closed, and whoever removes it waits for that.
        if fs::has_other_names(&self.file) {
            // Under another name it may be anybody's.
            return;
        }
        let signature = format!("process {} on {}", std::process::id(), fs::host_name());
        let _ = fs::write_at(&self.file, &self.path, 0, format!("{signature:<SIGNATURE_BYTES$}\n").as_bytes());
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While the lock is held: whoever waits on this file finds that its name is gone, and starts over.
        if self.transient && self.kept {
            let _ = fs::remove(&self.path);
        }
    }
}

/// NFS without a lock daemon, and some FUSE file systems.
fn lacks_locks(error: &io::Error) -> bool {
    const ENOLCK: i32 = if cfg!(target_os = "linux") { 37 } else { 77 };
    error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(ENOLCK)
}

/// Longer than any signature: a host name has at most 64 bytes, a process number ten digits.
const SIGNATURE_BYTES: usize = 95;

/// Pauses between attempts: short at first, because the index lock is held for milliseconds.
struct Pauses {
    until: Option<Instant>,
    next: Duration,
}

impl Pauses {
    const FIRST: Duration = Duration::from_millis(1);
    const LONGEST: Duration = Duration::from_millis(200);

    fn new(wait: Duration) -> Self {
        Self { until: Instant::now().checked_add(wait), next: Self::FIRST }
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let left = match self.until {
            Some(until) => until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?,
            None => Duration::MAX,
        };
        let pause = self.next.min(left);
        self.next = (self.next * 2).min(Self::LONGEST);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn wanted(path: &Path, exclusive: bool) -> Wanted {
        Wanted { path: path.to_owned(), name: "index".to_owned(), exclusive, transient: true, try_lock: fs::try_lock }
    }

    #[test]
    fn a_held_lock_makes_others_busy_and_names_the_holder() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = wanted(&path, true).attempt().unwrap().expect("free");
        let error = wanted(&path, true).acquire_blocking(Duration::from_millis(5)).expect_err("held");
        let Error::Busy { lock, holder, .. } = &error else { panic!("{error:?}") };
        assert_eq!(lock, "index");
        assert!(holder.contains(&std::process::id().to_string()), "{holder}");
        drop(held);
        assert!(!path.exists(), "a transient lock file goes with its lock");
        assert!(wanted(&path, true).attempt().unwrap().is_some());
    }

    #[test]
    fn shared_locks_go_together_and_keep_the_exclusive_one_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let one = wanted(&path, false).attempt().unwrap();
        let two = wanted(&path, false).attempt().unwrap();
        assert!(one.is_some() && two.is_some());
        assert!(wanted(&path, true).attempt().unwrap().is_none());
    }

    #[test]
    fn a_lock_on_a_removed_file_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        // The kernel grants a lock on a file that lost its name just before: two processes would hold "the" lock.
        static LOST: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
        static PATH: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
        PATH.set(path.clone()).unwrap();
        let mut wanted = wanted(&path, true);
        wanted.try_lock = |file, exclusive| {
            if !LOST.swap(true, std::sync::atomic::Ordering::Relaxed) {
                std::fs::remove_file(PATH.get().unwrap()).unwrap();
            }
            fs::try_lock(file, exclusive)
        };
        let lock = wanted.attempt().unwrap().expect("free");
        assert!(fs::is_at(&lock.file, &path));
    }

    #[test]
    fn a_planted_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (path, victim) = (dir.path().join("lock"), dir.path().join("victim"));
        std::fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        assert!(matches!(wanted(&path, true).attempt(), Err(Error::Planted { .. })));
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    }
}
