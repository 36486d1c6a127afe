//! The record of what the functions of `fs` did below a directory, by whatever thread.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// A file, whatever names it has.
pub(super) type FileId = usize;

/// One change, with paths below the recorded directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Op {
    MakeDir(PathBuf),
    Create(PathBuf, FileId),
    Write {
        file: FileId,
        offset: u64,
        bytes: Vec<u8>,
    },
    Truncate {
        file: FileId,
        size: u64,
    },
    SyncFile(FileId),
    SyncDir(PathBuf),
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove(PathBuf),
    /// No change: what the program told its user at this point, for the test to look up.
    Told(usize),
}

#[derive(Debug, Default)]
struct Log {
    ops: Vec<Op>,
    /// The file that has an inode now: numbers are used again, so each creation is another file.
    files: HashMap<(u64, u64), FileId>,
    created: usize,
}

/// What is being recorded, by directory.
static RECORDED: RwLock<Vec<(PathBuf, &'static Mutex<Log>)>> = RwLock::new(Vec::new());

fn lock(log: &'static Mutex<Log>) -> MutexGuard<'static, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Records what happens below a directory until it is dropped. The directory is empty at the start.
#[derive(Debug)]
pub(super) struct Recorder {
    root: PathBuf,
    log: &'static Mutex<Log>,
}

impl Recorder {
    pub(super) fn start(root: &Path) -> Self {
        assert_eq!(std::fs::read_dir(root).unwrap().count(), 0, "what is there already is not known");
        // Leaked, so that a turn can hold its lock: a few logs per run of the tests.
        let log: &'static Mutex<Log> = Box::leak(Box::default());
        let mut recorded = RECORDED.write().unwrap_or_else(PoisonError::into_inner);
        recorded.push((root.to_owned(), log));
        Self { root: root.to_owned(), log }
    }

    /// Notes that something was promised by now.
    pub(super) fn told(&self, what: usize) {
        lock(self.log).ops.push(Op::Told(what));
    }

    pub(super) fn ops(&self) -> Vec<Op> {
        lock(self.log).ops.clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let mut recorded = RECORDED.write().unwrap_or_else(PoisonError::into_inner);
        recorded.retain(|(root, _)| *root != self.root);
        *lock(self.log) = Log::default();
    }
}

/// The right to do one thing to the disk and to record it, while no other thread does either: so the record has the
/// order of what happened.
pub(in crate::store) struct Turn(Option<(PathBuf, MutexGuard<'static, Log>)>);

/// Begins a change at `path`. Outside of what is recorded there is nothing to wait for, and nothing is noted.
pub(in crate::store) fn turn(path: &Path) -> Turn {
    let recorded = RECORDED.read().unwrap_or_else(PoisonError::into_inner);
    let found = recorded.iter().find(|(root, _)| path.starts_with(root)).map(|(root, log)| (root.clone(), *log));
    drop(recorded);
    Turn(found.map(|(root, log)| (root, lock(log))))
}

impl Turn {
    fn note(&mut self, op: impl FnOnce(&Path, &mut Log) -> Op) {
        if let Some((root, log)) = &mut self.0 {
            let op = op(root, log);
            log.ops.push(op);
        }
    }

    pub(in crate::store) fn directory(&mut self, path: &Path) {
        self.note(|root, _| Op::MakeDir(below(root, path)));
    }

    pub(in crate::store) fn created(&mut self, path: &Path, file: &File) {
        self.note(|root, log| {
            let id = log.created;
            log.created += 1;
            log.files.insert(inode(file), id);
            Op::Create(below(root, path), id)
        });
    }

    pub(in crate::store) fn written(&mut self, file: &File, offset: u64, bytes: &[u8]) {
        self.note(|_, log| Op::Write { file: log.id(file), offset, bytes: bytes.to_vec() });
    }

    pub(in crate::store) fn truncated(&mut self, file: &File, size: u64) {
        self.note(|_, log| Op::Truncate { file: log.id(file), size });
    }

    pub(in crate::store) fn synced(&mut self, file: &File) {
        self.note(|_, log| Op::SyncFile(log.id(file)));
    }

    pub(in crate::store) fn directory_synced(&mut self, path: &Path) {
        self.note(|root, _| Op::SyncDir(below(root, path)));
    }

    pub(in crate::store) fn renamed(&mut self, from: &Path, to: &Path) {
        self.note(|root, _| Op::Rename { from: below(root, from), to: below(root, to) });
    }

    pub(in crate::store) fn removed(&mut self, path: &Path) {
        self.note(|root, _| Op::Remove(below(root, path)));
    }
}

impl Log {
    fn id(&self, file: &File) -> FileId {
        *self.files.get(&inode(file)).expect("a file that was created behind the record's back")
    }
}

fn inode(file: &File) -> (u64, u64) {
    let metadata = file.metadata().unwrap();
    (metadata.dev(), metadata.ino())
}

fn below(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).expect("a path below what is recorded").to_owned()
}

mod tests {
    use super::*;
    use crate::store::fs;

    #[test]
    fn every_change_is_recorded_in_its_order_with_the_file_that_it_is_of() {
        let dir = tempfile::tempdir().unwrap();
        let (root, elsewhere) = (dir.path().join("in"), dir.path().join("out"));
        std::fs::create_dir(&root).unwrap();
        let recorder = Recorder::start(&root);
        let deep = root.join("a/b");
        fs::make_root(&deep).unwrap();
        fs::make_dir(&deep).unwrap();
        let (mut one, path) = fs::create_unique(&deep, "one").unwrap();
        fs::write(&mut one, &path, b"hello").unwrap();
        fs::write(&mut one, &path, b"!").unwrap();
        fs::write_at(&one, &path, 9, b"?").unwrap();
        fs::sync_file(&one, &path).unwrap();
        fs::rename(&path, &root.join("to")).unwrap();
        fs::sync_parent(&root.join("to")).unwrap();
        fs::clear(&one, &path).unwrap();
        recorder.told(7);
        let reopened = fs::open_or_create(&root.join("to")).unwrap();
        fs::write_at(&reopened, &root.join("to"), 0, b"x").unwrap();
        fs::remove(&root.join("to")).unwrap();
        fs::remove(&root.join("to")).unwrap();
        fs::open_or_create(&elsewhere).unwrap();
        let name = path.strip_prefix(&root).unwrap().to_owned();
        let write = |offset, bytes: &[u8]| Op::Write { file: 0, offset, bytes: bytes.to_vec() };
        let expected = [
            Op::MakeDir("a".into()),
            Op::MakeDir("a/b".into()),
            Op::SyncDir("a".into()),
            Op::SyncDir("".into()),
            Op::Create(name.clone(), 0),
            write(0, b"hello"),
            write(5, b"!"),
            write(9, b"?"),
            Op::SyncFile(0),
            Op::Rename { from: name, to: "to".into() },
            Op::SyncDir("".into()),
            Op::Truncate { file: 0, size: 0 },
            Op::Told(7),
            write(0, b"x"),
            Op::Remove("to".into()),
        ];
        assert_eq!(recorder.ops(), expected);
    }
}
