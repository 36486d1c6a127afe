//! Making a file durable while it is still being written, so that little is left to do at its end.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use tokio::runtime::Handle;

use super::{Error, fs};

/// Bytes between two syncs: enough to keep a disk busy, and little enough that the last takes no time to speak of.
const FLUSH_BYTES: u64 = 32 << 20;

/// What of a file is on its way to the disk.
#[derive(Debug, Default)]
pub(super) struct Flush {
    written: u64,
    running: Option<Receiver<Result<(), Error>>>,
}

impl Flush {
    /// So many more bytes were written. Now and then this starts a sync on another thread; fails where an earlier
    /// one did.
    pub(super) fn written(&mut self, file: &Arc<File>, path: &Path, bytes: u64) -> Result<(), Error> {
        self.written += bytes;
        if self.written < FLUSH_BYTES {
            return Ok(());
        }
        if let Some(running) = &self.running {
            match running.try_recv() {
                Ok(outcome) => outcome?,
                Err(TryRecvError::Empty) => return Ok(()),
                // The program ends.
                Err(TryRecvError::Disconnected) => {}
            }
        }
        let Ok(runtime) = Handle::try_current() else { return Ok(()) };
        let (done, running) = sync_channel(1);
        let (file, path) = (file.clone(), path.to_owned());
        runtime.spawn_blocking(move || {
            let outcome = fs::sync_file(&file, &path);
            if outcome.is_err() {
                // Nobody may be waiting, and what is left must not be taken for good by the next attempt.
                let _ = fs::remove(&path);
            }
            let _ = done.send(outcome);
        });
        (self.running, self.written) = (Some(running), 0);
        Ok(())
    }

    /// Makes all of the file durable.
    pub(super) fn finish(self, file: &File, path: &Path) -> Result<(), Error> {
        // An error is told once, to whoever waited first: it must not be lost.
        if let Some(Ok(outcome)) = self.running.map(|running| running.recv()) {
            outcome?;
        }
        fs::sync_file(file, path)
    }
}
