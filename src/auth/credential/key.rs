//! Keys of credential files: which key means which registry.
//!
//! Today's keys are `host[:port]`, and `https://index.docker.io/v1/` for Docker Hub. Docker still reads those that its
//! first versions wrote, with a scheme and a path; the containers tools scope keys by path, `host/namespace/repository`.
//! Hosts are compared whole and with their ports: `:443` is not the same as no port, as in Docker.

use std::cmp::Reverse;

use crate::model::Registry;

/// The key of Docker Hub.
pub(super) const HUB_KEY: &str = "https://index.docker.io/v1/";

/// The other names of Docker Hub, in the order in which they are believed.
const HUB_HOSTS: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// Where Docker keeps the tokens of its browser login for Docker Hub: not an account.
pub(super) const HUB_TOKEN_KEYS: [&str; 2] =
    ["https://index.docker.io/v1/access-token", "https://index.docker.io/v1/refresh-token"];

/// Whose rules a file follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Keys name registries; a key with a path is read by nobody.
    Docker,
    /// Keys may be scoped by path.
    Containers,
}

/// The key under which `registry` is saved.
pub(super) fn canonical(registry: &Registry) -> &str {
    if registry.is_docker_hub() { HUB_KEY } else { registry.as_str() }
}

/// Every key under which a file may keep `registry` without path, best first.
pub(super) fn aliases(registry: &Registry) -> Vec<&str> {
    if registry.is_docker_hub() { std::iter::once(HUB_KEY).chain(HUB_HOSTS).collect() } else { vec![registry.as_str()] }
}

/// What a key is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scope<'a> {
    host: &'a str,
    path: Option<&'a str>,
}

impl<'a> Scope<'a> {
    /// None for keys that name no account of a registry.
    fn parse(key: &'a str, dialect: Dialect) -> Option<Self> {
        if HUB_TOKEN_KEYS.contains(&key.trim_end_matches('/')) {
            return None;
        }
        let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
        let (host, path) = bare.unwrap_or(key).split_once('/').unwrap_or((bare.unwrap_or(key), ""));
        let host = if HUB_HOSTS.contains(&host) { HUB_HOSTS[0] } else { host };
        let path = path.trim_end_matches('/');
        let path = match (bare.is_some() || path.is_empty(), dialect) {
            // The path of a URL was that of the API, which says nothing about repositories.
            (true, _) => None,
            (false, Dialect::Docker) if matches!(path, "v1" | "v2") => None,
            (false, Dialect::Docker) => return None,
            (false, Dialect::Containers) => Some(path),
        };
        (!host.is_empty()).then_some(Self { host, path })
    }

