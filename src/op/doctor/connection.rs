//! The way to a place: its addresses, the proxy, connections, and TLS or what takes its place.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;

use super::steps::Steps;
use super::{step_of, written};
use crate::endpoint::{Endpoint, PlainReason, TrustSettings};
use crate::http::probe::{self, Handshake, Proxy, Session};
use crate::http::{
    self, Certificate, HostPort, HostTrust, ProxyChoice, SchemePolicy, TlsProblem, TrustStore, is_loopback_name,
};
use crate::op::Context;

/// A certificate that ends sooner is warned of.
const EXPIRY_WARNING_DAYS: u64 = 14;
const DAY: u64 = 24 * 60 * 60;

/// What later steps need to know of the connection.
pub(super) struct Reached {
    /// The host, as errors name it.
    pub(super) host: String,
    /// Whether it asked for a client certificate that there is none of.
    pub(super) lacks_identity: bool,
}

pub(super) async fn examine(
    context: &Context,
    settings: &TrustSettings,
    steps: &mut Steps<'_>,
    endpoint: &Endpoint,
) -> Option<Reached> {
    let started = Instant::now();
    let trust = match context.http.trust(&HostPort::of(&endpoint.base)).await {
        Ok(trust) => trust,
        Err(error) => {
            steps.fail("tls", started, &error.into());
            return None;
        }
    };
    let why = Why::of(settings, endpoint).await;
    let plain = endpoint.base.scheme() == "http" || trust.scheme == SchemePolicy::Http;
    let mut url = endpoint.base.clone();
    if plain {
        // Setting a special scheme on a special URL cannot fail.
        let _ = url.set_scheme("http");
    }
    let host = written(endpoint, &HostPort::of(&url));
    let choice = context.http.proxies().choose(&url);
    let route = match choice.proxy {
        Some(_) => behind(steps, &host, &choice, plain).await?,
        None => straight(context, steps, &host, &choice).await?,
    };
    let mut reached = Reached { host: host.to_string(), lacks_identity: false };
    let peer = Peer { host, trust, why };
    let started = Instant::now();
    if plain {
        unencrypted(steps, started, &peer);
    } else if let Some(route) = route {
        let shaken = probe::handshake(&peer.host, &peer.trust, &route).await;
        reached.lacks_identity = shaken.asks_client_certificate && peer.trust.identity.is_none();
        tls(steps, started, &peer, shaken)?;
    } else {
        steps.skip("tls", "not looked at behind this kind of proxy; the next step says whether it works");
    }
    Some(reached)
}

/// Without a proxy: all addresses, and a connection to each.
async fn straight(
    context: &Context,
    steps: &mut Steps<'_>,
    host: &HostPort,
    choice: &ProxyChoice,
) -> Option<Option<probe::Route>> {
    let started = Instant::now();
    steps.ok("proxy", started, choice.to_string());
    let overrides = context.http.overrides();
    let found = match probe::resolve(host, overrides).await.outcome {
        Ok(found) => found,
        Err(error) => {
            steps.fail("dns", started, &error.into());
            return None;
        }
    };
    let given = overrides.iter().any(|o| o.host == host.host && o.port == host.port);
    let listed = found.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
    let detail = match (given, host.ip()) {
        (true, _) => format!("{listed}, by --resolve"),
        (false, Some(_)) => "an address, nothing to look up".to_owned(),
        (false, None) => listed,
    };
    steps.ok("dns", started, detail);

    let started = Instant::now();
    let connect = |ip: IpAddr| async move {
        let address = SocketAddr::new(ip, host.port);
        (address, probe::connect(host, &probe::Route::Direct(address)).await)
    };
    let tried = join_all(found.into_iter().map(connect)).await;
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for (address, step) in tried {
        match step.outcome {
            Ok(()) => good.push(address),
            Err(error) => bad.push((address, error)),
        }
    }
    let list = |all: &[SocketAddr]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let dead: Vec<SocketAddr> = bad.iter().map(|(address, _)| *address).collect();
    match (good.first(), bad.into_iter().next()) {
        (Some(_), None) => steps.ok("tcp", started, list(&good)),
        (Some(_), Some((_, error))) => {
            let detail = format!("{} answers, {} does not", list(&good), list(&dead));
            steps.warn_of("tcp", started, detail, &error.into());
        }
        (None, Some((_, error))) => {
            steps.fail("tcp", started, &error.into());
            return None;
        }
        (None, None) => return None,
    }
    Some(good.first().map(|address| probe::Route::Direct(*address)))
}

/// Through a proxy, which looks the name up itself. Its kind decides whether a connection can be looked at.
async fn behind(
    steps: &mut Steps<'_>,
    host: &HostPort,
    choice: &ProxyChoice,
    plain: bool,
) -> Option<Option<probe::Route>> {
    let started = Instant::now();
    let shown = choice.to_string();
    steps.skip("dns", "the proxy looks the name up");
    let Some(tunnel) = Proxy::of(choice).filter(|_| !plain) else {
        steps.ok("proxy", started, shown);
        steps.skip("tcp", "not looked at behind this kind of proxy");
        return Some(None);
    };
    let route = probe::Route::Tunnel(tunnel);
    match probe::connect(host, &route).await.outcome {
        Ok(()) => {
            steps.ok("proxy", started, shown);
            steps.ok("tcp", started, format!("{host}, through the proxy"));
            Some(Some(route))
        }
        Err(error) => {
            steps.fail(step_of(&error, "proxy"), started, &error.into());
            None
        }
    }
}

