//! The one gate for URLs that a server supplies: token realms, redirects, upload locations, next pages.
//!
//! Two questions: may a request go there, and may a secret. Credentials belong to an origin, never to a chain.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::trust::is_loopback_name;
use super::{DisplayUrl, Error, HostPort, Url};

/// Why a server-supplied URL is about to be contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A redirect.
    Redirect,
    /// The `Location` of an upload.
    Upload,
    /// The next page of a list: same origin only.
    Page,
    /// A token server that is to see no secret.
    AnonymousRealm,
    /// A token server that is to see the user's secret.
    CredentialRealm,
}

impl Purpose {
    fn noun(self) -> &'static str {
        match self {
            Self::Redirect => "redirect target",
            Self::Upload => "upload location",
            Self::Page => "next page",
            Self::AnonymousRealm | Self::CredentialRealm => "token server",
        }
    }
}

/// Registries whose token server is elsewhere by design.
const REALM_PAIRS: [(&str, &str); 1] = [("nvcr.io", "authn.nvidia.com")];

/// The longest URL that is contacted, in bytes: signed ones have a few thousand.
const MAX_URL_BYTES: usize = 16 * 1024;

/// Resolves `to` against `from` and decides, by what is written: names are the resolver's business.
pub(super) fn authorise(
    from: &Url,
    to: &str,
    purpose: Purpose,
    trusted_realms: &[(Option<HostPort>, Url)],
) -> Result<Url, Error> {
    let shown = |to: &Url| DisplayUrl(to).to_string();
    let refuse = |to: String, rule: &'static str| Error::Hop {
        from: from.authority().to_owned(),
        to,
        what: purpose.noun(),
        rule,
        secret: false,
    };
    if to.len() > MAX_URL_BYTES {
        return Err(refuse("an endless address".into(), "it is longer than 16 KiB"));
    }
    let url = from.join(to).map_err(|_| refuse("an address that does not parse".into(), "it is not a URL"))?;
    if url.host_str().is_none() {
        return Err(refuse(shown(&url), "it names no host"));
    }
    match url.scheme() {
        "https" => {}
        "http" if from.scheme() == "http" => {}
        "http" => return Err(refuse(shown(&url), "it leaves HTTPS for plain HTTP")),
        _ => return Err(refuse(shown(&url), "its scheme is not http or https")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse(shown(&url), "it carries user info"));
    }
    let (here, there) = (HostPort::of(from), HostPort::of(&url));
    let same_place = here.host == there.host && here.port == there.port;
    if purpose == Purpose::Page && !(same_place && url.scheme() == from.scheme()) {
        return Err(refuse(shown(&url), "lists continue on the same host only"));
    }
    if !same_place {
        let local = is_loopback_name(&here.host);
        let name = there.host.trim_end_matches('.');
        if !local && (is_loopback_name(name) || name.ends_with(".localhost")) {
            return Err(refuse(shown(&url), "it points back at this machine"));
        }
        if let Some(ip) = there.ip()
            && let Some(rule) = forbidden(ip, local)
        {
            return Err(refuse(shown(&url), rule));
        }
    }
    if purpose == Purpose::CredentialRealm && !may_see_secret(from, &url, trusted_realms) {
        return Err(Error::Hop {
            from: from.authority().to_owned(),
            to: shown(&url),
            what: purpose.noun(),
            rule: "it is neither of the registry's own domain nor trusted",
            secret: true,
        });
    }
    Ok(url)
}

fn may_see_secret(from: &Url, realm: &Url, trusted: &[(Option<HostPort>, Url)]) -> bool {
    let (here, there) = (HostPort::of(from), HostPort::of(realm));
    if here.host == there.host {
        return true; // any port; a downgrade was refused above
    }
    let said = |(registry, url): &(Option<HostPort>, Url)| {
        registry.as_ref().is_none_or(|r| r.host == here.host && r.port == here.port)
            && url.scheme() == realm.scheme()
            && HostPort::of(url) == there
    };
    if trusted.iter().any(said) {
        return true;
    }
    if realm.scheme() != "https" {
        return false;
    }
    let named_pair = REALM_PAIRS.iter().any(|(registry, server)| *registry == here.host && *server == there.host);
    let domain =
        |host: &HostPort| host.ip().is_none().then(|| psl::domain_str(&host.host)).flatten().map(str::to_owned);
    named_pair || domain(&here).is_some_and(|own| domain(&there) == Some(own))
}

