//! The requests that reading an image makes, place by place, told instead of sent.

use super::chain::Chain;
use super::error::Error;
use super::repository::{Repository, Target};
use crate::endpoint::Endpoint;
use crate::http::{Method, Url, plain};
use crate::model::Digest;

/// Stands for every digest that only an answer tells.
const UNKNOWN: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
/// How that one is shown.
const SHOWN: &str = "<digest>";

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Whether the tag is still what the store has; only where the store has it.
    Compare,
    /// What the reference stands for.
    Manifest,
    /// The images of an index.
    Children,
    /// Configurations and layers.
    Blobs,
}

/// One request, or one for each digest that turns up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// What it is for.
    pub purpose: Purpose,
    url: Url,
}

impl Request {
    /// Where it goes: without user and password, and with `<digest>` for what only an answer tells. `over_http` is for
    /// hosts that plain HTTP is spoken with.
    #[must_use]
    pub fn url(&self, over_http: bool) -> String {
        let mut url = if over_http { plain(&self.url) } else { self.url.clone() };
        // Both can fail only for URLs that have no host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        match self.purpose {
            Purpose::Compare | Purpose::Manifest => url.into(),
            Purpose::Children | Purpose::Blobs => url.as_str().replace(UNKNOWN, SHOWN),
        }
    }
}

/// One place, and what it would be asked.
#[derive(Clone, Debug)]
pub struct Place {
    /// The place.
    pub endpoint: Endpoint,
    /// In their order; those that it may not be asked are left out.
    pub requests: Vec<Request>,
}

impl Chain {
    /// What reading `target` would ask at each place, if the places before it were of no use.
    ///
    /// # Errors
    /// [`Error::Name`].
    pub fn preview(&self, target: &Target) -> Result<Vec<Place>, Error> {
        let unknown = Digest::parse(UNKNOWN).map_err(|_| Error::Name(UNKNOWN.to_owned()))?;
        let any = Target::Digest(unknown.clone());
        let of = |(at, place): (usize, &Repository)| {
            let mut requests = Vec::new();
            if self.may(at, place, target) {
                let url = place.manifest_url(target)?;
                if matches!(target, Target::Tag(_)) {
                    requests.push(Request { method: Method::HEAD, purpose: Purpose::Compare, url: url.clone() });
                }
                requests.push(Request { method: Method::GET, purpose: Purpose::Manifest, url });
            }
            if self.may(at, place, &any) {
                let (child, blob) = (place.manifest_url(&any)?, place.blob_url(&unknown)?);
                requests.push(Request { method: Method::GET, purpose: Purpose::Children, url: child });
                requests.push(Request { method: Method::GET, purpose: Purpose::Blobs, url: blob });
            }
            Ok(Place {
                endpoint: Endpoint { repository: place.name().to_owned(), ..place.host().endpoint().clone() },
                requests,
            })
        };
        self.places().iter().enumerate().map(of).collect()
    }
}
