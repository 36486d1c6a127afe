//! Reachability: which descriptors an image consists of.

use std::collections::{BTreeSet, HashSet};

use super::{Error, Layout};
use crate::model::{Descriptor, Digest, Kind, MAX_INDEX_DEPTH, Manifest};

impl Layout {
    /// Everything that `descriptor` is made of, itself last: children stand before their parents, so that what is
    /// sent or checked in this order never points into the void. Each digest once.
    ///
    /// With `platforms`, only those children of an index are followed. Manifests are read and verified; for blobs,
    /// whether they are stored is for [`Layout::require`] to say.
    ///
    /// # Errors
    /// As [`Layout::read_manifest`], for a manifest that is missing or wrong; [`Error::TooDeep`].
    pub fn walk(
        &self,
        descriptor: &Descriptor,
        platforms: Option<&BTreeSet<String>>,
    ) -> Result<Vec<Descriptor>, Error> {
        let mut walk = Walk { layout: self, platforms, seen: HashSet::new(), found: Vec::new() };
        walk.visit(descriptor, 0)?;
        Ok(walk.found)
    }

    /// The walk, and the check that all of it is stored. Layers that their publisher forbids to redistribute may be
    /// missing: registries often do not have them.
    ///
    /// # Errors
    /// As [`Layout::walk`], and [`Error::Missing`].
    pub fn require(
        &self,
        descriptor: &Descriptor,
        platforms: Option<&BTreeSet<String>>,
    ) -> Result<Vec<Descriptor>, Error> {
        let found = self.walk(descriptor, platforms)?;
        for part in &found {
            if !part.media_type.is_nondistributable() && !self.has(&part.digest, part.size)? {
                return Err(Error::Missing { digest: part.digest.clone(), size_bytes: part.size });
            }
        }
        Ok(found)
    }
}

struct Walk<'a> {
    layout: &'a Layout,
    platforms: Option<&'a BTreeSet<String>>,
    seen: HashSet<(Digest, u64)>,
    found: Vec<Descriptor>,
}

impl Walk<'_> {
    fn visit(&mut self, descriptor: &Descriptor, depth: usize) -> Result<(), Error> {
        // With the size: a second descriptor that lies about it must not hide behind the first.
        if !self.seen.insert((descriptor.digest.clone(), descriptor.size)) {
            return Ok(());
        }
        if matches!(descriptor.media_type.kind(), Kind::Manifest | Kind::Index) {
            if depth > MAX_INDEX_DEPTH {
                return Err(Error::TooDeep { digest: descriptor.digest.clone(), limit: MAX_INDEX_DEPTH });
            }
            let manifest = self.layout.read_manifest(descriptor)?;
            let in_index = matches!(manifest, Manifest::Index(_));
            for child in manifest.children() {
                if !in_index || wanted(child, self.platforms) {
                    self.visit(child, depth + 1)?;
                }
            }
        }
        self.found.push(descriptor.clone());
        Ok(())
    }
}

/// Whether a child of an index belongs to the platforms that are to be complete. A nested index states none, and is
/// looked into.
pub(super) fn wanted(child: &Descriptor, platforms: Option<&BTreeSet<String>>) -> bool {
    let Some(platforms) = platforms else { return true };
    match &child.platform {
        Some(platform) => platforms.contains(&platform.to_string()),
        None => child.media_type.kind() == Kind::Index,
    }
}
