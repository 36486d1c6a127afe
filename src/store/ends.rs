//! The store as an end of a transfer: `content`'s traits over [`Layout`].

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use super::fs;
use super::layout::{blocking, locked};
use super::{Error, Ingest, Layout};
use crate::content::{Event, Fault, FaultKind, IntegrityError, Opened, Progress, Sink, Source, Stored, Verifier};
use crate::model::Descriptor;

/// Bytes read at a time: large enough for the disk, small enough for several streams at once.
const CHUNK_BYTES: usize = 256 << 10;
/// Blobs that are made durable while others move: the file system makes many durable at once as fast as a few.
const COMMITS: usize = 16;
/// Chunks read ahead of whoever takes them.
const AHEAD_CHUNKS: usize = 2;

impl Sink for Layout {
    /// By type and size, and by content where that was asked for: what has another is not the blob, and is replaced
    /// when it is received.
    async fn contains(&self, descriptor: &Descriptor) -> Result<bool, Fault> {
        let present = self.has(&descriptor.digest, descriptor.size)? && self.is_sound(descriptor).await?;
        if present {
            self.reuse(&descriptor.digest)?;
        }
        Ok(present)
    }

    async fn mount(&self, _descriptor: &Descriptor) -> Result<bool, Fault> {
        Ok(false)
    }

    fn behind(&self) -> usize {
        COMMITS
    }

    async fn receive<S: Source>(
        &self,
        descriptor: &Descriptor,
        source: &S,
        progress: &dyn Progress,
    ) -> Result<Stored, Fault> {
        let mut writer = match self.ingest(descriptor).await? {
            Ingest::Present => return Ok(Stored::Present),
            Ingest::Writer(writer) => writer,
        };
        let (digest, bytes) = (&descriptor.digest, descriptor.size);
        let missing = writer.missing().clone();
        let started = Event::Started { digest, offset: bytes.saturating_sub(missing.total()), bytes };
        let mut started = Some(started);
        let mut moved = 0;
        let mut pieces = source.gather(descriptor, missing);
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            let count = piece.bytes.len() as u64;
            // It may have waited for its turn until now.
            if let Some(started) = started.take() {
                progress.report(started);
            }
            writer.write(piece).await?;
            moved += count;
            progress.report(Event::Advanced { digest, bytes: count });
        }
        if let Some(started) = started {
            progress.report(started);
        }
        // What is left to do needs no connection.
        drop(pieces);
        writer.commit().await?;
        Ok(Stored::Moved { bytes: moved })
    }
}

impl Source for Layout {
    /// The first time that this process reads a blob, it is hashed on the way, from its first byte whatever the
    /// offset, and the last chunk is held back until the hash is right. A blob that is wrong is moved to `.rcr/bad/`,
    /// so that the next pull brings it anew.
    async fn open(&self, descriptor: &Descriptor, range: Range<u64>) -> Result<Opened, Fault> {
        let offset = range.start;
        let (layout, descriptor) = (self.clone(), descriptor.clone());
        let reader = blocking(move || Reader::open(layout, descriptor, offset)).await.map_err(local)?;
        let (chunks, mut queue) = mpsc::channel(AHEAD_CHUNKS);
        tokio::task::spawn_blocking(move || reader.run(&chunks));
        let stream = Box::pin(stream::poll_fn(move |context| queue.poll_recv(context)));
        Ok(Opened { offset, stream, in_parts: true, verified: true })
    }
}

/// The reading thread of one blob.
struct Reader {
    layout: Layout,
    descriptor: Descriptor,
    file: File,
    path: PathBuf,
    offset: u64,
    /// `None` where the blob was verified before.
    verifier: Option<Verifier>,
    buffers: Buffers,
}

/// Memory that chunks come back to once they were sent: to get as much from the system for each chunk would cost as
/// much as reading it.
#[derive(Clone, Default)]
struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
    fn take(&self, length: usize) -> Lent {
        let used = locked(&self.0).pop();
        Lent { bytes: used.unwrap_or_else(|| vec![0; length]), filled: 0, home: self.clone() }
    }
}

/// A buffer on its way.
struct Lent {
    bytes: Vec<u8>,
    filled: usize,
    home: Buffers,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        locked(&self.home.0).push(std::mem::take(&mut self.bytes));
    }
}

