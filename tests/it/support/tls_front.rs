//! TLS in front of a server that speaks none: with `Tinyproxy` behind it, an `https://` proxy.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::relay::{Relay, pass_on};
use super::tls::Leaf;

/// A running front. Dropped, it stops.
pub struct TlsFront {
    relay: Relay,
    handshakes: Arc<AtomicUsize>,
}

impl TlsFront {
    /// Serves TLS with this certificate at 127.0.0.1, and passes what is in it to `behind`.
    pub fn start(leaf: &Leaf, behind: SocketAddr) -> Self {
        let acceptor = TlsAcceptor::from(leaf.server_config());
        let handshakes = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&handshakes);
        let relay = Relay::start(move |stream| {
            let (acceptor, count) = (acceptor.clone(), Arc::clone(&count));
            async move {
                // A client that does not like our certificate is part of the test.
                let Ok(stream) = acceptor.accept(stream).await else { return };
                count.fetch_add(1, Ordering::SeqCst);
                let Ok(far) = TcpStream::connect(behind).await else { return };
                pass_on(stream, far).await;
            }
        });
        Self { relay, handshakes }
    }

    /// The same, but where `behind` ends its part, the connection ends without a word of TLS (`close_notify`).
    pub fn start_abrupt(leaf: &Leaf, behind: SocketAddr) -> Self {
        let acceptor = TlsAcceptor::from(leaf.server_config());
        let handshakes = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&handshakes);
        let relay = Relay::start(move |stream| {
            let (acceptor, count) = (acceptor.clone(), Arc::clone(&count));
            async move {
                let stream = acceptor.accept(stream).await.expect("a client that trusts the certificate");
                count.fetch_add(1, Ordering::SeqCst);
                let (mut near_reader, mut near_writer) = tokio::io::split(stream);
                let (mut far_reader, mut far_writer) =
                    TcpStream::connect(behind).await.expect("the server behind").into_split();
                tokio::select! {
                    // A side that goes away is part of the test.
                    _ = tokio::io::copy(&mut far_reader, &mut near_writer) => {}
                    _ = tokio::io::copy(&mut near_reader, &mut far_writer) => {}
                }
                let _ = near_writer.flush().await;
            }
        });
        Self { relay, handshakes }
    }

    /// `127.0.0.1:41234`.
    pub fn host(&self) -> String {
        self.relay.address().to_string()
    }

    /// `https://127.0.0.1:41234`, for `HTTPS_PROXY`.
    pub fn url(&self) -> String {
        format!("https://{}", self.host())
    }

    /// The same with a login in it.
    pub fn url_as(&self, user: &str, password: &str) -> String {
        format!("https://{user}:{password}@{}", self.host())
    }

    /// How many clients have accepted the certificate.
    pub fn handshakes(&self) -> usize {
        self.handshakes.load(Ordering::SeqCst)
    }
}
