use std::net::IpAddr;

use ipnet::IpNet;

use super::Url;
use super::trust::is_loopback_name;

/// Proxies by the scheme of the request, and what goes past them. Values, not variables: `config` reads those.
#[derive(Clone, Debug, Default)]
pub struct ProxySettings {
    /// For `http` requests.
    pub http: Option<Url>,
    /// For `https` requests.
    pub https: Option<Url>,
    /// What needs no proxy.
    pub no_proxy: NoProxy,
}

impl ProxySettings {
    /// The proxy for `url`, if any. Loopback is never proxied.
    #[must_use]
    pub fn for_url(&self, url: &Url) -> Option<Url> {
        let proxy = match url.scheme() {
            "http" => self.http.as_ref(),
            _ => self.https.as_ref(),
        }?;
        let host = url.host_str()?;
        let bypass = is_loopback_name(host) || self.no_proxy.covers(host, url.port_or_known_default().unwrap_or(0));
        (!bypass).then(|| proxy.clone())
    }
}

/// A parsed `NO_PROXY`: domains (with their subdomains), addresses, CIDR blocks, each with an optional port, or `*`.
#[derive(Clone, Debug, Default)]
pub struct NoProxy {
    everything: bool,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
enum Rule {
    Domain { suffix: String, subdomains_only: bool, port: Option<u16> },
    Address { ip: IpAddr, port: Option<u16> },
    Network(IpNet),
}

impl NoProxy {
    /// Parses the comma-separated list. Entries that mean nothing are passed over, as everywhere.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut parsed = Self::default();
        for entry in text.split(',').map(str::trim).filter(|e| !e.is_empty()) {
            if entry == "*" {
                parsed.everything = true;
            } else if let Ok(network) = entry.parse() {
                parsed.rules.push(Rule::Network(network));
            } else if let Ok(ip) = bare(entry).parse() {
                parsed.rules.push(Rule::Address { ip, port: None });
            } else {
                let (host, port) = match entry.rsplit_once(':') {
                    Some((host, port)) => (host, port.parse().ok()),
                    None => (entry, None),
                };
                if let Ok(ip) = bare(host).parse() {
                    parsed.rules.push(Rule::Address { ip, port });
                    continue;
                }
                let host = host.strip_prefix('*').unwrap_or(host).to_ascii_lowercase();
                let suffix = host.trim_start_matches('.').to_owned();
                parsed.rules.push(Rule::Domain { subdomains_only: host.starts_with('.'), suffix, port });
            }
        }
        parsed
    }

    fn covers(&self, host: &str, at: u16) -> bool {
        let host = bare(host).trim_end_matches('.').to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        let port_fits = |port: Option<u16>| port.is_none_or(|p| p == at);
        self.everything
            || self.rules.iter().any(|rule| match rule {
                Rule::Network(network) => address.is_some_and(|ip| network.contains(&ip)),
                Rule::Address { ip, port } => address == Some(*ip) && port_fits(*port),
                Rule::Domain { suffix, subdomains_only, port } => {
                    let below = host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
                    port_fits(*port) && (below || (!subdomains_only && host == *suffix))
                }
            })
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
            assert!(rules.covers(host, port), "{host}:{port}");
        }
        let not = [
            ("notcorp.example", 443),
            ("sub.example", 443),
            ("11.0.0.1", 443),
            ("192.168.1.8", 1),
            ("r.test", 443),
            ("[fd00::1]", 80),
            ("corp.example.evil.test", 443),
        ];
        for (host, port) in not {
            assert!(!rules.covers(host, port), "{host}:{port}");
        }
        assert!(NoProxy::parse("*").covers("anything", 1));
        assert!(!NoProxy::parse("").covers("anything", 1));
    }

    #[test]
    fn loopback_is_never_proxied() {
        let proxy = Url::parse("http://proxy.test:3128").ok();
        let settings = ProxySettings { http: proxy.clone(), https: proxy.clone(), no_proxy: NoProxy::default() };
        let asked = |url: &str| settings.for_url(&Url::parse(url).unwrap());
        assert_eq!(asked("http://localhost:5000/v2/"), None);
        assert_eq!(asked("https://127.0.0.5/v2/"), None);
        assert_eq!(asked("https://quay.io/v2/"), proxy);
    }
}
