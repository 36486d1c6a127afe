use clap_complete::Shell;

use crate::cli::app::{App, written};
use crate::op::Exit;

/// Print a shell's completion script
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(in crate::cli) fn run(app: &App, args: &Args) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::cli::command(), "rcr", &mut script);
    app.conclude("cannot print the completion script", written(app.printer.bytes(&script)))
}
