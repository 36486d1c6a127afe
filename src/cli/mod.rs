//! The command line: what can be typed, and one file per command. The composition root: here the layers are put
//! together from what `config` says, and every failure becomes an exit code.

mod app;
mod args;
mod command;
mod names;
mod prompt;
mod signal;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use app::App;
pub use args::Cli;
use args::Output;

use crate::config::{Environment, Settings, TerminalHints};
use crate::op::{Exit, Failure};
use crate::ui::{self, Format, Printer, ProgressMode, Style};

/// How long blocking work may take to end after the command has: writers flush what they hold.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// Runs the program on the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let environment = Environment::of_process();
    let cli = match Cli::read(&environment) {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help and versions to stdout with 0, mistakes to stderr with 2. A closed pipe is quiet.
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            if error.use_stderr() && args::wants_json(std::env::args_os()) {
                let style = Style { format: Format::Json, ..Style::default() };
                Printer::new(style).failure(&misuse(&error));
                return code.into();
            }
            let written = error.print();
            return match written {
                Err(e) if !error.use_stderr() && ui::lost_output(&e).is_some() => Exit::Local.into(),
                _ => code.into(),
            };
        }
    };
    let printer = Arc::new(Printer::new(style(&cli.everywhere.output, Settings::terminal(&environment))));
    start_logging(cli.everywhere.output.verbose);
    let exit = match Settings::load(&cli.everywhere.flags, &environment) {
        Ok(settings) => run(cli, settings, &printer),
        Err(error) => {
            let mut failure = Failure::of("cannot use the settings", &error.into());
            (failure.exit, failure.kind) = (Exit::Usage, "bad_configuration");
            printer.failure(&failure);
            failure.exit
        }
    };
    let exit = match printer.finish() {
        Err(error) => match ui::lost_output(&error) {
            Some(failure) if exit == Exit::Done => {
                printer.failure(&failure);
                failure.exit
            }
            _ => exit,
        },
        Ok(()) => exit,
    };
    exit.into()
}

/// A mistake on the command line as data.
fn misuse(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim);
    // What is said in the first line may go on in a list below it: of arguments, or of values.
    let said: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let cause = match said.split_first() {
        Some((first, [])) => (*first).to_owned(),
        Some((first, listed)) => format!("{first} {}", listed.join(", ")),
        None => String::new(),
    };
    let cause = cause.trim_start_matches("error: ").to_owned();
    let hint = lines.find_map(|line| line.strip_prefix("tip: ")).map(str::to_owned);
    let mut failure = Failure::of("cannot understand the command line", &anyhow::anyhow!(cause));
    (failure.exit, failure.kind, failure.hint) = (Exit::Usage, "usage", hint);
    failure
}

/// The command as `clap` knows it: for completions, man pages and their tests.
#[must_use]
pub fn command() -> clap::Command {
    Cli::definition()
}

fn run(cli: Cli, settings: Settings, printer: &Arc<Printer>) -> Exit {
    // One thread moves bytes between sockets and the store's writers; blocking work has threads of its own.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            printer.failure(&Failure::of("cannot start", &error.into()));
            return Exit::Other;
        }
    };
    let app = App::new(settings, printer.clone());
    let exit = runtime.block_on(async {
        let stopped = signal::arrival();
        let transfers = cli.command.transfers();
        tokio::select! {
            exit = command::run(&app, cli.command) => exit,
            exit = stopped => {
                if transfers && app.has_moved_bytes() {
                    printer.note("stopped; what has arrived is kept, and the same command goes on from there");
                }
                // Bounded in time; and the listener ends the process for who asks twice.
                app.abandon_uploads().await;
                exit
            }
        }
    });
    app.say_notices();
    runtime.shutdown_timeout(SHUTDOWN);
    exit
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

fn style(output: &Output, hints: TerminalHints) -> Style {
    let stderr_is_terminal = std::io::stderr().is_terminal();
    Style {
        quiet: output.quiet,
        verbose: output.verbose,
        format: if output.json { Format::Json } else { output.format.map_or(Format::Text, Into::into) },
        progress: output.progress.map_or(ProgressMode::Auto, Into::into),
        color: stderr_is_terminal && !hints.no_color && !hints.dumb,
        stderr_is_terminal,
        stdout_is_terminal: std::io::stdout().is_terminal(),
        width: None,
        ci: hints.ci,
        dumb: hints.dumb,
        utf8: hints.utf8,
    }
}

/// With `-v` requests are logged, with `-vv` and `-vvv` what the libraries below say too. Never a secret: URLs are redacted, and
/// headers are not logged at all.
fn start_logging(verbose: u8) {
    use tracing::level_filters::LevelFilter;
    let level = match verbose {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_on_the_command_line_names_what_is_wrong() {
        let cases: [(&[&str], &str); 4] = [
            (&["pull"], "the following required arguments were not provided: <REF>..."),
            (&["tag", "--json"], "the following required arguments were not provided: <SRC>, <DST>"),
            (&["pull", "--nosuch"], "unexpected argument '--nosuch' found"),
            (
                &["pull", "x", "--progress", "loud"],
                "invalid value 'loud' for '--progress <MODE>' [possible values: auto, bar, plain, json, none]",
            ),
        ];
        for (arguments, cause) in cases {
            let error = command().try_get_matches_from([&["rcr"], arguments].concat()).unwrap_err();
            assert_eq!(misuse(&error).causes, [cause]);
        }
    }
}
