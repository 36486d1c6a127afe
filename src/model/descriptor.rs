//! The descriptor: image-spec `descriptor.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Digest, MediaType, Platform};

/// The annotation that names an entry of a layout's `index.json`.
pub const ANNOTATION_REF_NAME: &str = oci_spec::image::ANNOTATION_REF_NAME;

/// A pointer to content: what it is, what it hashes to, how many bytes it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The media type of the content.
    #[serde(default = "MediaType::unlabelled")]
    pub media_type: MediaType,
    /// The digest of the content.
    pub digest: Digest,
    /// The size of the content in bytes.
    #[serde(deserialize_with = "size")]
    pub size: u64,
    /// Where the content may be had beside the registry. Never contacted unless asked to.
    #[serde(default, deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Free-form annotations.
    #[serde(default, deserialize_with = "null_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The platform, in the entries of an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The type of the artifact that a manifest describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// The content itself, in base64; verified before use like anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

impl Descriptor {
    /// A descriptor with the three required fields only.
    #[must_use]
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            urls: Vec::new(),
            annotations: BTreeMap::new(),
            platform: None,
            artifact_type: None,
            data: None,
        }
    }
}

impl MediaType {
    fn unlabelled() -> Self {
        Self::new("application/octet-stream")
    }
}

/// A size, in bytes: an `int64` that is not negative, says the specification.
fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let size = u64::deserialize(deserializer)?;
    if i64::try_from(size).is_err() {
        return Err(serde::de::Error::custom("a size has at most 63 bits"));
    }
    Ok(size)
}

/// Reads `null` as the default: Go clients emit it for empty lists and maps.
pub(super) fn null_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(size: &str) -> Result<Descriptor, serde_json::Error> {
        let digest = format!("sha256:{}", "0".repeat(64));
        serde_json::from_str(&format!(r#"{{"mediaType":"a/b","digest":"{digest}","size":{size},"urls":null}}"#))
    }

    #[test]
    fn sizes_are_whole_numbers_of_bytes() {
        assert_eq!(parse("7").map(|d| d.size).ok(), Some(7));
        for bad in ["-1", "1.5", "\"7\"", "null", "1e3", "9223372036854775808", "99999999999999999999999"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bad_digest_refuses_the_whole_descriptor() {
        assert!(
            serde_json::from_str::<Descriptor>(r#"{"mediaType":"a/b","digest":"sha256:../../x","size":1}"#).is_err()
        );
    }
}
