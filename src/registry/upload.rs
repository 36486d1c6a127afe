use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::join_all;

use super::error::Error;
use super::mount::{Findings, Gate, lock};
use super::outflow::Outflow;
use super::repository::Repository;
use super::session::{Session, received};
use crate::content::{Fault, Progress, Sink, Source, Stored};
use crate::http::{Class, HeaderValue, Method, Request, Response, StatusCode, Url, header};
use crate::model::{Descriptor, Digest};

/// The size of a chunk, in bytes: below the 100 MB that gateways allow, and large enough to keep a link busy.
const CHUNK_BYTES: u64 = 8 * 1024 * 1024;
/// The smallest chunk that a 413 makes of it, in bytes.
const CHUNK_FLOOR_BYTES: u64 = 1024 * 1024;
/// The largest minimum that a registry may ask for, in bytes.
const CHUNK_CAP_BYTES: u64 = 64 * 1024 * 1024;
/// The size in bytes from which an upload that broke off is worth going on with.
const RESUMABLE_BYTES: u64 = 16 * 1024 * 1024;
/// Sessions that are opened for one blob in one call.
const SESSIONS: u32 = 3;
/// Times in a row that a session may fail to get further.
const SETBACKS: u32 = 3;
/// The longest that a wait within a session may be; the caller knows better about longer ones.
const WAIT_LIMIT: Duration = Duration::from_secs(20);
/// How long the parting word to a session may take.
const CANCEL_LIMIT: Duration = Duration::from_secs(5);
/// How long those to all sessions may take when the push is given up: somebody waits for its end.
const FAREWELL: Duration = Duration::from_millis(700);

/// Where blobs go on a push: a repository, with what is known of others that hold the same blobs.
pub struct Uploader {
    repository: Repository,
    /// Repositories of the registry where blobs are known to be, this one among them; those to ask first come first.
    pub(super) known: HashMap<Digest, Vec<String>>,
    /// Whether nothing is to be changed there.
    pub(super) only_looks: bool,
    /// Blobs that the repository was asked for.
    pub(super) looked: Mutex<HashSet<Digest>>,
    pub(super) findings: Mutex<Findings>,
    /// Set once the registry says that it does not mount blobs.
    pub(super) mounts_nothing: AtomicBool,
    pub(super) gate: Gate,
    sessions: Mutex<HashMap<Digest, Session>>,
    /// Where earlier runs left sessions open.
    left_open: Mutex<HashMap<Digest, String>>,
    on_session: Box<OnSession>,
    /// The largest blob that is sent in one request, in bytes: learnt from refusals.
    whole_limit_bytes: AtomicU64,
    /// Set once the registry takes no PATCH.
    takes_no_patch: AtomicBool,
}

/// Hears at which path a session that another run could go on with is open, or that it is no more. Says whether that
/// was noted, so that another run will know.
type OnSession = dyn Fn(&Digest, Option<&str>) -> bool + Send + Sync;

/// How bytes go into a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// All in the request that closes it.
    Whole,
    /// All in one PATCH, before it is closed.
    Stream,
    /// In chunks, before it is closed.
    Chunks,
}

/// What became of a session.
enum Outcome {
    /// The blob is there.
    Done,
    /// The session is of no more use; another may be.
    Lost,
    /// The blob is not taken in one PUT.
    WholeRefused,
    /// The blob is not taken in one PATCH.
    PatchRefused,
}

impl Uploader {
    /// Into `repository`.
    #[must_use]
    pub fn new(repository: Repository) -> Self {
        Self {
            repository,
            known: HashMap::new(),
            only_looks: false,
            looked: Mutex::default(),
            findings: Mutex::default(),
            mounts_nothing: AtomicBool::new(false),
            gate: Gate::default(),
            sessions: Mutex::default(),
            left_open: Mutex::default(),
            on_session: Box::new(|_, _| false),
            whole_limit_bytes: AtomicU64::new(u64::MAX),
            takes_no_patch: AtomicBool::new(false),
        }
    }

    /// Tells which repositories of the registry are known to hold which blobs, the best to ask first.
    #[must_use]
    pub fn with_known(mut self, known: impl IntoIterator<Item = (Digest, Vec<String>)>) -> Self {
        self.known.extend(known);
        self
    }

    /// Changes nothing there: blobs are looked for, and nothing more.
    #[must_use]
    pub fn only_looking(mut self) -> Self {
        self.only_looks = true;
        self
    }

