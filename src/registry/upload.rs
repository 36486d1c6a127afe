use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::error::Error;
use super::outflow::Outflow;
use super::repository::{DOCKER_CONTENT_DIGEST, Repository, is_repository};
use super::session::{Session, received};
use crate::auth::{Scope, Scoped};
use crate::content::{Fault, IntegrityError, Progress, Sink, Source, Stored};
use crate::http::{Class, HeaderValue, Method, Request, Response, RetryPolicy, StatusCode, Url, header};
use crate::model::{Descriptor, Digest};

/// The size of a chunk, in bytes: below the 100 MB that gateways allow, and large enough to keep a link busy.
const CHUNK_BYTES: u64 = 8 * 1024 * 1024;
/// The smallest chunk that a 413 makes of it, in bytes.
const CHUNK_FLOOR_BYTES: u64 = 1024 * 1024;
/// The largest minimum that a registry may ask for, in bytes.
const CHUNK_CAP_BYTES: u64 = 64 * 1024 * 1024;
/// Sessions that are opened for one blob in one call.
const SESSIONS: u32 = 3;
/// Times in a row that a session may fail to get further.
const SETBACKS: u32 = 3;
/// The longest that a wait within a session may be; the caller knows better about longer ones.
const WAIT_LIMIT: Duration = Duration::from_secs(20);
/// How long the parting word to a session may take.
const CANCEL_LIMIT: Duration = Duration::from_secs(5);

/// Where blobs go on a push: a repository, with what is known of others that hold the same blobs.
pub struct Uploader {
    repository: Repository,
    origins: HashMap<Digest, String>,
    sessions: Mutex<HashMap<Digest, Session>>,
    /// The largest blob that is sent in one request, in bytes: learnt from refusals.
    whole_limit_bytes: AtomicU64,
}

/// What became of a session.
enum Outcome {
    /// The blob is there.
    Done,
    /// The session is of no more use; another may be.
    Lost,
    /// The blob is not taken in one request.
    WholeRefused,
}

impl Uploader {
    /// Into `repository`.
    #[must_use]
    pub fn new(repository: Repository) -> Self {
        Self {
            repository,
            origins: HashMap::new(),
            sessions: Mutex::default(),
            whole_limit_bytes: AtomicU64::new(u64::MAX),
        }
    }

    /// Tells which other repositories of the same registry are known to hold which blobs.
    #[must_use]
    pub fn mount_from(mut self, origins: impl IntoIterator<Item = (Digest, String)>) -> Self {
        self.origins.extend(origins);
        self
    }

    /// The repository that it sends to.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Tells the registry to forget the sessions that are open, as far as it listens: for a push that is given up.
    pub async fn abandon(&self) {
        let open: Vec<_> = self.sessions().drain().collect();
        for (_, session) in open {
            self.cancel(&session).await;
        }
    }

    async fn deliver<S: Source>(&self, outflow: &mut Outflow<'_, S>) -> Result<(), Error> {
        let digest = &outflow.descriptor().digest;
        let mut whole = outflow.descriptor().size <= self.whole_limit_bytes.load(Ordering::Relaxed);
        let mut disputed = false;
        for _ in 0..SESSIONS {
            let mut session = self.session(digest).await?;
            outflow.started();
            let outcome = if whole {
                self.send_whole(&mut session, outflow).await
            } else {
                self.send_chunks(&mut session, outflow).await
            };
            self.sessions().remove(digest);
            if matches!(outcome, Ok(Outcome::Done)) {
                return Ok(());
            }
            self.cancel(&session).await;
            match outcome {
                // The bytes were hashed on their way out, so they went wrong after that: once is an accident.
                Err(error) if !disputed && error.answer().is_some_and(|answer| answer.has_code("DIGEST_INVALID")) => {
                    disputed = true;
                }
                outcome => whole &= !matches!(outcome?, Outcome::WholeRefused),
            }
        }
        Err(Error::SessionsLost { operation: self.about("upload", digest), sessions: SESSIONS })
    }

