//! Which proxy a request goes through, and why. Values, not variables: `config` reads those.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use super::trust::is_loopback_name;
use super::{DisplayUrl, HostPort, Url};

/// The port of SOCKS (RFC 1928).
const SOCKS_PORT: u16 = 1080;

/// A proxy that the environment names. Displayed without its user and password.
#[derive(Clone)]
pub struct Proxy {
    /// Where it is. May hold a password.
    pub url: Url,
    /// The variable that names it, as it is spelt.
    pub variable: String,
}

/// What the user said of one host: a proxy, or none.
#[derive(Clone)]
pub struct HostProxy {
    /// The host. Without a port, those of the schemes are meant.
    pub host: HostPort,
    /// The proxy; `None` where there is to be none.
    pub proxy: Option<Url>,
    /// The line of the file, such as `/home/u/.config/rcr/config.toml:7`.
    pub origin: String,
}

/// Proxies by the host and the scheme of the request, and what goes past them.
#[derive(Clone, Debug, Default)]
pub struct ProxySettings {
    /// For `http` requests.
    pub http: Option<Proxy>,
    /// For `https` requests.
    pub https: Option<Proxy>,
    /// What needs no proxy of those two.
    pub no_proxy: NoProxy,
    /// For single hosts; these come before all others.
    pub hosts: Vec<HostProxy>,
    /// PEM files that vouch for `https://` proxies, beside the system's. What a registry is trusted with is not theirs.
    pub authorities: Vec<PathBuf>,
}

/// The proxy for a request, and why it is that one or none.
#[derive(Clone)]
pub struct ProxyChoice {
    /// The proxy. May hold a password.
    pub proxy: Option<Url>,
    /// Why.
    pub why: ProxyReason,
}

/// Why a request goes through a proxy, or past all of them. Displayed as a part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyReason {
    /// No proxy is set for it.
    NoneSet,
    /// This machine is never asked through a proxy.
    Loopback,
    /// An entry of a list of exceptions.
    NoProxy {
        /// The entry as it is written.
        entry: String,
        /// The variable, as it is spelt.
        variable: String,
    },
    /// A variable names the proxy.
    Variable(String),
    /// A line of a file is about this host.
    Setting(String),
}

impl ProxySettings {
    /// The proxy for `url`, if any. Loopback is never proxied.
    #[must_use]
    pub fn for_url(&self, url: &Url) -> Option<Url> {
        self.choose(url).proxy
    }

    /// The proxy for `url`, and why.
    #[must_use]
    pub fn choose(&self, url: &Url) -> ProxyChoice {
        let past = |why| ProxyChoice { proxy: None, why };
        let host = HostPort::of(url);
        if is_loopback_name(&host.host) {
            return past(ProxyReason::Loopback);
        }
        let concerned = |of: &&HostProxy| {
            of.host.host == host.host && if of.host.explicit { of.host.port == host.port } else { !host.explicit }
        };
        if let Some(own) = self.hosts.iter().find(concerned) {
            return ProxyChoice { proxy: own.proxy.clone(), why: ProxyReason::Setting(own.origin.clone()) };
        }
        let proxy = if url.scheme() == "http" { &self.http } else { &self.https };
        let Some(proxy) = proxy else { return past(ProxyReason::NoneSet) };
        if let Some(entry) = self.no_proxy.covering(&host.host, host.port) {
            let (entry, variable) = (entry.to_owned(), self.no_proxy.variable.clone());
            return past(ProxyReason::NoProxy { entry, variable });
        }
        ProxyChoice { proxy: Some(proxy.url.clone()), why: ProxyReason::Variable(proxy.variable.clone()) }
    }

    /// Whether there is nothing to choose from.
    pub(super) fn is_empty(&self) -> bool {
        self.http.is_none() && self.https.is_none() && self.hosts.is_empty()
    }
}

/// Parses the URL of a proxy; `http` where no scheme is written, and the port of SOCKS where that has none.
#[must_use]
pub fn parse_proxy(text: &str) -> Option<Url> {
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let mut url = Url::parse(&full).ok()?;
    let socks = match url.scheme() {
        "http" | "https" => false,
        "socks4" | "socks4a" | "socks5" | "socks5h" => true,
        _ => return None,
    };
    url.host_str().filter(|host| !host.is_empty())?;
    if socks && url.port().is_none() {
        url.set_port(Some(SOCKS_PORT)).ok()?;
    }
    Some(url)
}

/// Whether the proxy is told addresses, so that the names of targets are resolved here.
pub(super) fn resolves_here(proxy: &Url) -> bool {
    matches!(proxy.scheme(), "socks4" | "socks5")
}

/// A proxy's URL as it may be shown.
fn shown(proxy: &Url) -> String {
    DisplayUrl(proxy).to_string().trim_end_matches('/').to_owned()
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.url))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({})", self.variable)
    }
}

