//! A source with patience: what it is asked to gather comes over several connections, and survives their failures.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::stream;

use super::crew::Crew;
use super::gather::Gather;
use crate::content::{Fault, Opened, PieceStream, Progress, Ranges, Source};
use crate::model::Descriptor;

/// Stands in front of the source of one blob while a sink receives it.
pub(super) struct Supply<'a, S> {
    source: &'a S,
    crew: &'a Crew<'a>,
    progress: &'a dyn Progress,
    gave_up: Arc<AtomicBool>,
}

impl<'a, S: Source> Supply<'a, S> {
    pub(super) fn new(source: &'a S, crew: &'a Crew<'a>, progress: &'a dyn Progress) -> Self {
        Self { source, crew, progress, gave_up: Arc::default() }
    }

    /// Whether everything was tried that there is to try.
    pub(super) fn gave_up(&self) -> bool {
        self.gave_up.load(Ordering::Relaxed)
    }
}

impl<S: Source> Source for Supply<'_, S> {
    async fn open(&self, descriptor: &Descriptor, range: Range<u64>) -> Result<Opened, Fault> {
        self.source.open(descriptor, range).await
    }

    fn gather<'a>(&'a self, descriptor: &'a Descriptor, missing: Ranges) -> PieceStream<'a> {
        let gather = Gather::new(self.source, descriptor, missing, self.crew, self.progress);
        let gave_up = self.gave_up.clone();
        Box::pin(stream::try_unfold(gather, move |mut gather| {
            let gave_up = gave_up.clone();
            async move {
                let next = gather.next().await.inspect_err(|_| gave_up.store(true, Ordering::Relaxed))?;
                Ok(next.map(|piece| (piece, gather)))
            }
        }))
    }

    fn pass_on(&self, descriptor: &Descriptor, fault: &Fault) -> bool {
        self.source.pass_on(descriptor, fault)
    }
}
