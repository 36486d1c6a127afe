//! What programs do with a store, told step by step, so that at each moment it is known what its names may stand for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use serde_json::json;

use super::log::Recorder;
use crate::content::{FaultKind, Silent, Sink};
use crate::model::{Descriptor, Digest, MediaType};
use crate::store::fixture::{LAYER, Served, child, describe, platforms, put_index};
use crate::store::{Durability, Error, GcOptions, Layout, Options};

/// A scenario, on the store at a path. It can be run again on whatever an earlier run has left.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// Whether it leaves blobs that nobody made durable: they may be damaged until they were verified.
    pub(super) hasty: bool,
    pub(super) run: for<'a> fn(&'a Path, &'a Notes<'a>) -> LocalBoxFuture<'a, Result<(), Error>>,
}

pub(super) const SCENARIOS: [Scenario; 5] = [
    Scenario { name: "pulls", hasty: false, run: |store, notes| Box::pin(pulls(store, notes)) },
    Scenario { name: "removals", hasty: false, run: |store, notes| Box::pin(removals(store, notes)) },
    Scenario { name: "interrupted downloads", hasty: false, run: |store, notes| Box::pin(interruptions(store, notes)) },
    Scenario {
        name: "platforms and annotations",
        hasty: false,
        run: |store, notes| Box::pin(one_of_two_platforms(store, notes)),
    },
    Scenario { name: "relaxed durability", hasty: true, run: |store, notes| Box::pin(relaxed(store, notes)) },
];

/// One thing that a name stands for, or `None` while nobody gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) digest: Option<Digest>,
    /// Whether a power cut must leave all of the image.
    pub(super) whole: bool,
}

#[derive(Clone, Debug)]
enum Mark {
    Begun(String, Named),
    Done(String),
}

/// What was begun and what was reported as done.
#[derive(Default)]
pub(super) struct Notes<'a> {
    recorder: Option<&'a Recorder>,
    marks: RefCell<Vec<Mark>>,
}

impl<'a> Notes<'a> {
    pub(super) fn of(recorder: &'a Recorder) -> Self {
        Self { recorder: Some(recorder), marks: RefCell::default() }
    }

    fn mark(&self, mark: Mark) {
        let mut marks = self.marks.borrow_mut();
        marks.push(mark);
        if let Some(recorder) = self.recorder {
            recorder.told(marks.len());
        }
    }

    /// What each name may stand for after the first `count` marks; the last is what it was to become.
    pub(super) fn expected(&self, count: usize) -> BTreeMap<String, Vec<Named>> {
        let nothing = || vec![Named { digest: None, whole: false }];
        let mut names = BTreeMap::new();
        for mark in &self.marks.borrow()[..count] {
            match mark {
                Mark::Begun(name, to) => names.entry(name.clone()).or_insert_with(nothing).push(to.clone()),
                Mark::Done(name) => {
                    let states: &mut Vec<Named> = names.get_mut(name).unwrap();
                    states.drain(..states.len() - 1);
                }
            }
        }
        names
    }

    pub(super) fn last(&self) -> BTreeMap<String, Vec<Named>> {
        self.expected(self.marks.borrow().len())
    }

    async fn changing<T>(
        &self,
        name: &str,
        to: Named,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.mark(Mark::Begun(name.to_owned(), to));
        let result = work.await?;
        self.mark(Mark::Done(name.to_owned()));
        Ok(result)
    }

    async fn tag(&self, layout: &Layout, name: &str, image: &Descriptor) -> Result<(), Error> {
        let whole = layout.options().durability == Durability::Full;
        let to = Named { digest: Some(image.digest.clone()), whole };
        self.changing(name, to, async {
            layout.tag(name, image.clone(), None).await?;
            layout.sync().await
        })
        .await
    }
}

const A: &str = "host/image:a";
const B: &str = "host/image:b";

fn layout(store: &Path) -> Result<Layout, Error> {
    Layout::create_or_open(store, Options { lock_wait: Duration::from_secs(20), ..Options::default() })
}

/// Brings a blob as a transfer does: from where an earlier one stopped, and once more where that was wrong.
async fn bring(layout: &Layout, media_type: &str, text: &str) -> Descriptor {
    let blob = describe(media_type, text.as_bytes());
    let source = Served { bytes: text.as_bytes(), until: text.len(), resumes: true };
    if let Err(fault) = layout.receive(&blob, &source, &Silent).await {
        assert_eq!(fault.kind(), FaultKind::Corrupt, "{fault:?}");
        layout.receive(&blob, &source, &Silent).await.unwrap();
    }
    blob
}

