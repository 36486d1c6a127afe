//! Stores and images for the tests of this layer.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use serde_json::json;

use super::{Ingest, Layout, Options, Writer};
use crate::content::{Fault, Opened, Piece, Source, digest_of};
use crate::model::{Algorithm, Descriptor, MediaType};

pub(super) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A store that gives up on locks soon.
pub(super) fn layout(dir: &Path) -> Layout {
    let options = Options { lock_wait: Duration::from_secs(20), ..Options::default() };
    Layout::create_or_open(dir, options).unwrap()
}

/// A store that gives up on locks at once.
pub(super) fn impatient(dir: &Path) -> Layout {
    let options = Options { lock_wait: Duration::from_millis(5), ..Options::default() };
    Layout::create_or_open(dir, options).unwrap()
}

pub(super) fn describe(media_type: &str, bytes: &[u8]) -> Descriptor {
    Descriptor::new(MediaType::new(media_type), digest_of(Algorithm::Sha256, bytes), bytes.len() as u64)
}

pub(super) async fn writer(layout: &Layout, descriptor: &Descriptor) -> Writer {
    match layout.ingest(descriptor).await.unwrap() {
        Ingest::Writer(writer) => *writer,
        Ingest::Present => panic!("{} is present", descriptor.digest),
    }
}

impl Writer {
    /// How many bytes are there.
    pub(super) fn held(&self) -> u64 {
        self.size_bytes() - self.missing().total()
    }
}

/// Writes the next bytes, one after the other.
pub(super) async fn append(writer: &mut Writer, bytes: Bytes) {
    let piece = Piece { offset: writer.held(), bytes };
    writer.write(piece).await.unwrap();
}

pub(super) async fn put_blob(layout: &Layout, media_type: &str, bytes: &[u8]) -> Descriptor {
    let descriptor = describe(media_type, bytes);
    if let Ingest::Writer(mut writer) = layout.ingest(&descriptor).await.unwrap() {
        append(&mut writer, Bytes::copy_from_slice(bytes)).await;
        writer.commit().await.unwrap();
    }
    descriptor
}

async fn put_json(layout: &Layout, media_type: &MediaType, value: serde_json::Value) -> Descriptor {
    let bytes = value.to_string().into_bytes();
    let descriptor = describe(media_type.as_str(), &bytes);
    layout.put_document(bytes.into(), &descriptor).await.unwrap();
    descriptor
}

/// An image of one layer that says `text`.
pub(super) async fn put_image(layout: &Layout, text: &str, subject: Option<&Descriptor>) -> Descriptor {
    let config =
        put_blob(layout, MediaType::OCI_CONFIG.as_str(), format!("{{\"author\":\"{text}\"}}").as_bytes()).await;
    let layer = put_blob(layout, LAYER, text.as_bytes()).await;
    let mut manifest =
        json!({ "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "config": config, "layers": [layer] });
    if let Some(subject) = subject {
        manifest["subject"] = json!(subject);
    }
    put_json(layout, &MediaType::OCI_MANIFEST, manifest).await
}

/// The layer of [`put_image`].
pub(super) fn layer_of(text: &str) -> Descriptor {
    describe(LAYER, text.as_bytes())
}

/// The children of an index, made with their platforms.
pub(super) fn child(descriptor: &Descriptor, platform: &str) -> Descriptor {
    Descriptor { platform: platform.parse().ok(), ..descriptor.clone() }
}

/// A set of one.
pub(super) fn platforms(name: &str) -> BTreeSet<String> {
    BTreeSet::from([name.to_owned()])
}

pub(super) async fn put_index(layout: &Layout, children: &[Descriptor]) -> Descriptor {
    let value = json!({ "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": children });
    put_json(layout, &MediaType::OCI_INDEX, value).await
}

/// Tags what is whole.
pub(super) async fn tag(layout: &Layout, name: &str, descriptor: &Descriptor) -> Result<bool, super::Error> {
    layout.tag(name, descriptor.clone(), None).await
}

pub(super) async fn read(source: &impl Source, descriptor: &Descriptor, offset: u64) -> Result<Vec<u8>, Fault> {
    let opened = source.open(descriptor, offset..descriptor.size).await?;
    let chunks: Vec<Bytes> = opened.stream.try_collect().await?;
    Ok(chunks.concat())
}

/// A source that serves one blob in chunks of three bytes, and ends, without an error, after `until` bytes.
pub(super) struct Served<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) until: usize,
    pub(super) resumes: bool,
}

impl Source for Served<'_> {
    async fn open(&self, _descriptor: &Descriptor, range: Range<u64>) -> Result<Opened, Fault> {
        let offset = if self.resumes { range.start } else { 0 };
        let from = usize::try_from(offset).unwrap();
        let chunks: Vec<_> = self.bytes[from..self.until].chunks(3).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
        Ok(Opened::new(offset, Box::pin(stream::iter(chunks))))
    }
}
