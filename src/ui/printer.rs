//! The two streams: results on stdout, everything said along the way on stderr.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::progress::{self, Bars};
use super::{Format, ProgressMode, Style, Table, escape, failure, json, terminal};
use crate::content::Progress;
use crate::op::{Exit, Failure};

const BOLD_YELLOW: &str = "\u{1b}[1;33m";
const CYAN: &str = "\u{1b}[36m";
const RESET: &str = "\u{1b}[0m";

type Stream = Box<dyn Write + Send>;
/// A stream that several parts of `ui` write to.
pub(super) type SharedStream = Arc<Mutex<Stream>>;

/// Writes what a command has to say. Shared by everything that says something, so that bars, warnings and results do
/// not write over each other.
pub struct Printer {
    style: Style,
    stdout: Mutex<Stream>,
    stderr: SharedStream,
    warned: Mutex<HashSet<String>>,
    bars: Mutex<Option<Arc<Bars>>>,
}

impl Printer {
    /// A printer on the process's own streams.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self::with_streams(style, Box::new(io::stdout()), Box::new(io::stderr()))
    }

    /// A printer on other streams.
    #[must_use]
    pub fn with_streams(style: Style, stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>) -> Self {
        Self {
            style,
            // Long lists are written in large pieces; whoever waits for single results flushes them.
            stdout: Mutex::new(Box::new(io::BufWriter::new(stdout))),
            stderr: Arc::new(Mutex::new(stderr)),
            warned: Mutex::default(),
            bars: Mutex::default(),
        }
    }

    /// How this printer prints.
    #[must_use]
    pub fn style(&self) -> &Style {
        &self.style
    }

    /// One line of result, at once. `line` is a canonical value of our own: a reference, a digest.
    ///
    /// # Errors
    /// Whatever stdout reports, see [`lost_output`].
    pub fn result(&self, line: &str) -> io::Result<()> {
        self.on_stdout(|stdout| {
            writeln!(stdout, "{}", escape::line(line))?;
            stdout.flush()
        })
    }

    /// `value` as one line of JSON.
    ///
    /// # Errors
    /// Whatever stdout reports, see [`lost_output`].
    pub fn json(&self, value: &impl Serialize) -> io::Result<()> {
        let mut line = json::to_line(value)?;
        line.push(b'\n');
        self.on_stdout(|stdout| stdout.write_all(&line))
    }

    /// Text that may hold a server's words; newlines and tabs are kept. A newline is added at the end if there is
    /// none.
    ///
    /// # Errors
    /// Whatever stdout reports, see [`lost_output`].
    pub fn text(&self, text: &str) -> io::Result<()> {
        let text = escape::block(text);
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        self.on_stdout(|stdout| write!(stdout, "{text}{end}"))
    }

    /// A table, as wide as the terminal where stdout is one.
    ///
    /// # Errors
    /// Whatever stdout reports, see [`lost_output`].
    pub fn table(&self, table: &Table) -> io::Result<()> {
        self.on_stdout(|stdout| stdout.write_all(table.render(self.columns()).as_bytes()))
    }

    /// The columns that results have room for: those of the terminal, where stdout is one.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        let width = || self.style.width.or_else(terminal::stdout_columns);
        self.style.stdout_is_terminal.then(width).flatten()
    }

    /// Bytes exactly as they are: a manifest, a file of an image.
    ///
    /// # Errors
    /// Whatever stdout reports, see [`lost_output`].
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        self.on_stdout(|stdout| stdout.write_all(bytes))
    }

    /// A remark in passing.
    pub fn note(&self, text: &str) {
        self.remark("note", "", "", text);
    }

    /// Something that the person should know; said once, however often it is reported.
    pub fn warn(&self, text: &str) {
        if lock(&self.warned).insert(text.to_owned()) {
            self.remark("warning", "warning:", BOLD_YELLOW, text);
        }
    }

    /// A question, on stderr and without a line end; asked even when quiet.
    pub fn prompt(&self, text: &str) {
        self.on_stderr(text.as_bytes());
    }

    /// What to do next.
    pub fn hint(&self, text: &str) {
        self.remark("hint", "hint:", CYAN, text);
    }

    /// Why the command failed. Said even when quiet.
    pub fn failure(&self, failure: &Failure) {
        let words = match self.style.format {
            Format::Text => failure::to_text(failure, self.style.color).into_bytes(),
            Format::Json => failure::to_json(failure),
        };
        let bars = lock(&self.bars).clone();
        if let Some(bars) = bars {
            bars.abandon();
        }
        self.on_stderr(&words);
    }

    /// A listener that shows the progress of transfers. Bars that an earlier one drew are taken down.
    #[must_use]
    pub fn progress(self: &Arc<Self>) -> Arc<dyn Progress> {
        let (listener, bars) = progress::listener(self);
        // Dropped after the lock is released: taking bars down waits for their thread.
        let earlier = std::mem::replace(&mut *lock(&self.bars), bars);
        drop(earlier);
        listener
    }

    /// Takes bars down and hands over what is still buffered. Call it last; only then is the output known to have
    /// arrived.
    ///
    /// # Errors
    /// Whatever stdout reports, see [`lost_output`].
    pub fn finish(&self) -> io::Result<()> {
        let bars = lock(&self.bars).take();
        if let Some(bars) = bars {
            bars.close();
        }
        // stderr is not buffered, and there is nowhere to report its failures.
        self.on_stdout(Write::flush)
    }

    /// stderr itself, for what is written beside the bars.
    pub(super) fn stderr(&self) -> SharedStream {
        Arc::clone(&self.stderr)
    }

    /// One line of progress.
    pub(super) fn progress_line(&self, line: &str) {
        let line = escape::line_capped(line, escape::SERVER_WORDS_MAX_BYTES);
        self.raw_stderr(format!("{line}\n").as_bytes());
    }

    /// Bytes to stderr, past any bars: for the bars themselves and for JSON.
    pub(super) fn raw_stderr(&self, bytes: &[u8]) {
        let mut stderr = lock(&self.stderr);
        // A stderr that is gone is no reason to stop a transfer.
        _ = stderr.write_all(bytes).and_then(|()| stderr.flush());
    }

    fn remark(&self, event: &str, label: &str, paint: &str, text: &str) {
        if self.style.quiet {
            return;
        }
        if self.style.progress_mode() == ProgressMode::Json {
            self.on_stderr(&progress::json_remark(event, text));
            return;
        }
        let text = escape::block_capped(text.trim_end(), escape::SERVER_WORDS_MAX_BYTES).replace('\n', "\n  ");
        let line = match label {
            "" => format!("{text}\n"),
            _ if self.style.color => format!("{paint}{label}{RESET} {text}\n"),
            _ => format!("{label} {text}\n"),
        };
        self.on_stderr(line.as_bytes());
    }

    fn on_stderr(&self, bytes: &[u8]) {
        self.beside_bars(|| self.raw_stderr(bytes));
    }

    fn on_stdout<T>(&self, write: impl FnOnce(&mut Stream) -> io::Result<T>) -> io::Result<T> {
        // Both streams usually are the same terminal.
        self.beside_bars(|| write(&mut lock(&self.stdout)))
    }

    fn beside_bars<T>(&self, write: impl FnOnce() -> T) -> T {
        let bars = lock(&self.bars).clone();
        match bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }
}

