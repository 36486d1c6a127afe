use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::auth::Authenticator;
use crate::auth::credential::CredentialStore;
use crate::content::{Event, Progress};
use crate::endpoint::Endpoint;
use crate::http;
use crate::model::{Reference, Registry};
use crate::registry::{Host, Repository, Warning};
use crate::transfer::Limits;

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
    authenticators: Mutex<HashMap<Registry, Arc<Authenticator>>>,
    defaulted: AtomicBool,
}

impl Context {
    /// Puts the parts together; nothing is opened.
    pub fn new(
        http: Arc<http::Client>,
        credentials: Arc<dyn CredentialStore>,
        limits: Limits,
        progress: Arc<dyn Progress>,
    ) -> Self {
        Self {
            http,
            credentials,
            limits,
            progress,
            authenticators: Mutex::default(),
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

    /// The repository of a reference. No I/O.
    ///
    /// # Errors
    /// [`http::Error::Address`] where the port is none.
    pub fn repository(&self, reference: &Reference) -> Result<Repository, http::Error> {
        let registry = reference.registry();
        let endpoint = Endpoint::origin(registry)?;
        Ok(Repository::open(self.http.clone(), endpoint, self.authenticator(registry), reference.repository()))
    }

    /// A registry as a whole. No I/O.
    ///
    /// # Errors
    /// [`http::Error::Address`] where the port is none.
    pub fn host(&self, registry: &Registry) -> Result<Host, http::Error> {
        Ok(Host::open(self.http.clone(), Endpoint::origin(registry)?, self.authenticator(registry)))
    }

    /// One per registry and run, so that tokens are shared.
    fn authenticator(&self, registry: &Registry) -> Arc<Authenticator> {
        let mut known = self.authenticators.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Authenticator::new(self.http.clone(), registry.clone(), self.credentials.clone());
        known.entry(registry.clone()).or_insert_with(new).clone()
    }

    /// Passes on what a repository noticed.
    pub(super) fn pass_on_warnings(&self, repository: &Repository) {
        self.pass_on(repository.take_warnings());
    }

    pub(super) fn pass_on(&self, warnings: Vec<Warning>) {
        for warning in warnings {
            self.progress.report(Event::Warning { text: &warning.to_string() });
        }
    }
}
