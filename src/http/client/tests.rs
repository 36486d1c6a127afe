//! Against servers of this process, over plain HTTP on loopback.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::http::resolver::Override;
use crate::http::{
    Anonymous, BoxError, BoxFuture, HeaderValue, NoProxy, Proxy, ProxySettings, RetryPolicy, TrustLookup,
};

/// A server that writes down the head of each request and answers by a script; the last answer is given for ever.
struct Server {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    script: Arc<Mutex<VecDeque<Answer>>>,
}

/// What is sent, piece by piece, with a pause before each piece but the first.
type Answer = (Vec<String>, Duration);

fn answer(text: impl Into<String>) -> Answer {
    (vec![text.into()], Duration::ZERO)
}

fn status(status: u16, headers: &str) -> Answer {
    answer(format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: 0\r\n{headers}\r\n"))
}

impl Server {
    async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let script = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let (log, answers) = (Arc::clone(&heads), Arc::clone(&script));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let answer = {
                    let mut answers = lock(&answers);
                    if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
                };
                tokio::spawn(serve(connection, Arc::clone(&log), answer.unwrap_or_default()));
            }
        });
        Self { address, heads, script }
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    fn heads(&self) -> Vec<String> {
        lock(&self.heads).clone()
    }
}

async fn serve(mut connection: TcpStream, log: Arc<Mutex<Vec<String>>>, (pieces, pause): Answer) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut buffer = [0; 1024];
        match connection.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => head.extend_from_slice(&buffer[..count]),
        }
        // A TLS record gets the answer of a server that knows none, and so does SOCKS.
        if matches!(head[0], 0x16 | 4 | 5) {
            break;
        }
    }
    lock(&log).push(String::from_utf8_lossy(&head).to_lowercase());
    for (at, piece) in pieces.iter().enumerate() {
        if at > 0 {
            tokio::time::sleep(pause).await;
        }
        if connection.write_all(piece.as_bytes()).await.is_err() {
            return;
        }
    }
    if pieces.is_empty() {
        std::future::pending::<()>().await;
    }
}

fn quick() -> Options {
    let retry = RetryPolicy { retries: 2, base: Duration::from_millis(1), ..RetryPolicy::default() };
    Options { retry, ..Options::default() }
}

fn get(url: Url) -> Request {
    Request::new(Method::GET, url)
}

fn host(text: &str) -> HostPort {
    HostPort::parse(text).unwrap()
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn via(proxy: &str) -> Proxy {
    Proxy { url: url(proxy), variable: "https_proxy".to_owned() }
}

/// Has the same to say to whoever asks, and counts the challenges that it is asked about.
#[derive(Default)]
struct Talkative(AtomicUsize);

impl Authorizer for Talkative {
    fn authorization<'a>(&'a self, _: &'a Url) -> BoxFuture<'a, Result<Option<HeaderValue>, BoxError>> {
        Box::pin(async { Ok(Some(HeaderValue::from_static("Bearer s3cret"))) })
    }

    fn challenged<'a>(
        &'a self,
        _: &'a Url,
        _: &'a HeaderMap,
        _: Option<&'a HeaderValue>,
    ) -> BoxFuture<'a, Result<bool, BoxError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(true) })
    }
}

