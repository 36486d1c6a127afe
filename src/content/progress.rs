use std::time::Duration;

use crate::model::{Descriptor, Digest, Reference};

/// Who hears what happens. Calls come from any thread and must return at once.
pub trait Progress: Send + Sync {
    /// One thing happened.
    fn report(&self, event: Event<'_>);
}

/// What can happen while a command runs. Exhaustive on purpose: a listener decides on each.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the variants' docs name their fields")]
pub enum Event<'a> {
    /// No tag was written, `latest` is meant.
    DefaultTag,
    /// A pull of `reference` starts.
    Pulling { reference: &'a Reference },
    /// A push to `reference` starts.
    Pushing { reference: &'a Reference },
    /// The reference resolved to this document.
    Resolved { reference: &'a Reference, descriptor: &'a Descriptor },
    /// The plan is made: so many blobs and bytes are to move, so many are there.
    Planned { blobs: usize, bytes: u64, present: usize },
    /// A blob is waiting for its turn. All blobs of a plan are announced before the first starts.
    Queued { blob: &'a Descriptor },
    /// The destination has the blob.
    Present { blob: &'a Descriptor },
    /// The destination took the blob over from another of its repositories.
    Mounted { blob: &'a Descriptor },
    /// Bytes of the blob start to move, at `offset` of `bytes`.
    Started { digest: &'a Digest, offset: u64, bytes: u64 },
    /// `bytes` more of the blob have moved.
    Advanced { digest: &'a Digest, bytes: u64 },
    /// The blob is whole, verified and kept.
    Finished { blob: &'a Descriptor },
    /// A blob is left out: `reason` says why.
    Skipped { blob: &'a Descriptor, reason: &'a str },
    /// An attempt failed; the next follows after `wait`, for which the host may have `asked`. `what` is a host, or a
    /// blob's short digest.
    Retrying { what: &'a str, attempt: u32, wait: Duration, asked: bool, reason: &'a str },
    /// The transfer is done.
    Done { reference: &'a Reference, descriptor: &'a Descriptor, changed: bool },
    /// Something that the person should know, and that is no error.
    Warning { text: &'a str },
    /// A remark in passing.
    Note { text: &'a str },
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _event: Event<'_>) {}
}
