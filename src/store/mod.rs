//! The content store: one directory that is an OCI image layout (image-spec `image-layout.md`), with what is the
//! store's own - locks, partial downloads, the journal - under `.rcr/` inside it.
//!
//! Knows files, and nothing of registries or terminals. What it promises, and in which order it writes to keep that,
//! is written down in `docs/store.md`: bytes enter only verified, a name never points at anything incomplete, and
//! what a command has reported is durable.

mod document;
mod ends;
mod error;
#[cfg(test)]
mod fixture;
mod fs;
mod gc;
mod index;
mod ingest;
mod journal;
mod layout;
mod lock;
mod mark;
mod partial;
mod tags;
mod verify;
mod walk;

pub use document::DOCUMENT_LIMIT_BYTES;
pub use error::{Error, Nature};
pub use gc::{GcOptions, GcReport, RemoveReport};
pub use index::{ANNOTATION_PLATFORMS, Entry};
pub use ingest::{Ingest, Writer};
pub use layout::{Durability, Layout, Options, Shared};
pub use verify::{Problem, VerifyReport};
