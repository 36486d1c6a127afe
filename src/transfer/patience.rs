//! How often a failed transfer is tried again.

use std::time::Duration;

use super::Limits;
use crate::content::{Event, Fault, FaultKind, Progress, Source, root_cause};
use crate::model::Descriptor;

/// Bytes that an attempt must bring for the count of failed attempts to start anew.
pub(super) const PROGRESS_BYTES: u64 = 1024 * 1024;

/// What is left of the patience with one blob.
pub(super) struct Patience<'a> {
    blob: &'a Descriptor,
    limits: &'a Limits,
    progress: &'a dyn Progress,
    failures: u32,
    corrupt: bool,
    /// Bytes since the last failure.
    brought: u64,
}

impl<'a> Patience<'a> {
    pub(super) fn new(blob: &'a Descriptor, limits: &'a Limits, progress: &'a dyn Progress) -> Self {
        Self { blob, limits, progress, failures: 0, corrupt: false, brought: 0 }
    }

    /// So many bytes have come that had not come before.
    pub(super) fn received(&mut self, bytes: u64) {
        self.brought += bytes;
    }

    /// After a failure: how long to wait before the next attempt, which is announced.
    ///
    /// # Errors
    /// The fault, where there is to be no other.
    pub(super) fn with<S: Source>(&mut self, fault: Fault, source: &S) -> Result<Duration, Fault> {
        let brought = std::mem::take(&mut self.brought);
        if fault.kind() == FaultKind::Permanent {
            return Err(fault);
        }
        let elsewhere = source.pass_on(self.blob, &fault);
        let wait = match fault.kind() {
            _ if elsewhere => Duration::ZERO,
            FaultKind::Transient => {
                self.failures = if brought >= PROGRESS_BYTES { 1 } else { self.failures + 1 };
                if self.failures > self.limits.retries {
                    return Err(fault);
                }
                (self.limits.backoff)(self.failures)
            }
            // Wrong bytes: once more from zero, then it is no accident.
            FaultKind::Corrupt if !self.corrupt => {
                self.corrupt = true;
                Duration::ZERO
            }
            FaultKind::Corrupt | FaultKind::Permanent => return Err(fault),
        };
        let reason = root_cause(&fault).to_string();
        let (what, attempt) = (self.blob.digest.short(), self.failures.max(1));
        self.progress.report(Event::Retrying { what, attempt, wait, asked: false, reason: &reason });
        Ok(wait)
    }
}
