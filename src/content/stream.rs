use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;

use super::{IntegrityError, Progress};
use crate::model::Descriptor;

/// Chunks of a blob, in order.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, Fault>> + Send + Sync>>;

/// An open blob.
pub struct Opened {
    /// The offset in bytes of the first chunk: what was asked for, or 0 where the source cannot resume.
    pub offset: u64,
    /// The bytes from there to the end.
    pub stream: ByteStream,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("offset", &self.offset).finish_non_exhaustive()
    }
}

/// Where bytes come from: a repository on a registry, a store, an archive.
pub trait Source: Sync {
    /// Opens a blob at `offset` bytes. The source may answer from the start instead; see [`Opened::offset`].
    ///
    /// # Errors
    /// A [`Fault`], whose kind says whether another attempt may help.
    fn open(&self, descriptor: &Descriptor, offset: u64) -> impl Future<Output = Result<Opened, Fault>> + Send;

    /// Hears what became of the bytes that were opened last. Whether another attempt would get them elsewhere, or in
    /// another way: then it is worth making, at once and however many there were before. It says so a bounded number
    /// of times.
    fn pass_on(&self, _descriptor: &Descriptor, _fault: &Fault) -> bool {
        false
    }
}

/// What became of a blob that a sink was asked to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Its bytes were moved; so many that earlier attempts had not.
    Moved {
        /// How many bytes came from the source in this call.
        bytes: u64,
    },
    /// The sink had it already, or another process brought it meanwhile.
    Present,
}

/// Where bytes go: a store, a repository on a registry, an archive.
pub trait Sink: Sync {
    /// Whether the sink holds the blob, so that no byte needs to move.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot tell.
    fn contains(&self, descriptor: &Descriptor) -> impl Future<Output = Result<bool, Fault>> + Send;

    /// Takes over the blob from where the sink's own side already has it, without moving bytes. `false` where it
    /// could not, whatever the reason.
    ///
    /// # Errors
    /// A [`Fault`] only where the far side took over something else.
    fn mount(&self, descriptor: &Descriptor) -> impl Future<Output = Result<bool, Fault>> + Send;

    /// Reads the blob from `source` and keeps it: verified, whole, or not at all. What a failed call received may
    /// be kept and continued by the next.
    ///
    /// # Errors
    /// A [`Fault`], whose kind says whether another attempt may help.
    fn receive<S: Source>(
        &self,
        descriptor: &Descriptor,
        source: &S,
        progress: &dyn Progress,
    ) -> impl Future<Output = Result<Stored, Fault>> + Send;
}

/// Whether another attempt may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The network or the far side failed in a way that passes: try again, from where it stopped.
    Transient,
    /// The bytes were wrong: try once more from zero, or elsewhere.
    Corrupt,
    /// Trying again changes nothing.
    Permanent,
}

/// A failure while bytes move, with its kind; the cause keeps its own type for whoever reports it.
pub struct Fault {
    kind: FaultKind,
    source: Box<dyn StdError + Send + Sync>,
}

impl Fault {
    /// Wraps a cause.
    pub fn new(kind: FaultKind, source: impl StdError + Send + Sync + 'static) -> Self {
        Self { kind, source: Box::new(source) }
    }

    /// Whether another attempt may help.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.kind
    }
}

impl From<IntegrityError> for Fault {
    fn from(error: IntegrityError) -> Self {
        Self::new(FaultKind::Corrupt, error)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault").field("kind", &self.kind).field("source", &self.source).finish()
    }
}

// A fault is transparent: it reads as its cause, and stands in the chain only as a carrier of the kind.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.source, f)
    }
}

/// The cause at the root: what was attempted is known to whoever hears of it.
#[must_use]
pub fn root_cause<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}

impl StdError for Fault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.source.as_ref())
    }
}
