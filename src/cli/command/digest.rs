use anyhow::Result;
use serde::Serialize;

use crate::cli::app::{App, written};
use crate::model::Digest;
use crate::op::{self, Exit};
use crate::ui::Format;

/// Print the digest of an image as its registry has it
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The image
    #[arg(value_name = "REF")]
    reference: String,
}

#[derive(Serialize)]
struct Answer {
    schema: u8,
    reference: String,
    digest: Digest,
    media_type: String,
}

pub(in crate::cli) async fn run(app: &App, args: Args) -> Exit {
    let outcome = digest(app, &args).await;
    app.conclude(&format!("cannot find the digest of `{}`", args.reference), outcome)
}

async fn digest(app: &App, args: &Args) -> Result<()> {
    let names = app.names(&args.reference).await?;
    let (reference, descriptor) = op::digest(&app.context(), &names.candidates).await?;
    app.remember(&args.reference, &names).await;
    if app.printer.style().format == Format::Json {
        return written(app.printer.json(&Answer {
            schema: 1,
            reference: reference.or_latest().to_string(),
            digest: descriptor.digest,
            media_type: descriptor.media_type.to_string(),
        }));
    }
    written(app.printer.result(&descriptor.digest.to_string()))
}
