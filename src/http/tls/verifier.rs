use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

use super::{Certificate, provider};

/// Decides on the certificates that a server shows. The handshake's signature is checked in any case, so that the
/// handshake itself is sound.
#[derive(Debug)]
pub(in crate::http) enum Verifier {
    /// Verifies as always, and lets a server show the very certificate that the user installed as an authority for it.
    ///
    /// `openssl req -x509` marks what it signs as an authority, so the self-signed certificates of many private
    /// registries are authorities that stand for a server, which is refused elsewhere. Who holds the file has vouched
    /// for exactly these bytes; name, dates and the handshake's signature are checked as for any other.
    Strict {
        /// Whose signatures count.
        roots: RootCertStore,
        /// What the user installed.
        own: Vec<CertificateDer<'static>>,
    },
    /// Accepts any certificate, for hosts that the user said are insecure.
    Anything,
}

/// Nobody knows who signed the certificate; says who that would be.
#[derive(Debug, thiserror::Error)]
#[error("signed by an unknown authority")]
pub(super) struct UnknownIssuer(pub(super) Option<String>);

/// Nobody but the certificate itself vouches for it.
#[derive(Debug, thiserror::Error)]
#[error("signed by itself")]
pub(super) struct SelfSigned;

impl Verifier {
    pub(super) fn of(roots: RootCertStore, own: Vec<CertificateDer<'static>>) -> Self {
        Self::Strict { roots, own }
    }
}

/// Whether a certificate was refused for being an authority's, which is looked at only after its dates.
fn is_authority_as_server(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
}

fn algorithms() -> WebPkiSupportedAlgorithms {
    provider().signature_verification_algorithms
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Self::Strict { roots, own } = self else { return Ok(ServerCertVerified::assertion()) };
        let parsed = ParsedCertificate::try_from(end_entity)?;
        match verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, algorithms().all) {
            Err(error) if is_authority_as_server(&error) && own.contains(end_entity) => {}
            // Self-signed as `openssl req -x509` does it: an authority's certificate that nobody here vouched for.
            Err(error) if is_authority_as_server(&error) || is_unknown_issuer(&error) => {
                let why = if Certificate::parse(end_entity).is_some_and(|server| server.self_signed) {
                    OtherError(Arc::new(SelfSigned))
                } else {
                    let others = intermediates.iter().map(AsRef::as_ref);
                    OtherError(Arc::new(UnknownIssuer(Certificate::last_issuer(end_entity, others))))
                };
                return Err(CertificateError::Other(why).into());
            }
            outcome => outcome?,
        }
        match verify_server_name(&parsed, server_name) {
            Err(rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, .. })) => {
                // The library gives the names in a form for its own debugging.
                Err(match Certificate::parse(end_entity) {
                    Some(Certificate { names: presented, .. }) => {
                        CertificateError::NotValidForNameContext { expected, presented }.into()
                    }
                    None => CertificateError::NotValidForName.into(),
                })
            }
            outcome => outcome.map(|()| ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &algorithms())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &algorithms())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        algorithms().supported_schemes()
    }
}

fn is_unknown_issuer(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer))
}

/// Two ways to verify in one connection: the proxy's, and that of the host behind it. Where both have one name, the
/// proxy's counts, which is never the laxer one.
#[derive(Debug)]
pub(super) struct ByName {
    pub(super) name: ServerName<'static>,
    pub(super) proxy: Verifier,
    pub(super) target: Verifier,
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
