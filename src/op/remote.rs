use anyhow::Result;

use super::search::{self, Purpose};
use super::{Context, Error, Image, image};
use crate::content::Fetched;
use crate::model::{Descriptor, ImageConfig, ImageManifest, Manifest, Platform, Reference, Registry};
use crate::registry::{Chain, Target};
use crate::store::DOCUMENT_LIMIT_BYTES;

/// The manifest of the first of `candidates` that a registry has, with its exact bytes.
///
/// # Errors
/// What the registries, or the way to them, say.
pub async fn manifest(context: &Context, candidates: &[Reference]) -> Result<Fetched<Manifest>> {
    let (_, (_, fetched)) = root(context, candidates).await?;
    Ok(fetched)
}

/// The first of `candidates` that a registry has, where it is read, and the document that it stands for.
async fn root(context: &Context, candidates: &[Reference]) -> Result<(Reference, (Chain, Fetched<Manifest>))> {
    search::first(context, candidates, Purpose::Read, async |reference| {
        let repository = context.chain(reference)?;
        let fetched = repository.manifest(&Target::of(&context.or_latest(reference))).await;
        context.pass_on(repository.take_warnings());
        let fetched = Context::with_mirrors(&repository, fetched)?;
        Ok((repository, fetched))
    })
    .await
}

/// The digest of the first of `candidates` that a registry has, and which one that is: by HEAD where that answers, else
/// over the manifest's bytes.
///
/// # Errors
/// What the registries, or the way to them, say.
pub async fn digest(context: &Context, candidates: &[Reference]) -> Result<(Reference, Descriptor)> {
    search::first(context, candidates, Purpose::Read, async |reference| {
        let repository = context.chain(reference)?;
        let resolved = repository.resolve(&Target::of(&context.or_latest(reference))).await;
        context.pass_on(repository.take_warnings());
        Ok(Context::with_mirrors(&repository, resolved)?.descriptor)
    })
    .await
}

/// The tags of the first repository of `candidates` that is there, in the registry's order, and which one that is; at
/// most `limit`.
///
/// # Errors
/// What the registries, or the way to them, say.
pub async fn tags(
    context: &Context,
    candidates: &[Reference],
    limit: Option<usize>,
) -> Result<(Reference, Vec<String>)> {
    // The first page decides: who has that has the repository.
    let (reference, (repository, first, rest)) = search::first(context, candidates, Purpose::Read, async |reference| {
        let repository = context.repository(reference)?;
        let mut tags = repository.tags(limit);
        let first = tags.next().await;
        context.pass_on(repository.take_warnings());
        Ok((repository, first?, tags))
    })
    .await?;
    let rest = rest.collect().await;
    context.pass_on(repository.take_warnings());
    Ok((reference, first.into_iter().chain(rest?).collect()))
}

/// The repositories of a registry, where it tells them; at most `limit`.
///
/// # Errors
/// What the registry, or the way to it, says.
pub async fn catalog(context: &Context, registry: &Registry, limit: Option<usize>) -> Result<Vec<String>> {
    let host = context.host(registry)?;
    let repositories = host.catalog(limit).collect().await;
    context.pass_on(host.take_warnings());
    Ok(repositories?)
}

/// The first of `candidates` that a registry has, what it stands for there, and its images; of `platform` only where
/// that is given. No layer is fetched.
///
/// # Errors
/// [`Error::NoSuchPlatform`], or what the registry, or the way to it, says.
pub async fn inspect_remote(
    context: &Context,
    candidates: &[Reference],
    platform: Option<&Platform>,
) -> Result<(Reference, Descriptor, Vec<Image>)> {
    let (reference, (repository, root)) = root(context, candidates).await?;
    let mut images = Vec::new();
    match &root.value {
        Manifest::Image(manifest) => {
            images.push(remote_image(&repository, root.descriptor.clone(), manifest.clone()).await?);
        }
        Manifest::Index(index) => {
            let chosen = match platform {
                None => index.images().collect(),
                Some(wanted) => {
                    let missing = || Error::NoSuchPlatform { wanted: wanted.clone(), available: index.platforms() };
                    vec![index.select(wanted).ok_or_else(missing)?]
                }
            };
            for child in chosen {
                let fetched = repository.child(child).await?;
                if let Manifest::Image(manifest) = fetched.value {
                    let descriptor = Descriptor { platform: child.platform.clone(), ..fetched.descriptor };
                    images.push(remote_image(&repository, descriptor, manifest).await?);
                }
            }
        }
    }
    context.pass_on(repository.take_warnings());
    if platform.is_some() {
        images = vec![image::one(images, platform)?];
    }
    Ok((reference, root.descriptor, images))
}

async fn remote_image(repository: &Chain, descriptor: Descriptor, manifest: ImageManifest) -> Result<Image> {
    let config = if manifest.config.size <= DOCUMENT_LIMIT_BYTES {
        ImageConfig::parse(&repository.blob_bytes(&manifest.config, DOCUMENT_LIMIT_BYTES).await?).ok()
    } else {
        None
    };
    Ok(Image::new(descriptor, manifest, config))
}