impl Reader {
    fn open(layout: Layout, descriptor: Descriptor, offset: u64) -> Result<Self, Error> {
        let path = layout.blob_path(&descriptor.digest);
        let mut file = match fs::open(&path) {
            Err(error) if error.is_absent() => {
                return Err(Error::Missing { digest: descriptor.digest, size_bytes: descriptor.size });
            }
            result => result?,
        };
        let actual = fs::size(&file, &path)?;
        if actual != descriptor.size {
            let (digest, expected) = (descriptor.digest, descriptor.size);
            return Err(Error::Content { path, source: IntegrityError::Size { digest, expected, actual } });
        }
        let verifier = if layout.is_verified(&descriptor.digest) {
            fs::seek(&mut file, &path, offset)?;
            None
        } else {
            Some(Verifier::new(&descriptor))
        };
        Ok(Self { layout, descriptor, file, path, offset, verifier, buffers: Buffers::default() })
    }

    fn run(mut self, chunks: &mpsc::Sender<Result<Bytes, Fault>>) {
        if let Err(error) = self.send(chunks) {
            if matches!(error, Error::Content { .. }) {
                // A store that cannot be written keeps the file; the error is the same.
                let _ = self.layout.quarantine(&self.descriptor.digest, Some(&self.file));
            }
            // Nobody may be listening any more.
            let _ = chunks.blocking_send(Err(local(error)));
        }
    }

    fn send(&mut self, chunks: &mpsc::Sender<Result<Bytes, Fault>>) -> Result<(), Error> {
        let mut position = if self.verifier.is_some() { 0 } else { self.offset };
        let mut held: Option<Bytes> = None;
        let length = usize::try_from(self.descriptor.size).unwrap_or(CHUNK_BYTES).clamp(1, CHUNK_BYTES);
        loop {
            let mut buffer = self.buffers.take(length);
            let count = fs::read(&mut self.file, &self.path, &mut buffer.bytes)?;
            if count == 0 {
                break;
            }
            buffer.filled = count;
            if let Some(verifier) = &mut self.verifier {
                verifier.update(buffer.as_ref()).map_err(|source| wrong(&self.path, source))?;
            }
            let before = self.offset.saturating_sub(position).min(count as u64);
            position += count as u64;
            // `before` is at most a chunk, and so fits everywhere.
            let chunk = Bytes::from_owner(buffer).slice(usize::try_from(before).unwrap_or(count)..);
            if chunk.is_empty() {
                continue;
            }
            if let Some(earlier) = held.replace(chunk)
                && chunks.blocking_send(Ok(earlier)).is_err()
            {
                return Ok(());
            }
        }
        match self.verifier.take() {
            Some(verifier) => verifier.finish().map_err(|source| wrong(&self.path, source))?,
            None if position != self.descriptor.size => {
                let (digest, expected) = (self.descriptor.digest.clone(), self.descriptor.size);
                return Err(wrong(&self.path, IntegrityError::Size { digest, expected, actual: position }));
            }
            None => {}
        }
        self.layout.set_verified(&self.descriptor.digest, true);
        if let Some(last) = held {
            // Nobody may be listening any more.
            let _ = chunks.blocking_send(Ok(last));
        }
        Ok(())
    }
}

fn wrong(path: &Path, source: IntegrityError) -> Error {
    Error::Content { path: path.to_owned(), source }
}

