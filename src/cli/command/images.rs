use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde::Serialize;

use crate::cli::app::{App, written};
use crate::op::{self, Exit, ImageRow};
use crate::ui::{Column, Format, Table, units};

/// List the stored images
#[derive(Debug, clap::Args)]
#[command(visible_alias = "ls")]
pub(in crate::cli) struct Args {
    /// Show full digests
    #[arg(long)]
    digests: bool,
}

#[derive(Serialize)]
struct Listing {
    schema: u8,
    images: Vec<ImageRow>,
}

pub(in crate::cli) fn run(app: &App, args: &Args) -> Exit {
    app.conclude("cannot list the images", images(app, args))
}

fn images(app: &App, args: &Args) -> Result<()> {
    let images = match app.store_to_read()? {
        Some(layout) => op::images(&layout)?,
        None => Vec::new(),
    };
    for image in &images {
        if let Some(problem) = &image.problem {
            app.printer.warn(&format!("{} cannot be read: {problem}", image.reference));
        }
    }
    let printer = &app.printer;
    if printer.style().format == Format::Json {
        return written(printer.json(&Listing { schema: 1, images }));
    }
    if printer.style().quiet {
        for image in &images {
            written(printer.result(&image.reference))?;
        }
        return Ok(());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs().cast_signed());
    let mut table = Table::new([
        Column::left("REFERENCE").flexible_at_start(),
        // Who asks for digests gets them, however wide.
        if args.digests { Column::left("DIGEST") } else { Column::left("DIGEST").optional(2) },
        Column::left("PLATFORMS").optional(1),
        Column::left("CREATED").optional(3),
        Column::right("SIZE"),
    ]);
    for image in &images {
        let platforms = match image.platforms.as_slice() {
            [] => "-".to_owned(),
            [one] => one.clone(),
            several => format!("{} platforms", several.len()),
        };
        let created = image.created.as_deref().and_then(|c| c.parse::<jiff::Timestamp>().ok());
        table.row([
            image.reference.clone(),
            if args.digests { image.digest.to_string() } else { image.digest.short().to_owned() },
            platforms,
            created.map_or_else(|| "-".to_owned(), |at| units::ago(at.as_second(), now)),
            units::bytes(image.size_bytes),
        ]);
    }
    written(printer.table(&table))
}
