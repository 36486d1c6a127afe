use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;
use serde::Serialize;

use crate::cli::app::{App, written};
use crate::model::Digest;
use crate::op::{Error, Exit, Failure};
use crate::store::{GcOptions, GcReport, VerifyReport};
use crate::ui::{Format, units};

/// How long a collection may take before something is said.
const SILENCE: Duration = Duration::from_secs(2);

/// Look after the store
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Print where the store is
    Path,
    /// Check every blob and every image, and put aside what is wrong
    Verify,
    /// Remove what no image needs
    Gc(Gc),
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Gc {
    /// Keep what is younger: 30m, 24h, 7d, or 0 for nothing
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration)]
    grace: Duration,

    /// Go on where the file system has no locks: no other command may be using the store
    #[arg(long)]
    assume_exclusive: bool,

    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

pub(in crate::cli) async fn run(app: &App, command: Command) -> Exit {
    match command {
        Command::Path => app.conclude("cannot find the store", path(app)),
        Command::Verify => verify(app).await,
        Command::Gc(args) => app.conclude("cannot collect what the store does not need", gc(app, &args).await),
    }
}

fn path(app: &App) -> Result<()> {
    let path = app.settings.store()?;
    written(app.printer.result(&path.display().to_string()))
}

#[derive(Serialize)]
struct Verdict {
    schema: u8,
    blobs: usize,
    bytes: u64,
    images: usize,
    problems: Vec<Wrong>,
}

#[derive(Serialize)]
struct Wrong {
    image: Option<String>,
    problem: String,
    moved_aside: bool,
}

async fn verify(app: &App) -> Exit {
    let mut exit = Exit::Done;
    let outcome = check(app, &mut exit).await;
    match app.conclude("cannot verify the store", outcome) {
        Exit::Done => exit,
        failed => failed,
    }
}

async fn check(app: &App, exit: &mut Exit) -> Result<()> {
    let report = if let Some(layout) = app.store_to_read()? {
        let _shared = layout.share().await?;
        layout.verify(|_, _| {}).await?
    } else {
        app.printer.note("there is no store yet");
        VerifyReport::default()
    };
    let problems: Vec<Wrong> = report
        .problems
        .iter()
        .map(|problem| {
            let chain = Failure::of(String::new(), &anyhow::anyhow!("{}", whole(&problem.error)));
            Wrong { image: problem.image.clone(), problem: chain.causes.join(": "), moved_aside: problem.moved }
        })
        .collect();
    if !problems.is_empty() {
        *exit = Exit::Integrity;
    }
    if app.printer.style().format == Format::Json {
        let (blobs, bytes, images) = (report.blob_count, report.blob_bytes, report.image_count);
        return written(app.printer.json(&Verdict { schema: 1, blobs, bytes, images, problems }));
    }
    for wrong in &problems {
        let of = wrong.image.as_ref().map(|image| format!("{image}: ")).unwrap_or_default();
        let aside = if wrong.moved_aside { " (put aside; `rcr pull` brings it anew)" } else { "" };
        written(app.printer.text(&format!("{of}{}{aside}", wrong.problem)))?;
    }
    let (blobs, size, images) = (report.blob_count, units::bytes(report.blob_bytes), report.image_count);
    let found = match problems.len() {
        0 => "nothing is wrong".to_owned(),
        1 => "1 problem".to_owned(),
        n => format!("{n} problems"),
    };
    let (blobs, images) = (units::count(blobs, "blob"), units::count(images, "image"));
    written(app.printer.text(&format!("{blobs} of {size}, {images}: {found}")))
}

/// An error with its causes, in one line.
fn whole(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[derive(Serialize)]
struct Collected {
    schema: u8,
    dry_run: bool,
    removed: Vec<Digest>,
    removed_bytes: u64,
    leftovers: usize,
    leftover_bytes: u64,
    kept_by_grace: usize,
    kept_by_grace_bytes: u64,
}

async fn gc(app: &App, args: &Gc) -> Result<()> {
    let options = GcOptions { grace: args.grace, dry_run: args.dry_run, assume_exclusive: args.assume_exclusive };
    let report = if app.store_to_read()?.is_some() {
        let layout = app.store()?;
        let work = layout.gc(options);
        tokio::pin!(work);
        tokio::select! {
            report = &mut work => report?,
            () = tokio::time::sleep(SILENCE) => {
                app.printer.note("waiting for the rcr commands that use the store, or reading a large one ...");
                work.await?
            }
        }
    } else {
        app.printer.note("there is no store yet");
        GcReport::default()
    };
    if app.printer.style().format == Format::Json {
        return written(app.printer.json(&Collected {
            schema: 1,
            dry_run: args.dry_run,
            removed: report.removed,
            removed_bytes: report.removed_bytes,
            leftovers: report.leftover_count,
            leftover_bytes: report.leftover_bytes,
            kept_by_grace: report.young_count,
            kept_by_grace_bytes: report.young_bytes,
        }));
    }
    for digest in &report.removed {
        written(app.printer.text(&digest.to_string()))?;
    }
    let verb = if args.dry_run { "would free" } else { "freed" };
    let freed = units::bytes(report.removed_bytes + report.leftover_bytes);
    let young = match report.young_count {
        0 => String::new(),
        n => format!(
            "; {} of {} that nothing needs will stay until the grace period is over (`--grace 0` ends it now)",
            units::count(n, "blob"),
            units::bytes(report.young_bytes)
        ),
    };
    app.printer.note(&format!("{verb} {freed}{young}"));
    Ok(())
}

/// `90s`, `30m`, `24h`, `7d`, or a bare number of seconds.
fn duration(text: &str) -> Result<Duration, Error> {
    let bad = || Error::Usage("a duration is a whole number and s, m, h or d, for example 24h".to_owned());
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let scale = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(bad()),
    };
    let number: u64 = number.parse().map_err(|_| bad())?;
    number.checked_mul(scale).map(Duration::from_secs).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let seconds = |text: &str| duration(text).ok().map(|d| d.as_secs());
        assert_eq!(seconds("0"), Some(0));
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("24h"), Some(86_400));
        assert_eq!(seconds("7d"), Some(604_800));
        for bad in ["", "h", "-1h", "1.5h", "1w", "1 h", "99999999999999999999d", "999999999999999999d"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
