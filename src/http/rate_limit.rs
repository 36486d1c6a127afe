use std::fmt;
use std::time::Duration;

use super::HeaderMap;

/// What is left of a limit on requests, as `ratelimit-limit` and `ratelimit-remaining` say it: `100;w=21600`, `76`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many requests are allowed.
    pub limit: u64,
    /// How many of them are left.
    pub remaining: u64,
    /// For how long that is, where it is said.
    pub window: Option<Duration>,
}

impl RateLimit {
    /// Of an answer; `None` where it says nothing of a limit, or nothing that can be understood.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let (limit, window) = quota(headers, "ratelimit-limit")?;
        let (remaining, other) = quota(headers, "ratelimit-remaining")?;
        Some(Self { limit, remaining, window: window.or(other) })
    }
}

/// A number, and its parameter `w` in seconds. Of a list the first counts.
fn quota(headers: &HeaderMap, name: &str) -> Option<(u64, Option<Duration>)> {
    let text = headers.get(name)?.to_str().ok()?.split(',').next()?;
    let mut parts = text.split(';').map(str::trim);
    let number = parts.next()?.parse().ok()?;
    let window = parts.find_map(|part| part.strip_prefix("w=")).and_then(|seconds| seconds.parse().ok());
    Some((number, window.map(Duration::from_secs)))
}

/// `76 of 100 left in 6 h`.
impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} left", self.remaining, self.limit)?;
        match self.window.map(|window| window.as_secs()) {
            None => Ok(()),
            Some(seconds) if seconds > 0 && seconds.is_multiple_of(3600) => write!(f, " in {} h", seconds / 3600),
            Some(seconds) if seconds > 0 && seconds.is_multiple_of(60) => write!(f, " in {} min", seconds / 60),
            Some(seconds) => write!(f, " in {seconds} s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limit(limit: &str, remaining: &str) -> Option<RateLimit> {
        let mut headers = HeaderMap::new();
        for (name, value) in [("ratelimit-limit", limit), ("ratelimit-remaining", remaining)] {
            if !value.is_empty() {
                headers.insert(name, value.parse().ok()?);
            }
        }
        RateLimit::of(&headers)
    }

    #[test]
    fn what_registries_say() {
        let cases = [
            ("100;w=21600", "76;w=21600", Some("76 of 100 left in 6 h")),
            ("100;w=21600", "0;w=21600", Some("0 of 100 left in 6 h")),
            ("44000", "43999", Some("43999 of 44000 left")),
            ("10, 10;w=1, 50;w=60", "9", Some("9 of 10 left")),
            (" 10 ; burst=5 ; w=300 ", "3", Some("3 of 10 left in 5 min")),
            ("10;w=7", "20", Some("20 of 10 left in 7 s")),
            ("10;w=0", "1", Some("1 of 10 left in 0 s")),
            ("10;w=soon", "1", Some("1 of 10 left")),
            ("10", "3;w=60", Some("3 of 10 left in 1 min")),
            ("100;w=21600", "", None),
            ("", "76", None),
            ("-1", "5", None),
            ("many", "5", None),
            ("10", "99999999999999999999999", None),
            ("10;w=99999999999999999999999", "1", Some("1 of 10 left")),
            (";w=60", "1", None),
        ];
        for (allowed, left, expected) in cases {
            let shown = limit(allowed, left).map(|limit| limit.to_string());
            assert_eq!(shown.as_deref(), expected, "{allowed} {left}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_survived(allowed in "[ -~]{0,20}|[0-9]{1,25};w=[0-9]{1,25}", left in "[ -~]{0,20}|[0-9]{25}") {
            let _ = limit(&allowed, &left).map(|limit| limit.to_string());
        }
    }
}
