use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::STEP_TIMEOUT;
use crate::http::resolver::{ResolveError, lookup};
use crate::http::{Error, HostPort, ProxyChoice, ProxyProblem, ProxyReason, StatusCode};

/// The largest head of a proxy's answer.
const HEAD_LIMIT_BYTES: usize = 16 * 1024;

/// The way to a host.
#[derive(Clone, Debug)]
pub enum Route {
    /// To this address of it.
    Direct(SocketAddr),
    /// Through a tunnel of a proxy.
    Tunnel(Proxy),
}

/// An HTTP proxy, with the credentials for it. Its `Debug` does not show them.
#[derive(Clone)]
pub struct Proxy {
    place: HostPort,
    authorization: Option<String>,
    why: ProxyReason,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("place", &self.place.to_string()).finish_non_exhaustive()
    }
}

impl Proxy {
    /// The proxy that was chosen. None for one that is not looked into: SOCKS, or a proxy that is itself reached over
    /// TLS.
    #[must_use]
    pub fn of(choice: &ProxyChoice) -> Option<Self> {
        let url = choice.proxy.as_ref().filter(|url| url.scheme() == "http")?;
        let place = HostPort { explicit: true, ..HostPort::of(url) };
        let named = !url.username().is_empty() || url.password().is_some();
        let authorization = named.then(|| {
            let pair = [decoded(url.username()), b":".to_vec(), decoded(url.password().unwrap_or_default())].concat();
            format!("Basic {}", STANDARD.encode(pair))
        });
        Some(Self { place, authorization, why: choice.why.clone() })
    }

    async fn tunnel(&self, host: &HostPort) -> Result<TcpStream, Error> {
        let failed = |problem| Error::Proxy {
            host: host.to_string(),
            proxy: self.place.to_string(),
            why: self.why.clone(),
            problem,
        };
        let unreached = |reason| failed(ProxyProblem::Unreachable(reason));
        let addresses = match self.place.ip() {
            Some(ip) => vec![ip],
            None => addresses(&self.place).await.map_err(|error| unreached(unresolved(error)))?,
        };
        let mut outcome = Err(io::ErrorKind::AddrNotAvailable.into());
        for ip in addresses {
            outcome = dial(SocketAddr::new(ip, self.place.port)).await;
            if outcome.is_ok() {
                break;
            }
        }
        let mut stream = outcome.map_err(unreached)?;
        let answer = timeout(STEP_TIMEOUT, self.ask(&mut stream, host)).await;
        let answer = answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(unreached)?;
        match status(&answer) {
            Some(200..=299) => Ok(stream),
            Some(status) if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED.as_u16() => {
                Err(failed(ProxyProblem::Authentication { sent: self.authorization.is_some() }))
            }
            Some(status) => Err(failed(ProxyProblem::Refused(format!("it answered {status}")))),
            None => Err(unreached(io::Error::other("what answered there is no HTTP proxy"))),
        }
    }

    /// Asks for the tunnel (RFC 9110, section 9.3.6), and reads the head of the answer, not a byte more.
    async fn ask(&self, stream: &mut TcpStream, host: &HostPort) -> io::Result<Vec<u8>> {
        let target = HostPort { explicit: true, ..host.clone() };
        let authorization = self.authorization.as_ref().map(|value| format!("Proxy-Authorization: {value}\r\n"));
        let authorization = authorization.unwrap_or_default();
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_LIMIT_BYTES {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            }
        }
        Ok(head)
    }
}

impl Route {
    pub(super) async fn open(&self, host: &HostPort) -> Result<TcpStream, Error> {
        match self {
            Self::Direct(address) => {
                dial(*address).await.map_err(|reason| Error::Connect { host: host.to_string(), reason })
            }
            Self::Tunnel(proxy) => proxy.tunnel(host).await,
        }
    }
}

async fn dial(address: SocketAddr) -> io::Result<TcpStream> {
    timeout(STEP_TIMEOUT, TcpStream::connect(address)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// A proxy whose name has no address is one that cannot be reached.
fn unresolved(error: Error) -> io::Error {
    match error {
        Error::Resolve { not_found: true, message, .. } => io::Error::new(io::ErrorKind::NotFound, message),
        Error::Resolve { message, .. } => io::Error::other(message),
        other => io::Error::other(other),
    }
}

/// All addresses of a name, by the system's resolver.
pub(super) async fn addresses(host: &HostPort) -> Result<Vec<IpAddr>, Error> {
    let failed =
        |not_found, message| Error::Resolve { host: host.host.clone(), port: Some(host.port), not_found, message };
    let asked = host.host.clone();
    match timeout(STEP_TIMEOUT, tokio::task::spawn_blocking(move || lookup(&asked))).await {
        Err(_) => Err(failed(false, format!("no answer within {STEP_TIMEOUT:?}"))),
        Ok(Err(error)) => Err(failed(false, error.to_string())),
        Ok(Ok(outcome)) => outcome.map_err(|error| {
            let not_found = error.downcast_ref::<ResolveError>().is_some_and(|error| error.not_found);
            failed(not_found, error.to_string())
        }),
    }
}

/// The status of an answer, where it is one.
fn status(head: &[u8]) -> Option<u16> {
    let line = str::from_utf8(head.split(|byte| *byte == b'\r').next()?).ok()?;
    let mut words = line.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

/// Text of a URL without its percent-encoding.
fn decoded(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).filter(|code| *first == b'%' && code.iter().all(u8::is_ascii_hexdigit));
        let code = code.and_then(|code| str::from_utf8(code).ok());
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Url;

    #[test]
    fn credentials_of_a_proxy_are_decoded_and_not_shown() {
        let proxy = |url: &str| {
            let why = ProxyReason::Variable("https_proxy".to_owned());
            Proxy::of(&ProxyChoice { proxy: Some(Url::parse(url).unwrap()), why })
        };
        let cases = [
            ("http://corp:s3cret@p.test:3128", Some("corp:s3cret")),
            ("http://corp:p%40ss%2Fw%25@p.test:3128", Some("corp:p@ss/w%")),
            ("http://corp@p.test", Some("corp:")),
            ("http://corp:50%+f%4@p.test", Some("corp:50%+f%4")),
            ("http://p.test", None),
        ];
        for (url, pair) in cases {
            let proxy = proxy(url).unwrap();
            let expected = pair.map(|pair| format!("Basic {}", STANDARD.encode(pair)));
            assert_eq!(proxy.authorization, expected, "{url}");
            let shown = format!("{proxy:?}");
            assert!(!shown.contains("s3cret") && !shown.contains("Basic"), "{shown}");
        }
        for url in ["socks5://p.test:1080", "socks5h://p.test:1080", "https://p.test"] {
            assert!(proxy(url).is_none(), "{url}");
        }
    }

    #[test]
    fn a_status_is_read_from_http_alone() {
        let cases: [(&[u8], Option<u16>); 5] = [
            (b"HTTP/1.1 200 Connection established\r\n\r\n", Some(200)),
            (b"HTTP/1.0 403\r\n\r\n", Some(403)),
            (b"SSH-2.0-OpenSSH_9\r\n", None),
            (b"HTTP/1.1 twohundred\r\n\r\n", None),
            (b"", None),
        ];
        for (head, expected) in cases {
            assert_eq!(status(head), expected, "{}", head.escape_ascii());
        }
    }
}
