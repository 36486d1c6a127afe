//! The content store: one directory that is an OCI image layout (image-spec `image-layout.md`), with what is the
//! store's own - locks, partial downloads, the journal - under `.rcr/` inside it.
//!
//! Knows files, and nothing of registries or terminals. What it holds to, at every instant and after every crash:
//!
//! - Bytes get the name of a digest only after they were verified against it, and are on stable storage by then.
//! - An entry of `index.json` reaches only what is stored; an image of which only some platforms are stored says so.
//! - Hence the order of writing: blobs, manifests after what they list, the directory, and the index last, in one
//!   step, under its lock. Reading goes the other way.
//! - A garbage collection has the store for itself, and removes nothing when anything that is reached is unreadable.
//!
//! A command takes [`Layout::share`] first. [`Layout::gc`] and [`Layout::remove`] take the store lock themselves.

#[cfg(test)]
mod crash;
mod create;
mod document;
mod ends;
mod error;
#[cfg(test)]
mod fixture;
mod flush;
mod fs;
mod gc;
mod index;
mod ingest;
mod journal;
mod layout;
mod locations;
mod lock;
mod mark;
mod memo;
mod partial;
mod space;
mod tags;
mod uploads;
mod verify;
mod walk;

pub use document::DOCUMENT_LIMIT_BYTES;
pub use error::{Error, Nature};
pub use gc::{GcOptions, GcReport, RemoveReport};
pub use index::{ANNOTATION_PLATFORMS, Entry};
pub use ingest::{Ingest, Writer};
pub use layout::{Durability, Layout, Options, Shared};
pub use memo::Memo;
pub use space::Space;
pub use uploads::Uploads;
pub use verify::{Problem, VerifyReport};
