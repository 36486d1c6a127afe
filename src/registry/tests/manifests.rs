use super::*;
use crate::content::IntegrityError;
use crate::model::{DocumentError, Manifest};
use crate::registry::{Error, MANIFEST_LIMIT_BYTES, Resolution, Target, Warning};

fn image() -> Bytes {
    let (config, layer) = (sha256(b"config"), sha256(b"layer"));
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"a/b","digest":"{config}","size":6}},"layers":[{{"mediaType":"c/d","digest":"{layer}","size":5}}]}}"#,
        MediaType::OCI_MANIFEST
    )
    .into()
}

fn tag() -> Target {
    Target::Tag("latest".into())
}

/// What a registry that does everything right answers to GET and HEAD.
fn proper() -> Reply {
    reply(200)
        .with("content-type", MediaType::OCI_MANIFEST)
        .with("docker-content-digest", sha256(&image()))
        .body(image())
}

fn head() -> Reply {
    Reply { body: Bytes::new(), ..proper() }.with("content-length", image().len())
}

/// The same reply with a header taken out and, where there is a value, put in anew.
fn replaced(mut reply: Reply, name: &'static str, value: Option<&str>) -> Reply {
    reply.headers.retain(|(n, _)| *n != name);
    match value {
        Some(value) => reply.with(name, value),
        None => reply,
    }
}

#[tokio::test]
async fn a_head_with_all_headers_resolves_without_a_get() {
    let server = Server::scripted([head()]).await;
    let Resolution { descriptor, from_head } = server.repository().resolve(&tag()).await.unwrap();
    assert!(from_head);
    assert_eq!(descriptor, Descriptor::new(MediaType::OCI_MANIFEST, sha256(&image()), image().len() as u64));
    assert_eq!(server.requests(), ["HEAD /v2/team/app/manifests/latest"]);
    assert_eq!(server.seen()[0].header("accept"), Some(MediaType::ACCEPT));
}

#[tokio::test]
async fn a_head_that_is_forbidden_is_followed_by_a_get() {
    let server = Server::start(|seen| if seen.method == "HEAD" { reply(403) } else { proper() }).await;
    assert!(!server.repository().resolve(&tag()).await.unwrap().from_head);
    let head = "HEAD /v2/team/app/manifests/latest".to_owned();
    let get = "GET /v2/team/app/manifests/latest".to_owned();
    // In between it is asked whether it wants the credentials that there are, and then with them.
    assert_eq!(server.requests(), [head.clone(), "GET /v2/".to_owned(), head, get]);
}

#[tokio::test]
async fn a_head_that_does_not_tell_is_followed_by_a_get() {
    let chunked = replaced(head(), "content-length", None).with("transfer-encoding", "chunked");
    let cases = [
        ("405", reply(405)),
        ("501", reply(501)),
        ("missing digest header", replaced(head(), "docker-content-digest", None)),
        ("a digest header that is none", replaced(head(), "docker-content-digest", Some("sha256:../x"))),
        ("missing length", chunked),
        ("missing type", replaced(head(), "content-type", None)),
        ("text/plain", replaced(head(), "content-type", Some("text/plain"))),
        ("gzip", head().with("content-encoding", "gzip")),
    ];
    for (name, first) in cases {
        let server = Server::scripted([first, proper()]).await;
        let resolution = server.repository().resolve(&tag()).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(!resolution.from_head, "{name}");
        assert_eq!(resolution.descriptor.digest, sha256(&image()), "{name}");
        assert_eq!(server.requests()[1], "GET /v2/team/app/manifests/latest", "{name}");
    }
}

