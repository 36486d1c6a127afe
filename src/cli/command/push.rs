use anyhow::Result;
use serde::Serialize;

use super::{planned, platform, reference};
use crate::cli::app::{App, written};
use crate::endpoint::InsecureRule;
use crate::http::HostPort;
use crate::model::{Digest, Registry};
use crate::op::{self, Exit, PushOptions};
use crate::ui::Format;

/// Send a stored image to a registry
///
/// What the registry has is not sent again. The destination is printed, pinned to what was pushed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rcr push registry.example/team/app:v1
  rcr push debian localhost:5000/debian")]
pub(in crate::cli) struct Args {
    /// The image, by its name in the store
    #[arg(value_name = "REF")]
    source: String,

    /// Where to push it, if that is not its name: saves the `tag` step
    #[arg(value_name = "DEST")]
    destination: Option<String>,

    /// Push the one image of this platform instead of the whole index
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<String>,

    /// Push layers even if their publisher forbids redistributing them
    #[arg(long)]
    allow_nondistributable_artifacts: bool,

    /// Say what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Row<'a> {
    schema: u8,
    reference: String,
    digest: &'a Digest,
    status: &'static str,
    pushed_blobs: usize,
    pushed_bytes: u64,
    mounted_blobs: usize,
    present_blobs: usize,
    elapsed_seconds: f64,
}

pub(in crate::cli) async fn run(app: &App, args: Args) -> Exit {
    let attempted = match &args.destination {
        Some(destination) => format!("cannot push `{}` to `{destination}`", args.source),
        None => format!("cannot push `{}`", args.source),
    };
    let outcome = push(app, &args).await;
    app.conclude(&attempted, outcome)
}

async fn push(app: &App, args: &Args) -> Result<()> {
    let platform = platform(args.platform.as_ref())?;
    let destination = args.destination.as_deref().map(reference).transpose()?;
    let (layout, source) = app.stored(&args.source)?;
    let destination = destination.unwrap_or_else(|| source.clone());
    let options = PushOptions {
        platform,
        nondistributable: args.allow_nondistributable_artifacts || allowed(app, destination.registry()),
        dry_run: args.dry_run,
    };
    let outcome = op::push(&app.context(), &layout, &source, &destination, &options).await?;
    let totals = &outcome.totals;
    if app.printer.style().format == Format::Json {
        let (blobs, bytes) = if args.dry_run {
            (outcome.plan.fetch.len(), outcome.plan.bytes())
        } else {
            (totals.moved, totals.moved_bytes)
        };
        return written(app.printer.json(&Row {
            schema: 1,
            reference: outcome.reference.to_string(),
            digest: &outcome.descriptor.digest,
            status: if args.dry_run { "would-push" } else { "pushed" },
            pushed_blobs: blobs,
            pushed_bytes: bytes,
            mounted_blobs: totals.mounted,
            present_blobs: outcome.plan.present.len(),
            elapsed_seconds: outcome.elapsed.as_secs_f64(),
        }));
    }
    if args.dry_run {
        app.printer.note(&planned("push", &outcome.plan));
    }
    written(app.printer.result(&outcome.reference.to_string()))
}

/// Whether a setting allows layers to go to this registry that may not be redistributed.
fn allowed(app: &App, registry: &Registry) -> bool {
    let Some(host) = HostPort::parse(registry.api_host()) else { return false };
    app.settings.allow_nondistributable.iter().any(|rule| match &rule.value {
        InsecureRule::Host(allowed) => allowed.host == host.host && allowed.port == host.port,
        InsecureRule::Network(network) => host.ip().is_some_and(|ip| network.contains(&ip)),
    })
}