impl fmt::Debug for HostProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxy = self.proxy.as_ref().map_or_else(|| "direct".to_owned(), shown);
        write!(f, "{}: {proxy} ({})", self.host, self.origin)
    }
}

/// `http://proxy.example:3128, from https_proxy`; `none, NO_PROXY lists .example`.
impl fmt::Display for ProxyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.proxy, &self.why) {
            (Some(proxy), why) => write!(f, "{}, {why}", shown(proxy)),
            (None, ProxyReason::NoneSet) => f.write_str("none"),
            (None, why) => write!(f, "none, {why}"),
        }
    }
}

impl fmt::Debug for ProxyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ProxyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoneSet => f.write_str("none is set"),
            Self::Loopback => f.write_str("this machine is never asked through a proxy"),
            Self::NoProxy { entry, variable } => write!(f, "{variable} lists {entry}"),
            Self::Variable(origin) | Self::Setting(origin) => write!(f, "from {origin}"),
        }
    }
}

/// A parsed `NO_PROXY`: domains (with their subdomains), addresses, CIDR blocks, each with an optional port, or `*`.
#[derive(Clone, Debug, Default)]
pub struct NoProxy {
    variable: String,
    /// Each with the entry as it is written.
    rules: Vec<(String, Rule)>,
}

#[derive(Clone, Debug)]
enum Rule {
    Everything,
    Domain { suffix: String, subdomains_only: bool, port: Option<u16> },
    Address { ip: IpAddr, port: Option<u16> },
    Network(IpNet),
}

impl NoProxy {
    /// Parses the comma-separated list that the variable of this name holds. Entries that mean nothing are passed
    /// over, as everywhere.
    #[must_use]
    pub fn parse(variable: &str, list: &str) -> Self {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        Self {
            variable: variable.to_owned(),
            rules: entries.map(|entry| (entry.to_owned(), Rule::parse(entry))).collect(),
        }
    }

    /// The entries, as they are written.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|(entry, _)| entry.as_str())
    }

    /// The variable that holds the list, as it is spelt.
    #[must_use]
    pub fn variable(&self) -> &str {
        &self.variable
    }

    /// The first entry that is about this host and port, as it is written.
    fn covering(&self, host: &str, port: u16) -> Option<&str> {
        let host = bare(host).trim_end_matches('.').to_ascii_lowercase();
        self.rules.iter().find(|(_, rule)| rule.covers(&host, port)).map(|(entry, _)| entry.as_str())
    }
}

