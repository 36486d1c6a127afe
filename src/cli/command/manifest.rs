use anyhow::Result;

use super::reference;
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
    let fetched = op::manifest(&app.context(), &reference(&args.reference)?).await?;
    written(app.printer.bytes(&fetched.bytes))
}
