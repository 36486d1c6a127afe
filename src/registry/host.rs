use std::sync::{Arc, OnceLock};

use super::error::Error;
use super::list::Listing;
use super::repository::Repository;
use super::warning::{self, Warning, Warnings};
use crate::auth::{Authenticator, Scope, Scoped};
use crate::endpoint::Endpoint;
use crate::http::{
    Anonymous, Authorizer, Client, HostPort, HostTrust, Method, Request, Response, StatusCode, Url, header,
};

/// A registry as a whole. Cheap to clone; clones share what they collect.
#[derive(Clone)]
pub struct Host {
    shared: Arc<Shared>,
}

struct Shared {
    client: Arc<Client>,
    endpoint: Endpoint,
    /// The endpoint's own.
    trust: Option<Arc<HostTrust>>,
    authenticator: Arc<Authenticator>,
    warnings: Warnings,
    /// Set once it has failed in a way that the next request would meet too.
    dropped: OnceLock<()>,
    /// Set once nobody was reached there, for whatever registry it speaks.
    unreachable: Arc<OnceLock<()>>,
}

impl Host {
    /// Does no input or output.
    #[must_use]
    pub fn open(client: Arc<Client>, endpoint: Endpoint, authenticator: Arc<Authenticator>) -> Self {
        Self::of(client, endpoint, authenticator, Arc::default())
    }

    /// Another endpoint at the same URL: where nobody was reached for one, nobody is for the other.
    #[must_use]
    pub fn beside(&self, endpoint: Endpoint, authenticator: Arc<Authenticator>) -> Self {
        Self::of(Arc::clone(&self.shared.client), endpoint, authenticator, Arc::clone(&self.shared.unreachable))
    }

    fn of(
        client: Arc<Client>,
        endpoint: Endpoint,
        authenticator: Arc<Authenticator>,
        unreachable: Arc<OnceLock<()>>,
    ) -> Self {
        client.introduce(endpoint.host());
        let trust = endpoint.trust.clone().map(Arc::new);
        let (warnings, dropped) = (Warnings::default(), OnceLock::new());
        Self { shared: Arc::new(Shared { client, endpoint, trust, authenticator, warnings, dropped, unreachable }) }
    }

    /// One of its repositories. Does no input or output.
    #[must_use]
    pub fn repository(&self, name: &str) -> Repository {
        Repository::of(self.clone(), name)
    }

    /// Asks whether the registry is one, and lets the caller in: distribution-spec, "Determining Support".
    ///
    /// # Errors
    /// [`Error::Denied`] for 401 and 403, [`Error::NotARegistry`] for 404; else as any request.
    pub async fn ping(&self) -> Result<(), Error> {
        let url = self.url("")?;
        let operation = format!("use the registry {}", self.registry());
        let response =
            self.send(&operation, Request::new(Method::GET, url), &self.authorizer(None, Vec::new())).await?;
        match response.status() {
            StatusCode::OK => Ok(()),
            StatusCode::NOT_FOUND => {
                let host = response.url().authority().to_owned();
                Err(Error::NotARegistry { host, status: StatusCode::NOT_FOUND })
            }
            _ => Err(self.refuse(operation, response).await),
        }
    }

    /// The repositories that the registry is willing to list, page by page, at most `limit`.
    #[must_use]
    pub fn catalog(&self, limit: Option<usize>) -> Listing {
        Listing::catalog(self.clone(), limit)
    }

    /// The warnings collected since they were last taken; each comes once.
    #[must_use]
    pub fn take_warnings(&self) -> Vec<Warning> {
        self.shared.warnings.take()
    }

