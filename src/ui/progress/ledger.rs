//! The account of a transfer: which layers there are, how far each is, and how fast it goes.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::content::Event;
use crate::model::Digest;

/// How far back the rate looks.
const RATE_WINDOW: Duration = Duration::from_secs(5);
/// How far samples of the rate are apart.
const RATE_STEP: Duration = Duration::from_millis(200);

/// Which way bytes go: decides on Docker's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the registry.
    #[default]
    Pull,
    /// To the registry.
    Push,
}

/// How far a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waits for its turn.
    Queued,
    /// Moves.
    Moving,
    /// There, one way or another.
    Settled,
}

/// A layer of the transfer.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) phase: Phase,
    pub(super) done_bytes: u64,
    pub(super) total_bytes: u64,
    /// Which of the layers started first.
    started: usize,
}

/// The whole transfer, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) settled: usize,
    pub(super) layers: usize,
    pub(super) done_bytes: u64,
    pub(super) total_bytes: u64,
}

/// The account. Starts anew with each [`Event::Pulling`] and [`Event::Pushing`].
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) direction: Direction,
    layers: HashMap<Digest, Layer>,
    starts: usize,
    moved_bytes: u64,
    samples: VecDeque<(Duration, u64)>,
}

impl Ledger {
    /// Books `event`, which happened at `now`.
    pub(super) fn record(&mut self, event: &Event<'_>, now: Duration) {
        match *event {
            Event::Pulling { .. } => *self = Self { direction: Direction::Pull, ..Self::default() },
            Event::Pushing { .. } => *self = Self { direction: Direction::Push, ..Self::default() },
            Event::Queued { digest, bytes } => {
                self.layer(digest).total_bytes = bytes;
            }
            Event::Started { digest, offset, bytes } => {
                self.sample(now);
                self.starts += 1;
                let started = self.starts;
                let layer = self.layer(digest);
                // A layer that starts over keeps its place on the screen.
                if layer.phase == Phase::Queued {
                    layer.started = started;
                }
                layer.phase = Phase::Moving;
                layer.done_bytes = offset;
                layer.total_bytes = bytes;
            }
            Event::Advanced { digest, bytes } => {
                let layer = self.layer(digest);
                layer.done_bytes = layer.done_bytes.saturating_add(bytes).min(layer.total_bytes);
                self.moved_bytes = self.moved_bytes.saturating_add(bytes);
                self.sample(now);
            }
            Event::Present { digest } | Event::Mounted { digest } | Event::Skipped { digest, .. } => {
                // Nothing moves for it, and nothing is waited for.
                let layer = self.layer(digest);
                layer.phase = Phase::Settled;
                layer.total_bytes = 0;
                layer.done_bytes = 0;
            }
            Event::Finished { digest } => {
                let layer = self.layer(digest);
                layer.phase = Phase::Settled;
                layer.done_bytes = layer.total_bytes;
            }
            Event::Done { .. } => self.layers.clear(),
            Event::DefaultTag
            | Event::Resolved { .. }
            | Event::Planned { .. }
            | Event::Retrying { .. }
            | Event::Warning { .. }
            | Event::Note { .. } => {}
        }
    }

    /// The layer, if it is known.
    pub(super) fn get(&self, digest: &Digest) -> Option<&Layer> {
        self.layers.get(digest)
    }

    /// The layers that move, in the order in which they started.
    pub(super) fn moving(&self) -> Vec<(&Digest, &Layer)> {
        let mut moving: Vec<_> = self.layers.iter().filter(|(_, layer)| layer.phase == Phase::Moving).collect();
        moving.sort_by_key(|(_, layer)| layer.started);
        moving
    }

    /// All layers, summed up.
    pub(super) fn totals(&self) -> Totals {
        self.layers.values().fold(Totals { layers: self.layers.len(), ..Totals::default() }, |sum, layer| Totals {
            settled: sum.settled + usize::from(layer.phase == Phase::Settled),
            done_bytes: sum.done_bytes.saturating_add(layer.done_bytes),
            total_bytes: sum.total_bytes.saturating_add(layer.total_bytes),
            ..sum
        })
    }

    /// Bytes per second over the last seconds; `None` before there is anything to go by. Zero in a stall.
    pub(super) fn rate(&self, now: Duration) -> Option<u64> {
        let start = now.saturating_sub(RATE_WINDOW);
        // The latest sample before the window starts is the window's start.
        let before = self.samples.iter().rev().find(|(at, _)| *at <= start).or_else(|| self.samples.front());
        let (at, bytes) = *before?;
        let milliseconds = u64::try_from(now.saturating_sub(at).as_millis()).unwrap_or(u64::MAX);
        if milliseconds < 500 {
            return None;
        }
        Some(self.moved_bytes.saturating_sub(bytes).saturating_mul(1000) / milliseconds)
    }

    /// How long the rest takes at this rate.
    pub(super) fn time_left(&self, now: Duration) -> Option<Duration> {
        let rate = self.rate(now).filter(|rate| *rate > 0)?;
        let totals = self.totals();
        Some(Duration::from_secs(totals.total_bytes.saturating_sub(totals.done_bytes).div_ceil(rate)))
    }

    fn layer(&mut self, digest: &Digest) -> &mut Layer {
        const NEW: Layer = Layer { phase: Phase::Queued, done_bytes: 0, total_bytes: 0, started: 0 };
        self.layers.entry(digest.clone()).or_insert(NEW)
    }

    fn sample(&mut self, now: Duration) {
        if self.samples.back().is_none_or(|(at, _)| now.saturating_sub(*at) >= RATE_STEP) {
            self.samples.push_back((now, self.moved_bytes));
        }
        // One sample older than the window stays: it is the window's start.
        while self.samples.get(1).is_some_and(|(at, _)| *at + RATE_WINDOW <= now) {
            self.samples.pop_front();
        }
    }
}
