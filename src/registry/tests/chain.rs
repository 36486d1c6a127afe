use futures_util::TryStreamExt;

use super::*;
use crate::content::{Fault, FaultKind, IntegrityError, Source};
use crate::endpoint::{Capabilities, Role};
use crate::registry::{Chain, Error, Target};

const BLOB: &[u8] = b"0123456789";
const MANIFEST: &[u8] = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0},"layers":[]}"#;
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// A server as one of several places.
fn place(server: &Server, role: Role, change: impl FnOnce(&mut Endpoint)) -> Repository {
    let mut endpoint = Endpoint { role, ..server.host().endpoint().clone() };
    if role == Role::Mirror {
        endpoint.capabilities = Capabilities::MIRROR;
    }
    change(&mut endpoint);
    let retry = RetryPolicy { retries: 1, base: Duration::from_millis(1), ..RetryPolicy::default() };
    let client = Arc::new(Client::new(Options { retry, ..Options::default() }));
    let credential = Credential::Basic { username: "user".into(), password: Secret::new(PASSWORD) };
    let authenticator = Authenticator::with_credential(Arc::clone(&client), endpoint.registry.clone(), credential);
    Repository::open(client, endpoint, authenticator)
}

fn chain(mirrors: &[&Server], origin: &Server) -> Chain {
    let mirrors = mirrors.iter().map(|server| place(server, Role::Mirror, |_| {})).collect();
    Chain::new(mirrors, place(origin, Role::Origin, |_| {}))
}

fn manifest() -> Reply {
    reply(200).with("content-type", MANIFEST_TYPE).body(MANIFEST)
}

fn tag() -> Target {
    Target::Tag("v1".to_owned())
}

async fn read(chain: &Chain, offset: u64) -> Result<Vec<u8>, Fault> {
    let pieces: Vec<Bytes> = chain.open(&blob(BLOB), offset..BLOB.len() as u64).await?.stream.try_collect().await?;
    Ok(pieces.concat())
}

fn said(chain: &Chain) -> Vec<String> {
    chain.take_warnings().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn the_first_place_that_has_it_answers() {
    let (mirror, origin) = (Server::start(|_| manifest()).await, Server::start(|_| manifest()).await);
    let chain = chain(&[&mirror], &origin);
    assert!(chain.manifest(&tag()).await.is_ok());
    assert_eq!((mirror.seen().len(), origin.seen().len()), (1, 0));
    assert_eq!(chain.resolved_by(), Some(format!("http://{}", mirror.address)));
    assert_eq!(said(&chain), Vec::<String>::new());
}

#[tokio::test]
async fn what_a_mirror_lacks_is_asked_for_elsewhere_and_the_mirror_is_asked_again() {
    let (mirror, origin) = (Server::start(|_| reply(404)).await, Server::start(|_| manifest()).await);
    let chain = chain(&[&mirror], &origin);
    for _ in 0..2 {
        assert!(chain.manifest(&tag()).await.is_ok());
    }
    assert_eq!((mirror.seen().len(), origin.seen().len()), (2, 2));
    assert_eq!((chain.resolved_by(), said(&chain)), (None, Vec::new()));
}

#[tokio::test]
async fn a_mirror_that_fails_is_asked_once_and_named() {
    for status in [401, 403, 429, 500, 502, 503] {
        let mirror = Server::start(move |_| reply(status).with("retry-after", "7")).await;
        let origin = Server::start(|_| manifest()).await;
        let chain = chain(&[&mirror], &origin);
        let before = std::time::Instant::now();
        for _ in 0..2 {
            assert!(chain.manifest(&tag()).await.is_ok(), "{status}");
        }
        let asked = mirror.seen().iter().filter(|seen| seen.target.contains("manifests")).count();
        assert_eq!((asked, origin.seen().len()), (1, 2), "{status}");
        assert!(before.elapsed() < Duration::from_secs(5), "{status}: nobody waits for a mirror");
        let said = said(&chain);
        assert_eq!(said.len(), 1, "{status}: {said:?}");
        assert!(said[0].contains(&mirror.address.to_string()) && said[0].contains(&status.to_string()), "{said:?}");
    }
}

#[tokio::test]
async fn a_refusal_counts_for_the_repository_and_an_outage_for_all() {
    for (status, expected) in [(403, 2), (500, 1)] {
        let mirror = Server::start(move |_| reply(status)).await;
        let origin = Server::start(|_| manifest()).await;
        let shared = place(&mirror, Role::Mirror, |_| {});
        for _ in 0..2 {
            let chain = Chain::new(vec![shared.clone()], place(&origin, Role::Origin, |_| {}));
            assert!(chain.manifest(&tag()).await.is_ok());
        }
        let asked = mirror.seen().iter().filter(|seen| seen.target.contains("manifests")).count();
        assert_eq!(asked, expected, "{status}");
    }
}

#[tokio::test]
async fn a_mirror_is_asked_for_what_it_may_and_told_for_whom() {
    let (mirror, origin) = (Server::start(|_| manifest()).await, Server::start(|_| manifest()).await);
    let by_digest_only = place(&mirror, Role::Mirror, |endpoint| {
        endpoint.capabilities.resolve = false;
        endpoint.namespace = Some("docker.io".to_owned());
        endpoint.headers.insert("x-mirror-key", "yes".parse().unwrap());
    });
    let chain = Chain::new(vec![by_digest_only], place(&origin, Role::Origin, |_| {}));
    assert!(chain.manifest(&tag()).await.is_ok());
    assert!(chain.manifest(&Target::Digest(sha256(MANIFEST))).await.is_ok());
    assert_eq!(origin.requests(), ["GET /v2/team/app/manifests/v1"]);
    assert_eq!(mirror.requests(), [format!("GET /v2/team/app/manifests/{}?ns=docker.io", sha256(MANIFEST))]);
    assert_eq!(mirror.seen()[0].header("x-mirror-key"), Some("yes"));
    assert_eq!(origin.seen()[0].header("x-mirror-key"), None);
}

#[tokio::test]
async fn nobody_to_ask_is_an_error_of_its_own() {
    let origin = Server::start(|_| manifest()).await;
    let silent = place(&origin, Role::Origin, |endpoint| endpoint.capabilities.resolve = false);
    assert!(matches!(Chain::new(Vec::new(), silent).manifest(&tag()).await, Err(Error::NoPlace { .. })));
}

#[tokio::test]
async fn the_registry_has_the_last_word() {
    let (mirror, origin) = (Server::start(|_| reply(500)).await, Server::start(|_| reply(404)).await);
    let chain = chain(&[&mirror], &origin);
    for _ in 0..2 {
        assert!(matches!(chain.manifest(&tag()).await, Err(Error::NotFound(_))));
    }
    assert_eq!(origin.seen().len(), 2);
}

#[tokio::test]
async fn a_manifest_with_another_digest_drops_the_mirror() {
    let mirror = Server::start(|_| reply(200).with("content-type", MANIFEST_TYPE).body(&b"{}"[..])).await;
    let origin = Server::start(|_| manifest()).await;
    let chain = chain(&[&mirror], &origin);
    let target = Target::Digest(sha256(MANIFEST));
    for _ in 0..2 {
        assert_eq!(chain.manifest(&target).await.map(|fetched| fetched.bytes).unwrap(), MANIFEST);
    }
    assert_eq!((mirror.seen().len(), said(&chain).len()), (1, 1));
}

#[tokio::test]
async fn a_blob_that_breaks_off_is_opened_at_the_next_place() {
    let mirror = Server::start(|_| reply(200).body(&BLOB[..4]).cut(10)).await;
    let origin = Server::start(|seen| match seen.header("range") {
        Some("bytes=4-") => reply(206).with("content-range", "bytes 4-9/10").body(&BLOB[4..]),
        _ => reply(200).body(BLOB),
    })
    .await;
    let chain = chain(&[&mirror], &origin);
    let fault = read(&chain, 0).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Transient);
    assert!(chain.pass_on(&blob(BLOB), &fault));
    assert_eq!(read(&chain, 4).await.unwrap(), &BLOB[4..]);
    assert_eq!((mirror.seen().len(), origin.seen().len()), (1, 1));
    // The next blob is asked for at the mirror again: one broken connection is no outage.
    assert!(!chain.pass_on(&blob(b"other"), &fault));
    assert!(chain.pass_on(&blob(BLOB), &fault).eq(&false), "there is no place after the last");
}