    /// The session that a mount left behind, else a new one.
    async fn session(&self, digest: &Digest) -> Result<Session, Error> {
        let kept = self.sessions().remove(digest);
        if let Some(session) = kept {
            if !session.used {
                return Ok(session);
            }
            self.cancel(&session).await;
        }
        let operation = self.about("upload", digest);
        let request = Request::new(Method::POST, self.repository.url("blobs/uploads/")?);
        let response = self.repository.host().send(&operation, request, &self.repository.push()).await?;
        if !response.status().is_success() {
            return Err(self.repository.host().refuse(operation, response).await);
        }
        Session::open(self.repository.host(), &operation, &response)
    }

    /// One streamed PUT: distribution-spec, "POST then PUT".
    async fn send_whole<S: Source>(
        &self,
        session: &mut Session,
        outflow: &mut Outflow<'_, S>,
    ) -> Result<Outcome, Error> {
        let Descriptor { digest, size, .. } = outflow.descriptor();
        let request = content(Method::PUT, session.completion(digest));
        self.keep(session, digest);
        let answer = if *size == 0 {
            self.send(session, digest, request).await
        } else {
            outflow.pour(0, *size, |body| self.send(session, digest, request.body(body))).await
        };
        let error = match self.settle(digest, answer).await {
            Ok(()) => return Ok(Outcome::Done),
            Err(error) => error,
        };
        if error.is_transient() {
            if self.holds(digest).await {
                return Ok(Outcome::Done);
            }
            // Where a long request broke, the next call goes in steps that need not start over.
            if *size > CHUNK_BYTES {
                self.whole_limit_bytes.fetch_min(size - 1, Ordering::Relaxed);
            }
            return Err(error);
        }
        if is_lost(&error) {
            return Ok(if self.holds(digest).await { Outcome::Done } else { Outcome::Lost });
        }
        match error.answer() {
            Some(answer) if answer.has_code("DIGEST_INVALID") => Err(error),
            Some(answer) if matches!(answer.status.as_u16(), 400 | 404 | 405 | 413 | 501) => {
                if answer.status == StatusCode::PAYLOAD_TOO_LARGE {
                    self.whole_limit_bytes.fetch_min(size.saturating_sub(1), Ordering::Relaxed);
                }
                Ok(Outcome::WholeRefused)
            }
            _ => Err(error),
        }
    }

    /// One PATCH after the other, then a PUT: distribution-spec, "Pushing a blob in chunks".
    async fn send_chunks<S: Source>(
        &self,
        session: &mut Session,
        outflow: &mut Outflow<'_, S>,
    ) -> Result<Outcome, Error> {
        let Descriptor { digest, size, .. } = outflow.descriptor();
        let minimum = session.chunk_min_bytes;
        if minimum > CHUNK_CAP_BYTES {
            let operation = self.about("upload", digest);
            return Err(Error::ChunkTooLarge { operation, minimum_bytes: minimum, limit_bytes: CHUNK_CAP_BYTES });
        }
        let mut chunk = CHUNK_BYTES.max(minimum);
        let (mut offset, mut setbacks) = (0, 0);
        while offset < *size {
            let length = chunk.min(size - offset);
            let end = offset + length;
            let (confirmed, error) = match self.send_chunk(session, outflow, offset, length).await {
                Ok(confirmed) => (confirmed, None),
                Err(error) if is_lost(&error) || error.status() == Some(StatusCode::NOT_FOUND) => {
                    return Ok(Outcome::Lost);
                }
                Err(error) if error.status() == Some(StatusCode::PAYLOAD_TOO_LARGE) => {
                    let smaller = (chunk / 2).max(CHUNK_FLOOR_BYTES).max(minimum);
                    if smaller >= length {
                        return Err(error);
                    }
                    chunk = smaller;
                    (None, None)
                }
                Err(error) if error.is_transient() && !matches!(error, Error::Source(_)) => (None, Some(error)),
                Err(error) => return Err(error),
            };
            let received = match confirmed {
                Some(received) => received,
                None => match self.status(session, digest).await? {
                    Some(received) => received,
                    None => return Ok(Outcome::Lost),
                },
            };
            // An empty session says `0-0` as one with a single byte does.
            let received = if offset == 0 && length > 1 && received == 1 { 0 } else { received };
            if received > end {
                return Ok(Outcome::Lost);
            }
            if received > offset {
                setbacks = 0;
            } else {
                setbacks += 1;
                if setbacks >= SETBACKS {
                    let operation = self.about("upload", digest);
                    return Err(error.unwrap_or(Error::Stalled { operation, received_bytes: received }));
                }
                if let Some(error) = error {
                    pause(setbacks, error).await?;
                }
            }
            offset = received;
        }
        self.complete(session, digest).await
    }

