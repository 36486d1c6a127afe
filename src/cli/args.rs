use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args as _, CommandFactory as _, FromArgMatches as _, Parser, ValueEnum};

use super::command::Command;
use crate::config::{Environment, Flags};
use crate::ui;

/// A daemonless client for container registries
#[derive(Debug, Parser)]
#[command(name = "rcr", version, about, max_term_width = 100, propagate_version = false)]
#[command(after_help = "\
Names without a host are on docker.io, unless a search order is configured: `debian` is
docker.io/library/debian:latest.
`rcr COMMAND --help` explains a command, with all its options and examples.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) everywhere: Everywhere,
}

/// What may stand before a command and after it, in both places at once.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Everywhere {
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) flags: Flags,
}

impl Cli {
    /// The command as `clap` knows it.
    pub(super) fn definition() -> clap::Command {
        Self::command().mut_subcommands(with_everywhere)
    }

    /// Reads the process's arguments.
    ///
    /// # Errors
    /// Mistakes, and requests for help or the version.
    pub(super) fn read(environment: &Environment) -> Result<Self, clap::Error> {
        let mut definition = without_empty_variables(Self::definition(), environment);
        let matches = definition.try_get_matches_from_mut(std::env::args_os())?;
        Self::of(&matches, environment)
    }

    fn of(matches: &ArgMatches, environment: &Environment) -> Result<Self, clap::Error> {
        let mut cli = Self::from_arg_matches(matches)?;
        cli.everywhere = Everywhere::of(matches, environment)?;
        Ok(cli)
    }
}

/// A variable that is set to nothing counts as not set, as everywhere else.
fn without_empty_variables(command: clap::Command, environment: &Environment) -> clap::Command {
    command
        .mut_args(|arg| {
            let empty = arg.get_env().is_some_and(|name| environment.is_empty(name));
            if empty { arg.env(None::<&'static str>) } else { arg }
        })
        .mut_subcommands(|command| without_empty_variables(command, environment))
}

/// Not clap's `global`: with that, what stands after a command replaces all that stands before it, lists included.
fn with_everywhere(command: clap::Command) -> clap::Command {
    let everywhere = Everywhere::augment_args(clap::Command::new("rcr"));
    command.args(everywhere.get_arguments()).mut_subcommands(with_everywhere)
}

impl Everywhere {
    /// Puts what was typed at every level into one line, from left to right, and reads that: lists add up, of single
    /// values the last counts, and a variable counts only where no level has a flag.
    fn of(matches: &ArgMatches, environment: &Environment) -> Result<Self, clap::Error> {
        let command = Self::augment_args(clap::Command::new("rcr").args_override_self(true));
        let mut command = without_empty_variables(command, environment);
        let mut line = vec![OsString::from("rcr")];
        let levels = std::iter::successors(Some(matches), |level| level.subcommand().map(|(_, below)| below));
        for level in levels {
            for arg in command.get_arguments() {
                let id = arg.get_id().as_str();
                if level.value_source(id) != Some(ValueSource::CommandLine) {
                    continue;
                }
                let flag = format!("--{}", arg.get_long().unwrap_or(id));
                match arg.get_action() {
                    ArgAction::SetTrue => line.push(flag.into()),
                    ArgAction::Count => {
                        line.extend(std::iter::repeat_n(flag.into(), level.get_count(id).into()));
                    }
                    _ => {
                        for value in level.get_raw(id).into_iter().flatten() {
                            let mut both = OsString::from(format!("{flag}="));
                            both.push(value);
                            line.push(both);
                        }
                    }
                }
            }
        }
        let typed = command.try_get_matches_from_mut(line)?;
        // Not clap's `conflicts_with`, which takes a variable for a flag.
        if typed.get_flag("json") && typed.value_source("format") == Some(ValueSource::CommandLine) {
            let text = "the argument '--json' cannot be used with '--format <FORMAT>'";
            return Err(command.error(ErrorKind::ArgumentConflict, text));
        }
        Self::from_arg_matches(&typed)
    }
}

/// Whether errors are wanted as JSON, as far as that can be told from arguments that do not parse.
pub(super) fn wants_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let words: Vec<OsString> = arguments.take_while(|word| word != "--").collect();
    let pair = words.windows(2).any(|two| two[0] == "--format" && two[1] == "json");
    pair || words.iter().any(|word| word == "--json" || word == "--format=json")
}

/// How things are printed.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Output options")]
pub(super) struct Output {
    /// Print results and errors as text or JSON [default: text]
    #[arg(long, env = "RCR_FORMAT", value_name = "FORMAT", hide_env_values = true)]
    pub(super) format: Option<Format>,

    /// Short for --format json
    #[arg(long)]
    pub(super) json: bool,

    /// Show progress as bars, lines or JSON events [default: auto]
    #[arg(long, env = "RCR_PROGRESS", value_name = "MODE", hide_env_values = true)]
    pub(super) progress: Option<Progress>,

    /// Say nothing but results and errors
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Log requests; twice for more
    #[arg(short, long, action = clap::ArgAction::Count, conflicts_with = "quiet")]
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
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::definition().debug_assert();
    }

    #[test]
    fn what_stands_before_a_command_and_after_it_adds_up() {
        let read = |line: &str| {
            let line = format!("rcr {line}");
            Cli::of(&Cli::definition().try_get_matches_from(line.split(' ')).unwrap(), &Environment::default())
                .map(|cli| cli.everywhere)
        };
        let insecure = |line: &str| read(line).unwrap().flags.insecure_registry;
        assert_eq!(
            insecure("--insecure-registry a,b pull --insecure-registry c --insecure-registry d x"),
            ["a", "b", "c", "d"]
        );
        assert_eq!(
            insecure("--insecure-registry a store --insecure-registry b path --insecure-registry c"),
            ["a", "b", "c"]
        );
        assert_eq!(insecure("--insecure-registry a images"), ["a"]);
        assert_eq!(insecure("images --insecure-registry a"), ["a"]);

        let retries = |line: &str| read(line).unwrap().flags.retries;
        assert_eq!(retries("--retries 1 images --retries 2"), Some(2));
        assert_eq!(retries("--retries 1 images"), Some(1));

        let output =
            |line: &str| read(line).map(|e| (e.output.format, e.output.json, e.output.quiet, e.output.verbose));
        assert!(matches!(output("-v images -vv"), Ok((None, false, false, 3))));
        assert!(matches!(output("-q images"), Ok((None, false, true, 0))));
        for contradiction in ["--json images --format text", "--format json images --json", "-q images -v"] {
            assert!(output(contradiction).is_err(), "{contradiction}");
        }
    }
}