/// What a failed write to stdout amounts to: nothing where the reader has left, else a failure.
#[must_use]
pub fn lost_output(error: &io::Error) -> Option<Failure> {
    (error.kind() != io::ErrorKind::BrokenPipe).then(|| Failure {
        causes: vec![error.to_string()],
        ..Failure::new(Exit::Local, "stdout", "cannot write to standard output")
    })
}

/// A listener that panicked elsewhere must not silence everybody else.
pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A stream whose contents can be read while it is written.
    #[derive(Clone, Default)]
    pub(in crate::ui) struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Memory {
        pub(in crate::ui) fn text(&self) -> String {
            String::from_utf8(lock(&self.0).clone()).unwrap()
        }
    }

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A stream that accepts nothing.
    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn printer(style: Style) -> (Printer, Memory, Memory) {
        let (stdout, stderr) = (Memory::default(), Memory::default());
        (Printer::with_streams(style, Box::new(stdout.clone()), Box::new(stderr.clone())), stdout, stderr)
    }

    fn denied() -> Failure {
        let mut failure = lost_output(&io::ErrorKind::StorageFull.into()).unwrap();
        failure.causes.clear();
        failure
    }

    fn speak(printer: &Printer) {
        printer.note("a note");
        printer.warn("a warning");
        printer.warn("a warning");
        printer.warn("another\nwith \u{1b}[2J");
        printer.hint("a hint");
        printer.failure(&denied());
    }

    #[test]
    fn stderr_by_style() {
        let failure = "error: cannot write to standard output\n";
        let cases = [
            (
                "plain",
                Style::default(),
                format!("a note\nwarning: a warning\nwarning: another\n  with \\u{{1b}}[2J\nhint: a hint\n{failure}"),
            ),
            ("quiet", Style { quiet: true, ..Style::default() }, failure.to_owned()),
            (
                "coloured",
                Style { color: true, ..Style::default() },
                "a note\n\u{1b}[1;33mwarning:\u{1b}[0m a warning\n\u{1b}[1;33mwarning:\u{1b}[0m another\n  \
                 with \\u{1b}[2J\n\u{1b}[36mhint:\u{1b}[0m a hint\n\u{1b}[1;31merror:\u{1b}[0m cannot write to \
                 standard output\n"
                    .to_owned(),
            ),
        ];
        for (name, style, expected) in cases {
            let (printer, stdout, stderr) = printer(style);
            speak(&printer);
            assert_eq!(stderr.text(), expected, "{name}");
            assert_eq!(stdout.text(), "", "{name}");
        }
    }

    #[test]
    fn with_json_progress_every_line_of_stderr_is_json() {
        let style = Style { progress: ProgressMode::Json, format: Format::Json, ..Style::default() };
        let (printer, _, stderr) = printer(style);
        speak(&printer);
        let events: Vec<serde_json::Value> =
            stderr.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap_or("failure")).collect();
        assert_eq!(names, ["note", "warning", "warning", "hint", "failure"]);
        assert_eq!(events[2]["text"], "another\nwith \u{1b}[2J");
    }

    #[test]
    fn results_arrive_at_once_and_lists_by_the_end() {
        let (printer, stdout, stderr) = printer(Style { quiet: true, ..Style::default() });
        printer.result("docker.io/library/debian:latest").unwrap();
        assert_eq!(stdout.text(), "docker.io/library/debian:latest\n");
        printer.json(&serde_json::json!({ "schema": 1 })).unwrap();
        printer.text("a\tb\u{1b}[2J\nc").unwrap();
        printer.bytes(b"\x1b[2J").unwrap();
        printer.finish().unwrap();
        let expected = "docker.io/library/debian:latest\n{\"schema\":1}\na\tb\\u{1b}[2J\nc\n\u{1b}[2J";
        assert_eq!(stdout.text(), expected);
        assert_eq!(stderr.text(), "");
    }

    #[test]
    fn tables_are_cut_for_terminals_only() {
        for (stdout_is_terminal, expected) in
            [(true, "COMMAND\nRUN something…\n"), (false, "COMMAND\nRUN something long\n")]
        {
            let style = Style { stdout_is_terminal, width: Some(14), ..Style::default() };
            let (printer, stdout, _) = printer(style);
            let mut table = Table::new([super::super::Column::left("COMMAND").flexible()]);
            table.row(["RUN something long"]);
            printer.table(&table).unwrap();
            printer.finish().unwrap();
            assert_eq!(stdout.text(), expected);
        }
    }

    #[test]
    fn a_stream_that_fails_is_reported_and_only_a_reader_that_left_is_quiet() {
        for (kind, exit) in [(io::ErrorKind::BrokenPipe, None), (io::ErrorKind::StorageFull, Some(Exit::Local))] {
            let printer = Printer::with_streams(Style::default(), Box::new(Broken(kind)), Box::new(Broken(kind)));
            speak(&printer);
            let error = printer.result("x").unwrap_err();
            assert_eq!(lost_output(&error).map(|failure| failure.exit), exit, "{kind}");

            let printer = Printer::with_streams(Style::default(), Box::new(Broken(kind)), Box::new(io::sink()));
            printer.text("buffered").unwrap();
            assert_eq!(printer.finish().unwrap_err().kind(), kind, "noticed at the end");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_device_is_noticed() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let printer = Printer::with_streams(Style::default(), Box::new(full), Box::new(io::sink()));
        let failure = lost_output(&printer.result("x").unwrap_err()).unwrap();
        assert_eq!((failure.exit, failure.kind), (Exit::Local, "stdout"));
    }
}
