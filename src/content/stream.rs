use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt, TryFutureExt, stream};

use super::{IntegrityError, Progress, Ranges};
use crate::model::Descriptor;

/// Chunks of a blob, in order.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, Fault>> + Send + Sync>>;

/// An open blob.
pub struct Opened {
    /// The offset in bytes of the first chunk: what was asked for, or 0 where the source cannot resume.
    pub offset: u64,
    /// The bytes from there on; they may go beyond what was asked for.
    pub stream: ByteStream,
    /// Whether the source gives out parts of the blob as well, as far as it says: then several may be open at once.
    pub in_parts: bool,
    /// Whether the source hashes what it yields, and holds the last chunk back until the whole is right.
    pub verified: bool,
}

impl Opened {
    /// A stream of bytes that nobody has verified, from a source that may not be able to resume.
    #[must_use]
    pub fn new(offset: u64, stream: ByteStream) -> Self {
        Self { offset, stream, in_parts: false, verified: false }
    }
}

/// Some bytes of a blob, and where in it they belong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The offset of the first, in bytes.
    pub offset: u64,
    /// At least one byte.
    pub bytes: Bytes,
}

impl Piece {
    /// The offset behind the last byte.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.bytes.len() as u64)
    }

    /// The part of it that lies in `range`; `None` where that is nothing.
    #[must_use]
    pub fn within(mut self, range: &Range<u64>) -> Option<Self> {
        let before = range.start.saturating_sub(self.offset).min(self.bytes.len() as u64);
        // At most the length, and so an index.
        self.bytes.advance(usize::try_from(before).unwrap_or(usize::MAX).min(self.bytes.len()));
        self.offset += before;
        let room = range.end.saturating_sub(self.offset).min(self.bytes.len() as u64);
        self.bytes.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        (!self.bytes.is_empty()).then_some(self)
    }
}

/// Pieces of a blob, in whatever order they come.
pub type PieceStream<'a> = Pin<Box<dyn Stream<Item = Result<Piece, Fault>> + Send + 'a>>;

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("offset", &self.offset).finish_non_exhaustive()
    }
}

/// Where bytes come from: a repository on a registry, a store, an archive.
pub trait Source: Sync {
    /// Opens the bytes of a blob that lie in `range`. The source may answer from the start of the blob instead, and
    /// may go on beyond the end of the range; see [`Opened`].
    ///
    /// # Errors
    /// A [`Fault`], whose kind says whether another attempt may help.
    fn open(&self, descriptor: &Descriptor, range: Range<u64>) -> impl Future<Output = Result<Opened, Fault>> + Send;

    /// The same while another part of the blob is open: from wherever that comes, at once or not at all, and without
    /// any consequence for others where it fails.
    ///
    /// # Errors
    /// As [`Source::open`].
    fn open_beside(
        &self,
        descriptor: &Descriptor,
        range: Range<u64>,
    ) -> impl Future<Output = Result<Opened, Fault>> + Send {
        self.open(descriptor, range)
    }

    /// The bytes of a blob that lie in the `missing` ranges. The pieces come in whatever order suits the source, each
    /// byte once; the stream ends after the last of them, or with a fault.
    fn gather<'a>(&'a self, descriptor: &'a Descriptor, missing: Ranges) -> PieceStream<'a>
    where
        Self: Sized,
    {
        let one = move |range: Range<u64>| in_order(self, descriptor, range).try_flatten_stream();
        let missing: Vec<_> = missing.iter().collect();
        Box::pin(stream::iter(missing).flat_map(one))
    }

    /// Hears what became of the bytes that were opened last. Whether another attempt would get them elsewhere, or in
    /// another way: then it is worth making, at once and however many there were before. It says so a bounded number
    /// of times.
    fn pass_on(&self, _descriptor: &Descriptor, _fault: &Fault) -> bool {
        false
    }
}

/// One range of a blob over one stream.
async fn in_order<S: Source>(
    source: &S,
    descriptor: &Descriptor,
    range: Range<u64>,
) -> Result<impl Stream<Item = Result<Piece, Fault>> + use<S>, Fault> {
    let Opened { offset, stream, .. } = source.open(descriptor, range.clone()).await?;
    let digest = descriptor.digest.clone();
    Ok(stream::try_unfold((stream, offset), move |(mut stream, mut offset)| {
        let (range, digest) = (range.clone(), digest.clone());
        async move {
            while offset < range.end {
                let Some(bytes) = stream.next().await else {
                    let short = IntegrityError::Size { digest, expected: range.end, actual: offset };
                    return Err(Fault::new(FaultKind::Transient, short));
                };
                let piece = Piece { offset, bytes: bytes? };
                offset = piece.end();
                if let Some(piece) = piece.within(&range) {
                    return Ok(Some((piece, (stream, offset))));
                }
            }
            Ok(None)
        }
    }))
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

    /// How many blobs it may be finishing, after their last byte has come, while others move.
    fn behind(&self) -> usize {
        0
    }

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
