//! An HTTP/1.1 server in this process that answers as a test wants it to, faults on the wire included.
//!
//! It keeps a log of every request, so that a test can count them and see which host was told what.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::faulty::{Cut, FaultyBody, Peer};
use super::leak::Secrets;

/// What a server does with a request. It runs on the server's thread and must not block.
pub trait Handler: Fn(&Request) -> Reply + Send + Sync + 'static {}
impl<F: Fn(&Request) -> Reply + Send + Sync + 'static> Handler for F {}

/// One request, whole.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`.
    pub method: String,
    /// `/v2/`.
    pub path: String,
    /// What follows the question mark, or nothing.
    pub query: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
    /// When it had arrived.
    pub at: Instant,
}

impl Request {
    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `GET /v2/name/tags/list?n=2`.
    pub fn line(&self) -> String {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        format!("{} {}{query}", self.method, self.path)
    }

    /// The value of a query parameter, percent-decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters(name).into_iter().next()
    }

    /// All values of a query parameter, percent-decoded.
    pub fn parameters(&self, name: &str) -> Vec<String> {
        form_values(&self.query, name)
    }

    /// The last byte that a `Range: bytes=N-M` asks for; none where it goes to the end.
    pub fn range_end(&self) -> Option<usize> {
        self.header("range")?.rsplit('-').next()?.parse().ok()
    }

    /// The first byte that a `Range: bytes=N-` asks for.
    pub fn range_start(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.split('-').next()?.parse().ok()
    }
}

/// The values of `name` in a query or a form.
pub fn form_values(encoded: &str, name: &str) -> Vec<String> {
    encoded
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| percent_decode(value))
        .collect()
}

fn percent_decode(text: &str) -> String {
    let mut decoded = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => decoded.push(b' '),
            b'%' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let digits = std::str::from_utf8(&digits).expect("two digits after %");
                decoded.push(u8::from_str_radix(digits, 16).expect("hexadecimal digits after %"));
            }
            other => decoded.push(other),
        }
    }
    String::from_utf8(decoded).expect("UTF-8")
}

/// One reply, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Headers in order; a name may come twice.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    delay: Duration,
    chunked: bool,
    cut: Option<(usize, Cut)>,
}

impl Reply {
    /// A status and nothing else.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), delay: Duration::ZERO, chunked: false, cut: None }
    }

    /// 200 with this body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).body(body)
    }

    /// An error in the registry's form.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({"errors": [{"code": code, "message": message}]});
        Self::status(status).header("content-type", "application/json").body(body.to_string())
    }

    /// 307 to another place.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::status(307).header("location", location)
    }

    /// The same with another status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// One more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// This body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Takes every header of this name away.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self
    }

    /// Waits before the status line. `Duration::MAX` never sends one.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// No Content-Length.
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Says that the body is this long, whatever it is.
    pub fn claiming_length(self, length: usize) -> Self {
        self.without("content-length").header("content-length", length.to_string())
    }

    /// Ends the body after this many bytes, or holds it up there. The length that is claimed stays that of the whole.
    pub fn cut(mut self, after: usize, how: Cut) -> Self {
        assert!(after <= self.body.len(), "a cut at {after} is behind the end");
        self.cut = Some((after, how));
        self
    }

    /// Turns one bit of the body over.
    pub fn flipped(mut self, at: usize) -> Self {
        self.body[at] ^= 1;
        self
    }
}

/// A running server. Dropped, it stops.
pub struct Server {
    address: SocketAddr,
    tls: bool,
    log: Arc<Mutex<Vec<Request>>>,
    broken: Arc<AtomicBool>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Where a server listens, and how.
#[derive(Clone, Default)]
pub struct Listen {
    /// 127.0.0.1 if none.
    pub ip: Option<IpAddr>,
    /// Plain HTTP if none.
    pub tls: Option<Arc<ServerConfig>>,
}

impl Listen {
    /// HTTPS at 127.0.0.1.
    pub fn tls(config: Arc<ServerConfig>) -> Self {
        Self { ip: None, tls: Some(config) }
    }

    /// The same at 127.0.0.`last`: another host.
    pub fn at(mut self, last: u8) -> Self {
        self.ip = Some(Ipv4Addr::new(127, 0, 0, last).into());
        self
    }
}

impl Server {
    /// Starts a server at a free port.
    pub fn start(listen: Listen, handler: impl Handler) -> Self {
        let ip = listen.ip.unwrap_or(Ipv4Addr::LOCALHOST.into());
        let socket = std::net::TcpListener::bind((ip, 0)).expect("a free port on loopback");
        let address = socket.local_addr().expect("an address");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel();
        let tls = listen.tls.is_some();
        let broken = Arc::new(AtomicBool::new(false));
        let service = Arc::new(Service {
            handler: Box::new(handler),
            log: Arc::clone(&log),
            broken: Arc::clone(&broken),
            tls: listen.tls,
        });
        let thread = thread::spawn(move || serve(socket, service, stopped));
        Self { address, tls, log, broken, stop: Some(stop), thread: Some(thread) }
    }

