//! Platforms: image-spec `image-index.md` ("platform") and `considerations` of Docker's `os/arch/variant` notation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::descriptor::null_default;

/// An operating system and processor, as the entries of an index state them.
///
/// `oci-spec`'s own type reads neither `os.version` nor `os.features`, so this one stands in front of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// GOOS value: `linux`, `windows`.
    #[serde(default)]
    pub os: String,
    /// GOARCH value: `amd64`, `arm64`, `arm`.
    #[serde(default)]
    pub architecture: String,
    /// Processor variant: `v7` of `arm`.
    #[serde(default, deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub variant: String,
    /// Operating-system version: `10.0.17763.1`.
    #[serde(
        rename = "os.version",
        default,
        deserialize_with = "null_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub os_version: String,
    /// Operating-system features: `win32k`.
    #[serde(rename = "os.features", default, deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub os_features: Vec<String>,
}

/// A platform that a person typed does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a platform: write os/architecture[/variant], for example linux/amd64 or linux/arm/v7")]
pub struct PlatformError(pub String);

impl Platform {
    /// The platform that images are made for on this machine: its architecture, with `linux` on every system,
    /// because that is what container engines run.
    #[must_use]
    pub fn host() -> Self {
        let (architecture, variant) = match std::env::consts::ARCH {
            "x86_64" => ("amd64", ""),
            "x86" => ("386", ""),
            "aarch64" => ("arm64", "v8"),
            "arm" => ("arm", "v7"),
            "powerpc64" => ("ppc64le", ""),
            "loongarch64" => ("loong64", ""),
            other => (other, ""),
        };
        Self { os: "linux".into(), architecture: architecture.into(), variant: variant.into(), ..Self::default() }
    }

    /// How well `self`, as offered, serves `wanted`: lower is better, `None` is not at all.
    ///
    /// A variant falls back downwards (`arm/v8` to `v7` to `v6` to `v5`); an offer without a variant serves any.
    #[must_use]
    pub fn serves(&self, wanted: &Self) -> Option<u32> {
        if self.os != wanted.os || canonical_arch(&self.architecture) != canonical_arch(&wanted.architecture) {
            return None;
        }
        if !wanted.os_version.is_empty() && !self.os_version.starts_with(&wanted.os_version) {
            return None;
        }
        let level = |platform: &Self| -> Option<u32> {
            let variant = platform.variant.as_str();
            match (canonical_arch(&platform.architecture), variant) {
                ("arm64", "") => Some(8),
                ("arm", "") => Some(7),
                ("amd64", "") => Some(1),
                _ => variant.strip_prefix('v').and_then(|n| n.parse().ok()),
            }
        };
        match (level(self), level(wanted)) {
            (Some(offered), Some(wanted)) if offered <= wanted => Some(wanted - offered),
            (Some(_), Some(_)) => None,
            _ => (self.variant == wanted.variant || wanted.variant.is_empty() || self.variant.is_empty()).then_some(0),
        }
    }

    /// Whether this is a placeholder (`unknown/unknown`), as attestation entries carry.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }
}

fn canonical_arch(arch: &str) -> &str {
    match arch {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        "armhf" | "armel" => "arm",
        "i386" => "386",
        other => other,
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let bad = || PlatformError(text.to_owned());
        let clean = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        };
        let mut parts = text.split('/');
        let (first, architecture) = (parts.next().ok_or_else(bad)?, parts.next().ok_or_else(bad)?);
        let variant = parts.next();
        if parts.next().is_some() {
            return Err(bad());
        }
        let (os, os_version) = match first.split_once('(') {
            Some((os, rest)) => (os, rest.strip_suffix(')').filter(|v| clean(v)).ok_or_else(bad)?),
            None => (first, ""),
        };
        if !clean(os) || !clean(architecture) || variant.is_some_and(|v| !clean(v)) {
            return Err(bad());
        }
        let architecture = canonical_arch(&architecture.to_ascii_lowercase()).to_owned();
        let variant = variant.map(str::to_ascii_lowercase).unwrap_or_default();
        Ok(Self {
            os: os.to_ascii_lowercase(),
            architecture,
            variant,
            os_version: os_version.into(),
            ..Self::default()
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.os)?;
        if !self.os_version.is_empty() {
            write!(f, "({})", self.os_version)?;
        }
        write!(f, "/{}", self.architecture)?;
        if !self.variant.is_empty() {
            write!(f, "/{}", self.variant)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_displays() {
        for text in ["linux/amd64", "linux/arm/v7", "windows(10.0.17763)/amd64", "linux/riscv64"] {
            assert_eq!(text.parse::<Platform>().map(|p| p.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("Linux/x86_64".parse::<Platform>().map(|p| p.to_string()), Ok("linux/amd64".into()));
    }

    #[test]
    fn refuses_garbage() {
        for text in [
            "",
            "linux",
            "linux/",
            "/amd64",
            "linux/arm/v7/x",
            "linux(/amd64",
            "linux()/amd64",
            "li nux/amd64",
            "a/\u{1b}[2J",
        ] {
            assert!(text.parse::<Platform>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn variants_fall_back_downwards_only() {
        let serves =
            |offer: &str, want: &str| -> Option<u32> { offer.parse::<Platform>().ok()?.serves(&want.parse().ok()?) };
        assert_eq!(serves("linux/arm/v6", "linux/arm/v7"), Some(1));
        assert_eq!(serves("linux/arm/v7", "linux/arm/v6"), None);
        assert_eq!(serves("linux/arm64", "linux/arm64/v8"), Some(0));
        assert_eq!(serves("linux/arm64/v8", "linux/arm64"), Some(0));
        assert_eq!(serves("linux/amd64/v3", "linux/amd64"), None);
        assert_eq!(serves("linux/amd64", "linux/amd64/v3"), Some(2));
        assert_eq!(serves("windows/amd64", "linux/amd64"), None);
        assert_eq!(serves("windows(10.0.17763.1)/amd64", "windows(10.0.17763)/amd64"), Some(0));
        assert_eq!(serves("windows(10.0.1)/amd64", "windows(10.0.17763)/amd64"), None);
    }

    #[test]
    fn dotted_fields_survive() {
        let platform: Platform = serde_json::from_str(
            r#"{"os":"windows","architecture":"amd64","os.version":"10.0.1","os.features":["win32k"],"variant":null}"#,
        )
        .unwrap_or_default();
        assert_eq!((platform.os_version.as_str(), platform.os_features.len()), ("10.0.1", 1));
    }
}
