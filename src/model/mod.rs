//! What registries speak about, as values: names, digests, descriptors, documents, platforms.
//!
//! Pure data: no clock, no files, no network, no async. Sources: the OCI image-spec and distribution-spec, and the
//! reference grammar of the CNCF distribution project.

mod byte_size;
mod config;
mod descriptor;
mod digest;
mod manifest;
mod media_type;
mod platform;
mod reference;

pub use byte_size::ByteSize;
pub use config::{HistoryEntry, ImageConfig};
pub use descriptor::{ANNOTATION_REF_NAME, Descriptor};
pub use digest::{Algorithm, Digest, DigestError};
pub use manifest::{DocumentError, ImageIndex, ImageManifest, MAX_INDEX_DEPTH, Manifest};
pub use media_type::{Kind, MediaType};
pub use platform::{Platform, PlatformError};
pub use reference::{Reason, Reference, ReferenceError, Registry};
