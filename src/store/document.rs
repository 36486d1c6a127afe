//! Manifests and other small documents, whole in memory and verified each time.

use bytes::Bytes;

use super::fs::{self, Node};
use super::layout::blocking;
use super::{Durability, Error, Layout};
use crate::content::{IntegrityError, Verifier};
use crate::model::{Descriptor, Manifest};

/// The largest manifest or index that is read; registries refuse larger ones than 4 MiB.
pub const DOCUMENT_LIMIT_BYTES: u64 = 8 << 20;

impl Layout {
    /// Stores a document, such as a manifest: verified, and durable after [`Layout::sync`]. Children come first.
    ///
    /// # Errors
    /// [`Error::Content`] where `bytes` are not those of `descriptor`, or the file system's error.
    pub async fn put_document(&self, bytes: Bytes, descriptor: &Descriptor) -> Result<(), Error> {
        let (layout, descriptor) = (self.clone(), descriptor.clone());
        blocking(move || layout.put_document_blocking(&bytes, &descriptor)).await
    }

    fn put_document_blocking(&self, bytes: &[u8], descriptor: &Descriptor) -> Result<(), Error> {
        let path = self.blob_path(&descriptor.digest);
        check(bytes, descriptor).map_err(|source| Error::Content { path: path.clone(), source })?;
        // A document is small: what is stored is compared, not trusted.
        if self.has(&descriptor.digest, descriptor.size)? && fs::read_up_to(&path, descriptor.size)? == bytes {
            return self.reuse(&descriptor.digest);
        }
        let durable = self.options().durability == Durability::Full;
        if !durable {
            self.note_unsynced()?;
        }
        if let Some(directory) = path.parent() {
            fs::make_dir(directory)?;
        }
        if fs::look(&path)? == Node::Directory {
            self.set_aside(&descriptor.digest)?;
        }
        let (mut file, temporary) = fs::create_unique(&self.path(".rcr/tmp"), "document")?;
        let written = fs::write(&mut file, &temporary, bytes)
            .map_err(|error| error.needing(descriptor.size))
            .and_then(|()| if durable { fs::sync_file(&file, &temporary) } else { Ok(()) })
            .and_then(|()| fs::rename(&temporary, &path));
        if let Err(error) = written {
            // The first error is the one to report.
            let _ = fs::remove(&temporary);
            return Err(error);
        }
        self.mark_dirty(&path);
        Ok(())
    }

    /// The bytes of a stored document, verified each time.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::Content`], naming the file, where size or digest differ; [`Error::TooLarge`]
    /// beyond `limit_bytes`.
    pub fn read_document(&self, descriptor: &Descriptor, limit_bytes: u64) -> Result<Bytes, Error> {
        let (digest, size_bytes) = (descriptor.digest.clone(), descriptor.size);
        if size_bytes > limit_bytes {
            return Err(Error::TooLarge { digest, size_bytes, limit_bytes });
        }
        let path = self.blob_path(&digest);
        let bytes = match fs::read_up_to(&path, size_bytes) {
            Err(error) if error.is_absent() => return Err(Error::Missing { digest, size_bytes }),
            result => result?,
        };
        check(&bytes, descriptor).map_err(|source| Error::Content { path, source })?;
        Ok(bytes.into())
    }

    /// A stored manifest or index.
    ///
    /// # Errors
    /// As [`Layout::read_document`], and [`Error::Document`] where the bytes are no manifest.
    pub fn read_manifest(&self, descriptor: &Descriptor) -> Result<Manifest, Error> {
        let bytes = self.read_document(descriptor, DOCUMENT_LIMIT_BYTES)?;
        Manifest::parse(&bytes, Some(&descriptor.media_type))
            .map_err(|source| Error::Document { digest: descriptor.digest.clone(), source })
    }
}

fn check(bytes: &[u8], descriptor: &Descriptor) -> Result<(), IntegrityError> {
    let mut verifier = Verifier::new(descriptor);
    verifier.update(bytes)?;
    verifier.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MediaType;
    use crate::store::fixture::{describe, layout};

    #[tokio::test]
    async fn documents_are_verified_on_the_way_in_and_out() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let bytes = Bytes::from_static(br#"{"schemaVersion":2,"manifests":[]}"#);
        let descriptor = describe(MediaType::OCI_INDEX.as_str(), &bytes);
        let path = layout.blob_path(&descriptor.digest);
        assert!(matches!(layout.read_document(&descriptor, 100), Err(Error::Missing { .. })));
        let other = layout.put_document(Bytes::from_static(b"{}"), &descriptor).await;
        assert!(matches!(other, Err(Error::Content { .. })));
        assert!(!path.exists());

        layout.put_document(bytes.clone(), &descriptor).await.unwrap();
        assert_eq!(layout.read_document(&descriptor, 100).unwrap(), bytes);
        assert!(matches!(layout.read_document(&descriptor, 5), Err(Error::TooLarge { .. })));
        assert!(layout.read_manifest(&descriptor).is_ok());

        let flipped = bytes.to_ascii_uppercase();
        for (name, spoilt) in [("flipped", &flipped[..]), ("truncated", &bytes[..5]), ("empty", b"")] {
            std::fs::write(&path, spoilt).unwrap();
            let error = layout.read_document(&descriptor, 100).expect_err(name);
            assert!(matches!(&error, Error::Content { path: named, .. } if *named == path), "{name}: {error:?}");
            layout.put_document(bytes.clone(), &descriptor).await.unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), bytes, "{name}: healed");
        }
    }
}
