//! Image references: `host[:port]/namespace/image[:tag][@digest]`.
//!
//! The grammar, the defaults and the limits are those of the CNCF distribution project's `reference` package, with one
//! named deviation: `registry-1.docker.io` is Docker Hub too. And one consequence of always having a registry:
//! `a_b.c/d`, whose dot makes the first part a host and whose underscore makes it none, is a name without any host
//! there, and refused here. The parser is written by hand, because every command
//! parses a reference before it does anything else, and because an error points at the part that is wrong.
//!
//! Must not know: mirrors, search lists, schemes. A caller that has a search list asks [`Reference::names_registry`] and
//! parses once per registry with [`Reference::parse_on`].

mod error;
mod grammar;

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

pub use error::{Reason, ReferenceError};

use super::Digest;

/// The name of Docker Hub in references, and where a name without a host belongs.
const HUB: &str = "docker.io";
/// Other names of Docker Hub. The first is distribution's, the second is ours.
const HUB_ALIASES: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];
/// Where Docker Hub keeps the images without a namespace.
const HUB_NAMESPACE: &str = "library";
/// What is meant where neither tag nor digest is written.
const DEFAULT_TAG: &str = "latest";

/// A registry, by the name that people see: `docker.io`, or `host[:port]` as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Registry(String);

impl Registry {
    /// Docker Hub.
    #[must_use]
    pub fn docker_hub() -> Self {
        Self(HUB.to_owned())
    }

    /// Parses `host[:port]`; the other names of Docker Hub become `docker.io`.
    ///
    /// # Errors
    /// See [`ReferenceError`]; a URL is refused, and its host suggested.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        grammar::registry(text).map_err(|(span, reason)| ReferenceError::of_registry(text, span, reason))?;
        Ok(Self::canonical(text))
    }

    /// `host` must follow the grammar.
    fn canonical(host: &str) -> Self {
        if HUB_ALIASES.contains(&host) { Self::docker_hub() } else { Self(host.to_owned()) }
    }

    /// The canonical name: `docker.io`, or `host[:port]` as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host without the port; an IPv6 address keeps its brackets, as in a URL.
    #[must_use]
    pub fn host(&self) -> &str {
        self.split().0
    }

    /// The digits of the port, where one was written. The grammar sets no upper bound, so they may not fit 16 bits.
    #[must_use]
    pub fn port(&self) -> Option<&str> {
        self.split().1
    }

    fn split(&self) -> (&str, Option<&str>) {
        let port_from = self.0.find(']').unwrap_or(0);
        match self.0[port_from..].find(':') {
            Some(colon) => (&self.0[..port_from + colon], Some(&self.0[port_from + colon + 1..])),
            None => (&self.0, None),
        }
    }

    /// Where the API is: `registry-1.docker.io` for `docker.io`, else the name itself.
    #[must_use]
    pub fn api_host(&self) -> &str {
        if self.is_docker_hub() { "registry-1.docker.io" } else { &self.0 }
    }

    /// The key under which credential files keep it: `https://index.docker.io/v1/` for `docker.io`, else the name.
    #[must_use]
    pub fn credential_key(&self) -> &str {
        if self.is_docker_hub() { "https://index.docker.io/v1/" } else { &self.0 }
    }

    /// Whether this is Docker Hub.
    #[must_use]
    pub fn is_docker_hub(&self) -> bool {
        self.0 == HUB
    }

    /// Whether the name as written is this machine: `localhost`, `127.0.0.0/8`, `[::1]`. Nothing is resolved.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return address.parse() == Ok(Ipv6Addr::LOCALHOST);
        }
        host.eq_ignore_ascii_case(grammar::LOCALHOST) || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Registry {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

/// A parsed, normalised reference. `Display` is canonical: parsing it again gives an equal value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    registry: Registry,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// Parses and normalises; neither tag nor digest is added. A name without a host is on Docker Hub.
    ///
    /// # Errors
    /// See [`ReferenceError`].
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        Self::parse_on(text, &Registry::docker_hub())
    }

    /// Parses as [`Reference::parse`] does, but a name without a host is on `default`. `library/` is added on Docker
    /// Hub only.
    ///
    /// # Errors
    /// See [`ReferenceError`].
    pub fn parse_on(text: &str, default: &Registry) -> Result<Self, ReferenceError> {
        Self::parse_parts(text, default).map_err(|(span, reason)| ReferenceError::of_reference(text, span, reason))
    }

    fn parse_parts(text: &str, default: &Registry) -> Result<Self, grammar::Fault> {
        let parts = grammar::reference(text)?;
        let registry = parts.host.map_or_else(|| default.clone(), |host| Registry::canonical(&text[host]));
        let path = &text[parts.path.clone()];
        let repository = if registry.is_docker_hub() && !path.contains('/') {
            format!("{HUB_NAMESPACE}/{path}")
        } else {
            path.to_owned()
        };
        // Of the normalised name, as in distribution: `library/` counts, the host does not.
        if repository.len() > grammar::MAX_REPOSITORY_BYTES {
            return Err((parts.path, Reason::RepositoryTooLong(repository.len())));
        }
        Ok(Self { registry, repository, tag: parts.tag.map(|tag| text[tag].to_owned()), digest: parts.digest })
    }

    /// Whether `text` starts with a host: what a search list does not apply to.
    #[must_use]
    pub fn names_registry(text: &str) -> bool {
        grammar::host_end(text).is_some()
    }

    /// The registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The repository's path on the registry: `library/debian`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, where one was written.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, where one was written.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Registry and repository without tag and digest: `docker.io/library/debian`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// With `latest` added if there is neither tag nor digest.
    #[must_use]
    pub fn or_latest(mut self) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some(DEFAULT_TAG.to_owned());
        }
        self
    }

    /// The same reference under `tag`; the digest stays.
    ///
    /// # Errors
    /// [`ReferenceError`] where `tag` is not one.
    pub fn with_tag(mut self, tag: &str) -> Result<Self, ReferenceError> {
        grammar::tag(tag, 0..tag.len()).map_err(|(span, reason)| ReferenceError::of_part(tag, span, reason))?;
        self.tag = Some(tag.to_owned());
        Ok(self)
    }

    /// The same reference pinned to `digest`; the tag stays.
    #[must_use]
    pub fn with_digest(mut self, digest: Digest) -> Self {
        self.digest = Some(digest);
        self
    }

    /// The same reference without digest.
    #[must_use]
    pub fn without_digest(mut self) -> Self {
        self.digest = None;
        self
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
