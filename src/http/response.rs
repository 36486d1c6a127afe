use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};

use super::retry::parse_retry_after;
use super::{Error, GaveUp, HeaderMap, StatusCode, Url, header};

/// A response whose body has not been read. Any status: `http` has already retried what passes by itself.
#[derive(Debug)]
pub struct Response {
    inner: reqwest::Response,
    attempts: u32,
    pub(super) gave_up: GaveUp,
    pace: Pace,
    /// The body, where it was read before the answer was handed over.
    read: Option<Bytes>,
    at_end: bool,
}

/// How slow a body may come: nothing for `idle`, or less than `floor_bytes` in `window`, ends it.
#[derive(Debug)]
pub(super) struct Pace {
    pub(super) idle: Duration,
    pub(super) window: Duration,
    pub(super) floor_bytes: u64,
    since: Instant,
    bytes: u64,
}

impl Pace {
    pub(super) fn new(idle: Duration, window: Duration, floor_bytes: u64) -> Self {
        Self { idle, window, floor_bytes, since: Instant::now(), bytes: 0 }
    }

    /// Counts a chunk; `false` where a whole window brought too little.
    fn keeps_up(&mut self, bytes: usize) -> bool {
        self.bytes += bytes as u64;
        if self.since.elapsed() < self.window {
            return true;
        }
        let enough = self.bytes >= self.floor_bytes;
        (self.since, self.bytes) = (Instant::now(), 0);
        enough
    }
}

impl Response {
    pub(super) fn new(inner: reqwest::Response, attempts: u32, pace: Pace) -> Self {
        Self { inner, attempts, gave_up: GaveUp::default(), pace, read: None, at_end: false }
    }

    /// Reads the body now, up to `limit` bytes and one more.
    pub(super) async fn read_whole(&mut self, limit: usize) -> Result<(), Error> {
        let mut body = BytesMut::new();
        while body.len() <= limit
            && let Some(chunk) = self.chunk().await?
        {
            body.extend_from_slice(&chunk);
        }
        (self.read, self.at_end) = (Some(body.freeze()), true);
        Ok(())
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// The URL that answered, after redirects.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.inner.url()
    }

    /// How many requests were made for it, retries included.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Which limits kept it from being retried.
    #[must_use]
    pub fn gave_up(&self) -> GaveUp {
        self.gave_up
    }

    /// The wait that `Retry-After` asks for, counted from now: seconds or an HTTP date (RFC 9110 section 10.2.3).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        parse_retry_after(self.headers())
    }

    /// When the server says that it answered (RFC 9110 section 6.6.1).
    #[must_use]
    pub fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.headers().get(header::DATE)?.to_str().ok()?).ok()
    }

    /// The `Content-Length` in bytes.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
    }

    /// The next piece of the body, `None` at its end. A body that ends before its stated length is an error.
    ///
    /// # Errors
    /// [`Error::Timeout`] where nothing comes, or too little; else what the transport says.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if self.at_end {
            return Ok(self.read.take());
        }
        let chunk = tokio::time::timeout(self.pace.idle, self.inner.chunk()).await;
        let url = self.inner.url();
        let slow = |what, after| Error::Timeout { host: url.authority().to_owned(), what, after };
        let chunk = chunk
            .map_err(|_| slow("sent no data", self.pace.idle))?
            .map_err(|e| Error::of_body(e, url.authority().to_owned()))?;
        if let Some(bytes) = &chunk
            && !self.pace.keeps_up(bytes.len())
        {
            return Err(slow("sent too little data", self.pace.window));
        }
        Ok(chunk)
    }

    /// The whole body, at most `limit` bytes. Memory grows as bytes arrive, never from a declared length.
    ///
    /// # Errors
    /// [`Error::TooLarge`], or what the transport says.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, Error> {
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if body.len() + chunk.len() > limit {
                return Err(Error::TooLarge { host: self.inner.url().authority().to_owned(), limit_bytes: limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// At most the first `limit` bytes of the body; what fails or follows is dropped. For error bodies.
    pub async fn prefix(mut self, limit: usize) -> Bytes {
        let mut body = BytesMut::new();
        while let Ok(Some(chunk)) = self.chunk().await {
            let room = limit - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == limit {
                break;
            }
        }
        body.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_but_legal_link_is_not_cut_and_a_trickle_is() {
        let mut pace = Pace::new(Duration::from_secs(1), Duration::ZERO, 100);
        assert!(pace.keeps_up(100));
        assert!(!pace.keeps_up(99));
        let mut pace = Pace::new(Duration::from_secs(1), Duration::from_secs(3600), 100);
        assert!(pace.keeps_up(1));
    }
}
