//! One host looked at step by step, for a diagnosis: its name, a connection, a TLS handshake as the client makes it.
//!
//! Gives facts as values, with the errors that the client itself would give, and judges nothing. Sends no request, and
//! nothing at all after a failed verification.

mod route;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, ProtocolVersion, SignatureScheme};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::tls::Verifier;
use super::{Certificate, Class, Error, HostPort, HostTrust, Override, TlsProblem, TrustStore, tls};

pub use route::{Proxy, Route};

/// For each step, as for the client's own connections.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server that asked for a client certificate may take to refuse what it got: in TLS 1.3 it says so only
/// after the handshake.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// One step: what came of it, and how long that took.
#[derive(Debug)]
pub struct Step<T> {
    /// How long it took.
    pub elapsed: Duration,
    /// What came of it.
    pub outcome: Result<T, Error>,
}

impl<T> Step<T> {
    async fn of(work: impl Future<Output = Result<T, Error>>) -> Self {
        let started = Instant::now();
        let outcome = work.await;
        Self { elapsed: started.elapsed(), outcome }
    }
}

/// Looks up all addresses of a host, in the system's order of preference. Where the host is an address, or the user
/// gave some for it, that is the answer.
pub async fn resolve(host: &HostPort, overrides: &[Override]) -> Step<Vec<IpAddr>> {
    let given = Override::addresses(overrides, host);
    Step::of(async {
        match host.ip() {
            _ if !given.is_empty() => Ok(given),
            Some(ip) => Ok(vec![ip]),
            None => route::addresses(host).await,
        }
    })
    .await
}

/// Opens a connection to a host, with the proxy's tunnel where there is one, and closes it again.
pub async fn connect(host: &HostPort, route: &Route) -> Step<()> {
    Step::of(async { route.open(host).await.map(drop) }).await
}

/// What a handshake showed.
#[derive(Debug)]
pub struct Handshake {
    /// What was agreed upon, or why the handshake failed; the time is that of the handshake without the connection's.
    pub step: Step<Session>,
    /// The certificates that the server showed, its own first; none for one that cannot be read. There also where the
    /// handshake failed over them.
    pub chain: Vec<Option<Certificate>>,
    /// What verification says of the chain, also where it is switched off. None where no chain came.
    pub trusted: Option<Result<TrustStore, TlsProblem>>,
    /// Whether the server asked for a client certificate.
    pub asks_client_certificate: bool,
}

/// What both sides agreed upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The protocol's version, as in `TLS 1.3`.
    pub version: String,
    /// The cipher suite, by its registered name.
    pub cipher_suite: String,
    /// The protocol to speak inside, where the server chose one.
    pub alpn: Option<String>,
}

/// Opens a connection and makes a TLS handshake exactly as the client would for a host that is trusted like this:
/// same authorities, client certificate and verification. Then closes it.
pub async fn handshake(host: &HostPort, trust: &HostTrust, route: &Route) -> Handshake {
    let (shown, asked) = (Shown::default(), Arc::default());
    let failed = |error| Step { elapsed: Duration::ZERO, outcome: Err(error) };
    let step = match prepare(host, trust, Arc::clone(&shown), Arc::clone(&asked)) {
        Err(error) => failed(error),
        Ok((connector, name)) => match route.open(host).await {
            Err(error) => failed(error),
            Ok(stream) => Step::of(shake(host, &connector, name, stream, &asked)).await,
        },
    };
    let chain: Vec<CertificateDer<'static>> = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let name = ServerName::try_from(host.host.as_str()).ok();
    Handshake {
        step,
        trusted: name.and_then(|name| tls::judge(tls::system_roots(), trust, &chain, &name)),
        chain: chain.iter().map(|der| Certificate::parse(der)).collect(),
        asks_client_certificate: asked.load(Ordering::Relaxed),
    }
}

/// The certificates that were shown.
type Shown = Arc<Mutex<Vec<CertificateDer<'static>>>>;

fn prepare(
    host: &HostPort,
    trust: &HostTrust,
    shown: Shown,
    asked: Arc<AtomicBool>,
) -> Result<(TlsConnector, ServerName<'static>), Error> {
    let name = ServerName::try_from(host.host.clone()).map_err(|e| Error::Setup(e.to_string()))?;
    let recorder = Recorder { judge: tls::verifier(trust)?, shown };
    let mut config = tls::configure(Arc::new(recorder), trust.identity.as_ref(), Class::Document, true)?;
    let resolver = Asked { inner: Arc::clone(&config.client_auth_cert_resolver), asked };
    config.client_auth_cert_resolver = Arc::new(resolver);
    Ok((TlsConnector::from(Arc::new(config)), name))
}

async fn shake(
    host: &HostPort,
    connector: &TlsConnector,
    name: ServerName<'static>,
    stream: TcpStream,
    asked: &AtomicBool,
) -> Result<Session, Error> {
    let failed = |error: &std::io::Error| Error::of_handshake(error, host.to_string());
    let shaken = timeout(STEP_TIMEOUT, connector.connect(name, stream)).await;
    let late =
        |_| Error::Timeout { host: host.to_string(), what: "did not finish the TLS handshake", after: STEP_TIMEOUT };
    let mut stream = shaken.map_err(late)?.map_err(|e| failed(&e))?;
    if asked.load(Ordering::Relaxed)
        && let Ok(Err(error)) = timeout(REFUSAL_TIMEOUT, stream.read(&mut [0])).await
    {
        return Err(failed(&error));
    }
    Ok(session(&stream))
}

fn session(stream: &TlsStream<TcpStream>) -> Session {
    let connection = stream.get_ref().1;
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
        other => format!("{other:?}"),
    };
    let suite = connection.negotiated_cipher_suite().map(|suite| suite.suite());
    Session {
        version,
        cipher_suite: suite.and_then(|suite| suite.as_str()).unwrap_or_default().to_owned(),
        alpn: connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
    }
}

/// Writes down what is shown, and leaves every verdict to the client's own verifier.
#[derive(Debug)]
struct Recorder {
    judge: Verifier,
    shown: Shown,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(end_entity).chain(intermediates);
        let chain = chain.map(|certificate| certificate.clone().into_owned()).collect();
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        self.judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

/// Notices that a client certificate is asked for, and gives what the client would.
#[derive(Debug)]
struct Asked {
    inner: Arc<dyn ResolvesClientCert>,
    asked: Arc<AtomicBool>,
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.inner.resolve(hints, schemes)
    }

    fn only_raw_public_keys(&self) -> bool {
        self.inner.only_raw_public_keys()
    }

    fn has_certs(&self) -> bool {
        self.inner.has_certs()
    }
}
