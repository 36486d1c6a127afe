//! The errors of this layer, and what they amount to.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fs;
use crate::content::{Fault, FaultKind, IntegrityError};
use crate::model::{ByteSize, Digest, DocumentError};

/// What can go wrong in a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path holds something that is not a store, and nothing of ours may be put there.
    #[error("{} is not an image store: {reason}", path.display())]
    NotALayout {
        /// The path that was to be the store.
        path: PathBuf,
        /// What stands there.
        reason: &'static str,
    },
    /// A file that makes the directory a layout is missing, truncated or of an unknown kind.
    #[error("{} is corrupt: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Stored or received bytes are not those of their digest.
    #[error("the content of {} is wrong", path.display())]
    Content {
        /// The file that holds, or would have held them.
        path: PathBuf,
        /// How they differ.
        source: IntegrityError,
    },
    /// A stored blob that was to be relied on has rotted.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How it differs from what it is to be.
        source: IntegrityError,
    },
    /// A symbolic link, pipe, device or directory stands where a plain file belongs, or a link for a directory.
    #[error("{} is {found}, which a store never holds: it was not followed", path.display())]
    Planted {
        /// The path.
        path: PathBuf,
        /// What stands there.
        found: &'static str,
    },
    /// A stored document does not parse.
    #[error("the document {digest} cannot be read")]
    Document {
        /// Its digest.
        digest: Digest,
        /// Why.
        source: DocumentError,
    },
    /// A document is larger than the caller reads into memory.
    #[error("the document {digest} has {size_bytes} bytes, more than {limit_bytes}")]
    TooLarge {
        /// Its digest.
        digest: Digest,
        /// Its size.
        size_bytes: u64,
        /// The caller's limit.
        limit_bytes: u64,
    },
    /// Indexes are nested deeper than any image needs.
    #[error("the indexes under {digest} are nested more than {limit} deep")]
    TooDeep {
        /// The document where the limit was reached.
        digest: Digest,
        /// The limit.
        limit: usize,
    },
    /// A platform is to be complete that the index does not have.
    #[error("the index {digest} has no entry for {platform}")]
    NotOffered {
        /// The index.
        digest: Digest,
        /// The platform, as it was named.
        platform: String,
    },
    /// Something that an image needs is not stored.
    #[error("{digest}, of {size_bytes} bytes, is not in the store")]
    Missing {
        /// What is missing.
        digest: Digest,
        /// How large it would be.
        size_bytes: u64,
    },
    /// Another process holds a lock for longer than this one waits.
    #[error("the {lock} lock is held by {holder}{}", in_vain(*waited))]
    Busy {
        /// Which lock: `store`, `index`, or the digest that is being received.
        lock: String,
        /// Process and machine, as the holder wrote them down.
        holder: String,
        /// How long this process waited.
        waited: Duration,
    },
    /// The file system has no locks, so nobody can promise that the store is not in use.
    #[error("the file system of {} has no locks, so other processes may be using the store", path.display())]
    NoLocks {
        /// The store.
        path: PathBuf,
    },
    /// The file system is full, or the quota is used up.
    #[error("cannot write {}{}", path.display(), room(*needed_bytes, *free_bytes))]
    NoSpace {
        /// The file that was written.
        path: PathBuf,
        /// How many bytes were still to be written, where that is known.
        needed_bytes: Option<u64>,
        /// How many bytes the file system had left, where it says so.
        free_bytes: Option<u64>,
        /// The system's error.
        source: io::Error,
    },
    /// What is to be written will not fit. Nothing was written yet.
    #[error(
        "the store at {} needs {} more, and {} are free on its file system",
        path.display(),
        ByteSize(*needed_bytes),
        ByteSize(*free_bytes)
    )]
    TooLittleSpace {
        /// The store.
        path: PathBuf,
        /// How many bytes are to be written.
        needed_bytes: u64,
        /// How many bytes the file system has left.
        free_bytes: u64,
    },
    /// The file system failed to make a file durable. What it holds is unknown, and was discarded.
    #[error("cannot make {} durable", path.display())]
    Sync {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Any other failure of the file system.
    #[error("cannot {attempt} {}", path.display())]
    Io {
        /// What was attempted: `open`, `rename`.
        attempt: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The thread that did the work ended early: the process is shutting down.
    #[error("the work on the store was stopped")]
    Stopped,
}

/// What an error amounts to; the outer layers choose the exit code by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Content or the store itself is wrong.
    Integrity,
    /// The local file system refused.
    Local,
    /// Another process uses the store.
    Busy,
}

