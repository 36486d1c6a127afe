//! What has been received of a blob so far: `.rcr/partial/<algorithm>-<hex>`, written by one append-only stream.
//!
//! What a partial holds is never trusted: it is hashed again when the transfer goes on, and the hash over the whole
//! decides. Whoever has a `Partial` holds the lock of its digest.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::lock::Lock;
use super::{Error, Layout, fs};
use crate::content::{IntegrityError, Verifier};
use crate::model::Descriptor;

/// Bytes hashed at a time when a transfer goes on.
const CHUNK_BYTES: usize = 1 << 20;

pub(super) struct Partial {
    file: File,
    path: PathBuf,
    descriptor: Descriptor,
    verifier: Verifier,
    _lock: Lock,
}

impl Partial {
    /// Opens, and hashes what is there; more than the blob can have is thrown away at once.
    pub(super) fn open(layout: &Layout, descriptor: &Descriptor, lock: Lock) -> Result<Self, Error> {
        let path = layout.own_path("partial", &descriptor.digest);
        let file = fs::open_or_create(&path)?;
        let verifier = Verifier::new(descriptor);
        let mut partial = Self { file, path, descriptor: descriptor.clone(), verifier, _lock: lock };
        if fs::size(&partial.file, &partial.path)? > descriptor.size {
            partial.restart()?;
            return Ok(partial);
        }
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            let count = fs::read(&mut partial.file, &partial.path, &mut buffer)?;
            if count == 0 {
                return Ok(partial);
            }
            let hashed = partial.verifier.update(&buffer[..count]);
            partial.refuse(hashed)?;
        }
    }

    /// How many bytes are there.
    pub(super) fn offset(&self) -> u64 {
        self.verifier.received()
    }

    /// Takes the next bytes.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let missing = self.descriptor.size.saturating_sub(self.offset());
        let hashed = self.verifier.update(bytes);
        self.refuse(hashed)?;
        fs::write(&mut self.file, &self.path, bytes).map_err(|error| error.needing(missing))
    }

    /// Throws away what is there.
    pub(super) fn restart(&mut self) -> Result<(), Error> {
        self.verifier = Verifier::new(&self.descriptor);
        fs::clear(&mut self.file, &self.path)
    }

    /// Verifies the whole, makes it durable and gives it its place at `target`.
    pub(super) fn commit(mut self, target: &Path, durable: bool) -> Result<(), Error> {
        let verifier = std::mem::replace(&mut self.verifier, Verifier::new(&self.descriptor));
        self.refuse(verifier.finish())?;
        fs::touch(&self.file, &self.path)?;
        if durable && let Err(error) = fs::sync_file(&self.file, &self.path) {
            // The pages that failed to reach the disk now count as clean: a second attempt would succeed, and lie.
            let _ = fs::remove(&self.path);
            return Err(error);
        }
        fs::rename(&self.path, target)
    }

    /// Wrong bytes are of no use to the next attempt.
    fn refuse(&mut self, checked: Result<(), IntegrityError>) -> Result<(), Error> {
        let Err(source) = checked else { return Ok(()) };
        self.restart()?;
        Err(Error::Content { path: self.path.clone(), source })
    }
}
