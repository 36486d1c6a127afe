use anyhow::Result;

use crate::cli::app::{App, written};
use crate::op::{self, Exit};

/// Print the manifest of an image as its registry has it, byte for byte
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The image
    #[arg(value_name = "REF")]
    reference: String,
}

pub(in crate::cli) async fn run(app: &App, args: Args) -> Exit {
    let outcome = manifest(app, &args).await;
    app.conclude(&format!("cannot fetch the manifest of `{}`", args.reference), outcome)
}

async fn manifest(app: &App, args: &Args) -> Result<()> {
    let names = app.names(&args.reference).await?;
    let fetched = op::manifest(&app.context(), &names.candidates).await?;
    app.remember(&args.reference, &names).await;
    written(app.printer.bytes(&fetched.bytes))
}