/// Why a hop may not connect to this address, whatever name led to it. Private networks are allowed: registries and
/// their storage live there.
pub(super) fn forbidden(ip: IpAddr, loopback_allowed: bool) -> Option<&'static str> {
    match embedded_v4(ip) {
        IpAddr::V4(v4) if v4.is_loopback() => (!loopback_allowed).then_some("it points back at this machine"),
        IpAddr::V6(v6) if v6.is_loopback() => (!loopback_allowed).then_some("it points back at this machine"),
        IpAddr::V4(v4) if v4.is_unspecified() || v4.octets()[0] == 0 => Some("it is the unspecified address"),
        IpAddr::V6(v6) if v6.is_unspecified() => Some("it is the unspecified address"),
        IpAddr::V4(v4) if v4.is_link_local() => Some("it is a link-local (metadata) address"),
        IpAddr::V6(v6) if v6.segments()[0] & 0xffc0 == 0xfe80 => Some("it is a link-local address"),
        IpAddr::V4(v4) if v4 == Ipv4Addr::new(100, 100, 100, 200) || v4 == Ipv4Addr::new(192, 0, 0, 192) => {
            Some("it is a cloud metadata address")
        }
        IpAddr::V6(v6) if v6 == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254) => {
            Some("it is a cloud metadata address")
        }
        _ => None,
    }
}

