//! TLS with HTTP/2 in front of a server that speaks HTTP/1.1 only, and what HTTP/2 can do wrong.
//!
//! Connections that agree on HTTP/1.1 are passed on as they are. The first ones that agree on HTTP/2 go wrong by plan,
//! frame by frame; those after them are served, each request by one to the server behind.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::relay::{Relay, pass_on};
use super::tls::Leaf;

/// RFC 9113, section 3.4.
const PREFACE_BYTES: usize = 24;
/// RFC 9113, section 6: types of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_HEADERS: u8 = 4;

/// What happens to the first request on a connection.
#[derive(Clone, Copy, Debug)]
pub enum H2Fault {
    /// The server goes away with this code before it has answered.
    GoAway(u32),
    /// It goes away with this code in the middle of the answer's body.
    GoAwayInBody(u32),
    /// It resets the stream with this code, and goes away.
    Reset(u32),
    /// The answer's body is empty pieces without end.
    EmptyData,
    /// Settings without end come instead of an answer.
    Settings,
}

/// A running front. Dropped, it stops.
pub struct H2Front {
    relay: Relay,
    spoken: Arc<AtomicUsize>,
}

impl H2Front {
    /// Serves at 127.0.0.1 what is at `behind`; the first `times` connections with HTTP/2 go wrong.
    pub fn start(leaf: &Leaf, behind: &str, fault: H2Fault, times: usize) -> Self {
        let mut config = leaf.server_config().as_ref().clone();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let (acceptor, behind) = (TlsAcceptor::from(Arc::new(config)), behind.to_owned());
        let spoken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&spoken);
        let relay = Relay::start(move |stream| {
            let (acceptor, behind, count) = (acceptor.clone(), behind.clone(), Arc::clone(&count));
            async move {
                // A client that gives up before it is let in is part of the test.
                let Ok(stream) = acceptor.accept(stream).await else { return };
                if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                    pass_on(stream, TcpStream::connect(&behind).await.expect("the server behind")).await;
                } else if count.fetch_add(1, Ordering::SeqCst) < times {
                    // A client that has had enough hangs up, which ends the fault.
                    let _ = go_wrong(stream, fault).await;
                } else {
                    serve(stream, behind).await;
                }
            }
        });
        Self { relay, spoken }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.relay.address()
    }

    /// How many connections agreed on HTTP/2.
    pub fn spoken(&self) -> usize {
        self.spoken.load(Ordering::SeqCst)
    }
}

/// Answers every request with what the server behind says to it.
async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, behind: String) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let behind = behind.clone();
        async move {
            let far = TokioIo::new(TcpStream::connect(&behind).await.expect("the server behind"));
            let (mut sender, connection) = hyper::client::conn::http1::handshake(far).await.expect("HTTP/1.1");
            tokio::spawn(connection);
            let (head, body) = request.into_parts();
            let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
            let request = Request::builder().method(head.method).uri(target).header("host", &behind);
            let request = request.body(body).expect("a request to pass on");
            Ok::<_, Infallible>(sender.send_request(request).await.expect("an answer from behind"))
        }
    });
    let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    // A client that goes away is part of the test.
    let _ = builder.serve_connection(TokioIo::new(stream), answer).await;
}

/// RFC 9113, section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a small frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Reads to the headers of the first request, and names its stream.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<u32> {
    let mut preface = [0; PREFACE_BYTES];
    stream.read_exact(&mut preface).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).expect("a small frame")];
        stream.read_exact(&mut payload).await?;
        if head[3] == HEADERS {
            return Ok(u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
        }
    }
}

async fn go_wrong(mut stream: impl AsyncRead + AsyncWrite + Unpin, fault: H2Fault) -> std::io::Result<()> {
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    let id = request(&mut stream).await?;
    // `:status: 200`, the eighth entry of HPACK's static table.
    let ok = frame(HEADERS, END_HEADERS, id, &[0x88]);
    let go_away = |last: u32, code: u32| frame(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat());
    match fault {
        H2Fault::GoAway(code) => stream.write_all(&go_away(0, code)).await?,
        H2Fault::GoAwayInBody(code) => {
            let some = frame(DATA, 0, id, b"{\"schemaVersion\":");
            stream.write_all(&[ok, some, go_away(id, code)].concat()).await?;
        }
        H2Fault::Reset(code) => {
            stream.write_all(&[frame(RST_STREAM, 0, id, &code.to_be_bytes()), go_away(id, 0)].concat()).await?;
        }
        H2Fault::EmptyData => {
            stream.write_all(&ok).await?;
            return flood(stream, &frame(DATA, 0, id, &[])).await;
        }
        H2Fault::Settings => return flood(stream, &frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0])).await,
    }
    stream.shutdown().await
}

/// Writes one frame over and over, and reads whatever is said to it.
async fn flood(stream: impl AsyncRead + AsyncWrite + Unpin, frame: &[u8]) -> std::io::Result<()> {
    let many = frame.repeat(1000);
    let (mut reader, mut writer) = tokio::io::split(stream);
    let write = async {
        loop {
            writer.write_all(&many).await?;
            writer.flush().await?;
            // A flood that leaves the machine to others, too.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let read = async {
        let mut heard = vec![0; 64 * 1024];
        while reader.read(&mut heard).await? > 0 {}
        Ok(())
    };
    tokio::select! { ended = write => ended, ended = read => ended }
}
