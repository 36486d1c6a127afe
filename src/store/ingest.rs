use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::fs::{self, Node};
use super::layout::blocking;
use super::partial::Partial;
use super::{Durability, Error, Layout};
use crate::model::Descriptor;

/// Chunks on their way to the disk: what keeps a slow disk from filling the memory. A chunk from the network has at
/// most some hundred KiB.
const QUEUE_CHUNKS: usize = 16;

/// A blob that is to be received.
#[derive(Debug)]
pub enum Ingest {
    /// Another process or task brought it meanwhile.
    Present,
    /// It is to be written.
    Writer(Writer),
}

/// Receives one blob. The digest's lock is held until this is committed or dropped; what was received by then stays,
/// and the next writer goes on from there.
#[derive(Debug)]
pub struct Writer {
    offset: u64,
    orders: mpsc::Sender<Order>,
    worker: Option<JoinHandle<Result<(), Error>>>,
}

enum Order {
    Write(Bytes),
    Restart(oneshot::Sender<()>),
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
        let (orders, queue) = mpsc::channel(QUEUE_CHUNKS);
        let (layout, wanted, offset) = (self.clone(), descriptor.clone(), partial.offset());
        let worker = tokio::task::spawn_blocking(move || work(&layout, &wanted, partial, queue));
        Ok(Ingest::Writer(Writer { offset, orders, worker: Some(worker) }))
    }

    /// Puts a verified partial in its blob's place.
    fn admit(&self, descriptor: &Descriptor, partial: Partial) -> Result<(), Error> {
        let durable = self.options().durability == Durability::Full;
        if !durable {
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
        partial.commit(&target, durable)?;
        self.mark_dirty(&target);
        self.set_verified(&descriptor.digest, false);
        Ok(())
    }
}

/// The writing thread of one blob: hashing and writing overlap with the network and with other blobs.
fn work(
    layout: &Layout,
    descriptor: &Descriptor,
    mut partial: Partial,
    mut queue: mpsc::Receiver<Order>,
) -> Result<(), Error> {
    while let Some(order) = queue.blocking_recv() {
        match order {
            Order::Write(bytes) => partial.append(&bytes)?,
            Order::Restart(done) => {
                partial.restart()?;
                // Whoever asked may have been dropped meanwhile.
                let _ = done.send(());
            }
            Order::Commit => return layout.admit(descriptor, partial),
        }
    }
    Ok(())
}

impl Writer {
    /// How many bytes earlier attempts have left: where to go on.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes the next bytes; waits while the disk is behind. An error may be that of earlier bytes.
    ///
    /// # Errors
    /// [`Error::Content`] at the first byte too many, or the file system's error. The writer is of no use after it.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.order(Order::Write(bytes)).await
    }

    /// Throws away what was received: the source starts from the first byte.
    ///
    /// # Errors
    /// As [`Writer::write`].
    pub async fn restart(&mut self) -> Result<(), Error> {
        let (done, restarted) = oneshot::channel();
        self.order(Order::Restart(done)).await?;
        if restarted.await.is_err() {
            return self.outcome().await.and(Err(Error::Stopped));
        }
        self.offset = 0;
        Ok(())
    }

    /// Verifies size and digest, and gives the blob its place. Its name is durable after [`Layout::sync`].
    ///
    /// # Errors
    /// [`Error::Content`] where the bytes are wrong: what was received is gone, and the next writer starts from
    /// zero. [`Error::Sync`] where the disk failed, after which trying again is no use.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.order(Order::Commit).await?;
        self.outcome().await
    }

    async fn order(&mut self, order: Order) -> Result<(), Error> {
        if self.orders.send(order).await.is_ok() {
            return Ok(());
        }
        // The thread takes orders until it fails, so there is an error to be had, once.
        self.outcome().await.and(Err(Error::Stopped))
    }

    async fn outcome(&mut self) -> Result<(), Error> {
        let Some(worker) = self.worker.take() else { return Err(Error::Stopped) };
        match worker.await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(Error::Stopped),
        }
    }
}
