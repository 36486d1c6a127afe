use anyhow::Result;
use serde::Serialize;

use crate::cli::app::{App, written};
use crate::model::Registry;
use crate::op::{self, Exit};
use crate::ui::Format;

/// List the repositories of a registry, where it tells them
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The registry
    #[arg(value_name = "HOST")]
    host: String,

    /// Print at most N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Listing {
    schema: u8,
    registry: String,
    repositories: Vec<String>,
}

pub(in crate::cli) async fn run(app: &App, args: Args) -> Exit {
    let outcome = catalog(app, &args).await;
    app.conclude(&format!("cannot list the repositories of `{}`", args.host), outcome)
}

async fn catalog(app: &App, args: &Args) -> Result<()> {
    let registry = Registry::parse(&args.host)?;
    let repositories = op::catalog(&app.context(), &registry, args.limit.map(|n| n as usize)).await?;
    if app.printer.style().format == Format::Json {
        return written(app.printer.json(&Listing { schema: 1, registry: registry.to_string(), repositories }));
    }
    for repository in &repositories {
        written(app.printer.text(repository))?;
    }
    Ok(())
}
