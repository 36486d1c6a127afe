//! Every call to the file system that the store makes.
//!
//! Small and named after what they promise. What changes the disk is recorded in tests (`crash::log`), which then ask
//! what a power cut would leave of it: whoever adds such a call records it. Nothing here follows
//! a symbolic link in the last component of a path, and nothing but plain files is ever opened: a path is looked at,
//! opened, and the open file compared with what was looked at. Files are created exclusively, which follows no link
//! either.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::Error;
#[cfg(test)]
use super::crash::log;

/// What stands at a path; links are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Absent,
    /// A plain file.
    File {
        size: u64,
        /// What it takes up on the disk, in bytes: less than its size where it has holes.
        occupied: u64,
        /// When its content last changed, or it was last touched.
        modified: SystemTime,
        /// The later of its last changes of content and of metadata, so that neither a copied time stamp nor a
        /// touched file makes it look older than it is.
        changed: SystemTime,
    },
    Directory,
    /// Anything else, by name.
    Other(&'static str),
}

impl Node {
    fn of(metadata: &Metadata) -> Self {
        let kind = metadata.file_type();
        if kind.is_file() {
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Self::File { size: metadata.len(), occupied: occupied(metadata), modified, changed: changed(metadata) }
        } else if kind.is_dir() {
            Self::Directory
        } else if kind.is_symlink() {
            Self::Other("a symbolic link")
        } else {
            Self::Other("a pipe, socket or device")
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Absent => "missing",
            Self::File { .. } => "a file",
            Self::Directory => "a directory",
            Self::Other(name) => name,
        }
    }
}

#[cfg(unix)]
fn occupied(metadata: &Metadata) -> u64 {
    // Whatever the file system's blocks are, these have 512 bytes.
    std::os::unix::fs::MetadataExt::blocks(metadata).saturating_mul(512)
}

#[cfg(not(unix))]
fn occupied(metadata: &Metadata) -> u64 {
    metadata.len()
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> SystemTime {
    use std::os::unix::fs::MetadataExt;
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
    let changed = SystemTime::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(seconds));
    changed.map_or(modified, |changed| changed.max(modified))
}

#[cfg(not(unix))]
fn changed(metadata: &Metadata) -> SystemTime {
    metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// What tells one file from another, whatever its name.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Whether the file is linked elsewhere, too.
#[cfg(unix)]
pub(super) fn has_other_names(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().is_ok_and(|metadata| metadata.nlink() > 1)
}

#[cfg(not(unix))]
pub(super) fn has_other_names(_file: &File) -> bool {
    false
}

#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// What stands at `path`.
pub(super) fn look(path: &Path) -> Result<Node, Error> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Node::of(&metadata)),
        Err(error) if absent(&error) => Ok(Node::Absent),
        Err(error) => Err(Error::io("look at", path)(error)),
    }
}

fn absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// What changes with a plain file whenever anything is done to it; `None` where there is none.
pub(super) fn stamp(path: &Path) -> Option<String> {
    let metadata = fs::symlink_metadata(path).ok().filter(Metadata::is_file)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some(format!("{}.{}.{}.{}", metadata.len(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
    }
    #[cfg(not(unix))]
    {
        let modified = metadata.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(format!("{}.{}", metadata.len(), modified.as_nanos()))
    }
}

/// What the store's own directory is, as a user may have linked it.
pub(super) fn look_through(path: &Path) -> Result<Node, Error> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Node::of(&metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Node::Absent),
        Err(error) => Err(Error::io("look at", path)(error)),
    }
}

/// Whether `file` is still what `path` names.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => identity(&open) == identity(&named),
        _ => false,
    }
}

