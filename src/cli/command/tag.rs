use anyhow::Result;

use super::reference;
use crate::cli::app::{App, written};
use crate::op::{self, Exit};

/// Give a stored image another name
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The image, by a name that it has
    #[arg(value_name = "SRC")]
    source: String,

    /// The name to give it
    #[arg(value_name = "DST")]
    destination: String,

    /// Check both names, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(in crate::cli) async fn run(app: &App, args: Args) -> Exit {
    let outcome = tag(app, &args).await;
    app.conclude(&format!("cannot tag `{}` as `{}`", args.source, args.destination), outcome)
}

async fn tag(app: &App, args: &Args) -> Result<()> {
    let destination = reference(&args.destination)?;
    let (layout, source) = app.stored(&args.source)?;
    let named = if args.dry_run {
        op::inspect(&layout, &source, None)?;
        destination.or_latest()
    } else {
        op::tag(&app.store()?, &source, &destination).await?
    };
    written(app.printer.result(&named.to_string()))
}
