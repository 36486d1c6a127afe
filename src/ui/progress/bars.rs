//! Progress as bars that redraw themselves, above which finished layers scroll away.
//!
//! Reporting only books; a thread of its own paints, so that a slow terminal never slows a transfer.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::clock::Clock;
use super::layout;
use super::ledger::Ledger;
use super::words;
use crate::content::{Event, Progress};
use crate::ui::printer::{SharedStream, lock};
use crate::ui::{Printer, escape, terminal};

/// Nothing is drawn before this, so that what is done at once never flashes.
const INITIAL_DELAY: Duration = Duration::from_millis(250);
/// About fifteen pictures a second.
const FRAME_INTERVAL: Duration = Duration::from_millis(66);
/// indicatif's own limit, well above ours.
const TARGET_HZ: u8 = 60;

/// The bars, and the thread that paints them.
pub(in crate::ui) struct Bars {
    canvas: Arc<Canvas>,
    painter: Mutex<Option<JoinHandle<()>>>,
}

struct Canvas {
    clock: Clock,
    columns: Box<dyn Fn() -> usize + Send + Sync>,
    target: Box<dyn Fn() -> ProgressDrawTarget + Send + Sync>,
    stderr: SharedStream,
    state: Mutex<State>,
    closing: Condvar,
    /// What is drawn at the moment. Taken before `state` where both are.
    drawn: Mutex<Option<ProgressBar>>,
}

#[derive(Default)]
struct State {
    ledger: Ledger,
    /// Lines that stay, and are not written yet.
    lines: Vec<String>,
    /// When the first bytes started to move.
    moving_since: Option<Duration>,
    closing: bool,
}

impl Bars {
    pub(super) fn new(
        clock: Clock,
        stderr: SharedStream,
        columns: impl Fn() -> usize + Send + Sync + 'static,
        target: impl Fn() -> ProgressDrawTarget + Send + Sync + 'static,
    ) -> Self {
        let canvas = Canvas {
            clock,
            columns: Box::new(columns),
            target: Box::new(target),
            stderr,
            state: Mutex::default(),
            closing: Condvar::new(),
            drawn: Mutex::default(),
        };
        Self { canvas: Arc::new(canvas), painter: Mutex::default() }
    }

    /// Bars on the process's stderr.
    pub(super) fn on_stderr(printer: &Printer) -> Self {
        let width = printer.style().width;
        // Asked for each picture: windows change their size.
        let columns = move || width.or_else(terminal::stderr_columns).unwrap_or(terminal::DEFAULT_COLUMNS);
        Self::new(Clock::system(), printer.stderr(), columns, || ProgressDrawTarget::stderr_with_hz(TARGET_HZ))
    }

    /// Runs `write` while nothing is drawn: what it writes stays above the bars.
    pub(in crate::ui) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        let drawn = lock(&self.canvas.drawn);
        let lines = std::mem::take(&mut lock(&self.canvas.state).lines);
        let write = || {
            self.canvas.write_lines(&lines);
            write()
        };
        match drawn.as_ref() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Forgets a transfer that will not end, and takes its bars down.
    pub(in crate::ui) fn abandon(&self) {
        lock(&self.canvas.state).ledger = Ledger::default();
        self.canvas.paint();
    }

    /// Stops painting and takes the bars down.
    pub(in crate::ui) fn close(&self) {
        lock(&self.canvas.state).closing = true;
        self.canvas.closing.notify_all();
        if let Some(painter) = lock(&self.painter).take() {
            // It only ends by itself, or by a panic that has been shown already.
            _ = painter.join();
        }
        self.abandon();
    }

