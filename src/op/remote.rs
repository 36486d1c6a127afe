use anyhow::Result;

use super::{Context, Error};
use crate::content::Fetched;
use crate::model::{Descriptor, Manifest, Reference};
use crate::registry::Target;

fn target(reference: &Reference) -> Result<Target, Error> {
    match (reference.digest(), reference.tag()) {
        (Some(digest), _) => Ok(Target::Digest(digest.clone())),
        (None, Some(tag)) => Ok(Target::Tag(tag.to_owned())),
        (None, None) => Err(Error::NoTarget { reference: reference.clone() }),
    }
}

/// The manifest of a reference as the registry has it, with its exact bytes.
///
/// # Errors
/// What the registry, or the way to it, says.
pub async fn manifest(context: &Context, reference: &Reference) -> Result<Fetched<Manifest>> {
    let repository = context.repository(reference)?;
    let fetched = repository.manifest(&target(&reference.clone().or_latest())?, None).await;
    context.pass_on_warnings(&repository);
    Ok(fetched?)
}

/// The digest of a reference as the registry has it: by HEAD where that answers, else over the manifest's bytes.
///
/// # Errors
/// What the registry, or the way to it, says.
pub async fn digest(context: &Context, reference: &Reference) -> Result<Descriptor> {
    let reference = &reference.clone().or_latest();
    let repository = context.repository(reference)?;
    let resolved = repository.resolve(&target(reference)?).await;
    context.pass_on_warnings(&repository);
    match resolved? {
        Some(descriptor) => Ok(descriptor),
        None => Ok(manifest(context, reference).await?.descriptor),
    }
}

/// The tags of a repository, in the registry's order; at most `limit`.
///
/// # Errors
/// What the registry, or the way to it, says.
pub async fn tags(context: &Context, reference: &Reference, limit: Option<usize>) -> Result<Vec<String>> {
    let repository = context.repository(reference)?;
    let tags = repository.tags(limit).await;
    context.pass_on_warnings(&repository);
    Ok(tags?)
}