#[tokio::test]
async fn a_head_404_is_an_answer() {
    let server = Server::scripted([reply(404)]).await;
    assert!(matches!(server.repository().resolve(&tag()).await, Err(Error::NotFound(_))));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_digest_is_that_of_the_bytes_and_the_header_only_warns() {
    let other = sha256(b"other").to_string();
    let sha512 = digest_of(Algorithm::Sha512, &image()).to_string();
    let cases = [("right", None, 0), ("wrong", Some(other.as_str()), 1), ("another algorithm", Some(&sha512), 1)];
    for (name, header, warnings) in cases {
        let answer = header.map_or_else(proper, |h| replaced(proper(), "docker-content-digest", Some(h)));
        let server = Server::scripted([answer]).await;
        let repository = server.repository();
        let fetched = repository.manifest(&tag()).await.unwrap();
        assert_eq!((fetched.descriptor.digest, fetched.bytes), (sha256(&image()), image()), "{name}");
        let taken = repository.take_warnings();
        assert_eq!(taken.len(), warnings, "{name}: {taken:?}");
        assert!(taken.iter().all(|w| matches!(w, Warning::DigestHeader { .. })), "{name}");
    }
    let server = Server::scripted([replaced(proper(), "docker-content-digest", None)]).await;
    assert!(server.repository().manifest(&tag()).await.is_ok(), "missing");
}

#[tokio::test]
async fn a_pin_is_compared_with_the_bytes_by_its_own_algorithm() {
    let right = Target::Digest(digest_of(Algorithm::Sha512, &image()));
    let server = Server::scripted([proper()]).await;
    let fetched = server.repository().manifest(&right).await.unwrap();
    assert_eq!(Target::Digest(fetched.descriptor.digest), right);

    for wrong in [sha256(b"other"), digest_of(Algorithm::Sha512, b"other")] {
        // A header that agrees with the pin does not help bytes that do not.
        let server = Server::scripted([replaced(proper(), "docker-content-digest", Some(&wrong.to_string()))]).await;
        let got = server.repository().manifest(&Target::Digest(wrong)).await;
        assert!(matches!(got, Err(Error::Integrity(IntegrityError::Digest { .. }))), "{got:?}");
    }
}

#[tokio::test]
async fn the_body_decides_on_the_type_unless_the_header_contradicts() {
    let with_charset = format!("{};charset=utf-8", MediaType::OCI_MANIFEST);
    for accepted in [None, Some("text/plain"), Some("text/plain; charset=utf-8"), Some(with_charset.as_str())] {
        let server = Server::scripted([replaced(proper(), "content-type", accepted)]).await;
        let fetched = server.repository().manifest(&tag()).await.unwrap();
        assert_eq!(fetched.descriptor.media_type, MediaType::OCI_MANIFEST, "{accepted:?}");
        assert!(matches!(fetched.value, Manifest::Image(_)));
    }
    let server = Server::scripted([replaced(proper(), "content-type", Some(MediaType::OCI_INDEX.as_str()))]).await;
    let got = server.repository().manifest(&tag()).await;
    assert!(matches!(got, Err(Error::Document { source: DocumentError::Ambiguous(_), .. })), "{got:?}");
}

#[tokio::test]
async fn schema_1_is_refused_by_name() {
    let body = r#"{"schemaVersion":1,"name":"x","fsLayers":[],"history":[],"signatures":[]}"#;
    for label in ["text/plain", "application/vnd.docker.distribution.manifest.v1+prettyjws"] {
        let server = Server::scripted([reply(200).with("content-type", label).body(body)]).await;
        let got = server.repository().manifest(&tag()).await;
        assert!(matches!(got, Err(Error::Document { source: DocumentError::Schema1, .. })), "{label}: {got:?}");
    }
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_refused() {
    let server = Server::scripted([proper().with("content-encoding", "gzip")]).await;
    assert!(matches!(server.repository().manifest(&tag()).await, Err(Error::Protocol { .. })));
    assert_eq!(server.seen()[0].header("accept-encoding"), Some("identity"));
    let server = Server::scripted([proper().with("content-encoding", "identity")]).await;
    assert!(server.repository().manifest(&tag()).await.is_ok());
}

#[tokio::test]
async fn a_manifest_of_8_mib_is_read_and_one_byte_more_is_not() {
    let limit = usize::try_from(MANIFEST_LIMIT_BYTES).unwrap();
    let padded = |length: usize| {
        let mut body = image().to_vec();
        body.resize(length, b' ');
        Bytes::from(body)
    };
    for chunked in [false, true] {
        let answer = |length| {
            let answer = reply(200).with("content-type", MediaType::OCI_MANIFEST).body(padded(length));
            if chunked { answer.with("transfer-encoding", "chunked") } else { answer }
        };
        let server = Server::scripted([answer(limit), answer(limit + 1)]).await;
        let repository = server.repository();
        assert!(repository.manifest(&tag()).await.is_ok(), "chunked: {chunked}");
        let got = repository.manifest(&tag()).await;
        assert!(matches!(got, Err(Error::TooLarge { .. })), "chunked: {chunked}");
    }
}

#[tokio::test]
async fn a_child_has_the_size_and_type_that_its_index_states() {
    let right = Descriptor::new(MediaType::OCI_MANIFEST, sha256(&image()), image().len() as u64);
    let longer = Descriptor { size: right.size + 1, ..right.clone() };
    let docker = Descriptor { media_type: MediaType::DOCKER_MANIFEST, ..right.clone() };
    let chunked = || proper().with("transfer-encoding", "chunked");
    let child = async |descriptor: &Descriptor, answer: Reply| {
        Server::scripted([answer]).await.repository().child(descriptor).await
    };
    assert!(child(&right, proper()).await.is_ok());
    for answer in [proper(), chunked()] {
        let got = child(&longer, answer).await;
        assert!(matches!(got, Err(Error::Integrity(IntegrityError::Size { .. }))), "{got:?}");
    }
    for answer in [proper(), replaced(proper(), "content-type", Some("text/plain"))] {
        let got = child(&docker, answer).await;
        assert!(matches!(got, Err(Error::Document { source: DocumentError::Ambiguous(_), .. })), "{got:?}");
    }
    let huge = Descriptor { size: u64::MAX, ..right };
    assert!(matches!(child(&huge, proper()).await, Err(Error::TooLarge { .. })));
}

#[tokio::test]
async fn names_that_do_not_belong_in_a_url_are_never_sent() {
    let server = Server::scripted([]).await;
    for bad in ["", "..", "a/b", "a?b", "a#b", "-a", ".a", "a%2fb", &"a".repeat(129)] {
        let got = server.repository().manifest(&Target::Tag(bad.to_owned())).await;
        assert!(matches!(got, Err(Error::Name(_))), "{bad}: {got:?}");
    }
    for bad in ["", "..", "a/../b", "a//b", "/a", "a?b", "a%2f"] {
        let got = server.host().repository(bad).manifest(&tag()).await;
        assert!(matches!(got, Err(Error::Name(_))), "{bad}: {got:?}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_manifest_is_sent_under_its_own_type() {
    for (name, status, warnings) in
        [("201", reply(201), 0), ("wrong digest", reply(201).with("docker-content-digest", sha256(b"x")), 1)]
    {
        let server = Server::scripted([status]).await;
        let repository = server.repository();
        let sent = repository.put_manifest(image(), &MediaType::OCI_MANIFEST, &tag()).await.unwrap();
        assert_eq!(sent.digest, sha256(&image()), "{name}");
        let seen = &server.seen()[0];
        assert!(seen.is("PUT", "/v2/team/app/manifests/latest"), "{name}");
        assert_eq!(seen.header("content-type"), Some(MediaType::OCI_MANIFEST.as_str()), "{name}");
        assert_eq!(seen.body, image(), "{name}");
        assert_eq!(repository.take_warnings().len(), warnings, "{name}");
    }
}

#[tokio::test]
async fn a_manifest_is_not_sent_under_a_digest_that_is_not_its_own() {
    let server = Server::scripted([]).await;
    let target = Target::Digest(sha256(b"other"));
    let got = server.repository().put_manifest(image(), &MediaType::OCI_MANIFEST, &target).await;
    assert!(matches!(got, Err(Error::Integrity(_))), "{got:?}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_large_manifest_is_sent_with_a_warning() {
    let server = Server::scripted([reply(201)]).await;
    let repository = server.repository();
    let body = Bytes::from(vec![b' '; 4 * 1024 * 1024 + 1]);
    repository.put_manifest(body, &MediaType::OCI_MANIFEST, &tag()).await.unwrap();
    assert!(matches!(repository.take_warnings()[..], [Warning::LargeManifest { .. }]));
}
