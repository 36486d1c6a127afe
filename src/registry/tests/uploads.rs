use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::*;
use crate::content::{
    ByteStream, Event, Fault, FaultKind, IntegrityError, Opened, Progress, Silent, Sink, Source, Stored,
};
use crate::http::Error as HttpError;
use crate::registry::{Error, Uploader};

const MIB: usize = 1024 * 1024;
const POST: &str = "/v2/team/app/blobs/uploads/";

/// A blob in memory that counts how often it is opened, and where.
pub(super) struct Memory {
    pub(super) bytes: Bytes,
    pub(super) opened: Mutex<Vec<u64>>,
}

impl Memory {
    pub(super) fn new(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), opened: Mutex::default() }
    }

    pub(super) fn descriptor(&self) -> Descriptor {
        blob(&self.bytes)
    }
}

impl Source for Memory {
    async fn open(&self, _: &Descriptor, range: Range<u64>) -> Result<Opened, Fault> {
        let offset = range.start;
        self.opened.lock().unwrap().push(offset);
        let rest = self.bytes.slice(usize::try_from(offset).unwrap()..);
        let pieces: Vec<_> = rest.chunks(300_000).map(|c| Ok(rest.slice_ref(c))).collect();
        Ok(Opened::new(offset, Box::pin(stream::iter(pieces)) as ByteStream))
    }
}

#[derive(Default)]
struct Counter(AtomicU64);

