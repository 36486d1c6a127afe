use super::*;
use crate::http::Error as HttpError;
use crate::registry::{Error, Warning};

fn page(names: &str) -> Reply {
    reply(200).body(format!(r#"{{"name":"team/app","tags":{names}}}"#))
}

async fn tags(server: &Server, limit: Option<usize>) -> Result<Vec<String>, Error> {
    server.repository().tags(limit).collect().await
}

#[tokio::test]
async fn pages_are_followed_with_their_query() {
    let server = Server::start(|seen| match seen.target.as_str() {
        "/v2/team/app/tags/list" => {
            page(r#"["a","b"]"#).with("link", r#"</v2/team/app/tags/list?last=b&x=%2F>; rel="next""#)
        }
        "/v2/team/app/tags/list?last=b&x=%2F" => page(r#"["c"]"#),
        other => panic!("{other}"),
    })
    .await;
    assert_eq!(tags(&server, None).await.unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn an_absolute_link_to_the_same_place_is_followed_and_another_host_refused() {
    let elsewhere = Server::scripted([]).await;
    for (away, expected) in [(false, true), (true, false)] {
        let target = elsewhere.url("/v2/team/app/tags/list?last=a");
        let server = Server::start(move |seen| match (seen.target.ends_with("last=a"), away) {
            (true, _) => page(r#"["b"]"#),
            (false, true) => page(r#"["a"]"#).with("link", format!("<{target}>; rel=next")),
            (false, false) => {
                let own = format!("http://{}{}?last=a", seen.header("host").unwrap(), seen.target);
                page(r#"["a"]"#).with("link", format!("<{own}>; rel=next"))
            }
        })
        .await;
        let got = tags(&server, None).await;
        match got {
            Ok(names) => assert!(expected && names == ["a", "b"], "{names:?}"),
            Err(Error::Http { source: HttpError::Hop { .. }, .. }) => assert!(!expected),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_repeated_cursor_is_an_error() {
    let server =
        Server::start(|_| page(r#"["a"]"#).with("link", r#"</v2/team/app/tags/list?last=a>; rel="next""#)).await;
    assert!(matches!(tags(&server, None).await, Err(Error::Protocol { .. })));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn null_and_digests_among_tags() {
    let server = Server::scripted([page("null")]).await;
    assert_eq!(tags(&server, None).await.unwrap(), Vec::<String>::new());

    let digest = sha256(b"x");
    let server = Server::scripted([page(&format!(r#"["a",null,"{digest}",7,"b"]"#))]).await;
    let repository = server.repository();
    assert_eq!(repository.tags(None).collect().await.unwrap(), ["a", "b"]);
    let warnings = repository.take_warnings();
    assert_eq!(warnings.len(), 3);
    assert!(warnings.iter().all(|w| matches!(w, Warning::SkippedEntry { .. })), "{warnings:?}");
}

#[tokio::test]
async fn a_limit_asks_for_no_more_than_it_needs() {
    let first = |seen: &Seen| page(r#"["a","b","c"]"#).with("link", format!("<{}&last=c>; rel=next", seen.target));
    let server = Server::start(first).await;
    assert_eq!(tags(&server, Some(2)).await.unwrap(), ["a", "b"]);
    assert_eq!(server.requests(), ["GET /v2/team/app/tags/list?n=2"]);

    let server = Server::scripted([page("[]")]).await;
    assert!(tags(&server, Some(5000)).await.unwrap().is_empty());
    assert_eq!(server.requests(), ["GET /v2/team/app/tags/list?n=1000"], "ECR refuses more");

    let server = Server::scripted([]).await;
    assert!(tags(&server, Some(0)).await.unwrap().is_empty());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_registry_that_refuses_n_is_asked_without() {
    let server = Server::scripted([reply(400), page(r#"["a","b"]"#)]).await;
    assert_eq!(tags(&server, Some(1)).await.unwrap(), ["a"]);
    assert_eq!(server.requests(), ["GET /v2/team/app/tags/list?n=1", "GET /v2/team/app/tags/list"]);
    let server = Server::scripted([reply(400)]).await;
    assert!(matches!(tags(&server, None).await, Err(Error::Rejected(_))));
}

#[tokio::test]
async fn a_page_is_bounded() {
    let server = Server::scripted([page(&format!("[\"{}\"]", "a".repeat(4 * 1024 * 1024)))]).await;
    assert!(matches!(tags(&server, None).await, Err(Error::TooLarge { .. })));
}

#[tokio::test]
async fn the_number_of_pages_is_bounded() {
    let server = Server::start(|seen| {
        let at: u64 = seen.target.rsplit('=').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        page("[]").with("link", format!("</v2/team/app/tags/list?last={}>; rel=next", at + 1))
    })
    .await;
    let mut listing = server.repository().tags(None);
    assert_eq!(std::mem::replace(&mut listing.pages_limit, 7), 10_000);
    assert!(matches!(listing.collect().await, Err(Error::Protocol { .. })));
    assert_eq!(server.requests().len(), 7);
}

#[tokio::test]
async fn the_number_of_entries_is_bounded() {
    let server = Server::scripted([page(r#"["a","b","c"]"#), page(r#"["a","b","c"]"#)]).await;
    for (limit, most) in [(3, true), (2, false)] {
        let mut listing = server.repository().tags(None);
        assert_eq!(std::mem::replace(&mut listing.entries_limit, limit), 1_000_000);
        assert_eq!(listing.collect().await.is_ok(), most);
    }
}

#[tokio::test]
async fn what_is_no_list_is_an_error() {
    for body in ["<html>", "[]", r#"{"tags":"a"}"#] {
        let server = Server::scripted([reply(200).body(body)]).await;
        assert!(matches!(tags(&server, None).await, Err(Error::Protocol { .. })), "{body}");
    }
    // Artifact Registry adds fields of its own.
    let server =
        Server::scripted([reply(200).body(r#"{"child":["x"],"manifest":{"sha256:0":{}},"tags":["a"]}"#)]).await;
    assert_eq!(tags(&server, None).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn the_catalog_comes_in_the_same_way() {
    let server = Server::start(|seen| match seen.target.as_str() {
        "/v2/_catalog" => {
            reply(200).body(r#"{"repositories":["a/b","../x",null]}"#).with("link", "</v2/_catalog?last=a>; rel=next")
        }
        _ => reply(200).body(r#"{"repositories":["c"]}"#),
    })
    .await;
    assert_eq!(server.host().catalog(None).collect().await.unwrap(), ["a/b", "c"]);
    let server = Server::scripted([reply(404)]).await;
    assert!(matches!(server.host().catalog(None).collect().await, Err(Error::NotFound(_))));
}
