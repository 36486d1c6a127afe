use sha2::{Digest as _, Sha256, Sha512};

use crate::model::{Algorithm, Descriptor, Digest};

/// Bytes are not what their descriptor says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntegrityError {
    /// They hash to something else.
    #[error("content of {expected} has digest {actual}")]
    Digest {
        /// What was asked for.
        expected: Digest,
        /// What came.
        actual: Digest,
    },
    /// There are more or fewer of them.
    #[error("content of {digest} has {actual} bytes, not the {expected} of its descriptor")]
    Size {
        /// What was asked for.
        digest: Digest,
        /// The bytes that the descriptor states.
        expected: u64,
        /// The bytes that came; at least so many where the transfer was stopped.
        actual: u64,
    },
}

#[derive(Debug)]
enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(h) => h.update(bytes),
            Self::Sha512(h) => h.update(bytes),
        }
    }
    fn finish(self) -> Digest {
        match self {
            Self::Sha256(h) => Digest::from_bytes(Algorithm::Sha256, &h.finalize()),
            Self::Sha512(h) => Digest::from_bytes(Algorithm::Sha512, &h.finalize()),
        }
    }
}

/// Counts and hashes bytes against a descriptor, and stops at the first byte too many.
#[derive(Debug)]
pub struct Verifier {
    hasher: Hasher,
    digest: Digest,
    expected: u64,
    received: u64,
}

impl Verifier {
    /// For the content of `descriptor`.
    #[must_use]
    pub fn new(descriptor: &Descriptor) -> Self {
        Self {
            hasher: Hasher::new(descriptor.digest.algorithm()),
            digest: descriptor.digest.clone(),
            expected: descriptor.size,
            received: 0,
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`IntegrityError::Size`] as soon as there are more than the descriptor states.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), IntegrityError> {
        self.received = self.received.saturating_add(bytes.len() as u64);
        if self.received > self.expected {
            return Err(self.size());
        }
        self.hasher.update(bytes);
        Ok(())
    }

    /// How many bytes were taken.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Checks size, then digest, as image-spec `descriptor.md` recommends.
    ///
    /// # Errors
    /// Either [`IntegrityError`].
    pub fn finish(self) -> Result<(), IntegrityError> {
        if self.received != self.expected {
            return Err(self.size());
        }
        let actual = self.hasher.finish();
        if actual == self.digest { Ok(()) } else { Err(IntegrityError::Digest { expected: self.digest, actual }) }
    }

    fn size(&self) -> IntegrityError {
        IntegrityError::Size { digest: self.digest.clone(), expected: self.expected, actual: self.received }
    }
}

/// The digest of `bytes`.
#[must_use]
pub fn digest_of(algorithm: Algorithm, bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MediaType;

    fn descriptor(bytes: &[u8], algorithm: Algorithm) -> Descriptor {
        Descriptor::new(MediaType::new("a/b"), digest_of(algorithm, bytes), bytes.len() as u64)
    }

    #[test]
    fn accepts_the_right_bytes_in_any_pieces() {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let mut verifier = Verifier::new(&descriptor(b"hello world", algorithm));
            assert_eq!(verifier.update(b"hello "), Ok(()));
            assert_eq!(verifier.update(b"world"), Ok(()));
            assert_eq!(verifier.finish(), Ok(()));
        }
    }

    #[test]
    fn refuses_a_byte_too_many_at_once_and_a_byte_too_few_at_the_end() {
        let wanted = descriptor(b"hello", Algorithm::Sha256);
        assert!(matches!(Verifier::new(&wanted).update(b"hello!"), Err(IntegrityError::Size { actual: 6, .. })));
        let mut verifier = Verifier::new(&wanted);
        assert_eq!(verifier.update(b"hell"), Ok(()));
        assert!(matches!(verifier.finish(), Err(IntegrityError::Size { actual: 4, .. })));
    }

    #[test]
    fn refuses_a_flipped_bit() {
        let mut verifier = Verifier::new(&descriptor(b"hello", Algorithm::Sha512));
        assert_eq!(verifier.update(b"hellO"), Ok(()));
        assert!(matches!(verifier.finish(), Err(IntegrityError::Digest { .. })));
    }
}
