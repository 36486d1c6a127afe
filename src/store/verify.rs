//! The proof that the store keeps its promise.

use std::collections::HashSet;

use super::fs::{self, Node};
use super::layout::blocking;
use super::{Error, Layout};
use crate::content::Verifier;
use crate::model::{Descriptor, Digest, MediaType};

/// Bytes hashed at a time, between two calls of the listener.
const CHUNK_BYTES: usize = 1 << 20;

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
        let mut verifier = Verifier::new(&descriptor);
        let mut buffer = vec![0; CHUNK_BYTES];
        let outcome = loop {
            match fs::read(&mut file, &path, &mut buffer)? {
                0 => break verifier.finish(),
                count => {
                    if let Err(error) = verifier.update(&buffer[..count]) {
                        break Err(error);
                    }
                    report.blob_bytes += count as u64;
                    progress(report.blob_bytes);
                }
            }
        };
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

    use super::*;
    use crate::store::fixture::{layer_of, layout, put_image, tag};

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
}
