//! Content in motion: where bytes come from, where they go, who hears about it, and the proof that they are right.
//!
//! Knows descriptors, and nothing of URLs, paths or status codes.

mod fetched;
mod progress;
mod ranges;
mod stream;
mod verify;

pub use fetched::Fetched;
pub use progress::{Event, Progress, Silent};
pub use ranges::Ranges;
pub use stream::{ByteStream, Fault, FaultKind, Opened, Piece, PieceStream, Sink, Source, Stored, root_cause};
pub use verify::{IntegrityError, Verifier, digest_of};
