//! The proof that the store keeps its promise.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::fs::{self, Node};
use super::layout::blocking;
use super::{Error, Layout};
use crate::content::{IntegrityError, Verifier};
use crate::model::{Descriptor, Digest, MediaType};

/// Bytes hashed at a time, between two calls of the listener.
const CHUNK_BYTES: usize = 1 << 20;
/// Blobs hashed side by side before a push.
const HASHED_AT_ONCE: usize = 4;

/// What `verify` found.
#[derive(Debug, Default)]
pub struct VerifyReport {
    /// How many blobs were hashed.
    pub blob_count: usize,
    /// Their bytes.
    pub blob_bytes: u64,
    /// How many entries of the index were followed.
    pub image_count: usize,
    /// What is wrong; empty is the proof.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug)]
pub struct Problem {
    /// The image that it breaks, where it was found by following one; its digest where it has no name.
    pub image: Option<String>,
    /// What it is.
    pub error: Error,
    /// Whether the file was moved to `.rcr/bad/`, so that the next pull brings it anew.
    pub moved: bool,
}

impl Layout {
    /// Hashes every blob, follows every entry of the index, and says what is wrong. Files that are not what their
    /// name says are moved to `.rcr/bad/`. `progress` hears how many bytes are done, of how many.
    ///
    /// # Errors
    /// The file system's, where it keeps this from being found out.
    pub async fn verify(&self, progress: impl Fn(u64, u64) + Send + 'static) -> Result<VerifyReport, Error> {
        let layout = self.clone();
        blocking(move || layout.verify_blocking(&progress)).await
    }

    fn verify_blocking(&self, progress: &dyn Fn(u64, u64)) -> Result<VerifyReport, Error> {
        let mut report = VerifyReport::default();
        if let Err(error) = self.check() {
            report.add(None, error, false);
        }
        let digests = self.blobs()?;
        let mut total_bytes = 0;
        for digest in &digests {
            if let Node::File { size, .. } = fs::look(&self.blob_path(digest))? {
                total_bytes += size;
            }
        }
        progress(0, total_bytes);
        for digest in &digests {
            self.verify_blob(digest, &mut report, &|done| progress(done, total_bytes))?;
        }
        match self.index() {
            // That it is missing was said already.
            Err(_) if fs::look(&self.index_path())? == Node::Absent => {}
            Err(error) => report.add(None, error, false),
            Ok(index) => {
                let (entries, unknown) = index.entries();
                if unknown > 0 {
                    let reason = format!("{unknown} of its entries cannot be understood");
                    report.add(None, Error::Corrupt { path: self.index_path(), reason }, false);
                }
                for entry in entries {
                    report.image_count += 1;
                    let image = entry.name.unwrap_or_else(|| entry.descriptor.digest.to_string());
                    match self.walk(&entry.descriptor, entry.platforms.as_ref()) {
                        Err(error) => report.add(Some(&image), error, false),
                        Ok(parts) => self.verify_parts(&image, &parts, &mut report)?,
                    }
                }
            }
        }
        Ok(report)
    }

    fn verify_parts(&self, image: &str, parts: &[Descriptor], report: &mut VerifyReport) -> Result<(), Error> {
        let mut seen = HashSet::new();
        for part in parts {
            let needed = !part.media_type.is_nondistributable() && seen.insert((&part.digest, part.size));
            if needed && !self.has(&part.digest, part.size)? {
                let error = Error::Missing { digest: part.digest.clone(), size_bytes: part.size };
                report.add(Some(image), error, false);
            }
        }
        Ok(())
    }

