use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::Plan;
use super::crew::Crew;
use super::patience::Patience;
use super::supply::Supply;
use crate::content::{Event, Fault, Progress, Sink, Source, Stored};
use crate::model::Descriptor;

/// A blob of at most so many bytes does not wait for larger ones.
const SMALL_BYTES: u64 = 1024 * 1024;

/// How hard to try.
#[derive(Clone)]
pub struct Limits {
    /// Connections that carry blobs at once, at least one.
    pub concurrency: usize,
    /// Attempts in a row that may bring less than a MiB, after the first.
    pub retries: u32,
    /// The wait after failed attempt number `n`, from 1.
    pub backoff: Arc<dyn Fn(u32) -> Duration + Send + Sync>,
}

/// What moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Blobs whose bytes moved.
    pub moved: usize,
    /// Bytes that moved.
    pub moved_bytes: u64,
    /// Blobs that the destination took over from its own side.
    pub mounted: usize,
    /// Blobs that were there.
    pub present: usize,
}

/// Moves the blobs of a plan from a source to a sink.
pub struct Engine<'a, S, D> {
    /// Where bytes come from.
    pub source: &'a S,
    /// Where they go.
    pub sink: &'a D,
    /// How hard to try.
    pub limits: &'a Limits,
    /// Who hears about it.
    pub progress: &'a dyn Progress,
}

enum Outcome {
    Moved(u64),
    Mounted,
    Present,
}

impl<S: Source, D: Sink> Engine<'_, S, D> {
    /// Runs the plan. The first failure that trying again cannot mend ends it; what the other blobs have received
    /// by then stays where the sink can resume it.
    ///
    /// # Errors
    /// That failure.
    pub async fn run(&self, plan: &Plan) -> Result<Totals, Fault> {
        for blob in &plan.present {
            self.progress.report(Event::Present { blob });
        }
        for blob in &plan.fetch {
            self.progress.report(Event::Queued { blob });
        }
        let crew = Crew::new(self.limits);
        let moving = self.limits.concurrency.max(1);
        // Few connections may mean that there are few files to be had, too.
        let at_once = moving + self.sink.behind().min(2 * moving);
        let order = in_order(&plan.fetch);
        let outcomes = stream::iter(order).map(|blob| self.blob(blob, &crew)).buffer_unordered(at_once);
        let start = Totals { present: plan.present.len(), ..Totals::default() };
        outcomes
            .try_fold(start, |mut totals, outcome| async move {
                match outcome {
                    Outcome::Moved(bytes) => {
                        totals.moved += 1;
                        totals.moved_bytes += bytes;
                    }
                    Outcome::Mounted => totals.mounted += 1,
                    Outcome::Present => totals.present += 1,
                }
                Ok(totals)
            })
            .await
    }

    async fn blob(&self, blob: &Descriptor, crew: &Crew<'_>) -> Result<Outcome, Fault> {
        if self.sink.mount(blob).await? {
            self.progress.report(Event::Mounted { blob });
            return Ok(Outcome::Mounted);
        }
        let (mut patience, mut moved) = (Patience::new(blob, self.limits, self.progress), 0);
        loop {
            let tally = Tally { inner: self.progress, bytes: AtomicU64::new(0) };
            let supply = Supply::new(self.source, crew, self.progress);
            let fault = match self.sink.receive(blob, &supply, &tally).await {
                Ok(Stored::Present) => {
                    self.progress.report(Event::Present { blob });
                    return Ok(Outcome::Present);
                }
                Ok(Stored::Moved { bytes }) => {
                    self.progress.report(Event::Finished { blob });
                    return Ok(Outcome::Moved(moved + bytes));
                }
                Err(fault) => fault,
            };
            if supply.gave_up() {
                return Err(fault);
            }
            let brought = tally.bytes.into_inner();
            moved += brought;
            // More than the whole has come where a sink starts over each time: that leads nowhere.
            if moved <= blob.size {
                patience.received(brought);
            }
            let wait = patience.with(fault, self.source)?;
            tokio::time::sleep(wait).await;
        }
    }
}

/// The order in which blobs get their turn: the one that takes longest is under way from the start, then what is
/// small, so that it is not held up, then the rest, the largest first.
fn in_order(blobs: &[Descriptor]) -> Vec<&Descriptor> {
    let (small, mut large): (Vec<_>, Vec<_>) = blobs.iter().partition(|blob| blob.size <= SMALL_BYTES);
    large.sort_by_key(|blob| std::cmp::Reverse(blob.size));
    let rest = large.split_off(large.len().min(1));
    large.into_iter().chain(small).chain(rest).collect()
}

