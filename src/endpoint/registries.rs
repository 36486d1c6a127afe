use std::cmp::Reverse;
use std::path::PathBuf;

use super::hosts::{self, HostEntry, HostsFile};
use super::place::{registry_at, shown};
use super::search::Search;
use super::{Capabilities, Endpoint, Error, Prefix, Provenance, Role, Route, SkipReason, Skipped};
use crate::http::{HeaderMap, HostTrust, SchemePolicy, Url};
use crate::model::{Reference, Registry};

/// A mirror for the names under a prefix: from a flag, `config.toml`, or `daemon.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorRule {
    /// What it mirrors.
    pub prefix: Prefix,
    /// The root of its API, with the slash behind.
    pub base: Url,
    /// Whether it is told which registry it is to speak for (`?ns=`).
    pub namespace: bool,
    /// What it may be asked for.
    pub capabilities: Capabilities,
    /// Headers for it alone.
    pub headers: HeaderMap,
    /// How to trust it beyond what is said of its host.
    pub trust: Option<HostTrust>,
    /// Who says so.
    pub from: Provenance,
}

impl MirrorRule {
    /// What people call the mirror.
    #[must_use]
    pub fn place(&self) -> String {
        shown(&self.base)
    }
}

/// A `[[registry]]` of containers' `registries.conf`, version 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryRule {
    /// What it is about: of several that cover a name, the longest counts alone.
    pub prefix: Prefix,
    /// What takes the prefix's place in a pull; `None` leaves the name as it is.
    pub location: Option<String>,
    /// HTTPS without verification, else HTTP.
    pub insecure: bool,
    /// Not to be contacted at all.
    pub blocked: bool,
    /// Its mirrors, in their order.
    pub mirrors: Vec<LocationMirror>,
    /// Where it is written.
    pub from: Provenance,
}

/// A `[[registry.mirror]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationMirror {
    /// What takes the prefix's place.
    pub location: String,
    /// HTTPS without verification, else HTTP.
    pub insecure: bool,
    /// For which names it is used at all: `pull-from-mirror`, `mirror-by-digest-only`.
    pub pull: PullFrom,
    /// Where it is written.
    pub from: Provenance,
}

/// Which names a mirror of `registries.conf` is for. It goes by the name that the user asked for, as in the tools that
/// the file is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PullFrom {
    /// All.
    #[default]
    All,
    /// Those with a digest.
    DigestOnly,
    /// Those without.
    TagOnly,
}

/// Everything that is said about registries, from all sources.
#[derive(Clone, Debug, Default)]
pub struct Registries {
    /// Mirrors, one list per source, the highest first. The first that has any for a name replaces those below it.
    pub mirrors: Vec<Vec<MirrorRule>>,
    /// What `registries.conf` says.
    pub rules: Vec<RegistryRule>,
    /// Directories with a directory per registry, with its `hosts.toml`.
    pub hosts_dirs: Vec<PathBuf>,
    /// Where names without a host are looked for.
    pub search: Search,
}

impl Registries {
    /// Where the content of `reference` is asked for: mirrors, then the registry itself.
    ///
    /// # Errors
    /// A setting that forbids it or cannot be used.
    pub fn route(&self, reference: &Reference) -> Result<Route, Error> {
        let rule = self.rule(reference.registry(), Some(reference))?;
        let hosts = hosts::read(&self.hosts_dirs, reference.registry())?;
        let name = reference.to_string();
        let (mut mirrors, mut skipped) = self.listed(reference, &name)?;
        if let Some(rule) = rule {
            let replaced = replacement(&mirrors);
            for mirror in &rule.mirrors {
                let against = replaced.clone().or_else(|| mirror.pull.against(reference));
                if let Some(why) = against {
                    skipped.push(Skipped { place: mirror.location.clone(), from: mirror.from.clone(), why });
                    continue;
                }
                let there = rewritten(&name, &rule.prefix, &mirror.location, &mirror.from)?;
                mirrors.push(Endpoint {
                    trust: mirror.insecure.then(insecure),
                    capabilities: Capabilities::MIRROR,
                    role: Role::Mirror,
                    from: mirror.from.clone(),
                    ..Endpoint::origin(there.registry(), there.repository())?
                });
            }
        }
        if let Some(hosts) = &hosts {
            let replaced = replacement(&mirrors);
            for host in &hosts.hosts {
                let mirror = at_host(host, reference, Role::Mirror)?;
                match replaced.clone() {
                    Some(why) => skipped.push(mirror.skipped(why)),
                    None => mirrors.push(mirror),
                }
            }
        }
        let origin = match rule.and_then(|rule| Some((rule, rule.location.as_ref()?))) {
            Some((rule, location)) => {
                let there = rewritten(&name, &rule.prefix, location, &rule.from)?;
                let trust = rule.insecure.then(insecure);
                let from = rule.from.clone();
                Endpoint { trust, from, ..Endpoint::origin(there.registry(), there.repository())? }
            }
            None => match &hosts {
                Some(HostsFile { server, .. }) => Endpoint {
                    trust: joined(rule.filter(|r| r.insecure).map(|_| insecure()), Some(server.trust.clone())),
                    ..at_host(server, reference, Role::Origin)?
                },
                None => Self::named(reference.registry(), reference.repository(), rule)?,
            },
        };
        Ok(Route { reference: reference.clone(), mirrors, origin, skipped }.without_repetition())
    }

