//! Against servers of this process on loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::http::{Identity, ProxyChoice, ProxyProblem, ProxyReason, Url};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn named(common_name: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

fn authority(name: &str) -> Authority {
    let mut params = named(name, &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What a server serves with: its chain and its key.
type Shows = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn shows(params: &CertificateParams, issuer: Option<&Authority>) -> Shows {
    let key = KeyPair::generate().unwrap();
    let signed = match issuer {
        Some(issuer) => params.signed_by(&key, issuer),
        None => params.self_signed(&key),
    };
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    (vec![signed.unwrap().der().clone()], key)
}

fn server(shows: Shows, versions: &[&'static SupportedProtocolVersion], clients: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions).unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(shows.0, shows.1).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

/// A listener, and what one connection after the other is given to.
async fn listen<F: Future<Output = ()> + Send>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            serve(connection).await;
        }
    });
    address
}

/// A TLS server, and of each connection whether the client completed the handshake.
async fn tls_server(config: ServerConfig) -> (SocketAddr, UnboundedReceiver<bool>) {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (tell, completed) = unbounded_channel();
    let address = listen(move |connection| {
        let (acceptor, tell) = (acceptor.clone(), tell.clone());
        async move {
            let accepted = acceptor.accept(connection).await;
            let _ = tell.send(accepted.is_ok());
            if let Ok(mut stream) = accepted {
                let _ = stream.read(&mut [0; 64]).await;
            }
        }
    })
    .await;
    (address, completed)
}

fn at(name: &str, address: SocketAddr) -> HostPort {
    HostPort { host: name.to_owned(), port: address.port(), explicit: true }
}

fn trusting(files: &[PathBuf]) -> HostTrust {
    HostTrust { authorities: files.to_vec(), ..HostTrust::default() }
}

fn file(dir: &Path, name: &str, pem: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, pem).unwrap();
    path
}

/// What the probe says of such a server, and whether it completed the handshake.
async fn shake_with(config: ServerConfig, trust: &HostTrust) -> (Handshake, bool) {
    let (address, mut completed) = tls_server(config).await;
    let shaken = handshake(&at("r.test", address), trust, &Route::Direct(address)).await;
    (shaken, completed.recv().await.unwrap())
}

