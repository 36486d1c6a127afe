//! The time as progress sees it: since the start, and of day.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;

/// A clock that never goes back, and knows when in unix time it was started.
#[derive(Clone)]
pub(super) struct Clock {
    zone: TimeZone,
    elapsed: Arc<dyn Fn() -> Duration + Send + Sync>,
    started_unix: Duration,
}

impl Clock {
    /// The machine's clock, starting now.
    pub(super) fn system() -> Self {
        let started = Instant::now();
        Self {
            zone: TimeZone::system(),
            elapsed: Arc::new(move || started.elapsed()),
            started_unix: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }

    /// Time since the start.
    pub(super) fn now(&self) -> Duration {
        (self.elapsed)()
    }

    /// Where the person is.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Unix time.
    pub(super) fn unix(&self) -> Duration {
        self.started_unix + self.now()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// The hand of a clock that stands still until it is moved.
    #[derive(Clone, Default)]
    pub(in crate::ui::progress) struct Hand(Arc<AtomicU64>);

    impl Hand {
        pub(in crate::ui::progress) fn advance(&self, milliseconds: u64) {
            self.0.fetch_add(milliseconds, Ordering::SeqCst);
        }

        pub(in crate::ui::progress) fn clock(&self) -> Clock {
            let hand = Arc::clone(&self.0);
            Clock {
                zone: TimeZone::fixed(jiff::tz::offset(1)),
                elapsed: Arc::new(move || Duration::from_millis(hand.load(Ordering::SeqCst))),
                started_unix: Duration::from_secs(1_700_000_000),
            }
        }
    }
}
