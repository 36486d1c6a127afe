use anyhow::Result;
use serde::Serialize;

use super::platform;
use crate::cli::app::{App, written};
use crate::op::{self, Exit};
use crate::ui::{Column, Format, Table, units};

/// Show how a stored image came about, newest step first
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The image, by its name in the store
    #[arg(value_name = "REF")]
    reference: String,

    /// The platform, where several are stored
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<String>,
}

#[derive(Serialize)]
struct Step {
    created: Option<String>,
    created_by: Option<String>,
    comment: Option<String>,
    size_bytes: u64,
}

#[derive(Serialize)]
struct Listing {
    schema: u8,
    history: Vec<Step>,
}

pub(in crate::cli) fn run(app: &App, args: &Args) -> Exit {
    app.conclude(&format!("cannot show the history of `{}`", args.reference), history(app, args))
}

fn history(app: &App, args: &Args) -> Result<()> {
    let (layout, reference) = app.stored(&args.reference)?;
    let history: Vec<Step> = op::history(&layout, &reference, platform(args.platform.as_ref())?.as_ref())?
        .into_iter()
        .map(|(step, size_bytes)| Step {
            created: step.created,
            created_by: step.created_by,
            comment: step.comment,
            size_bytes,
        })
        .collect();
    if app.printer.style().format == Format::Json {
        return written(app.printer.json(&Listing { schema: 1, history }));
    }
    let mut table = Table::new([
        Column::left("CREATED"),
        Column::left("CREATED BY").flexible(),
        Column::right("SIZE"),
        Column::left("COMMENT").optional(1),
    ]);
    for step in &history {
        let day = step.created.as_deref().map_or("-", |at| at.get(..10).unwrap_or(at));
        let by = step.created_by.as_deref().unwrap_or("-");
        table.row([day, by, &units::bytes(step.size_bytes), step.comment.as_deref().unwrap_or_default()]);
    }
    written(app.printer.table(&table))
}
