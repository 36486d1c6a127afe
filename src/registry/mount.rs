//! What a push need not send: blobs that the repository has, and blobs that other repositories of the registry have
//! (distribution-spec, "Checking if content exists in the registry", "Mounting a blob from another repository").

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::Error;
use super::host::Host;
use super::repository::{DOCKER_CONTENT_DIGEST, is_repository};
use super::session::Session;
use super::upload::Uploader;
use crate::auth::{Scope, Scoped};
use crate::content::IntegrityError;
use crate::http::{Method, Request, Response, StatusCode};
use crate::model::Digest;

/// Repositories that one blob is tried to be mounted from. The first holds it as a rule.
const MOUNTS: usize = 2;

/// What a push found out: whether a blob is in a repository of the registry, by the latest word.
pub type Findings = BTreeMap<(Digest, String), bool>;

/// What became of one request to mount.
enum Mounted {
    Done,
    /// Not from there.
    Refused,
    /// Not at all.
    Unsupported,
}

/// Lets the first request of a kind go alone until it is answered: it may come back with the order to fetch a token,
/// and all that went beside it would have gone twice.
#[derive(Default)]
pub(super) struct Gate {
    passed: Mutex<BTreeSet<String>>,
    turn: tokio::sync::Mutex<()>,
}

impl Gate {
    /// `kind` is what the token of `request` is for.
    async fn pass<T>(&self, host: &Host, kind: &str, request: impl Future<Output = T>) -> T {
        let is_open = || {
            let passed = lock(&self.passed);
            passed.contains(kind) || !(passed.is_empty() || host.wants_tokens())
        };
        if is_open() {
            return request.await;
        }
        let turn = self.turn.lock().await;
        if is_open() {
            drop(turn);
            return request.await;
        }
        let answer = request.await;
        lock(&self.passed).insert(kind.to_owned());
        answer
    }
}

impl Uploader {
    /// Whether the repository is to be asked for the blob before anything else is tried: unless it is to be had from
    /// elsewhere, and was never seen here.
    pub(super) fn is_to_be_looked_for(&self, digest: &Digest) -> bool {
        let known = self.known.get(digest).map(Vec::as_slice).unwrap_or_default();
        self.only_looks || known.is_empty() || known.iter().any(|name| name == self.repository().name())
    }

    /// Whether the repository has the blob.
    pub(super) async fn look_for(&self, digest: &Digest) -> Result<bool, Error> {
        let repository = self.repository();
        let authorizer = repository.push();
        let request = repository.blob_exists_for(digest, &authorizer);
        let held = self.gate.pass(repository.host(), "", request).await?;
        lock(&self.looked).insert(digest.clone());
        self.found(digest, repository.name(), held);
        Ok(held)
    }

    /// Takes the blob over from a repository that is known to have it. Where none gives it, the repository is asked
    /// whether it has the blob itself, unless that is known.
    pub(super) async fn take_over(&self, digest: &Digest) -> Result<bool, Error> {
        let known = self.known.get(digest).map(Vec::as_slice).unwrap_or_default();
        let here = self.repository().name();
        for from in known.iter().filter(|from| *from != here && is_repository(from)).take(MOUNTS) {
            if self.mounts_nothing.load(Ordering::Relaxed) {
                break;
            }
            match self.mount_from(digest, from).await {
                Ok(Mounted::Done) => {
                    self.found(digest, from, true);
                    self.took(digest);
                    return Ok(true);
                }
                Ok(Mounted::Refused) => self.found(digest, from, false),
                Ok(Mounted::Unsupported) => self.mounts_nothing.store(true, Ordering::Relaxed),
                Err(error @ Error::Integrity(_)) => return Err(error),
                Err(error) => {
                    // As a string it is written with its control characters escaped.
                    tracing::debug!(error = error.to_string(), "not mounted");
                    let refused = matches!(&error, Error::Auth { source, .. } if source.transport().is_none());
                    if refused {
                        self.found(digest, from, false);
                    }
                }
            }
        }
        let is_known = self.is_to_be_looked_for(digest) || lock(&self.looked).contains(digest);
        // Where no answer comes, the upload will tell why.
        if is_known || !self.look_for(digest).await.unwrap_or(false) {
            return Ok(false);
        }
        self.drop_session(digest).await;
        Ok(true)
    }

    async fn mount_from(&self, digest: &Digest, from: &str) -> Result<Mounted, Error> {
        let host = self.repository().host();
        let operation = self.about("mount", digest);
        let mut url = self.repository().url("blobs/uploads/")?;
        url.query_pairs_mut().append_pair("mount", &digest.to_string()).append_pair("from", from);
        let (request, authorizer) = (Request::new(Method::POST, url), self.mounting(from));
        let response = self.gate.pass(host, from, host.send(&operation, request, &authorizer)).await?;
        match response.status() {
            StatusCode::CREATED => self.check_mount(digest, &response).await,
            StatusCode::ACCEPTED => {
                let session = Session::open(host, &operation, &response)?;
                self.drop_session(digest).await;
                self.sessions().insert(digest.clone(), session);
                Ok(Mounted::Refused)
            }
            StatusCode::BAD_REQUEST | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
                Ok(Mounted::Unsupported)
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Ok(Mounted::Refused),
            _ => Err(host.refuse(operation, response).await),
        }
    }

    /// Whether what was mounted is the blob, as far as the answer says.
    async fn check_mount(&self, digest: &Digest, response: &Response) -> Result<Mounted, Error> {
        let Some(stated) = response.headers().get(DOCKER_CONTENT_DIGEST) else { return Ok(Mounted::Done) };
        match stated.to_str().ok().and_then(|stated| Digest::parse(stated.trim()).ok()) {
            Some(actual) if actual == *digest => Ok(Mounted::Done),
            Some(actual) if actual.algorithm() == digest.algorithm() => {
                Err(IntegrityError::Digest { expected: digest.clone(), actual }.into())
            }
            // The registry may name the blob by another algorithm; what counts is that ours is there.
            _ if self.look_for(digest).await? => Ok(Mounted::Done),
            _ => Ok(Mounted::Refused),
        }
    }

    fn mounting(&self, from: &str) -> Scoped {
        let host = self.repository().host();
        let name = self.repository().scope_name();
        let from = host.endpoint().scope_name_of(from);
        host.authorizer(Some(&name), vec![Scope::push(&name), Scope::pull(&from)])
    }

    /// Notes that the repository holds the blob now.
    pub(super) fn took(&self, digest: &Digest) {
        self.found(digest, self.repository().name(), true);
    }

    /// Notes whether `repository` holds the blob. The latest word counts.
    pub(super) fn found(&self, digest: &Digest, repository: &str, held: bool) {
        lock(&self.findings).insert((digest.clone(), repository.to_owned()), held);
    }

    /// What was found out since this was last asked.
    #[must_use]
    pub fn take_findings(&self) -> Findings {
        std::mem::take(&mut *lock(&self.findings))
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it holds one of our locks, and each value is whole at any time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