    /// Sends one chunk. `None` where the answer does not tell how far the session is.
    async fn send_chunk<S: Source>(
        &self,
        session: &mut Session,
        outflow: &mut Outflow<'_, S>,
        offset: u64,
        length: u64,
    ) -> Result<Option<u64>, Error> {
        let digest = &outflow.descriptor().digest;
        let operation = self.about("upload", digest);
        // Here the range has no unit: distribution-spec differs from RFC 9110 on it.
        let range = HeaderValue::from_str(&format!("{offset}-{}", offset + length - 1));
        let range = range.map_err(|e| Error::Protocol { operation: operation.clone(), what: e.to_string() })?;
        let request = content(Method::PATCH, session.location.clone()).header(header::CONTENT_RANGE, range);
        self.keep(session, digest);
        let here = session.clone();
        let response = outflow.pour(offset, length, |body| self.send(&here, digest, request.body(body))).await?;
        let host = self.repository.host();
        let confirmed = received(response.headers());
        match response.status() {
            status if status.is_success() => {
                session.advance(host, &operation, &response)?;
                Ok(Some(confirmed.unwrap_or(offset + length)))
            }
            StatusCode::RANGE_NOT_SATISFIABLE => {
                session.advance(host, &operation, &response)?;
                Ok(confirmed)
            }
            _ => Err(host.refuse_once(operation, response).await),
        }
    }

    /// How many bytes the session has; `None` where it is gone. Asked with the patience of `http`.
    async fn status(&self, session: &mut Session, digest: &Digest) -> Result<Option<u64>, Error> {
        let host = self.repository.host();
        let operation = self.about("upload", digest);
        let request = Request::new(Method::GET, session.location.clone());
        let response = host.send_to(&operation, request, &self.repository.push(), session.at_home).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !response.status().is_success() {
            return Err(host.refuse(operation, response).await);
        }
        session.advance(host, &operation, &response)?;
        Ok(Some(received(response.headers()).unwrap_or(0)))
    }

    /// Closes a session that has all bytes.
    async fn complete(&self, session: &Session, digest: &Digest) -> Result<Outcome, Error> {
        let mut attempt = 1;
        loop {
            let request = content(Method::PUT, session.completion(digest));
            let answer = self.send(session, digest, request).await;
            let Err(error) = self.settle(digest, answer).await else { return Ok(Outcome::Done) };
            let gone = is_lost(&error) || error.status() == Some(StatusCode::NOT_FOUND);
            if !gone && !error.is_transient() {
                return Err(error);
            }
            if self.holds(digest).await {
                return Ok(Outcome::Done);
            }
            if gone {
                return Ok(Outcome::Lost);
            }
            if attempt >= SETBACKS {
                return Err(error);
            }
            pause(attempt, error).await?;
            attempt += 1;
        }
    }

    /// Whether the answer to the closing PUT means that the blob is there: 201, and 204 from some.
    async fn settle(&self, digest: &Digest, answer: Result<Response, Error>) -> Result<(), Error> {
        let response = answer?;
        if matches!(response.status().as_u16(), 200 | 201 | 204) {
            return Ok(());
        }
        Err(self.repository.host().refuse_once(self.about("upload", digest), response).await)
    }

    async fn send(&self, session: &Session, digest: &Digest, request: Request) -> Result<Response, Error> {
        let operation = self.about("upload", digest);
        self.repository.host().send_to(&operation, request, &self.repository.push(), session.at_home).await
    }

    /// Whether the blob arrived although no answer said so.
    async fn holds(&self, digest: &Digest) -> bool {
        self.repository.blob_exists(digest).await.unwrap_or(false)
    }

