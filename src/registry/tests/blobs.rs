use futures_util::TryStreamExt;

use super::*;
use crate::content::{Fault, FaultKind, IntegrityError, Opened, Source};
use crate::registry::Error;

const BLOB: &[u8] = b"0123456789";

async fn drain(opened: Opened) -> Result<(u64, Vec<u8>), Fault> {
    let pieces: Vec<Bytes> = opened.stream.try_collect().await?;
    Ok((opened.offset, pieces.concat()))
}

async fn open_at(server: &Server, offset: u64) -> Result<(u64, Vec<u8>), Fault> {
    drain(server.repository().open(&blob(BLOB), offset..BLOB.len() as u64).await?).await
}

fn path() -> String {
    format!("/v2/team/app/blobs/{}", sha256(BLOB))
}

fn partial(range: &str) -> Reply {
    reply(206).with("content-range", range).body(&BLOB[4..])
}

#[tokio::test]
async fn a_blob_is_read_from_the_start() {
    for chunked in [false, true] {
        let answer = reply(200).body(BLOB);
        let answer = if chunked { answer.with("transfer-encoding", "chunked") } else { answer };
        let server = Server::scripted([answer]).await;
        assert_eq!(open_at(&server, 0).await.unwrap(), (0, BLOB.to_vec()));
        let seen = &server.seen()[0];
        assert!(seen.is("GET", &path()));
        assert_eq!((seen.header("range"), seen.header("accept-encoding")), (None, Some("identity")));
    }
}

#[tokio::test]
async fn a_206_with_exactly_the_rest_continues() {
    for range in ["bytes 4-9/10", "bytes 4-9/*"] {
        let server = Server::scripted([partial(range)]).await;
        assert_eq!(open_at(&server, 4).await.unwrap(), (4, BLOB[4..].to_vec()), "{range}");
        assert_eq!(server.seen()[0].header("range"), Some("bytes=4-"));
    }
}

#[tokio::test]
async fn a_206_with_anything_else_starts_over() {
    let cases = [
        ("wrong start", partial("bytes 3-9/10")),
        ("wrong end", partial("bytes 4-8/10")),
        ("wrong total", partial("bytes 4-9/11")),
        ("missing Content-Range", reply(206).body(&BLOB[4..])),
        ("two Content-Range", partial("bytes 4-9/10").with("content-range", "bytes 4-9/10")),
        ("multipart", partial("bytes 4-9/10").with("content-type", "multipart/byteranges; boundary=x")),
        ("wrong length", reply(206).with("content-range", "bytes 4-9/10").body(&BLOB[5..])),
    ];
    for (name, first) in cases {
        let server = Server::scripted([first, reply(200).body(BLOB)]).await;
        assert_eq!(open_at(&server, 4).await.unwrap(), (0, BLOB.to_vec()), "{name}");
        assert_eq!(server.seen()[1].header("range"), None, "{name}");
    }
}

#[tokio::test]
async fn a_200_to_a_range_is_the_whole_blob() {
    let server = Server::scripted([reply(200).body(BLOB)]).await;
    assert_eq!(open_at(&server, 4).await.unwrap(), (0, BLOB.to_vec()));
}

#[tokio::test]
async fn the_body_of_a_416_is_not_read() {
    // As Distribution 2.8.2 does it: the length is the blob's, the body another one, and then nothing comes.
    let endless = reply(416).body("range not satisfiable").cut(1 << 30);
    let server = Server::scripted([endless, reply(200).body(BLOB)]).await;
    assert_eq!(open_at(&server, 4).await.unwrap(), (0, BLOB.to_vec()));
    assert_eq!(server.seen()[1].header("range"), None);
}

