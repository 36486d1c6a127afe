//! Receiving a blob: one writer per digest at a time, hashing and writing in a thread of its own.

use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;

use super::fs::{self, Node};
use super::layout::{ROOM_KIB, blocking};
use super::partial::Partial;
use super::{Error, Layout};
use crate::content::{Piece, Ranges};
use crate::model::Descriptor;

/// Pieces on their way to the thread. What bounds the memory is the room of the layout.
const QUEUE_PIECES: usize = 64;
/// A blob of at most so many bytes waits in memory until it is whole: then it costs one turn of a thread.
const SMALL_BYTES: u64 = 256 << 10;
/// How long it waits at most: a slow one is not to be lost with the process.
const SMALL_WAIT: Duration = Duration::from_millis(250);

/// A blob that is to be received.
#[derive(Debug)]
pub enum Ingest {
    /// Another process or task brought it meanwhile.
    Present,
    /// It is to be written.
    Writer(Box<Writer>),
}

/// Receives one blob. The digest's lock is held until this is committed or dropped; what was received by then stays,
/// and the next writer goes on from there.
#[derive(Debug)]
pub struct Writer {
    layout: Layout,
    descriptor: Descriptor,
    missing: Ranges,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing was handed to a thread yet.
    Collecting { partial: Partial, pieces: Vec<Piece>, since: Instant },
    /// A thread writes.
    Working { orders: mpsc::Sender<Order>, worker: JoinHandle<Result<(), Error>> },
    /// It came to an end.
    Over,
}

#[derive(Debug)]
enum Order {
    Write(Piece, OwnedSemaphorePermit),
    Commit,
}

impl Layout {
    /// Prepares to receive the blob of `descriptor`: waits for others who are receiving it, and finds out how much
    /// earlier attempts have left.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process takes too long, or the file system's error.
    pub async fn ingest(&self, descriptor: &Descriptor) -> Result<Ingest, Error> {
        let wait = self.options().lock_wait;
        let lock = self.noted(self.digest_lock(&descriptor.digest).acquire(wait).await?);
        let (layout, wanted) = (self.clone(), descriptor.clone());
        let partial = blocking(move || {
            if layout.has(&wanted.digest, wanted.size)? {
                layout.reuse(&wanted.digest)?;
                return Ok(None);
            }
            Partial::open(&layout, &wanted, lock).map(Some)
        })
        .await?;
        let Some(partial) = partial else { return Ok(Ingest::Present) };
        let missing = partial.missing();
        let state = State::Collecting { partial, pieces: Vec::new(), since: Instant::now() };
        let (layout, descriptor) = (self.clone(), descriptor.clone());
        Ok(Ingest::Writer(Box::new(Writer { layout, descriptor, missing, state })))
    }

    /// Puts a verified partial in its blob's place.
    fn admit(&self, descriptor: &Descriptor, partial: Partial) -> Result<(), Error> {
        if !self.is_durable() {
            self.note_unsynced()?;
        }
        let target = self.blob_path(&descriptor.digest);
        if let Some(directory) = target.parent() {
            fs::make_dir(directory)?;
        }
        if fs::look(&target)? == Node::Directory {
            // The one thing that a rename does not replace.
            self.set_aside(&descriptor.digest)?;
        }
        partial.commit(&target)?;
        self.mark_dirty(&target);
        self.set_verified(&descriptor.digest, false);
        Ok(())
    }
}

/// The writing thread of one blob: hashing and writing overlap with the network and with other blobs. What has to be
/// hashed from the file is hashed between the pieces.
fn work(
    layout: &Layout,
    descriptor: &Descriptor,
    mut partial: Partial,
    mut queue: mpsc::Receiver<Order>,
) -> Result<(), Error> {
    loop {
        let order = if partial.is_behind() {
            match queue.try_recv() {
                Err(mpsc::error::TryRecvError::Empty) => {
                    partial.catch_up()?;
                    continue;
                }
                order => order.ok(),
            }
        } else {
            queue.blocking_recv()
        };
        match order {
            Some(Order::Write(piece, _room)) => {
                partial.write(&piece)?;
                if partial.is_behind() {
                    partial.catch_up()?;
                }
            }
            Some(Order::Commit) => return layout.admit(descriptor, partial),
            None => return Ok(()),
        }
    }
}

impl Writer {
    /// Which bytes earlier attempts have left to be fetched.
    pub fn missing(&self) -> &Ranges {
        &self.missing
    }

    #[cfg(test)]
    pub(super) fn size_bytes(&self) -> u64 {
        self.descriptor.size
    }

    /// Takes a piece, from wherever in the blob; waits while the disk is behind. An error may be that of an earlier
    /// piece.
    ///
    /// # Errors
    /// [`Error::Content`] where it goes beyond the end of the blob, or the file system's error. The writer is of no
    /// use after it.
    pub async fn write(&mut self, piece: Piece) -> Result<(), Error> {
        self.missing.remove(&(piece.offset..piece.end()));
        if let State::Collecting { pieces, since, .. } = &mut self.state {
            if self.descriptor.size <= SMALL_BYTES && piece.end() <= SMALL_BYTES && since.elapsed() <= SMALL_WAIT {
                pieces.push(piece);
                return Ok(());
            }
            self.start().await?;
        }
        self.send(piece).await
    }

