//! A blob on its way out: read from its source in order, counted, reported, and handed to a request. Hashed on the way
//! only where the source does not do so itself.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use super::error::Error;
use crate::content::{ByteStream, Event, Fault, FaultKind, IntegrityError, Progress, Source, Verifier};
use crate::http::{Body, BoxError, Response};
use crate::model::Descriptor;

/// Pieces that wait between the source, which reads ahead by itself, and the connection.
const LEAD: usize = 1;

type Outlet = mpsc::Sender<Result<Bytes, BoxError>>;

pub(super) struct Outflow<'a, S> {
    source: &'a S,
    descriptor: &'a Descriptor,
    progress: &'a dyn Progress,
    stream: Option<ByteStream>,
    /// How far the stream has been read; it may have begun before `position`.
    read: u64,
    leftover: Bytes,
    position: u64,
    /// Until all bytes have passed once, where the source does not vouch for them.
    verifier: Option<Verifier>,
    reported: u64,
}

impl<'a, S: Source> Outflow<'a, S> {
    pub(super) fn new(source: &'a S, descriptor: &'a Descriptor, progress: &'a dyn Progress) -> Self {
        Self {
            source,
            descriptor,
            progress,
            stream: None,
            read: 0,
            leftover: Bytes::new(),
            position: 0,
            verifier: Some(Verifier::new(descriptor)),
            reported: 0,
        }
    }

    pub(super) fn descriptor(&self) -> &'a Descriptor {
        self.descriptor
    }

    /// The first `offset` bytes need not be sent.
    pub(super) fn started(&mut self, offset: u64) {
        let Descriptor { digest, size, .. } = self.descriptor;
        self.reported = self.reported.max(offset);
        self.progress.report(Event::Started { digest, offset, bytes: *size });
    }

    /// Runs `send` with a body of the bytes from `start` on. The source is borrowed and a body must own what it
    /// reads, so the two run side by side with a channel between them. Each attempt that `http` makes asks for a
    /// channel of its own.
    pub(super) async fn pour<F, A>(&mut self, start: u64, length: u64, send: F) -> Result<Response, Error>
    where
        F: FnOnce(Body) -> A,
        A: Future<Output = Result<Response, Error>> + Send,
    {
        let (ask, mut asked) = mpsc::unbounded_channel::<Outlet>();
        let open = move || {
            let (outlet, mut pieces) = mpsc::channel(LEAD);
            // Nobody listens any more only where the request is over, too.
            let _ = ask.send(outlet);
            Box::pin(stream::poll_fn(move |context| pieces.poll_recv(context))) as crate::http::BodyStream
        };
        let mut fault = None;
        let answer = tokio::select! {
            biased;
            answer = send(Body::Stream { length, open: Arc::new(open) }) => answer,
            never = self.feed(start, length, &mut asked, &mut fault) => match never {},
        };
        match (answer, fault) {
            (Err(_), Some(fault)) => Err(Error::Source(fault)),
            (answer, _) => answer,
        }
    }

    async fn feed(
        &mut self,
        start: u64,
        length: u64,
        asked: &mut mpsc::UnboundedReceiver<Outlet>,
        fault: &mut Option<Fault>,
    ) -> Infallible {
        let mut outlet = asked.recv().await;
        loop {
            let Some(current) = outlet else { return pending().await };
            outlet = tokio::select! {
                newer = asked.recv() => newer,
                () = self.fill(start, length, current, fault) => asked.recv().await,
            };
        }
    }

    async fn fill(&mut self, start: u64, length: u64, outlet: Outlet, fault: &mut Option<Fault>) {
        if self.position != start {
            (self.position, self.stream, self.leftover) = (start, None, Bytes::new());
        }
        let end = start + length;
        while self.position < end {
            match self.next(end - self.position).await {
                Ok(piece) => {
                    let moved = self.position.saturating_sub(self.reported);
                    if outlet.send(Ok(piece)).await.is_err() {
                        return;
                    }
                    self.reported += moved;
                    self.progress.report(Event::Advanced { digest: &self.descriptor.digest, bytes: moved });
                }
                Err(error) => {
                    // The body must end with an error, lest the request look complete.
                    let _ = outlet.send(Err(error.to_string().into())).await;
                    *fault = Some(error);
                    return;
                }
            }
        }
    }

    /// The next piece, never empty and never longer than `most`. The last is given only after all were verified, here
    /// or by the source.
    async fn next(&mut self, most: u64) -> Result<Bytes, Fault> {
        while self.leftover.is_empty() {
            let Some(stream) = &mut self.stream else {
                self.open().await?;
                continue;
            };
            let Some(piece) = stream.next().await else { return Err(self.short().into()) };
            self.leftover = self.take(piece?)?;
        }
        let taken = usize::try_from(most).unwrap_or(usize::MAX).min(self.leftover.len());
        let piece = self.leftover.split_to(taken);
        self.position += piece.len() as u64;
        Ok(piece)
    }

    /// Opens the source where it is to go on: at `position`, or where hashing stopped if that is before it.
    async fn open(&mut self) -> Result<(), Fault> {
        let size = self.descriptor.size;
        let mut opened = self.source.open(self.descriptor, self.position..size).await?;
        if opened.verified {
            self.verifier = None;
        }
        let from = self.verifier.as_ref().map_or(self.position, |verifier| verifier.received().min(self.position));
        if opened.offset > from && from < self.position {
            opened = self.source.open(self.descriptor, from..size).await?;
        }
        if opened.offset > from {
            let error = std::io::Error::other("the source skipped bytes");
            return Err(Fault::new(FaultKind::Permanent, error));
        }
        (self.read, self.stream) = (opened.offset, Some(opened.stream));
        Ok(())
    }

    /// Hashes what has not passed before - after a step back the same bytes pass again - and gives what is wanted.
    fn take(&mut self, mut piece: Bytes) -> Result<Bytes, IntegrityError> {
        let length = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        if let Some(verifier) = &mut self.verifier {
            let known = length(verifier.received().saturating_sub(self.read));
            verifier.update(piece.get(known..).unwrap_or_default())?;
            if verifier.received() == self.descriptor.size
                && let Some(verifier) = self.verifier.take()
            {
                verifier.finish()?;
            }
        }
        let unwanted = length(self.position.saturating_sub(self.read)).min(piece.len());
        self.read += piece.len() as u64;
        piece.advance(unwanted);
        Ok(piece)
    }

    fn short(&self) -> IntegrityError {
        IntegrityError::Size {
            digest: self.descriptor.digest.clone(),
            expected: self.descriptor.size,
            actual: self.position,
        }
    }
}
