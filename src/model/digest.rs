//! Content digests: image-spec `descriptor.md`, "Digests".

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A registered digest algorithm that `rcr` can compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// SHA-256, the default everywhere.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// The name as written in front of the colon.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The length of the encoded part, in hexadecimal digits.
    #[must_use]
    pub fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// A digest of a known algorithm with lower-case hexadecimal digits of the exact length.
///
/// Nothing else can be constructed, so a `Digest` is always safe as a path segment and inside a URL.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    algorithm: Algorithm,
    hex: Box<str>,
}

/// Why a string is not a digest that `rcr` can verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// There is no `algorithm:` in front.
    #[error("a digest is written `sha256:` and 64 hexadecimal digits, not {0:?}")]
    Malformed(String),
    /// The grammar allows it, but `rcr` cannot compute it, and never skips verification.
    #[error("cannot verify digests of algorithm {0:?}: sha256 and sha512 are supported")]
    UnknownAlgorithm(String),
    /// The encoded part has the wrong length or characters.
    #[error("a {algorithm} digest has {expected} lower-case hexadecimal digits, not {found:?}")]
    Encoding {
        /// The algorithm in front of the colon.
        algorithm: &'static str,
        /// How many digits it takes.
        expected: usize,
        /// What stood there, shortened.
        found: String,
    },
}

impl Digest {
    /// Builds a digest from raw hash output; the length decides nothing, the algorithm does.
    ///
    /// # Panics
    /// If `bytes` is not the algorithm's output length: a programming error.
    #[must_use]
    pub fn from_bytes(algorithm: Algorithm, bytes: &[u8]) -> Self {
        assert_eq!(bytes.len() * 2, algorithm.hex_len(), "hash output length");
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let hex: String = bytes
            .iter()
            .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
            .map(char::from)
            .collect();
        Self { algorithm, hex: hex.into_boxed_str() }
    }

    /// Parses `algorithm:hex`.
    ///
    /// # Errors
    /// See [`DigestError`]; upper-case digits are refused, as the specification says.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let Some((name, hex)) = text.split_once(':') else {
            return Err(DigestError::Malformed(shorten(text)));
        };
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha512" => Algorithm::Sha512,
            _ => return Err(DigestError::UnknownAlgorithm(shorten(name))),
        };
        let clean = hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if hex.len() != algorithm.hex_len() || !clean {
            return Err(DigestError::Encoding {
                algorithm: algorithm.as_str(),
                expected: algorithm.hex_len(),
                found: shorten(hex),
            });
        }
        Ok(Self { algorithm, hex: hex.into() })
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The encoded part: lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// The first twelve digits, as Docker shows a layer.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.hex[..12]
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(140).collect()
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.as_str(), self.hex)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, DigestError> {
        Self::parse(text)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_and_displays_what_it_parsed() {
        for text in [format!("sha256:{}", "0a".repeat(32)), format!("sha512:{}", "f9".repeat(64))] {
            assert_eq!(Digest::parse(&text).map(|d| d.to_string()), Ok(text));
        }
    }

    #[test]
    fn refuses_everything_else() {
        let cases = [
            ("empty", String::new()),
            ("no colon", "0a".repeat(32)),
            ("path traversal", "sha256:../../x".to_owned()),
            ("upper case", format!("sha256:{}", "0A".repeat(32))),
            ("63 digits", format!("sha256:{}", "0".repeat(63))),
            ("65 digits", format!("sha256:{}", "0".repeat(65))),
            ("sha384", format!("sha384:{}", "0".repeat(96))),
            ("md5", format!("md5:{}", "0".repeat(32))),
            ("compound algorithm", format!("sha256+b64u:{}", "0".repeat(64))),
            ("upper-case algorithm", format!("SHA256:{}", "0".repeat(64))),
            ("a megabyte", format!("sha256:{}", "0".repeat(1 << 20))),
            ("NUL", format!("sha256:{}\0", "0".repeat(63))),
        ];
        for (name, text) in cases {
            assert!(Digest::parse(&text).is_err(), "{name}");
        }
    }

    #[test]
    fn a_long_digest_does_not_make_a_long_message() {
        let message = Digest::parse(&"0".repeat(1 << 20)).map_or_else(|e| e.to_string(), |_| String::new());
        assert!(message.len() < 300, "{}", message.len());
    }
}
