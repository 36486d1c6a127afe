//! What need not be sent: blobs that the repository has, and blobs to be had from other repositories.

use futures_util::future::join_all;

use super::uploads::{Memory, started};
use super::*;
use crate::content::{Silent, Sink};
use crate::registry::{Findings, Uploader};

fn known(repositories: &[&str]) -> [(Digest, Vec<String>); 1] {
    [(sha256(b"hello"), repositories.iter().map(|&name| name.to_owned()).collect())]
}

fn findings(facts: &[(&str, bool)]) -> Findings {
    facts.iter().map(|(name, held)| ((sha256(b"hello"), (*name).to_owned()), *held)).collect()
}

fn froms(server: &Server) -> Vec<String> {
    let from = |seen: Seen| Some(seen.target.split_once("&from=")?.1.to_owned());
    server.seen().into_iter().filter_map(from).collect()
}

#[tokio::test]
async fn a_blob_that_is_known_elsewhere_is_mounted_unasked() {
    let server = Server::start(|_| reply(201)).await;
    let sink = Uploader::new(server.repository()).with_known(known(&["base/one", "base/two"]));
    assert!(!sink.contains(&blob(b"hello")).await.unwrap());
    assert_eq!(server.requests(), [""; 0]);
    assert!(sink.mount(&blob(b"hello")).await.unwrap());
    assert_eq!(froms(&server), ["base%2Fone"], "one request does");
    assert_eq!(sink.take_findings(), findings(&[("base/one", true), ("team/app", true)]));
    assert_eq!(sink.take_findings(), findings(&[]));
}

#[tokio::test]
async fn a_blob_is_looked_for_where_it_may_be() {
    for (names, looks_only) in [(&["base/one", "team/app"][..], false), (&[], false), (&["base/one"], true)] {
        for (status, held) in [(200, true), (404, false)] {
            let server = Server::start(move |_| reply(status)).await;
            let sink = Uploader::new(server.repository()).with_known(known(names));
            let sink = if looks_only { sink.only_looking() } else { sink };
            assert_eq!(sink.contains(&blob(b"hello")).await.unwrap(), held, "{names:?}");
            assert_eq!(server.requests(), [format!("HEAD /v2/team/app/blobs/{}", sha256(b"hello"))], "{names:?}");
            assert_eq!(sink.take_findings(), findings(&[("team/app", held)]), "{names:?}");
        }
    }
}

#[tokio::test]
async fn two_places_are_tried_and_what_they_say_is_noted() {
    let names = ["a", "b", "c"];
    for refusal in [202, 401, 403, 404] {
        let server = Server::start(move |seen| match seen.method.as_str() {
            "POST" if refusal == 202 => started(),
            "POST" => reply(refusal),
            "DELETE" => reply(204),
            _ => reply(404),
        })
        .await;
        let sink = Uploader::new(server.repository()).with_known(known(&names));
        assert!(!sink.mount(&blob(b"hello")).await.unwrap());
        assert_eq!(froms(&server), ["a", "b"], "{refusal}");
        assert_eq!(sink.take_findings(), findings(&[("a", false), ("b", false), ("team/app", false)]), "{refusal}");
        let cancelled = server.seen().iter().filter(|seen| seen.method == "DELETE").count();
        assert_eq!(cancelled, usize::from(refusal == 202), "of two sessions one is kept");
    }
    let server = Server::start(|seen| reply(if seen.target.ends_with("from=b") { 201 } else { 404 })).await;
    let sink = Uploader::new(server.repository()).with_known(known(&names));
    assert!(sink.mount(&blob(b"hello")).await.unwrap());
    assert_eq!(sink.take_findings(), findings(&[("a", false), ("b", true), ("team/app", true)]));
}

#[tokio::test]
async fn a_failure_says_nothing_about_where_the_blob_is() {
    let server = Server::start(|seen| reply(if seen.method == "POST" { 500 } else { 404 })).await;
    let sink = Uploader::new(server.repository()).with_known(known(&["a"]));
    assert!(!sink.mount(&blob(b"hello")).await.unwrap());
    assert_eq!(sink.take_findings(), findings(&[("team/app", false)]));
}

#[tokio::test]
async fn a_registry_that_does_not_mount_is_asked_once() {
    for status in [400, 405, 501] {
        let server = Server::start(move |seen| reply(if seen.method == "POST" { status } else { 404 })).await;
        let other = (sha256(b"other"), vec!["a".to_owned()]);
        let sink = Uploader::new(server.repository()).with_known(known(&["a", "b"]).into_iter().chain([other]));
        assert!(!sink.mount(&blob(b"hello")).await.unwrap());
        assert!(!sink.mount(&blob(b"other")).await.unwrap());
        assert_eq!(froms(&server), ["a"], "{status}");
    }
}

#[tokio::test]
async fn a_blob_that_was_not_mounted_because_it_is_there_is_not_sent() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "POST" => started(),
        "HEAD" => reply(200),
        _ => reply(204),
    })
    .await;
    let sink = Uploader::new(server.repository()).with_known(known(&["a"]));
    assert!(sink.mount(&blob(b"hello")).await.unwrap());
    let methods: Vec<_> = server.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, ["POST", "HEAD", "DELETE"], "and the session that was opened is closed");
}

#[tokio::test]
async fn a_token_is_learnt_once_before_the_rest_goes() {
    let token = Server::start(|_| reply(200).body(r#"{"token":"marker"}"#)).await;
    let challenge = format!("Bearer realm=\"{}\",service=\"test\"", token.url("/token"));
    let server = Server::start(move |seen| match seen.header("authorization") {
        None => reply(401).with("www-authenticate", &challenge),
        Some(_) if seen.method == "HEAD" => reply(404),
        Some(_) if seen.target.contains("mount=") => reply(201),
        Some(_) if seen.method == "POST" => started(),
        Some(_) => reply(201),
    })
    .await;
    let texts: Vec<String> = (0..20).map(|n| format!("blob {n}")).collect();
    let from = |text: &String| (sha256(text.as_bytes()), vec!["base".to_owned()]);
    let sink = Uploader::new(server.repository()).with_known(texts[10..].iter().map(from));
    let refused = || server.seen().iter().filter(|seen| seen.header("authorization").is_none()).count();
    let descriptors: Vec<_> = texts.iter().map(|text| blob(text.as_bytes())).collect();
    let held = join_all(descriptors.iter().map(|blob| sink.contains(blob))).await;
    assert!(held.into_iter().all(|held| !held.unwrap()));
    assert_eq!((refused(), token.seen().len()), (1, 1));
    let mounted = join_all(descriptors[10..].iter().map(|blob| sink.mount(blob))).await;
    assert!(mounted.into_iter().all(Result::unwrap));
    assert_eq!((refused(), token.seen().len()), (2, 2), "a mount needs a token for two repositories");
    let sources: Vec<_> = texts[..10].iter().map(|text| Memory::new(text.clone())).collect();
    let sent = join_all(sources.iter().zip(&descriptors).map(|(source, blob)| sink.receive(blob, source, &Silent)));
    assert!(sent.await.into_iter().all(|sent| sent.is_ok()));
    assert_eq!((refused(), token.seen().len()), (2, 2), "uploads have one");
}
