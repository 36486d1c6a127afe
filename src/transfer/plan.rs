use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::content::{Fault, Sink};
use crate::model::Descriptor;

/// What a transfer will do. A value: made before a byte moves, and printable, which is what `--dry-run` shows.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Blobs to move, in the order in which they were asked for.
    pub fetch: Vec<Descriptor>,
    /// Blobs that the destination has.
    pub present: Vec<Descriptor>,
}

impl Plan {
    /// Asks `sink` about each distinct blob, `concurrency` at a time.
    ///
    /// # Errors
    /// The first [`Fault`] of the sink.
    pub async fn build<D: Sink>(blobs: Vec<Descriptor>, sink: &D, concurrency: usize) -> Result<Self, Fault> {
        let mut seen = BTreeSet::new();
        let distinct: Vec<Descriptor> = blobs.into_iter().filter(|b| seen.insert(b.digest.clone())).collect();
        let answers: Vec<(Descriptor, bool)> = stream::iter(distinct)
            .map(|blob| async move { sink.contains(&blob).await.map(|held| (blob, held)) })
            .buffered(concurrency.max(1))
            .try_collect()
            .await?;
        let (present, fetch): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, held)| *held);
        let bare = |pairs: Vec<(Descriptor, bool)>| pairs.into_iter().map(|(blob, _)| blob).collect();
        Ok(Self { fetch: bare(fetch), present: bare(present) })
    }

    /// The bytes that will move.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.fetch.iter().fold(0, |sum, blob| sum.saturating_add(blob.size))
    }
}