/// The names in a directory, in order; none if it does not exist.
pub(super) fn list(directory: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", directory)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("list", directory))?;
        // A name that is not Unicode is none of ours, and never matches one.
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

/// Makes the store's own directory with its parents, durably.
pub(super) fn make_root(path: &Path) -> Result<(), Error> {
    let mut missing: Vec<&Path> = Vec::new();
    let mut at = Some(path);
    while let Some(directory) = at.filter(|d| !d.as_os_str().is_empty()) {
        if look_through(directory)? != Node::Absent {
            break;
        }
        missing.push(directory);
        at = directory.parent();
    }
    fs::create_dir_all(path).map_err(Error::io("create", path))?;
    #[cfg(test)]
    for directory in missing.iter().rev() {
        log::turn(directory).directory(directory);
    }
    for directory in missing {
        sync_parent(directory)?;
    }
    Ok(())
}

/// Makes one directory unless it is there, durably.
pub(super) fn make_dir(path: &Path) -> Result<(), Error> {
    #[cfg(test)]
    let mut turn = log::turn(path);
    match fs::create_dir(path) {
        Ok(()) => {
            #[cfg(test)]
            {
                turn.directory(path);
                drop(turn);
            }
            sync_parent(path)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match look(path)? {
            Node::Directory => Ok(()),
            node => Err(Error::Planted { path: path.to_owned(), found: node.name() }),
        },
        Err(error) => Err(Error::io("create", path)(error)),
    }
}

fn writable() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options
}

/// Who may read a new file, as far as the umask allows.
#[derive(Clone, Copy)]
enum Readers {
    Everybody,
    Owner,
}

/// Creates a file that must not exist.
fn create_new(path: &Path, readers: Readers) -> io::Result<File> {
    let mut options = writable();
    #[cfg(unix)]
    {
        let mode = match readers {
            Readers::Everybody => 0o644,
            Readers::Owner => 0o600,
        };
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    }
    #[cfg(not(unix))]
    let _ = readers;
    #[cfg(test)]
    let mut turn = log::turn(path);
    let file = options.create_new(true).open(path)?;
    #[cfg(test)]
    turn.created(path, &file);
    Ok(file)
}

/// Creates a file under a name in `directory` that nobody else has.
pub(super) fn create_unique(directory: &Path, purpose: &str) -> Result<(File, PathBuf), Error> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let count = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = directory.join(format!("{purpose}.{}.{count}", std::process::id()));
        match create_new(&path, Readers::Everybody) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io("create", &path)(error)),
        }
    }
}

/// Opens a plain file for reading.
pub(super) fn open(path: &Path) -> Result<File, Error> {
    open_as(path, OpenOptions::new().read(true)).map(|(file, _)| file)
}

/// Opens a plain file for reading and writing, and creates it if it is missing, or linked elsewhere, too.
pub(super) fn open_or_create(path: &Path) -> Result<File, Error> {
    open_or_create_for(path, Readers::Everybody)
}

/// Opens a plain file to be locked, and creates it if it is missing. One that has other names is as good, as long as
/// nobody writes to it: all who lock it have to see the same.
pub(super) fn open_to_lock(path: &Path) -> Result<File, Error> {
    loop {
        match create_new(path, Readers::Everybody) {
            Ok(file) => return Ok(file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io("create", path)(error)),
        }
        match open_as(path, &writable()) {
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            result => return result.map(|(file, _)| file),
        }
    }
}

/// As [`open_or_create`], for nobody else to read where it is created.
pub(super) fn open_or_create_private(path: &Path) -> Result<File, Error> {
    open_or_create_for(path, Readers::Owner)
}

fn open_or_create_for(path: &Path, readers: Readers) -> Result<File, Error> {
    loop {
        match create_new(path, readers) {
            Ok(file) => return Ok(file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io("create", path)(error)),
        }
        match open_as(path, &writable()) {
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            // Under its other name it may be anybody's, and what is written here would be written there.
            Ok((file, _)) if has_other_names(&file) => remove(path)?,
            result => return result.map(|(file, _)| file),
        }
    }
}

