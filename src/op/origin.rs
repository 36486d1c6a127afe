//! Where blobs are known to be on a registry: learnt from every pull and push, kept in the store, and used by pushes
//! to mount blobs from there. Knowledge to be verified at use, which a mount is.

use std::collections::HashMap;

use crate::model::{Descriptor, Digest, Reference};
use crate::registry::Findings;
use crate::store::Layout;

/// For each blob the repositories of the destination's registry that are known to hold it. Those that hold the most of
/// them come first: each repository that is mounted from may take a token of its own.
pub(super) async fn known(
    layout: &Layout,
    destination: &Reference,
    blobs: &[Descriptor],
) -> HashMap<Digest, Vec<String>> {
    let digests = blobs.iter().map(|blob| blob.digest.clone()).collect();
    let mut known = layout.locations(destination.registry().as_str(), digests).await;
    let mut counts: HashMap<String, usize> = HashMap::new();
    for name in known.values().flatten() {
        *counts.entry(name.clone()).or_default() += 1;
    }
    for names in known.values_mut() {
        names.sort_by_key(|name| std::cmp::Reverse(counts.get(name).copied().unwrap_or_default()));
    }
    known
}

/// That a repository holds all of these blobs.
pub(super) fn all_in<'a>(reference: &Reference, blobs: impl IntoIterator<Item = &'a Descriptor>) -> Findings {
    let fact = |blob: &Descriptor| ((blob.digest.clone(), reference.repository().to_owned()), true);
    blobs.into_iter().map(fact).collect()
}

/// Keeps what was found out. A store that cannot be written does without.
pub(super) async fn learn(layout: &Layout, reference: &Reference, findings: Findings) {
    match layout.learn_locations(reference.registry().as_str(), findings).await {
        Ok(new) => tracing::debug!(new, "where blobs are"),
        Err(error) => tracing::debug!(error = error.to_string(), "where blobs are is not kept"),
    }
}