impl Progress for Counter {
    fn report(&self, event: Event<'_>) {
        if let Event::Advanced { bytes, .. } = event {
            self.0.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

async fn upload(server: &Server, source: &Memory) -> Result<Stored, Fault> {
    Uploader::new(server.repository()).receive(&source.descriptor(), source, &Silent).await
}

/// The error of this layer inside a fault.
pub(super) fn cause(fault: &Fault) -> &Error {
    std::error::Error::source(fault).and_then(|e| e.downcast_ref()).unwrap()
}

pub(super) fn started() -> Reply {
    reply(202).with("location", "/up/1?_state=a%2Fb%3D")
}

fn completion(source: &Memory) -> String {
    format!("/up/1?_state=a%2Fb%3D&digest=sha256%3A{}", sha256(&source.bytes).hex())
}

pub(super) fn code(status: u16, code: &str) -> Reply {
    reply(status).body(format!(r#"{{"errors":[{{"code":"{code}"}}]}}"#))
}

/// A registry that takes chunks into one session, with `refuse_put` for a PUT that carries bytes.
struct Chunks {
    taken: Mutex<Vec<u8>>,
}

impl Chunks {
    fn range(&self) -> String {
        format!("0-{}", self.taken.lock().unwrap().len().saturating_sub(1))
    }

    fn answer(&self, seen: &Seen) -> Reply {
        match seen.method.as_str() {
            "POST" => started(),
            "PUT" if !seen.body.is_empty() => reply(413),
            "PUT" => reply(201),
            "GET" => reply(204).with("range", self.range()).with("location", &seen.target),
            "PATCH" => {
                let mut taken = self.taken.lock().unwrap();
                let start = seen.header("content-range").and_then(|r| r.split_once('-')).unwrap().0.parse();
                if start != Ok(taken.len()) {
                    return reply(416);
                }
                taken.extend_from_slice(&seen.body);
                drop(taken);
                reply(202).with("location", &seen.target).with("range", self.range())
            }
            _ => reply(404),
        }
    }
}

/// A registry of chunks in which `answer` may answer first.
async fn chunks(answer: impl Fn(&Seen, &Chunks) -> Option<Reply> + Send + Sync + 'static) -> (Server, Arc<Chunks>) {
    let chunks = Arc::new(Chunks { taken: Mutex::default() });
    let state = Arc::clone(&chunks);
    let server = Server::start(move |seen| answer(seen, &state).unwrap_or_else(|| state.answer(seen))).await;
    (server, chunks)
}

pub(super) fn patterned(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

#[tokio::test]
async fn a_blob_goes_in_one_streamed_put() {
    for status in [201, 204] {
        let server = Server::scripted([started(), reply(status)]).await;
        let source = Memory::new(patterned(MIB));
        let counter = Counter::default();
        let stored = Uploader::new(server.repository()).receive(&source.descriptor(), &source, &counter).await;
        assert_eq!(stored.unwrap(), Stored::Moved { bytes: MIB as u64 });
        assert_eq!(counter.0.into_inner(), MIB as u64);
        assert_eq!(server.requests(), [format!("POST {POST}"), format!("PUT {}", completion(&source))]);
        let put = &server.seen()[1];
        assert_eq!(put.body, source.bytes);
        assert_eq!(put.header("content-type"), Some("application/octet-stream"));
        assert_eq!(put.header("content-length"), Some("1048576"));
        assert_eq!(server.seen()[0].header("content-length"), Some("0"));
    }
}

#[tokio::test]
async fn an_empty_blob_goes_without_bytes() {
    let server = Server::scripted([started(), reply(201)]).await;
    assert!(upload(&server, &Memory::new("")).await.is_ok());
    assert_eq!(server.seen()[1].header("content-length"), Some("0"));
    assert_eq!(server.seen()[1].method, "PUT");
}

#[tokio::test]
async fn every_form_of_location_is_followed() {
    type Form = fn(&str) -> String;
    let forms: [(&str, Form); 4] = [
        ("absolute", |host| format!("http://{host}/up/1?_state=a%2Fb%3D")),
        ("relative to the host", |_| "/up/1?_state=a%2Fb%3D".into()),
        ("relative to the path", |_| "../../../../../up/1?_state=a%2Fb%3D".into()),
        ("without scheme", |host| format!("{host}/up/1?_state=a%2Fb%3D")),
    ];
    for (name, form) in forms {
        let server = Server::guarded(BASIC, move |seen| match seen.method.as_str() {
            "POST" => reply(202).with("location", form(seen.header("host").unwrap())),
            _ => reply(201),
        })
        .await;
        let source = Memory::new("hello");
        upload(&server, &source).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(server.requests()[1], format!("PUT {}", completion(&source)), "{name}");
        assert!(server.seen()[1].header("authorization").is_some(), "{name}");
    }
}

#[tokio::test]
async fn another_host_gets_the_bytes_and_no_credentials() {
    let storage = Server::scripted([reply(201)]).await;
    let location = storage.url("/bucket/1?sig=s3cret");
    let server = Server::guarded(BASIC, move |_| reply(202).with("location", &location)).await;
    let source = Memory::new("hello");
    upload(&server, &source).await.unwrap();
    let put = &storage.seen()[0];
    assert!(put.target.starts_with("/bucket/1?sig=s3cret&digest="), "{}", put.target);
    assert_eq!((put.header("authorization"), &put.body), (None, &source.bytes));
    assert!(server.seen()[0].header("authorization").is_some());
}

#[tokio::test]
async fn another_host_that_asks_for_credentials_gets_none() {
    let storage = Server::start(|_| reply(401).with("www-authenticate", "Basic realm=\"x\"")).await;
    let location = storage.url("/bucket/1?sig=s3cret");
    let server = Server::guarded(BASIC, move |_| reply(202).with("location", &location)).await;
    let fault = upload(&server, &Memory::new("hello")).await.unwrap_err();
    assert!(matches!(cause(&fault), Error::Denied(_)), "{fault}");
    assert!(!format!("{fault} {fault:?}").contains("s3cret"));
    assert!(storage.seen().iter().all(|s| s.header("authorization").is_none()));
}

#[tokio::test]
async fn a_session_that_left_the_registry_does_not_come_back_to_its_credentials() {
    let source = Memory::new(patterned(9 * MIB));
    let home = Arc::new(Mutex::new(String::new()));
    let back = Arc::clone(&home);
    let storage = Server::start(move |seen| match seen.method.as_str() {
        "PUT" => reply(413),
        _ => reply(202).with("location", format!("{}/v2/team/app/blobs/uploads/chosen", back.lock().unwrap())),
    })
    .await;
    let location = storage.url("/bucket/1");
    let server = Server::start(move |seen| match seen.method.as_str() {
        "HEAD" => reply(404),
        "POST" => reply(202).with("location", &location),
        _ => reply(401).with("www-authenticate", BASIC.unwrap()),
    })
    .await;
    *home.lock().unwrap() = server.url("");
    let fault = upload(&server, &source).await.unwrap_err();
    let chosen: Vec<_> = server.seen().into_iter().filter(|seen| seen.target.contains("chosen")).collect();
    assert!(!chosen.is_empty() && chosen.iter().all(|seen| seen.header("authorization").is_none()), "{fault}");
}

#[tokio::test]
async fn a_location_of_another_scheme_is_refused() {
    let server = Server::start(|_| reply(202).with("location", "ftp://127.0.0.1/x")).await;
    let fault = upload(&server, &Memory::new("hello")).await.unwrap_err();
    assert!(matches!(cause(&fault), Error::Http { source: HttpError::Hop { .. }, .. }), "{fault}");
    let server = Server::scripted([reply(202)]).await;
    let fault = upload(&server, &Memory::new("hello")).await.unwrap_err();
    assert!(matches!(cause(&fault), Error::Protocol { .. }), "{fault}");
}

#[tokio::test]
async fn a_missing_repository_is_told_before_any_byte() {
    let server = Server::scripted([code(404, "NAME_UNKNOWN")]).await;
    let source = Memory::new("hello");
    let fault = upload(&server, &source).await.unwrap_err();
    assert!(matches!(cause(&fault), Error::NotFound(r) if r.code() == Some("NAME_UNKNOWN")), "{fault}");
    assert!(source.opened.lock().unwrap().is_empty());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_whole_put_that_is_refused_becomes_chunks() {
    for status in [400, 404, 405, 413, 501] {
        let (server, state) =
            chunks(move |seen, _| (seen.method == "PUT" && !seen.body.is_empty()).then(|| reply(status))).await;
        let source = Memory::new(patterned(9 * MIB));
        let counter = Counter::default();
        let uploader = Uploader::new(server.repository());
        uploader.receive(&source.descriptor(), &source, &counter).await.unwrap_or_else(|e| panic!("{status}: {e}"));
        assert_eq!(*state.taken.lock().unwrap(), source.bytes, "{status}");
        let seen = server.seen();
        let ranges: Vec<_> = seen.iter().filter_map(|s| s.header("content-range")).collect();
        assert_eq!(ranges, ["0-8388607", "8388608-9437183"], "{status}");
        assert_eq!(seen.iter().filter(|s| s.method == "DELETE").count(), 1, "the first session is cancelled");
        assert_eq!(counter.0.into_inner(), source.bytes.len() as u64, "no byte is counted twice");
    }
}

#[tokio::test]
async fn every_chunk_goes_where_the_last_answer_says() {
    let steps = AtomicUsize::new(0);
    let server = Server::start(move |seen| match seen.method.as_str() {
        "POST" => started(),
        "PUT" if !seen.body.is_empty() => reply(413),
        "PATCH" => reply(202).with("location", format!("/next/{}", steps.fetch_add(1, Ordering::Relaxed))),
        _ => reply(201),
    })
    .await;
    upload(&server, &Memory::new(patterned(17 * MIB))).await.unwrap();
    let targets: Vec<_> = server.requests().into_iter().filter(|r| r.starts_with("PATCH")).collect();
    assert_eq!(targets, ["PATCH /up/1?_state=a%2Fb%3D", "PATCH /next/0", "PATCH /next/1"]);
    assert!(server.requests().last().unwrap().starts_with("PUT /next/2?digest="));
}

#[tokio::test]
async fn a_registry_that_kept_less_is_sent_the_rest_again() {
    let once = AtomicUsize::new(0);
    let (server, state) = chunks(move |seen, state| {
        (seen.method == "PATCH" && once.fetch_add(1, Ordering::Relaxed) == 0).then(|| {
            state.taken.lock().unwrap().extend_from_slice(&seen.body[..1000]);
            reply(202).with("range", "0-999")
        })
    })
    .await;
    let source = Memory::new(patterned(9 * MIB));
    upload(&server, &source).await.unwrap();
    assert_eq!(*state.taken.lock().unwrap(), source.bytes);
}

#[tokio::test]
async fn a_416_realigns_by_the_status_of_the_session() {
    // The registry takes the chunk, and says that it did not: the next one overlaps.
    let once = AtomicUsize::new(0);
    let (server, state) = chunks(move |seen, state| {
        (seen.method == "PATCH" && once.fetch_add(1, Ordering::Relaxed) == 0).then(|| {
            state.taken.lock().unwrap().extend_from_slice(&seen.body[..5000]);
            reply(416)
        })
    })
    .await;
    let source = Memory::new(patterned(9 * MIB));
    upload(&server, &source).await.unwrap();
    assert_eq!(*state.taken.lock().unwrap(), source.bytes);
    assert!(server.requests().iter().any(|r| r.starts_with("GET /up/1")));
}

#[tokio::test]
async fn an_empty_session_that_reports_0_0_has_no_byte() {
    // As Distribution 2.8.3 does it, here after a chunk of which nothing arrived.
    let once = AtomicUsize::new(0);
    let (server, state) = chunks(move |seen, _| {
        (seen.method == "PATCH" && once.fetch_add(1, Ordering::Relaxed) == 0).then(|| reply(502))
    })
    .await;
    let source = Memory::new(patterned(9 * MIB));
    upload(&server, &source).await.unwrap();
    assert_eq!(*state.taken.lock().unwrap(), source.bytes);
    assert_eq!(
        server.requests().iter().filter(|r| r.starts_with("POST")).count(),
        2,
        "one for the whole, one for chunks"
    );
}

#[tokio::test]
async fn a_416_for_ever_ends() {
    let (server, _) = chunks(|seen, _| (seen.method == "PATCH").then(|| reply(416))).await;
    let fault = upload(&server, &Memory::new(patterned(9 * MIB))).await.unwrap_err();
    assert!(matches!(cause(&fault), Error::Stalled { .. }), "{fault}");
    assert_eq!(server.requests().iter().filter(|r| r.starts_with("PATCH")).count(), 3);
}

#[tokio::test]
async fn a_registry_that_claims_more_than_was_sent_is_not_believed() {
    let (server, _) = chunks(|seen, _| (seen.method == "PATCH").then(|| reply(202).with("range", "0-99999999"))).await;
    let fault = upload(&server, &Memory::new(patterned(9 * MIB))).await.unwrap_err();
    assert!(matches!(cause(&fault), Error::SessionsLost { .. }), "{fault}");
}

#[tokio::test]
async fn a_broken_chunk_resumes_from_what_the_session_has() {
    let once = AtomicUsize::new(0);
    let (server, state) = chunks(move |seen, state| {
        (seen.method == "PATCH" && once.fetch_add(1, Ordering::Relaxed) == 0).then(|| {
            state.taken.lock().unwrap().extend_from_slice(&seen.body[..MIB]);
            reply(503)
        })
    })
    .await;
    let source = Memory::new(patterned(9 * MIB));
    upload(&server, &source).await.unwrap();
    assert_eq!(*state.taken.lock().unwrap(), source.bytes);
    let opened = source.opened.lock().unwrap();
    assert!(opened.contains(&(MIB as u64)), "{opened:?}");
}

#[tokio::test]
async fn a_chunk_that_is_too_large_is_halved() {
    for (limit, size) in [(4 * MIB, 9 * MIB), (MIB, 9 * MIB), (MIB, MIB + 1), (MIB, 5 * MIB / 2)] {
        let (server, state) = chunks(move |seen, _| (seen.body.len() > limit).then(|| reply(413))).await;
        let source = Memory::new(patterned(size));
        upload(&server, &source).await.unwrap_or_else(|e| panic!("{limit} {size}: {e}"));
        assert_eq!(*state.taken.lock().unwrap(), source.bytes, "{limit} {size}");
    }
    let (server, _) = chunks(|seen, _| (seen.body.len() >= MIB).then(|| reply(413))).await;
    let fault = upload(&server, &Memory::new(patterned(9 * MIB))).await.unwrap_err();
    assert!(matches!(cause(&fault), Error::Rejected(r) if r.status == 413), "{fault}");
    assert_eq!(server.requests().iter().filter(|r| r.starts_with("PATCH")).count(), 4);
}

#[tokio::test]
async fn the_shortest_chunk_is_respected_up_to_a_cap() {
    for (minimum, expected) in [(10 * MIB, Some("0-10485759")), (64 * MIB + 1, None)] {
        let (server, _) =
            chunks(move |seen, _| (seen.method == "POST").then(|| started().with("oci-chunk-min-length", minimum)))
                .await;
        let outcome = upload(&server, &Memory::new(patterned(11 * MIB))).await;
        match (&outcome, expected) {
            (Ok(_), Some(_)) => {}
            (Err(fault), None) => assert!(matches!(cause(fault), Error::ChunkTooLarge { .. }), "{fault}"),
            _ => panic!("{outcome:?}"),
        }
        let seen = server.seen();
        assert_eq!(seen.iter().find_map(|s| s.header("content-range")), expected);
    }
}

#[tokio::test]
async fn a_lost_session_is_replaced_and_not_for_ever() {
    let lost = || code(404, "BLOB_UPLOAD_UNKNOWN");
    let server = Server::scripted([started(), lost(), reply(404), reply(404), started(), reply(201)]).await;
    upload(&server, &Memory::new("hello")).await.unwrap();

    let server = Server::start(move |seen| match seen.method.as_str() {
        "POST" => started(),
        "PUT" => lost(),
        _ => reply(404),
    })
    .await;
    let fault = upload(&server, &Memory::new("hello")).await.unwrap_err();
    assert!(matches!(cause(&fault), Error::SessionsLost { sessions: 3, .. }), "{fault}");
    assert_eq!(server.requests().iter().filter(|r| r.starts_with("POST")).count(), 3);
}

#[tokio::test]
async fn a_put_of_unknown_outcome_is_looked_up() {
    for (exists, status) in [(true, 503), (true, 504), (false, 503)] {
        let server = Server::start(move |seen| match seen.method.as_str() {
            "POST" => started(),
            "PUT" => reply(status),
            "HEAD" if exists => reply(200),
            _ => reply(404),
        })
        .await;
        let outcome = upload(&server, &Memory::new("hello")).await;
        assert_eq!(server.requests().iter().filter(|r| r.starts_with("PUT")).count(), 1, "bytes are sent once a call");
        match outcome {
            Ok(_) => assert!(exists),
            Err(fault) => assert!(!exists && fault.kind() == FaultKind::Transient, "{fault}"),
        }
    }
}

#[tokio::test]
async fn a_disputed_digest_is_sent_once_more() {
    let disputed = || code(400, "DIGEST_INVALID");
    let cancelled = || reply(204);
    let server = Server::scripted([started(), disputed(), cancelled(), started(), disputed(), cancelled()]).await;
    let fault = upload(&server, &Memory::new("hello")).await.unwrap_err();
    assert!(matches!(cause(&fault), Error::Rejected(r) if r.code() == Some("DIGEST_INVALID")), "{fault}");
    let requests = server.requests();
    assert_eq!(requests.len(), 6);
    for at in [2, 5] {
        assert!(requests[at].starts_with("DELETE /up/1?_state="), "the session is cancelled: {requests:?}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_the_blobs_are_never_completed() {
    let right = blob(b"hello world");
    for (wrong, kind) in [("hello w0rld", "digest"), ("hello", "short")] {
        let server = Server::start(|seen| if seen.method == "POST" { started() } else { reply(404) }).await;
        let fault = Uploader::new(server.repository()).receive(&right, &Memory::new(wrong), &Silent).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Corrupt, "{kind}");
        let cause = std::error::Error::source(&fault).unwrap();
        assert!(cause.downcast_ref::<IntegrityError>().is_some(), "{kind}: {fault}");
        let complete = server.seen().iter().any(|s| s.method == "PUT" && s.body.len() as u64 == right.size);
        assert!(!complete, "{kind}");
    }
}

#[tokio::test]
async fn a_fault_of_the_source_is_passed_on() {
    struct Breaks;
    impl Source for Breaks {
        async fn open(&self, _: &Descriptor, range: Range<u64>) -> Result<Opened, Fault> {
            let fault = Fault::new(FaultKind::Permanent, std::io::Error::other("the disk is gone"));
            let pieces = stream::iter([Ok(Bytes::from_static(b"hel")), Err(fault)]);
            Ok(Opened::new(range.start, pieces.boxed_sync()))
        }
    }
    trait BoxedSync {
        fn boxed_sync(self) -> ByteStream;
    }
    impl<T: futures_util::Stream<Item = Result<Bytes, Fault>> + Send + Sync + 'static> BoxedSync for T {
        fn boxed_sync(self) -> ByteStream {
            Box::pin(self)
        }
    }
    let server = Server::start(|seen| if seen.method == "POST" { started() } else { reply(404) }).await;
    let fault = Uploader::new(server.repository()).receive(&blob(b"hello"), &Breaks, &Silent).await.unwrap_err();
    assert_eq!((fault.kind(), fault.to_string().as_str()), (FaultKind::Permanent, "the disk is gone"));
}

async fn mount(server: &Server, source: &Memory) -> (Uploader, bool) {
    let origin = (sha256(&source.bytes), vec!["base/image".to_owned()]);
    let uploader = Uploader::new(server.repository()).with_known([origin]);
    let mounted = uploader.mount(&source.descriptor()).await.unwrap();
    (uploader, mounted)
}

#[tokio::test]
async fn a_mount_is_done_with_201_unless_it_names_another_blob() {
    let source = Memory::new("hello");
    let created = |digest: Digest| reply(201).with("docker-content-digest", digest);
    let cases = [
        ("no digest", vec![reply(201)], true),
        ("the digest", vec![created(sha256(b"hello"))], true),
        ("rubbish", vec![reply(201).with("docker-content-digest", "sha256:0"), reply(404)], false),
        ("another algorithm, and not there", vec![created(digest_of(Algorithm::Sha512, b"x")), reply(404)], false),
        ("another algorithm", vec![created(digest_of(Algorithm::Sha512, b"hello")), reply(200)], true),
    ];
    for (name, script, expected) in cases {
        let server = Server::scripted(script).await;
        assert_eq!(mount(&server, &source).await.1, expected, "{name}");
        let digest = sha256(b"hello").to_string().replace(':', "%3A");
        assert_eq!(server.requests()[0], format!("POST {POST}?mount={digest}&from=base%2Fimage"), "{name}");
    }
    let server = Server::scripted([created(sha256(b"other"))]).await;
    let uploader = Uploader::new(server.repository()).with_known([(sha256(b"hello"), vec!["base/image".to_owned()])]);
    let fault = uploader.mount(&source.descriptor()).await.unwrap_err();
    let source = std::error::Error::source(&fault).unwrap();
    assert!(matches!(source.downcast_ref(), Some(IntegrityError::Digest { .. })), "{fault}");
}

#[tokio::test]
async fn the_session_that_a_mount_opened_is_used() {
    let server = Server::scripted([started(), reply(404), reply(201)]).await;
    let source = Memory::new("hello");
    let (uploader, mounted) = mount(&server, &source).await;
    assert!(!mounted);
    uploader.receive(&source.descriptor(), &source, &Silent).await.unwrap();
    let look = format!("HEAD /v2/team/app/blobs/{}", sha256(b"hello"));
    assert_eq!(server.requests()[1..], [look, format!("PUT {}", completion(&source))]);
}

#[tokio::test]
async fn a_mount_asks_for_both_repositories() {
    let token = Server::start(|_| reply(200).body(r#"{"token":"marker"}"#)).await;
    let challenge = format!("Bearer realm=\"{}\",service=\"test\"", token.url("/token")).leak();
    let server = Server::guarded(Some(challenge), |_| reply(201)).await;
    assert!(mount(&server, &Memory::new("hello")).await.1);
    let asked = &token.seen()[0].target;
    let scopes: Vec<_> = Url::parse(&token.url(asked))
        .unwrap()
        .query_pairs()
        .filter_map(|(key, value)| (key == "scope").then(|| value.into_owned()))
        .collect();
    assert_eq!(scopes, ["repository:team/app:pull,push", "repository:base/image:pull"]);
}

#[tokio::test]
async fn a_refused_mount_is_no_error() {
    for status in [400, 401, 403, 404, 405, 500] {
        let server = Server::scripted([reply(status), reply(status)]).await;
        assert!(!mount(&server, &Memory::new("hello")).await.1, "{status}");
    }
    let server = Server::scripted([]).await;
    let elsewhere = Uploader::new(server.repository());
    assert!(!elsewhere.mount(&blob(b"hello")).await.unwrap());
    assert!(server.requests().is_empty(), "nothing is asked where no origin is known");
}

#[tokio::test]
async fn sessions_that_are_given_up_are_cancelled() {
    let server = Server::scripted([started(), reply(404), reply(204)]).await;
    let (uploader, _) = mount(&server, &Memory::new("hello")).await;
    uploader.abandon().await;
    uploader.abandon().await;
    assert_eq!(server.requests().len(), 3);
    assert_eq!(server.requests()[2], "DELETE /up/1?_state=a%2Fb%3D");
}

#[tokio::test]
async fn what_is_there_is_not_sent() {
    let server = Server::scripted([reply(200)]).await;
    assert!(Uploader::new(server.repository()).contains(&blob(b"hello")).await.unwrap());
}