#[tokio::test]
async fn wrong_bytes_drop_a_mirror_unless_another_began_them() {
    let (one, two) = (Server::start(|_| reply(200).body(BLOB)).await, Server::start(|_| reply(200).body(BLOB)).await);
    let rest = |seen: &Seen| match seen.header("range") {
        Some(_) => reply(206).with("content-range", "bytes 4-9/10").body(&BLOB[4..]),
        None => reply(200).body(BLOB),
    };
    let origin = Server::start(rest).await;
    let chain = chain(&[&one, &two], &origin);
    let wrong = || Fault::from(IntegrityError::Digest { expected: sha256(b"a"), actual: sha256(b"b") });
    assert!(read(&chain, 0).await.is_ok());
    assert!(chain.pass_on(&blob(BLOB), &wrong()));
    assert_eq!(said(&chain).len(), 1);
    assert!(read(&chain, 0).await.is_ok());
    assert!(chain.pass_on(&blob(BLOB), &wrong()));
    // The registry went on behind bytes of unknown origin: it gets one try from zero, and that was it.
    assert!(read(&chain, 4).await.is_ok());
    assert!(chain.pass_on(&blob(BLOB), &wrong()));
    assert!(read(&chain, 0).await.is_ok());
    assert!(!chain.pass_on(&blob(BLOB), &wrong()));
    assert!(read(&chain, 4).await.is_ok());
    assert!(!chain.pass_on(&blob(BLOB), &wrong()), "not once more");
    assert_eq!((one.seen().len(), two.seen().len()), (1, 1));
}

#[tokio::test]
async fn a_failure_of_this_side_is_not_hidden_by_asking_elsewhere() {
    let (mirror, origin) = (Server::start(|_| manifest()).await, Server::start(|_| manifest()).await);
    let broken = place(&mirror, Role::Mirror, |endpoint| {
        endpoint.base = Url::parse(&endpoint.base.as_str().replace("http:", "https:")).unwrap();
        let authorities = vec!["/does/not/exist.pem".into()];
        endpoint.trust = Some(crate::http::HostTrust { authorities, ..Default::default() });
    });
    let chain = Chain::new(vec![broken], place(&origin, Role::Origin, |_| {}));
    assert!(matches!(chain.manifest(&tag()).await, Err(Error::Http { .. })));
    assert_eq!(origin.seen().len(), 0);
}
