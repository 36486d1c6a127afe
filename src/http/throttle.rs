use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::{BodyStream, BoxError};

/// Bytes that are paid for at a time, so that connections with large pieces take turns with those that have small ones.
const SHARE_BYTES: usize = 16 * 1024;
/// How much of the time in which nothing moved may be made up for.
const BURST: Duration = Duration::from_millis(50);

/// A limit on bytes per second, shared by all that move some.
///
/// Each share of bytes takes its time; the shares are lined up one behind the other, whoever they belong to, in the
/// order in which they came.
#[derive(Debug)]
pub(super) struct Throttle {
    bytes_per_second: u64,
    /// The end of the line: when all shares so far will have had their time.
    end: Mutex<Instant>,
}

impl Throttle {
    pub(super) fn new(bytes_per_second: u64) -> Self {
        Self { bytes_per_second: bytes_per_second.max(1), end: Mutex::new(Instant::now()) }
    }

    /// Lines up at most a share of `bytes`; says how many those are, and when their time is over.
    fn line_up(&self, bytes: usize) -> (usize, Instant) {
        let count = bytes.min(SHARE_BYTES);
        let nanoseconds = (count as u64).saturating_mul(1_000_000_000).div_ceil(self.bytes_per_second);
        let now = Instant::now();
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let start = now.checked_sub(BURST).map_or(*end, |earliest| earliest.max(*end));
        *end = start.checked_add(Duration::from_nanos(nanoseconds)).unwrap_or(start);
        (count, *end)
    }

    /// Waits until bytes that have come are paid for.
    pub(super) async fn pay(&self, mut bytes: usize) {
        while bytes > 0 {
            let (count, end) = self.line_up(bytes);
            bytes -= count;
            if end > Instant::now() {
                tokio::time::sleep_until(end).await;
            }
        }
    }

    /// Gives out what `body` has no faster than it is paid for. `moved` holds when something moved last: while a share
    /// waits, that is when it will.
    pub(super) fn paced(self: Arc<Self>, body: BodyStream, moved: Arc<Mutex<Instant>>) -> BodyStream {
        let state = (self, body, moved, Bytes::new());
        Box::pin(stream::unfold(state, |(throttle, mut body, moved, mut left)| async move {
            while left.is_empty() {
                match body.next().await? {
                    Ok(piece) => left = piece,
                    Err(error) => return Some((Err::<Bytes, BoxError>(error), (throttle, body, moved, left))),
                }
            }
            let (count, end) = throttle.line_up(left.len());
            if end > Instant::now() {
                *moved.lock().unwrap_or_else(PoisonError::into_inner) = end;
                tokio::time::sleep_until(end).await;
            }
            let share = left.split_to(count);
            Some((Ok(share), (throttle, body, moved, left)))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1024;

    fn seconds(seconds: f64) -> std::ops::Range<Duration> {
        let exact = Duration::from_secs_f64(seconds);
        exact.saturating_sub(BURST)..exact + Duration::from_millis(5)
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_take_their_time_whatever_pieces_they_come_in() {
        for pieces in [vec![100 * KIB], vec![KIB; 100], vec![1, 99 * KIB, KIB - 1], vec![0, 100 * KIB, 0]] {
            let throttle = Throttle::new(10 * KIB as u64);
            let started = Instant::now();
            for piece in &pieces {
                throttle.pay(*piece).await;
            }
            assert!(seconds(10.0).contains(&started.elapsed()), "{pieces:?}: {:?}", started.elapsed());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_made_up_for_only_a_little() {
        let throttle = Throttle::new(10 * KIB as u64);
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let started = Instant::now();
        throttle.pay(100 * KIB).await;
        assert!(seconds(10.0).contains(&started.elapsed()), "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_goes_first_because_of_large_pieces() {
        let throttle = Arc::new(Throttle::new(100 * KIB as u64));
        let started = Instant::now();
        let tasks: Vec<_> = [400, 20, 4, 1]
            .map(|piece: usize| {
                let throttle = Arc::clone(&throttle);
                tokio::spawn(async move {
                    for _ in 0..(400 / piece) {
                        throttle.pay(piece * KIB).await;
                    }
                    started.elapsed()
                })
            })
            .into_iter()
            .collect();
        let mut ends = Vec::new();
        for task in tasks {
            ends.push(task.await.unwrap());
        }
        assert!(seconds(16.0).contains(&ends.iter().max().copied().unwrap()), "{ends:?}");
        // Had the large piece been paid for in one go, it would have been done after 4 s.
        assert!(ends[0] > Duration::from_secs(6), "{ends:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_sent_share_by_share_and_never_looks_idle() {
        let throttle = Arc::new(Throttle::new(KIB as u64));
        let pieces = [vec![b'a'; 40 * KIB], vec![], vec![b'b'; 10]];
        let body: BodyStream = Box::pin(stream::iter(pieces.map(|piece| Ok(Bytes::from(piece)))));
        let moved = Arc::new(Mutex::new(Instant::now()));
        let mut paced = throttle.paced(body, Arc::clone(&moved));
        let started = Instant::now();
        let mut lengths = Vec::new();
        loop {
            let mut share = paced.next();
            // While a share waits, the time of the last move lies ahead.
            let share = match futures_util::poll!(&mut share) {
                std::task::Poll::Ready(share) => share,
                std::task::Poll::Pending => {
                    assert!(*moved.lock().unwrap() > Instant::now());
                    share.await
                }
            };
            let Some(share) = share else { break };
            lengths.push(share.unwrap().len());
        }
        assert_eq!(lengths, [16 * KIB, 16 * KIB, 8 * KIB, 10]);
        assert!(seconds(40.01).contains(&started.elapsed()), "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_fails_says_so() {
        let body: BodyStream = Box::pin(stream::iter([Ok(Bytes::from_static(b"a")), Err("gone".into())]));
        let mut paced = Arc::new(Throttle::new(KIB as u64)).paced(body, Arc::new(Mutex::new(Instant::now())));
        assert!(paced.next().await.is_some_and(|share| share.is_ok()));
        assert!(paced.next().await.is_some_and(|share| share.is_err()));
        assert!(paced.next().await.is_none());
    }
}