/// The open file and its size.
fn open_as(path: &Path, options: &OpenOptions) -> Result<(File, u64), Error> {
    // Another process may replace the file by a good one between the two looks; a few times in a row is no accident.
    for _ in 0..8 {
        let named = fs::symlink_metadata(path).map_err(Error::io("open", path))?;
        if !named.file_type().is_file() {
            return Err(Error::Planted { path: path.to_owned(), found: Node::of(&named).name() });
        }
        let file = options.open(path).map_err(Error::io("open", path))?;
        let opened = file.metadata().map_err(Error::io("open", path))?;
        if identity(&named) == identity(&opened) {
            return Ok((file, opened.len()));
        }
    }
    Err(Error::Planted { path: path.to_owned(), found: "changing all the time" })
}

/// The size of an open file.
pub(super) fn size(file: &File, path: &Path) -> Result<u64, Error> {
    file.metadata().map(|m| m.len()).map_err(Error::io("look at", path))
}

/// Reads the next bytes into `buffer`, as many as fit unless the file ends before.
pub(super) fn read(file: &mut File, path: &Path, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io("read", path)(error)),
        }
    }
    Ok(filled)
}

/// The bytes of a plain file, at most one more than `limit_bytes`.
pub(super) fn read_up_to(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, Error> {
    let (mut file, size) = open_as(path, OpenOptions::new().read(true))?;
    let most = limit_bytes.saturating_add(1);
    // One byte more than there should be, so that a single read shows that the file ends there.
    let wanted = usize::try_from(size.saturating_add(1).min(most)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; wanted];
    let count = read(&mut file, path, &mut bytes)?;
    bytes.truncate(count);
    if count == wanted {
        // It grew meanwhile, or is larger than wanted.
        let rest = most.saturating_sub(count as u64);
        file.take(rest).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    }
    Ok(bytes)
}

/// Moves to `offset` bytes from the start.
pub(super) fn seek(file: &mut File, path: &Path, offset: u64) -> Result<(), Error> {
    file.seek(SeekFrom::Start(offset)).map(drop).map_err(Error::io("seek in", path))
}

/// Writes all of `bytes` where the file stands.
pub(super) fn write(file: &mut File, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    #[cfg(test)]
    let (mut turn, offset) = (log::turn(path), file.stream_position().map_err(Error::io("seek in", path))?);
    file.write_all(bytes).map_err(Error::io("write", path))?;
    #[cfg(test)]
    turn.written(file, offset, bytes);
    Ok(())
}

/// Writes all of `bytes` at `offset`. On Unix this leaves alone where the file stands, so that several threads may.
pub(super) fn write_at(file: &File, path: &Path, offset: u64, bytes: &[u8]) -> Result<(), Error> {
    #[cfg(test)]
    let mut turn = log::turn(path);
    positioned::write_all(file, offset, bytes).map_err(Error::io("write", path))?;
    #[cfg(test)]
    turn.written(file, offset, bytes);
    Ok(())
}

/// Reads into `buffer` what stands at `offset`, as many bytes as fit unless the file ends before. On Unix this leaves
/// alone where the file stands.
pub(super) fn read_at(file: &File, path: &Path, offset: u64, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match positioned::read(file, offset.saturating_add(filled as u64), &mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io("read", path)(error)),
        }
    }
    Ok(filled)
}

mod positioned {
    use std::fs::File;
    use std::io;

    #[cfg(unix)]
    pub(super) fn write_all(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
    }

    #[cfg(unix)]
    pub(super) fn read(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(file, buffer, offset)
    }

