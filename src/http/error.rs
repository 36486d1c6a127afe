use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::resolver::{GuardError, ResolveError};
use super::{BoxError, HostPort, ProxyChoice, ProxyReason, TlsProblem, Url};

/// What is wrong with a proxy.
#[derive(Debug)]
pub enum ProxyProblem {
    /// No connection to it.
    Unreachable(io::Error),
    /// It was reached, and did not connect to the host, in the transport's words.
    Refused(String),
    /// It cannot be trusted.
    Tls(TlsProblem),
    /// It wants a user and a password, or refuses those it got.
    Authentication {
        /// Whether it got any.
        sent: bool,
    },
    /// It could ask for the client certificate that is meant for the host behind it.
    SeesIdentity,
}

impl ProxyProblem {
    /// Whether another attempt may help.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            // That is a name that does not exist.
            Self::Unreachable(reason) => reason.kind() != io::ErrorKind::NotFound,
            Self::Refused(_) => true,
            _ => false,
        }
    }
}

/// A failure of `http`: no usable answer came.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name of the host does not resolve.
    #[error("cannot resolve {host}: {message}")]
    Resolve {
        /// The name.
        host: String,
        /// The port that was to be connected to, where that is known.
        port: Option<u16>,
        /// The name does not exist, as opposed to: no name server answered.
        not_found: bool,
        /// The resolver's words.
        message: String,
    },
    /// No connection.
    #[error("cannot connect to {host}: {}", in_short(reason))]
    Connect {
        /// Host and port.
        host: String,
        /// The system's error.
        reason: io::Error,
    },
    /// The proxy on the way does not do what it is there for.
    #[error("{}", match problem {
        ProxyProblem::Unreachable(reason) => {
            format!("cannot connect to the proxy {proxy} on the way to {host}: {}", in_short(reason))
        }
        ProxyProblem::Refused(message) => format!("the proxy {proxy} did not connect to {host}: {message}"),
        ProxyProblem::Tls(problem) => format!("cannot trust the proxy {proxy} on the way to {host}: {problem}"),
        ProxyProblem::Authentication { sent: false } => {
            format!("the proxy {proxy} on the way to {host} asks for authentication")
        }
        ProxyProblem::Authentication { sent: true } => {
            format!("the proxy {proxy} on the way to {host} refuses the authentication that was sent")
        }
        ProxyProblem::SeesIdentity => {
            format!("the proxy {proxy} could ask for the client certificate that is meant for {host}")
        }
    })]
    Proxy {
        /// Host and port behind the proxy.
        host: String,
        /// Host and port of the proxy.
        proxy: String,
        /// Where the proxy comes from.
        why: ProxyReason,
        /// What is wrong.
        problem: ProxyProblem,
    },
    /// TLS failed: never retried, never answered with plain HTTP.
    #[error("cannot trust {host}: {problem}")]
    Tls {
        /// Host and port.
        host: String,
        /// What is wrong.
        problem: TlsProblem,
    },
    /// The peer answers plain HTTP where HTTPS was asked.
    #[error("{host} speaks plain HTTP, and rcr was asked for HTTPS")]
    PlainHttp {
        /// Host and port.
        host: String,
    },
    /// The peer took too long.
    #[error("{host} {what} for {after:?}")]
    Timeout {
        /// Host and port.
        host: String,
        /// What it did not do.
        what: &'static str,
        /// How long that was awaited.
        after: Duration,
    },
    /// The connection broke, or what came over it was not HTTP.
    #[error("the connection to {host} broke: {message}")]
    Broken {
        /// Host and port.
        host: String,
        /// The innermost cause.
        message: String,
    },
    /// A URL that a server supplied was not contacted.
    #[error("{from} names {to} as its {what}, which was not contacted: {rule}")]
    Hop {
        /// The registry.
        from: String,
        /// What it named, redacted.
        to: String,
        /// What for.
        what: &'static str,
        /// The rule.
        rule: &'static str,
        /// Whether a request could go there, but a secret must not.
        secret: bool,
    },
    /// More redirects than are followed.
    #[error("{host} redirects more than {limit} times")]
    TooManyRedirects {
        /// The host that was asked first.
        host: String,
        /// How many are followed.
        limit: usize,
    },
    /// An answer has more headers, or longer ones, than are read.
    #[error("the answer of {host} has more headers than are read")]
    HeadersTooLarge {
        /// Host and port.
        host: String,
    },
    /// A body is larger than what is read of its kind.
    #[error("the answer of {host} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// Host and port.
        host: String,
        /// The limit in bytes.
        limit_bytes: usize,
    },
    /// The name of a registry makes no address.
    #[error("{host} is not an address: a port is a number up to 65535")]
    Address {
        /// The name.
        host: String,
    },
    /// A certificate or key file cannot be used.
    #[error("cannot use {}: {message}", file.display())]
    CertificateFile {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// How to trust the host could not be found out.
    #[error(transparent)]
    Trust(BoxError),
    /// The authorizer failed.
    #[error(transparent)]
    Authorize(BoxError),
    /// The client could not be set up, or the request is malformed.
    #[error("cannot set up the HTTP client: {0}")]
    Setup(String),
    /// The last of several attempts failed.
    #[error("gave up after {attempts} attempts")]
    Exhausted {
        /// How many requests were made.
        attempts: u32,
        /// Why the last failed.
        source: Box<Error>,
    },
}