    /// Goes on with sessions that earlier runs left open at these paths, and tells `on_session` of those that this
    /// run opens and closes; it says whether that was noted. What was not is told to the registry when it is given up.
    #[must_use]
    pub fn resuming(
        mut self,
        left_open: impl IntoIterator<Item = (Digest, String)>,
        on_session: impl Fn(&Digest, Option<&str>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.left_open = Mutex::new(left_open.into_iter().collect());
        self.on_session = Box::new(on_session);
        self
    }

    /// The repository that it sends to.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Tells the registry to forget the sessions that are open and that nobody goes on with, as far as it listens: for
    /// a push that is given up. Takes less than a second.
    pub async fn abandon(&self) {
        let open: Vec<_> = self.sessions().drain().map(|(_, session)| session).collect();
        let useless = open.iter().filter(|session| !session.remembered);
        // Who does not answer keeps the session until it expires.
        let _ = tokio::time::timeout(FAREWELL, join_all(useless.map(|session| self.cancel(session)))).await;
    }

    /// Sends the blob; how many bytes it took.
    async fn deliver<S: Source>(&self, outflow: &mut Outflow<'_, S>) -> Result<u64, Error> {
        let Descriptor { digest, size, .. } = outflow.descriptor();
        let mut disputed = false;
        for _ in 0..SESSIONS {
            let (mut session, offset) = self.session(outflow.descriptor()).await?;
            let manner = self.manner(&session, offset, *size);
            outflow.started(offset);
            let outcome = match manner {
                Manner::Whole => self.send_whole(&mut session, outflow).await,
                Manner::Stream | Manner::Chunks => self.send_parts(&mut session, outflow, offset, manner).await,
            };
            if let Err(error) = &outcome
                && says_nothing(error)
                && session.used
                && self.is_resumable(&session, *size)
            {
                // The next call asks how far it came, or the next run if it was told.
                self.sessions().insert(digest.clone(), session);
                return outcome.map(|_| 0);
            }
            self.sessions().remove(digest);
            self.forget(&session, digest);
            if matches!(outcome, Ok(Outcome::Done)) {
                self.took(digest);
                return Ok(size - offset);
            }
            self.cancel(&session).await;
            match outcome {
                // The bytes were hashed on their way out, so they went wrong after that: once is an accident.
                Err(error) if !disputed && error.answer().is_some_and(|answer| answer.has_code("DIGEST_INVALID")) => {
                    disputed = true;
                }
                Ok(Outcome::WholeRefused) => {
                    self.whole_limit_bytes.fetch_min(size.saturating_sub(1), Ordering::Relaxed);
                }
                Ok(Outcome::PatchRefused) => self.takes_no_patch.store(true, Ordering::Relaxed),
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::SessionsLost { operation: self.about("upload", digest), sessions: SESSIONS })
    }

    /// How to go about it. Bytes that a broken PUT brought are lost; of a PATCH registries keep what came.
    fn manner(&self, session: &Session, offset: u64, size: u64) -> Manner {
        if size > self.whole_limit_bytes.load(Ordering::Relaxed) {
            Manner::Chunks
        } else if offset > 0 || self.is_resumable(session, size) {
            Manner::Stream
        } else {
            Manner::Whole
        }
    }

    /// Notes that nothing arrived of a request of this length: some gateways hang up where they should answer 413.
    /// Whether chunks can be tried instead.
    fn prefers_chunks(&self, size: u64, minimum: u64) -> bool {
        let can_be_chunks = minimum <= CHUNK_CAP_BYTES;
        if can_be_chunks {
            self.whole_limit_bytes.fetch_min(size.saturating_sub(1), Ordering::Relaxed);
        }
        can_be_chunks
    }

    /// Whether it is worth to find the session again after a break.
    fn is_resumable(&self, session: &Session, size: u64) -> bool {
        size > RESUMABLE_BYTES && session.lasting().is_some() && !self.takes_no_patch.load(Ordering::Relaxed)
    }

    /// A session, and how many bytes of the blob it has: one that broke off in this run or in an earlier one, the one
    /// that a mount left behind, else a new one.
    async fn session(&self, blob: &Descriptor) -> Result<(Session, u64), Error> {
        let Descriptor { digest, size, .. } = blob;
        let kept = self.sessions().remove(digest);
        let earlier = lock(&self.left_open).remove(digest);
        let earlier = earlier.map(|path| Session::reopen(self.repository.host(), &path));
        for mut session in kept.into_iter().chain(earlier) {
            if !session.used {
                return Ok((session, 0));
            }
            if self.is_resumable(&session, *size) {
                match self.status(&mut session, digest).await {
                    // Of an empty session some registries say `0-0`, too.
                    Ok(Some(received)) if (2..=*size).contains(&received) && session.lasting().is_some() => {
                        return Ok((session, received));
                    }
                    Err(error) if is_no_answer(&error) => {
                        self.sessions().insert(digest.clone(), session);
                        return Err(error);
                    }
                    _ => {}
                }
            }
            self.forget(&session, digest);
            self.cancel(&session).await;
        }
        let operation = self.about("upload", digest);
        let request = Request::new(Method::POST, self.repository.url("blobs/uploads/")?);
        let response = self.repository.host().send(&operation, request, &self.repository.push()).await?;
        if !response.status().is_success() {
            return Err(self.repository.host().refuse(operation, response).await);
        }
        Ok((Session::open(self.repository.host(), &operation, &response)?, 0))
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
            Some(answer) if matches!(answer.status.as_u16(), 400 | 404 | 405 | 413 | 501) => Ok(Outcome::WholeRefused),
            _ => Err(error),
        }
    }

    /// One PATCH after the other, then a PUT: distribution-spec, "Pushing a blob in chunks". The session has the first
    /// `offset` bytes.
    async fn send_parts<S: Source>(
        &self,
        session: &mut Session,
        outflow: &mut Outflow<'_, S>,
        mut offset: u64,
        manner: Manner,
    ) -> Result<Outcome, Error> {
        let Descriptor { digest, size, .. } = outflow.descriptor();
        let mut in_one = manner == Manner::Stream;
        let minimum = session.chunk_min_bytes;
        if minimum > CHUNK_CAP_BYTES && !in_one {
            let operation = self.about("upload", digest);
            return Err(Error::ChunkTooLarge { operation, minimum_bytes: minimum, limit_bytes: CHUNK_CAP_BYTES });
        }
        let mut chunk = if in_one { *size } else { CHUNK_BYTES.max(minimum) };
        let mut setbacks = 0;
        while offset < *size {
            let length = chunk.min(size - offset);
            let end = offset + length;
            let (confirmed, error) = match self.send_part(session, outflow, offset, length, in_one).await {
                Ok(confirmed) => (confirmed, None),
                Err(error) if is_lost(&error) || error.status() == Some(StatusCode::NOT_FOUND) => {
                    return Ok(Outcome::Lost);
                }
                Err(error) if error.status() == Some(StatusCode::PAYLOAD_TOO_LARGE) => {
                    if in_one {
                        return Ok(Outcome::WholeRefused);
                    }
                    let smaller = (length / 2).max(CHUNK_FLOOR_BYTES).max(minimum);
                    if smaller >= length {
                        return Err(error);
                    }
                    // That is a step forward, and there are only so many.
                    (chunk, setbacks) = (smaller, 0);
                    (None, None)
                }
                Err(error) if in_one && is_unsupported(&error) => return Ok(Outcome::PatchRefused),
                Err(error) if error.is_transient() && !matches!(error, Error::Source(_)) => (None, Some(error)),
                Err(error) => return Err(error),
            };
            let received = if let Some(received) = confirmed {
                received
            } else if let Some(received) = self.status(session, digest).await? {
                received
            } else {
                if in_one && error.is_some() {
                    self.prefers_chunks(*size, minimum);
                }
                return Ok(Outcome::Lost);
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
                if in_one && error.is_none() {
                    // A strict registry wants to be told the range of what it gets.
                    return Ok(Outcome::PatchRefused);
                }
                if setbacks >= SETBACKS {
                    let operation = self.about("upload", digest);
                    return Err(error.unwrap_or(Error::Stalled { operation, received_bytes: received }));
                }
                if in_one && self.prefers_chunks(*size, minimum) {
                    (in_one, chunk) = (false, CHUNK_BYTES.max(minimum));
                }
            }
            if let Some(error) = error {
                self.pause(setbacks.max(1), error).await?;
            }
            offset = received;
        }
        match self.complete(session, digest).await {
            Err(error) if in_one && is_unsupported(&error) => Ok(Outcome::PatchRefused),
            outcome => outcome,
        }
    }

    /// Sends one PATCH. `None` where the answer does not tell how far the session is.
    async fn send_part<S: Source>(
        &self,
        session: &mut Session,
        outflow: &mut Outflow<'_, S>,
        offset: u64,
        length: u64,
        in_one: bool,
    ) -> Result<Option<u64>, Error> {
        let digest = &outflow.descriptor().digest;
        let operation = self.about("upload", digest);
        let mut request = content(Method::PATCH, session.location.clone());
        // A PATCH with everything is no chunk, and goes without a range, as the most widely used clients send it.
        if !in_one || offset > 0 {
            // Here the range has no unit: distribution-spec differs from RFC 9110 on it.
            let range = HeaderValue::from_str(&format!("{offset}-{}", offset + length - 1));
            let range = range.map_err(|e| Error::Protocol { operation: operation.clone(), what: e.to_string() })?;
            request = request.header(header::CONTENT_RANGE, range);
        }
        self.remember(session, outflow.descriptor());
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
            self.pause(attempt, error).await?;
            attempt += 1;
        }
    }