    fn covers(&self, registry: &Registry, repository: Option<&str>) -> bool {
        let within = |path: &str| {
            let rest = repository.and_then(|repository| repository.strip_prefix(path));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.host == registry.as_str() && self.path.is_none_or(within)
    }
}

/// The registry that a key is about, for lists: `docker.io`, `host:5000`, `host/namespace`.
pub(super) fn display(key: &str, dialect: Dialect) -> Option<String> {
    let scope = Scope::parse(key, dialect)?;
    Some(scope.path.map_or_else(|| scope.host.to_owned(), |path| format!("{}/{path}", scope.host)))
}

/// Those of `keys` that apply, best first: the longest path, then today's form of the key before older ones.
pub(super) fn matching<'k>(
    keys: impl Iterator<Item = &'k str>,
    registry: &Registry,
    repository: Option<&str>,
    dialect: Dialect,
) -> Vec<&'k str> {
    let aliases = aliases(registry);
    let mut matches: Vec<_> = keys
        .filter_map(|key| Some((key, Scope::parse(key, dialect)?)))
        .filter(|(_, scope)| scope.covers(registry, repository))
        .collect();
    matches.sort_by_key(|(key, scope)| {
        let rank = aliases.iter().position(|alias| alias == key).unwrap_or(aliases.len());
        (Reverse(scope.path.map_or(0, str::len)), rank, *key)
    });
    matches.into_iter().map(|(key, _)| key).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn best(keys: &[&str], registry: &str, repository: Option<&str>, dialect: Dialect) -> Option<String> {
        let registry = Registry::parse(registry).unwrap();
        matching(keys.iter().copied(), &registry, repository, dialect).first().map(|key| (*key).to_owned())
    }

    #[test]
    fn keys_that_name_a_registry() {
        use Dialect::{Containers, Docker};
        // name, key, registry, repository, dialect, applies
        let cases = [
            ("exact", "r.example", "r.example", None, Docker, true),
            ("exact with port", "r.example:5000", "r.example:5000", None, Docker, true),
            ("another port", "r.example:5000", "r.example", None, Docker, false),
            ("443 is a port like others", "r.example:443", "r.example", None, Docker, false),
            ("443 in a URL too", "https://r.example:443/", "r.example", None, Docker, false),
            ("no port against 443", "r.example", "r.example:443", None, Docker, false),
            ("https", "https://r.example", "r.example", None, Docker, true),
            ("http", "http://r.example", "r.example", None, Docker, true),
            ("https with v1", "https://r.example/v1/", "r.example", None, Docker, true),
            ("https with any path", "https://r.example/some/path", "r.example", None, Docker, true),
            ("v2 without scheme", "r.example/v2/", "r.example", None, Docker, true),
            ("slash", "r.example/", "r.example", None, Docker, true),
            ("path in Docker's file", "r.example/ns", "r.example", Some("ns/app"), Docker, false),
            ("path in Docker's file, no repository", "r.example/ns", "r.example", None, Docker, false),
            ("suffix host", "r.example.evil.net", "r.example", None, Docker, false),
            ("prefix host", "evil-r.example", "r.example", None, Docker, false),
            ("user information", "r.example@evil.net", "r.example", None, Docker, false),
            ("user information 2", "https://evil@r.example", "r.example", None, Docker, false),
            ("empty", "", "r.example", None, Docker, false),
            ("only a scheme", "https://", "r.example", None, Docker, false),
            ("hub", "https://index.docker.io/v1/", "docker.io", None, Docker, true),
            ("hub by name", "docker.io", "docker.io", None, Docker, true),
            ("hub index", "index.docker.io", "docker.io", None, Docker, true),
            ("hub api", "registry-1.docker.io", "docker.io", None, Docker, true),
            ("hub v2", "https://registry-1.docker.io/v2/", "docker.io", None, Docker, true),
            ("hub access token", "https://index.docker.io/v1/access-token", "docker.io", None, Docker, false),
            ("hub refresh token", "https://index.docker.io/v1/refresh-token", "docker.io", None, Docker, false),
            (
                "hub token in containers",
                "https://index.docker.io/v1/access-token",
                "docker.io",
                None,
                Containers,
                false,
            ),
            ("hub lookalike", "hub.docker.io", "docker.io", None, Docker, false),
            ("path", "r.example/ns", "r.example", Some("ns/app"), Containers, true),
            ("whole path", "r.example/ns/app", "r.example", Some("ns/app"), Containers, true),
            ("path boundary", "r.example/ns", "r.example", Some("nsx/app"), Containers, false),
            ("path boundary 2", "r.example/ns/app", "r.example", Some("ns/apple"), Containers, false),
            ("longer path", "r.example/ns/app/x", "r.example", Some("ns/app"), Containers, false),
            ("path without repository", "r.example/ns", "r.example", None, Containers, false),
            ("host in containers", "r.example", "r.example", Some("ns/app"), Containers, true),
            ("hub path", "docker.io/library", "docker.io", Some("library/x"), Containers, true),
            ("v2 is a path there", "r.example/v2", "r.example", Some("ns/app"), Containers, false),
        ];
        for (name, key, registry, repository, dialect, applies) in cases {
            assert_eq!(best(&[key], registry, repository, dialect).is_some(), applies, "{name}");
        }
    }

    #[test]
    fn the_best_key_wins() {
        let hub = ["index.docker.io", "docker.io", "https://registry-1.docker.io", HUB_KEY];
        assert_eq!(best(&hub, "docker.io", None, Dialect::Docker).as_deref(), Some(HUB_KEY));
        assert_eq!(best(&hub[..3], "docker.io", None, Dialect::Docker).as_deref(), Some("docker.io"));
        let legacy = ["http://r.example", "r.example", "https://r.example/v1/"];
        assert_eq!(best(&legacy, "r.example", None, Dialect::Docker).as_deref(), Some("r.example"));
        let paths = ["r.example", "r.example/a/b", "r.example/a", "r.example/a/b/c"];
        let path = |repository| best(&paths, "r.example", Some(repository), Dialect::Containers).unwrap();
        assert_eq!(path("a/b"), "r.example/a/b");
        assert_eq!(path("a/b/c/d"), "r.example/a/b/c");
        assert_eq!(path("a/bc"), "r.example/a");
        assert_eq!(path("x"), "r.example");
    }

    proptest! {
        #[test]
        fn a_longer_or_shorter_host_never_matches(
            host in "[a-z0-9]{1,8}(\\.[a-z0-9]{1,8}){1,3}(:[1-9][0-9]{0,3})?",
            before in "[a-z0-9.:@-]{0,6}",
            after in "[a-z0-9.:@-]{0,12}",
            scheme in "(https://|http://)?",
            path in "(/|/v1/|/ns/app)?",
        ) {
            prop_assume!(!before.is_empty() || !after.is_empty());
            let key = format!("{scheme}{before}{host}{after}{path}");
            for dialect in [Dialect::Docker, Dialect::Containers] {
                prop_assert_eq!(best(&[&key], &host, Some("ns/app"), dialect), None);
            }
            // The other way round: a key for the short host, asked for the long one.
            let key = format!("{scheme}{host}{path}");
            let long = format!("{before}{host}{after}");
            if Registry::parse(&long).is_ok() {
                prop_assert_eq!(best(&[&key], &long, Some("ns/app"), Dialect::Containers), None);
            }
        }

        #[test]
        fn any_key_is_safe_to_read(key in "\\PC{0,40}") {
            for dialect in [Dialect::Docker, Dialect::Containers] {
                let found = best(&[&key], "r.example", Some("a/b"), dialect);
                prop_assert!(found.is_none() || key.contains("r.example"));
            }
        }
    }
}