#[tokio::test]
async fn nothing_is_asked_for_where_nothing_is_left() {
    let server = Server::scripted([]).await;
    assert_eq!(open_at(&server, 10).await.unwrap(), (10, Vec::new()));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_length_that_contradicts_the_descriptor_is_refused_unread() {
    for body in [&BLOB[..9], b"0123456789a"] {
        for offset in [0, 4] {
            let server = Server::scripted([reply(200).body(body)]).await;
            let fault = open_at(&server, offset).await.unwrap_err();
            assert_eq!(fault.kind(), FaultKind::Corrupt, "{} from {offset}", body.len());
        }
    }
}

#[tokio::test]
async fn a_cut_body_is_a_transient_fault_and_keeps_what_came() {
    for answer in [
        reply(200).body(&BLOB[..4]).cut(10),
        Reply { cut: true, ..reply(200).body(&BLOB[..4]).with("transfer-encoding", "chunked") },
    ] {
        let server = Server::scripted([answer]).await;
        let mut opened = server.repository().open(&blob(BLOB), 0..BLOB.len() as u64).await.unwrap();
        assert_eq!(opened.stream.try_next().await.unwrap(), Some(Bytes::from_static(&BLOB[..4])));
        assert_eq!(opened.stream.try_next().await.unwrap_err().kind(), FaultKind::Transient);
    }
}

#[tokio::test]
async fn refusals_of_a_blob_are_permanent() {
    // After a 403 the root of the API is asked whether it wants the credentials that there are.
    for (status, again) in [(404, false), (403, true), (400, false), (503, true)] {
        let server = Server::scripted([reply(status), reply(status)]).await;
        let fault = open_at(&server, 0).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Permanent, "{status}");
        assert_eq!(server.requests().len(), if again { 2 } else { 1 }, "{status}");
    }
}

#[tokio::test]
async fn an_encoded_blob_is_refused() {
    let server = Server::scripted([reply(200).with("content-encoding", "gzip").body(BLOB)]).await;
    assert_eq!(open_at(&server, 0).await.unwrap_err().kind(), FaultKind::Permanent);
}

#[tokio::test]
async fn a_redirect_is_asked_of_the_registry_again_on_resume_and_sees_no_credentials() {
    let storage = Server::start(|seen| match seen.header("range") {
        Some(_) => partial("bytes 4-9/10"),
        None => reply(200).body(BLOB),
    })
    .await;
    let target = storage.url("/signed?sig=s3cret");
    let server = Server::guarded(BASIC, move |_| reply(307).with("location", &target)).await;
    assert_eq!(open_at(&server, 0).await.unwrap(), (0, BLOB.to_vec()));
    assert_eq!(open_at(&server, 4).await.unwrap(), (4, BLOB[4..].to_vec()));
    assert_eq!(server.requests().len(), 2);
    assert!(storage.seen().iter().all(|s| s.header("authorization").is_none()));
}

#[tokio::test]
async fn whether_a_blob_exists() {
    let cases = [
        (200, Some(true)),
        (404, Some(false)),
        (403, Some(false)),
        (405, Some(false)),
        (501, Some(false)),
        (503, None),
    ];
    for (status, expected) in cases {
        let server = Server::scripted([reply(status), reply(status)]).await;
        let got = server.repository().blob_exists(&sha256(BLOB)).await;
        assert_eq!(got.ok(), expected, "{status}");
        assert!(server.seen()[0].is("HEAD", &path()));
    }
}

#[tokio::test]
async fn small_blobs_are_read_whole_and_verified() {
    let read = async |answer: Reply, descriptor: Descriptor, limit| {
        Server::scripted([answer]).await.repository().blob_bytes(&descriptor, limit).await
    };
    assert_eq!(read(reply(200).body(BLOB), blob(BLOB), 10).await.unwrap(), BLOB);
    let got = read(reply(200).body(BLOB), blob(BLOB), 9).await;
    assert!(matches!(got, Err(Error::TooLarge { limit_bytes: 9, .. })), "{got:?}");
    let got = read(reply(200).body("012345678x"), blob(BLOB), 10).await;
    assert!(matches!(got, Err(Error::Integrity(IntegrityError::Digest { .. }))), "{got:?}");
    for wrong in ["012345678", "0123456789a"] {
        let got = read(reply(200).body(wrong).with("transfer-encoding", "chunked"), blob(BLOB), 10).await;
        assert!(matches!(got, Err(Error::Integrity(IntegrityError::Size { .. }))), "{got:?}");
    }
}