    /// Where it is asked.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    pub(super) fn client(&self) -> &Client {
        &self.shared.client
    }

    pub(super) fn registry(&self) -> &str {
        self.shared.endpoint.registry.as_str()
    }

    pub(super) fn warn(&self, warning: Warning) {
        self.shared.warnings.add(warning);
    }

    pub(super) fn authorizer(&self, repository: Option<&str>, scopes: Vec<Scope>) -> Scoped {
        self.shared.authenticator.scoped(repository, scopes).trusting(self.endpoint().host(), self.shared.trust.clone())
    }

    /// Whether each kind of request needs a token of its own, as far as it is known by now.
    pub(super) fn wants_tokens(&self) -> bool {
        self.shared.authenticator.wants_tokens()
    }

    /// Leaves it alone for the rest of the run, as one of several places; where it was not reached at all, whatever
    /// registry it is to speak for. `false` where it was left alone already.
    pub(super) fn drop_out(&self, unreachable: bool) -> bool {
        let first = self.shared.dropped.set(()).is_ok();
        if unreachable { self.shared.unreachable.set(()).is_ok() } else { first }
    }

    pub(super) fn is_out(&self) -> bool {
        self.shared.dropped.get().is_some() || self.shared.unreachable.get().is_some()
    }

    /// `path` below the root of the API; its parts have been checked.
    pub(super) fn url(&self, path: &str) -> Result<Url, Error> {
        let mut url = self.shared.endpoint.base.join(path).map_err(|_| Error::Name(path.to_owned()))?;
        if let Some(namespace) = &self.shared.endpoint.namespace {
            url.query_pairs_mut().append_pair("ns", namespace);
        }
        Ok(url)
    }

    /// Whether `url` is at the registry, so that its credentials may go there. `answered` is where a request to the
    /// registry was answered: its scheme differs from the endpoint's where plain HTTP is allowed.
    pub(super) fn owns(&self, url: &Url, answered: &Url) -> bool {
        let base = &self.shared.endpoint.base;
        let same_authority = (answered.host_str(), answered.port()) == (base.host_str(), base.port());
        url.origin() == base.origin() || (same_authority && url.origin() == answered.origin())
    }

    /// Sends to the registry, and collects what it warns of. Any status.
    pub(super) async fn send(&self, operation: &str, request: Request, authorizer: &Scoped) -> Result<Response, Error> {
        let response = self.exchange(operation, request.clone(), authorizer).await?;
        let mute = !response.headers().contains_key(header::WWW_AUTHENTICATE);
        let silent = mute
            && self.owns(response.url(), response.url())
            && match response.status() {
                StatusCode::UNAUTHORIZED => true,
                StatusCode::FORBIDDEN => {
                    let untried = authorizer.are_untried().await;
                    untried.map_err(|source| Error::Auth { operation: operation.to_owned(), source })?
                }
                _ => false,
            };
        if !silent {
            return Ok(response);
        }
        // gcr.io and others say at `/v2/` alone how they want to be asked.
        let ping = Request { repeat: request.repeat, ..Request::new(Method::GET, self.url("")?) };
        if self.exchange(operation, ping, authorizer).await?.status() != StatusCode::OK {
            return Ok(response);
        }
        self.exchange(operation, request, authorizer).await
    }

    /// The same for a URL that the registry named: without credentials where `at_home` is false.
    pub(super) async fn send_to(
        &self,
        operation: &str,
        request: Request,
        authorizer: &Scoped,
        at_home: bool,
    ) -> Result<Response, Error> {
        if at_home {
            self.send(operation, request, authorizer).await
        } else {
            self.exchange(operation, request, &Anonymous).await
        }
    }

    pub(super) async fn exchange(
        &self,
        operation: &str,
        request: Request,
        authorizer: &dyn Authorizer,
    ) -> Result<Response, Error> {
        let mut request = request;
        if self.owns(&request.url, &request.url) {
            request.headers.extend(self.shared.endpoint.headers.clone());
        }
        request.trust = self.shared.trust.clone().filter(|_| self.endpoint().host().is_at(&HostPort::of(&request.url)));
        let answer = self.client().send(request, authorizer).await;
        let response = answer.map_err(|source| Error::unanswered(operation, source))?;
        for text in warning::texts(response.headers()) {
            self.warn(Warning::Registry { registry: self.registry().to_owned(), text });
        }
        Ok(response)
    }

    /// Turns an answer that will not do into an error.
    pub(super) async fn refuse(&self, operation: String, response: Response) -> Error {
        let repository = self.repository_at(response.url());
        Error::refusal(operation, response, repository, self.credentials_sent(), false).await
    }

    /// The same for a request that is not repeated by itself.
    pub(super) async fn refuse_once(&self, operation: String, response: Response) -> Error {
        let repository = self.repository_at(response.url());
        Error::refusal(operation, response, repository, self.credentials_sent(), true).await
    }

    /// The repository that a URL of this registry is about, with the registry's name in front.
    fn repository_at(&self, url: &Url) -> Option<String> {
        let path = url.path().strip_prefix(self.shared.endpoint.base.path()).filter(|_| self.owns(url, url))?;
        let parts = ["/manifests/", "/blobs/", "/tags/"].iter();
        let (name, _) = parts.filter_map(|part| path.rsplit_once(part)).max_by_key(|(name, _)| name.len())?;
        Some(format!("{}/{name}", self.registry()))
    }

    fn credentials_sent(&self) -> Option<String> {
        self.shared.authenticator.last_used()
    }
}
