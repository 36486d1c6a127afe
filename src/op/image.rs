use std::collections::BTreeSet;

use serde::Serialize;

use super::Error;
use crate::model::{Descriptor, Digest, ImageConfig, ImageManifest, Manifest, Platform};
use crate::store::{self, DOCUMENT_LIMIT_BYTES, Layout};

/// One image of one platform, read from the store.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its manifest's descriptor.
    pub descriptor: Descriptor,
    /// Its manifest.
    pub manifest: ImageManifest,
    /// Its configuration, where it is one.
    pub config: Option<ImageConfig>,
    /// What it runs on, by its index or its configuration.
    pub platform: Option<Platform>,
}

/// A layer as people see it.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
    /// The digest.
    pub digest: Digest,
    /// The size as transferred, in bytes.
    pub size_bytes: u64,
    /// The media type.
    pub media_type: String,
}

impl Image {
    /// Reads the image of a stored manifest. A configuration that does not parse is left out: it is the publisher's.
    pub(super) fn read(
        layout: &Layout,
        descriptor: &Descriptor,
        manifest: ImageManifest,
    ) -> Result<Self, store::Error> {
        let config = match layout.read_document(&manifest.config, DOCUMENT_LIMIT_BYTES) {
            Ok(bytes) => ImageConfig::parse(&bytes).ok(),
            Err(store::Error::TooLarge { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(Self::new(descriptor.clone(), manifest, config))
    }

    /// The platform is the index's word, else the configuration's.
    pub(super) fn new(descriptor: Descriptor, manifest: ImageManifest, config: Option<ImageConfig>) -> Self {
        let platform = descriptor.platform.as_ref().or_else(|| config.as_ref()?.stated_platform()).cloned();
        Self { descriptor, manifest, config, platform }
    }

    /// The layers, lowest first.
    pub fn layers(&self) -> Vec<Layer> {
        let layer = |d: &Descriptor| Layer {
            digest: d.digest.clone(),
            size_bytes: d.size,
            media_type: d.media_type.to_string(),
        };
        self.manifest.layers.iter().map(layer).collect()
    }

    /// What it takes to transfer the image: manifest, configuration and layers, in bytes.
    pub fn size_bytes(&self) -> u64 {
        let parts = std::iter::once(&self.manifest.config).chain(&self.manifest.layers);
        parts.fold(self.descriptor.size, |sum, part| sum.saturating_add(part.size))
    }
}

/// The images of a stored manifest or index, attestations left out; of an index only those of `platforms`.
///
/// # Errors
/// What is missing or wrong in the store.
pub fn images_of(
    layout: &Layout,
    root: &Descriptor,
    platforms: Option<&BTreeSet<String>>,
) -> Result<Vec<Image>, store::Error> {
    match layout.read_manifest(root)? {
        Manifest::Image(manifest) => Ok(vec![Image::read(layout, root, manifest)?]),
        Manifest::Index(index) => {
            let mut found = Vec::new();
            for child in index.images() {
                let named = |p: &Platform| platforms.is_none_or(|some| some.contains(&p.to_string()));
                if child.platform.as_ref().is_none_or(named)
                    && let Manifest::Image(manifest) = layout.read_manifest(child)?
                {
                    found.push(Image::read(layout, child, manifest)?);
                }
            }
            Ok(found)
        }
    }
}

/// Exactly one of several images, by platform.
pub(super) fn one(images: Vec<Image>, wanted: Option<&Platform>) -> Result<Image, Error> {
    let available = || images.iter().filter_map(|image| image.platform.clone()).collect::<Vec<_>>();
    let at = match wanted {
        Some(wanted) => {
            let rank = |image: &Image| image.platform.as_ref().and_then(|p| p.serves(wanted));
            let best = images.iter().enumerate().filter_map(|(at, image)| Some((rank(image)?, at))).min();
            best.map(|(_, at)| at)
                .ok_or_else(|| Error::NoSuchPlatform { wanted: wanted.clone(), available: available() })?
        }
        None if images.len() == 1 => 0,
        None => return Err(Error::SeveralPlatforms { available: available() }),
    };
    images.into_iter().nth(at).ok_or(Error::SeveralPlatforms { available: Vec::new() })
}