/// A stored blob that is wrong stays wrong, whoever asks again.
fn local(error: Error) -> Fault {
    Fault::new(FaultKind::Permanent, error)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use futures_util::StreamExt;

    use super::*;
    use crate::content::Silent;
    use crate::store::fixture::{LAYER, Served, describe, layout, put_blob, read};

    const TEXT: &[u8] = b"hello, stored world";

    #[tokio::test]
    async fn a_cut_transfer_goes_on_where_it_stopped() {
        for resumes in [true, false] {
            let dir = tempfile::tempdir().unwrap();
            let layout = layout(dir.path());
            let descriptor = describe(LAYER, TEXT);
            let cut = Served { bytes: TEXT, until: 9, resumes };
            let fault = layout.receive(&descriptor, &cut, &Silent).await.expect_err("cut");
            assert_eq!(fault.kind(), FaultKind::Transient);
            assert!(!layout.contains(&descriptor).await.unwrap());
            let whole = Served { bytes: TEXT, until: TEXT.len(), resumes };
            assert_eq!(layout.receive(&descriptor, &whole, &Silent).await.unwrap(), Stored::Moved { bytes: 10 });
            assert!(layout.contains(&descriptor).await.unwrap());
            assert_eq!(layout.receive(&descriptor, &whole, &Silent).await.unwrap(), Stored::Present);
        }
    }

    #[tokio::test]
    async fn wrong_bytes_are_corrupt_and_the_next_attempt_starts_over() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let descriptor = describe(LAYER, TEXT);
        let wrong = Served { bytes: b"hello, stored w0rld", until: TEXT.len(), resumes: true };
        let fault = layout.receive(&descriptor, &wrong, &Silent).await.expect_err("wrong");
        assert_eq!(fault.kind(), FaultKind::Corrupt);
        assert!(!layout.contains(&descriptor).await.unwrap());
        let right = Served { bytes: TEXT, until: TEXT.len(), resumes: true };
        assert_eq!(layout.receive(&descriptor, &right, &Silent).await.unwrap(), Stored::Moved { bytes: 19 });
    }

    #[tokio::test]
    async fn reads_from_any_offset() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let long: Vec<u8> = (0..CHUNK_BYTES * 2 + 7).map(|n| u8::try_from(n % 251).unwrap()).collect();
        for bytes in [&long[..], b"", b"x"] {
            let descriptor = put_blob(&layout, LAYER, bytes).await;
            let size = bytes.len();
            for offset in [0, size / 2, size.saturating_sub(1), size] {
                for verified in [false, true] {
                    layout.set_verified(&descriptor.digest, verified);
                    let got = read(&layout, &descriptor, offset as u64).await.unwrap();
                    assert!(got == bytes[offset..], "{size} bytes from {offset}, verified: {verified}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_flipped_blob_fails_before_its_last_chunk_and_is_set_aside() {
        for offset in [0, CHUNK_BYTES + 1] {
            let dir = tempfile::tempdir().unwrap();
            let layout = layout(dir.path());
            let bytes = vec![7; CHUNK_BYTES * 2 + 1];
            let descriptor = put_blob(&layout, LAYER, &bytes).await;
            let path = layout.blob_path(&descriptor.digest);
            let mut flipped = bytes.clone();
            flipped[3] = 8;
            std::fs::write(&path, &flipped).unwrap();
            assert!(layout.contains(&descriptor).await.unwrap(), "nobody looked yet");

            let mut opened = Source::open(&layout, &descriptor, offset as u64..descriptor.size).await.unwrap();
            let (mut received, mut fault) = (0, None);
            while let Some(chunk) = opened.stream.next().await {
                match chunk {
                    Ok(chunk) => received += chunk.len(),
                    Err(error) => fault = Some(error),
                }
            }
            assert!(received + offset < bytes.len(), "the last chunk was held back");
            let fault = fault.expect("an integrity error");
            assert_eq!(fault.kind(), FaultKind::Permanent);
            let cause = std::error::Error::source(&fault).and_then(|e| e.downcast_ref::<Error>());
            assert!(matches!(cause, Some(Error::Content { source: IntegrityError::Digest { .. }, .. })), "{fault:?}");

            assert!(!path.exists());
            assert_eq!(std::fs::read(layout.own_path("bad", &descriptor.digest)).unwrap(), flipped);
            assert!(!layout.contains(&descriptor).await.unwrap(), "the next pull heals it");
            put_blob(&layout, LAYER, &bytes).await;
            assert!(read(&layout, &descriptor, 0).await.unwrap() == bytes);
        }
    }

    #[tokio::test]
    async fn a_blob_of_another_size_or_type_is_neither_contained_nor_read() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let descriptor = put_blob(&layout, LAYER, TEXT).await;
        let path = layout.blob_path(&descriptor.digest);
        std::fs::write(&path, b"short").unwrap();
        assert!(!layout.contains(&descriptor).await.unwrap());
        assert!(read(&layout, &descriptor, 0).await.is_err());
        let elsewhere = dir.path().join("elsewhere");
        std::fs::write(&elsewhere, TEXT).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        assert!(!layout.contains(&descriptor).await.unwrap());
        let fault = Source::open(&layout, &descriptor, 0..descriptor.size).await.expect_err("a link");
        assert!(fault.to_string().contains("symbolic link"), "{fault}");
    }

    #[tokio::test]
    async fn reuse_makes_a_blob_young() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let descriptor = put_blob(&layout, LAYER, TEXT).await;
        let path = layout.blob_path(&descriptor.digest);
        let modified = || std::fs::metadata(&path).unwrap().modified().unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(3 * 24 * 60 * 60);
        File::open(&path).unwrap().set_modified(long_ago).unwrap();
        assert!(layout.contains(&descriptor).await.unwrap());
        assert!(modified() > long_ago + Duration::from_secs(60), "{:?}", modified());
    }
}
