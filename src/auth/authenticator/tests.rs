//! Against servers of this process, over plain HTTP on loopback.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use super::*;
use crate::http::{self, Method, Options, Request, StatusCode};

const BEARER: &str = r#"Bearer realm="/token",service="a service",scope="repository:a/b:pull""#;

/// A request as a server saw it.
#[derive(Clone, Debug)]
struct Seen {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    authorization: Option<String>,
    body: String,
}

impl Seen {
    fn all(&self, key: &str) -> Vec<&str> {
        self.query.iter().filter(|(k, _)| k == key).map(|(_, v)| v.as_str()).collect()
    }
}

type Reply = (u16, Vec<(&'static str, String)>, Vec<u8>);

fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    (status, vec![], body.into())
}

struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// How many requests, for tokens and else, must have come before a token is granted.
    crowd: Arc<AtomicU64>,
}

impl Server {
    async fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, answer) = (Arc::<Mutex<Vec<Seen>>>::default(), Arc::new(answer));
        let crowd = Arc::new(AtomicU64::new(1));
        let (log, awaited) = (Arc::clone(&seen), Arc::clone(&crowd));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, answer, awaited) = (Arc::clone(&log), Arc::clone(&answer), Arc::clone(&awaited));
                let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                    let (log, answer, awaited) = (Arc::clone(&log), Arc::clone(&answer), Arc::clone(&awaited));
                    async move { Ok::<_, Infallible>(serve(request, &log, &awaited, &*answer).await) }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { address, seen, crowd }
    }

    /// A registry that lets `valid` in and challenges everyone else, and a token server at `/token`.
    async fn registry(
        challenges: Vec<String>,
        valid: impl Fn(&str) -> bool + Send + Sync + 'static,
        token: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(move |seen| {
            if seen.path == "/token" {
                return token(seen);
            }
            if seen.authorization.as_deref().is_some_and(&valid) {
                return reply(200, "in");
            }
            let headers = challenges.iter().map(|challenge| ("www-authenticate", challenge.clone())).collect();
            (401, headers, b"out".to_vec())
        })
        .await
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    fn seen(&self, path: &str) -> Vec<Seen> {
        lock(&self.seen).iter().filter(|seen| seen.path == path).cloned().collect()
    }

    fn authenticator(&self, credentials: impl CredentialStore + 'static) -> Arc<Authenticator> {
        let registry = Registry::parse(&self.address.to_string()).unwrap();
        Authenticator::new(Arc::new(Client::new(Options::default())), registry, Arc::new(credentials))
    }
}

async fn serve(
    request: hyper::Request<hyper::body::Incoming>,
    log: &Mutex<Vec<Seen>>,
    awaited: &AtomicU64,
    answer: &(dyn Fn(&Seen) -> Reply + Send + Sync),
) -> hyper::Response<Full<Bytes>> {
    let url = Url::parse(&format!("http://x{}", request.uri())).unwrap();
    let seen = Seen {
        method: request.method().to_string(),
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        authorization: request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned()),
        body: String::from_utf8(request.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap(),
    };
    lock(log).push(seen.clone());
    if seen.path == "/token" {
        while (lock(log).len() as u64) < awaited.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Long enough for all concurrent callers to want one.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (status, headers, body) = answer(&seen);
    let mut response = hyper::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Full::from(body)).unwrap()
}

/// A store of one credential, or none, or broken.
enum Store {
    Empty,
    One(Credential),
    Broken,
}

impl CredentialStore for Store {
    fn find(&self, _: &Registry, _: Option<&str>) -> Result<Option<Found>, CredentialError> {
        match self {
            Self::Empty => Ok(None),
            Self::One(credential) => {
                Ok(Some(Found { credential: credential.clone(), origin: "the test's file".to_owned() }))
            }
            Self::Broken => {
                Err(CredentialError::File { file: "config.json".to_owned(), line: 7, message: "broken".to_owned() })
            }
        }
    }
}

fn user() -> Store {
    Store::One(Credential::Basic { username: "ann".to_owned(), password: Secret::new("pä:ss") })
}

const USER_HEADER: &str = "Basic YW5uOnDDpDpzcw==";

