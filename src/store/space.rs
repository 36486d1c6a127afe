//! Room: what a pull is going to write, and what the store's file system has left for it.

use super::fs::{self, Node};
use super::layout::blocking;
use super::{Error, Layout};
use crate::model::Descriptor;

/// What is to be written, and the room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// How many bytes are to be written.
    pub needed_bytes: u64,
    /// How many bytes the file system has left; `None` where it does not say.
    pub free_bytes: Option<u64>,
}

impl Space {
    /// By how many bytes the room falls short, if it does.
    #[must_use]
    pub fn shortage_bytes(&self) -> Option<u64> {
        self.needed_bytes.checked_sub(self.free_bytes?).filter(|bytes| *bytes > 0)
    }
}

impl Layout {
    /// What receiving `blobs` takes beyond what earlier attempts have left, and whether there is room for it.
    ///
    /// # Errors
    /// [`Error::Stopped`] alone: a file system that does not answer is no reason to stop.
    pub async fn space_for(&self, blobs: &[Descriptor]) -> Result<Space, Error> {
        let (layout, blobs) = (self.clone(), blobs.to_vec());
        blocking(move || {
            let missing = |blob: &Descriptor| blob.size.saturating_sub(layout.partial_bytes(blob));
            let needed_bytes = blobs.iter().fold(0, |sum: u64, blob| sum.saturating_add(missing(blob)));
            Ok(Space { needed_bytes, free_bytes: fs::free(layout.root()) })
        })
        .await
    }

    /// Refuses to begin with what will not fit.
    ///
    /// # Errors
    /// [`Error::TooLittleSpace`].
    pub async fn demand_space(&self, blobs: &[Descriptor]) -> Result<(), Error> {
        let space = self.space_for(blobs).await?;
        match (space.shortage_bytes(), space.free_bytes) {
            (Some(_), Some(free_bytes)) => {
                let (path, needed_bytes) = (self.root().to_owned(), space.needed_bytes);
                Err(Error::TooLittleSpace { path, needed_bytes, free_bytes })
            }
            _ => Ok(()),
        }
    }

    /// How many bytes of a blob earlier attempts have left on the disk; none where they are of no use. A file that was
    /// written out of order is longer than what it takes up.
    pub(super) fn partial_bytes(&self, descriptor: &Descriptor) -> u64 {
        match fs::look(&self.own_path("partial", &descriptor.digest)) {
            Ok(Node::File { size, occupied, .. }) if size <= descriptor.size => occupied.min(size),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::store::fixture::{LAYER, describe, layout};

    #[tokio::test]
    async fn what_is_needed_is_what_is_missing_and_never_overflows() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let (one, other) = (describe(LAYER, b"hello, world"), describe(LAYER, b"more"));
        let blobs = [one.clone(), other.clone()];
        let needed = async |blobs: &[Descriptor]| layout.space_for(blobs).await.unwrap().needed_bytes;
        assert_eq!(needed(&blobs).await, 16);
        std::fs::write(layout.own_path("partial", &one.digest), b"hello").unwrap();
        assert_eq!(needed(&blobs).await, 11);
        // More than there can be is thrown away.
        std::fs::write(layout.own_path("partial", &other.digest), b"more than there is").unwrap();
        assert_eq!(needed(&blobs).await, 11);
        assert!(layout.demand_space(&blobs).await.is_ok());
        assert_eq!(needed(&[]).await, 0);

        std::fs::remove_file(layout.own_path("partial", &other.digest)).unwrap();
        let huge = |size| Descriptor { size, ..other.clone() };
        assert_eq!(needed(&[huge(1 << 63), huge(1 << 63)]).await, u64::MAX);
        let error = layout.demand_space(&[huge(1 << 63)]).await.unwrap_err();
        let Error::TooLittleSpace { needed_bytes, free_bytes, .. } = error else { panic!("{error:?}") };
        assert_eq!(needed_bytes, 1 << 63);
        assert!(free_bytes > 0 && free_bytes < needed_bytes, "{free_bytes}");
    }

    #[test]
    fn a_shortage_is_one_only_where_the_room_is_known() {
        let shortage = |needed_bytes, free_bytes| Space { needed_bytes, free_bytes }.shortage_bytes();
        assert_eq!(shortage(10, Some(4)), Some(6));
        assert_eq!(shortage(10, Some(0)), Some(10));
        for enough in [(10, Some(10)), (0, Some(0)), (u64::MAX, None)] {
            assert_eq!(shortage(enough.0, enough.1), None, "{enough:?}");
        }
    }

    #[test]
    fn the_room_for_what_is_not_there_yet_is_its_parents() {
        let dir = tempfile::tempdir().unwrap();
        assert!(fs::free(&dir.path().join("deep/er")).is_some_and(|bytes| bytes > 0));
        assert!(fs::free(Path::new("not-there-yet")).is_some());
        let file = dir.path().join("file");
        std::fs::write(&file, b"").unwrap();
        assert_eq!(fs::free(&file.join("below")), None, "below a file there is nothing");
    }
}
