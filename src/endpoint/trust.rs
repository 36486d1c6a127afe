//! How to trust a host: certificate directories, insecure registries, plain HTTP, by host and never further.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use super::{Located, Provenance, hosts};
use crate::http::{BoxError, HostPort, HostTrust, Identity, Override, lookup};

/// An entry of an insecure list, in Docker's meaning: HTTPS without verification, else plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InsecureRule {
    /// `host[:port]`; without a port it means the default port only, as in Docker.
    Host(HostPort),
    /// A block of addresses, compared with what the host's name resolves to.
    Network(IpNet),
}

impl InsecureRule {
    /// Parses `host[:port]` or a CIDR block.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().map(Self::Network).ok().or_else(|| HostPort::parse(text).map(Self::Host))
    }
}

impl fmt::Display for InsecureRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => host.fmt(f),
            Self::Network(network) => network.fmt(f),
        }
    }
}

/// Everything that was said about trust, as values.
#[derive(Clone, Debug, Default)]
pub struct TrustSettings {
    /// Hosts to speak plain HTTP with.
    pub plain_http: Vec<Located<HostPort>>,
    /// Hosts whose certificates are not verified.
    pub skip_verify: Vec<Located<HostPort>>,
    /// Docker's insecure registries.
    pub insecure: Vec<Located<InsecureRule>>,
    /// Authorities that hold for every host.
    pub authorities: Vec<Located<PathBuf>>,
    /// Roots of `certs.d` trees, in order: the first existing `<host[:port]>` directory counts alone.
    pub certificate_dirs: Vec<PathBuf>,
    /// The one of these trees where this user puts a certificate.
    pub certificate_home: Option<PathBuf>,
    /// Roots of containerd's trees, which come after those: a directory without `hosts.toml` is one of certificates.
    pub hosts_dirs: Vec<PathBuf>,
    /// A directory of certificates for the registries that the user named, in place of the trees.
    pub own_certificate_dir: Option<PathBuf>,
    /// Addresses that the user gave for names.
    pub overrides: Vec<Override>,
}

impl TrustSettings {
    /// How to trust `host`; `foreign` says that only a server named it. Looks its name up only where the insecure list
    /// holds networks.
    ///
    /// # Errors
    /// A certificate directory that holds half a client certificate.
    pub fn of(&self, host: &HostPort, foreign: bool) -> Result<HostTrust, BoxError> {
        Ok(self.explain(host, foreign)?.trust)
    }

    /// Who says that the host's address is insecure, and whether its name had to be looked up for the answer.
    pub(super) fn insecure_network(&self, host: &HostPort) -> (Option<&Provenance>, bool) {
        let networks: Vec<_> = self
            .insecure
            .iter()
            .filter_map(|r| if let InsecureRule::Network(n) = &r.value { Some((n, &r.from)) } else { None })
            .collect();
        if networks.is_empty() {
            return (None, false);
        }
        let known = host.ip().map_or_else(|| Override::addresses(&self.overrides, host), |ip| vec![ip]);
        let looked_up = known.is_empty();
        let addresses = if looked_up { lookup(&host.host).unwrap_or_default() } else { known };
        let covering = networks.iter().find(|(network, _)| addresses.iter().any(|ip| network.contains(ip)));
        (covering.map(|(_, from)| *from), looked_up)
    }

    /// The directory that counts for `host`: exact match of what is written, so `registry.example` and
    /// `registry.example:443` are different.
    #[must_use]
    pub fn certificate_dir(&self, host: &HostPort) -> Option<PathBuf> {
        let name = directory_name(host)?;
        let own = self.certificate_dirs.iter().map(|root| root.join(&name)).find(|dir| dir.is_dir());
        own.or_else(|| hosts::certificate_dir(&self.hosts_dirs, &name))
    }

    /// The directory where certificates for `host` belong, so that the next command reads them. One that is there
    /// already counts alone, whoever may write to it.
    #[must_use]
    pub fn directory_for(&self, host: &HostPort) -> Option<PathBuf> {
        let new = || Some(self.certificate_home.as_ref()?.join(directory_name(host)?));
        self.own_certificate_dir.clone().or_else(|| self.certificate_dir(host)).or_else(new)
    }
}

