//! The account of a transfer: which layers there are, how far each is, what is waited for, and how fast it goes.
//!
//! Configurations are booked beside the layers, for their bytes count; people are only told of layers.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use serde::Serialize;

use crate::content::Event;
use crate::model::{Descriptor, Digest};

/// How far back the rate looks.
const RATE_WINDOW: Duration = Duration::from_secs(5);
/// How far samples of the rate are apart.
const RATE_STEP: Duration = Duration::from_millis(200);

/// Shorter waits are over before they are read.
const COUNTDOWN: Duration = Duration::from_secs(2);

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

/// What a blob is to an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BlobKind {
    /// What people are told of.
    #[default]
    Layer,
    /// The configuration.
    Config,
}

impl BlobKind {
    pub(super) fn of(blob: &Descriptor) -> Self {
        if blob.media_type.is_config() { Self::Config } else { Self::Layer }
    }
}

/// A layer of the transfer, or a configuration.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) kind: BlobKind,
    pub(super) phase: Phase,
    pub(super) done_bytes: u64,
    pub(super) total_bytes: u64,
    /// Which of the layers started first.
    started: usize,
}

/// The whole transfer, summed up: layers are counted without configurations, bytes with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) settled: usize,
    pub(super) layers: usize,
    pub(super) done_bytes: u64,
    pub(super) total_bytes: u64,
    /// Whether anything is not settled, layer or not.
    pub(super) under_way: bool,
}

/// A pause before something is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) until: Duration,
    /// Whether it was asked for by the host.
    pub(super) asked: bool,
    /// Whether it is long enough to be counted down.
    pub(super) long: bool,
    pub(super) reason: String,
}

/// The account. Starts anew with each [`Event::Pulling`] and [`Event::Pushing`].
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) direction: Direction,
    layers: HashMap<Digest, Layer>,
    /// By what is tried again: a host, or a blob's short digest.
    waits: BTreeMap<String, Wait>,
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
            Event::Queued { blob } => self.blob(blob).total_bytes = blob.size,
            Event::Started { digest, offset, bytes } => {
                self.sample(now);
                self.waits.remove(digest.short());
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
            Event::Present { blob } | Event::Mounted { blob } | Event::Skipped { blob, .. } => {
                // Nothing moves for it, and nothing is waited for.
                self.waits.remove(blob.digest.short());
                let layer = self.blob(blob);
                layer.phase = Phase::Settled;
                layer.total_bytes = 0;
                layer.done_bytes = 0;
            }
            Event::Finished { blob } => {
                self.waits.remove(blob.digest.short());
                let layer = self.blob(blob);
                layer.phase = Phase::Settled;
                layer.done_bytes = layer.total_bytes;
            }
            Event::Retrying { what, wait, asked, reason, .. } => {
                self.waits.retain(|_, other| other.until > now);
                let (until, long) = (now.saturating_add(wait), wait >= COUNTDOWN);
                self.waits.insert(what.to_owned(), Wait { until, asked, long, reason: reason.to_owned() });
            }
            Event::Done { .. } => {
                self.layers.clear();
                self.waits.clear();
            }
            Event::DefaultTag
            | Event::Resolved { .. }
            | Event::Planned { .. }
            | Event::Warning { .. }
            | Event::Note { .. } => {}
        }
    }

    /// The layer, if it is known.
    pub(super) fn get(&self, digest: &Digest) -> Option<&Layer> {
        self.layers.get(digest)
    }

    /// What a blob is, by what was said when it was announced.
    pub(super) fn kind(&self, digest: &Digest) -> BlobKind {
        self.get(digest).map_or(BlobKind::Layer, |layer| layer.kind)
    }

    /// The layers that move, in the order in which they started.
    pub(super) fn moving(&self) -> Vec<(&Digest, &Layer)> {
        let moves = |layer: &Layer| layer.phase == Phase::Moving && layer.kind == BlobKind::Layer;
        let mut moving: Vec<_> = self.layers.iter().filter(|(_, layer)| moves(layer)).collect();
        moving.sort_by_key(|(_, layer)| layer.started);
        moving
    }

    /// What is waited for at `now`, by what will be tried again.
    pub(super) fn waits(&self, now: Duration) -> impl Iterator<Item = (&str, &Wait)> {
        self.waits.iter().filter(move |(_, wait)| wait.until > now).map(|(what, wait)| (what.as_str(), wait))
    }

    /// Everything, summed up.
    pub(super) fn totals(&self) -> Totals {
        self.layers.values().fold(Totals::default(), |sum, layer| {
            let (counts, settled) = (layer.kind == BlobKind::Layer, layer.phase == Phase::Settled);
            Totals {
                settled: sum.settled + usize::from(counts && settled),
                layers: sum.layers + usize::from(counts),
                done_bytes: sum.done_bytes.saturating_add(layer.done_bytes),
                total_bytes: sum.total_bytes.saturating_add(layer.total_bytes),
                under_way: sum.under_way || !settled,
            }
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

    fn blob(&mut self, blob: &Descriptor) -> &mut Layer {
        let layer = self.layer(&blob.digest);
        layer.kind = BlobKind::of(blob);
        layer
    }

    fn layer(&mut self, digest: &Digest) -> &mut Layer {
        const NEW: Layer =
            Layer { kind: BlobKind::Layer, phase: Phase::Queued, done_bytes: 0, total_bytes: 0, started: 0 };
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
