use super::*;
use crate::registry::{Error, Target, Warning};

async fn fetch(answer: Reply) -> Error {
    let server = Server::scripted([answer.clone(), answer]).await;
    server.repository().manifest(&Target::Tag("latest".into())).await.err().unwrap()
}

fn named(error: &Error) -> &'static str {
    match error {
        Error::NotFound(_) => "not found",
        Error::Denied(_) => "denied",
        Error::RateLimited(_) => "rate limited",
        Error::Rejected(_) => "rejected",
        Error::Server(_) => "server",
        _ => "other",
    }
}

fn coded(status: u16, code: &str) -> Reply {
    reply(status).body(format!(r#"{{"errors":[{{"code":"{code}","message":"its words"}}]}}"#))
}

#[tokio::test]
async fn statuses_and_codes_decide() {
    let cases = [
        ("manifest unknown", coded(404, "MANIFEST_UNKNOWN"), "not found"),
        ("name unknown", coded(404, "NAME_UNKNOWN"), "not found"),
        (
            "registry.redhat.io",
            reply(404).body(r#"{"errors":[{"code":"UNKNOWN","message":"Not Found"}]}"#),
            "not found",
        ),
        ("plain 404", reply(404).body("404 page not found"), "not found"),
        ("404 without body", reply(404), "not found"),
        ("name unknown as 400", coded(400, "NAME_UNKNOWN"), "not found"),
        ("a missing blob of a manifest", coded(404, "MANIFEST_BLOB_UNKNOWN"), "rejected"),
        ("401", coded(401, "UNAUTHORIZED"), "denied"),
        ("403", coded(403, "DENIED"), "denied"),
        ("403 that means 429", coded(403, "TOOMANYREQUESTS"), "rate limited"),
        ("429 in plain text", reply(429).body("Too Many Requests (HAP429)"), "rate limited"),
        ("400", coded(400, "MANIFEST_INVALID"), "rejected"),
        ("409", reply(409), "rejected"),
        ("412", reply(412), "rejected"),
        ("413", reply(413), "rejected"),
        ("415", reply(415), "rejected"),
        ("501", reply(501), "rejected"),
        ("505", reply(505), "rejected"),
        ("507", reply(507), "rejected"),
        ("500", reply(500), "server"),
        ("503", reply(503).body("<html><title>Maintenance</title></html>"), "server"),
        ("522", reply(522), "server"),
    ];
    for (name, answer, expected) in cases {
        let status = answer.status;
        let error = fetch(answer).await;
        assert_eq!(named(&error), expected, "{name}: {error}");
        assert_eq!(error.status().map(|s| s.as_u16()), Some(status), "{name}");
    }
}

#[tokio::test]
async fn the_words_of_the_registry_are_kept() {
    let error = fetch(coded(403, "DENIED")).await;
    let answer = error.answer().unwrap();
    assert_eq!(answer.code(), Some("DENIED"));
    assert!(error.to_string().contains("DENIED: its words"), "{error}");
    assert!(error.to_string().contains("403 Forbidden"), "{error}");

    let error = fetch(reply(503).body("<html><title>503 Down</title><p>more</p></html>")).await;
    assert!(error.to_string().ends_with("503 Down"), "{error}");
}

#[tokio::test]
async fn an_endless_error_body_is_cut() {
    let error = fetch(reply(400).body("x".repeat(1 << 20)).cut(1 << 30)).await;
    let words: usize = error.answer().unwrap().problems.iter().map(|p| p.message.len()).sum();
    assert_eq!(words, 1024);
}

#[tokio::test]
async fn a_rate_limit_says_until_when() {
    let error = fetch(reply(429).with("retry-after", "3600")).await;
    assert_eq!(error.answer().unwrap().retry_after, Some(Duration::from_secs(3600)));
}

#[tokio::test]
async fn a_challenge_says_what_is_missing() {
    let challenge = r#"Bearer realm="http://x/",scope="repository:a:push",error="insufficient_scope""#;
    let error = fetch(reply(403).with("www-authenticate", challenge)).await;
    let said = error.answer().unwrap().challenge.clone();
    assert_eq!(said.as_deref(), Some("error insufficient_scope, scope repository:a:push"));
}

#[tokio::test]
async fn a_401_without_a_challenge_is_asked_at_the_root() {
    let server = Server::start(|seen| match (seen.header("authorization"), seen.target.as_str()) {
        (None, "/v2/") => reply(401).with("www-authenticate", "Basic realm=\"x\""),
        (None, _) => reply(401),
        (Some(_), "/v2/") => reply(200),
        (Some(_), _) => reply(404),
    })
    .await;
    let error = server.repository().blob_bytes(&blob(b"x"), 10).await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error}");
    assert_eq!(error.answer().unwrap().credentials_sent.as_deref(), Some("this login"));

    let server = Server::start(|_| reply(401)).await;
    let error = server.repository().blob_bytes(&blob(b"x"), 10).await.unwrap_err();
    assert!(matches!(error, Error::Denied(_)), "{error}");
    assert_eq!((error.answer().unwrap().credentials_sent.as_deref(), server.requests().len()), (None, 2));
}

#[tokio::test]
async fn a_token_server_that_refuses_is_named() {
    let token = Server::start(|_| reply(401)).await;
    let challenge = format!("Bearer realm=\"{}\"", token.url("/token")).leak();
    let server = Server::guarded(Some(challenge), |_| reply(200)).await;
    let error = server.repository().blob_bytes(&blob(b"x"), 10).await.unwrap_err();
    assert!(matches!(error, Error::Auth { source: crate::auth::Error::Refused { .. }, .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains(PASSWORD));
}

#[tokio::test]
async fn signed_queries_are_not_shown() {
    let storage = Server::scripted([reply(403), reply(403)]).await;
    let target = storage.url("/x?sig=s3cret");
    let server = Server::start(move |_| reply(302).with("location", &target)).await;
    let error = server.repository().blob_bytes(&blob(b"x"), 10).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    assert!(error.answer().unwrap().url.ends_with("/x?sig=***"));
}

#[tokio::test]
async fn ping_tells_a_registry_from_other_servers() {
    let ping = async |status| Server::scripted([reply(status)]).await.host().ping().await;
    assert!(ping(200).await.is_ok());
    assert!(matches!(ping(401).await, Err(Error::Denied(_))));
    assert!(matches!(ping(404).await, Err(Error::NotARegistry { .. })));
}

#[tokio::test]
async fn warnings_of_a_registry_are_collected_once() {
    let warned = || reply(404).with("warning", r#"299 - "read only from Monday""#);
    let server = Server::scripted([warned(), warned()]).await;
    let repository = server.repository();
    for _ in 0..2 {
        let _ = repository.resolve(&Target::Tag("a".into())).await;
    }
    let registry = server.address.to_string();
    assert_eq!(repository.take_warnings(), [Warning::Registry { registry, text: "read only from Monday".into() }]);
}
