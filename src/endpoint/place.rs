use std::collections::HashSet;
use std::fmt;

use super::{Error, Provenance};
use crate::http::{DisplayUrl, HeaderMap, HostPort, HostTrust, Url};
use crate::model::{Reference, Registry};

/// What an endpoint may be asked for: the words of containerd's `hosts.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capabilities {
    /// Content by its digest.
    pub pull: bool,
    /// What a tag stands for.
    pub resolve: bool,
    /// To take content.
    pub push: bool,
}

impl Capabilities {
    /// Those of a mirror of which nothing is said: it resolves tags too, as in Docker.
    pub const MIRROR: Self = Self { pull: true, resolve: true, push: false };
    /// Those of a registry.
    pub const ALL: Self = Self { pull: true, resolve: true, push: true };
}

/// What an endpoint is to the name that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It stands in for the registry: what it lacks is asked for elsewhere.
    Mirror,
    /// The registry's own word: what it says is final.
    Origin,
}

/// A place to ask for the content of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host that is contacted, as a registry: credentials are looked up for it and for nobody else.
    pub registry: Registry,
    /// The root of its API, with the slash behind: `https://registry.example/v2/`. The scheme is `https` also where
    /// plain HTTP is allowed: the `http` layer decides on that when it connects. `http` is consent to plain HTTP.
    pub base: Url,
    /// The repository's path there; empty where only the host is meant.
    pub repository: String,
    /// The registry that it is to speak for, for hosts that speak for several: distribution-spec, "Registry Proxying",
    /// parameter `ns`.
    pub namespace: Option<String>,
    /// What it may be asked for.
    pub capabilities: Capabilities,
    /// Headers that go to it and nowhere else. They may be secrets.
    pub headers: HeaderMap,
    /// How to trust it beyond what is said of its host.
    pub trust: Option<HostTrust>,
    /// Mirror or origin.
    pub role: Role,
    /// Why it is asked.
    pub from: Provenance,
}

impl Endpoint {
    /// A registry itself, for a repository of it.
    ///
    /// # Errors
    /// [`Error::Address`] where the port is none.
    pub fn origin(registry: &Registry, repository: &str) -> Result<Self, Error> {
        let base = Url::parse(&format!("https://{}/v2/", registry.api_host()))
            .map_err(|_| Error::Address { host: registry.to_string() })?;
        Ok(Self {
            registry: registry.clone(),
            base,
            repository: repository.to_owned(),
            namespace: None,
            capabilities: Capabilities::ALL,
            headers: HeaderMap::new(),
            trust: None,
            role: Role::Origin,
            from: Provenance::BuiltIn,
        })
    }

    /// Who is asked, as the user wrote it where the user did.
    #[must_use]
    pub fn host(&self) -> HostPort {
        let here = HostPort::of(&self.base);
        HostPort::parse(self.registry.api_host()).filter(|written| written.is_at(&here)).unwrap_or(here)
    }

    /// The name of the repository in token scopes: a path behind `/v2/` is part of it.
    #[must_use]
    pub fn scope_name(&self) -> String {
        self.scope_name_of(&self.repository)
    }

    /// The same for another repository there.
    #[must_use]
    pub fn scope_name_of(&self, repository: &str) -> String {
        let path = self.base.path();
        let project = path.rfind("/v2/").map_or("", |at| &path[at + "/v2/".len()..]);
        format!("{project}{repository}")
    }

    /// As one that is not asked.
    pub(super) fn skipped(self, why: SkipReason) -> Skipped {
        Skipped { place: self.shown(), from: self.from, why }
    }

    /// What people call it: the URL without its `/v2/`, and the host alone where that says it all.
    #[must_use]
    pub fn shown(&self) -> String {
        match self.role {
            Role::Origin if self.base.scheme() == "https" => self.registry.to_string(),
            _ => shown(&self.base),
        }
    }
}

/// The root of an API as people write it; user and password are left out.
pub(super) fn shown(base: &Url) -> String {
    let root = DisplayUrl(base).to_string();
    root.strip_suffix("/v2/").unwrap_or(root.trim_end_matches('/')).to_owned()
}

/// The registry at a URL, by the name that credentials have for it. One without a port is the one over HTTPS, so that
/// what was stored for it is not sent in plain to whoever is at port 80.
#[must_use]
pub(super) fn registry_at(url: &Url) -> Option<Registry> {
    let host = url.host_str()?;
    let port = url.port().or((url.scheme() == "http").then_some(80));
    let name = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Registry::parse(&name).ok()
}

