//! Fetching one blob over as many connections as help, through all that can go wrong on the way.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{AbortHandle, Abortable, BoxFuture, abortable};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::SemaphorePermit;
use tokio::time::Instant;

use super::crew::Crew;
use super::patience::Patience;
use super::ramp::Ramp;
use crate::content::{ByteStream, Fault, FaultKind, IntegrityError, Opened, Piece, Progress, Ranges, Source};
use crate::model::Descriptor;

/// The least that is worth a connection of its own, in bytes.
const PART_BYTES: u64 = 1 << 20;

/// Turns that everything else gets before a connection is asked for.
const TURNS: usize = 4;

/// One blob on its way. What is missing is fetched range by range; each range belongs to one lane, which is one
/// connection, or waits for one.
pub(super) struct Gather<'a, S> {
    source: &'a S,
    blob: &'a Descriptor,
    crew: &'a Crew<'a>,
    patience: Patience<'a>,
    missing: Ranges,
    /// What of it is given to no lane.
    pending: Ranges,
    lanes: BTreeMap<usize, Lane<'a>>,
    /// Lanes that were given up, until their requests are gone.
    retired: Vec<Lane<'a>>,
    next_lane: usize,
    steps: FuturesUnordered<Abortable<BoxFuture<'a, (usize, Step)>>>,
    ready: VecDeque<Piece>,
    ramp: Ramp,
    /// Whether the source has parts to give.
    in_parts: bool,
    received: u64,
    /// Before the next request.
    wait: Duration,
}

/// One connection.
struct Lane<'a> {
    /// Where the next byte belongs.
    at: u64,
    /// Where it is to stop.
    end: u64,
    /// Where its answer ends; beyond `end` where another lane took over the rest.
    answer_end: u64,
    running: bool,
    request: AbortHandle,
    _permit: SemaphorePermit<'a>,
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        self.request.abort();
    }
}

enum Step {
    Opened(Result<Opened, Fault>),
    Chunk(ByteStream, Option<Result<Bytes, Fault>>),
}