impl Rule {
    fn parse(entry: &str) -> Self {
        if entry == "*" {
            return Self::Everything;
        }
        if let Ok(network) = entry.parse() {
            return Self::Network(network);
        }
        if let Ok(ip) = bare(entry).parse() {
            return Self::Address { ip, port: None };
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()),
            None => (entry, None),
        };
        if let Ok(ip) = bare(host).parse() {
            return Self::Address { ip, port };
        }
        let host = host.strip_prefix('*').unwrap_or(host).to_ascii_lowercase();
        Self::Domain { subdomains_only: host.starts_with('.'), suffix: host.trim_start_matches('.').to_owned(), port }
    }

    /// `host` is in lower case, and without brackets.
    fn covers(&self, host: &str, at: u16) -> bool {
        let address: Option<IpAddr> = host.parse().ok();
        let port_fits = |port: Option<u16>| port.is_none_or(|p| p == at);
        match self {
            Self::Everything => true,
            Self::Network(network) => address.is_some_and(|ip| network.contains(&ip)),
            Self::Address { ip, port } => address == Some(*ip) && port_fits(*port),
            Self::Domain { suffix, subdomains_only, port } if address.is_none() => {
                let below = host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
                port_fits(*port) && (below || (!subdomains_only && host == *suffix))
            }
            Self::Domain { .. } => false,
        }
    }
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_knows_domains_ports_and_networks() {
        let rules = NoProxy::parse(
            "NO_PROXY",
            "corp.example, .sub.example,*.star.example,10.0.0.0/8,192.168.1.7,r.test:5000,[fd00::1]:443,fe80::/10,",
        );
        let covered = [
            ("corp.example", 443),
            ("a.CORP.example", 80),
            ("x.sub.example", 443),
            ("x.star.example", 443),
            ("10.9.8.7", 5000),
            ("192.168.1.7", 1),
            ("r.test", 5000),
            ("[fd00::1]", 443),
            ("[fe80::2]", 443),
        ];
        for (host, port) in covered {
            assert!(rules.covering(host, port).is_some(), "{host}:{port}");
        }
        let not = [
            ("notcorp.example", 443),
            ("sub.example", 443),
            ("11.0.0.1", 443),
            ("192.168.1.8", 1),
            ("r.test", 443),
            ("[fd00::1]", 80),
            ("corp.example.evil.test", 443),
            ("7.192.168.1.7", 1),
        ];
        for (host, port) in not {
            assert!(rules.covering(host, port).is_none(), "{host}:{port}");
        }
        assert_eq!(NoProxy::parse("NO_PROXY", "a, *").covering("anything", 1), Some("*"));
        assert_eq!(NoProxy::parse("NO_PROXY", "").covering("anything", 1), None);
    }

    fn settings(exceptions: &str, hosts: &[(&str, Option<&str>)]) -> ProxySettings {
        let proxy = |url: &str, variable: &str| parse_proxy(url).map(|url| Proxy { url, variable: variable.into() });
        let own = |(line, (host, proxy)): (usize, &(&str, Option<&str>))| HostProxy {
            host: HostPort::parse(host).unwrap(),
            proxy: proxy.map(|url| parse_proxy(url).unwrap()),
            origin: format!("/c.toml:{}", line + 1),
        };
        ProxySettings {
            http: proxy("http://u:hunter2@plain.test:3128", "http_proxy"),
            https: proxy("socks5h://u:hunter2@proxy.test", "ALL_PROXY"),
            no_proxy: NoProxy::parse("no_proxy", exceptions),
            hosts: hosts.iter().enumerate().map(own).collect(),
            authorities: Vec::new(),
        }
    }

    #[test]
    fn a_choice_says_why_and_shows_no_password() {
        let settings = settings(
            ".corp.example, 10.0.0.0/8",
            &[
                ("quay.io", Some("http://u:hunter2@own.test:3128")),
                ("internal.example:5000", None),
                ("localhost", Some("http://own.test")),
                ("a.corp.example", Some("https://own.test")),
            ],
        );
        let cases = [
            ("https://ghcr.io/v2/", "socks5h://proxy.test:1080, from ALL_PROXY"),
            ("http://ghcr.io/v2/", "http://plain.test:3128, from http_proxy"),
            ("http://localhost:5000/v2/", "none, this machine is never asked through a proxy"),
            ("https://localhost/v2/", "none, this machine is never asked through a proxy"),
            ("https://127.0.0.5/v2/", "none, this machine is never asked through a proxy"),
            ("https://[::1]:5000/v2/", "none, this machine is never asked through a proxy"),
            ("https://r.corp.example/v2/", "none, no_proxy lists .corp.example"),
            ("https://10.1.2.3:5000/v2/", "none, no_proxy lists 10.0.0.0/8"),
            ("https://a.corp.example/v2/", "https://own.test, from /c.toml:4"),
            ("https://quay.io/v2/", "http://own.test:3128, from /c.toml:1"),
            ("http://quay.io/v2/", "http://own.test:3128, from /c.toml:1"),
            ("https://quay.io:5000/v2/", "socks5h://proxy.test:1080, from ALL_PROXY"),
            ("https://internal.example:5000/v2/", "none, from /c.toml:2"),
            ("http://internal.example:5000/v2/", "none, from /c.toml:2"),
            ("https://internal.example/v2/", "socks5h://proxy.test:1080, from ALL_PROXY"),
        ];
        for (url, expected) in cases {
            let choice = settings.choose(&Url::parse(url).unwrap());
            assert_eq!(choice.to_string(), expected, "{url}");
            assert_eq!(choice.proxy, settings.for_url(&Url::parse(url).unwrap()), "{url}");
        }
        let none = ProxySettings::default().choose(&Url::parse("https://quay.io/").unwrap());
        assert_eq!((none.to_string().as_str(), none.why), ("none", ProxyReason::NoneSet));
        let debug = format!("{settings:?}");
        assert!(debug.contains("own.test") && !debug.contains("hunter2"), "{debug}");
    }

    #[test]
    fn a_port_that_is_the_schemes_own_is_the_port_that_was_written() {
        let settings = settings("", &[("r.test:443", None)]);
        let why = |url: &str| settings.choose(&Url::parse(url).unwrap()).why;
        assert_eq!(why("https://r.test/"), ProxyReason::Setting("/c.toml:1".into()));
        assert_eq!(why("http://r.test/"), ProxyReason::Variable("http_proxy".into()));
    }

    #[test]
    fn what_names_a_proxy() {
        let parsed = |text: &str| parse_proxy(text).map(|url| shown(&url));
        assert_eq!(parsed("proxy.test:3128").as_deref(), Some("http://proxy.test:3128"));
        assert_eq!(parsed("u:hunter2@proxy.test").as_deref(), Some("http://proxy.test"));
        assert_eq!(parsed("socks5://[fd00::1]:1").as_deref(), Some("socks5://[fd00::1]:1"));
        for nonsense in ["", "http://", "ftp://proxy.test", "direct:x", "socks5://", "://"] {
            assert_eq!(parsed(nonsense), None, "{nonsense}");
        }
    }
}
