//! The verbs against a server in this process that says exactly what a case needs.

mod blobs;
mod chain;
mod errors;
mod lists;
mod manifests;
mod mounts;
mod resume;
mod uploads;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::{Host, Repository};
use crate::auth::Authenticator;
use crate::auth::credential::{Credential, Secret};
use crate::content::digest_of;
use crate::endpoint::Endpoint;
use crate::http::{BoxError, Client, HeaderMap, Options, RetryPolicy, Url};
use crate::model::{Algorithm, Descriptor, Digest, MediaType, Registry};

/// Must be seen nowhere but in `Authorization` at the registry.
const PASSWORD: &str = "hunter2-marker";
const BASIC: Option<&str> = Some("Basic realm=\"registry\"");

/// A request as the server saw it.
#[derive(Clone, Debug)]
struct Seen {
    method: String,
    /// Path and query.
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Seen {
    fn is(&self, method: &str, start: &str) -> bool {
        self.method == method && self.target.starts_with(start)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
}

/// What the server says.
#[derive(Clone, Debug, Default)]
struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    /// Whether the connection breaks where the body ends.
    cut: bool,
}

fn reply(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

impl Reply {
    #[expect(clippy::needless_pass_by_value, reason = "digests and numbers are made where they are used")]
    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Breaks the connection after the body, which is announced as `length` bytes.
    fn cut(self, length: usize) -> Self {
        Self { cut: true, ..self.with("content-length", length) }
    }
}

struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    async fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::guarded(None, answer).await
    }

    /// Asks with `challenge` for credentials where there are none; only what carries some is seen. `HOST` in the
    /// challenge stands for the server's own.
    async fn guarded(challenge: Option<&'static str>, answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                let service = service_fn(move |request| {
                    let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                    async move {
                        let seen = read(request).await;
                        if let Some(challenge) = challenge
                            && seen.header("authorization").is_none()
                        {
                            let challenge = challenge.replace("HOST", &address.to_string());
                            return Ok(write(reply(401).with("www-authenticate", challenge)));
                        }
                        log.lock().unwrap().push(seen.clone());
                        Ok::<_, Infallible>(write(answer(&seen)))
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(connection), service),
                );
            }
        });
        Self { address, seen }
    }

    /// Answers by script, one reply per request, and 418 when it is used up.
    async fn scripted(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = Mutex::new(replies.into_iter().collect::<std::collections::VecDeque<_>>());
        Self::start(move |_| script.lock().unwrap().pop_front().unwrap_or_else(|| reply(418))).await
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn host(&self) -> Host {
        let registry = Registry::parse(&self.address.to_string()).unwrap();
        let base = Url::parse(&self.url("/v2/")).unwrap();
        let endpoint = Endpoint { base, ..Endpoint::origin(&registry, "team/app").unwrap() };
        let retry = RetryPolicy { retries: 1, base: Duration::from_millis(1), ..RetryPolicy::default() };
        let client = Arc::new(Client::new(Options { retry, ..Options::default() }));
        let credential = Credential::Basic { username: "user".into(), password: Secret::new(PASSWORD) };
        let authenticator = Authenticator::with_credential(Arc::clone(&client), endpoint.registry.clone(), credential);
        Host::open(client, endpoint, authenticator)
    }

    fn repository(&self) -> Repository {
        self.host().repository("team/app")
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The requests as `METHOD target`.
    fn requests(&self) -> Vec<String> {
        self.seen().iter().map(|s| format!("{} {}", s.method, s.target)).collect()
    }
}

async fn read(request: hyper::Request<Incoming>) -> Seen {
    let (head, body) = request.into_parts();
    Seen {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head.headers,
        body: body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default(),
    }
}

type Frames = std::pin::Pin<Box<dyn futures_util::Stream<Item = Result<Frame<Bytes>, BoxError>> + Send>>;

fn write(reply: Reply) -> hyper::Response<StreamBody<Frames>> {
    let mut response = hyper::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    let stated = reply.headers.iter().any(|(name, _)| *name == "content-length" || *name == "transfer-encoding");
    if !stated {
        response = response.header("content-length", reply.body.len());
    }
    let end = reply.cut.then(|| Err("cut".into()));
    let frames = [(!reply.body.is_empty()).then(|| Ok(Frame::data(reply.body))), end];
    // What is cut must have left before the connection breaks.
    let frames = stream::iter(frames.into_iter().flatten().enumerate());
    let frames = futures_util::StreamExt::then(frames, |(at, frame)| async move {
        if at > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        frame
    });
    response.body(StreamBody::new(Box::pin(frames) as Frames)).unwrap()
}

fn sha256(bytes: &[u8]) -> Digest {
    digest_of(Algorithm::Sha256, bytes)
}

fn blob(bytes: &[u8]) -> Descriptor {
    Descriptor::new(MediaType::new("application/octet-stream"), sha256(bytes), bytes.len() as u64)
}