    /// `127.0.0.1:41234`, as references name it.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The port alone.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `name:41234`, to be used with [`Server::resolve`].
    pub fn host_as(&self, name: &str) -> String {
        format!("{name}:{}", self.port())
    }

    /// The flag that makes `name` resolve to this server.
    pub fn resolve(&self, name: &str) -> String {
        format!("--resolve={name}:{}:{}", self.port(), self.address.ip())
    }

    /// `https://127.0.0.1:41234`.
    pub fn origin(&self) -> String {
        self.origin_as(&self.address.ip().to_string())
    }

    /// The same under a name.
    pub fn origin_as(&self, name: &str) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{name}:{}", self.port())
    }

    /// Every request so far.
    pub fn log(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    /// Every request so far, as `METHOD path?query`.
    pub fn lines(&self) -> Vec<String> {
        self.log().iter().map(Request::line).collect()
    }

    /// How many requests had this method and a path that ends like this.
    pub fn count(&self, method: &str, path_end: &str) -> usize {
        self.log().iter().filter(|request| request.method == method && request.path.ends_with(path_end)).count()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.log.lock().unwrap().clear();
    }

    /// This host was shown no credentials and no secret at all.
    #[track_caller]
    pub fn assert_told_nothing(&self, secrets: &Secrets) {
        for request in self.log() {
            for name in ["authorization", "proxy-authorization", "cookie"] {
                assert_eq!(request.header(name), None, "{name} at {}: {}", self.host(), request.line());
            }
            let whole = format!("{request:?}");
            assert_eq!(secrets.found_in(whole.as_bytes()), None, "a secret at {}: {}", self.host(), request.line());
            assert_eq!(secrets.found_in(&request.body), None, "a secret at {}: {}", self.host(), request.line());
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:#?}", self.origin(), self.lines())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        if thread::panicking() {
            eprintln!("requests at {self:?}");
            return;
        }
        assert!(matches!(ended, Some(Ok(()))), "the server at {} panicked", self.address);
        assert!(!self.broken.load(Ordering::Relaxed), "a handler panicked at {self:?}");
    }
}

struct Service {
    handler: Box<dyn Handler<Output = Reply>>,
    log: Arc<Mutex<Vec<Request>>>,
    broken: Arc<AtomicBool>,
    tls: Option<Arc<ServerConfig>>,
}

fn serve(socket: std::net::TcpListener, service: Arc<Service>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async move {
        socket.set_nonblocking(true).expect("a socket for tokio");
        let listener = TcpListener::from_std(socket).expect("a socket for tokio");
        let accept = async {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                tokio::spawn(connection(stream, Arc::clone(&service)));
            }
        };
        tokio::select! { () = accept => {}, _ = stopped => {} }
    });
}

async fn connection(stream: TcpStream, service: Arc<Service>) {
    let reset = Arc::new(AtomicBool::new(false));
    let peer = Peer { stream, reset: Arc::clone(&reset) };
    // A client that goes away, or that does not like our certificate, is part of the test.
    match &service.tls {
        Some(config) => {
            if let Ok(stream) = TlsAcceptor::from(Arc::clone(config)).accept(peer).await {
                exchange(stream, &service, reset).await;
            }
        }
        None => exchange(peer, &service, reset).await,
    }
}

async fn exchange<S>(stream: S, service: &Service, reset: Arc<AtomicBool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answer = service_fn(|request| answer(request, service, Arc::clone(&reset)));
    // Cuts end here as errors.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

async fn answer(
    request: hyper::Request<Incoming>,
    service: &Service,
    reset: Arc<AtomicBool>,
) -> Result<Response<FaultyBody>, hyper::Error> {
    let (head, body) = request.into_parts();
    let request = Request {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body.collect().await?.to_bytes().to_vec(),
        at: Instant::now(),
    };
    service.log.lock().unwrap().push(request.clone());
    let reply = catch_unwind(AssertUnwindSafe(|| (service.handler)(&request))).unwrap_or_else(|_| {
        service.broken.store(true, Ordering::Relaxed);
        Reply::error(500, "TEST", "the test's handler panicked")
    });
    if reply.delay == Duration::MAX {
        std::future::pending::<Infallible>().await;
    }
    tokio::time::sleep(reply.delay).await;

    let mut response = Response::builder().status(reply.status);
    let names_length = reply.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if !names_length && !reply.chunked && reply.status != 204 {
        response = response.header("content-length", reply.body.len());
    }
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let body = FaultyBody::new(reply.body, reply.cut, reset);
    Ok(response.body(body).expect("headers that can be sent"))
}
