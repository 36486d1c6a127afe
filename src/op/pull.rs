use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};

use super::search::{self, Purpose};
use super::{Context, Error, name, origin};
use crate::content::{Event, Fetched, Progress, Silent, Sink};
use crate::model::{
    ByteSize, Descriptor, ImageConfig, ImageIndex, MAX_INDEX_DEPTH, Manifest, MediaType, Platform, Reference,
};
use crate::registry::{Chain, Target};
use crate::store::{DOCUMENT_LIMIT_BYTES, Entry, Layout, Space};
use crate::transfer::{Engine, Plan, Totals};

/// The most documents that one image may consist of; real ones have a few dozen.
const MAX_DOCUMENTS: usize = 2_000;

/// Which images of an index are wanted.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// The one for this machine.
    Host,
    /// Those that were named.
    Platforms(Vec<Platform>),
    /// The whole index, with whatever else rides along.
    All,
}

/// What a pull came to.
#[derive(Debug)]
pub struct PullOutcome {
    /// The reference, pinned to what it resolved to.
    pub reference: Reference,
    /// What it resolved to: of an index, the index.
    pub descriptor: Descriptor,
    /// The mirror that said what the tag stands for, where it was one.
    pub resolved_by: Option<String>,
    /// What moved; nothing in a dry run.
    pub totals: Totals,
    /// What was to move.
    pub plan: Plan,
    /// Whether the store changed, or would have.
    pub changed: bool,
    /// How long it took.
    pub elapsed: Duration,
}

/// Fetches an image into the store and gives it its name there: the first of `candidates` that a registry has.
///
/// # Errors
/// Those of every layer; nothing that was in the store is lost by any of them.
pub async fn pull(
    context: &Context,
    layout: &Layout,
    candidates: &[Reference],
    wanted: &Wanted,
    dry_run: bool,
) -> Result<PullOutcome> {
    let started = Instant::now();
    let progress = context.progress.as_ref();
    let candidates: Vec<Reference> = candidates.iter().map(|candidate| context.or_latest(candidate)).collect();
    if let [reference] = candidates.as_slice() {
        progress.report(Event::Pulling { reference });
    }

    let _shared = layout.share().await?;
    let (reference, (job, entry, root)) = search::first(context, &candidates, Purpose::Pull, async |reference| {
        let entry = layout.resolve(&name::of(reference))?;
        let job = Job { context, layout, repository: context.chain(reference)?, wanted };
        let root = Context::with_mirrors(&job.repository, job.root(reference, entry.as_ref()).await)?;
        Ok((job, entry, root))
    })
    .await?;
    let (reference, name) = (&reference, name::of(&reference));
    if candidates.len() > 1 {
        progress.report(Event::Pulling { reference });
    }
    if let Some(mirror) = job.repository.resolved_by() {
        progress.report(Event::Note { text: &format!("The mirror {mirror} says what the tag stands for") });
    }
    progress.report(Event::Resolved { reference, descriptor: &root.descriptor });

    let mut documents = Vec::new();
    let collected = job.collect(root.clone(), 0, &mut documents).await;
    let platforms = Context::with_mirrors(&job.repository, collected)?;
    Context::with_mirrors(&job.repository, job.demand_platform(&root).await)?;

    let blobs = documents.iter().filter_map(|d| match &d.value {
        Manifest::Image(image) => Some(std::iter::once(&image.config).chain(&image.layers).cloned()),
        Manifest::Index(_) => None,
    });
    let plan = Plan::build(blobs.flatten().collect(), layout, context.limits.concurrency).await?;
    for digest in layout.take_unsound() {
        let text = format!("{digest} is damaged in the store, and does not count as stored");
        progress.report(Event::Warning { text: &text });
    }
    progress.report(Event::Planned { blobs: plan.fetch.len(), bytes: plan.bytes(), present: plan.present.len() });
    let descriptor = root.descriptor.clone();
    let same =
        entry.as_ref().is_some_and(|e| e.descriptor.digest == descriptor.digest && covers(e, platforms.as_ref()));
    let pinned = reference.clone().with_digest(descriptor.digest.clone());
    let outcome = |totals, plan, changed| PullOutcome {
        reference: pinned.clone(),
        descriptor: descriptor.clone(),
        resolved_by: job.repository.resolved_by(),
        totals,
        plan,
        changed,
        elapsed: started.elapsed(),
    };
    let changed = !same || !plan.fetch.is_empty();
    if dry_run {
        warn_of_shortage(progress, layout.space_for(&plan.fetch).await?);
        return Ok(outcome(Totals::default(), plan, changed));
    }

    layout.demand_space(&plan.fetch).await?;
    // Where nothing changes there is nothing to tell about single layers.
    let heard = if changed { progress } else { &Silent };
    let engine = Engine { source: &job.repository, sink: layout, limits: &context.limits, progress: heard };
    let totals = engine.run(&plan).await;
    context.pass_on(job.repository.take_warnings());
    let totals = Context::with_mirrors(&job.repository, totals)?;
    // Children stand before their parents.
    for document in documents {
        layout.put_document(document.bytes, &document.descriptor).await?;
    }
    layout.tag(&name, bare(&descriptor), platforms.as_ref()).await?;
    layout.sync().await?;
    origin::learn(layout, reference, origin::all_in(reference, plan.fetch.iter().chain(&plan.present))).await;
    if let Some(old) = entry.filter(|e| reference.digest().is_some() && e.descriptor.digest != descriptor.digest) {
        let text = format!("{name} now names {}, and named {} before", descriptor.digest, old.descriptor.digest);
        progress.report(Event::Note { text: &text });
    }
    job.mention_platform(&root);
    progress.report(Event::Done { reference: &pinned, descriptor: &descriptor, changed });
    Ok(outcome(totals, plan, changed))
}

