//! TLS settings: the one place that chooses the crypto provider, loads roots, and can switch verification off.

mod certificate;
mod problem;
mod verifier;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, RootCertStore};

use super::{Class, Error, HostTrust, Identity};

pub use certificate::Certificate;
pub use problem::TlsProblem;
pub(super) use verifier::Verifier;

/// The largest PEM file that is read.
const PEM_LIMIT_BYTES: u64 = 4 * 1024 * 1024;

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())).clone()
}

/// The machine's own roots, loaded once and only when HTTPS is spoken. A machine without any gets none: its
/// registries then fail to verify with a message that says so, and plain HTTP still works.
pub(super) fn system_roots() -> &'static RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        store
    })
}

/// A proxy that is spoken to over TLS, with the same settings as the host behind it.
pub(super) struct SecureProxy<'a> {
    /// Its name or address, as in its URL.
    pub(super) host: &'a str,
    /// PEM files that vouch for it, beside the system's.
    pub(super) authorities: &'a [PathBuf],
}

/// The TLS settings for one host. `secure` is off where only plain HTTP will be spoken with it, which saves loading
/// roots. What it is trusted with does not hold for the proxy on the way.
pub(super) fn settings(
    trust: &HostTrust,
    class: Class,
    secure: bool,
    proxy: Option<&SecureProxy<'_>>,
) -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Setup(e.to_string()))?;
    let verified = if let Some(proxy) = proxy {
        let strict = verifier(proxy.authorities)?;
        let target = match (secure, trust.verify) {
            (false, _) => strict.clone(),
            (true, true) => verifier(&trust.authorities)?,
            (true, false) => Arc::new(Unverified(provider())),
        };
        let bare = proxy.host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned()).map_err(|e| Error::Setup(e.to_string()))?;
        builder.dangerous().with_custom_certificate_verifier(Arc::new(ByName { name, proxy: strict, target }))
    } else if !secure {
        builder.with_root_certificates(RootCertStore::empty())
    } else if trust.verify && trust.authorities.is_empty() {
        builder.with_root_certificates(system_roots().clone())
    } else if trust.verify {
        builder.dangerous().with_custom_certificate_verifier(verifier(&trust.authorities)?)
    } else {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Unverified(provider())))
    };
    let mut config = match (&trust.identity, secure) {
        (Some(identity), true) => {
            let chain = certificates(&identity.certificate)?;
            let key = PrivateKeyDer::from_pem_slice(&read(&identity.key)?)
                .map_err(|e| pem_error(&identity.key, &e.to_string()))?;
            builder.with_client_auth_cert(chain, key).map_err(|e| pem_error(&identity.key, &e.to_string()))?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = match class {
        Class::Document if secure => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        _ => vec![b"http/1.1".to_vec()],
    };
    Ok(config)
}

/// Verifies by the system's roots and those in `authorities`.
fn verifier(authorities: &[PathBuf]) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let mut roots = system_roots().clone();
    let mut own = Vec::new();
    for file in authorities {
        for certificate in certificates(file)? {
            roots.add(certificate.clone()).map_err(|e| pem_error(file, &e.to_string()))?;
            own.push(certificate);
        }
    }
    Ok(Arc::new(OwnCertificate::new(roots, own).map_err(|e| Error::Setup(e.to_string()))?))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let bytes = read(file)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let all = all.map_err(|e| pem_error(file, &e.to_string()))?;
    if all.is_empty() { Err(pem_error(file, "it holds no certificate in PEM form")) } else { Ok(all) }
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|f| BufReader::new(f).take(PEM_LIMIT_BYTES).read_to_end(&mut bytes))
        .map_err(|e| pem_error(file, &e.to_string()))?;
    Ok(bytes)
}

fn pem_error(file: &Path, message: &str) -> Error {
    Error::CertificateFile { file: file.to_owned(), message: message.to_owned() }
}

/// Verifies as always, and lets a server show the very certificate that the user installed as an authority for it.
///
/// `openssl req -x509` marks what it signs as an authority, so the self-signed certificates of many private registries
/// are authorities that stand for a server, which is refused elsewhere. Who holds the file has vouched for exactly
/// these bytes; name, dates and the handshake's signature are checked as for any other.
#[derive(Debug)]
struct OwnCertificate {
    inner: Arc<WebPkiServerVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl OwnCertificate {
    fn new(roots: RootCertStore, own: Vec<CertificateDer<'static>>) -> Result<Self, VerifierBuilderError> {
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build()?;
        Ok(Self { inner, own })
    }
}

/// Whether a certificate was refused for being an authority's, which is looked at only after its dates.
pub(super) fn is_authority_as_server(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
}

impl ServerCertVerifier for OwnCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(error) if is_authority_as_server(&error) && self.own.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Two ways to verify in one connection: the proxy's, and that of the host behind it. Where both have one name, the
/// proxy's counts, which is never the laxer one.
#[derive(Debug)]
struct ByName {
    name: ServerName<'static>,
    proxy: Arc<dyn ServerCertVerifier>,
    target: Arc<dyn ServerCertVerifier>,
}

impl ServerCertVerifier for ByName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let by = if *server_name == self.name { &self.proxy } else { &self.target };
        by.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.proxy.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.proxy.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.proxy.supported_verify_schemes()
    }
}

/// Accepts any certificate, for hosts that the user said are insecure. Signatures are still checked, so that the
/// handshake itself is sound.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