fn identity(username: Option<&str>) -> Store {
    Store::One(Credential::Identity { username: username.map(str::to_owned), token: Secret::new("id&en=t") })
}

/// `{"token": "<count of requests>"}`.
fn counting() -> impl Fn(&Seen) -> Reply {
    let count = AtomicU64::new(0);
    move |_| reply(200, format!(r#"{{"token":"t{}"}}"#, count.fetch_add(1, Ordering::SeqCst) + 1))
}

async fn ask(server: &Server, authorizer: &Scoped) -> Result<StatusCode, Error> {
    let request = Request::new(Method::GET, server.url("/v2/a/b/manifests/x"));
    match server_client(authorizer).send(request, authorizer).await {
        Ok(response) => Ok(response.status()),
        Err(http::Error::Authorize(error)) => Err(*error.downcast::<Error>().unwrap()),
        Err(other) => panic!("{other}"),
    }
}

fn server_client(authorizer: &Scoped) -> &Client {
    &authorizer.authenticator.client
}

fn pull(authenticator: &Arc<Authenticator>) -> Scoped {
    authenticator.scoped(Some("a/b"), vec![Scope::pull("a/b")])
}

async fn ask_twenty_times(server: &Server, authenticator: &Arc<Authenticator>) -> Vec<Result<StatusCode, Error>> {
    let scoped: Vec<Scoped> = (0..20).map(|_| pull(authenticator)).collect();
    futures_util::future::join_all(scoped.iter().map(|scoped| ask(server, scoped))).await
}

fn all_in(answers: &[Result<StatusCode, Error>]) -> bool {
    answers.iter().all(|answer| matches!(answer, Ok(StatusCode::OK)))
}

#[tokio::test]
async fn a_cold_cache_and_twenty_callers_make_one_token_request() {
    let server = Server::registry(vec![BEARER.to_owned()], |sent| sent == "Bearer t1", counting()).await;
    let authenticator = server.authenticator(Store::Empty);
    assert!(all_in(&ask_twenty_times(&server, &authenticator).await));
    let tokens = server.seen("/token");
    assert_eq!(tokens.len(), 1);
    assert_eq!(tokens[0].authorization, None);
    assert_eq!((tokens[0].all("service"), tokens[0].all("scope")), (vec!["a service"], vec!["repository:a/b:pull"]));
    assert_eq!(authenticator.last_used(), None);
}

#[tokio::test]
async fn a_token_that_twenty_callers_see_rejected_is_renewed_once() {
    let valid = Arc::new(AtomicU64::new(1));
    let now = Arc::clone(&valid);
    let accepts = move |sent: &str| sent == format!("Bearer t{}", now.load(Ordering::SeqCst));
    let server = Server::registry(vec![BEARER.to_owned()], accepts, counting()).await;
    let authenticator = server.authenticator(Store::Empty);
    for _ in 0..2 {
        assert_eq!(ask(&server, &pull(&authenticator)).await.unwrap(), StatusCode::OK);
    }
    valid.store(2, Ordering::SeqCst);
    assert!(all_in(&ask_twenty_times(&server, &authenticator).await));
    assert_eq!(server.seen("/token").len(), 2);
}

#[tokio::test]
async fn a_token_at_its_end_is_renewed_once_before_it_is_sent() {
    let server = Server::registry(vec![BEARER.to_owned()], |sent| sent.starts_with("Bearer t"), counting()).await;
    let authenticator = server.authenticator(Store::Empty);
    assert_eq!(ask(&server, &pull(&authenticator)).await.unwrap(), StatusCode::OK);
    for slot in authenticator.state().slots.values() {
        lock(&slot.current).as_mut().unwrap().renew_at = Instant::now();
    }
    let before = server.seen("/v2/a/b/manifests/x").len();
    assert!(all_in(&ask_twenty_times(&server, &authenticator).await));
    assert_eq!(server.seen("/token").len(), 2);
    let since = &server.seen("/v2/a/b/manifests/x")[before..];
    assert!(since.len() == 20 && since.iter().all(|seen| seen.authorization.as_deref() == Some("Bearer t2")));
}

#[tokio::test]
async fn twenty_callers_share_a_failure() {
    let server = Server::registry(
        vec![BEARER.to_owned()],
        |_| false,
        |_| reply(403, r#"{"errors":[{"code":"DENIED","message":"members only"}]}"#),
    )
    .await;
    // Who comes after the failure would rightly ask anew.
    server.crowd.store(21, Ordering::SeqCst);
    let authenticator = server.authenticator(Store::Empty);
    for answer in ask_twenty_times(&server, &authenticator).await {
        assert!(matches!(&answer, Err(Error::NotLoggedIn { words, .. }) if words == "members only"), "{answer:?}");
    }
    assert_eq!(server.seen("/token").len(), 1);
    // A later request is a new attempt.
    ask(&server, &pull(&authenticator)).await.unwrap_err();
    assert_eq!(server.seen("/token").len(), 2);
}

#[tokio::test]
async fn a_password_goes_to_the_token_server_by_get() {
    let server = Server::registry(vec![BEARER.to_owned()], |sent| sent == "Bearer t1", counting()).await;
    let authenticator = server.authenticator(user());
    assert_eq!(ask(&server, &pull(&authenticator)).await.unwrap(), StatusCode::OK);
    let tokens = server.seen("/token");
    assert_eq!((tokens.len(), tokens[0].method.as_str()), (1, "GET"));
    assert_eq!(tokens[0].authorization.as_deref(), Some(USER_HEADER));
    assert!(server.seen("/v2/a/b/manifests/x").iter().all(|seen| seen.authorization.as_deref() != Some(USER_HEADER)));
    assert_eq!(authenticator.last_used().as_deref(), Some("the test's file"));
}

#[tokio::test]
async fn an_identity_token_goes_by_post_and_by_get_where_there_is_no_post() {
    for (refusal, username, basic) in [
        (None, None, ""),
        (Some(404), None, "Basic PHRva2VuPjppZCZlbj10"),
        (Some(405), Some("ann"), "Basic YW5uOmlkJmVuPXQ="),
    ] {
        let token = move |seen: &Seen| match refusal.filter(|_| seen.method == "POST") {
            Some(status) => reply(status, "no"),
            None => reply(200, r#"{"access_token":"t"}"#),
        };
        let server = Server::registry(vec![BEARER.to_owned()], |sent| sent == "Bearer t", token).await;
        let authenticator = server.authenticator(identity(username));
        assert_eq!(ask(&server, &pull(&authenticator)).await.unwrap(), StatusCode::OK, "{refusal:?}");
        let tokens = server.seen("/token");
        assert_eq!((tokens[0].method.as_str(), &tokens[0].authorization), ("POST", &None));
        assert_eq!(
            tokens[0].body,
            "grant_type=refresh_token&service=a+service&client_id=rcr&scope=repository%3Aa%2Fb%3Apull&refresh_token=id%26en%3Dt"
        );
        assert!(tokens[0].query.is_empty(), "the token is in the body alone");
        let fallback: Vec<Option<&str>> = tokens[1..].iter().map(|seen| seen.authorization.as_deref()).collect();
        assert_eq!(fallback, if refusal.is_some() { vec![Some(basic)] } else { vec![] });
    }
}

#[tokio::test]
async fn bearer_is_chosen_before_basic_in_any_order() {
    let basic = r#"Basic realm="x, y""#.to_owned();
    let negotiate = "Negotiate abc==".to_owned();
    for challenges in [
        vec![basic.clone(), BEARER.to_owned()],
        vec![BEARER.to_owned(), basic.clone()],
        vec![format!("{negotiate}, {basic}, {BEARER}")],
        vec![BEARER.replace("Bearer", "bEARER"), basic.clone(), negotiate.clone()],
    ] {
        let server = Server::registry(challenges.clone(), |sent| sent == "Bearer t1", counting()).await;
        let authenticator = server.authenticator(user());
        assert_eq!(ask(&server, &pull(&authenticator)).await.unwrap(), StatusCode::OK, "{challenges:?}");
    }
}

#[tokio::test]
async fn basic_alone_gets_the_password_and_never_twice_the_same() {
    for (accepted, status, requests) in [(true, StatusCode::OK, 3), (false, StatusCode::UNAUTHORIZED, 3)] {
        let server = Server::registry(
            vec!["basic realm=x".to_owned()],
            move |sent| accepted && sent == USER_HEADER,
            |_| reply(500, ""),
        )
        .await;
        let authenticator = server.authenticator(user());
        for _ in 0..2 {
            assert_eq!(ask(&server, &pull(&authenticator)).await.unwrap(), status);
        }
        assert_eq!(server.seen("/v2/a/b/manifests/x").len(), requests, "none, then the password, then at once");
        assert_eq!(authenticator.last_used().as_deref(), Some("the test's file"));
    }
}

#[tokio::test]
async fn challenges_without_an_answer_leave_the_401() {
    for challenges in [vec![], vec!["Basic realm=x"], vec!["Negotiate"], vec!["Bearer service=x"]] {
        let challenges: Vec<String> = challenges.into_iter().map(str::to_owned).collect();
        let server = Server::registry(challenges.clone(), |_| true, counting()).await;
        let authenticator = server.authenticator(Store::Empty);
        let answer = ask(&server, &pull(&authenticator)).await.unwrap();
        assert_eq!(answer, StatusCode::UNAUTHORIZED, "{challenges:?}");
        assert_eq!((server.seen("/v2/a/b/manifests/x").len(), authenticator.last_used()), (1, None));
    }
}

#[tokio::test]
async fn a_registry_token_is_sent_as_it_is_and_once() {
    for (accepted, requests) in [(true, 2), (false, 2)] {
        let server = Server::registry(
            vec![BEARER.to_owned()],
            move |sent| accepted && sent == "Bearer minted",
            |_| reply(500, ""),
        )
        .await;
        let store = Store::One(Credential::RegistryToken(Secret::new("minted")));
        let answer = ask(&server, &pull(&server.authenticator(store))).await.unwrap();
        assert_eq!(answer == StatusCode::OK, accepted);
        assert_eq!((server.seen("/v2/a/b/manifests/x").len(), server.seen("/token").len()), (requests, 0));
    }
}

#[tokio::test]
async fn a_new_token_that_is_rejected_is_not_asked_for_again() {
    let server = Server::registry(vec![BEARER.to_owned()], |_| false, counting()).await;
    let answer = ask(&server, &pull(&server.authenticator(user()))).await.unwrap();
    assert_eq!(answer, StatusCode::UNAUTHORIZED);
    assert_eq!((server.seen("/v2/a/b/manifests/x").len(), server.seen("/token").len()), (2, 1));
}

#[tokio::test]
async fn a_broken_store_is_an_error_and_never_anonymous() {
    let server = Server::registry(vec![BEARER.to_owned()], |_| true, counting()).await;
    let error = ask(&server, &pull(&server.authenticator(Store::Broken))).await.unwrap_err();
    assert!(matches!(error.lookup(), Some(CredentialError::File { line: 7, .. })), "{error:?}");
    assert_eq!(server.seen("/token").len(), 0);
}

#[tokio::test]
async fn refused_credentials_are_named_with_the_servers_words_and_without_the_secret() {
    let long = format!(r#"{{"details":"bad password{}"}}"#, "!".repeat(5000));
    let server = Server::registry(vec![BEARER.to_owned()], |_| true, move |_| reply(401, long.clone())).await;
    let error = ask(&server, &pull(&server.authenticator(user()))).await.unwrap_err();
    let Error::Refused { origin, words, status, .. } = &error else { panic!("{error:?}") };
    assert_eq!((origin.as_str(), status.as_u16(), words.len()), ("the test's file", 401, 1024));
    assert!(words.starts_with("bad password"));
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("pä:ss") && !shown.contains(USER_HEADER.trim_start_matches("Basic ")), "{shown}");
}

#[tokio::test]
async fn answers_of_token_servers() {
    let mebibyte = format!(r#"{{"token":"{}"}}"#, "t".repeat(1 << 20)).into_bytes();
    let cases: Vec<(&str, Reply, &str)> = vec![
        ("no token", reply(200, "{}"), "NoToken"),
        ("empty", reply(200, r#"{"token":""}"#), "NoToken"),
        ("a newline in it", reply(200, r#"{"token":"a\nb"}"#), "NoToken"),
        ("both", reply(200, r#"{"token":"x","access_token":"t1"}"#), "200"),
        ("a mebibyte", reply(200, mebibyte), "Transport"),
        ("a page", reply(200, "<html>\nLog in to the hotel"), "NotJson"),
        ("nothing", reply(200, ""), "NotJson"),
        ("400", reply(400, "what?"), "Status"),
        ("404", reply(404, "what?"), "Status"),
        ("lives for 0 s", reply(200, r#"{"token":"t1","expires_in":0}"#), "200"),
        ("lives for -5 s", reply(200, r#"{"token":"t1","expires_in":-5}"#), "200"),
        ("lives for ever", reply(200, r#"{"token":"t1","expires_in":18446744073709551615}"#), "200"),
    ];
    for (name, answer, wanted) in cases {
        let server =
            Server::registry(vec![BEARER.to_owned()], |sent| sent == "Bearer t1", move |_| answer.clone()).await;
        let authenticator = server.authenticator(Store::Empty);
        let outcome = match ask(&server, &pull(&authenticator)).await {
            Ok(status) => status.as_u16().to_string(),
            Err(error) => format!("{error:?}"),
        };
        assert!(outcome.starts_with(wanted), "{name}: {outcome}");
        if wanted == "200" {
            // Whatever life it states, it is used again at once.
            assert_eq!(ask(&server, &pull(&authenticator)).await.unwrap(), StatusCode::OK, "{name}");
            assert_eq!(server.seen("/token").len(), 1, "{name}");
        }
    }
}

#[tokio::test]
async fn a_secret_does_not_go_to_a_token_server_elsewhere() {
    for (store, tokens) in [(user(), 0), (identity(None), 0), (Store::Empty, 1)] {
        let elsewhere = Server::start(|_| reply(200, r#"{"token":"t"}"#)).await;
        // Another name is another host, even of the same machine.
        let realm = format!("Bearer realm=\"http://localhost:{}/token\"", elsewhere.address.port());
        let server = Server::registry(vec![realm], |sent| sent == "Bearer t", counting()).await;
        let authenticator = server.authenticator(store);
        let answer = ask(&server, &pull(&authenticator)).await;
        assert_eq!(elsewhere.seen("/token").len(), tokens);
        match answer {
            Ok(status) => assert_eq!((status, tokens), (StatusCode::OK, 1)),
            Err(error) => {
                let refused = matches!(error.transport(), Some(http::Error::Hop { secret: true, .. }));
                assert!(refused && tokens == 0, "{error:?}");
            }
        }
        assert_eq!(authenticator.last_used(), None);
    }
}

#[tokio::test]
async fn a_token_request_is_not_redirected_elsewhere() {
    let elsewhere = Server::start(|_| reply(200, r#"{"token":"t"}"#)).await;
    let location = elsewhere.url("/stolen").to_string();
    let token = move |_: &Seen| (307, vec![("location", location.clone())], vec![]);
    let server = Server::registry(vec![BEARER.to_owned()], |_| true, token).await;
    let error = ask(&server, &pull(&server.authenticator(user()))).await.unwrap_err();
    assert!(matches!(error, Error::Transport { .. }), "{error:?}");
    assert!(lock(&elsewhere.seen).is_empty());
}

#[tokio::test]
async fn a_scope_that_is_too_small_grows_once_and_for_the_same_repository_alone() {
    let wants = |scope: &'static str| {
        move |seen: &Seen| {
            if seen.path == "/token" {
                return reply(200, format!(r#"{{"token":"{}"}}"#, seen.all("scope").join("+")));
            }
            let sent = seen.authorization.clone().unwrap_or_default();
            if sent == "Bearer repository:a/b:delete,pull" {
                return reply(200, "");
            }
            let error = if sent.is_empty() { "" } else { ",error=\"insufficient_scope\"" };
            (401, vec![("www-authenticate", format!("Bearer realm=\"/token\",scope=\"{scope}\"{error}"))], vec![])
        }
    };
    for (scope, status, tokens) in [
        ("repository:a/b:delete,pull", StatusCode::OK, 2),
        ("repository:a/b:pull", StatusCode::UNAUTHORIZED, 1),
        ("repository:other:delete", StatusCode::UNAUTHORIZED, 1),
    ] {
        let server = Server::start(wants(scope)).await;
        let authenticator = server.authenticator(Store::Empty);
        assert_eq!(ask(&server, &pull(&authenticator)).await.unwrap(), status, "{scope}");
        assert_eq!(server.seen("/token").len(), tokens, "{scope}");
    }
}

#[tokio::test]
async fn the_repositorys_own_scope_leads_and_everything_is_encoded() {
    let challenge = r#"Bearer realm="/token?kept=1",service="a&b=c #d""#;
    let server = Server::registry(vec![challenge.to_owned()], |sent| sent == "Bearer t1", counting()).await;
    let authenticator = server.authenticator(Store::Empty);
    let mount = authenticator.scoped(Some("z/new"), vec![Scope::pull("a/old"), Scope::push("z/new")]);
    assert_eq!(ask(&server, &mount).await.unwrap(), StatusCode::OK);
    let token = &server.seen("/token")[0];
    assert_eq!(token.all("scope"), ["repository:z/new:pull,push", "repository:a/old:pull"]);
    assert_eq!((token.all("service"), token.all("kept")), (vec!["a&b=c #d"], vec!["1"]));
}

#[tokio::test]
async fn a_token_with_more_scopes_does() {
    let server = Server::registry(vec![BEARER.to_owned()], |sent| sent == "Bearer t1", counting()).await;
    let authenticator = server.authenticator(Store::Empty);
    let push = authenticator.scoped(Some("a/b"), vec![Scope::push("a/b")]);
    assert_eq!(ask(&server, &push).await.unwrap(), StatusCode::OK);
    assert_eq!(ask(&server, &pull(&authenticator)).await.unwrap(), StatusCode::OK);
    assert_eq!((server.seen("/token").len(), server.seen("/v2/a/b/manifests/x").len()), (1, 3));
}

#[tokio::test]
async fn login_asks_without_scopes_and_with_what_was_typed() {
    let server =
        Server::registry(vec![r#"Bearer realm="/token""#.to_owned()], |sent| sent == "Bearer t1", counting()).await;
    let registry = Registry::parse(&server.address.to_string()).unwrap();
    let credential = Credential::Basic { username: "ann".to_owned(), password: Secret::new("pä:ss") };
    let client = Arc::new(Client::new(Options::default()));
    let scoped = Authenticator::with_credential(client, registry, credential).scoped(None, vec![]);
    assert_eq!(ask(&server, &scoped).await.unwrap(), StatusCode::OK);
    let token = &server.seen("/token")[0];
    assert_eq!((token.query.len(), token.authorization.as_deref()), (0, Some(USER_HEADER)));
}

#[tokio::test]
async fn another_host_gets_nothing_whoever_asks() {
    let server = Server::registry(vec!["Basic realm=x".to_owned()], |_| true, counting()).await;
    let authenticator = server.authenticator(user());
    let scoped = pull(&authenticator);
    assert_eq!(ask(&server, &scoped).await.unwrap(), StatusCode::OK);
    let port = server.address.port();
    let mut headers = HeaderMap::new();
    headers.insert("www-authenticate", HeaderValue::from_static("Basic realm=x"));
    let home =
        HashMap::from([(true, format!("http://127.0.0.1:{port}/")), (false, format!("http://localhost:{port}/"))]);
    for (is_home, url) in home {
        let url = Url::parse(&url).unwrap();
        assert_eq!(scoped.authorization(&url).await.unwrap().is_some(), is_home, "{url}");
        assert_eq!(Authorizer::challenged(&scoped, &url, &headers, None).await.unwrap(), is_home, "{url}");
    }
    let next_port = Url::parse(&format!("http://127.0.0.1:{}/", port ^ 1)).unwrap();
    assert!(scoped.authorization(&next_port).await.unwrap().is_none());
}

#[test]
fn secrets_are_not_shown() {
    let value = header("Basic", &Secret::new("hunter2")).unwrap();
    assert_eq!(format!("{value:?}"), "Sensitive");
}