/// Says so where what is to be fetched will not fit.
fn warn_of_shortage(progress: &dyn Progress, space: Space) {
    if let (Some(_), Some(free)) = (space.shortage_bytes(), space.free_bytes) {
        let needed = ByteSize(space.needed_bytes);
        let text = format!("there is not enough room: the store needs {needed} more, and {} are free", ByteSize(free));
        progress.report(Event::Warning { text: &text });
    }
}

/// Without what an index or a tag said about it elsewhere.
fn bare(descriptor: &Descriptor) -> Descriptor {
    Descriptor::new(descriptor.media_type.clone(), descriptor.digest.clone(), descriptor.size)
}

/// Whether what `entry` marks as stored is all that is wanted.
fn covers(entry: &Entry, wanted: Option<&BTreeSet<String>>) -> bool {
    match (&entry.platforms, wanted) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(have), Some(wanted)) => wanted.is_subset(have),
    }
}

struct Job<'a> {
    context: &'a Context,
    layout: &'a Layout,
    repository: Chain,
    wanted: &'a Wanted,
}

impl Job<'_> {
    /// The document that the reference stands for: from the store where the registry's answer to a HEAD, or the
    /// digest itself, says that the store has it.
    async fn root(&self, reference: &Reference, entry: Option<&Entry>) -> Result<Fetched<Manifest>> {
        let known = match (reference.digest(), entry, reference.tag()) {
            (Some(digest), Some(entry), _) if entry.descriptor.digest == *digest => Some(entry),
            (None, Some(entry), Some(tag)) => {
                let current = self.repository.resolve(&Target::Tag(tag.to_owned())).await;
                self.context.pass_on(self.repository.take_warnings());
                let current = current?.descriptor.digest;
                Some(entry).filter(|entry| entry.descriptor.digest == current)
            }
            _ => None,
        };
        if let Some(fetched) = known.and_then(|entry| self.stored(&entry.descriptor)) {
            return Ok(fetched);
        }
        let fetched = self.repository.manifest(&Target::of(reference)).await;
        self.context.pass_on(self.repository.take_warnings());
        Ok(fetched?)
    }

    /// A document from the store; one that is missing or damaged there is fetched anew.
    fn stored(&self, descriptor: &Descriptor) -> Option<Fetched<Manifest>> {
        let bytes = self.layout.read_document(descriptor, DOCUMENT_LIMIT_BYTES).ok()?;
        let value = Manifest::parse(&bytes, Some(&descriptor.media_type)).ok()?;
        Some(Fetched { bytes, descriptor: descriptor.clone(), value })
    }

    /// Gathers the documents under `document`, children first, and says which platforms of it they make complete;
    /// `None` is all.
    fn collect<'b>(
        &'b self,
        document: Fetched<Manifest>,
        depth: usize,
        into: &'b mut Vec<Fetched<Manifest>>,
    ) -> BoxFuture<'b, Result<Option<BTreeSet<String>>>> {
        async move {
            if depth > MAX_INDEX_DEPTH {
                return Err(Error::TooDeep { limit: MAX_INDEX_DEPTH }.into());
            }
            if into.iter().any(|known| known.descriptor.digest == document.descriptor.digest) {
                return Ok(None);
            }
            if into.len() >= MAX_DOCUMENTS {
                return Err(Error::TooManyDocuments { limit: MAX_DOCUMENTS }.into());
            }
            let mut platforms = None;
            if let Manifest::Index(index) = &document.value {
                let (children, complete) = self.choose(index)?;
                platforms = complete;
                // Before they are asked for: each may have megabytes.
                if into.len() + children.len() > MAX_DOCUMENTS {
                    return Err(Error::TooManyDocuments { limit: MAX_DOCUMENTS }.into());
                }
                let fetched: Vec<Fetched<Manifest>> = stream::iter(children)
                    .map(|child| async move {
                        match self.stored(&child) {
                            Some(fetched) => Ok(fetched),
                            None => self.repository.child(&child).await,
                        }
                    })
                    .buffered(self.context.limits.concurrency.max(1))
                    .try_collect()
                    .await?;
                for child in fetched {
                    self.collect(child, depth + 1, into).await?;
                }
            }
            into.push(document);
            Ok(platforms)
        }
        .boxed()
    }

    /// The entries of an index that are wanted, and the platforms that they complete.
    fn choose(&self, index: &ImageIndex) -> Result<(Vec<Descriptor>, Option<BTreeSet<String>>), Error> {
        let host;
        let wanted = match self.wanted {
            Wanted::All => return Ok((index.manifests.clone(), None)),
            Wanted::Platforms(platforms) => platforms,
            Wanted::Host => {
                host = vec![Platform::host()];
                &host
            }
        };
        let mut chosen = Vec::new();
        for wanted in wanted {
            let missing = || Error::NoSuchPlatform { wanted: wanted.clone(), available: index.platforms() };
            chosen.push(index.select(wanted).ok_or_else(missing)?);
        }
        // What else is for the very same platform belongs to it.
        let names: BTreeSet<String> =
            chosen.iter().filter_map(|d| d.platform.as_ref()).map(ToString::to_string).collect();
        let belongs =
            |d: &&Descriptor| chosen.contains(d) || d.platform.as_ref().is_some_and(|p| names.contains(&p.to_string()));
        let children: Vec<Descriptor> = index.manifests.iter().filter(belongs).cloned().collect();
        let whole = children.len() == index.manifests.len();
        let nameless = children.iter().any(|d| d.platform.is_none());
        Ok((children, (!whole && !nameless).then_some(names)))
    }

    /// A single manifest states its platform in its configuration only. One that was asked for by name and is another
    /// is an error, before a layer moves.
    async fn demand_platform(&self, root: &Fetched<Manifest>) -> Result<()> {
        let (Manifest::Image(image), Wanted::Platforms(wanted)) = (&root.value, self.wanted) else { return Ok(()) };
        if !is_image_config(&image.config) {
            return Ok(());
        }
        let bytes = if self.layout.contains(&image.config).await? {
            self.layout.read_document(&image.config, DOCUMENT_LIMIT_BYTES)?
        } else {
            self.repository.blob_bytes(&image.config, DOCUMENT_LIMIT_BYTES).await?
        };
        let Some(actual) = stated_platform(&bytes) else { return Ok(()) };
        match wanted.iter().find(|wanted| actual.serves(wanted).is_none()) {
            Some(wanted) => Err(Error::NoSuchPlatform { wanted: wanted.clone(), available: vec![actual] }.into()),
            None => Ok(()),
        }
    }

    /// Says so where a single manifest that was pulled runs on another machine than this.
    fn mention_platform(&self, root: &Fetched<Manifest>) {
        let (Manifest::Image(image), Wanted::Host) = (&root.value, self.wanted) else { return };
        let stored = || self.layout.read_document(&image.config, DOCUMENT_LIMIT_BYTES).ok();
        let actual = Some(&image.config).filter(|c| is_image_config(c)).and_then(|_| stated_platform(&stored()?));
        if let Some(actual) = actual.filter(|a| a.serves(&Platform::host()).is_none()) {
            let text = format!("this image is for {actual}, and this machine runs {}", Platform::host());
            self.context.progress.report(Event::Warning { text: &text });
        }
    }
}

/// Whether a manifest's configuration is that of an image; artifacts run on nothing.
fn is_image_config(config: &Descriptor) -> bool {
    [MediaType::OCI_CONFIG, MediaType::DOCKER_CONFIG].contains(&config.media_type)
        && config.size <= DOCUMENT_LIMIT_BYTES
}

fn stated_platform(config: &[u8]) -> Option<Platform> {
    ImageConfig::parse(config).ok()?.stated_platform().cloned()
}
