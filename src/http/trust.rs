use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::{BoxError, Url};

/// A host with its effective port, as connections and settings see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPort {
    /// Lower-case name or address; IPv6 without brackets.
    pub host: String,
    /// The port, the scheme's default filled in.
    pub port: u16,
    /// Whether the port was written.
    pub explicit: bool,
}

impl HostPort {
    /// Of a URL.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        Self {
            host: host.to_ascii_lowercase(),
            port: url.port_or_known_default().unwrap_or_default(),
            explicit: url.port().is_some(),
        }
    }

    /// Parses `host[:port]`; the port defaults to 443.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(&format!("https://{text}/")).ok()?;
        let plain = url.path() == "/" && url.username().is_empty() && url.password().is_none() && url.query().is_none();
        // `url` drops a port that is the scheme's default; what was written still counts.
        let explicit =
            text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok() && !text.ends_with(']'));
        plain.then(|| Self { explicit, ..Self::of(&url) })
    }

    /// Whether both are the same host and port, however the port was written.
    #[must_use]
    pub fn is_at(&self, other: &Self) -> bool {
        self.host == other.host && self.port == other.port
    }

    /// The address, where the host is one.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        if self.explicit { write!(f, ":{}", self.port) } else { Ok(()) }
    }
}

/// Whether a host, by the name as written and never by resolution, is this machine: `localhost`, `127.0.0.0/8`, `::1`.
#[must_use]
pub fn is_loopback_name(host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether plain HTTP is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SchemePolicy {
    /// HTTPS only.
    Https,
    /// Plain HTTP only.
    Http,
    /// HTTPS, and HTTP where the peer does not speak TLS: loopback.
    HttpsUnlessNotTls,
    /// HTTPS, and HTTP where that does not connect or speak TLS: Docker's insecure registries.
    HttpsElseHttp,
}

/// A client certificate for mutual TLS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The certificate chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// How one host is to be trusted. Never applies to another host, so nothing leaks to token servers or CDNs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostTrust {
    /// Whether plain HTTP is allowed.
    pub scheme: SchemePolicy,
    /// Whether certificates are verified.
    pub verify: bool,
    /// PEM files with further authorities.
    pub authorities: Vec<PathBuf>,
    /// A client certificate.
    pub identity: Option<Identity>,
}

impl Default for HostTrust {
    fn default() -> Self {
        Self { scheme: SchemePolicy::Https, verify: true, authorities: Vec::new(), identity: None }
    }
}

impl HostTrust {
    /// With what is said of the same host in another place: what either allows is allowed, and the other's client
    /// certificate goes before ours.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        if other.scheme != SchemePolicy::Https {
            self.scheme = other.scheme;
        }
        self.verify &= other.verify;
        self.authorities
            .extend(other.authorities.iter().filter(|a| !self.authorities.contains(a)).cloned().collect::<Vec<_>>());
        self.identity = other.identity.clone().or(self.identity);
        self
    }
}

/// Tells how to trust a host, and is told whether only a server named it: called once per host and run.
pub type TrustLookup = Arc<dyn Fn(&HostPort, bool) -> Result<HostTrust, BoxError> + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_and_without_ports() {
        let shown = |text: &str| HostPort::parse(text).map(|h| (h.to_string(), h.port));
        assert_eq!(shown("Registry.Example"), Some(("registry.example".into(), 443)));
        assert_eq!(shown("registry.example:443"), Some(("registry.example:443".into(), 443)));
        assert_eq!(shown("[::1]:5000"), Some(("[::1]:5000".into(), 5000)));
        assert_eq!(shown("[::1]"), Some(("[::1]".into(), 443)));
        for bad in ["", "a/b", "user@host", "host:port", "host?x"] {
            assert_eq!(HostPort::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn loopback_goes_by_name() {
        for yes in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(is_loopback_name(yes), "{yes}");
        }
        for no in ["localhost.example", "128.0.0.1", "10.0.0.1", "my-localhost", "::2", "0.0.0.0"] {
            assert!(!is_loopback_name(no), "{no}");
        }
    }
}