/// Counts the bytes of one attempt on their way to the listener.
struct Tally<'a> {
    inner: &'a dyn Progress,
    bytes: AtomicU64,
}

impl Progress for Tally<'_> {
    fn report(&self, event: Event<'_>) {
        if let Event::Advanced { bytes, .. } = event {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        self.inner.report(event);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use super::*;
    use crate::content::{FaultKind, Opened, Silent, digest_of};
    use crate::model::{Algorithm, MediaType};
    use crate::transfer::patience::PROGRESS_BYTES;

    /// A source that is never asked: the scripted sink below decides everything.
    struct Nowhere;
    impl Source for Nowhere {
        async fn open(&self, _: &Descriptor, _: std::ops::Range<u64>) -> Result<Opened, Fault> {
            Err(Fault::new(FaultKind::Permanent, std::io::Error::other("nowhere")))
        }
    }

    /// Answers `receive` from a script of (bytes brought, failure).
    struct Scripted(Mutex<VecDeque<(u64, Option<FaultKind>)>>);
    impl Sink for Scripted {
        async fn contains(&self, _: &Descriptor) -> Result<bool, Fault> {
            Ok(false)
        }
        async fn mount(&self, _: &Descriptor) -> Result<bool, Fault> {
            Ok(false)
        }
        async fn receive<S: Source>(&self, d: &Descriptor, _: &S, progress: &dyn Progress) -> Result<Stored, Fault> {
            let (bytes, failure) = self.0.lock().unwrap().pop_front().expect("the script is used up");
            progress.report(Event::Advanced { digest: &d.digest, bytes });
            failure.map_or(Ok(Stored::Moved { bytes }), |kind| Err(Fault::new(kind, std::io::Error::other("scripted"))))
        }
    }

    async fn run(retries: u32, script: &[(u64, Option<FaultKind>)]) -> (Result<Totals, Fault>, usize) {
        let sink = Scripted(Mutex::new(script.iter().copied().collect()));
        let limits = Limits { concurrency: 2, retries, backoff: Arc::new(|_| Duration::ZERO) };
        let blob = Descriptor::new(MediaType::new("a/b"), digest_of(Algorithm::Sha256, b"x"), 5 * PROGRESS_BYTES);
        let engine = Engine { source: &Nowhere, sink: &sink, limits: &limits, progress: &Silent };
        let outcome = engine.run(&Plan { fetch: vec![blob], present: vec![] }).await;
        let left = sink.0.lock().unwrap().len();
        (outcome, left)
    }

    const DROP: Option<FaultKind> = Some(FaultKind::Transient);
    const BAD: Option<FaultKind> = Some(FaultKind::Corrupt);

    #[tokio::test]
    async fn progress_resets_the_count_of_failures() {
        let big = PROGRESS_BYTES;
        let script = [(big, DROP), (big, DROP), (big, DROP), (big, DROP), (7, None)];
        let (outcome, left) = run(1, &script).await;
        assert_eq!((outcome.map(|t| t.moved_bytes).ok(), left), (Some(4 * big + 7), 0));
    }

    #[tokio::test]
    async fn starting_over_again_and_again_is_no_progress() {
        let (outcome, left) = run(2, &[(3 * PROGRESS_BYTES, DROP); 9]).await;
        assert_eq!((outcome.is_err(), left), (true, 6));
    }

    #[tokio::test]
    async fn no_progress_ends_after_the_retries() {
        let (outcome, left) = run(2, &[(0, DROP), (9, DROP), (0, DROP), (1, None)]).await;
        assert_eq!((outcome.is_err(), left), (true, 1));
    }

    #[tokio::test]
    async fn wrong_bytes_get_one_more_try() {
        assert!(run(0, &[(5, BAD), (5, None)]).await.0.is_ok());
        let (outcome, left) = run(9, &[(5, BAD), (5, BAD), (5, None)]).await;
        assert_eq!((outcome.is_err(), left), (true, 1));
    }

    #[tokio::test]
    async fn what_cannot_be_mended_is_not_tried_again() {
        let (outcome, left) = run(9, &[(0, Some(FaultKind::Permanent)), (5, None)]).await;
        assert_eq!((outcome.is_err(), left), (true, 1));
    }
}
