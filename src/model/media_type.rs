//! Media types of documents and layers: image-spec `media-types.md` and Docker's schema 2.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A media type without parameters, compared case-insensitively in its known values only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaType(Cow<'static, str>);

/// What a media type says about the document it labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An image or artifact manifest.
    Manifest,
    /// An image index, or Docker's manifest list.
    Index,
    /// Docker's retired schema 1.
    Schema1,
    /// Anything else: layers, configs, unknown types.
    Other,
}

impl MediaType {
    /// OCI image manifest.
    pub const OCI_MANIFEST: Self = Self::of("application/vnd.oci.image.manifest.v1+json");
    /// OCI image index.
    pub const OCI_INDEX: Self = Self::of("application/vnd.oci.image.index.v1+json");
    /// OCI image configuration.
    pub const OCI_CONFIG: Self = Self::of("application/vnd.oci.image.config.v1+json");
    /// Docker schema 2 manifest.
    pub const DOCKER_MANIFEST: Self = Self::of("application/vnd.docker.distribution.manifest.v2+json");
    /// Docker manifest list.
    pub const DOCKER_LIST: Self = Self::of("application/vnd.docker.distribution.manifest.list.v2+json");
    /// Docker image configuration.
    pub const DOCKER_CONFIG: Self = Self::of("application/vnd.docker.container.image.v1+json");

    /// What to send in `Accept` when asking for any manifest; schema 1 is left out on purpose.
    pub const ACCEPT: &'static str = "application/vnd.oci.image.index.v1+json, \
        application/vnd.oci.image.manifest.v1+json, \
        application/vnd.docker.distribution.manifest.list.v2+json, \
        application/vnd.docker.distribution.manifest.v2+json";

    const fn of(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// Takes a header value or JSON string; parameters such as `;charset=utf-8` are dropped.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let bare = text.split(';').next().unwrap_or_default().trim();
        Self(Cow::Owned(bare.to_owned()))
    }

    /// The bare type.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which kind of document this labels.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.0.as_ref() {
            t if t == Self::OCI_MANIFEST.as_str() || t == Self::DOCKER_MANIFEST.as_str() => Kind::Manifest,
            t if t == Self::OCI_INDEX.as_str() || t == Self::DOCKER_LIST.as_str() => Kind::Index,
            "application/vnd.docker.distribution.manifest.v1+json"
            | "application/vnd.docker.distribution.manifest.v1+prettyjws" => Kind::Schema1,
            _ => Kind::Other,
        }
    }

    /// Whether this labels the configuration of an image or artifact, by the known names and by the pattern that other
    /// kinds of artifacts follow (`application/vnd.cncf.helm.config.v1+json`), or the empty one.
    #[must_use]
    pub fn is_config(&self) -> bool {
        *self == Self::OCI_CONFIG
            || *self == Self::DOCKER_CONFIG
            || self.as_str() == "application/vnd.oci.empty.v1+json"
            || self.0.contains(".config.") && self.0.ends_with("+json")
    }

    /// Layers that their publisher forbids to redistribute (Windows base layers):
    /// image-spec `layer.md`, "Non-Distributable Layers", and Docker's foreign layers.
    #[must_use]
    pub fn is_nondistributable(&self) -> bool {
        self.0.starts_with("application/vnd.oci.image.layer.nondistributable.")
            || self.0.starts_with("application/vnd.docker.image.rootfs.foreign.")
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_the_specifications() {
        use oci_spec::image::MediaType as Oci;
        assert_eq!(MediaType::OCI_MANIFEST.as_str(), Oci::ImageManifest.to_string());
        assert_eq!(MediaType::OCI_INDEX.as_str(), Oci::ImageIndex.to_string());
        assert_eq!(MediaType::OCI_CONFIG.as_str(), Oci::ImageConfig.to_string());
    }

    #[test]
    fn parameters_are_dropped() {
        let with = MediaType::new("application/vnd.oci.image.index.v1+json; charset=utf-8");
        assert_eq!(with, MediaType::OCI_INDEX);
        assert_eq!(with.kind(), Kind::Index);
    }

    #[test]
    fn configurations_are_told_from_layers() {
        let yes = [
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.docker.container.image.v1+json",
            "application/vnd.cncf.helm.config.v1+json",
            "application/vnd.oci.empty.v1+json",
        ];
        for text in yes {
            assert!(MediaType::new(text).is_config(), "{text}");
        }
        let no = [
            "application/vnd.oci.image.layer.v1.tar+gzip",
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "application/spdx+json",
            "application/vnd.in-toto+json",
        ];
        for text in no {
            assert!(!MediaType::new(text).is_config(), "{text}");
        }
    }

    #[test]
    fn foreign_layers_are_nondistributable() {
        assert!(MediaType::new("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip").is_nondistributable());
        assert!(MediaType::new("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip").is_nondistributable());
        assert!(!MediaType::new("application/vnd.oci.image.layer.v1.tar+gzip").is_nondistributable());
    }
}
