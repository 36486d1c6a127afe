use anyhow::Result;
use serde::Serialize;

use super::{planned, platform};
use crate::cli::app::{App, written};
use crate::model::{Digest, Platform};
use crate::op::{self, Context, Exit, PullOutcome, Wanted};
use crate::store::Layout;
use crate::ui::Format;

/// Fetch images from a registry into the store
///
/// What the store has is not fetched again, and a broken pull goes on where it stopped. Each image is printed as its
/// pinned reference.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rcr pull debian
  rcr pull --platform linux/arm64 quay.io/coreos/etcd:v3.5.0
  rcr -q pull registry.example:5000/team/app")]
pub(in crate::cli) struct Args {
    // Brackets are links in a documentation comment.
    #[arg(
        required = true,
        value_name = "REF",
        help = "Images: NAME[:TAG][@DIGEST], with HOST[:PORT]/ in front if not on docker.io"
    )]
    references: Vec<String>,

    /// Fetch the image for this platform, such as linux/arm64; may be repeated
    #[arg(long, value_name = "OS/ARCH[/VARIANT]", value_delimiter = ',')]
    platform: Vec<String>,

    /// Fetch all platforms and whatever else the index holds
    #[arg(long, conflicts_with = "platform")]
    all_platforms: bool,

    /// Say what would be fetched, and fetch nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Row<'a> {
    schema: u8,
    reference: String,
    digest: &'a Digest,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_by: Option<&'a str>,
    fetched_blobs: usize,
    fetched_bytes: u64,
    present_blobs: usize,
    elapsed_seconds: f64,
}

pub(in crate::cli) async fn run(app: &App, args: Args) -> Exit {
    let context = app.context();
    let wanted = match wanted(&args) {
        Ok(wanted) => wanted,
        Err(error) => {
            let attempted = format!("cannot pull `{}`", args.references.join("`, `"));
            return app.conclude(&attempted, Err(error));
        }
    };
    let layout = match if args.dry_run { app.store_as_it_is() } else { app.store() } {
        Ok(layout) => layout,
        Err(error) => return app.conclude("cannot open the store", Err(error)),
    };
    let mut exit = Exit::Done;
    for text in &args.references {
        let outcome = one(app, &context, &layout, text, &wanted, args.dry_run).await;
        let this = app.conclude(&format!("cannot pull `{text}`"), outcome);
        if exit == Exit::Done {
            exit = this;
        }
    }
    exit
}

fn wanted(args: &Args) -> Result<Wanted> {
    if args.all_platforms {
        return Ok(Wanted::All);
    }
    let platforms: Vec<Platform> =
        args.platform.iter().filter_map(|p| platform(Some(p)).transpose()).collect::<Result<_>>()?;
    Ok(if platforms.is_empty() { Wanted::Host } else { Wanted::Platforms(platforms) })
}

async fn one(app: &App, context: &Context, layout: &Layout, text: &str, wanted: &Wanted, dry_run: bool) -> Result<()> {
    let names = app.names(text).await?;
    let outcome = op::pull(context, layout, &names.candidates, wanted, dry_run).await?;
    if !dry_run {
        app.remember(text, &names).await;
    }
    let PullOutcome { reference, descriptor, resolved_by, totals, plan, changed, elapsed } = &outcome;
    if app.printer.style().format == Format::Json {
        let (blobs, bytes) =
            if dry_run { (plan.fetch.len(), plan.bytes()) } else { (totals.moved, totals.moved_bytes) };
        return written(app.printer.json(&Row {
            schema: 1,
            reference: reference.to_string(),
            digest: &descriptor.digest,
            status: match (dry_run, changed) {
                (true, true) => "would-download",
                (false, true) => "downloaded",
                (_, false) => "up-to-date",
            },
            resolved_by: resolved_by.as_deref(),
            fetched_blobs: blobs,
            fetched_bytes: bytes,
            present_blobs: plan.present.len(),
            elapsed_seconds: elapsed.as_secs_f64(),
        }));
    }
    if dry_run {
        app.printer.note(&planned("fetch", plan));
    }
    written(app.printer.result(&reference.to_string()))
}
