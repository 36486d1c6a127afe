//! The verbs that stay in the store.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Error, Image, image, images_of, name};
use crate::model::{Descriptor, Digest, HistoryEntry, Platform, Reference};
use crate::store::{Entry, Layout, Memo};

/// A row of `images`.
#[derive(Clone, Debug, Serialize)]
pub struct ImageRow {
    /// The canonical reference; `<none>` for entries of other tools without a name.
    pub reference: String,
    /// What it stands for: of an index, the index.
    pub digest: Digest,
    /// The platforms that are stored, as `os/architecture[/variant]`.
    pub platforms: Vec<String>,
    /// What the stored images take to transfer, in bytes.
    pub size_bytes: u64,
    /// When the newest of them was built, RFC 3339.
    pub created: Option<String>,
    /// What is wrong with it, where it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The stored images, in the order of the index. One that cannot be read is a row with its problem, so that the
/// others are still shown.
///
/// # Errors
/// The index cannot be read.
pub fn images(layout: &Layout) -> Result<Vec<ImageRow>> {
    let entries = layout.entries()?;
    let mut memo = layout.memo("images");
    let rows = entries.into_iter().map(|entry| row(layout, &mut memo, entry)).collect();
    memo.keep();
    Ok(rows)
}

/// What the documents of an image say about it.
#[derive(Deserialize, Serialize)]
struct Facts {
    platforms: Vec<String>,
    size_bytes: u64,
    created: Option<String>,
}

impl Facts {
    fn of(images: &[Image]) -> Self {
        let mut seen = BTreeSet::new();
        let parts = images.iter().flat_map(|i| std::iter::once(&i.manifest.config).chain(&i.manifest.layers));
        let content: u64 = parts.filter(|part| seen.insert(part.digest.clone())).map(|part| part.size).sum();
        let documents: u64 = images.iter().map(|image| image.descriptor.size).sum();
        Self {
            platforms: images.iter().filter_map(|image| image.platform.as_ref()).map(ToString::to_string).collect(),
            size_bytes: content + documents,
            created: images.iter().filter_map(|image| image.config.as_ref()?.created.clone()).max(),
        }
    }
}

fn row(layout: &Layout, memo: &mut Memo, entry: Entry) -> ImageRow {
    let Descriptor { media_type, digest, size, .. } = &entry.descriptor;
    let stored = entry.platforms.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(",");
    let key = format!("{media_type} {digest} {size} {} {stored}", entry.platforms.is_some());
    let (facts, problem) = match memo.recall(&key) {
        Some(facts) => (facts, None),
        None => match images_of(layout, &entry.descriptor, entry.platforms.as_ref()) {
            Ok(images) => {
                let facts = Facts::of(&images);
                let read = images.iter().flat_map(|image| [&image.descriptor.digest, &image.manifest.config.digest]);
                let read: BTreeSet<_> = read.chain([digest]).collect();
                memo.note(&key, &read.into_iter().collect::<Vec<_>>(), &facts);
                (facts, None)
            }
            Err(error) => (Facts::of(&[]), Some(error.to_string())),
        },
    };
    ImageRow {
        reference: entry.name.unwrap_or_else(|| "<none>".to_owned()),
        digest: entry.descriptor.digest,
        platforms: facts.platforms,
        size_bytes: facts.size_bytes,
        created: facts.created,
        problem,
    }
}

/// Gives a stored image another name.
///
/// # Errors
/// [`Error::NoSuchImage`], or the store's.
pub async fn tag(layout: &Layout, source: &Reference, destination: &Reference) -> Result<Reference> {
    let (source, destination) = (source.clone().or_latest(), destination.clone().or_latest());
    if let Some(digest) = destination.digest() {
        let message = format!("a tag's own name cannot hold a digest: leave out @{digest}");
        return Err(Error::Usage(message).into());
    }
    let _shared = layout.share().await?;
    let entry = name::find(layout, &source)?;
    let mut descriptor = entry.descriptor.clone();
    descriptor.annotations.clear();
    layout.tag(&name::of(&destination), descriptor, entry.platforms.as_ref()).await?;
    layout.sync().await?;
    Ok(destination)
}

/// What a stored reference stands for, and its images; of `platform` only where that is given.
///
/// # Errors
/// [`Error::NoSuchImage`], [`Error::NoSuchPlatform`], or the store's.
pub fn inspect(
    layout: &Layout,
    reference: &Reference,
    platform: Option<&Platform>,
) -> Result<(Descriptor, Vec<Image>)> {
    let entry = name::find(layout, &reference.clone().or_latest())?;
    let images = images_of(layout, &entry.descriptor, entry.platforms.as_ref())?;
    let images = if platform.is_some() { vec![image::one(images, platform)?] } else { images };
    Ok((entry.descriptor, images))
}

/// How a stored image came about, newest step first, each with the size of its layer in bytes.
///
/// # Errors
/// [`Error::NoSuchImage`], [`Error::SeveralPlatforms`], [`Error::NoSuchPlatform`], or the store's.
pub fn history(
    layout: &Layout,
    reference: &Reference,
    platform: Option<&Platform>,
) -> Result<Vec<(HistoryEntry, u64)>> {
    let entry = name::find(layout, &reference.clone().or_latest())?;
    let images = images_of(layout, &entry.descriptor, entry.platforms.as_ref())?;
    let host = Platform::host();
    let several = images.len() > 1;
    let image = image::one(images, platform.or_else(|| several.then_some(&host)))?;
    let mut layers = image.manifest.layers.iter().map(|layer| layer.size);
    let steps = image.config.map(|config| config.history).unwrap_or_default();
    let mut rows: Vec<_> = steps
        .into_iter()
        .map(|step| {
            let size_bytes = if step.empty_layer { 0 } else { layers.next().unwrap_or(0) };
            (step, size_bytes)
        })
        .collect();
    // Layers that the publisher wrote no history for are still there.
    rows.extend(layers.map(|size_bytes| (HistoryEntry::default(), size_bytes)));
    rows.reverse();
    Ok(rows)
}
