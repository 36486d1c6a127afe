//! What must be kept: everything that the index reaches, and what refers to it.

use std::collections::{BTreeSet, HashSet};

use super::fs::{self, Node};
use super::walk::wanted;
use super::{DOCUMENT_LIMIT_BYTES, Error, Layout};
use crate::model::{Descriptor, Digest, Kind, MAX_INDEX_DEPTH, Manifest, MediaType};

impl Layout {
    /// The digests that any entry of the index reaches, those of platforms that are not complete included, and of
    /// every stored manifest whose subject is among them.
    ///
    /// # Errors
    /// Where an entry cannot be understood or a manifest that should be there cannot be read: then nobody knows what
    /// it reaches, and nothing may be removed.
    pub(super) fn mark(&self) -> Result<HashSet<Digest>, Error> {
        let (entries, unknown) = self.index()?.entries();
        if unknown > 0 {
            let reason = format!("{unknown} of its entries cannot be understood, so what they reach is unknown");
            return Err(Error::Corrupt { path: self.index_path(), reason });
        }
        let mut marked = HashSet::new();
        for entry in &entries {
            self.mark_from(&entry.descriptor, entry.platforms.as_ref(), true, 0, &mut marked)?;
        }
        self.mark_referrers(&mut marked)?;
        Ok(marked)
    }

    /// Marks `descriptor` and what it reaches. What is not `required` may be missing, but what is there is kept.
    pub(super) fn mark_from(
        &self,
        descriptor: &Descriptor,
        platforms: Option<&BTreeSet<String>>,
        required: bool,
        depth: usize,
        marked: &mut HashSet<Digest>,
    ) -> Result<(), Error> {
        let absent = || Ok::<_, Error>(fs::look(&self.blob_path(&descriptor.digest))? == Node::Absent);
        if marked.contains(&descriptor.digest) || (!required && absent()?) {
            return Ok(());
        }
        marked.insert(descriptor.digest.clone());
        if !matches!(descriptor.media_type.kind(), Kind::Manifest | Kind::Index) {
            return Ok(());
        }
        if depth > MAX_INDEX_DEPTH {
            return Err(Error::TooDeep { digest: descriptor.digest.clone(), limit: MAX_INDEX_DEPTH });
        }
        let manifest = self.read_manifest(descriptor)?;
        let in_index = matches!(manifest, Manifest::Index(_));
        for child in manifest.children() {
            let required = required && (!in_index || wanted(child, platforms));
            self.mark_from(child, platforms, required, depth + 1, marked)?;
        }
        Ok(())
    }

    /// Marks what refers to anything marked, and what refers to that, until nothing is new.
    fn mark_referrers(&self, marked: &mut HashSet<Digest>) -> Result<(), Error> {
        let mut candidates = Vec::new();
        for digest in self.blobs()? {
            if !marked.contains(&digest)
                && let Some(candidate) = self.referrer(&digest)?
            {
                candidates.push(candidate);
            }
        }
        loop {
            let (found, rest): (Vec<_>, Vec<_>) =
                candidates.into_iter().partition(|(subject, _)| marked.contains(subject));
            if found.is_empty() {
                return Ok(());
            }
            for (_, descriptor) in &found {
                self.mark_from(descriptor, None, false, 0, marked)?;
            }
            candidates = rest;
        }
    }

    /// The subject and the descriptor of a stored manifest that has a subject; `None` for any other blob.
    fn referrer(&self, digest: &Digest) -> Result<Option<(Digest, Descriptor)>, Error> {
        let path = self.blob_path(digest);
        let Node::File { size, .. } = fs::look(&path)? else { return Ok(None) };
        // Layers are compressed, so the first byte spares reading most of them.
        if size > DOCUMENT_LIMIT_BYTES || fs::read_up_to(&path, 0)? != b"{" {
            return Ok(None);
        }
        let Ok(manifest) = Manifest::parse(&fs::read_up_to(&path, size)?, None) else { return Ok(None) };
        let (subject, default) = match &manifest {
            Manifest::Image(image) => (&image.subject, MediaType::OCI_MANIFEST),
            Manifest::Index(index) => (&index.subject, MediaType::OCI_INDEX),
        };
        let descriptor = Descriptor::new(manifest.media_type(Some(&default)), digest.clone(), size);
        Ok(subject.as_ref().map(|subject| (subject.digest.clone(), descriptor)))
    }
}
