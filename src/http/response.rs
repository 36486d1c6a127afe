use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::retry::parse_retry_after;
use super::throttle::Throttle;
use super::{Error, GaveUp, HeaderMap, StatusCode, Url, header};

/// A response whose body has not been read. Any status: `http` has already retried what passes by itself.
#[derive(Debug)]
pub struct Response {
    inner: reqwest::Response,
    attempts: u32,
    pub(super) gave_up: GaveUp,
    pace: Pace,
    /// What its bytes are paid for at.
    throttle: Option<Arc<Throttle>>,
    /// The body, where it was read before the answer was handed over.
    read: Option<Bytes>,
    at_end: bool,
}

/// How slow a body may come: nothing for `idle`, or less than `floor_bytes` in `window`, ends it. Only the time counts
/// in which somebody waits for the server: where a disk is slow, or a limit on the rate holds bytes up, it is not to
/// blame.
#[derive(Debug)]
pub(super) struct Pace {
    pub(super) idle: Duration,
    pub(super) window: Duration,
    pub(super) floor_bytes: u64,
    waited: Duration,
    bytes: u64,
}

impl Pace {
    pub(super) fn new(idle: Duration, window: Duration, floor_bytes: u64) -> Self {
        Self { idle, window, floor_bytes, waited: Duration::ZERO, bytes: 0 }
    }

    /// Counts a chunk that was waited for; `false` where a whole window brought too little.
    fn keeps_up(&mut self, bytes: usize, waited: Duration) -> bool {
        self.bytes += bytes as u64;
        self.waited += waited;
        if self.waited < self.window {
            return true;
        }
        let enough = self.bytes >= self.floor_bytes;
        (self.waited, self.bytes) = (Duration::ZERO, 0);
        enough
    }
}

impl Response {
    pub(super) fn new(inner: reqwest::Response, attempts: u32, pace: Pace) -> Self {
        Self { inner, attempts, gave_up: GaveUp::default(), pace, throttle: None, read: None, at_end: false }
    }

    /// The same with its bytes paid for.
    pub(super) fn throttled(self, throttle: Option<Arc<Throttle>>) -> Self {
        Self { throttle, ..self }
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
        let asked = Instant::now();
        let chunk = tokio::time::timeout(self.pace.idle, self.inner.chunk()).await;
        let url = self.inner.url();
        let slow = |what, after| Error::Timeout { host: url.authority().to_owned(), what, after };
        let chunk = chunk
            .map_err(|_| slow("sent no data", self.pace.idle))?
            .map_err(|e| Error::of_body(e, url.authority().to_owned()))?;
        if let Some(bytes) = &chunk
            && !self.pace.keeps_up(bytes.len(), asked.elapsed())
        {
            return Err(slow("sent too little data", self.pace.window));
        }
        if let (Some(bytes), Some(throttle)) = (&chunk, &self.throttle) {
            throttle.pay(bytes.len()).await;
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
        let second = Duration::from_secs(1);
        let mut pace = Pace::new(second, 3 * second, 100);
        assert!(pace.keeps_up(1, second) && pace.keeps_up(1, second));
        assert!(pace.keeps_up(98, second), "enough in the window");
        assert!(pace.keeps_up(50, 2 * second));
        assert!(!pace.keeps_up(49, second), "too little in the window");
        assert!((0..1000).all(|_| pace.keeps_up(1, Duration::ZERO)), "nobody waited");
    }

    /// An answer of this process: the chunks come at once.
    fn answer(chunks: &[usize], throttle: &Arc<Throttle>) -> Response {
        let chunks: Vec<_> =
            chunks.iter().map(|length| Ok::<_, std::io::Error>(Bytes::from(vec![0; *length]))).collect();
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
        let (idle, window) = (Duration::from_secs(1), Duration::from_secs(5));
        let pace = Pace::new(idle, window, 60_000);
        Response::new(hyper::Response::new(body).into(), 1, pace).throttled(Some(Arc::clone(throttle)))
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_on_our_own_account_is_not_held_against_the_server() {
        let throttle = Arc::new(Throttle::new(1000));
        let started = Instant::now();
        // Each chunk takes longer than a server may be silent, and brings less than a window has to.
        let (one, other) = (answer(&[10_000; 4], &throttle), answer(&[10_000; 2], &throttle));
        let (one, other) = tokio::join!(one.bytes(1 << 20), other.bytes(1 << 20));
        assert_eq!((one.unwrap().len(), other.unwrap().len()), (40_000, 20_000));
        let elapsed = started.elapsed();
        assert!((59..=61).contains(&elapsed.as_secs()), "both share one limit: {elapsed:?}");
    }
}