    /// A registry as the user named it, past mirrors and other locations: for logging in, for lists, and to be pushed
    /// to.
    ///
    /// # Errors
    /// As [`Registries::route`].
    pub fn itself(&self, registry: &Registry, reference: Option<&Reference>) -> Result<Endpoint, Error> {
        let rule = self.rule(registry, reference)?;
        let server = hosts::read(&self.hosts_dirs, registry)?.map(|file| file.server);
        Self::past_mirrors(registry, reference, rule, server)
    }

    /// The same, by what the files say of it.
    fn past_mirrors(
        registry: &Registry,
        reference: Option<&Reference>,
        rule: Option<&RegistryRule>,
        server: Option<HostEntry>,
    ) -> Result<Endpoint, Error> {
        let plain = Self::named(registry, reference.map_or("", Reference::repository), rule)?;
        let own = |server: &HostEntry| server.base.as_ref().is_none_or(|base| *base == plain.base);
        Ok(match server.filter(own) {
            Some(server) => Endpoint {
                trust: joined(plain.trust, Some(server.trust)),
                headers: server.headers,
                from: server.from,
                ..plain
            },
            None => plain,
        })
    }

    /// Where `reference` is pushed to: the registry itself, or the first host of its `hosts.toml` that is said, in so
    /// many words, to take pushes.
    ///
    /// # Errors
    /// As [`Registries::route`].
    pub fn push_to(&self, reference: &Reference) -> Result<Endpoint, Error> {
        let rule = self.rule(reference.registry(), Some(reference))?;
        let (hosts, server) = match hosts::read(&self.hosts_dirs, reference.registry())? {
            Some(HostsFile { hosts, server }) => (hosts, Some(server)),
            None => (Vec::new(), None),
        };
        let itself = Self::past_mirrors(reference.registry(), Some(reference), rule, server)?;
        let takes = |host: &&HostEntry| host.capabilities_written && host.capabilities.push;
        match hosts.iter().find(takes) {
            Some(host) => at_host(host, reference, Role::Origin),
            None => Ok(itself),
        }
    }

    /// The mirrors for a name from flags, `config.toml` and `daemon.json`, and those that they replace.
    fn listed(&self, reference: &Reference, name: &str) -> Result<(Vec<Endpoint>, Vec<Skipped>), Error> {
        let (mut mirrors, mut skipped) = (Vec::new(), Vec::new());
        for source in &self.mirrors {
            let fits = |rule: &&MirrorRule| rule.prefix.covers(name).is_some();
            let Some(longest) = source.iter().filter(fits).map(|rule| rule.prefix.weight()).max() else { continue };
            let chosen = source.iter().filter(fits).filter(|rule| rule.prefix.weight() == longest);
            let endpoint = |rule: &MirrorRule| {
                let registry = registry_at(&rule.base).ok_or_else(|| no_host(&rule.base))?;
                Ok(Endpoint {
                    namespace: namespace(&registry, reference.registry()).filter(|_| rule.namespace),
                    registry,
                    base: rule.base.clone(),
                    repository: reference.repository().to_owned(),
                    capabilities: rule.capabilities,
                    headers: rule.headers.clone(),
                    trust: rule.trust.clone(),
                    role: Role::Mirror,
                    from: rule.from.clone(),
                })
            };
            match replacement(&mirrors) {
                None => mirrors = chosen.map(endpoint).collect::<Result<_, Error>>()?,
                Some(why) => {
                    for rule in chosen {
                        skipped.push(endpoint(rule)?.skipped(why.clone()));
                    }
                }
            }
        }
        Ok((mirrors, skipped))
    }

