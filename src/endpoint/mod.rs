//! Where a registry is contacted, and how it is trusted on the way.

mod trust;

pub use trust::{InsecureRule, TrustSettings};

use crate::http::{Error, HostPort, Url};
use crate::model::Registry;

/// A place to ask for a registry's content: for now the registry itself.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The registry that it speaks for.
    pub registry: Registry,
    /// The root of its API, in front of `/v2/`. The scheme is `https` also where plain HTTP is allowed: `http` the
    /// module decides on that when it connects.
    pub base: Url,
}

impl Endpoint {
    /// The registry's own API.
    ///
    /// # Errors
    /// [`Error::Address`] where the port is none: the grammar of references allows any digits.
    pub fn origin(registry: &Registry) -> Result<Self, Error> {
        let base = Url::parse(&format!("https://{}/", registry.api_host()))
            .map_err(|_| Error::Address { host: registry.to_string() })?;
        Ok(Self { registry: registry.clone(), base })
    }

    /// The host that is contacted, with the port that was written: certificate directories tell `r` from `r:443`.
    #[must_use]
    pub fn host(&self) -> HostPort {
        let here = HostPort::of(&self.base);
        HostPort::parse(self.registry.api_host()).filter(|written| written.is_at(&here)).unwrap_or(here)
    }
}
