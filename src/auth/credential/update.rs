//! Replacing a credential file: under a lock, atomically, durably, and for its owner's eyes only.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::{CredentialError, file};

/// How long one login waits for another: each holds the lock for a read and a write, never for a helper.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);
/// As many as Linux follows.
const SYMLINKS_MAX: usize = 40;

/// Rewrites the file at `path` with what `edit` makes of its text; None leaves it alone. A missing file is an empty
/// text, and is created with its directories. Where the file system has no locks it goes without, and says so with
/// `notice`. Returns whether anything was written.
pub(super) fn update(
    path: &Path,
    notice: impl FnOnce(String),
    edit: impl FnOnce(Zeroizing<String>) -> Result<Option<Zeroizing<String>>, CredentialError>,
) -> Result<bool, CredentialError> {
    let failed = |source| CredentialError::Write { file: path.to_owned(), source };
    let target = follow(path).map_err(failed)?;
    let directory = match target.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    };
    create_private(directory).map_err(failed)?;
    let lock = lock(&target, LOCK_TIMEOUT)?;
    if lock.is_none() {
        notice(format!("the file system of {} has no locks: log in and out one at a time", path.display()));
    } else {
        discard_leftovers(&target, directory);
    }
    let text = file::read(&target)?.map(|(text, _)| text).unwrap_or_default();
    match edit(text)? {
        Some(text) => replace(&target, directory, &text).map_err(failed).map(|()| true),
        None => Ok(false),
    }
}

/// The file that `path` leads to, which need not exist. The link itself stays.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..SYMLINKS_MAX {
        match fs::symlink_metadata(&target) {
            Ok(metadata) if metadata.is_symlink() => {
                let link = fs::read_link(&target)?;
                target = target.parent().map(|directory| directory.join(&link)).unwrap_or(link);
            }
            Ok(_) => return Ok(target),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(target),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Creates the missing directories down to `directory`, mode 0700 whatever the umask.
fn create_private(directory: &Path) -> io::Result<()> {
    if directory.as_os_str().is_empty() || directory.is_dir() {
        return Ok(());
    }
    if let Some(parent) = directory.parent() {
        create_private(parent)?;
    }
    match fs::create_dir(directory) {
        Ok(()) => set_mode_of_directory(directory),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Takes the lock beside `target`; none where the file system has no locks. It is released when the file is dropped, or
/// with the process.
fn lock(target: &Path, timeout: Duration) -> Result<Option<File>, CredentialError> {
    let mut lock = target.as_os_str().to_owned();
    lock.push(".lock");
    let lock = PathBuf::from(lock);
    let failed = |source| CredentialError::Write { file: lock.clone(), source };
    let file = open_lock(&lock).map_err(failed)?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(error)) if lacks_locks(&error) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) if started.elapsed() >= timeout => {
                return Err(CredentialError::Locked { lock, waited: timeout });
            }
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// NFS without a lock daemon, and some FUSE file systems.
fn lacks_locks(error: &io::Error) -> bool {
    const ENOLCK: i32 = if cfg!(target_os = "linux") { 37 } else { 77 };
    error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(ENOLCK)
}

const TEMPORARY_SUFFIX: &str = ".tmp";

/// How the names of temporary files for `target` begin.
fn temporary_prefix(target: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(target.file_name().unwrap_or_default());
    prefix.push("-");
    prefix
}

/// Removes what processes that were killed have left: with the lock, nobody else is writing. There may be secrets in it.
fn discard_leftovers(target: &Path, directory: &Path) {
    let prefix = temporary_prefix(target);
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let (name, prefix) = (name.as_encoded_bytes(), prefix.as_encoded_bytes());
        if name.starts_with(prefix) && name.ends_with(TEMPORARY_SUFFIX.as_bytes()) {
            // What cannot be removed does no harm to what is written now.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Writes beside the target and renames: at each moment either the old text is there or the new one, whole.
fn replace(target: &Path, directory: &Path, text: &str) -> io::Result<()> {
    let prefix = temporary_prefix(target);
    let mut temporary = tempfile::Builder::new().prefix(&prefix).suffix(TEMPORARY_SUFFIX).tempfile_in(directory)?;
    set_mode_of_file(temporary.as_file(), target)?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.persist(target).map_err(|error| error.error)?;
    sync_directory(directory)
}

#[cfg(unix)]
fn open_lock(lock: &Path) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(lock) {
        Ok(file) => {
            // A umask of 0777 would keep everybody out, the next login included.
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => OpenOptions::new().write(true).open(lock),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn open_lock(lock: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(lock)
}

#[cfg(unix)]
fn set_mode_of_directory(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn set_mode_of_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Mode 0600, or what its owner narrowed the old file to.
#[cfg(unix)]
fn set_mode_of_file(file: &File, old: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    let mode = match fs::metadata(old) {
        Ok(old) => {
            // Root writing a user's file must not take it from them; others cannot give files away, nor need to.
            let _ = fchown(file, Some(old.uid()), Some(old.gid()));
            old.permissions().mode() & 0o600
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0o600,
        Err(error) => return Err(error),
    };
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode_of_file(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_stays_held_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("config.json");
        let held = lock(&target, LOCK_TIMEOUT).unwrap().expect("a file system with locks");
        let error = lock(&target, Duration::from_millis(30)).unwrap_err();
        assert!(matches!(error, CredentialError::Locked { .. }), "{error:?}");
        assert!(error.to_string().contains("config.json.lock"), "{error}");
        drop(held);
        assert!(lock(&target, Duration::ZERO).unwrap().is_some());
    }
}
