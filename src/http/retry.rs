use std::time::{Duration, SystemTime};

use super::{HeaderMap, StatusCode, header};

/// How often, and how long.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// Attempts after the first; 0 is one attempt.
    pub retries: u32,
    /// The longest that a `Retry-After` is obeyed, all waits of one request together.
    pub max_wait: Duration,
    /// The first back-off; it doubles from there.
    pub base: Duration,
    /// The longest back-off.
    pub cap: Duration,
}

/// The limits of a [`RetryPolicy`] that kept a request, which may yet succeed, from being repeated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GaveUp {
    /// `retries`, where it was reached.
    pub retries: Option<u32>,
    /// What `max_wait` would have to be, where it is less than all waits of the request together.
    pub wait: Option<Duration>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries: 4,
            max_wait: Duration::from_secs(120),
            base: Duration::from_millis(500),
            cap: Duration::from_secs(20),
        }
    }
}

impl RetryPolicy {
    /// The wait before attempt number `attempt` + 1, with full jitter so that many clients spread out.
    #[must_use]
    pub fn backoff(&self, attempt: u32) -> Duration {
        let ceiling = self.base.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(self.cap);
        ceiling.mul_f64(fastrand::f64())
    }
}

/// Statuses that pass by themselves: what go-containerregistry retries, and 429.
pub(super) fn is_retryable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 499 | 500 | 502 | 503 | 504 | 522)
}

/// `Retry-After` in seconds or as an HTTP date, from now. Garbage, negative numbers and past dates read as absent.
pub(super) fn parse_retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, text.parse().ok()?);
        parse_retry_after(&headers)
    }

    #[test]
    fn both_forms_of_retry_after() {
        assert_eq!(after("2"), Some(Duration::from_secs(2)));
        assert_eq!(after(" 1000000000 "), Some(Duration::from_secs(1_000_000_000)));
        let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(100));
        assert!(after(&soon).is_some_and(|d| d > Duration::from_secs(95) && d <= Duration::from_secs(100)));
        for ignored in ["-1", "soon", "", "Sun, 06 Nov 1994 08:49:37 GMT", "880.092µs"] {
            assert_eq!(after(ignored), None, "{ignored}");
        }
    }

    #[test]
    fn backoff_grows_and_is_capped() {
        let policy = RetryPolicy::default();
        for attempt in 1..40 {
            let wait = policy.backoff(attempt);
            assert!(
                wait <= policy.cap && wait <= policy.base * 2_u32.saturating_pow(attempt - 1).min(1000),
                "{attempt}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_header_is_survived_and_seconds_are_read(text in "[ -~]{0,40}|[0-9]{1,30}", seconds in any::<u64>()) {
            let _ = after(&text);
            prop_assert_eq!(after(&seconds.to_string()), Some(Duration::from_secs(seconds)));
        }
    }
}