    /// Waits before the next attempt within a session; gives `error` back where the registry asks for too long a wait.
    async fn pause(&self, setback: u32, error: Error) -> Result<(), Error> {
        let asked = error.answer().and_then(|answer| answer.retry_after);
        let wait = asked.unwrap_or_else(|| self.repository.host().client().retry().backoff(setback));
        if wait > WAIT_LIMIT {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
        Ok(())
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

    fn keep(&self, session: &mut Session, digest: &Digest) {
        session.used = true;
        self.sessions().insert(digest.clone(), session.clone());
    }

    /// Tells where another run can go on with it, if one can.
    fn remember(&self, session: &mut Session, blob: &Descriptor) {
        if self.is_resumable(session, blob.size)
            && let Some(path) = session.lasting()
        {
            session.remembered = (self.on_session)(&blob.digest, Some(path));
        } else {
            self.forget(session, &blob.digest);
            session.remembered = false;
        }
    }

    /// No run can go on with it any more.
    fn forget(&self, session: &Session, digest: &Digest) {
        if session.remembered {
            (self.on_session)(digest, None);
        }
    }

    /// Gives up the session that a mount left behind.
    pub(super) async fn drop_session(&self, digest: &Digest) {
        let left = self.sessions().remove(digest);
        if let Some(session) = left {
            self.cancel(&session).await;
        }
    }

    pub(super) fn sessions(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        lock(&self.sessions)
    }

    pub(super) fn about(&self, verb: &str, digest: &Digest) -> String {
        format!("{verb} the blob `{digest}` to `{}`", self.repository.name())
    }
}

impl Sink for Uploader {
    /// Not asked where the blob is known to be elsewhere: it will be mounted, which answers as well.
    async fn contains(&self, descriptor: &Descriptor) -> Result<bool, Fault> {
        let digest = &descriptor.digest;
        Ok(self.is_to_be_looked_for(digest) && self.look_for(digest).await?)
    }

    async fn mount(&self, descriptor: &Descriptor) -> Result<bool, Fault> {
        Ok(self.take_over(&descriptor.digest).await?)
    }

    async fn receive<S: Source>(
        &self,
        descriptor: &Descriptor,
        source: &S,
        progress: &dyn Progress,
    ) -> Result<Stored, Fault> {
        let bytes = self.deliver(&mut Outflow::new(source, descriptor, progress)).await?;
        Ok(Stored::Moved { bytes })
    }
}

/// A request that carries blob bytes, or closes a session: it moves the session on, so it is sent once.
fn content(method: Method, url: Url) -> Request {
    Request::new(method, url)
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))
        .class(Class::Blob)
        .resumed()
}

/// Whether the failure leaves it open what became of the session.
fn says_nothing(error: &Error) -> bool {
    error.is_transient()
        || matches!(error, Error::Server(_) | Error::RateLimited(_) | Error::Http { .. } | Error::Auth { .. })
}

/// Whether nobody spoke for the registry, or it had no time: what was asked for may be there all the same.
fn is_no_answer(error: &Error) -> bool {
    match error {
        Error::Http { source, .. } => source.innermost().is_transient(),
        Error::Auth { source, .. } => source.transport().is_some_and(|source| source.innermost().is_transient()),
        Error::RateLimited(_) => true,
        _ => error.status().is_some_and(|status| matches!(status.as_u16(), 502..=504)),
    }
}

/// Whether the registry does not do it that way, and may do it in another.
fn is_unsupported(error: &Error) -> bool {
    let said = error.answer().filter(|answer| !answer.has_code("DIGEST_INVALID"));
    said.is_some_and(|answer| matches!(answer.status.as_u16(), 400 | 405 | 411 | 415 | 501))
}

fn is_lost(error: &Error) -> bool {
    error.answer().is_some_and(|answer| answer.has_code("BLOB_UPLOAD_UNKNOWN"))
}