    fn report(&self, event: &Event<'_>) {
        let now = self.canvas.clock.now();
        {
            let mut state = lock(&self.canvas.state);
            state.ledger.record(event, now);
            let lines = words::lines(event, state.ledger.direction);
            state.lines.extend(lines);
            match event {
                Event::Pulling { .. } | Event::Pushing { .. } => state.moving_since = None,
                Event::Started { .. } | Event::Retrying { .. } => _ = state.moving_since.get_or_insert(now),
                _ => {}
            }
        }
        match event {
            Event::Advanced { .. } => {}
            Event::Started { .. } | Event::Retrying { .. } => self.start(),
            // Results follow on stdout: what belongs above them is written first.
            Event::Done { .. } => self.canvas.paint(),
            _ if lock(&self.painter).is_none() => self.canvas.paint(),
            _ => {}
        }
    }

    fn start(&self) {
        let mut painter = lock(&self.painter);
        if painter.is_none() && !lock(&self.canvas.state).closing {
            let canvas = Arc::clone(&self.canvas);
            // Without a thread there are no bars, and lines are written as they come.
            *painter = Builder::new().name("progress".to_owned()).spawn(move || canvas.paint_until_closed()).ok();
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.close();
    }
}

impl Canvas {
    fn paint_until_closed(&self) {
        loop {
            let state = lock(&self.state);
            let open = |state: &mut State| !state.closing;
            let waited = self.closing.wait_timeout_while(state, FRAME_INTERVAL, open);
            if !waited.is_ok_and(|(_, timeout)| timeout.timed_out()) {
                return;
            }
            self.paint();
        }
    }

    /// Writes the lines that stay, and draws the rest as it is now.
    fn paint(&self) {
        let now = self.clock.now();
        let columns = (self.columns)();
        let mut drawn = lock(&self.drawn);
        let (lines, frame) = {
            let mut state = lock(&self.state);
            let due = state.moving_since.is_some_and(|since| now.saturating_sub(since) >= INITIAL_DELAY);
            let frame = if due { layout::frame(&state.ledger, now, columns) } else { Vec::new() };
            (std::mem::take(&mut state.lines), frame)
        };
        if !lines.is_empty() {
            match drawn.as_ref() {
                Some(bar) => bar.suspend(|| self.write_lines(&lines)),
                None => self.write_lines(&lines),
            }
        }
        if frame.is_empty() {
            if let Some(bar) = drawn.take() {
                bar.finish_and_clear();
            }
            return;
        }
        // One element of several lines: a picture is drawn whole or not at all.
        drawn.get_or_insert_with(|| self.new_bar()).set_message(frame.join("\n"));
    }