/// The IPv4 address inside an IPv4-mapped, IPv4-compatible or NAT64 address.
fn embedded_v4(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip else { return ip };
    let segments = v6.segments();
    let [.., high, low] = segments;
    let v4 = IpAddr::V4(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)));
    match &segments[..6] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => v4,
        [0, 0, 0, 0, 0, 0] if !v6.is_loopback() && !v6.is_unspecified() => v4,
        _ => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(from: &str, to: &str, purpose: Purpose) -> Result<String, String> {
        let from = Url::parse(from).unwrap();
        let realm = |url: &str| Url::parse(url).unwrap();
        let trusted =
            [(HostPort::parse("r.test"), realm("https://trusted.test/token")), (None, realm("https://any.test/token"))];
        authorise(&from, to, purpose, &trusted).map(|url| url.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn requests_that_may_be_made() {
        let cases = [
            ("https://r.test/v2/", "/v2/x", Purpose::Redirect),
            ("https://r.test/v2/", "https://cdn.other/x?sig=1", Purpose::Redirect),
            ("https://r.test/v2/", "https://10.0.0.5/x", Purpose::Redirect),
            ("http://10.0.0.5:5000/v2/", "http://minio:9000/x", Purpose::Redirect),
            ("http://127.0.0.1:5000/v2/", "http://127.0.0.1:6000/x", Purpose::Redirect),
            ("http://127.0.0.1:5000/v2/", "http://127.0.0.1:5000/x", Purpose::Page),
            ("https://r.test/v2/", "https://storage.other/up?x=1", Purpose::Upload),
            ("https://r.test/v2/", "https://auth.other/token", Purpose::AnonymousRealm),
            ("https://169.254.0.9:5000/v2/", "https://169.254.0.9:5000/token", Purpose::AnonymousRealm),
        ];
        for (from, to, purpose) in cases {
            assert!(hop(from, to, purpose).is_ok(), "{from} -> {to} {purpose:?}");
        }
    }

    #[test]
    fn requests_that_may_not() {
        let https = "https://r.test/v2/";
        let cases = [
            (https, "http://r.test/x", Purpose::Redirect),
            (https, "ftp://r.test/x", Purpose::Redirect),
            (https, "file:///etc/passwd", Purpose::Redirect),
            (https, "https://u:p@cdn.other/x", Purpose::Redirect),
            (https, "https://u@cdn.other/x", Purpose::Redirect),
            (https, "https://:p@cdn.other/x", Purpose::Redirect),
            (https, "https://127.0.0.1/x", Purpose::Redirect),
            (https, "https://localhost/x", Purpose::Redirect),
            (https, "https://[::1]/x", Purpose::Redirect),
            (https, "https://localhost./x", Purpose::Redirect),
            (https, "https://x.localhost/x", Purpose::Redirect),
            (https, "https://169.254.169.254/latest", Purpose::AnonymousRealm),
            (https, "https://[::ffff:169.254.169.254]/x", Purpose::AnonymousRealm),
            (https, "https://[64:ff9b::a9fe:a9fe]/x", Purpose::AnonymousRealm),
            (https, "https://2852039166/x", Purpose::AnonymousRealm),
            (https, "https://0/x", Purpose::AnonymousRealm),
            (https, "https://100.100.100.200/x", Purpose::AnonymousRealm),
            (https, "https://[fd00:ec2::254]/x", Purpose::AnonymousRealm),
            (https, "https://[fe80::1]/x", Purpose::Upload),
            (https, "https://169\u{3002}254\u{3002}169\u{3002}254/x", Purpose::Redirect),
            (https, "https://r.test:444/v2/?n=1", Purpose::Page),
            (https, "https://other.test/v2/", Purpose::Page),
            ("http://r.test/v2/", "https://r.test/v2/", Purpose::Page),
            ("http://127.0.0.1:5000/v2/", "http://169.254.169.254/x", Purpose::Redirect),
        ];
        for (from, to, purpose) in cases {
            assert!(hop(from, to, purpose).is_err(), "{from} -> {to} {purpose:?}");
        }
    }

    #[test]
    fn an_endless_address_is_not_contacted() {
        let path = |length| format!("/{}", "x".repeat(length));
        assert!(hop("https://r.test/v2/", &path(16_000), Purpose::Page).is_ok());
        assert!(hop("https://r.test/v2/", &path(17_000), Purpose::Page).is_err());
    }

    #[test]
    fn who_may_see_a_secret() {
        let yes = [
            ("https://registry-1.docker.io/v2/", "https://auth.docker.io/token"),
            ("https://r.test/v2/", "https://r.test:5001/auth"),
            ("http://r.test:5000/v2/", "http://r.test:5001/auth"),
            ("https://registry.gitlab.com/v2/", "https://gitlab.com/jwt/auth"),
            ("https://nvcr.io/v2/", "https://authn.nvidia.com/token"),
            ("https://r.test/v2/", "https://trusted.test/token"),
            ("https://r.test/v2/", "token"),
            ("https://whichever.test/v2/", "https://any.test/token"),
        ];
        for (from, to) in yes {
            assert!(hop(from, to, Purpose::CredentialRealm).is_ok(), "{from} -> {to}");
        }
        let no = [
            ("https://r.test/v2/", "https://evil.example/token"),
            ("https://r.test/v2/", "https://r.test.evil.example/token"),
            ("https://alice.github.io/v2/", "https://mallory.github.io/token"),
            ("https://nvcr.io.evil.example/v2/", "https://authn.nvidia.com/token"),
            ("https://10.0.0.5/v2/", "https://10.0.0.6/token"),
            ("https://r.co.uk/v2/", "https://s.co.uk/token"),
            ("http://a.r.test/v2/", "http://b.r.test/token"),
            ("https://r.test/v2/", "https://trusted.test:444/token"),
            ("https://s.test/v2/", "https://trusted.test/token"),
            ("https://r.test:5000/v2/", "https://trusted.test/token"),
        ];
        for (from, to) in no {
            assert!(hop(from, to, Purpose::CredentialRealm).is_err(), "{from} -> {to}");
        }
    }
}