impl<'a, S: Source> Gather<'a, S> {
    pub(super) fn new(
        source: &'a S,
        blob: &'a Descriptor,
        missing: Ranges,
        crew: &'a Crew<'a>,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            source,
            blob,
            crew,
            patience: Patience::new(blob, crew.limits, progress),
            pending: missing.clone(),
            missing,
            lanes: BTreeMap::new(),
            retired: Vec::new(),
            next_lane: 0,
            steps: FuturesUnordered::new(),
            ready: VecDeque::new(),
            ramp: Ramp::new(crew.limits.concurrency),
            in_parts: false,
            received: 0,
            wait: Duration::ZERO,
        }
    }

    /// The next piece, in whatever order; `None` when nothing is missing any more.
    pub(super) async fn next(&mut self) -> Result<Option<Piece>, Fault> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Ok(Some(piece));
            }
            if self.missing.is_empty() {
                return Ok(None);
            }
            self.staff().await;
            // Of a lane that was given up nothing more is heard.
            let step = self.steps.next().await;
            // By now the requests of lanes that were given up are gone, and their connections may be had again.
            self.retired.clear();
            let Some(Ok((lane, step))) = step else { continue };
            match step {
                Step::Opened(Ok(opened)) => self.opened(lane, opened)?,
                Step::Chunk(stream, Some(Ok(bytes))) => self.chunk(lane, stream, &bytes),
                Step::Chunk(_, None) => self.failed(lane, self.short(lane))?,
                Step::Opened(Err(fault)) | Step::Chunk(_, Some(Err(fault))) => self.failed(lane, fault)?,
            }
        }
    }

    /// Gives work to as many lanes as there are to be.
    async fn staff(&mut self) {
        while self.lanes.len() < self.ramp.wanted() {
            let permit = if self.lanes.is_empty() {
                self.crew.first().await
            } else {
                // Where nothing runs, something is wrong, and more of it does not help.
                let runs = self.lanes.values().any(|lane| lane.running);
                match self.crew.another() {
                    Some(permit) if runs && (!self.pending.is_empty() || self.split()) => permit,
                    _ => return,
                }
            };
            if self.lanes.is_empty() && self.pending.is_empty() {
                self.pending = self.missing.clone();
            }
            let Some(range) = self.pending.iter().next() else { return };
            self.pending.remove(&range);
            self.start(range.start, range.end, permit);
        }
    }

    /// Takes the second half of the largest range away from its lane, if halves are worth having.
    fn split(&mut self) -> bool {
        let left = |lane: &&mut Lane<'_>| lane.end.saturating_sub(lane.at);
        let Some(lane) = self.lanes.values_mut().max_by_key(left) else { return false };
        if !self.in_parts || left(&lane) < 2 * PART_BYTES {
            return false;
        }
        let middle = lane.at + left(&lane) / 2;
        self.pending.insert(middle..lane.end);
        lane.end = middle;
        true
    }

    fn start(&mut self, at: u64, end: u64, permit: SemaphorePermit<'a>) {
        let number = self.next_lane;
        self.next_lane += 1;
        let wait = std::mem::take(&mut self.wait);
        let (source, blob, alone) = (self.source, self.blob, self.lanes.is_empty());
        let open = async move {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            // A connection that was given up closes when its task gets a turn: before the next one is opened.
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            let opened = if alone { source.open(blob, at..end).await } else { source.open_beside(blob, at..end).await };
            (number, Step::Opened(opened))
        };
        let request = self.push(open.boxed());
        self.lanes.insert(number, Lane { at, end, answer_end: end, running: false, request, _permit: permit });
    }

    fn push(&self, step: BoxFuture<'a, (usize, Step)>) -> AbortHandle {
        let (step, request) = abortable(step);
        self.steps.push(step);
        request
    }

    fn opened(&mut self, number: usize, opened: Opened) -> Result<(), Fault> {
        let alone = self.lanes.len() == 1;
        let Some(lane) = self.lanes.get_mut(&number) else { return Ok(()) };
        self.in_parts = opened.in_parts && opened.offset == lane.at;
        if opened.offset != lane.at {
            self.ramp.settle(1);
            if !alone || opened.offset > lane.at {
                // It does not give out parts after all, or not these.
                let fault = self.short(number);
                return self.failed(number, fault);
            }
            // It starts from the beginning: this lane gets everything from there on.
            (lane.at, lane.end, lane.answer_end) = (opened.offset, self.blob.size, self.blob.size);
            self.pending.remove(&(opened.offset..self.blob.size));
        }
        lane.running = true;
        self.read_on(number, opened.stream);
        Ok(())
    }

    fn read_on(&mut self, number: usize, mut stream: ByteStream) {
        let read = async move {
            let chunk = stream.next().await;
            (number, Step::Chunk(stream, chunk))
        };
        let request = self.push(read.boxed());
        if let Some(lane) = self.lanes.get_mut(&number) {
            lane.request = request;
        }
    }

    fn chunk(&mut self, number: usize, stream: ByteStream, bytes: &Bytes) {
        let Some(lane) = self.lanes.get_mut(&number) else { return };
        let piece = Piece { offset: lane.at, bytes: bytes.clone() };
        lane.at = piece.end();
        let new = self.missing.remove(&(piece.offset..piece.end()));
        // More may have come than was asked for: then nobody else needs to fetch that.
        self.pending.remove(&(piece.offset..piece.end()));
        self.received += new.total();
        self.patience.received(new.total());
        self.ready.extend(new.iter().filter_map(|range| piece.clone().within(&range)));
        if lane.at < lane.end {
            self.read_on(number, stream);
        } else {
            self.lanes.remove(&number);
        }
        let running = self.lanes.values().filter(|lane| lane.running).count();
        self.ramp.observe(Instant::now().into_std(), running, self.received, self.missing.total());
        // Those that came last have done least.
        while self.lanes.len() > self.ramp.wanted()
            && let Some((_, lane)) = self.lanes.pop_last()
        {
            lane.request.abort();
            self.give_back(&lane);
            self.retired.push(lane);
        }
    }

    /// What a lane leaves behind goes on with the lane before it where that one's answer has it, or waits.
    fn give_back(&mut self, lane: &Lane<'_>) {
        if lane.at >= lane.end {
            return;
        }
        let before = self.lanes.values_mut().find(|other| other.end == lane.at && other.answer_end >= lane.end);
        match before {
            Some(before) => before.end = lane.end,
            None => self.pending.insert(lane.at..lane.end),
        }
    }

    /// A lane came to a bad end. While others are at work they take over what it leaves, whatever the reason, and
    /// nothing is tried again: the source may have had enough of so many, or of parts.
    fn failed(&mut self, number: usize, fault: Fault) -> Result<(), Fault> {
        let Some(lane) = self.lanes.remove(&number) else { return Ok(()) };
        self.give_back(&lane);
        if !self.lanes.is_empty() {
            tracing::debug!(error = fault.to_string(), "one connection less");
            self.ramp.settle(self.lanes.len());
            return Ok(());
        }
        self.wait = self.patience.with(fault, self.source)?;
        Ok(())
    }

    /// What came of a lane whose answer is over, or begins elsewhere.
    fn short(&self, number: usize) -> Fault {
        let (actual, expected) = self.lanes.get(&number).map_or((0, 0), |lane| (lane.at, lane.answer_end));
        let digest = self.blob.digest.clone();
        Fault::new(FaultKind::Transient, IntegrityError::Size { digest, expected, actual })
    }
}

#[cfg(test)]
mod tests;