/// What the directory of a host is called; none where a server named the host so that it would be another directory.
fn directory_name(host: &HostPort) -> Option<String> {
    let name = match host.host.as_str() {
        "registry-1.docker.io" => "docker.io".to_owned(),
        _ => host.to_string(),
    };
    (!name.starts_with('.') && !name.contains(['/', '\\'])).then_some(name)
}

/// `--plain-http HOST` without a port means the HTTP port as well, because nobody serves plain HTTP on 443; other
/// ports of the host are other services.
pub(super) fn matches_plain(host: &HostPort) -> impl Fn(&HostPort) -> bool + '_ {
    move |rule| rule.host == host.host && (rule.port == host.port || (!rule.explicit && host.port == 80))
}

/// `*.crt` are authorities; `X.cert` with `X.key` is a client certificate: Docker's rules. What cannot be listed is
/// passed over, as Docker does.
pub(super) fn read_certificate_dir(dir: &Path, trust: &mut HostTrust) -> Result<(), BoxError> {
    let Ok(entries) = fs::read_dir(dir) else { return Ok(()) };
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.sort();
    let extension = |file: &Path| file.extension().and_then(|e| e.to_str()).map(str::to_owned);
    for file in &files {
        match extension(file).as_deref() {
            Some("crt") => trust.authorities.push(file.clone()),
            Some("cert") => {
                let key = file.with_extension("key");
                if !files.contains(&key) {
                    return Err(incomplete(file, &key));
                }
                trust.identity.get_or_insert(Identity { certificate: file.clone(), key });
            }
            Some("key") if !files.contains(&file.with_extension("cert")) => {
                return Err(incomplete(file, &file.with_extension("cert")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn incomplete(have: &Path, missing: &Path) -> BoxError {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{} needs {} beside it, which is missing", have.display(), missing.display()),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::SchemePolicy;

    fn host(text: &str) -> HostPort {
        HostPort::parse(text).unwrap()
    }

    fn said<T>(value: T) -> Located<T> {
        Located::new(value, Provenance::BuiltIn)
    }

    #[test]
    fn insecure_is_by_host_and_port() {
        let settings = TrustSettings {
            insecure: ["r.test:5000", "bare.test", "10.0.0.0/8"]
                .iter()
                .filter_map(|r| InsecureRule::parse(r).map(said))
                .collect(),
            ..TrustSettings::default()
        };
        let scheme = |name: &str| settings.of(&host(name), false).unwrap().scheme;
        assert_eq!(scheme("r.test:5000"), SchemePolicy::HttpsElseHttp);
        assert_eq!(scheme("r.test"), SchemePolicy::Https);
        assert_eq!(scheme("bare.test"), SchemePolicy::HttpsElseHttp);
        assert_eq!(scheme("x.bare.test"), SchemePolicy::Https);
        assert_eq!(scheme("10.1.2.3:5000"), SchemePolicy::HttpsElseHttp);
        assert_eq!(scheme("11.1.2.3:5000"), SchemePolicy::Https);
        assert_eq!(scheme("localhost:5000"), SchemePolicy::HttpsUnlessNotTls);
        assert!(
            settings.of(&host("r.test"), false).unwrap().verify
                && !settings.of(&host("r.test:5000"), false).unwrap().verify
        );
    }

    #[test]
    fn the_first_existing_directory_counts_alone() {
        let root = tempfile::tempdir().unwrap();
        let (first, second) = (root.path().join("first"), root.path().join("second"));
        fs::create_dir_all(first.join("r.test:5000")).unwrap();
        fs::create_dir_all(second.join("r.test:5000")).unwrap();
        fs::create_dir_all(second.join("r.test")).unwrap();
        fs::write(second.join("r.test:5000/ca.crt"), "").unwrap();
        fs::write(second.join("r.test/ca.crt"), "").unwrap();
        let settings = TrustSettings { certificate_dirs: vec![first, second], ..TrustSettings::default() };
        assert!(settings.of(&host("r.test:5000"), false).unwrap().authorities.is_empty());
        assert_eq!(settings.of(&host("r.test"), false).unwrap().authorities.len(), 1);
        assert!(settings.of(&host("r.test:443"), false).unwrap().authorities.is_empty());
    }

    #[test]
    fn certificates_belong_where_they_are_looked_for() {
        let root = tempfile::tempdir().unwrap();
        let (user, system) = (root.path().join("user"), root.path().join("system"));
        fs::create_dir_all(system.join("there.test")).unwrap();
        let trees = TrustSettings {
            certificate_dirs: vec![user.clone(), system.clone()],
            certificate_home: Some(user.clone()),
            ..TrustSettings::default()
        };
        let flag = TrustSettings { own_certificate_dir: Some(root.path().join("own")), ..trees.clone() };
        let cases = [
            ("new", &trees, "r.test:5000", Some(user.join("r.test:5000"))),
            ("Docker Hub", &trees, "registry-1.docker.io", Some(user.join("docker.io"))),
            ("a directory in another tree", &trees, "there.test", Some(system.join("there.test"))),
            ("--cert-dir", &flag, "there.test", Some(root.path().join("own"))),
            ("nothing known", &TrustSettings::default(), "r.test", None),
        ];
        for (name, settings, asked, expected) in cases {
            assert_eq!(settings.directory_for(&host(asked)), expected, "{name}");
        }
    }

    #[test]
    fn plain_http_is_for_the_port_that_was_named() {
        let settings = TrustSettings {
            plain_http: vec![said(host("bare.test")), said(host("r.test:5000"))],
            ..Default::default()
        };
        let plain = |text: &str| settings.of(&host(text), false).unwrap().scheme == SchemePolicy::Http;
        for yes in ["bare.test", "bare.test:443", "bare.test:80", "r.test:5000"] {
            assert!(plain(yes), "{yes}");
        }
        for no in ["bare.test:5000", "r.test", "r.test:80", "other.test"] {
            assert!(!plain(no), "{no}");
        }
    }

    #[test]
    fn the_users_own_client_certificate_is_for_hosts_that_the_user_named() {
        let root = tempfile::tempdir().unwrap();
        for name in ["client.cert", "client.key", "ca.crt"] {
            fs::write(root.path().join(name), "").unwrap();
        }
        let settings = TrustSettings { own_certificate_dir: Some(root.path().to_owned()), ..TrustSettings::default() };
        assert!(settings.of(&host("r.test"), false).unwrap().identity.is_some());
        assert_eq!(settings.of(&host("cdn.test"), true).unwrap(), HostTrust::default());
    }

    #[test]
    fn a_host_is_no_path() {
        let root = tempfile::tempdir().unwrap();
        let tree = root.path().join("certs.d");
        fs::create_dir_all(tree.join("r.test")).unwrap();
        fs::write(root.path().join("outside.crt"), "").unwrap();
        let settings = TrustSettings { certificate_dirs: vec![tree], ..TrustSettings::default() };
        assert!(settings.certificate_dir(&host("r.test")).is_some());
        for bad in ["..", ".", "../certs.d/r.test", "r.test/", "..\\"] {
            let host = HostPort { host: bad.to_owned(), port: 443, explicit: false };
            assert_eq!(settings.certificate_dir(&host), None, "{bad}");
        }
    }

    #[test]
    fn half_a_client_certificate_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("r.test");
        fs::create_dir_all(&dir).unwrap();
        let settings = TrustSettings { certificate_dirs: vec![root.path().to_owned()], ..TrustSettings::default() };
        fs::write(dir.join("client.cert"), "").unwrap();
        assert!(settings.of(&host("r.test"), false).is_err());
        fs::write(dir.join("client.key"), "").unwrap();
        assert!(settings.of(&host("r.test"), false).unwrap().identity.is_some());
        fs::remove_file(dir.join("client.cert")).unwrap();
        assert!(settings.of(&host("r.test"), false).is_err());
    }
}
