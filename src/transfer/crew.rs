//! The connections of one transfer: how many may carry blobs at once, and who gets the next.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::Limits;

/// Shared by all blobs of a transfer.
pub(super) struct Crew<'a> {
    pub(super) limits: &'a Limits,
    permits: Semaphore,
    /// Blobs that have no connection yet. While there are any, no other gets a second one.
    waiting: AtomicUsize,
}

impl<'a> Crew<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, permits: Semaphore::new(limits.concurrency.max(1)), waiting: AtomicUsize::new(0) }
    }

    /// A connection for a blob that has none.
    pub(super) async fn first(&self) -> SemaphorePermit<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        loop {
            // Nobody closes it.
            if let Ok(permit) = self.permits.acquire().await {
                return permit;
            }
        }
    }

    /// A connection for a blob that has one, unless another needs it more.
    pub(super) fn another(&self) -> Option<SemaphorePermit<'_>> {
        if self.waiting.load(Ordering::Relaxed) > 0 { None } else { self.permits.try_acquire().ok() }
    }
}

/// Counts down also where the wait is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