#[tokio::test]
async fn silence_and_trickles_end() {
    let tenth = Duration::from_millis(100);
    let usual = Timeouts::default();
    let head = || "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_owned();
    let slow = |pause, piece: &str| {
        (std::iter::once(head()).chain(std::iter::repeat_n(piece.to_owned(), 40)).collect(), pause)
    };
    let judged = Timeouts { window: 3 * tenth, window_floor_bytes: 1000, ..usual.clone() };
    let cases: [(&str, Timeouts, Answer, &str); 3] = [
        ("no head", Timeouts { header: tenth, ..usual.clone() }, (vec![], tenth), "did not answer"),
        ("no body", Timeouts { idle: tenth, ..usual }, slow(Duration::from_secs(3600), "x"), "sent no data"),
        ("a trickle", judged.clone(), slow(tenth / 2, "x"), "sent too little data"),
    ];
    for (name, timeouts, answer, expected) in cases {
        let server = Server::start([answer]).await;
        let client = Client::new(Options { timeouts, ..quick() });
        let outcome = client.send(get(server.url("/")).whole(1 << 20).once(), &Anonymous).await;
        assert!(matches!(&outcome, Err(Error::Timeout { what, .. }) if *what == expected), "{name}: {outcome:?}");
        assert!(outcome.is_err_and(|error| error.is_transient()), "{name}");
    }
    // A link that is slow, and fast enough.
    let server = Server::start([slow(tenth / 2, &"x".repeat(2500))]).await;
    let client = Client::new(Options { timeouts: judged, ..quick() });
    assert!(client.send(get(server.url("/")).whole(1 << 20).once(), &Anonymous).await.is_ok());
}

#[tokio::test]
async fn a_silent_place_is_left_sooner_where_another_is_asked_next() {
    let timeouts = Timeouts { elsewhere: Duration::from_millis(50), ..Timeouts::default() };
    let server = Server::start([(vec![], Duration::ZERO)]).await;
    let client = Client::new(Options { timeouts, ..quick() });
    let outcome = client.send(get(server.url("/")).once(), &Anonymous).await;
    assert!(matches!(outcome, Err(Error::Timeout { after, .. }) if after == Duration::from_millis(50)), "{outcome:?}");
    // Where there is no other, it has its time.
    let patient = client.send(get(server.url("/")), &Anonymous);
    assert!(tokio::time::timeout(Duration::from_millis(500), patient).await.is_err());
}

/// A server that speaks HTTP/2, and that the client need not trust. Its first connection dies without a word when it is
/// told to; says how many connections there were.
async fn mortal_server(dies: Arc<tokio::sync::Notify>) -> (SocketAddr, Arc<AtomicUsize>) {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config =
        config.with_no_client_auth().with_single_cert(vec![signed.cert.der().clone()], key.into()).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let first = count.fetch_add(1, Ordering::Relaxed) == 0;
            let (acceptor, dies) = (acceptor.clone(), Arc::clone(&dies));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let answer = hyper::service::service_fn(async |_| {
                    Ok::<_, std::convert::Infallible>(hyper::Response::new(String::from("fine")))
                });
                let server = hyper::server::conn::http2::Builder::new(hyper_util::rt::TokioExecutor::new());
                let mut talk = server.serve_connection(hyper_util::rt::TokioIo::new(stream), answer);
                tokio::select! {
                    _ = &mut talk => {}
                    // It stays open, and nobody is at the other end any more.
                    () = dies.notified(), if first => std::future::pending().await,
                }
            });
        }
    });
    (address, connections)
}

#[tokio::test]
async fn a_shared_connection_that_died_without_a_word_is_not_used_again() {
    let dies = Arc::<tokio::sync::Notify>::default();
    let (address, connections) = mortal_server(Arc::clone(&dies)).await;
    let trust: TrustLookup = Arc::new(|_, _| Ok(HostTrust { verify: false, ..HostTrust::default() }));
    let timeouts = Timeouts { ping: Duration::from_millis(200), ..Timeouts::default() };
    let client = Client::new(Options { trust, timeouts, ..quick() });
    let ask = || client.send(get(url(&format!("https://{address}/"))), &Anonymous);
    for _ in 0..2 {
        assert_eq!(ask().await.unwrap().bytes(10).await.unwrap(), "fine");
    }
    assert_eq!(connections.load(Ordering::Relaxed), 1);
    dies.notify_one();
    let answer = tokio::time::timeout(Duration::from_secs(20), ask()).await.expect("another connection").unwrap();
    assert_eq!((answer.attempts(), connections.load(Ordering::Relaxed)), (2, 2));
}

