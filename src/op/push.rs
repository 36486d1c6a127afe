use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use bytes::Bytes;
use futures_util::future::join;

use super::{Context, Error, image, images_of, name, origin};
use crate::content::{Event, root_cause};
use crate::model::{Descriptor, Kind, Manifest, Platform, Reference};
use crate::registry::{self, Repository, Target, Uploader};
use crate::store::{DOCUMENT_LIMIT_BYTES, Entry, Layout, Uploads};
use crate::transfer::{Engine, Plan, Totals};

/// How to push.
#[derive(Clone, Debug, Default)]
pub struct PushOptions {
    /// Push the one image of this platform instead of the index.
    pub platform: Option<Platform>,
    /// Push layers that their publisher forbids to redistribute, too.
    pub nondistributable: bool,
    /// Say what would be done, and stop.
    pub dry_run: bool,
}

/// What a push came to.
#[derive(Debug)]
pub struct PushOutcome {
    /// The destination, pinned to what was pushed.
    pub reference: Reference,
    /// What was pushed.
    pub descriptor: Descriptor,
    /// What moved; nothing in a dry run.
    pub totals: Totals,
    /// What was to move.
    pub plan: Plan,
    /// How long it took.
    pub elapsed: Duration,
}

/// Sends a stored image to a registry: blobs, then manifests, children before their parents, the tag last.
///
/// # Errors
/// Those of every layer. No tag moves unless everything under it arrived.
pub async fn push(
    context: &Context,
    layout: &Layout,
    source: &Reference,
    destination: &Reference,
    options: &PushOptions,
) -> Result<PushOutcome> {
    let started = Instant::now();
    let progress = context.progress.as_ref();
    let (source, destination) = (&context.or_latest(source), &context.or_latest(destination));
    let _shared = layout.share().await?;
    let entry = name::find(layout, source)?;
    progress.report(Event::Pushing { reference: destination });
    let (root, platforms) = what_to_push(layout, &entry, source, options, progress)?;

    let (mut documents, mut blobs) = (Vec::new(), Vec::new());
    for part in layout.walk(&root, platforms.as_ref())? {
        if matches!(part.media_type.kind(), Kind::Manifest | Kind::Index) {
            documents.push(part);
        } else if part.media_type.is_nondistributable() && !options.nondistributable {
            let reason = "non-distributable layer, not pushed";
            progress.report(Event::Skipped { blob: &part, reason });
        } else {
            blobs.push(part);
        }
    }
    let repository = context.destination(destination)?;
    let sink = Arc::new(uploader(layout, repository.clone(), destination, &blobs, options).await);
    context.open_uploads.add(&sink);
    let plan = Plan::build(blobs.clone(), sink.as_ref(), context.limits.concurrency).await;
    context.pass_on(repository.take_warnings());
    let plan = plan?;
    progress.report(Event::Planned { blobs: plan.fetch.len(), bytes: plan.bytes(), present: plan.present.len() });
    let pinned = destination.clone().with_digest(root.digest.clone());
    let outcome = |totals, plan| PushOutcome {
        reference: pinned.clone(),
        descriptor: root.clone(),
        totals,
        plan,
        elapsed: started.elapsed(),
    };
    if options.dry_run {
        return Ok(outcome(Totals::default(), plan));
    }

    layout.demand_sound(&blobs).await?;
    let totals = Engine { source: layout, sink: sink.as_ref(), limits: &context.limits, progress }.run(&plan).await;
    if totals.is_err() {
        sink.abandon().await;
    }
    context.pass_on(repository.take_warnings());
    let learning = origin::learn(layout, destination, sink.take_findings());
    let sending = async {
        let totals = totals?;
        for document in &documents {
            let bytes = layout.read_document(document, DOCUMENT_LIMIT_BYTES)?;
            let tag = destination.tag().filter(|_| document.digest == root.digest);
            let target = tag.map_or_else(|| Target::Digest(document.digest.clone()), |tag| Target::Tag(tag.to_owned()));
            let sent = totals.moved + totals.mounted > 0;
            let put = put(context, &repository, bytes, document, &target, sent).await;
            context.pass_on(repository.take_warnings());
            put?;
        }
        anyhow::Ok(totals)
    };
    let ((), totals) = join(learning, sending).await;
    let totals = totals?;
    progress.report(Event::Done { reference: &pinned, descriptor: &root, changed: totals.moved + totals.mounted > 0 });
    Ok(outcome(totals, plan))
}

/// Sends a document. Where blobs were `sent` before it, a registry whose parts learn from each other only after a
/// while may not see them yet, and is given that while.
async fn put(
    context: &Context,
    repository: &Repository,
    bytes: Bytes,
    document: &Descriptor,
    target: &Target,
    sent: bool,
) -> Result<(), registry::Error> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let sending = repository.put_manifest(bytes.clone(), &document.media_type, target);
        let Err(error) = sending.await else { return Ok(()) };
        let unseen = error.answer().is_some_and(|answer| answer.has_code("MANIFEST_BLOB_UNKNOWN"));
        if !sent || !unseen || attempt > context.limits.retries {
            return Err(error);
        }
        let (what, wait) = (document.digest.short(), (context.limits.backoff)(attempt));
        let reason = &root_cause(&error).to_string();
        context.progress.report(Event::Retrying { what, attempt, wait, asked: false, reason });
        tokio::time::sleep(wait).await;
    }
}

/// Where the blobs go, with all that earlier runs know about it.
async fn uploader(
    layout: &Layout,
    repository: Repository,
    destination: &Reference,
    blobs: &[Descriptor],
    options: &PushOptions,
) -> Uploader {
    let sink = Uploader::new(repository).with_known(origin::known(layout, destination, blobs).await);
    if options.dry_run {
        return sink.only_looking();
    }
    let uploads = Uploads::new(layout, &destination.name());
    let left_open = uploads.left_open(blobs.iter().map(|blob| &blob.digest));
    sink.resuming(left_open, move |digest, path| {
        uploads.note(digest, path).unwrap_or_else(|error| {
            tracing::debug!(error = error.to_string(), "the next push starts over");
            false
        })
    })
}

fn stored_platforms(names: &BTreeSet<String>) -> Vec<Platform> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

/// The document to push, and the platforms of it that are stored where that is not all: an index only when it is
/// whole, else the one image that is there.
fn what_to_push(
    layout: &Layout,
    entry: &Entry,
    source: &Reference,
    options: &PushOptions,
    progress: &dyn crate::content::Progress,
) -> Result<(Descriptor, Option<BTreeSet<String>>)> {
    let is_index = matches!(layout.read_manifest(&entry.descriptor)?, Manifest::Index(_));
    let images = || images_of(layout, &entry.descriptor, entry.platforms.as_ref());
    if let Some(wanted) = &options.platform {
        let image = image::one(images()?, Some(wanted))?;
        return Ok((image.descriptor, None));
    }
    let Some(stored) = entry.platforms.as_ref().filter(|_| is_index) else {
        return Ok((entry.descriptor.clone(), None));
    };
    if stored.len() != 1 {
        return Err(Error::SparseIndex { stored: stored_platforms(stored), reference: source.clone() }.into());
    }
    let image = image::one(images()?, None)?;
    let platform = stored.iter().next().cloned().unwrap_or_default();
    let text = format!(
        "only {platform} of this image is stored, and is pushed alone: the name will offer no other platform there. For \
         all of them, first `rcr pull --all-platforms {source}`"
    );
    progress.report(Event::Warning { text: &text });
    Ok((image.descriptor, None))
}
