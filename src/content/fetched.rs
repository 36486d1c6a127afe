use bytes::Bytes;

use crate::model::Descriptor;

/// A document with the exact bytes it came from.
#[derive(Clone, Debug)]
pub struct Fetched<T> {
    /// The bytes as received. Their digest is the document's.
    pub bytes: Bytes,
    /// Media type, digest computed over `bytes`, and size.
    pub descriptor: Descriptor,
    /// What the bytes parse to.
    pub value: T,
}
