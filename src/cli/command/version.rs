use serde::Serialize;

use crate::cli::app::{App, written};
use crate::op::Exit;
use crate::ui::Format;

/// Print the version
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {}

#[derive(Serialize)]
struct Answer {
    schema: u8,
    version: &'static str,
    os: &'static str,
    arch: &'static str,
    keyring: bool,
}

pub(in crate::cli) fn run(app: &App, _args: &Args) -> Exit {
    let version = env!("CARGO_PKG_VERSION");
    let outcome = if app.printer.style().format == Format::Json {
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        app.printer.json(&Answer { schema: 1, version, os, arch, keyring: cfg!(feature = "keyring") })
    } else {
        app.printer.result(&format!("rcr {version}"))
    };
    app.conclude("cannot print the version", written(outcome))
}
