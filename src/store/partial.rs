//! What has been received of a blob so far: `.rcr/partial/<algorithm>-<hex>`, written in place.
//!
//! While bytes come in order, the length of the file says how many there are. From the first that comes out of order,
//! a map beside it, `<algorithm>-<hex>.map`, lists the ranges that are there: one `start-end` a line, the end
//! exclusive, each written after its bytes.
//!
//! What a partial holds is never trusted: it is hashed when the transfer goes on, and the hash over the whole decides.
//! Whoever has a `Partial` holds the lock of its digest.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::flush::Flush;
use super::lock::Lock;
use super::{Error, Layout, fs};
use crate::content::{IntegrityError, Piece, Ranges, Verifier};
use crate::model::Descriptor;

/// Bytes hashed at a time where they were written before it was their turn.
const CHUNK_BYTES: usize = 256 << 10;
/// Bytes that may have been written and not be on the map yet, or a thousandth of the blob where that is more: what a
/// killed process loses at most.
const MAP_BYTES: u64 = 1 << 20;
/// How much of a map is read, in bytes.
const MAP_LIMIT_BYTES: u64 = 1 << 20;

#[derive(Debug)]
pub(super) struct Partial {
    file: Arc<File>,
    path: PathBuf,
    map_path: PathBuf,
    /// Open from the first piece that came out of order.
    map: Option<File>,
    descriptor: Descriptor,
    /// Of the bytes from the start on, as far as they are hashed.
    verifier: Verifier,
    present: Ranges,
    /// What is present and not on the map.
    unmapped: Ranges,
    buffer: Vec<u8>,
    /// Whether an earlier attempt left something.
    continued: bool,
    flush: Option<Flush>,
    _lock: Lock,
}

impl Partial {
    /// Opens, and finds out what is there; more than the blob can have is thrown away at once.
    pub(super) fn open(layout: &Layout, descriptor: &Descriptor, lock: Lock) -> Result<Self, Error> {
        let path = layout.own_path("partial", &descriptor.digest);
        let map_path = path.with_extension("map");
        let file = fs::open_or_create(&path)?;
        let length = fs::size(&file, &path)?;
        let mut partial = Self {
            file: Arc::new(file),
            path,
            map_path,
            map: None,
            descriptor: descriptor.clone(),
            verifier: Verifier::new(descriptor),
            present: Ranges::of(0..length),
            unmapped: Ranges::default(),
            buffer: Vec::new(),
            continued: length > 0,
            flush: layout.is_durable().then(Flush::default),
            _lock: lock,
        };
        if length > descriptor.size {
            partial.restart()?;
        } else if length > 0 {
            partial.read_map()?;
        }
        Ok(partial)
    }

    fn read_map(&mut self) -> Result<(), Error> {
        let bytes = match fs::read_up_to(&self.map_path, MAP_LIMIT_BYTES) {
            Err(error) if error.is_absent() => return Ok(()),
            bytes => bytes?,
        };
        self.present = parse_map(&bytes);
        // A map without its bytes claims nothing.
        self.present.remove(&(fs::size(&self.file, &self.path)?..u64::MAX));
        let mut map = fs::open_or_create(&self.map_path)?;
        let end = fs::size(&map, &self.map_path)?;
        fs::seek(&mut map, &self.map_path, end)?;
        // The last line may have been cut off: this one is apart from it.
        fs::write(&mut map, &self.map_path, b"\n")?;
        self.map = Some(map);
        Ok(())
    }

    /// What is not there yet.
    pub(super) fn missing(&self) -> Ranges {
        self.present.gaps(self.descriptor.size)
    }

    /// Takes some of the bytes.
    pub(super) fn write(&mut self, piece: &Piece) -> Result<(), Error> {
        let missing = self.descriptor.size.saturating_sub(self.present.total());
        if piece.end() > self.descriptor.size {
            let (digest, expected) = (self.descriptor.digest.clone(), self.descriptor.size);
            return self.refuse(Err(IntegrityError::Size { digest, expected, actual: piece.end() }));
        }
        if piece.offset > self.present.prefix() && self.map.is_none() {
            self.start_map()?;
        }
        fs::write_at(&self.file, &self.path, piece.offset, &piece.bytes).map_err(|error| error.needing(missing))?;
        if piece.offset == self.verifier.received() {
            let hashed = self.verifier.update(&piece.bytes);
            self.refuse(hashed)?;
        }
        self.present.insert(piece.offset..piece.end());
        if self.map.is_some() {
            self.unmapped.insert(piece.offset..piece.end());
            // The map of a huge blob is not to become huge itself.
            if self.unmapped.total() >= MAP_BYTES.max(self.descriptor.size >> 10) {
                self.write_map()?;
            }
        }
        match &mut self.flush {
            Some(flush) => flush.written(&self.file, &self.path, piece.bytes.len() as u64).map_err(|e| self.give_up(e)),
            None => Ok(()),
        }
    }

