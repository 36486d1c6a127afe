//! Limits on a transfer, as they are written: in flags, in variables and in `config.toml`.

use std::fmt;

use clap::ValueEnum;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer};

use crate::endpoint::quoted;
use crate::store;

/// The lowest rate, in bytes per second: less could not be told from a connection that hangs.
const LOWEST_RATE: u64 = 1024;

/// A number of bytes per second: `500K`, `5M`, `1G`, in units of 1024, or without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(pub(super) u64);

impl Rate {
    /// Reads what somebody wrote.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("{} is no number of bytes per second, such as 500K, 5M or 1G", quoted(text));
        let (digits, unit) = match text.char_indices().last() {
            Some((at, 'k' | 'K')) => (&text[..at], 1 << 10),
            Some((at, 'm' | 'M')) => (&text[..at], 1 << 20),
            Some((at, 'g' | 'G')) => (&text[..at], 1 << 30),
            _ => (text, 1_u64),
        };
        // `u64::from_str` would take a sign.
        let digits = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let number: u64 = digits.and_then(|digits| digits.parse().ok()).ok_or_else(bad)?;
        Self::of(number.checked_mul(unit).ok_or_else(bad)?)
    }

    fn of(bytes_per_second: u64) -> Result<Self, String> {
        if bytes_per_second < LOWEST_RATE {
            return Err(format!("{bytes_per_second} bytes per second are too few: {LOWEST_RATE} (1K) is the lowest"));
        }
        Ok(Self(bytes_per_second))
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Rate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of bytes per second, such as \"5M\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Rate, E> {
                Rate::parse(text).map_err(E::custom)
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Rate, E> {
                let number = u64::try_from(number).map_err(|_| E::custom(format!("{number} is negative")))?;
                Rate::of(number).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Written).map_err(D::Error::custom)
    }
}

/// What is made durable before a command succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Durability {
    /// All that is stored
    Full,
    /// The names alone: faster, and after a power loss blobs may have to be fetched again
    Relaxed,
}

impl From<Durability> for store::Durability {
    fn from(durability: Durability) -> Self {
        match durability {
            Durability::Full => Self::Full,
            Durability::Relaxed => Self::Relaxed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_curl_reads_them() {
        let cases = [
            ("1024", 1024),
            ("1k", 1024),
            ("500K", 512_000),
            ("5M", 5 << 20),
            ("5m", 5 << 20),
            ("2G", 2 << 30),
            ("0005M", 5 << 20),
            ("18446744073709551615", u64::MAX),
        ];
        for (text, expected) in cases {
            assert_eq!(Rate::parse(text), Ok(Rate(expected)), "{text}");
        }
        for bad in [
            "",
            "K",
            "5X",
            "5MB",
            "1.5M",
            "-5M",
            "+5M",
            "5 M",
            " 5M",
            "M5",
            "٥M",
            "18446744073709551616",
            "17179869184G",
        ] {
            assert!(Rate::parse(bad).is_err_and(|message| message.contains("no number of bytes")), "{bad}");
        }
        for low in ["0", "1023", "0G"] {
            assert!(Rate::parse(low).is_err_and(|message| message.contains("too few")), "{low}");
        }
    }
}