    fn verify_blob(&self, digest: &Digest, report: &mut VerifyReport, progress: &dyn Fn(u64)) -> Result<(), Error> {
        let path = self.blob_path(digest);
        let mut file = match fs::open(&path) {
            Ok(file) => file,
            // A collection or a healing pull was faster.
            Err(error) if error.is_absent() => return Ok(()),
            Err(error @ Error::Planted { .. }) => {
                let moved = self.quarantine(digest, None).unwrap_or(false);
                report.add(None, error, moved);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let size_bytes = fs::size(&file, &path)?;
        // The name is all that is known: the size is taken as it is.
        let descriptor = Descriptor::new(MediaType::new("application/octet-stream"), digest.clone(), size_bytes);
        let mut done_bytes = 0;
        let outcome = hash(&mut file, &path, &descriptor, &mut |count| {
            done_bytes += count;
            progress(report.blob_bytes + done_bytes);
        })?;
        report.blob_bytes += done_bytes;
        report.blob_count += 1;
        match outcome {
            Ok(()) => self.set_verified(digest, true),
            Err(source) => {
                // On a read-only file system the file stays where it is.
                let moved = self.quarantine(digest, Some(&file)).unwrap_or(false);
                report.add(None, Error::Content { path, source }, moved);
            }
        }
        Ok(())
    }

    /// Whether a blob that is there has its content, where that is to be found out ([`Options::verify_existing`]): one
    /// that has not is moved to `.rcr/bad/`, and noted. Each blob is hashed once per process.
    ///
    /// [`Options::verify_existing`]: super::Options::verify_existing
    pub(super) async fn is_sound(&self, descriptor: &Descriptor) -> Result<bool, Error> {
        if !self.options().verify_existing || self.is_verified(&descriptor.digest) {
            return Ok(true);
        }
        let (layout, descriptor) = (self.clone(), descriptor.clone());
        blocking(move || {
            let Some((file, source)) = layout.find_flaw(&descriptor)? else { return Ok(true) };
            let Descriptor { digest, .. } = &descriptor;
            tracing::info!(blob = %digest, "the stored blob is wrong: {source}");
            layout.note_unsound(digest);
            // A store that is only looked at stays as it is.
            if layout.is_writable() {
                // Who holds the lock may trust what is there: it has to be gone before this process goes on.
                let _lock = layout.digest_lock(digest).acquire_blocking(layout.options().lock_wait)?;
                if fs::is_at(&file, &layout.blob_path(digest)) {
                    layout.set_aside(digest)?;
                }
            }
            Ok(false)
        })
        .await
    }

    /// The same for all blobs that are about to be sent: the first that is wrong is an error, and none of them moves.
    /// Those that are missing are left to whoever reads them.
    ///
    /// # Errors
    /// [`Error::Damaged`], or the file system's error.
    pub async fn demand_sound(&self, blobs: &[Descriptor]) -> Result<(), Error> {
        if !self.options().verify_existing {
            return Ok(());
        }
        let check = |blob: Descriptor| {
            let layout = self.clone();
            blocking(move || {
                if layout.is_verified(&blob.digest) || !layout.has(&blob.digest, blob.size)? {
                    return Ok(());
                }
                let Some((file, source)) = layout.find_flaw(&blob)? else { return Ok(()) };
                // On a read-only file system the file stays where it is.
                let _ = layout.quarantine(&blob.digest, Some(&file));
                Err(Error::Damaged { path: layout.blob_path(&blob.digest), source })
            })
        };
        stream::iter(blobs.to_vec()).map(check).buffered(HASHED_AT_ONCE).try_collect().await
    }

    /// Hashes a blob that is there. What is wrong with it, and the file that it is wrong of.
    fn find_flaw(&self, descriptor: &Descriptor) -> Result<Option<(File, IntegrityError)>, Error> {
        let path = self.blob_path(&descriptor.digest);
        let mut file = fs::open(&path)?;
        let outcome = hash(&mut file, &path, descriptor, &mut |_| {})?;
        self.set_verified(&descriptor.digest, outcome.is_ok());
        Ok(outcome.err().map(|flaw| (file, flaw)))
    }
}

/// Reads `file` to its end, or to the first byte too many. The inner result says whether it is what it is to be.
fn hash(
    file: &mut File,
    path: &Path,
    descriptor: &Descriptor,
    progress: &mut dyn FnMut(u64),
) -> Result<Result<(), IntegrityError>, Error> {
    let mut verifier = Verifier::new(descriptor);
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let count = fs::read(file, path, &mut buffer)?;
        if count == 0 {
            return Ok(verifier.finish());
        }
        if let Err(flaw) = verifier.update(&buffer[..count]) {
            return Ok(Err(flaw));
        }
        progress(count as u64);
    }
}

impl VerifyReport {
    fn add(&mut self, image: Option<&str>, error: Error, moved: bool) {
        self.problems.push(Problem { image: image.map(str::to_owned), error, moved });
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::content::{Sink as _, digest_of};
    use crate::model::Algorithm;
    use crate::store::Options;
    use crate::store::fixture::{LAYER, layer_of, layout, put_blob, put_image, tag};

    #[tokio::test]
    async fn a_whole_store_has_no_problems_and_progress_reaches_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let image = put_image(&layout, "one", None).await;
        tag(&layout, "a/b:c", &image).await.unwrap();
        let left = Arc::new(AtomicU64::new(u64::MAX));
        let heard = Arc::clone(&left);
        let report = layout.verify(move |done, of| heard.store(of - done, Ordering::Relaxed)).await.unwrap();
        assert_eq!((report.blob_count, report.image_count), (3, 1));
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert_eq!(left.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn whatever_is_wrong_is_found_set_aside_and_tied_to_its_image() {
        type Spoil = fn(&Path);
        let cases: [(&str, Spoil); 5] = [
            ("flipped", |path| std::fs::write(path, b"onE").unwrap()),
            ("truncated", |path| std::fs::write(path, b"on").unwrap()),
            ("empty", |path| std::fs::write(path, b"").unwrap()),
            ("a directory", |path| {
                std::fs::remove_file(path).unwrap();
                std::fs::create_dir(path).unwrap();
            }),
            ("a link", |path| {
                std::fs::remove_file(path).unwrap();
                std::os::unix::fs::symlink("/dev/zero", path).unwrap();
            }),
        ];
        for (name, spoil) in cases {
            let dir = tempfile::tempdir().unwrap();
            let layout = layout(dir.path());
            let (one, two) = (put_image(&layout, "one", None).await, put_image(&layout, "two", None).await);
            tag(&layout, "a/b:one", &one).await.unwrap();
            tag(&layout, "a/b:two", &two).await.unwrap();
            let layer = layout.blob_path(&layer_of("one").digest);
            spoil(&layer);
            let report = layout.verify(|_, _| {}).await.unwrap();
            let found: Vec<_> = report.problems.iter().map(|p| (p.image.as_deref(), p.moved)).collect();
            assert_eq!(found, [(None, true), (Some("a/b:one"), false)], "{name}: {:?}", report.problems);
            assert!(std::fs::symlink_metadata(&layer).is_err(), "{name}: set aside");
            put_image(&layout, "one", None).await;
            assert!(layout.verify(|_, _| {}).await.unwrap().problems.is_empty(), "{name}: healed");
        }
    }

    #[tokio::test]
    async fn a_missing_blob_and_a_broken_index_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let one = put_image(&layout, "one", None).await;
        tag(&layout, "a/b:one", &one).await.unwrap();
        std::fs::remove_file(layout.blob_path(&layer_of("one").digest)).unwrap();
        let report = layout.verify(|_, _| {}).await.unwrap();
        assert!(matches!(&report.problems[..], [Problem { error: Error::Missing { .. }, .. }]), "{report:?}");
        std::fs::write(layout.index_path(), b"").unwrap();
        let report = layout.verify(|_, _| {}).await.unwrap();
        assert!(matches!(&report.problems[..], [Problem { error: Error::Corrupt { .. }, .. }]), "{report:?}");
        std::fs::remove_file(layout.index_path()).unwrap();
        let report = layout.verify(|_, _| {}).await.unwrap();
        assert!(matches!(&report.problems[..], [Problem { error: Error::Corrupt { .. }, .. }]), "{report:?}");
    }

    #[tokio::test]
    async fn what_is_relied_on_is_hashed_where_that_was_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { verify_existing: true, ..Options::default() };
        let blob = put_blob(&layout(dir.path()), LAYER, b"hello, stored world").await;
        let other = put_blob(&layout(dir.path()), LAYER, b"another").await;
        let path = layout(dir.path()).blob_path(&blob.digest);
        std::fs::write(&path, b"hello, spoilt world").unwrap();
        let open = || Layout::create_or_open(dir.path(), options).unwrap();

        assert!(layout(dir.path()).contains(&blob).await.unwrap(), "type and size are right");
        // To look is not to touch.
        let looking = Layout::open(dir.path(), options).unwrap().unwrap();
        assert!(!looking.contains(&blob).await.unwrap());
        assert!(path.exists());

        let pulling = open();
        assert!(pulling.contains(&other).await.unwrap());
        assert!(!pulling.contains(&blob).await.unwrap());
        assert_eq!((pulling.take_unsound(), pulling.take_unsound()), (vec![blob.digest.clone()], vec![]));
        assert!(!path.exists());
        assert_eq!(fs::list(&pulling.path(".rcr/bad")).unwrap().len(), 1);
        put_blob(&pulling, LAYER, b"hello, stored world").await;
        assert!(pulling.contains(&blob).await.unwrap());

        // Once per process: what rots after that is for the next one to find.
        std::fs::write(&path, b"hello, spoilt world").unwrap();
        assert!(pulling.contains(&blob).await.unwrap());
        let pushing = open();
        let gone = Descriptor::new(blob.media_type.clone(), digest_of(Algorithm::Sha256, b"gone"), 4);
        assert!(pushing.demand_sound(&[other.clone(), gone.clone()]).await.is_ok());
        let refused = pushing.demand_sound(&[other.clone(), gone, blob.clone()]).await;
        assert!(matches!(refused, Err(Error::Damaged { .. })), "{refused:?}");
        assert_eq!(fs::list(&pushing.path(".rcr/bad")).unwrap().len(), 2);
        assert!(layout(dir.path()).demand_sound(&[blob]).await.is_ok(), "nobody asked");
    }

    #[tokio::test]
    async fn a_wrong_blob_that_others_hold_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let blob = put_blob(&layout(dir.path()), LAYER, b"right").await;
        std::fs::write(layout(dir.path()).blob_path(&blob.digest), b"wrong").unwrap();
        let options = Options { verify_existing: true, lock_wait: Duration::from_millis(5), ..Options::default() };
        let pulling = Layout::create_or_open(dir.path(), options).unwrap();
        let held = pulling.digest_lock(&blob.digest).attempt().unwrap();
        let busy = pulling.contains(&blob).await.unwrap_err();
        assert!(busy.to_string().contains("lock is held by process"), "{busy}");
        drop(held);
        assert!(!pulling.contains(&blob).await.unwrap());
    }
}
