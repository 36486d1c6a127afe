//! What goes wrong on the wire: bodies that end early or wait, connections that end with a reset.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How a body ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The connection is closed in order.
    Fin,
    /// The connection is reset.
    Rst,
    /// Nothing more comes, and the connection stays open.
    Stall,
    /// The rest comes after this time.
    Pause(Duration),
}

/// A body that may end before its end. Its size is unknown to hyper, so that the headers alone decide.
pub(super) struct FaultyBody {
    data: Bytes,
    cut: Option<(usize, Cut)>,
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
    done: bool,
    reset: Arc<AtomicBool>,
}

impl FaultyBody {
    pub(super) fn new(data: Vec<u8>, cut: Option<(usize, Cut)>, reset: Arc<AtomicBool>) -> Self {
        Self { data: data.into(), cut, pause: None, done: false, reset }
    }
}

impl Body for FaultyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if !self.done {
            self.done = true;
            let end = self.cut.map_or(self.data.len(), |(after, _)| after);
            if end > 0 {
                return Poll::Ready(Some(Ok(Frame::data(self.data.slice(..end)))));
            }
        }
        let Some((_, how)) = self.cut else { return Poll::Ready(None) };
        // The bytes before the cut must be on the wire before the connection goes.
        let before = if let Cut::Pause(time) = how { time } else { Duration::from_millis(30) };
        let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(before)));
        match pause.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) if matches!(how, Cut::Pause(_)) => {
                let (after, _) = self.cut.take().expect("a cut");
                Poll::Ready(Some(Ok(Frame::data(self.data.slice(after..)))))
            }
            Poll::Ready(()) if how == Cut::Stall => {
                self.pause = Some(Box::pin(tokio::time::sleep(Duration::from_secs(3600))));
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Ready(()) => {
                self.reset.store(how == Cut::Rst, Ordering::Relaxed);
                Poll::Ready(Some(Err(io::Error::other("cut"))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.cut.is_none() && (self.done || self.data.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::new()
    }
}

/// The connection, which can end with a reset.
pub(super) struct Peer {
    pub(super) stream: TcpStream,
    pub(super) reset: Arc<AtomicBool>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            self.stream.set_zero_linger().expect("a socket to reset");
        }
    }
}

impl AsyncRead for Peer {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Peer {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
