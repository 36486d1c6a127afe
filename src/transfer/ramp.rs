//! How many connections one blob is worth: found out by trying.

use std::time::{Duration, Instant};

/// How long a number of connections is watched before it is judged.
const WINDOW: Duration = Duration::from_millis(80);
/// What twice as many connections must bring to be kept, in percent of what they brought before.
const GAIN_PERCENT: u64 = 125;
/// From so many bytes a second on, one connection is not what holds a transfer up: hashing takes a core by then.
const FAST: u64 = 400 << 20;
/// What takes no longer than this, at the present rate, is not worth another connection.
const WORTH: Duration = Duration::from_millis(250);

/// Doubles the connections as long as that helps.
#[derive(Debug)]
pub(super) struct Ramp {
    wanted: usize,
    limit: usize,
    /// How many there were, and the bytes a second that they brought, before the last doubling.
    before: Option<(usize, u64)>,
    /// When the watch began, and how many bytes had come by then.
    watch: Option<(Instant, u64)>,
    settled: bool,
}

impl Ramp {
    /// Begins with one connection; there will be at most `limit`.
    pub(super) fn new(limit: usize) -> Self {
        Self { wanted: 1, limit: limit.max(1), before: None, watch: None, settled: false }
    }

    /// How many connections there are to be.
    pub(super) fn wanted(&self) -> usize {
        self.wanted
    }

    /// No more trying: it stays at `count`.
    pub(super) fn settle(&mut self, count: usize) {
        (self.wanted, self.settled) = (count.clamp(1, self.limit), true);
    }

    /// Looks at what has come: `bytes` so far over `running` connections, and `left` are to come.
    pub(super) fn observe(&mut self, now: Instant, running: usize, bytes: u64, left: u64) {
        if self.settled {
            return;
        }
        if running != self.wanted {
            self.watch = None;
            return;
        }
        let (since, start) = *self.watch.get_or_insert((now, bytes));
        let elapsed = now.saturating_duration_since(since);
        if elapsed < WINDOW {
            return;
        }
        let rate = per_second(bytes - start, elapsed);
        if let Some((before, slower)) = self.before
            && rate < slower.saturating_mul(GAIN_PERCENT) / 100
        {
            self.settle(before);
            return;
        }
        let worth_it = rate < FAST && per_second(left, WORTH) > rate;
        if !worth_it || self.wanted == self.limit {
            self.settle(self.wanted);
            return;
        }
        (self.before, self.watch) = (Some((self.wanted, rate)), None);
        self.wanted = self.wanted.saturating_mul(2).min(self.limit);
    }
}

/// Bytes a second.
fn per_second(bytes: u64, elapsed: Duration) -> u64 {
    let rate = u128::from(bytes) * 1_000_000 / elapsed.as_micros().max(1);
    u64::try_from(rate).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// Lets `ramp` watch a blob of `size` bytes come at the rate that `rate` gives for so many connections, in bytes
    /// a second. The numbers of connections that there were, in turn.
    fn run(mut ramp: Ramp, size: u64, rate: impl Fn(usize) -> u64) -> Vec<usize> {
        let start = Instant::now();
        let (mut bytes, mut numbers) = (0, vec![ramp.wanted()]);
        for step in 0.. {
            if bytes >= size {
                break;
            }
            let now = start + Duration::from_millis(10) * step;
            ramp.observe(now, ramp.wanted(), bytes, size - bytes);
            if numbers.last() != Some(&ramp.wanted()) {
                numbers.push(ramp.wanted());
            }
            bytes += rate(ramp.wanted()) / 100;
        }
        numbers
    }

    #[test]
    fn as_many_as_help() {
        let each = |lanes: usize| lanes as u64 * 8 * MIB;
        assert_eq!(run(Ramp::new(8), 128 * MIB, each), [1, 2, 4, 8]);
        assert_eq!(run(Ramp::new(6), 128 * MIB, each), [1, 2, 4, 6]);
        assert_eq!(run(Ramp::new(1), 128 * MIB, each), [1]);
        let shared = |lanes: usize| lanes.min(2) as u64 * 8 * MIB;
        assert_eq!(run(Ramp::new(8), 128 * MIB, shared), [1, 2, 4, 2], "twice as many brought nothing");
        assert_eq!(run(Ramp::new(8), 128 * MIB, |_| 8 * MIB), [1, 2, 1]);
    }

    #[test]
    fn what_is_fast_or_nearly_done_is_left_alone() {
        assert_eq!(run(Ramp::new(8), 1024 * MIB, |_| 800 * MIB), [1]);
        assert_eq!(run(Ramp::new(8), 2 * MIB, |_| 8 * MIB), [1]);
    }

    #[test]
    fn nothing_is_judged_before_all_run() {
        let mut ramp = Ramp::new(8);
        let start = Instant::now();
        for step in 0..100 {
            ramp.observe(start + Duration::from_millis(10) * step, 0, u64::from(step) * MIB, 1024 * MIB);
        }
        assert_eq!(ramp.wanted(), 1);
    }
}