/// The host, and how it is to prove itself.
struct Peer {
    host: HostPort,
    trust: HostTrust,
    why: Why,
}

/// Who says that a host need not prove itself.
struct Why {
    plain: String,
    unverified: String,
}

impl Why {
    /// Settings that cannot be used were met before, and do not come here.
    async fn of(settings: &TrustSettings, endpoint: &Endpoint) -> Self {
        let (settings, of) = (settings.clone(), endpoint.clone());
        // Files are read for it, and names may be looked up.
        let explained = tokio::task::spawn_blocking(move || settings.explain_at(&of).ok()).await.ok().flatten();
        let url = || format!("the URL in {}", endpoint.from);
        let plain = match explained.as_ref().and_then(|explained| explained.plain.as_ref()) {
            _ if endpoint.base.scheme() == "http" => url(),
            Some(PlainReason::Listed(from) | PlainReason::Insecure(from)) => from.to_string(),
            Some(PlainReason::Loopback) | None => "its name".to_owned(),
        };
        let unverified = explained.and_then(|explained| explained.unverified);
        Self { plain, unverified: unverified.map_or_else(|| "a setting".to_owned(), |from| from.to_string()) }
    }
}

fn unencrypted(steps: &mut Steps<'_>, started: Instant, peer: &Peer) {
    if is_loopback_name(&peer.host.host) {
        steps.ok("tls", started, "plain HTTP, which does not leave this machine");
    } else {
        let cause = "nothing is encrypted: whoever is in between can read and change it";
        steps.warn("tls", started, format!("plain HTTP, allowed by {}", peer.why.plain), cause, None);
    }
}

fn tls(steps: &mut Steps<'_>, started: Instant, peer: &Peer, shaken: Handshake) -> Option<()> {
    use http::Error as E;
    let Handshake { step, chain: shown, trusted, .. } = shaken;
    match step.outcome {
        Ok(session) => {
            let verdict = trusted.as_ref();
            agreed(steps, started, peer, &shown, verdict, &session);
            Some(())
        }
        Err(error) => {
            let falls_back = match peer.trust.scheme {
                SchemePolicy::HttpsElseHttp => {
                    matches!(error, E::PlainHttp { .. } | E::Connect { .. } | E::Broken { .. } | E::Tls { .. })
                }
                SchemePolicy::HttpsUnlessNotTls => matches!(error, E::PlainHttp { .. }),
                SchemePolicy::Https | SchemePolicy::Http => false,
            };
            if falls_back {
                unencrypted(steps, started, peer);
                return Some(());
            }
            let detail = if shown.is_empty() { String::new() } else { chain(&shown) };
            steps.fail_with("tls", started, detail, &error.into());
            None
        }
    }
}

fn agreed(
    steps: &mut Steps<'_>,
    started: Instant,
    peer: &Peer,
    shown: &[Option<Certificate>],
    trusted: Option<&Result<TrustStore, TlsProblem>>,
    session: &Session,
) {
    let Peer { host, trust, why } = peer;
    let left = shown.first().and_then(Option::as_ref).map(days_left);
    let ends = match left {
        Some(Ok(days)) => format!(", valid for {days} more days"),
        Some(Err(())) => ", expired".to_owned(),
        None => String::new(),
    };
    let vouched = match (trusted, trust.verify) {
        (Some(Ok(TrustStore::System)), true) => ", trusted by this machine".to_owned(),
        (Some(Ok(TrustStore::File(file))), true) => format!(", trusted by {}", file.display()),
        _ => format!(", not verified because of {}", why.unverified),
    };
    let detail = format!("{}, {}{ends}{vouched}", session.version, chain(shown));
    let refused = |problem: &TlsProblem| http::Error::Tls { host: host.to_string(), problem: problem.clone() };
    match (trusted, left) {
        (Some(Err(problem)), _) if !trust.verify => {
            steps.warn_of("tls", started, detail, &refused(problem).into());
        }
        _ if !trust.verify => {
            let hint = format!("the certificate is good: take this host out of {}", why.unverified);
            let cause = "certificates are not verified, so anybody could be in between";
            steps.warn("tls", started, detail, cause, Some(hint));
        }
        (_, Some(Ok(days))) if days < EXPIRY_WARNING_DAYS => {
            let hint = "the registry's operator has to renew the certificate before then";
            let cause = format!("the certificate expires in {days} days");
            steps.warn("tls", started, detail, cause, Some(hint.to_owned()));
        }
        _ => steps.ok("tls", started, detail),
    }
}

/// `CN=registry, by CN=own, by CN=root`.
fn chain(chain: &[Option<Certificate>]) -> String {
    let Some(Some(server)) = chain.first() else { return "no certificate".to_owned() };
    let mut text = match (server.subject.as_str(), server.names.first()) {
        ("", Some(name)) => name.clone(),
        (subject, _) => subject.to_owned(),
    };
    if server.self_signed {
        text.push_str(", signed by itself");
        return text;
    }
    let signers = chain.iter().flatten().filter(|certificate| !certificate.self_signed);
    for certificate in signers {
        text.push_str(", by ");
        text.push_str(&certificate.issuer);
    }
    text
}

/// Whole days until the certificate ends; an error where it has.
fn days_left(certificate: &Certificate) -> Result<u64, ()> {
    let now = SystemTime::now();
    certificate.not_after.duration_since(now).map(|left: Duration| left.as_secs() / DAY).map_err(|_| ())
}
