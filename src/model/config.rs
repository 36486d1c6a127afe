//! The image configuration, as far as people look at it: image-spec `config.md`.

use serde::Deserialize;

use super::descriptor::null_default;
use super::{Digest, Platform};

/// An image configuration. Unknown fields stay in the stored bytes; nothing is ever written back from this.
///
/// `oci-spec`'s own type refuses `"diff_ids": null` and unknown `os` values, so this one stands in front of it and
/// uses its `config` part.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ImageConfig {
    /// When the image was built, RFC 3339.
    #[serde(default)]
    pub created: Option<String>,
    /// Who built it.
    #[serde(default)]
    pub author: Option<String>,
    /// What it runs on.
    #[serde(flatten)]
    pub platform: Platform,
    /// Entry point, environment, user, ports, labels.
    #[serde(default)]
    pub config: Option<oci_spec::image::Config>,
    /// The layers, uncompressed.
    #[serde(default, deserialize_with = "null_default")]
    pub rootfs: RootFs,
    /// How each layer came about, oldest first.
    #[serde(default, deserialize_with = "null_default")]
    pub history: Vec<HistoryEntry>,
}

/// The `rootfs` of a configuration.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RootFs {
    /// Digests of the uncompressed layers, lowest first.
    #[serde(default, deserialize_with = "null_default")]
    pub diff_ids: Vec<Digest>,
}

/// One step of an image's history.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct HistoryEntry {
    /// When the step ran, RFC 3339.
    #[serde(default)]
    pub created: Option<String>,
    /// The command.
    #[serde(default)]
    pub created_by: Option<String>,
    /// A remark.
    #[serde(default)]
    pub comment: Option<String>,
    /// Whether the step made no layer.
    #[serde(default, deserialize_with = "null_default")]
    pub empty_layer: bool,
}

impl ImageConfig {
    /// Parses the bytes of a configuration.
    ///
    /// # Errors
    /// What `serde_json` says when the bytes are not a configuration.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// What the image runs on, where the configuration says: those of artifacts do not.
    pub fn stated_platform(&self) -> Option<&Platform> {
        Some(&self.platform).filter(|platform| !platform.architecture.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_read_as_empty() {
        let config = ImageConfig::parse(
            br#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":null},"history":null,"config":null}"#,
        );
        assert!(config.is_ok_and(|c| c.rootfs.diff_ids.is_empty() && c.platform.os == "linux"));
        assert!(
            serde_json::from_slice::<oci_spec::image::ImageConfiguration>(
                br#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":null}}"#
            )
            .is_err(),
            "oci-spec reads this now: its type can take over"
        );
    }
}
