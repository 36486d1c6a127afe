//! Which repositories are known to hold an image: an annotation of its entry in the store's index, from which pushes
//! learn where a registry can mount blobs from.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Digest, Reference, Registry};
use crate::store::{Entry, Error, Layout};

/// Repositories, as `registry/path`, separated by spaces: those that the image was read from or pushed to by this
/// user. Knowledge to be verified at use, which a mount is.
pub(super) const ANNOTATION: &str = "rcr.known-in";

/// The annotations of an entry that was just read from, or written to, `reference`'s repository.
pub(super) fn with(entry: Option<&Entry>, reference: &Reference) -> BTreeMap<String, String> {
    let mut known: BTreeSet<String> = entry.map(of).unwrap_or_default();
    known.insert(reference.name());
    let text = known.into_iter().collect::<Vec<_>>().join(" ");
    BTreeMap::from([(ANNOTATION.to_owned(), text)])
}

/// The repositories where an entry's image is known to be.
pub(super) fn of(entry: &Entry) -> BTreeSet<String> {
    let known = entry.descriptor.annotations.get(ANNOTATION);
    known.map(|text| text.split(' ').filter(|r| !r.is_empty()).map(str::to_owned).collect()).unwrap_or_default()
}

/// For each blob that some stored image on `registry` holds, a repository of that registry other than `except` to
/// mount it from.
pub(super) fn mounts(layout: &Layout, registry: &Registry, except: &str) -> Result<BTreeMap<Digest, String>, Error> {
    let prefix = format!("{registry}/");
    let mut found = BTreeMap::new();
    for entry in layout.entries()? {
        let mut source = of(&entry).into_iter().filter_map(|name| Some(name.strip_prefix(&prefix)?.to_owned()));
        let Some(source) = source.find(|path| path != except) else { continue };
        // An image that cannot be read is no source; the push itself will say what is wrong with what it needs.
        for part in layout.walk(&entry.descriptor, entry.platforms.as_ref()).unwrap_or_default() {
            found.entry(part.digest).or_insert_with(|| source.clone());
        }
    }
    Ok(found)
}
