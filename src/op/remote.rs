use anyhow::Result;

use super::{Context, Error, Image, image};
use crate::content::Fetched;
use crate::model::{Descriptor, ImageConfig, ImageManifest, Manifest, Platform, Reference, Registry};
use crate::registry::{Chain, Target};
use crate::store::DOCUMENT_LIMIT_BYTES;

/// The manifest of a reference as the registry has it, with its exact bytes.
///
/// # Errors
/// What the registry, or the way to it, says.
pub async fn manifest(context: &Context, reference: &Reference) -> Result<Fetched<Manifest>> {
    let repository = context.chain(reference)?;
    let fetched = repository.manifest(&Target::of(&context.or_latest(reference))).await;
    context.pass_on(repository.take_warnings());
    Ok(fetched?)
}

/// The digest of a reference as the registry has it: by HEAD where that answers, else over the manifest's bytes.
///
/// # Errors
/// What the registry, or the way to it, says.
pub async fn digest(context: &Context, reference: &Reference) -> Result<Descriptor> {
    let repository = context.chain(reference)?;
    let resolved = repository.resolve(&Target::of(&context.or_latest(reference))).await;
    context.pass_on(repository.take_warnings());
    Ok(resolved?.descriptor)
}

/// The tags of a repository, in the registry's order; at most `limit`.
///
/// # Errors
/// What the registry, or the way to it, says.
pub async fn tags(context: &Context, reference: &Reference, limit: Option<usize>) -> Result<Vec<String>> {
    let repository = context.repository(reference)?;
    let tags = repository.tags(limit).collect().await;
    context.pass_on(repository.take_warnings());
    Ok(tags?)
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

/// What a reference stands for on its registry, and its images; of `platform` only where that is given. No layer is
/// fetched.
///
/// # Errors
/// [`Error::NoSuchPlatform`], or what the registry, or the way to it, says.
pub async fn inspect_remote(
    context: &Context,
    reference: &Reference,
    platform: Option<&Platform>,
) -> Result<(Descriptor, Vec<Image>)> {
    let repository = context.chain(reference)?;
    let root = repository.manifest(&Target::of(&context.or_latest(reference))).await;
    context.pass_on(repository.take_warnings());
    let root = root?;
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
    Ok((root.descriptor, images))
}

async fn remote_image(repository: &Chain, descriptor: Descriptor, manifest: ImageManifest) -> Result<Image> {
    let config = if manifest.config.size <= DOCUMENT_LIMIT_BYTES {
        ImageConfig::parse(&repository.blob_bytes(&manifest.config, DOCUMENT_LIMIT_BYTES).await?).ok()
    } else {
        None
    };
    Ok(Image::new(descriptor, manifest, config))
}
