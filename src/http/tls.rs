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
use verifier::ByName;
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
    let identity = trust.identity.as_ref().filter(|_| secure);
    let target = || if secure { verifier(trust) } else { Ok(Verifier::of(RootCertStore::empty(), Vec::new())) };
    let Some(proxy) = proxy else { return configure(Arc::new(target()?), identity, class, secure) };
    let strict = strict(proxy.authorities)?;
    let bare = proxy.host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare.to_owned()).map_err(|e| Error::Setup(e.to_string()))?;
    configure(Arc::new(ByName { name, proxy: strict, target: target()? }), identity, class, secure)
}

/// Who judges the certificates of a host that is trusted like this.
pub(super) fn verifier(trust: &HostTrust) -> Result<Verifier, Error> {
    if trust.verify { strict(&trust.authorities) } else { Ok(Verifier::Anything) }
}

/// Verifies by the system's roots and those in `authorities`.
fn strict(authorities: &[PathBuf]) -> Result<Verifier, Error> {
    let mut roots = system_roots().clone();
    let mut own = Vec::new();
    for file in authorities {
        for certificate in certificates(file)? {
            roots.add(certificate.clone()).map_err(|e| pem_error(file, &e.to_string()))?;
            own.push(certificate);
        }
    }
    Ok(Verifier::of(roots, own))
}

/// The settings around a verifier.
pub(super) fn configure(
    verifier: Arc<dyn ServerCertVerifier>,
    identity: Option<&Identity>,
    class: Class,
    secure: bool,
) -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Setup(e.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        Some(identity) => {
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

/// Where the authority was found that vouches for a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustStore {
    /// Among the machine's own roots.
    System,
    /// In this file.
    File(PathBuf),
}

/// Which of the stores makes `chain` valid for `name`, or why none does; asked even where verification is off. None
/// where there is no chain. Files that cannot be used vouch for nobody here.
pub(super) fn judge(
    system: &RootCertStore,
    trust: &HostTrust,
    chain: &[CertificateDer<'static>],
    name: &ServerName<'_>,
) -> Option<Result<TrustStore, TlsProblem>> {
    let (server, between) = chain.split_first()?;
    let now = UnixTime::now();
    let verify = |mut roots: RootCertStore, own: Vec<CertificateDer<'static>>| {
        roots.add_parsable_certificates(own.iter().cloned());
        Verifier::of(roots, own).verify_server_cert(server, between, name, &[], now)
    };
    let files = trust.authorities.iter().filter_map(|file| Some((file, certificates(file).ok()?)));
    let stores: Vec<(&PathBuf, Vec<CertificateDer<'static>>)> = files.collect();
    // Of all together, because the most telling error is that of the store which knows the authority.
    let all = stores.iter().flat_map(|(_, own)| own.clone()).collect();
    if let Err(error) = verify(system.clone(), all) {
        return Some(Err(TlsProblem::of(&error)));
    }
    if verify(system.clone(), Vec::new()).is_ok() {
        return Some(Ok(TrustStore::System));
    }
    let file = stores.into_iter().find(|(_, own)| verify(RootCertStore::empty(), own.clone()).is_ok());
    Some(Ok(file.map_or(TrustStore::System, |(file, _)| TrustStore::File(file.clone()))))
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