#[tokio::test]
async fn headers_without_end_are_not_read_to_it_and_not_asked_for_again() {
    let many = "x-header: value\r\n".repeat(10_000);
    let long = format!("x-header: {}\r\n", "x".repeat(4 << 20));
    for (name, headers) in [("many", many), ("long", long)] {
        let server = Server::start([answer(format!("HTTP/1.1 200 OK\r\n{headers}"))]).await;
        let outcome = Client::new(quick()).send(get(server.url("/")), &Anonymous).await;
        assert!(matches!(outcome, Err(Error::HeadersTooLarge { .. })), "{name}: {outcome:?}");
        assert_eq!(server.heads().len(), 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_waits_on_our_own_account_is_not_given_up() {
    let throttle = Arc::new(Throttle::new(1024));
    let last_byte = Arc::new(Mutex::new(Instant::now()));
    let upload = |length: usize| {
        let pieces = [Ok::<_, BoxError>(bytes::Bytes::from(vec![0; length]))];
        let body = Arc::clone(&throttle).paced(Box::pin(futures_util::stream::iter(pieces)), Arc::clone(&last_byte));
        body.fold(0, |sum, share| async move { sum + share.map_or(0, |share| share.len()) })
    };
    let started = Instant::now();
    let patience = Duration::from_secs(1);
    assert_eq!(while_it_moves(upload(100 << 10), &last_byte, patience).await, Some(100 << 10));
    assert!(started.elapsed() > Duration::from_secs(99), "{:?}", started.elapsed());
    // What then does not answer is given up as ever.
    let silent = async { (upload(20 << 10).await, std::future::pending::<()>().await) };
    let started = Instant::now();
    assert_eq!(while_it_moves(silent, &last_byte, patience).await, None);
    assert!((20..=22).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}

#[tokio::test]
async fn blobs_are_paid_for_and_documents_are_not() {
    let body = "x".repeat(30_000);
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n";
    let server = Server::start([answer(format!("{head}content-length: {}\r\n\r\n{body}", body.len()))]).await;
    let client = Client::new(Options { limit_rate: Some(50_000), ..quick() });
    let document = client.send(get(server.url("/")), &Anonymous).await.unwrap();
    assert_eq!(document.bytes(1 << 20).await.unwrap().len(), body.len());
    assert!(client.throttle.get().is_none());
    let started = Instant::now();
    let blob = client.send(get(server.url("/")).class(Class::Blob), &Anonymous).await.unwrap();
    assert_eq!(blob.bytes(1 << 20).await.unwrap().len(), body.len());
    assert!(started.elapsed() >= Duration::from_millis(550), "{:?}", started.elapsed());
}

#[tokio::test]
async fn absurd_waits_are_told_and_not_waited_for() {
    let absurd = || status(429, "retry-after: 18446744073709551615\r\n");
    for (first, requests) in [(absurd(), 1), (status(429, "retry-after: 1\r\n"), 2)] {
        let server = Server::start([first, absurd()]).await;
        let response = Client::new(quick()).send(get(server.url("/")), &Anonymous).await.unwrap();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.retry_after(), Some(Duration::from_secs(u64::MAX)));
        assert_eq!(server.heads().len(), requests);
    }
}

#[tokio::test]
async fn the_longest_pause_counts_for_every_request_and_is_heard_of_by_those_that_are_not_repeated() {
    let server = Server::start([status(429, "retry-after: 1\r\n"), status(200, "")]).await;
    let client = Client::new(quick());
    let put = Request::new(Method::PUT, server.url("/")).resumed();
    assert_eq!(client.send(put, &Anonymous).await.unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
    client.leave_alone(&HostPort::of(&server.url("/")), Duration::ZERO);
    let started = Instant::now();
    client.send(get(server.url("/other")), &Anonymous).await.unwrap();
    assert!(started.elapsed() > Duration::from_millis(800), "{:?}", started.elapsed());
    // Who does not repeat anything does not wait either.
    let server = Server::start([status(429, "retry-after: 100\r\n"), status(200, "")]).await;
    let retry = RetryPolicy { retries: 0, ..RetryPolicy::default() };
    let client = Client::new(Options { retry, ..Options::default() });
    for expected in [StatusCode::TOO_MANY_REQUESTS, StatusCode::OK] {
        assert_eq!(client.send(get(server.url("/")), &Anonymous).await.unwrap().status(), expected);
    }
}

#[tokio::test]
async fn a_pause_is_neither_announced_nor_kept_where_another_host_is_asked_instead() {
    let server = Server::start([status(429, "retry-after: 60\r\n"), status(200, "")]).await;
    let announced = Arc::new(Mutex::new(0));
    let count = announced.clone();
    let client = Client::new(Options { on_retry: Arc::new(move |_| *lock(&count) += 1), ..quick() });
    for expected in [StatusCode::TOO_MANY_REQUESTS, StatusCode::OK] {
        let sent = client.send(get(server.url("/")).once(), &Anonymous);
        let answer = tokio::time::timeout(Duration::from_secs(10), sent).await.unwrap().unwrap();
        assert_eq!(answer.status(), expected);
    }
    assert_eq!(*lock(&announced), 0);
}

#[tokio::test]
async fn another_attempt_starts_where_the_first_did() {
    let storage = Server::start([status(503, ""), status(200, "")]).await;
    let signed = |n| status(307, &format!("location: {}\r\n", storage.url(&format!("/blob?signature={n}"))));
    let registry = Server::start([signed(1), signed(2)]).await;
    let response = Client::new(quick()).send(get(registry.url("/blob")), &Anonymous).await.unwrap();
    assert_eq!((response.status(), response.attempts()), (StatusCode::OK, 2));
    assert_eq!(registry.heads().len(), 2);
    assert!(storage.heads()[1].starts_with("get /blob?signature=2 "), "{:?}", storage.heads());
}

#[tokio::test]
async fn who_was_sent_away_gets_nothing_back_even_at_home() {
    let storage = Server::start([]).await;
    let away = status(307, &format!("location: {}\r\nset-cookie: a=s3cret\r\n", storage.url("/x")));
    let registry = Server::start([away, status(401, "www-authenticate: Basic\r\n")]).await;
    let back = status(307, &format!("location: {}\r\nset-cookie: b=s3cret\r\n", registry.url("/again")));
    lock(&storage.script).push_back(back);
    let talkative = Talkative::default();
    let client = Client::new(quick());
    let request = get(registry.url("/")).header(header::COOKIE, HeaderValue::from_static("c=s3cret"));
    let response = client.send(request, &talkative).await.unwrap();
    assert_eq!((response.status(), talkative.0.into_inner()), (StatusCode::UNAUTHORIZED, 0));
    assert!(registry.heads()[0].contains("authorization: bearer s3cret"));
    assert_eq!((registry.heads().len(), storage.heads().len()), (2, 1));
    for head in [&registry.heads()[1], &storage.heads()[0]] {
        assert!(!head.contains("s3cret"), "{head}");
    }
}

#[test]
fn hosts_that_only_a_server_named_stay_so_in_any_order() {
    let proxy = ProxySettings { https: Some(via("http://proxy.test:3128")), ..ProxySettings::default() };
    for options in [Options::default(), Options { proxy, ..Options::default() }] {
        let client = Client::new(options);
        client.introduce(host("r.test"));
        client.introduce(host("127.0.0.1:5000"));
        let (remote, local, cdn) = (url("https://r.test/v2/"), url("http://127.0.0.1:5000/v2/"), "https://cdn.test/x");
        let foreign = |name: &str| client.memory().is_foreign(&HostPort::of(&url(name)));
        assert_eq!(foreign(cdn), None);
        client.authorise_hop(&local, cdn, Purpose::Redirect).unwrap();
        assert_eq!(foreign(cdn), Some(true));
        client.authorise_hop(&remote, cdn, Purpose::Upload).unwrap();
        client.authorise_hop(&local, cdn, Purpose::Upload).unwrap();
        assert_eq!(foreign(cdn), Some(false), "what one registry may not reach, another does not open to it");
        // Its own redirects make it no host of the user's.
        client.authorise_hop(&url(cdn), "https://next.test/", Purpose::Redirect).unwrap();
        client.authorise_hop(&url(cdn), "/other", Purpose::Redirect).unwrap();
        assert_eq!((foreign(cdn), foreign("https://next.test/")), (Some(false), Some(false)));
        // A hop to a host that the user named, before or after, takes nothing from it.
        client.authorise_hop(&url(cdn), "https://r.test/", Purpose::Redirect).unwrap();
        client.introduce(host("next.test"));
        assert_eq!((foreign("https://r.test/"), foreign("https://next.test/")), (None, None));
    }
}

#[tokio::test]
async fn trust_is_looked_up_as_the_user_wrote_it_and_never_as_the_users_for_hosts_of_servers() {
    let proxy = ProxySettings { https: Some(via("http://proxy.test:3128")), ..ProxySettings::default() };
    for proxy in [ProxySettings::default(), proxy] {
        let asked = Arc::<Mutex<Vec<(String, bool)>>>::default();
        let log = Arc::clone(&asked);
        let trust: TrustLookup = Arc::new(move |host, foreign| {
            lock(&log).push((host.to_string(), foreign));
            Ok(HostTrust::default())
        });
        let client = Client::new(Options { trust, proxy, ..Options::default() });
        client.introduce(host("r.test:443"));
        client.authorise_hop(&url("https://r.test/v2/"), "https://cdn.test/x", Purpose::Redirect).unwrap();
        let look = async |name| client.trust(&HostPort::of(&url(name))).await.unwrap();
        for name in ["https://r.test/", "https://cdn.test/", "https://cdn.test/"] {
            look(name).await;
        }
        client.introduce(host("cdn.test"));
        look("https://cdn.test/").await;
        let expected = [("r.test:443", false), ("cdn.test", true), ("cdn.test", false)];
        assert_eq!(*lock(&asked), expected.map(|(name, foreign)| (name.to_owned(), foreign)));
    }
}

#[tokio::test]
async fn the_guard_stands_where_connections_are_made() {
    let server = Server::start([status(200, "")]).await;
    let name = format!("localhost:{}", server.address.port());
    let client = Client::new(quick());
    // What a name leads to is seen only then.
    client.memory().foreign.insert(host(&name), false);
    let asked = || client.send(get(url(&format!("http://{name}/"))), &Anonymous);
    assert!(matches!(asked().await, Err(Error::Hop { .. })));
    assert!(server.heads().is_empty());
    client.introduce(host(&name));
    assert!(asked().await.is_ok());
}

#[tokio::test]
async fn addresses_of_the_target_are_not_those_of_its_proxy() {
    let proxy = Server::start([status(200, "")]).await;
    let straight = Server::start([status(200, "")]).await;
    let client = Client::new(Options {
        proxy: ProxySettings {
            http: Some(via(&format!("http://corp:s3cret@localhost:{}", proxy.address.port()))),
            no_proxy: NoProxy::parse("no_proxy", "direct.test"),
            ..ProxySettings::default()
        },
        // Nobody listens where `r.test` is said to be.
        overrides: [("r.test", 9), ("direct.test", 1)]
            .map(|(name, last)| Override {
                host: name.to_owned(),
                port: straight.address.port(),
                address: Ipv4Addr::new(127, 0, 0, last).into(),
            })
            .to_vec(),
        ..quick()
    });
    let target = |name: &str| url(&format!("http://{name}:{}/", straight.address.port()));
    client.memory().foreign.insert(HostPort::of(&target("cdn.test")), false);
    for name in ["r.test", "cdn.test"] {
        client.send(get(target(name)), &Anonymous).await.unwrap();
    }
    client.send(get(target("direct.test")), &Anonymous).await.unwrap();
    let (through, past) = (proxy.heads(), straight.heads());
    assert!(through[0].starts_with("get http://r.test:"), "{through:?}");
    assert!(through[0].contains("proxy-authorization: basic"), "{through:?}");
    assert_eq!((through.len(), past.len()), (2, 1));
    assert!(!past[0].contains("proxy-authorization"), "{past:?}");
}

#[tokio::test]
async fn names_that_are_resolved_here_are_guarded_and_overridden_and_the_proxys_own_is_not() {
    let proxy = Server::start([answer("")]).await;
    let port = proxy.address.port();
    let socks = |scheme: &str| {
        let addresses = [("cdn.test", [169, 254, 169, 254]), ("r.test", [10, 0, 0, 1])];
        let overrides = addresses.map(|(name, ip)| Override { host: name.to_owned(), port: 80, address: ip.into() });
        let http = Some(via(&format!("{scheme}://localhost:{port}")));
        let proxy = ProxySettings { http, ..ProxySettings::default() };
        let client = Client::new(Options { proxy, overrides: overrides.to_vec(), ..quick() });
        client.memory().foreign.insert(HostPort::of(&url("http://cdn.test/")), false);
        client
    };
    for (scheme, guarded) in [("socks5", true), ("socks4", true), ("socks5h", false)] {
        let client = socks(scheme);
        let outcome = client.send(get(url("http://cdn.test/")).once(), &Anonymous).await;
        assert_eq!(matches!(outcome, Err(Error::Hop { .. })), guarded, "{scheme}: {outcome:?}");
        // What is no SOCKS answer comes from the proxy, which was found at its own address.
        let outcome = client.send(get(url("http://r.test/")).once(), &Anonymous).await;
        assert!(matches!(outcome, Err(Error::Proxy { .. })), "{scheme}: {outcome:?}");
    }
}

#[tokio::test]
async fn plain_http_is_spoken_by_those_alone_who_may() {
    let cases = [
        (SchemePolicy::Https, false),
        (SchemePolicy::Http, true),
        (SchemePolicy::HttpsUnlessNotTls, true),
        (SchemePolicy::HttpsElseHttp, true),
    ];
    for (scheme, spoken) in cases {
        let server = Server::start([answer("HTTP/1.1 400 Bad Request\r\n\r\n"), status(200, "")]).await;
        let trust: TrustLookup = Arc::new(move |_, _| Ok(HostTrust { scheme, ..HostTrust::default() }));
        let client = Client::new(Options { trust, ..quick() });
        let mut https = server.url("/");
        https.set_scheme("https").unwrap();
        let outcome = client.send(get(https), &Talkative::default()).await;
        let told = server.heads().iter().any(|head| head.contains("s3cret"));
        assert_eq!((outcome.is_ok(), told), (spoken, spoken), "{scheme:?}: {outcome:?}");
        let refused = matches!(outcome, Err(Error::PlainHttp { .. }));
        assert_eq!(refused, !spoken, "{scheme:?}");
    }
}

#[tokio::test]
async fn a_head_without_end_is_given_up() {
    let line = "x-filler: 0123456789abcdef\r\n".repeat(1000);
    let pieces = std::iter::once("HTTP/1.1 200 OK\r\n".to_owned()).chain(std::iter::repeat_n(line, 1000));
    let server = Server::start([(pieces.collect(), Duration::ZERO)]).await;
    let outcome = Client::new(quick()).send(get(server.url("/")).once(), &Anonymous).await;
    assert!(outcome.is_err(), "{outcome:?}");
}

#[tokio::test]
async fn failures_do_not_name_what_a_url_keeps_secret() {
    let cut = Server::start([answer("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx")]).await;
    let closed = Server::start([answer("nonsense")]).await;
    let nobody = url("http://127.0.0.1:1/");
    for mut target in [cut.url("/"), closed.url("/"), nobody] {
        target.set_query(Some("signature=s3cret"));
        let error = Client::new(quick()).send(get(target).whole(1000), &Anonymous).await.unwrap_err();
        let chain = format!("{error} {error:?}");
        assert!(!chain.contains("s3cret"), "{chain}");
        assert!(matches!(error, Error::Exhausted { attempts: 3, .. }), "{error:?}");
    }
}