/// An error of the system without its number; any other in its own words.
fn in_short(reason: &io::Error) -> String {
    if reason.get_ref().is_some() { reason.to_string() } else { reason.kind().to_string() }
}

/// The next cause. An `io::Error` shows its inner error's source as its own: step inside first.
fn inside<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e (dyn StdError + 'static)> {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    inner.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source())
}

fn has_login(proxy: &Url) -> bool {
    !proxy.username().is_empty() || proxy.password().is_some()
}

/// Where on its way to a host a request failed, by the words of the transport: its types for proxies are private.
#[derive(Debug, PartialEq)]
enum Leg {
    /// On the way to the proxy.
    ToProxy,
    /// At the proxy, with what it said.
    AtProxy(String),
    /// The proxy wants other credentials.
    Credentials,
    /// Elsewhere.
    Beyond,
}

impl Leg {
    fn of(message: &str) -> Self {
        let Some(words) = message.strip_prefix("tunnel error: ").or_else(|| message.strip_prefix("SOCKS error: "))
        else {
            return Self::Beyond;
        };
        match words {
            "failed to create underlying connection" => Self::ToProxy,
            "proxy authorization required"
            | "credentials not accepted"
            | "server does not support user/pass authentication"
            | "server implements authentication incorrectly" => Self::Credentials,
            "unsuccessful" => Self::AtProxy("it refused, or could not reach it".to_owned()),
            words => Self::AtProxy(words.to_owned()),
        }
    }
}

