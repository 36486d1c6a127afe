use std::net::{IpAddr, SocketAddr};

use dns_lookup::{AddrInfoHints, LookupErrorKind, SockType};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::HostPort;
use super::hop::forbidden;

/// A name and port with an address that the user gave: `--resolve HOST:PORT:ADDR`. Several for one name and port are
/// its addresses, in the order of preference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Override {
    /// Lower-case name.
    pub host: String,
    /// The port that it concerns.
    pub port: u16,
    /// Where to connect instead.
    pub address: IpAddr,
}

impl Override {
    /// The addresses that the user gave for `host`; none where its name is looked up.
    #[must_use]
    pub fn addresses(overrides: &[Self], host: &HostPort) -> Vec<IpAddr> {
        overrides.iter().filter(|o| o.host == host.host && o.port == host.port).map(|o| o.address).collect()
    }
}

/// A name did not resolve.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct ResolveError {
    pub(super) host: String,
    /// The name does not exist, as opposed to: it could not be asked.
    pub(super) not_found: bool,
    message: String,
}

/// A name that a server supplied resolved to an address that hops may not reach.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{host} resolves to {ip}: {rule}")]
pub(super) struct GuardError {
    pub(super) host: String,
    pub(super) ip: IpAddr,
    pub(super) rule: &'static str,
}

/// The system's resolver, which tells a missing name from a silent server; overridden and guarded as its connection
/// profile says.
#[derive(Clone, Debug)]
pub(super) struct Resolver {
    /// The addresses that the user gave; none where names are looked up.
    pub(super) pinned: Vec<IpAddr>,
    /// Present for hosts that only a server named: whether loopback is allowed there.
    pub(super) guard: Option<bool>,
    /// A proxy on the way, which is the user's choice: neither overridden nor guarded.
    pub(super) proxy: Option<String>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let is_proxy = self.proxy.as_deref().is_some_and(|proxy| proxy.eq_ignore_ascii_case(&host));
        let (pinned, guard) = if is_proxy { (Vec::new(), None) } else { (self.pinned.clone(), self.guard) };
        Box::pin(async move {
            let given = !pinned.is_empty();
            let addresses = if given {
                pinned
            } else {
                let asked = host.clone();
                tokio::task::spawn_blocking(move || lookup(&asked)).await??
            };
            // An address that the user gave may be this machine; a metadata service it may not be.
            if let Some(loopback_allowed) = guard.map(|allowed| allowed || given) {
                for ip in &addresses {
                    if let Some(rule) = forbidden(*ip, loopback_allowed) {
                        return Err(GuardError { host, ip: *ip, rule }.into());
                    }
                }
            }
            // Port 0 means: the port of the URL.
            Ok(Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

/// The addresses of a host name, blocking; in the system's order of preference.
///
/// # Errors
/// Says whether the name does not exist or could not be asked for.
pub fn lookup(host: &str) -> Result<Vec<IpAddr>, Box<dyn std::error::Error + Send + Sync>> {
    let hints = AddrInfoHints { socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
    let failed = |not_found: bool, message: String| ResolveError { host: host.to_owned(), not_found, message };
    let found = dns_lookup::getaddrinfo(Some(host), None, Some(hints)).map_err(|error| {
        let not_found = matches!(error.kind(), LookupErrorKind::NoName | LookupErrorKind::NoData);
        let message = match error.kind() {
            _ if not_found => "no such host".to_owned(),
            LookupErrorKind::Again => "no name server answered".to_owned(),
            _ => std::io::Error::from(error).to_string(),
        };
        failed(not_found, message)
    })?;
    let addresses: Vec<IpAddr> = found.filter_map(Result::ok).map(|info| info.sockaddr.ip()).collect();
    if addresses.is_empty() { Err(failed(true, "no such host".to_owned()).into()) } else { Ok(addresses) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_cannot_exist_is_told_from_a_silent_server() {
        let error = lookup("does-not-exist.invalid").unwrap_err();
        assert_eq!(error.downcast_ref::<ResolveError>().map(|e| e.host.as_str()), Some("does-not-exist.invalid"));
        assert!(lookup("localhost").is_ok_and(|ips| ips.iter().all(IpAddr::is_loopback)));
    }

    #[tokio::test]
    async fn guarded_names_may_not_lead_to_this_machine() {
        let resolve = |guard| async move {
            let resolver = Resolver { pinned: Vec::new(), guard, proxy: None };
            resolver.resolve("localhost".parse().unwrap()).await.is_ok()
        };
        assert!(resolve(None).await);
        assert!(resolve(Some(true)).await);
        assert!(!resolve(Some(false)).await);
    }
}
