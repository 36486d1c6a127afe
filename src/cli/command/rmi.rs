use anyhow::Result;

use crate::cli::app::{App, written};
use crate::op::{self, Exit};
use crate::store::GcOptions;
use crate::ui::units;

/// Remove stored images
///
/// Blobs that no other image needs go too once they are a day old; `rcr store gc --grace 0` removes them at once.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Images, by their names in the store
    #[arg(required = true, value_name = "REF")]
    references: Vec<String>,

    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

pub(in crate::cli) async fn run(app: &App, args: Args) -> Exit {
    let mut exit = Exit::Done;
    for text in &args.references {
        let this = app.conclude(&format!("cannot remove `{text}`"), one(app, text, args.dry_run).await);
        if exit == Exit::Done {
            exit = this;
        }
    }
    exit
}

async fn one(app: &App, text: &str, dry_run: bool) -> Result<()> {
    let candidates = app.settings.registries.search.stored(text)?;
    let none = || op::none_stored(text, &candidates);
    let layout = app.store_to_read()?.ok_or_else(none)?;
    let entry = op::stored_name(&layout, text, &candidates)?;
    if dry_run {
        app.printer.note("would remove this name; the blobs that only it needs would follow");
    } else {
        let report = app.store()?.remove(&[&entry], GcOptions::default().grace).await?;
        if report.entries.is_empty() {
            return Err(none().into());
        }
        let (freed, left) = (units::bytes(report.removed_bytes), units::bytes(report.remaining_bytes));
        if report.remaining_bytes > 0 {
            app.printer
                .note(&format!("freed {freed}; {left} can be freed later, or now with `rcr store gc --grace 0`"));
        } else if report.removed_bytes > 0 {
            app.printer.note(&format!("freed {freed}"));
        }
        if let Some(error) = report.deferred {
            app.printer.note(&format!("no blob was removed now: {error}"));
        }
    }
    written(app.printer.result(&entry))
}