    /// Verifies size and digest, and gives the blob its place. Its name is durable after [`Layout::sync`].
    ///
    /// # Errors
    /// [`Error::Content`] where the bytes are wrong: what was received is gone, and the next writer starts from
    /// zero. [`Error::Sync`] where the disk failed, after which trying again is no use.
    pub async fn commit(mut self) -> Result<(), Error> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Collecting { mut partial, pieces, .. } => {
                let (layout, descriptor) = (self.layout.clone(), self.descriptor.clone());
                blocking(move || {
                    pieces.iter().try_for_each(|piece| partial.write(piece))?;
                    layout.admit(&descriptor, partial)
                })
                .await
            }
            State::Working { orders, worker } => {
                // Where the thread has ended, it has an error to tell.
                let _ = orders.send(Order::Commit).await;
                outcome(worker).await
            }
            State::Over => Err(Error::Stopped),
        }
    }

    /// Hands everything to a thread.
    async fn start(&mut self) -> Result<(), Error> {
        let State::Collecting { partial, pieces, .. } = std::mem::replace(&mut self.state, State::Over) else {
            return Ok(());
        };
        let (orders, queue) = mpsc::channel(QUEUE_PIECES);
        let (layout, descriptor) = (self.layout.clone(), self.descriptor.clone());
        let worker = tokio::task::spawn_blocking(move || work(&layout, &descriptor, partial, queue));
        self.state = State::Working { orders, worker };
        for piece in pieces {
            self.send(piece).await?;
        }
        Ok(())
    }

    async fn send(&mut self, piece: Piece) -> Result<(), Error> {
        let State::Working { orders, .. } = &self.state else { return Err(Error::Stopped) };
        let kib = u32::try_from(piece.bytes.len().div_ceil(1 << 10)).unwrap_or(ROOM_KIB).min(ROOM_KIB);
        let room = self.layout.room().clone().acquire_many_owned(kib).await.map_err(|_| Error::Stopped)?;
        if orders.send(Order::Write(piece, room)).await.is_ok() {
            return Ok(());
        }
        // The thread takes orders until it fails, so there is an error to be had, once.
        match std::mem::replace(&mut self.state, State::Over) {
            State::Working { worker, .. } => outcome(worker).await.and(Err(Error::Stopped)),
            _ => Err(Error::Stopped),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // A few hundred KiB to the page cache. What cannot be written is fetched once more.
        if let State::Collecting { partial, pieces, .. } = &mut self.state {
            let _ = pieces.iter().try_for_each(|piece| partial.write(piece));
        }
    }
}