    /// What `registries.conf` says about a name.
    fn rule(&self, registry: &Registry, reference: Option<&Reference>) -> Result<Option<&RegistryRule>, Error> {
        let name = reference.map_or_else(|| registry.to_string(), ToString::to_string);
        let covering = self.rules.iter().filter(|rule| rule.prefix.covers(&name).is_some());
        // Of a domain and a host of the same length, the tools that the file is from take the domain.
        let rule = covering.max_by_key(|rule| (rule.prefix.weight(), Reverse(rule.prefix.as_str())));
        match rule.filter(|rule| rule.blocked) {
            Some(rule) => Err(Error::Blocked { name: rule.prefix.to_string(), from: rule.from.clone() }),
            None => Ok(rule),
        }
    }

    fn named(registry: &Registry, repository: &str, rule: Option<&RegistryRule>) -> Result<Endpoint, Error> {
        let plain = Endpoint::origin(registry, repository)?;
        Ok(match rule {
            Some(rule) => Endpoint { trust: rule.insecure.then(insecure), from: rule.from.clone(), ..plain },
            None => plain,
        })
    }
}

impl PullFrom {
    /// What speaks against a mirror of this kind for a name.
    fn against(self, reference: &Reference) -> Option<SkipReason> {
        match (self, reference.digest()) {
            (Self::DigestOnly, None) => Some(SkipReason::DigestOnly),
            (Self::TagOnly, Some(_)) => Some(SkipReason::TagOnly),
            _ => None,
        }
    }
}

/// What speaks against further mirrors where there are some from a source that comes before theirs.
fn replacement(mirrors: &[Endpoint]) -> Option<SkipReason> {
    mirrors.first().map(|first| SkipReason::Replaced(first.from.clone()))
}

/// Docker's meaning of an insecure registry, which is that of `registries.conf` too.
fn insecure() -> HostTrust {
    HostTrust { scheme: SchemePolicy::HttpsElseHttp, verify: false, ..HostTrust::default() }
}

fn joined(one: Option<HostTrust>, other: Option<HostTrust>) -> Option<HostTrust> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.with(&other)),
        (one, other) => one.or(other),
    }
}

/// `name` without tag and digest, with `location` in place of what `prefix` covers.
fn rewritten(name: &str, prefix: &Prefix, location: &str, from: &Provenance) -> Result<Reference, Error> {
    let covered = prefix.covers(name).unwrap_or_default();
    let made = format!("{location}{}", &name[covered..]);
    Reference::parse(&made).map_err(|source| Error::Name { name: made, from: from.clone(), source })
}

/// The name that a host which speaks for several registries is given; none where it is that registry.
fn namespace(host: &Registry, of: &Registry) -> Option<String> {
    (host != of).then(|| of.to_string())
}

fn at_host(host: &HostEntry, reference: &Reference, role: Role) -> Result<Endpoint, Error> {
    let of = reference.registry();
    let plain = Endpoint::origin(of, reference.repository())?;
    let registry = match &host.base {
        // In plain, too, where the file says that this is where the registry itself is.
        Some(base) if base.authority() == of.api_host() => of.clone(),
        Some(base) => registry_at(base).ok_or_else(|| no_host(base))?,
        None => of.clone(),
    };
    Ok(Endpoint {
        namespace: namespace(&registry, of),
        registry,
        base: host.base.clone().unwrap_or(plain.base),
        repository: plain.repository,
        capabilities: host.capabilities,
        headers: host.headers.clone(),
        trust: Some(host.trust.clone()),
        role,
        from: host.from.clone(),
    })
}

fn no_host(base: &Url) -> Error {
    Error::Address { host: base.host_str().unwrap_or_default().to_owned() }
}

#[cfg(test)]
mod tests;