impl Error {
    /// Whether another attempt may help. An exhausted request is not tried again.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Timeout { .. } | Self::Broken { .. } => true,
            Self::Proxy { problem, .. } => problem.is_transient(),
            Self::Resolve { not_found, .. } => !not_found,
            _ => false,
        }
    }

    fn at_proxy(host: String, proxy: &Url, choice: &ProxyChoice, problem: ProxyProblem) -> Self {
        let proxy = proxy.authority().rsplit('@').next().unwrap_or_default().to_owned();
        Self::Proxy { host, proxy, why: choice.why.clone(), problem }
    }

    /// The chosen proxy answered 407.
    pub(super) fn refused_by_proxy(host: String, choice: &ProxyChoice) -> Self {
        match &choice.proxy {
            Some(proxy) => Self::at_proxy(host, proxy, choice, ProxyProblem::Authentication { sent: has_login(proxy) }),
            None => Self::Broken { host, message: "it answers as only a proxy does".to_owned() },
        }
    }

    /// The chosen proxy is spoken to over TLS, and the host behind it with a client certificate.
    pub(super) fn identity_seen_by_proxy(host: String, choice: &ProxyChoice) -> Self {
        match &choice.proxy {
            Some(proxy) => Self::at_proxy(host, proxy, choice, ProxyProblem::SeesIdentity),
            None => Self::Setup("there is no proxy".to_owned()),
        }
    }

    /// Turns the transport's error into ours, where a proxy may stand between: it may be the proxy that failed.
    pub(super) fn of_request(error: reqwest::Error, host: String, scheme: &str, choice: &ProxyChoice) -> Self {
        let written = HostPort::parse(&host).filter(|host| host.explicit).map(|host| host.port);
        let asked = written.unwrap_or(if scheme == "http" { 80 } else { 443 });
        match Self::on_the_way(error, host, scheme, choice) {
            Self::Resolve { host, not_found, message, .. } => {
                Self::Resolve { host, port: Some(asked), not_found, message }
            }
            other => other,
        }
    }

    fn on_the_way(error: reqwest::Error, host: String, scheme: &str, choice: &ProxyChoice) -> Self {
        let Some(proxy) = &choice.proxy else { return Self::classify(error, host) };
        let legs =
            std::iter::successors(error.source(), |cause| inside(*cause)).map(|cause| Leg::of(&cause.to_string()));
        let leg = legs.into_iter().find(|leg| *leg != Leg::Beyond).unwrap_or(Leg::Beyond);
        // Of plain HTTP behind an HTTP proxy, the proxy is all that is connected to.
        let to_proxy = leg == Leg::ToProxy || (scheme == "http" && matches!(proxy.scheme(), "http" | "https"));
        let blame = |host: String, problem| Self::at_proxy(host, proxy, choice, problem);
        match (Self::classify(error, host.clone()), leg) {
            (_, Leg::Credentials) => blame(host, ProxyProblem::Authentication { sent: has_login(proxy) }),
            (_, Leg::AtProxy(words)) => {
                // Some refuse a wrong password with another status than 407.
                let words =
                    if has_login(proxy) { format!("{words}, or does not accept the user and password") } else { words };
                blame(host, ProxyProblem::Refused(words))
            }
            (Self::Resolve { host: name, not_found, message, .. }, _) if name == HostPort::of(proxy).host => {
                let kind = if not_found { io::ErrorKind::NotFound } else { io::ErrorKind::Other };
                blame(host, ProxyProblem::Unreachable(io::Error::new(kind, message)))
            }
            (Self::Tls { problem, .. }, _) if to_proxy => blame(host, ProxyProblem::Tls(problem)),
            (Self::PlainHttp { .. }, _) if to_proxy => {
                blame(host, ProxyProblem::Tls(TlsProblem::Other("it does not speak TLS".to_owned())))
            }
            (Self::Connect { reason, .. }, Leg::ToProxy) if reason.kind() == io::ErrorKind::Other => {
                blame(host, ProxyProblem::Unreachable(io::Error::other("no connection")))
            }
            (Self::Connect { reason, .. }, _) if to_proxy || reason.get_ref().is_none() => {
                blame(host, ProxyProblem::Unreachable(reason))
            }
            (error, _) => error,
        }
    }

    /// The failure itself, without the count of attempts around it.
    #[must_use]
    pub fn innermost(&self) -> &Self {
        match self {
            Self::Exhausted { source, .. } => source.innermost(),
            other => other,
        }
    }

    /// Turns the transport's error into ours, by the types in its chain. `host` is who was asked.
    pub(super) fn classify(error: reqwest::Error, host: String) -> Self {
        // Where the transport names the URL it names all of it, signatures too.
        let error = error.without_url();
        let mut message = None;
        let mut next: Option<&(dyn StdError + 'static)> = Some(&error);
        while let Some(current) = next {
            if let Some(found) = Self::recognise(current, &host) {
                return found;
            }
            message = Some(current.to_string());
            next = inside(current);
        }
        let message = message.unwrap_or_else(|| error.to_string());
        if error.is_builder() {
            return Self::Setup(message);
        }
        if error.is_timeout() {
            return Self::Connect { host, reason: io::ErrorKind::TimedOut.into() };
        }
        if error.is_connect() {
            return Self::Connect { host, reason: io::Error::other(message) };
        }
        Self::Broken { host, message }
    }

    /// The same for a failure within a body: TLS was agreed upon before, so what breaks it is the way.
    pub(super) fn of_body(error: reqwest::Error, host: String) -> Self {
        match Self::classify(error, host) {
            Self::Tls { host, .. } | Self::PlainHttp { host } => {
                Self::Broken { host, message: "what came is not what was encrypted".to_owned() }
            }
            other => other,
        }
    }

    fn recognise(error: &(dyn StdError + 'static), host: &str) -> Option<Self> {
        let host = host.to_owned();
        if let Some(ResolveError { host, not_found, .. }) = error.downcast_ref() {
            let (host, not_found, message) = (host.clone(), *not_found, error.to_string());
            return Some(Self::Resolve { host, port: None, not_found, message });
        }
        if let Some(GuardError { ip, rule, host: name }) = error.downcast_ref() {
            let to = format!("{name} ({ip})");
            return Some(Self::Hop { from: "the registry".into(), to, what: "next host", rule, secret: false });
        }
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(Self::from_tls(tls, host));
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_parse_too_large() {
                return Some(Self::HeadersTooLarge { host });
            }
            // It was connected, so this is no timeout of connecting.
            if error.is_timeout() {
                return Some(Self::Broken { host, message: "a ping was not answered".to_owned() });
            }
        }
        let io = error.downcast_ref::<io::Error>()?;
        let refused = matches!(
            io.kind(),
            io::ErrorKind::ConnectionRefused
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::NetworkUnreachable
                | io::ErrorKind::TimedOut
        );
        (refused && io.get_ref().is_none()).then(|| Self::Connect {
            host,
            reason: io.raw_os_error().map_or_else(|| io.kind().into(), io::Error::from_raw_os_error),
        })
    }

    /// The same for a handshake that was made without the transport.
    pub(super) fn of_handshake(error: &io::Error, host: String) -> Self {
        let cause = error.get_ref().map_or(error as &(dyn StdError + 'static), |inner| inner as _);
        Self::recognise(cause, &host).unwrap_or_else(|| Self::Broken { host, message: in_short(error) })
    }

    fn from_tls(error: &rustls::Error, host: String) -> Self {
        match error {
            // What came is no TLS record at all.
            rustls::Error::InvalidMessage(_) => Self::PlainHttp { host },
            error => Self::Tls { host, problem: TlsProblem::of(error) },
        }
    }
}
