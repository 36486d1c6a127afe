//! A blob on its way out: read from its source in order, counted, hashed, reported, and handed to a request.

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

/// Pieces that wait between the source and the connection: enough that neither waits for the other's every turn.
const LEAD: usize = 4;

type Outlet = mpsc::Sender<Result<Bytes, BoxError>>;

pub(super) struct Outflow<'a, S> {
    source: &'a S,
    descriptor: &'a Descriptor,
    progress: &'a dyn Progress,
    stream: Option<ByteStream>,
    /// Bytes of the stream that are not wanted: the source began before `position`.
    skip: u64,
    leftover: Bytes,
    position: u64,
    /// Until all bytes have passed once.
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
            skip: 0,
            leftover: Bytes::new(),
            position: 0,
            verifier: Some(Verifier::new(descriptor)),
            reported: 0,
        }
    }

    pub(super) fn descriptor(&self) -> &'a Descriptor {
        self.descriptor
    }

    pub(super) fn started(&self) {
        let Descriptor { digest, size, .. } = self.descriptor;
        self.progress.report(Event::Started { digest, offset: 0, bytes: *size });
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

    /// The next piece, never empty and never longer than `most`. The last is given only after all were verified.
    async fn next(&mut self, most: u64) -> Result<Bytes, Fault> {
        while self.leftover.is_empty() {
            let Some(stream) = &mut self.stream else {
                let opened = self.source.open(self.descriptor, self.position..self.descriptor.size).await?;
                self.skip = self.position.checked_sub(opened.offset).ok_or_else(|| {
                    Fault::new(FaultKind::Permanent, std::io::Error::other("the source skipped bytes"))
                })?;
                self.stream = Some(opened.stream);
                continue;
            };
            let Some(piece) = stream.next().await else { return Err(self.short().into()) };
            let mut piece = piece?;
            let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(piece.len());
            piece.advance(skipped);
            self.skip -= skipped as u64;
            self.leftover = piece;
        }
        let taken = usize::try_from(most).unwrap_or(usize::MAX).min(self.leftover.len());
        let piece = self.leftover.split_to(taken);
        self.verify(&piece)?;
        self.position += piece.len() as u64;
        Ok(piece)
    }

    /// Hashes what has not passed before: after a step back the same bytes pass again.
    fn verify(&mut self, piece: &[u8]) -> Result<(), IntegrityError> {
        let Some(verifier) = &mut self.verifier else { return Ok(()) };
        let known = verifier.received().saturating_sub(self.position);
        let fresh = piece.get(usize::try_from(known).unwrap_or(usize::MAX)..).unwrap_or_default();
        verifier.update(fresh)?;
        if verifier.received() == self.descriptor.size
            && let Some(verifier) = self.verifier.take()
        {
            verifier.finish()?;
        }
        Ok(())
    }

    fn short(&self) -> IntegrityError {
        IntegrityError::Size {
            digest: self.descriptor.digest.clone(),
            expected: self.descriptor.size,
            actual: self.position,
        }
    }
}