    fn new_bar(&self) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(None, (self.target)());
        match ProgressStyle::with_template("{msg}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }

    fn write_lines(&self, lines: &[String]) {
        let mut stderr = lock(&self.stderr);
        for line in lines {
            // A stderr that is gone is no reason to stop a transfer.
            _ = writeln!(stderr, "{}", escape::line_capped(line, escape::SERVER_WORDS_MAX_BYTES));
        }
        _ = stderr.flush();
    }
}

/// Hears events for the bars; remarks go to the printer.
pub(super) struct Listener {
    printer: Arc<Printer>,
    bars: Arc<Bars>,
}

impl Listener {
    pub(super) fn new(printer: Arc<Printer>, bars: Arc<Bars>) -> Self {
        Self { printer, bars }
    }
}

impl Progress for Listener {
    fn report(&self, event: Event<'_>) {
        match event {
            Event::Warning { text } => self.printer.warn(text),
            Event::Note { text } => self.printer.note(text),
            event => self.bars.report(&event),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use indicatif::TermLike;

    use super::super::clock::tests::Hand;
    use super::super::tests::{Script, digest, layer, printer};
    use super::*;
    use crate::ui::printer::tests::Memory;
    use crate::ui::{ProgressMode, Style};

    /// A terminal in memory: what a person would see.
    #[derive(Clone, Debug)]
    struct Screen {
        columns: u16,
        cells: Arc<Mutex<Cells>>,
    }

    #[derive(Debug, Default)]
    struct Cells {
        rows: Vec<Vec<char>>,
        row: usize,
        column: usize,
        writes: usize,
    }

    impl Screen {
        fn new(columns: u16) -> Self {
            Self { columns, cells: Arc::default() }
        }

        fn text(&self) -> String {
            let cells = lock(&self.cells);
            let rows: Vec<String> = cells.rows.iter().map(|row| row.iter().collect()).collect();
            rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>().join("\n").trim_end().to_owned()
        }

        fn writes(&self) -> usize {
            lock(&self.cells).writes
        }
    }

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.write_str(std::str::from_utf8(bytes).unwrap())?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            self.columns
        }
        fn height(&self) -> u16 {
            24
        }
        fn move_cursor_up(&self, n: usize) -> io::Result<()> {
            let mut cells = lock(&self.cells);
            cells.row = cells.row.saturating_sub(n);
            Ok(())
        }
        fn move_cursor_down(&self, n: usize) -> io::Result<()> {
            lock(&self.cells).row += n;
            Ok(())
        }
        fn move_cursor_right(&self, n: usize) -> io::Result<()> {
            lock(&self.cells).column += n;
            Ok(())
        }
        fn move_cursor_left(&self, n: usize) -> io::Result<()> {
            let mut cells = lock(&self.cells);
            cells.column = cells.column.saturating_sub(n);
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(&format!("{text}\n"))
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            let mut cells = lock(&self.cells);
            cells.writes += 1;
            for c in text.chars() {
                match c {
                    '\n' => (cells.row, cells.column) = (cells.row + 1, 0),
                    '\r' => cells.column = 0,
                    c => {
                        if cells.column == usize::from(self.columns) {
                            (cells.row, cells.column) = (cells.row + 1, 0);
                        }
                        let (row, column) = (cells.row, cells.column);
                        let rows = cells.rows.len().max(row + 1);
                        cells.rows.resize(rows, Vec::new());
                        let cell = &mut cells.rows[row];
                        cell.resize(cell.len().max(column + 1), ' ');
                        cell[column] = c;
                        cells.column += 1;
                    }
                }
            }
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            let mut cells = lock(&self.cells);
            let row = cells.row;
            if let Some(row) = cells.rows.get_mut(row) {
                row.clear();
            }
            cells.column = 0;
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn bars(columns: u16) -> (Bars, Hand, Screen) {
        let (screen, hand) = (Screen::new(columns), Hand::default());
        let target = screen.clone();
        let bars = Bars::new(
            hand.clock(),
            Arc::new(Mutex::new(Box::new(screen.clone()))),
            move || usize::from(columns),
            move || ProgressDrawTarget::term_like_with_hz(Box::new(target.clone()), TARGET_HZ),
        );
        (bars, hand, screen)
    }

    /// Two layers on their way, half a second after they started.
    fn half_way(bars: &Bars, hand: &Hand, script: &Script) {
        bars.report(&Event::Pulling { reference: &script.reference });
        bars.report(&Event::Queued { blob: &layer(1, 10_000_000) });
        bars.report(&Event::Queued { blob: &layer(2, 40_000_000) });
        for (number, bytes) in [(1, 10_000_000), (2, 40_000_000)] {
            bars.report(&Event::Started { digest: &digest(number), offset: 0, bytes });
        }
        hand.advance(500);
        bars.report(&Event::Advanced { digest: &digest(1), bytes: 5_000_000 });
        bars.report(&Event::Advanced { digest: &digest(2), bytes: 10_000_000 });
        bars.canvas.paint();
    }

    #[test]
    fn layers_and_a_total_at_eighty_columns() {
        let (bars, hand, screen) = bars(80);
        half_way(&bars, &hand, &Script::new());
        let expected = "\
latest: Pulling from library/debian
111111111111: Downloading [=================>                 ]        5MB/10MB
222222222222: Downloading [========>                          ]       10MB/40MB
Total 0/2 layers          [===>         ]       15MB/50MB    30MB/s     2s left";
        assert_eq!(screen.text(), expected);
    }

    #[test]
    fn layers_and_a_total_at_forty_columns() {
        let (bars, hand, screen) = bars(40);
        half_way(&bars, &hand, &Script::new());
        let expected = "\
latest: Pulling from library/debian
111111111111: [=========>        ]  50%
222222222222: [====>             ]  25%
Total 0/2     [=====>            ]  30%";
        assert_eq!(screen.text(), expected);
    }

    #[test]
    fn finished_layers_become_lines_and_nothing_else_is_left() {
        let (bars, hand, screen) = bars(80);
        let script = Script::new();
        half_way(&bars, &hand, &script);
        bars.report(&Event::Finished { blob: &layer(1, 10_000_000) });
        bars.canvas.paint();
        let expected = "\
latest: Pulling from library/debian
111111111111: Pull complete
222222222222: Downloading [========>                          ]       10MB/40MB
Total 1/2 layers          [=====>       ]       20MB/50MB    30MB/s     1s left";
        assert_eq!(screen.text(), expected);

        bars.suspend(|| screen.write_line("docker.io/library/debian:latest")).unwrap();
        bars.canvas.paint();
        assert!(screen.text().contains("Pull complete\ndocker.io/library/debian:latest\n222222222222: D"));

        bars.report(&Event::Finished { blob: &layer(2, 40_000_000) });
        bars.report(&Event::Done { reference: &script.reference, descriptor: &script.manifest, changed: true });
        bars.close();
        let expected = "\
latest: Pulling from library/debian
111111111111: Pull complete
docker.io/library/debian:latest
222222222222: Pull complete
Digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
Status: Downloaded newer image for docker.io/library/debian:latest";
        assert_eq!(screen.text(), expected);
    }

    #[test]
    fn nothing_is_drawn_before_a_quarter_of_a_second() {
        let (bars, hand, screen) = bars(80);
        bars.report(&Event::Queued { blob: &layer(1, 10) });
        bars.report(&Event::Started { digest: &digest(1), offset: 0, bytes: 10 });
        for (milliseconds, drawn) in [(0, false), (249, false), (1, true)] {
            hand.advance(milliseconds);
            bars.canvas.paint();
            assert_eq!(screen.writes() > 0, drawn, "{milliseconds}");
        }
    }

    #[test]
    fn a_failure_takes_the_bars_down() {
        let (bars, hand, screen) = bars(80);
        half_way(&bars, &hand, &Script::new());
        bars.abandon();
        assert_eq!(screen.text(), "latest: Pulling from library/debian");
    }

    #[test]
    fn a_hostile_reason_does_not_reach_the_screen() {
        let (bars, _, screen) = bars(80);
        bars.report(&Event::Skipped { blob: &layer(1, 1), reason: "\u{1b}[2J" });
        assert_eq!(screen.text(), "111111111111: Skipped: \\u{1b}[2J");
    }

    #[test]
    fn the_painter_paints_by_itself_and_stops_when_closed() {
        let (bars, hand, screen) = bars(80);
        bars.report(&Event::Queued { blob: &layer(1, 10) });
        bars.report(&Event::Started { digest: &digest(1), offset: 0, bytes: 10 });
        hand.advance(1000);
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while screen.writes() == 0 && std::time::Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(screen.text().contains("111111111111: Downloading"), "{}", screen.text());
        bars.close();
        assert_eq!(screen.text(), "");
        assert_eq!(Arc::strong_count(&bars.canvas), 1, "the thread has ended");
    }

    #[test]
    fn the_printer_says_warnings_once_and_failures_below_what_is_done() {
        let style = Style { stderr_is_terminal: true, progress: ProgressMode::Bar, ..Style::default() };
        let (printer, stderr): (Arc<Printer>, Memory) = printer(style);
        let listener = printer.progress();
        listener.report(Event::Present { blob: &layer(1, 1) });
        for _ in 0..2 {
            listener.report(Event::Warning { text: "the clock is wrong" });
        }
        printer.failure(&crate::ui::lost_output(&io::ErrorKind::StorageFull.into()).unwrap());
        printer.finish().unwrap();
        let expected = "\
111111111111: Already exists
warning: the clock is wrong
error: cannot write to standard output
  caused by: no storage space
";
        assert_eq!(stderr.text(), expected);
    }
}
