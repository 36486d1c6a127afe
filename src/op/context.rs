use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;

use crate::auth::Authenticator;
use crate::auth::credential::CredentialStore;
use crate::content::{Event, Progress};
use crate::endpoint::{self, Endpoint, Registries, Route};
use crate::http;
use crate::model::{Reference, Registry};
use crate::registry::{self, Chain, Host, Repository, Uploader, Warning};
use crate::transfer::Limits;

/// The uploads of a run, for whoever gives it up: a command that is dropped cannot say farewell itself.
#[derive(Default)]
pub struct OpenUploads(Mutex<Vec<Arc<Uploader>>>);

impl OpenUploads {
    pub(super) fn add(&self, uploader: &Arc<Uploader>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(uploader));
    }

    /// Tells registries to forget what nobody goes on with, as far as they listen.
    pub async fn abandon(&self) {
        let open = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        join_all(open.iter().map(|uploader| uploader.abandon())).await;
    }
}

/// What every verb that talks to a registry works with.
pub struct Context {
    /// The HTTP client.
    pub http: Arc<http::Client>,
    /// Where credentials are.
    pub credentials: Arc<dyn CredentialStore>,
    /// How hard to try.
    pub limits: Limits,
    /// Who hears about it.
    pub progress: Arc<dyn Progress>,
    /// What is said about registries.
    pub registries: Arc<Registries>,
    /// The uploads that are under way.
    pub open_uploads: Arc<OpenUploads>,
    authenticators: Mutex<HashMap<Registry, Arc<Authenticator>>>,
    hosts: Mutex<Vec<Host>>,
    defaulted: AtomicBool,
}

impl Context {
    /// Puts the parts together; nothing is opened.
    pub fn new(
        http: Arc<http::Client>,
        credentials: Arc<dyn CredentialStore>,
        limits: Limits,
        progress: Arc<dyn Progress>,
        registries: Arc<Registries>,
        open_uploads: Arc<OpenUploads>,
    ) -> Self {
        Self {
            http,
            credentials,
            limits,
            progress,
            registries,
            open_uploads,
            authenticators: Mutex::default(),
            hosts: Mutex::default(),
            defaulted: AtomicBool::new(false),
        }
    }

    /// The reference with the tag `latest` where it has neither tag nor digest, which is said once per run.
    pub(super) fn or_latest(&self, reference: &Reference) -> Reference {
        if reference.tag().is_none() && reference.digest().is_none() && !self.defaulted.swap(true, Ordering::Relaxed) {
            self.progress.report(Event::DefaultTag);
        }
        reference.clone().or_latest()
    }

    /// All the places where a reference is read. Nothing is contacted.
    ///
    /// # Errors
    /// A setting that forbids it or cannot be used.
    pub fn chain(&self, reference: &Reference) -> Result<Chain, endpoint::Error> {
        let Route { mirrors, origin, .. } = self.registries.route(reference)?;
        let mirrors = mirrors.into_iter().map(|mirror| self.at(mirror)).collect();
        Ok(Chain::new(mirrors, self.at(origin)))
    }

    /// The repository of a reference on the registry itself: for lists. Nothing is contacted.
    ///
    /// # Errors
    /// As [`Context::chain`].
    pub fn repository(&self, reference: &Reference) -> Result<Repository, endpoint::Error> {
        Ok(self.at(self.registries.itself(reference.registry(), Some(reference))?))
    }

    /// Where a reference is pushed to. Nothing is contacted.
    ///
    /// # Errors
    /// As [`Context::chain`].
    pub fn destination(&self, reference: &Reference) -> Result<Repository, endpoint::Error> {
        Ok(self.at(self.registries.push_to(reference)?))
    }

    /// A registry as a whole. Nothing is contacted.
    ///
    /// # Errors
    /// As [`Context::chain`].
    pub fn host(&self, registry: &Registry) -> Result<Host, endpoint::Error> {
        Ok(self.host_at(self.registries.itself(registry, None)?))
    }

    /// The repository at an endpoint.
    pub fn at(&self, endpoint: Endpoint) -> Repository {
        let name = endpoint.repository.clone();
        self.host_at(endpoint).repository(&name)
    }

    /// One per endpoint and run, so that what is learnt of it is shared.
    fn host_at(&self, endpoint: Endpoint) -> Host {
        let endpoint = Endpoint { repository: String::new(), ..endpoint };
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hosts.iter().find(|known| *known.endpoint() == endpoint) {
            return known.clone();
        }
        let authenticator = self.authenticator(&endpoint.registry);
        let host = match hosts.iter().find(|known| known.endpoint().base == endpoint.base) {
            Some(beside) => beside.beside(endpoint, authenticator),
            None => Host::open(self.http.clone(), endpoint, authenticator),
        };
        hosts.push(host.clone());
        host
    }

    /// One per registry and run, so that tokens are shared.
    pub(super) fn authenticator(&self, registry: &Registry) -> Arc<Authenticator> {
        let mut known = self.authenticators.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Authenticator::new(self.http.clone(), registry.clone(), self.credentials.clone());
        known.entry(registry.clone()).or_insert_with(new).clone()
    }

    /// A failure of the last place, with those of the places before it as its first cause. One of this machine is none.
    pub(super) fn with_mirrors<T>(
        chain: &Chain,
        outcome: Result<T, impl Into<anyhow::Error>>,
    ) -> Result<T, anyhow::Error> {
        outcome.map_err(|error| {
            let error: anyhow::Error = error.into();
            let passed: Vec<String> =
                chain.passed_over().into_iter().map(|(place, why)| format!("{place} ({why})")).collect();
            if passed.is_empty() || !error.chain().any(<dyn std::error::Error>::is::<registry::Error>) {
                return error;
            }
            let mirrors = if passed.len() == 1 { "the mirror was" } else { "the mirrors were" };
            error.context(format!("{mirrors} of no use: {}", passed.join(", ")))
        })
    }

    /// Passes on what was noticed on the way.
    pub(super) fn pass_on(&self, warnings: Vec<Warning>) {
        for warning in warnings {
            self.progress.report(Event::Warning { text: &warning.to_string() });
        }
    }
}
