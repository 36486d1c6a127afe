//! Which entry of the store's index a reference stands for.

use anyhow::Result;

use super::Error;
use crate::model::Reference;
use crate::store::{Entry, Layout};

/// The name under which the store keeps a reference: with the tag where there is one, else with the digest.
pub(super) fn of(reference: &Reference) -> String {
    if reference.tag().is_some() { reference.clone().without_digest().to_string() } else { reference.to_string() }
}

/// The entry of a stored image, by its name or by its digest: that decides, so any tag of the repository serves.
pub(super) fn find(layout: &Layout, reference: &Reference) -> Result<Entry> {
    let found = match exact(layout, reference)? {
        Some(entry) => Some(entry),
        None => with_digest(layout, reference)?.into_iter().next(),
    };
    found.ok_or_else(|| Error::NoSuchImage { reference: reference.clone() }.into())
}

/// The first of what `name` may stand for that is in the store. Of a single one nothing is asked.
///
/// # Errors
/// [`Error::NoneStored`], or the store's.
pub fn first_stored(layout: &Layout, name: &str, candidates: &[Reference]) -> Result<Reference> {
    if let [only] = candidates {
        return Ok(only.clone());
    }
    for candidate in candidates {
        let reference = candidate.clone().or_latest();
        if exact(layout, &reference)?.is_some() || !with_digest(layout, &reference)?.is_empty() {
            return Ok(candidate.clone());
        }
    }
    Err(none_stored(name, candidates).into())
}

/// The one name in the store that `name`, which may stand for any of `candidates`, is meant to be, for removing it: a
/// tag that was written is never another one, and whatever leaves a choice is refused.
///
/// # Errors
/// [`Error::NoSuchImage`], [`Error::NoneStored`], [`Error::Usage`] where there are several, or the store's.
pub fn stored_name(layout: &Layout, name: &str, candidates: &[Reference]) -> Result<String> {
    let mut names = Vec::new();
    for reference in candidates.iter().map(|candidate| candidate.clone().or_latest()) {
        let entries = match exact(layout, &reference)? {
            Some(entry) => vec![entry],
            None if reference.tag().is_some() => Vec::new(),
            None => with_digest(layout, &reference)?,
        };
        names.extend(entries.into_iter().filter_map(|entry| entry.name));
    }
    if names.len() > 1 {
        return Err(Error::Usage(format!("several names stand for it, say which: {}", names.join(", "))).into());
    }
    names.pop().ok_or_else(|| none_stored(name, candidates).into())
}

/// That nothing is there.
#[must_use]
pub fn none_stored(name: &str, candidates: &[Reference]) -> Error {
    let or_latest = |candidate: &Reference| candidate.clone().or_latest();
    match candidates {
        [only] => Error::NoSuchImage { reference: or_latest(only) },
        several => Error::NoneStored { name: name.to_owned(), candidates: several.iter().map(or_latest).collect() },
    }
}

fn exact(layout: &Layout, reference: &Reference) -> Result<Option<Entry>> {
    let fits = |entry: &Entry| reference.digest().is_none_or(|digest| entry.descriptor.digest == *digest);
    Ok(layout.resolve(&of(reference))?.filter(fits))
}

/// The tags of the reference's repository that stand for its digest, where it has one.
fn with_digest(layout: &Layout, reference: &Reference) -> Result<Vec<Entry>> {
    let Some(digest) = reference.digest() else { return Ok(Vec::new()) };
    let same_repository = format!("{}:", reference.name());
    let named = |entry: &Entry| entry.name.as_ref().is_some_and(|name| name.starts_with(&same_repository));
    Ok(layout.entries()?.into_iter().filter(|entry| entry.descriptor.digest == *digest && named(entry)).collect())
}
