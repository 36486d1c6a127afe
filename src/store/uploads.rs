//! `.rcr/uploads/`: upload sessions that a push has open, one file for each blob and destination, so that the next
//! push goes on where this one was cut off. Hints: a file that cannot be used is ignored.
//!
//! A file has two lines, the destination and the path of the session there. There is no secret in it, and nobody else
//! may read it all the same. While the push lives it holds a kernel lock on the file: a session is one push's.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::fs::{self, Node};
use super::{Error, Layout};
use crate::content::digest_of;
use crate::model::{Algorithm, Digest};

const KIND: &str = "uploads";
/// Registries forget sessions sooner than this, as a rule.
const EXPIRY: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The size of a file, and of a path that is worth keeping.
const LIMIT_BYTES: u64 = 4096;

/// The upload sessions of one destination, a repository with its registry's name.
pub struct Uploads {
    layout: Layout,
    destination: String,
    /// The files that are this push's, locked.
    held: Mutex<HashMap<Digest, File>>,
}

impl Uploads {
    /// Nothing is opened.
    #[must_use]
    pub fn new(layout: &Layout, destination: &str) -> Self {
        Self { layout: layout.clone(), destination: destination.to_owned(), held: Mutex::default() }
    }

    /// The paths of the sessions that earlier pushes left open for these blobs and that no other push uses. They are
    /// this push's now; those of other blobs are left to whoever pushes them.
    #[must_use]
    pub fn left_open<'a>(&self, blobs: impl IntoIterator<Item = &'a Digest>) -> Vec<(Digest, String)> {
        blobs.into_iter().filter_map(|digest| Some((digest.clone(), self.claim(digest)?))).collect()
    }

    fn claim(&self, digest: &Digest) -> Option<String> {
        let path = self.path(digest);
        let Node::File { modified, .. } = fs::look(&path).ok()? else { return None };
        if SystemTime::now().duration_since(modified).is_ok_and(|age| age > EXPIRY) {
            // What cannot be removed is ignored the next time as well.
            let _ = fs::remove(&path);
            return None;
        }
        let file = hold(&path).ok()??;
        let text = String::from_utf8(fs::read_up_to(&path, LIMIT_BYTES).ok()?).ok()?;
        let session = text.strip_prefix(&self.destination)?.strip_prefix('\n')?.strip_suffix('\n')?;
        if !is_path(session) {
            return None;
        }
        self.held().insert(digest.clone(), file);
        Some(session.to_owned())
    }

    /// Notes that a session for the blob is open at `path`, or that there is none any more. Whether the next push will
    /// find it.
    ///
    /// # Errors
    /// The file system's; the next push starts over then.
    pub fn note(&self, digest: &Digest, path: Option<&str>) -> Result<bool, Error> {
        let file = self.path(digest);
        let mine = self.held().remove(digest);
        match path.filter(|path| is_path(path)) {
            None if mine.is_some() => fs::remove(&file).map(|()| false),
            None => Ok(false),
            Some(path) => {
                let held = if mine.is_some() {
                    mine
                } else {
                    fs::make_dir(&self.layout.path(".rcr").join(KIND))?;
                    hold(&file)?
                };
                // Another push of the same blob has its own session, and that one is remembered.
                let Some(held) = held else { return Ok(false) };
                fs::clear(&held, &file)?;
                fs::write_at(&held, &file, 0, format!("{}\n{path}\n", self.destination).as_bytes())?;
                self.held().insert(digest.clone(), held);
                Ok(true)
            }
        }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let destination = digest_of(Algorithm::Sha256, self.destination.as_bytes());
        let (short, _) = destination.hex().split_at(16);
        self.layout.own_path(KIND, digest).with_extension(short)
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, File>> {
        // Every critical section leaves the map whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the file, and holds it; `None` where another process does, or where nobody could.
fn hold(path: &Path) -> Result<Option<File>, Error> {
    let file = fs::open_or_create_private(path)?;
    match fs::try_lock(&file, true) {
        Ok(()) if fs::is_at(&file, path) => Ok(Some(file)),
        Ok(()) | Err(TryLockError::WouldBlock | TryLockError::Error(_)) => Ok(None),
    }
}

/// Whether it is the path of a URL, as this module writes it.
fn is_path(text: &str) -> bool {
    text.starts_with('/')
        && (text.len() as u64) < LIMIT_BYTES / 2
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'?' && byte != b'#')
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::store::fixture::layout;

    const HERE: &str = "registry.example/team/app";

    fn digest(text: &str) -> Digest {
        digest_of(Algorithm::Sha256, text.as_bytes())
    }

    fn files(layout: &Layout) -> Vec<PathBuf> {
        let directory = layout.path(".rcr").join(KIND);
        fs::list(&directory).unwrap().into_iter().map(|name| directory.join(name)).collect()
    }

    #[test]
    fn the_next_push_finds_what_the_last_left_open() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let (one, two) = (digest("one"), digest("two"));
        let first = Uploads::new(&layout, HERE);
        assert_eq!(first.left_open([&one, &two]), []);
        assert!(first.note(&one, Some("/v2/team/app/blobs/uploads/1")).unwrap());
        first.note(&one, Some("/v2/team/app/blobs/uploads/2")).unwrap();
        first.note(&two, Some("/up")).unwrap();
        let mode = std::fs::metadata(&files(&layout)[0]).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let other = Uploads::new(&layout, HERE);
        assert_eq!(other.left_open([&one, &two]), [], "a session is one push's as long as that lives");
        assert!(!other.note(&one, Some("/other")).unwrap(), "nobody will find that");
        first.note(&two, None).unwrap();
        drop(first);
        assert_eq!(Uploads::new(&layout, "registry.example/team/other").left_open([&one]), []);
        let next = Uploads::new(&layout, HERE);
        assert_eq!(next.left_open([&two]), []);
        assert_eq!(Uploads::new(&layout, HERE).left_open([&one]).len(), 1, "what a push has no use for is free");
        assert_eq!(next.left_open([&one, &two]), [(one.clone(), "/v2/team/app/blobs/uploads/2".to_owned())]);
        next.note(&one, None).unwrap();
        assert_eq!(files(&layout), Vec::<PathBuf>::new());
    }

    #[test]
    fn what_cannot_be_used_is_ignored() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let one = digest("one");
        let first = Uploads::new(&layout, HERE);
        first.note(&one, Some("/up")).unwrap();
        let file = files(&layout).remove(0);
        drop(first);
        let found = || Uploads::new(&layout, HERE).left_open([&one]).len();
        assert_eq!(found(), 1);
        let others = ["", "registry.example/team/other\n/up\n", "registry.example/team/app\nhttp://evil/\n"];
        let cut = ["registry.example/team/app\n/up", "registry.example/team/app\n/up?x=y\n"];
        for text in others.into_iter().chain(cut) {
            std::fs::write(&file, text).unwrap();
            assert_eq!(found(), 0, "{text:?}");
        }
        std::fs::write(&file, format!("{HERE}\n/up\n")).unwrap();
        assert_eq!(found(), 1);
        let long_ago = SystemTime::now() - EXPIRY - Duration::from_secs(60);
        File::options().write(true).open(&file).unwrap().set_modified(long_ago).unwrap();
        assert_eq!((found(), file.exists()), (0, false), "it expires");
        let with_query = Uploads::new(&layout, HERE);
        with_query.note(&one, Some("/up?signature=secret")).unwrap();
        assert_eq!(files(&layout), Vec::<PathBuf>::new(), "a query is never written");
    }
}