    /// Distribution-spec, "Cancel a blob upload": nobody has to listen, so nothing is made of the answer.
    async fn cancel(&self, session: &Session) {
        let request = Request::new(Method::DELETE, session.location.clone()).once();
        let host = self.repository.host();
        let authorizer = self.repository.push();
        let farewell = host.send_to("cancel an upload", request, &authorizer, session.at_home);
        if let Ok(Err(error)) = tokio::time::timeout(CANCEL_LIMIT, farewell).await {
            tracing::debug!(error = error.to_string(), "an upload session stays open");
        }
    }

    /// Distribution-spec, "Mounting a blob from another repository".
    async fn try_mount(&self, digest: &Digest, from: &str) -> Result<bool, Error> {
        if !is_repository(from) || from == self.repository.name() {
            return Ok(false);
        }
        let host = self.repository.host();
        let operation = self.about("mount", digest);
        let mut url = self.repository.url("blobs/uploads/")?;
        url.query_pairs_mut().append_pair("mount", &digest.to_string()).append_pair("from", from);
        let response = host.send(&operation, Request::new(Method::POST, url), &self.mounting(from)).await?;
        match response.status() {
            StatusCode::CREATED => match response.headers().get(DOCKER_CONTENT_DIGEST) {
                None => Ok(true),
                Some(stated) => match stated.to_str().ok().and_then(|stated| Digest::parse(stated.trim()).ok()) {
                    Some(actual) if actual == *digest => Ok(true),
                    Some(actual) if actual.algorithm() == digest.algorithm() => {
                        Err(IntegrityError::Digest { expected: digest.clone(), actual }.into())
                    }
                    // The registry may name the blob by another algorithm; what counts is that ours is there.
                    _ => self.repository.blob_exists(digest).await,
                },
            },
            StatusCode::ACCEPTED => {
                let session = Session::open(host, &operation, &response)?;
                self.sessions().insert(digest.clone(), session);
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    fn mounting(&self, from: &str) -> Scoped {
        let name = self.repository.scope_name();
        let from = self.repository.host().endpoint().scope_name_of(from);
        self.repository.host().authorizer(Some(&name), vec![Scope::push(&name), Scope::pull(&from)])
    }

    fn keep(&self, session: &mut Session, digest: &Digest) {
        session.used = true;
        self.sessions().insert(digest.clone(), session.clone());
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn about(&self, verb: &str, digest: &Digest) -> String {
        format!("{verb} the blob `{digest}` to `{}`", self.repository.name())
    }
}

impl Sink for Uploader {
    async fn contains(&self, descriptor: &Descriptor) -> Result<bool, Fault> {
        Ok(self.repository.blob_exists(&descriptor.digest).await?)
    }

    async fn mount(&self, descriptor: &Descriptor) -> Result<bool, Fault> {
        let Some(from) = self.origins.get(&descriptor.digest) else { return Ok(false) };
        match self.try_mount(&descriptor.digest, from).await {
            Err(error @ Error::Integrity(_)) => Err(error.into()),
            Err(error) => {
                // As a string it is written with its control characters escaped.
                tracing::debug!(error = error.to_string(), "not mounted");
                Ok(false)
            }
            mounted => Ok(mounted?),
        }
    }

    async fn receive<S: Source>(
        &self,
        descriptor: &Descriptor,
        source: &S,
        progress: &dyn Progress,
    ) -> Result<Stored, Fault> {
        self.deliver(&mut Outflow::new(source, descriptor, progress)).await?;
        Ok(Stored::Moved { bytes: descriptor.size })
    }
}

/// A request that carries blob bytes, or closes a session: it moves the session on, so it is sent once.
fn content(method: Method, url: Url) -> Request {
    Request::new(method, url)
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))
        .class(Class::Blob)
        .resumed()
}

fn is_lost(error: &Error) -> bool {
    error.answer().is_some_and(|answer| answer.has_code("BLOB_UPLOAD_UNKNOWN"))
}

/// Waits before the next attempt within a session; gives `error` back where the registry asks for too long a wait.
async fn pause(setback: u32, error: Error) -> Result<(), Error> {
    let asked = error.answer().and_then(|answer| answer.retry_after);
    let wait = asked.unwrap_or_else(|| RetryPolicy::default().backoff(setback));
    if wait > WAIT_LIMIT {
        return Err(error);
    }
    tokio::time::sleep(wait).await;
    Ok(())
}