async fn outcome(worker: JoinHandle<Result<(), Error>>) -> Result<(), Error> {
    match worker.await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Error::Stopped),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use bytes::Bytes;

    use super::*;
    use crate::store::fixture::{LAYER, append, describe, impatient, layout, put_blob, writer};

    const TEXT: &[u8] = b"hello, stored world";

    #[tokio::test]
    async fn a_blob_enters_in_pieces_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        for (name, bytes) in [("some bytes", TEXT), ("no bytes", b"")] {
            let descriptor = describe(LAYER, bytes);
            let mut writer = writer(&layout, &descriptor).await;
            for piece in bytes.chunks(4) {
                append(&mut writer, Bytes::copy_from_slice(piece)).await;
            }
            writer.commit().await.unwrap();
            let path = layout.blob_path(&descriptor.digest);
            assert_eq!(std::fs::read(&path).unwrap(), bytes, "{name}");
            assert_eq!(
                std::fs::metadata(&path).unwrap().mode() & 0o133,
                0,
                "{name}: neither executable nor writable by all"
            );
            assert!(matches!(layout.ingest(&descriptor).await, Ok(Ingest::Present)), "{name}");
        }
        for (left, expected) in [(".rcr/partial", &[][..]), (".rcr/lock", &["index"]), (".rcr/tmp", &[])] {
            assert_eq!(fs::list(&layout.path(left)).unwrap(), expected, "{left}");
        }
    }

    #[tokio::test]
    async fn each_algorithm_has_its_directory() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let digest = crate::content::digest_of(crate::model::Algorithm::Sha512, TEXT);
        let descriptor = Descriptor { digest, ..describe(LAYER, TEXT) };
        let mut writer = writer(&layout, &descriptor).await;
        append(&mut writer, Bytes::from_static(TEXT)).await;
        writer.commit().await.unwrap();
        layout.sync().await.unwrap();
        assert_eq!(std::fs::read(dir.path().join("blobs/sha512").join(descriptor.digest.hex())).unwrap(), TEXT);
        assert_eq!(layout.blobs().unwrap(), [descriptor.digest]);
    }

    #[tokio::test]
    async fn a_dropped_writer_leaves_what_it_has_for_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let descriptor = describe(LAYER, TEXT);
        let mut first = writer(&layout, &descriptor).await;
        append(&mut first, Bytes::from_static(&TEXT[..7])).await;
        drop(first);
        let mut second = writer(&layout, &descriptor).await;
        assert_eq!(second.held(), 7);
        assert!(!layout.has(&descriptor.digest, descriptor.size).unwrap(), "a partial is no blob");
        append(&mut second, Bytes::from_static(&TEXT[7..])).await;
        second.commit().await.unwrap();
        assert!(layout.has(&descriptor.digest, descriptor.size).unwrap());
    }

    #[tokio::test]
    async fn a_partial_is_not_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let descriptor = describe(LAYER, TEXT);
        let partial = layout.own_path("partial", &descriptor.digest);
        let blob = layout.blob_path(&descriptor.digest);

        std::fs::write(&partial, b"hellO, ").unwrap();
        let mut flipped = writer(&layout, &descriptor).await;
        assert_eq!(flipped.held(), 7);
        append(&mut flipped, Bytes::from_static(&TEXT[7..])).await;
        assert!(matches!(flipped.commit().await, Err(Error::Content { .. })));
        assert!(!blob.exists(), "wrong bytes never get the name");

        let again = writer(&layout, &descriptor).await;
        assert_eq!(again.held(), 0, "the next attempt starts from zero");
        drop(again);

        std::fs::write(&partial, [TEXT, b"!"].concat()).unwrap();
        assert_eq!(writer(&layout, &descriptor).await.held(), 0, "too long to be right");
    }

    #[tokio::test]
    async fn a_byte_too_many_or_too_few_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let descriptor = describe(LAYER, TEXT);
        let mut long = writer(&layout, &descriptor).await;
        append(&mut long, Bytes::from([TEXT, b"!"].concat())).await;
        assert!(matches!(long.commit().await, Err(Error::Content { .. })));
        let mut short = writer(&layout, &descriptor).await;
        assert_eq!(short.held(), 0);
        append(&mut short, Bytes::from_static(&TEXT[1..])).await;
        assert!(matches!(short.commit().await, Err(Error::Content { .. })));
        assert!(!layout.blob_path(&descriptor.digest).exists());
    }

    #[tokio::test]
    async fn whatever_is_no_blob_is_replaced() {
        type Spoil = fn(&std::path::Path);
        let cases: [(&str, Spoil); 4] = [
            ("truncated", |path| std::fs::write(path, b"hel").unwrap()),
            ("zero length", |path| std::fs::write(path, b"").unwrap()),
            ("a directory", |path| {
                std::fs::remove_file(path).unwrap();
                std::fs::create_dir(path).unwrap();
                std::fs::write(path.join("x"), b"x").unwrap();
            }),
            ("a link to a file of the right size", |path| {
                let victim = path.with_file_name("victim");
                std::fs::write(&victim, b"HELLO, STORED WORLD").unwrap();
                std::fs::remove_file(path).unwrap();
                symlink(&victim, path).unwrap();
            }),
        ];
        for (name, spoil) in cases {
            let dir = tempfile::tempdir().unwrap();
            let layout = layout(dir.path());
            let path = layout.blob_path(&put_blob(&layout, LAYER, TEXT).await.digest);
            spoil(&path);
            put_blob(&layout, LAYER, TEXT).await;
            assert!(std::fs::symlink_metadata(&path).unwrap().is_file(), "{name}");
            assert_eq!(std::fs::read(&path).unwrap(), TEXT, "{name}");
            if let Ok(victim) = std::fs::read(path.with_file_name("victim")) {
                assert_eq!(victim, b"HELLO, STORED WORLD", "{name}");
            }
        }
    }

    #[tokio::test]
    async fn a_link_in_place_of_a_partial_is_not_written_through() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let descriptor = describe(LAYER, TEXT);
        let victim = dir.path().join("victim");
        std::fs::write(&victim, b"").unwrap();
        symlink(&victim, layout.own_path("partial", &descriptor.digest)).unwrap();
        assert!(matches!(layout.ingest(&descriptor).await, Err(Error::Planted { .. })));
        assert_eq!(std::fs::read(&victim).unwrap(), b"");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_many_who_want_a_blob_one_receives_it() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                // Handles of their own, as other processes have.
                let layout = Layout::create_or_open(layout.root(), layout.options()).unwrap();
                tokio::spawn(async move {
                    let Ingest::Writer(mut writer) = layout.ingest(&describe(LAYER, TEXT)).await.unwrap() else {
                        return 0;
                    };
                    append(&mut writer, Bytes::from_static(TEXT)).await;
                    writer.commit().await.unwrap();
                    1
                })
            })
            .collect();
        let mut received = 0;
        for task in tasks {
            received += task.await.unwrap();
        }
        assert_eq!(received, 1);
    }

    #[tokio::test]
    async fn a_digest_that_is_being_received_is_busy() {
        let dir = tempfile::tempdir().unwrap();
        let layout = impatient(dir.path());
        let descriptor = describe(LAYER, TEXT);
        let _held = writer(&layout, &descriptor).await;
        let error = layout.ingest(&descriptor).await.expect_err("held");
        assert_eq!(error.nature(), super::super::Nature::Busy);
        assert!(error.to_string().contains(&descriptor.digest.to_string()), "{error}");
    }
}