#[tokio::test]
async fn a_good_chain_and_the_file_that_makes_it_valid() {
    let dir = tempfile::tempdir().unwrap();
    let (own, other) = (authority("own"), authority("other"));
    let files = [file(dir.path(), "other.crt", &other.pem()), file(dir.path(), "own.crt", &own.pem())];
    let cases: [(&[&'static SupportedProtocolVersion], &str); 2] =
        [(&[&rustls::version::TLS12], "TLS 1.2"), (&[&rustls::version::TLS13], "TLS 1.3")];
    for (versions, version) in cases {
        let config = server(shows(&named("server", &["r.test"]), Some(&own)), versions, None);
        let (shaken, _) = shake_with(config, &trusting(&files)).await;
        let session = shaken.step.outcome.unwrap();
        assert_eq!((session.version.as_str(), session.alpn.as_deref()), (version, Some("h2")));
        assert!(session.cipher_suite.starts_with("TLS"), "{}", session.cipher_suite);
        assert_eq!(shaken.trusted, Some(Ok(TrustStore::File(files[1].clone()))));
        assert!(!shaken.asks_client_certificate);
        let [Some(shown)] = shaken.chain.as_slice() else { panic!("{:?}", shaken.chain) };
        assert_eq!((shown.issuer.as_str(), shown.names.as_slice()), ("CN=own", ["r.test".to_owned()].as_slice()));
    }
}

#[test]
fn the_systems_roots_come_before_files() {
    let dir = tempfile::tempdir().unwrap();
    let own = authority("own");
    let trust = trusting(&[file(dir.path(), "own.crt", &own.pem()), dir.path().join("absent.crt")]);
    let (chain, _) = shows(&named("server", &["r.test"]), Some(&own));
    let mut system = RootCertStore::empty();
    let judged = |system: &RootCertStore, trust: &HostTrust, name: &str| {
        tls::judge(system, trust, &chain, &ServerName::try_from(name).unwrap()).unwrap()
    };
    let unknown = TlsProblem::UnknownAuthority { issuer: Some("CN=own".to_owned()) };
    assert_eq!(judged(&system, &HostTrust::default(), "r.test"), Err(unknown));
    assert_eq!(judged(&system, &trust, "r.test"), Ok(TrustStore::File(trust.authorities[0].clone())));
    system.add(own.der().clone()).unwrap();
    assert_eq!(judged(&system, &trust, "r.test"), Ok(TrustStore::System));
    let wrong = TlsProblem::WrongHost { presented: vec!["r.test".to_owned()] };
    assert_eq!(judged(&system, &trust, "other.test"), Err(wrong));
}

#[tokio::test]
async fn certificates_that_are_refused_are_shown_and_nothing_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let own = authority("own");
    let files = [file(dir.path(), "own.crt", &own.pem())];
    let seconds = |seconds| Some(std::time::UNIX_EPOCH + Duration::from_secs(seconds));
    let (mut expired, mut early, mut ca) =
        (named("a", &["r.test"]), named("b", &["r.test"]), named("self", &["r.test"]));
    (expired.not_before, expired.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    (early.not_before, early.not_after) = (date_time_ymd(2990, 1, 1), date_time_ymd(2999, 1, 1));
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let unknown = |issuer: &str| TlsProblem::UnknownAuthority { issuer: Some(issuer.to_owned()) };
    let cases = [
        ("expired", shows(&expired, Some(&own)), TlsProblem::Expired { since: seconds(1_009_843_200) }),
        ("not yet valid", shows(&early, Some(&own)), TlsProblem::NotYetValid { from: seconds(32_188_147_200) }),
        (
            "wrong name",
            shows(&named("c", &["other.test", "192.0.2.7"]), Some(&own)),
            TlsProblem::WrongHost { presented: vec!["other.test".into(), "192.0.2.7".into()] },
        ),
        ("no name", shows(&named("r.test", &[]), Some(&own)), TlsProblem::NoHostName),
        ("self-signed", shows(&named("self", &["r.test"]), None), TlsProblem::SelfSigned),
        ("self-signed authority", shows(&ca, None), TlsProblem::SelfSigned),
        ("unknown", shows(&named("d", &["r.test"]), Some(&authority("else"))), unknown("CN=else")),
    ];
    for (name, shows, problem) in cases {
        let config = server(shows, rustls::ALL_VERSIONS, None);
        let (shaken, completed) = shake_with(config, &trusting(&files)).await;
        assert!(
            matches!(&shaken.step.outcome, Err(Error::Tls { problem: found, .. }) if *found == problem),
            "{name}: {shaken:?}"
        );
        assert_eq!(shaken.trusted, Some(Err(problem)), "{name}");
        assert!(!completed, "{name}: the client went on");
        let shown = shaken.chain[0].as_ref().unwrap();
        assert_eq!(shown.self_signed, name.starts_with("self-signed"), "{name}");
    }
}

#[tokio::test]
async fn without_verification_the_verdict_is_known_nevertheless() {
    let config = server(shows(&named("self", &["r.test"]), None), rustls::ALL_VERSIONS, None);
    let (shaken, completed) = shake_with(config, &HostTrust { verify: false, ..HostTrust::default() }).await;
    assert!(shaken.step.outcome.is_ok() && completed, "{shaken:?}");
    assert_eq!(shaken.trusted, Some(Err(TlsProblem::SelfSigned)));
}

#[tokio::test]
async fn a_client_certificate_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let own = authority("own");
    let key = KeyPair::generate().unwrap();
    let client = named("client", &["client.test"]).signed_by(&key, &own).unwrap();
    let identity = Identity {
        certificate: file(dir.path(), "client.cert", &client.pem()),
        key: file(dir.path(), "client.key", &key.serialize_pem()),
    };
    let without = trusting(&[file(dir.path(), "own.crt", &own.pem())]);
    let with = HostTrust { identity: Some(identity), ..without.clone() };
    let cases: [&[&'static SupportedProtocolVersion]; 2] = [&[&rustls::version::TLS12], &[&rustls::version::TLS13]];
    for versions in cases {
        let serve = || server(shows(&named("server", &["r.test"]), Some(&own)), versions, Some(&own));
        let (shaken, _) = shake_with(serve(), &without).await;
        assert!(shaken.asks_client_certificate);
        assert!(
            matches!(&shaken.step.outcome, Err(Error::Tls { problem: TlsProblem::ClientCertificate, .. })),
            "{shaken:?}"
        );
        let (shaken, _) = shake_with(serve(), &with).await;
        assert!(shaken.asks_client_certificate && shaken.step.outcome.is_ok(), "{shaken:?}");
    }
}

#[tokio::test]
async fn peers_that_make_no_handshake() {
    let plain = listen(|mut connection| async move {
        let _ = connection.read(&mut [0; 512]).await;
        let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    })
    .await;
    let broken = listen(|mut connection| async move { drop(connection.read(&mut [0; 512]).await) }).await;
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let shaken = |address| async move {
        let shaken = handshake(&at("r.test", address), &HostTrust::default(), &Route::Direct(address)).await;
        assert!(shaken.chain.is_empty() && shaken.trusted.is_none(), "{shaken:?}");
        shaken.step.outcome.unwrap_err()
    };
    assert!(matches!(shaken(plain).await, Error::PlainHttp { .. }));
    assert!(matches!(shaken(broken).await, Error::Broken { .. }));
    let refused = |error| matches!(error, Error::Connect { reason, .. } if reason.kind() == std::io::ErrorKind::ConnectionRefused);
    assert!(refused(shaken(closed).await));
    assert!(refused(connect(&at("r.test", closed), &Route::Direct(closed)).await.outcome.unwrap_err()));
    assert!(connect(&at("r.test", plain), &Route::Direct(plain)).await.outcome.is_ok());
}

#[tokio::test]
async fn an_authority_file_that_cannot_be_used_is_an_error() {
    let trust = trusting(&[PathBuf::from("/nonexistent/ca.crt")]);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let shaken = handshake(&at("r.test", address), &trust, &Route::Direct(address)).await;
    assert!(matches!(shaken.step.outcome, Err(Error::CertificateFile { .. })), "{shaken:?}");
}

/// An HTTP proxy that wants `corp:s3cret` and lets through to `target` alone, whatever its name.
async fn proxy(target: SocketAddr) -> SocketAddr {
    listen(move |mut connection| async move {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(connection.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let allowed = head.starts_with(&format!("CONNECT r.test:{0} HTTP/1.1\r\nHost: r.test:{0}\r\n", target.port()));
        let status = match (head.contains("\r\nProxy-Authorization: Basic Y29ycDpzM2NyZXQ=\r\n"), allowed) {
            (false, _) => 407,
            (true, false) => 403,
            (true, true) => 200,
        };
        connection.write_all(format!("HTTP/1.1 {status} X\r\nX: y\r\n\r\n").as_bytes()).await.unwrap();
        if status == 200 {
            let mut behind = TcpStream::connect(target).await.unwrap();
            let _ = copy_bidirectional(&mut connection, &mut behind).await;
        }
    })
    .await
}

#[tokio::test]
async fn through_a_proxy_and_what_it_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let own = authority("own");
    let trust = trusting(&[file(dir.path(), "own.crt", &own.pem())]);
    let (target, _) = tls_server(server(shows(&named("s", &["r.test"]), Some(&own)), rustls::ALL_VERSIONS, None)).await;
    let proxy = proxy(target).await;
    let route = |user: &str, at: SocketAddr| {
        let proxy = Some(Url::parse(&format!("http://{user}{at}")).unwrap());
        let why = ProxyReason::Variable("https_proxy".to_owned());
        Route::Tunnel(Proxy::of(&ProxyChoice { proxy, why }).unwrap())
    };
    let (known, host) = (route("corp:s3cret@", proxy), at("r.test", target));
    let shaken = handshake(&host, &trust, &known).await;
    assert!(shaken.step.outcome.is_ok() && matches!(shaken.trusted, Some(Ok(TrustStore::File(_)))), "{shaken:?}");
    assert!(connect(&host, &known).await.outcome.is_ok());

    let shaken = handshake(&host, &trust, &route("", proxy)).await;
    assert!(
        matches!(shaken.step.outcome, Err(Error::Proxy { problem: ProxyProblem::Authentication { sent: false }, .. })),
        "{shaken:?}"
    );
    let refused = connect(&at("other.test", target), &known).await.outcome.unwrap_err();
    assert!(
        matches!(&refused, Error::Proxy { problem: ProxyProblem::Refused(words), .. } if words.contains("403")),
        "{refused:?}"
    );
    let shown = format!("{refused} {refused:?} {known:?}");
    assert!(shown.contains(&proxy.to_string()) && !shown.contains("s3cret"), "{shown}");
    let none = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let gone = connect(&host, &route("", none)).await.outcome.unwrap_err();
    assert!(matches!(gone, Error::Proxy { .. }), "{gone:?}");
    let why = ProxyReason::Variable("https_proxy".to_owned());
    let choice = ProxyChoice { proxy: Some(Url::parse("http://does-not-exist.invalid:3128").unwrap()), why };
    let nameless = connect(&host, &Route::Tunnel(Proxy::of(&choice).unwrap())).await.outcome.unwrap_err();
    let Error::Proxy { proxy, problem: ProxyProblem::Unreachable(reason), .. } = &nameless else {
        panic!("{nameless:?}");
    };
    assert_eq!((proxy.as_str(), reason.kind()), ("does-not-exist.invalid:3128", std::io::ErrorKind::NotFound));
    let garbled = listen(|mut connection| async move { drop(connection.write_all(b"SSH-2.0-x\r\n\r\n").await) }).await;
    let garbled = connect(&host, &route("", garbled)).await.outcome.unwrap_err();
    assert!(matches!(garbled, Error::Proxy { .. }), "{garbled:?}");
}

#[tokio::test]
async fn names_are_resolved_unless_the_user_knows_better() {
    let given = Override { host: "r.test".into(), port: 5000, address: Ipv4Addr::new(192, 0, 2, 1).into() };
    let second = Override { address: Ipv4Addr::new(192, 0, 2, 2).into(), ..given.clone() };
    let asked = |text: &'static str| {
        let overrides = [given.clone(), second.clone()];
        async move { resolve(&HostPort::parse(text).unwrap(), &overrides).await.outcome }
    };
    assert_eq!(asked("r.test:5000").await.unwrap(), [given.address, second.address]);
    assert_eq!(asked("[::1]:5000").await.unwrap(), [IpAddr::from(std::net::Ipv6Addr::LOCALHOST)]);
    assert!(asked("localhost:5000").await.unwrap().iter().all(IpAddr::is_loopback));
    let missing = asked("does-not-exist.invalid:5000").await.unwrap_err();
    assert!(matches!(&missing, Error::Resolve { host, .. } if host == "does-not-exist.invalid"), "{missing:?}");
}
