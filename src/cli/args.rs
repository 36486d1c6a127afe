use clap::{Parser, ValueEnum};

use super::command::Command;
use crate::config::Flags;
use crate::ui;

/// A daemonless client for container registries
#[derive(Debug, Parser)]
#[command(
    name = "rcr",
    version,
    about,
    max_term_width = 100,
    propagate_version = false,
    disable_help_subcommand = true
)]
#[command(after_help = "Names without a host are on docker.io: `debian` is docker.io/library/debian:latest.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) flags: Flags,
}

/// How things are printed.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Output options")]
pub(super) struct Output {
    /// Print results and errors as text or JSON [default: text]
    #[arg(long, global = true, env = "RCR_FORMAT", value_name = "FORMAT", hide_env_values = true)]
    pub(super) format: Option<Format>,

    /// Short for --format json
    #[arg(long, global = true, conflicts_with = "format")]
    pub(super) json: bool,

    /// Show progress as bars, lines or JSON events [default: auto]
    #[arg(long, global = true, env = "RCR_PROGRESS", value_name = "MODE", hide_env_values = true)]
    pub(super) progress: Option<Progress>,

    /// Say nothing but results and errors
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,

    /// Log requests; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub(super) verbose: u8,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

impl From<Format> for ui::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Progress {
    /// Bars on a terminal, lines elsewhere
    Auto,
    /// Bars
    Bar,
    /// A line per finished layer
    Plain,
    /// An event per line on stderr
    Json,
    /// Nothing
    None,
}

impl From<Progress> for ui::ProgressMode {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Auto => Self::Auto,
            Progress::Bar => Self::Bar,
            Progress::Plain => Self::Plain,
            Progress::Json => Self::Json,
            Progress::None => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
