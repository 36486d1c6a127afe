use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::resolver::{GuardError, ResolveError};
use super::{BoxError, TlsProblem, Url};

/// A failure of `http`: no usable answer came.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name of the host does not resolve.
    #[error("cannot resolve {host}: {message}")]
    Resolve {
        /// The name.
        host: String,
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
    /// No connection to the proxy on the way.
    #[error("cannot connect to the proxy {proxy} on the way to {host}: {}", in_short(reason))]
    Proxy {
        /// Host and port behind the proxy.
        host: String,
        /// Host and port of the proxy.
        proxy: String,
        /// The system's error.
        reason: io::Error,
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
    /// The proxy wants credentials, or refuses those it got.
    #[error("the proxy on the way to {host} asks for authentication")]
    ProxyAuthentication {
        /// Host and port behind the proxy.
        host: String,
    },
    /// The proxy opens no tunnel to the host.
    #[error("the proxy {proxy} refuses the way to {host}: it answered {status}")]
    ProxyRefused {
        /// Host and port behind the proxy.
        host: String,
        /// Host and port of the proxy.
        proxy: String,
        /// The status of its answer.
        status: u16,
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
    match reason.kind() {
        io::ErrorKind::Other => reason.to_string(),
        kind => kind.to_string(),
    }
}

impl Error {
    /// Whether another attempt may help. An exhausted request is not tried again.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Proxy { .. } | Self::Timeout { .. } | Self::Broken { .. } => true,
            Self::Resolve { not_found, .. } => !not_found,
            _ => false,
        }
    }

    /// The same failure, where a proxy stood between: it is the proxy that could not be reached.
    pub(super) fn behind(self, proxy: Option<&Url>) -> Self {
        match (self, proxy) {
            // What the proxy itself says of the way behind it has no kind of its own.
            (Self::Connect { host, reason }, Some(proxy)) if reason.kind() != io::ErrorKind::Other => {
                Self::Proxy { host, proxy: proxy.authority().rsplit('@').next().unwrap_or_default().to_owned(), reason }
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
            // An `io::Error` shows its inner error's source as its own: step inside first.
            let inner = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            next = inner.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| current.source());
        }
        let message = message.unwrap_or_else(|| error.to_string());
        if error.is_builder() {
            return Self::Setup(message);
        }
        // The tunnel's error type is private to the transport; its words are all there is.
        if error.is_connect() && message.contains("proxy authorization required") {
            return Self::ProxyAuthentication { host };
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
            return Some(Self::Resolve { host: host.clone(), not_found: *not_found, message: error.to_string() });
        }
        if let Some(GuardError { ip, rule, host: name }) = error.downcast_ref() {
            let to = format!("{name} ({ip})");
            return Some(Self::Hop { from: "the registry".into(), to, what: "next host", rule, secret: false });
        }
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(Self::from_tls(tls, host));
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