    #[cfg(not(unix))]
    pub(super) fn write_all(mut file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        use io::{Seek, Write};
        file.seek(io::SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }

    #[cfg(not(unix))]
    pub(super) fn read(mut file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        use io::{Read, Seek};
        file.seek(io::SeekFrom::Start(offset))?;
        file.read(buffer)
    }
}

/// How many bytes the file system of `path` has left; what does not exist yet will be where its parent is. `None` where
/// nobody can say.
#[cfg(unix)]
pub(super) fn free(path: &Path) -> Option<u64> {
    // The last ancestor of a relative path has no name.
    let named = |path: &Path| if path.as_os_str().is_empty() { PathBuf::from(".") } else { path.to_owned() };
    let mut answers = path.ancestors().map(|path| rustix::fs::statvfs(named(path)));
    let answer = answers.find(|answer| !matches!(answer, Err(rustix::io::Errno::NOENT)));
    let room = answer?.ok()?;
    // Some file systems have no fixed size, and say 0 of everything: a tmpfs without a limit.
    if room.f_blocks == 0 {
        return None;
    }
    // The blocks that are kept for the administrator are the administrator's.
    let blocks = if rustix::process::geteuid().is_root() { room.f_bfree } else { room.f_bavail };
    Some(blocks.saturating_mul(room.f_frsize))
}

#[cfg(not(unix))]
pub(super) fn free(_path: &Path) -> Option<u64> {
    None
}

/// Makes the file empty.
pub(super) fn clear(file: &File, path: &Path) -> Result<(), Error> {
    #[cfg(test)]
    let mut turn = log::turn(path);
    file.set_len(0).map_err(Error::io("truncate", path))?;
    #[cfg(test)]
    turn.truncated(file, 0);
    Ok(())
}

/// Makes the bytes of a file durable. After a failure nobody knows what the disk holds: the caller discards the file.
pub(super) fn sync_file(file: &File, path: &Path) -> Result<(), Error> {
    #[cfg(test)]
    let mut turn = log::turn(path);
    file.sync_data().map_err(|source| Error::Sync { path: path.to_owned(), source })?;
    #[cfg(test)]
    turn.synced(file);
    Ok(())
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(path: &Path) -> Result<(), Error> {
    let sync = |source| Error::Sync { path: path.to_owned(), source };
    if cfg!(windows) {
        return Ok(());
    }
    let directory = File::open(path).map_err(Error::io("open", path))?;
    #[cfg(test)]
    let mut turn = log::turn(path);
    directory.sync_all().map_err(sync)?;
    #[cfg(test)]
    turn.directory_synced(path);
    Ok(())
}

/// Makes the name of a file or directory durable.
pub(super) fn sync_parent(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_dir(parent),
        _ => sync_dir(Path::new(".")),
    }
}

/// Gives a file its name, in place of whatever file or link had it.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    #[cfg(test)]
    let mut turn = log::turn(to);
    fs::rename(from, to).map_err(Error::io("rename to", to))?;
    #[cfg(test)]
    turn.renamed(from, to);
    Ok(())
}

/// Removes a file or link; that it is gone already is fine.
pub(super) fn remove(path: &Path) -> Result<(), Error> {
    #[cfg(test)]
    let mut turn = log::turn(path);
    match fs::remove_file(path) {
        Ok(()) => {
            #[cfg(test)]
            turn.removed(path);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io("remove", path)(error)),
    }
}

/// Sets the time of last change to now.
pub(super) fn touch(file: &File, path: &Path) -> Result<(), Error> {
    file.set_modified(SystemTime::now()).map_err(Error::io("touch", path))
}

/// Tries for a kernel lock on an open file; it ends with the file.
pub(super) fn try_lock(file: &File, exclusive: bool) -> Result<(), TryLockError> {
    if exclusive { file.try_lock() } else { file.try_lock_shared() }
}

/// The machine's name, for messages.
pub(super) fn host_name() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let read = |path| fs::read_to_string(path).map(|name| name.trim().to_owned()).ok().filter(|n| !n.is_empty());
        read("/proc/sys/kernel/hostname").or_else(|| read("/etc/hostname")).unwrap_or_else(|| "this machine".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_and_read_where_they_belong() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let file = open_or_create(&path).unwrap();
        write_at(&file, &path, 6, b"world").unwrap();
        write_at(&file, &path, 0, b"hello ").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"hello world");
        let mut buffer = [0; 8];
        for (offset, expected) in [(0, &b"hello wo"[..]), (6, b"world"), (11, b""), (u64::from(u32::MAX), b"")] {
            let count = read_at(&file, &path, offset, &mut buffer).unwrap();
            assert_eq!(&buffer[..count], expected, "{offset}");
        }
        assert_eq!((&file).stream_position().unwrap(), 0, "where the file stands is left alone");
    }
}
