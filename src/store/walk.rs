//! Reachability: which descriptors an image consists of.

use std::collections::{BTreeSet, HashSet};

use super::{Error, Layout};
use crate::model::{Descriptor, Digest, Kind, MAX_INDEX_DEPTH, Manifest};

impl Layout {
    /// Everything that `descriptor` is made of, itself last: children stand before their parents, so that what is
    /// sent or checked in this order never points into the void. Each digest once.
    ///
    /// With `platforms`, only the children of an index that state exactly one of those are followed, and there is one
    /// for each. Manifests are read and verified; for blobs,
    /// whether they are stored is for [`Layout::require`] to say.
    ///
    /// # Errors
    /// As [`Layout::read_manifest`], for a manifest that is missing or wrong; [`Error::TooDeep`]; [`Error::NotOffered`].
    pub fn walk(
        &self,
        descriptor: &Descriptor,
        platforms: Option<&BTreeSet<String>>,
    ) -> Result<Vec<Descriptor>, Error> {
        let mut walk =
            Walk { layout: self, platforms, seen: HashSet::new(), offered: HashSet::new(), found: Vec::new() };
        walk.visit(descriptor, 0)?;
        if descriptor.media_type.kind() == Kind::Index
            && let Some(platform) = platforms.into_iter().flatten().find(|name| !walk.offered.contains(*name))
        {
            return Err(Error::NotOffered { digest: descriptor.digest.clone(), platform: platform.clone() });
        }
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
    /// The platforms of the children that were followed.
    offered: HashSet<String>,
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
                    self.offered.extend(child.platform.as_ref().map(ToString::to_string));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture::{child, layer_of, layout, put_image, put_index};

    #[tokio::test]
    async fn children_stand_before_parents_and_each_once() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let (one, two) = (put_image(&layout, "one", None).await, put_image(&layout, "two", None).await);
        let inner = put_index(&layout, &[child(&one, "linux/amd64"), child(&two, "linux/arm64")]).await;
        let outer = put_index(&layout, &[inner.clone(), child(&one, "linux/386")]).await;
        let digests = |platforms: Option<&[&str]>| {
            let platforms = platforms.map(|list| list.iter().map(|&name| name.to_owned()).collect());
            let found = layout.require(&outer, platforms.as_ref()).unwrap();
            found.into_iter().map(|d| d.digest).collect::<Vec<_>>()
        };
        let all = digests(None);
        assert_eq!(all.len(), 8);
        let at = |digest: &Digest| all.iter().position(|d| d == digest).unwrap();
        assert!(at(&layer_of("one").digest) < at(&one.digest));
        assert!(at(&one.digest) < at(&inner.digest) && at(&inner.digest) < at(&outer.digest));
        let some = digests(Some(&["linux/arm64"]));
        assert_eq!((some.len(), some.contains(&one.digest)), (5, false));
    }

    #[tokio::test]
    async fn indexes_are_followed_so_deep_and_no_deeper() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let mut top = put_image(&layout, "one", None).await;
        for _ in 0..MAX_INDEX_DEPTH {
            top = put_index(&layout, &[top]).await;
        }
        assert!(layout.walk(&top, None).is_ok());
        top = put_index(&layout, &[top]).await;
        assert!(matches!(layout.walk(&top, None), Err(Error::TooDeep { .. })));
    }

    #[tokio::test]
    async fn a_second_size_for_a_digest_is_checked_too() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let image = put_image(&layout, "one", None).await;
        let liar = Descriptor { size: image.size + 1, ..image.clone() };
        let index = put_index(&layout, &[image, liar]).await;
        assert!(matches!(layout.require(&index, None), Err(Error::Content { .. })));
    }
}
