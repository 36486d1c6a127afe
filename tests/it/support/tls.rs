//! Certificates made for one test: an authority, what it signs, and what no one should trust.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new authority that nobody knows.
    pub fn new(name: &str) -> Self {
        let mut params = params(&[]);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Self(CertifiedIssuer::self_signed(params, key()).expect("a certificate authority"))
    }

    /// Its certificate, for `ca.crt`.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server certificate for these names and addresses.
    pub fn issue(&self, names: &[&str]) -> Leaf {
        self.sign(&params(names))
    }

    /// The same, but of a year long past.
    pub fn issue_expired(&self, names: &[&str]) -> Leaf {
        let mut params = params(names);
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
        self.sign(&params)
    }

    /// The same, but only for so long.
    pub fn issue_for(&self, names: &[&str], life: Duration) -> Leaf {
        let mut params = params(names);
        params.not_after = (SystemTime::now() + life).into();
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Leaf {
        let key = key();
        let certificate = params.signed_by(&key, &self.0).expect("a signed certificate");
        Leaf { certificate_pem: certificate.pem(), certificate_der: certificate.der().to_vec(), key }
    }
}

/// A certificate with its key.
pub struct Leaf {
    /// PEM of the certificate.
    pub certificate_pem: String,
    /// DER of the certificate.
    pub certificate_der: Vec<u8>,
    key: KeyPair,
}

impl Leaf {
    /// A certificate that vouches for itself.
    pub fn self_signed(names: &[&str]) -> Self {
        let key = key();
        let certificate = params(names).self_signed(&key).expect("a certificate");
        Self { certificate_pem: certificate.pem(), certificate_der: certificate.der().to_vec(), key }
    }

    /// A certificate that vouches for itself and says that it is an authority, as `openssl req -x509` makes them.
    pub fn self_signed_authority(names: &[&str]) -> Self {
        let (key, mut params) = (key(), params(names));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate_pem: certificate.pem(), certificate_der: certificate.der().to_vec(), key }
    }

    /// PEM of the key.
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// PKCS #8 DER of the key.
    pub fn key_der(&self) -> Vec<u8> {
        self.key.serialize_der()
    }

    /// What a server in this process serves with. HTTP/1.1 only.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        let chain = vec![CertificateDer::from(self.certificate_der.clone())];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a certificate and its key");
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a P-256 key")
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    CertificateParams::new(names).expect("names for a certificate")
}