    /// From now on the length of the file says nothing: the map comes first.
    fn start_map(&mut self) -> Result<(), Error> {
        fs::remove(&self.map_path)?;
        self.map = Some(fs::open_or_create(&self.map_path)?);
        self.unmapped = self.present.clone();
        self.write_map()
    }

    fn write_map(&mut self) -> Result<(), Error> {
        let Some(map) = &mut self.map else { return Ok(()) };
        let mut lines = String::new();
        for range in std::mem::take(&mut self.unmapped).iter() {
            // Writing to a string does not fail.
            let _ = writeln!(lines, "{}-{}", range.start, range.end);
        }
        fs::write(map, &self.map_path, lines.as_bytes())
    }

    /// Whether bytes wait to be hashed that were written before it was their turn.
    pub(super) fn is_behind(&self) -> bool {
        self.verifier.received() < self.present.prefix()
    }

    /// Hashes some of them.
    pub(super) fn catch_up(&mut self) -> Result<(), Error> {
        let left = self.present.prefix().saturating_sub(self.verifier.received());
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        self.buffer.resize(CHUNK_BYTES, 0);
        let from = self.verifier.received();
        let count = fs::read_at(&self.file, &self.path, from, &mut self.buffer[..wanted])?;
        if count == 0 {
            // Somebody made the file shorter: what is not there was not received.
            self.present.remove(&(from..u64::MAX));
            return Ok(());
        }
        let hashed = self.verifier.update(&self.buffer[..count]);
        self.refuse(hashed)
    }

    /// Throws away what is there.
    fn restart(&mut self) -> Result<(), Error> {
        self.verifier = Verifier::new(&self.descriptor);
        (self.present, self.unmapped, self.map) = (Ranges::default(), Ranges::default(), None);
        fs::clear(&self.file, &self.path)?;
        fs::remove(&self.map_path)
    }

    /// Verifies the whole, makes it durable and gives it its place at `target`.
    pub(super) fn commit(mut self, target: &Path) -> Result<(), Error> {
        while self.is_behind() {
            self.catch_up()?;
        }
        let verifier = std::mem::replace(&mut self.verifier, Verifier::new(&self.descriptor));
        self.refuse(verifier.finish())?;
        if self.continued {
            // It is as young as its last byte.
            fs::touch(&self.file, &self.path)?;
        }
        if let Some(flush) = self.flush.take() {
            flush.finish(&self.file, &self.path).map_err(|error| self.give_up(error))?;
        }
        if self.map.take().is_some() {
            fs::remove(&self.map_path)?;
        }
        self.unmapped = Ranges::default();
        fs::rename(&self.path, target)
    }

    /// After a failed sync the pages that did not reach the disk count as clean: a second attempt would succeed, and
    /// lie. So nothing of it is kept.
    fn give_up(&self, error: Error) -> Error {
        let _ = fs::remove(&self.path).and(fs::remove(&self.map_path));
        error
    }

    /// Wrong bytes are of no use to the next attempt.
    fn refuse(&mut self, checked: Result<(), IntegrityError>) -> Result<(), Error> {
        let Err(source) = checked else { return Ok(()) };
        self.restart()?;
        Err(Error::Content { path: self.path.clone(), source })
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Without it these bytes are fetched once more; that is all.
        let _ = self.write_map();
    }
}

/// The ranges of a map. A line that makes no sense is passed over: it may have been cut off, and the hash decides.
fn parse_map(bytes: &[u8]) -> Ranges {
    let mut ranges = Ranges::default();
    for line in String::from_utf8_lossy(bytes).lines() {
        let parsed = line.split_once('-').and_then(|(start, end)| Some((start.parse().ok()?, end.parse().ok()?)));
        if let Some((start, end)) = parsed {
            ranges.insert(start..end);
        }
    }
    ranges
}