/// The root of the API below a URL that somebody wrote: `/v2/` is added, unless the path is to be taken as it is.
/// Docker Hub's API is elsewhere than its name says, and files have all of its names.
#[must_use]
pub fn api_root(url: &Url, path_as_it_is: bool) -> Url {
    let mut base = url.clone();
    let named = url.host_str().filter(|_| url.port().is_none()).and_then(|host| Registry::parse(host).ok());
    if let Some(hub) = named.filter(Registry::is_docker_hub) {
        // A name that is known to be one cannot be refused.
        let _ = base.set_host(Some(hub.api_host()));
    }
    let path = base.path().trim_end_matches('/');
    let root = if path_as_it_is || path.ends_with("/v2") { format!("{path}/") } else { format!("{path}/v2/") };
    base.set_path(&root);
    base
}

/// Where one name is asked for, in order: mirrors, then the registry itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The name, as it was asked for.
    pub reference: Reference,
    /// The mirrors, in their order.
    pub mirrors: Vec<Endpoint>,
    /// The registry, whose word is final.
    pub origin: Endpoint,
    /// The mirrors that are not asked for this name.
    pub skipped: Vec<Skipped>,
}

/// A mirror that some setting names for a name, and that is not asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// What it is called there.
    pub place: String,
    /// The setting.
    pub from: Provenance,
    /// Why it is not asked.
    pub why: SkipReason,
}

/// Why a mirror is not asked. Displayed as part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// It is for names with a digest only.
    DigestOnly,
    /// It is for names without a digest only.
    TagOnly,
    /// Mirrors that are named elsewhere replace it: this is the first of them.
    Replaced(Provenance),
    /// The same place is asked already.
    Repeated,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DigestOnly => f.write_str("it is only for names with a digest"),
            Self::TagOnly => f.write_str("it is only for names without a digest"),
            Self::Replaced(by) => write!(f, "the mirrors of {by} come before it, and replace it"),
            Self::Repeated => f.write_str("the same place is asked anyway"),
        }
    }
}

impl Route {
    /// All endpoints, in order.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.mirrors.iter().chain(std::iter::once(&self.origin))
    }

    /// Leaves out what is asked twice, and mirrors that are the registry itself.
    pub(super) fn without_repetition(mut self) -> Self {
        let key = |e: &Endpoint| (e.base.clone(), e.repository.clone(), e.namespace.clone());
        let mut seen = HashSet::from([key(&self.origin)]);
        let (asked, again) = std::mem::take(&mut self.mirrors).into_iter().partition(|m| seen.insert(key(m)));
        self.mirrors = asked;
        let again: Vec<Endpoint> = again;
        self.skipped.extend(again.into_iter().map(|mirror| mirror.skipped(SkipReason::Repeated)));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_for_https_is_not_for_plain_http() {
        let cases = [
            ("https://m.test", "m.test"),
            ("https://m.test:80", "m.test:80"),
            ("http://m.test", "m.test:80"),
            ("http://m.test:443", "m.test:443"),
            ("http://m.test:5000", "m.test:5000"),
            ("http://docker.io", "docker.io:80"),
            ("https://docker.io", "docker.io"),
        ];
        for (url, name) in cases {
            assert_eq!(registry_at(&Url::parse(url).unwrap()), Registry::parse(name).ok(), "{url}");
        }
    }

    #[test]
    fn roots_and_scope_names() {
        let cases = [
            ("https://m.test", false, "https://m.test/v2/", "library/x"),
            ("https://m.test/", false, "https://m.test/v2/", "library/x"),
            ("http://m.test:5000/v2/", false, "http://m.test:5000/v2/", "library/x"),
            ("https://m.test/hub", false, "https://m.test/hub/v2/", "library/x"),
            ("https://m.test/v2/hub", true, "https://m.test/v2/hub/", "hub/library/x"),
            ("https://m.test/api/hub/v2", true, "https://m.test/api/hub/v2/", "library/x"),
            ("https://m.test/plain", true, "https://m.test/plain/", "library/x"),
            ("https://docker.io", false, "https://registry-1.docker.io/v2/", "library/x"),
            ("https://index.docker.io/v2/", false, "https://registry-1.docker.io/v2/", "library/x"),
        ];
        for (url, as_it_is, root, scope) in cases {
            let url = Url::parse(url).unwrap();
            let base = api_root(&url, as_it_is);
            assert_eq!(base.as_str(), root);
            let origin = Endpoint::origin(&registry_at(&url).unwrap(), "library/x").unwrap();
            assert_eq!(Endpoint { base, ..origin }.scope_name(), scope, "{url}");
        }
    }

    #[test]
    fn a_host_is_called_as_it_was_written_where_that_is_who_is_asked() {
        let origin = |name: &str| Endpoint::origin(&Registry::parse(name).unwrap(), "x").unwrap();
        assert_eq!(origin("r.test:443").host().to_string(), "r.test:443");
        assert_eq!(origin("docker.io").host().to_string(), "registry-1.docker.io");
        // Plain HTTP without a port is at another one than the name says.
        let plain = Endpoint { base: Url::parse("http://r.test/v2/").unwrap(), ..origin("r.test") };
        assert_eq!(plain.host().port, 80);
    }
}