/// Brings an image of two layers, at the same time.
async fn put_image(layout: &Layout, text: &str, subject: Option<&Descriptor>) -> Descriptor {
    let (config_type, config) = (MediaType::OCI_CONFIG, format!("{{\"author\":\"{text}\"}}"));
    let (config, layer, shared) = futures_util::join!(
        bring(layout, config_type.as_str(), &config),
        bring(layout, LAYER, text),
        bring(layout, LAYER, "a layer that all images have"),
    );
    let manifest = json!({ "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "config": config,
                           "layers": [layer, shared], "subject": subject });
    let manifest = Bytes::from(manifest.to_string());
    let descriptor = describe(MediaType::OCI_MANIFEST.as_str(), &manifest);
    layout.put_document(manifest, &descriptor).await.unwrap();
    descriptor
}

/// A new store, an image in it, another one that shares a layer with it, and a name that moves.
async fn pulls(store: &Path, notes: &Notes<'_>) -> Result<(), Error> {
    let pull = layout(store)?;
    let shared = pull.share().await?;
    let one = put_image(&pull, "the first of the images, over several blocks", None).await;
    notes.tag(&pull, A, &one).await?;
    drop(shared);

    let pull = layout(store)?;
    let _shared = pull.share().await?;
    let two = put_image(&pull, "the second of the images", Some(&one)).await;
    notes.tag(&pull, B, &two).await?;
    notes.tag(&pull, A, &two).await
}

/// Names removed with their blobs, and a collection.
async fn removals(store: &Path, notes: &Notes<'_>) -> Result<(), Error> {
    let layout = layout(store)?;
    let one = put_image(&layout, "one", None).await;
    let two = put_image(&layout, "two", Some(&one)).await;
    notes.tag(&layout, A, &two).await?;
    notes.tag(&layout, B, &one).await?;
    let gone = || Named { digest: None, whole: false };
    notes.changing(B, gone(), layout.remove(&[B], Duration::ZERO)).await?;
    bring(&layout, LAYER, "nobody needs it").await;
    layout.gc(GcOptions { grace: Duration::ZERO, ..GcOptions::default() }).await?;
    notes.changing(A, gone(), layout.untag(A)).await?;
    layout.gc(GcOptions { grace: Duration::ZERO, ..GcOptions::default() }).await?;
    notes.tag(&layout, A, &put_image(&layout, "two", None).await).await
}

/// A download that stops and goes on, and one of wrong bytes before the right ones.
async fn interruptions(store: &Path, notes: &Notes<'_>) -> Result<(), Error> {
    const TEXT: &str = "a layer of which a part comes first, and then the rest of it";
    let pull = layout(store)?;
    let layer = describe(LAYER, TEXT.as_bytes());
    let wrong = TEXT.to_ascii_uppercase();
    for (bytes, until, resumes) in [(TEXT, 30, false), (&wrong, TEXT.len(), true), (TEXT, 40, false)] {
        // None of these comes to anything, unless an earlier run left more than it had to.
        let _ = pull.receive(&layer, &Served { bytes: bytes.as_bytes(), until, resumes }, &Silent).await;
    }
    notes.tag(&pull, A, &put_image(&pull, TEXT, None).await).await
}

/// An index of which one platform is stored.
async fn one_of_two_platforms(store: &Path, notes: &Notes<'_>) -> Result<(), Error> {
    let layout = layout(store)?;
    let amd = put_image(&layout, "amd", None).await;
    // What is described and not stored.
    let other = describe("application/vnd.oci.image.manifest.v1+json", b"arm");
    let index = put_index(&layout, &[child(&amd, "linux/amd64"), child(&other, "linux/arm64")]).await;
    let to = || Named { digest: Some(index.digest.clone()), whole: true };
    let stored = platforms("linux/amd64");
    let tag = layout.tag(A, index.clone(), Some(&stored));
    notes.changing(A, to(), tag).await?;
    notes.tag(&layout, B, &amd).await
}

/// An image that nobody made durable, and another that shares a layer with it and is promised.
async fn relaxed(store: &Path, notes: &Notes<'_>) -> Result<(), Error> {
    let hasty = Layout::create_or_open(store, Options { durability: Durability::Relaxed, ..Options::default() })?;
    let one = put_image(&hasty, "a layer that both of the images have", None).await;
    notes.tag(&hasty, A, &one).await?;
    let careful = layout(store)?;
    let two = put_image(&careful, "a layer that both of the images have", Some(&one)).await;
    notes.tag(&careful, B, &two).await
}