fn in_vain(waited: Duration) -> String {
    let seconds = waited.as_secs();
    if seconds == 0 { String::new() } else { format!(", and did not come free within {seconds} s") }
}

fn room(needed_bytes: Option<u64>, free_bytes: Option<u64>) -> String {
    let parts = [(needed_bytes, "more are needed"), (free_bytes, "are free")];
    let said: Vec<String> =
        parts.iter().filter_map(|(bytes, what)| Some(format!("{} {what}", ByteSize((*bytes)?)))).collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(", and ")) }
}

impl Error {
    pub(super) fn io(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                // Looked up now: in a moment somebody may have made room.
                Self::NoSpace { path: path.to_owned(), needed_bytes: None, free_bytes: fs::free(path), source }
            }
            _ => Self::Io { attempt, path: path.to_owned(), source },
        }
    }

    /// Adds how many bytes were still to come to an error about space.
    pub(super) fn needing(mut self, bytes: u64) -> Self {
        if let Self::NoSpace { needed_bytes, .. } = &mut self {
            *needed_bytes = Some(bytes);
        }
        self
    }

    /// What this amounts to.
    #[must_use]
    pub fn nature(&self) -> Nature {
        match self {
            Self::Corrupt { .. }
            | Self::Content { .. }
            | Self::Damaged { .. }
            | Self::Planted { .. }
            | Self::Document { .. }
            | Self::TooLarge { .. }
            | Self::TooDeep { .. }
            | Self::NotOffered { .. }
            | Self::Missing { .. } => Nature::Integrity,
            Self::Busy { .. } | Self::NoLocks { .. } => Nature::Busy,
            Self::NotALayout { .. }
            | Self::NoSpace { .. }
            | Self::TooLittleSpace { .. }
            | Self::Sync { .. }
            | Self::Io { .. }
            | Self::Stopped => Nature::Local,
        }
    }

    /// Whether the file or its directory does not exist.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Whether the system refused because the file system or the file may not be written.
    pub(super) fn is_write_refused(&self) -> bool {
        matches!(self, Self::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied))
    }
}

/// Wrong bytes may come right from elsewhere; everything else in a store stays as it is.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let kind = if matches!(error, Error::Content { .. }) { FaultKind::Corrupt } else { FaultKind::Permanent };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn a_full_disk_is_told_from_other_failures_and_says_what_it_takes() {
        let path = Path::new("store/blob");
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            let error = Error::io("write", path)(kind.into()).needing(42);
            let Error::NoSpace { needed_bytes: Some(42), free_bytes: Some(free), .. } = error else {
                panic!("{error:?}")
            };
            let said = format!("cannot write store/blob: 42B more are needed, and {} are free", ByteSize(free));
            assert_eq!(error.to_string(), said);
            assert!(error.source().is_some());
        }
        let error = Error::io("write", path)(io::ErrorKind::PermissionDenied.into()).needing(42);
        assert_eq!(error.to_string(), "cannot write store/blob");
        assert_eq!(error.nature(), Nature::Local);
        assert_eq!(room(Some(1_500_000), Some(0)), ": 1.5MB more are needed, and 0B are free");
        assert_eq!((room(None, Some(7)), room(None, None)), (": 7B are free".to_owned(), String::new()));
    }

    #[test]
    fn only_wrong_bytes_are_worth_another_attempt() {
        let digest = crate::content::digest_of(crate::model::Algorithm::Sha256, b"");
        let source = IntegrityError::Size { digest: digest.clone(), expected: 1, actual: 0 };
        let wrong = Error::Content { path: PathBuf::new(), source };
        assert_eq!(Fault::from(wrong).kind(), FaultKind::Corrupt);
        let unsynced = Error::Sync { path: PathBuf::new(), source: io::ErrorKind::Other.into() };
        assert_eq!(unsynced.nature(), Nature::Local);
        assert_eq!(Fault::from(unsynced).kind(), FaultKind::Permanent);
        assert_eq!(Fault::from(Error::Missing { digest, size_bytes: 1 }).kind(), FaultKind::Permanent);
    }
}
